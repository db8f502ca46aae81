"""How many requests a car has left, and when the next one is worth sending.

Pure: no input or output, no clock, nothing of Home Assistant. Times are aware UTC datetimes, and
every method gets the present time as `now`. docs/budget.md explains and measures it.

Each car has a `Ledger`. The cars of an application share an `ApplicationBucket`.

    start        `Ledger(budget, bucket)`, or `Ledger.from_json(stored, budget, bucket)`
    poll         wait until `due(now)`, or until `follow_up_due(now)` if polling is switched off.
                 Read it again after each of the calls below, and hourly, since clocks jump.
                 Then `spend(Purpose.POLL, now)`, and send the poll
    refresh      `refusal(Purpose.REFRESH, now)`. If None: `spend(Purpose.REFRESH, now)`, and send
    command      `refusal(Purpose.COMMAND, now)`. If None: `spend(Purpose.COMMAND, now)`, send,
                 and `plan_follow_up(now)` when the command has ended
    answer       `record_answer(situation, now, news=...)`
    push         `record_push(situation, now)`
    error        `record_failure(now)` if it was a poll or a refresh, and for every request
                 `record_error_limit(error, now, bucket, ledger)`
    repair       `used_up(now)` says why no poll is sent for days
    options      `set_budget(budget_from_options(options), now)`

Count a request with `spend` before it is sent: Smartcar may count it even if it fails.
"""

from .bucket import ApplicationBucket
from .habit import Habit
from .ledger import Ledger
from .limits import record_error_limit
from .plan import (
    DEFAULT_MONTHLY,
    DEFAULT_RESERVE_PERCENT,
    PLANS,
    Budget,
    Purpose,
    Reason,
    Refusal,
    budget_from_options,
)
from .situation import Activity, Situation, situation_of

__all__ = [
    "DEFAULT_MONTHLY",
    "DEFAULT_RESERVE_PERCENT",
    "PLANS",
    "Activity",
    "ApplicationBucket",
    "Budget",
    "Habit",
    "Ledger",
    "Purpose",
    "Reason",
    "Refusal",
    "Situation",
    "budget_from_options",
    "record_error_limit",
    "situation_of",
]
