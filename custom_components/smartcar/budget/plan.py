"""The budget that the user sets, what requests are for, and why one is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
import math
from typing import Final, Self

from ..const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH

DEFAULT_MONTHLY: Final = 500
DEFAULT_RESERVE_PERCENT: Final = 10

# Requests per month and car of each plan. Smartcar does not publish them: users reported these.
PLANS: Final[Mapping[int, str]] = {500: "Free", 100: "Build"}


class Purpose(StrEnum):
    """What a request is for: a poll on time, a refresh by the user, or a command."""

    POLL = "poll"
    REFRESH = "refresh"
    COMMAND = "command"


class Reason(StrEnum):
    """Why a request is not sent.

    SPENT: the budget has no request left for this purpose. PLAN: Smartcar says that the plan is
    used up. RETRY_AFTER: Smartcar wants no request for this car yet. APPLICATION: the limit of
    the application is reached.
    """

    SPENT = "spent"
    PLAN = "plan"
    RETRY_AFTER = "retry_after"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not sent now, and when it may be tried again."""

    reason: Reason
    until: datetime


@dataclass(frozen=True, slots=True)
class Budget:
    """The requests of a car in a UTC month, and how many of them are reserved for the user."""

    monthly: int = DEFAULT_MONTHLY
    reserve: int = DEFAULT_MONTHLY * DEFAULT_RESERVE_PERCENT // 100

    @classmethod
    def of(cls, monthly: int, reserve_percent: float = DEFAULT_RESERVE_PERCENT) -> Self:
        """Return the budget whose reserve is this percentage of it, rounded up."""
        monthly = max(monthly, 0)
        share = min(max(reserve_percent, 0), 100) / 100
        return cls(monthly, math.ceil(monthly * share))


def budget_from_options(options: Mapping[str, object]) -> Budget:
    """Return the budget that the options of an entry set for each car."""
    monthly = options.get(CONF_REQUESTS_PER_MONTH)
    percent = options.get(CONF_COMMAND_RESERVE)
    return Budget.of(
        monthly if isinstance(monthly, int) else DEFAULT_MONTHLY,
        percent if isinstance(percent, int | float) else DEFAULT_RESERVE_PERCENT,
    )
