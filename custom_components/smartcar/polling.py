"""What stands between the budget and the house: a car's situation, errors, and words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util

from .api import ApiError, BillingError, RateLimitError, SmartcarError
from .api.signals import CURRENT_SPEED, GEAR_STATE, IS_ASLEEP, IS_CHARGING
from .budget import (
    DEFAULT_MONTHLY,
    DEFAULT_RESERVE_PERCENT,
    Activity,
    ApplicationBucket,
    Budget,
    Ledger,
    Reason,
    Refusal,
    Situation,
)
from .const import CONF_COMMAND_RESERVE, CONF_REQUESTS_PER_MONTH, DOMAIN
from .vehicle import VehicleState

# By requests per month and car, as far as users could see them. None of it is published.
PLANS: Final[Mapping[int, str]] = {500: "Free", 100: "Build"}

# Cars report every few minutes while they are awake, the slowest makes every hour.
_AWAKE_FOR: Final = timedelta(minutes=30)
_AT_REST: Final = frozenset({"PARK", "NEUTRAL"})


def budget_of(options: Mapping[str, Any]) -> Budget:
    """Return the budget that the user has set for each car."""
    return Budget.of(
        options.get(CONF_REQUESTS_PER_MONTH, DEFAULT_MONTHLY),
        options.get(CONF_COMMAND_RESERVE, DEFAULT_RESERVE_PERCENT),
    )


def situation(car: VehicleState, now: datetime, *, has_moved: bool) -> Situation:
    """Return what a car does, as far as its last report tells."""
    reported_at = car.data_from_car
    return Situation(
        activity=_activity(car, reported_at, now, has_moved=has_moved),
        reported_at=reported_at,
        charge_complete_at=car.charge_complete_at,
    )


def _activity(
    car: VehicleState, reported_at: datetime | None, now: datetime, *, has_moved: bool
) -> Activity:
    if car.value(IS_CHARGING):
        return Activity.CHARGING
    speed, gear = car.value(CURRENT_SPEED), car.value(GEAR_STATE)
    if has_moved or (speed or 0) > 0 or (gear is not None and gear not in _AT_REST):
        return Activity.DRIVING
    if car.value(IS_ASLEEP) or reported_at is None or now - reported_at > _AWAKE_FOR:
        return Activity.ASLEEP
    return Activity.AWAKE


def note_limit(
    error: SmartcarError, now: datetime, bucket: ApplicationBucket, ledger: Ledger | None = None
) -> None:
    """Obey an error that asks for silence: of the application, or of the car with this ledger."""
    match error:
        case RateLimitError(code="SMARTCAR_API"):
            bucket.limited(now, error.retry_after)
        case RateLimitError() if ledger is not None:
            ledger.limited(now, error.retry_after)
        case BillingError() if ledger is not None:
            ledger.plan_refused(now, error.retry_after)
        case ApiError(retry_after=float()) if ledger is not None:
            ledger.limited(now, error.retry_after)


def plan_name(budget: Budget) -> str:
    """Return what a person knows the budget by: "Free, 500 requests per month"."""
    name = PLANS.get(budget.monthly)
    requests = f"{budget.monthly} requests per month"
    return f"{name}, {requests}" if name else requests


def local_time(time: datetime) -> str:
    """Return a time as a person reads it, in the time zone of Home Assistant."""
    # Rounded up, so that no minute is named that has not come yet.
    return f"{dt_util.as_local(time + timedelta(seconds=59)):%Y-%m-%d %H:%M}"


def request_refused(
    vehicle: str, refusal: Refusal, left: int, budget: Budget
) -> HomeAssistantError:
    """Return the error of whoever asks for a request that cannot be sent now."""
    if not budget.monthly:
        key = "request_refused_budget"
    elif refusal.reason is Reason.SPENT and not left:
        key = "request_refused_all_spent"
    else:
        key = f"request_refused_{refusal.reason}"
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders={
            "vehicle": vehicle,
            "until": local_time(refusal.until),
            "left": str(left),
            "plan": plan_name(budget),
        },
    )
