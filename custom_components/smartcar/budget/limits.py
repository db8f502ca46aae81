"""What an error of the API says about the next request."""

from datetime import datetime

from ..api import ApiError, BillingError, RateLimitError, SmartcarError
from .bucket import ApplicationBucket
from .ledger import Ledger


def record_error_limit(
    error: SmartcarError, now: datetime, bucket: ApplicationBucket, ledger: Ledger | None = None
) -> None:
    """Record the limit that an error sets, if it sets one.

    Args:
        error: The error of any request.
        now: The present time, in UTC.
        bucket: The bucket of the application. A limit of the application (429, `SMARTCAR_API`)
            is recorded here.
        ledger: The ledger of the car that the request was for, if it was for one. A limit of the
            car (429 or `retry-after`) and a used-up plan (430) are recorded here.
    """
    match error:
        case RateLimitError(code="SMARTCAR_API"):
            bucket.record_limit(now, error.retry_after)
        case RateLimitError() if ledger is not None:
            ledger.record_limit(now, error.retry_after)
        case BillingError() if ledger is not None:
            ledger.record_plan_refusal(now, error.retry_after)
        case ApiError(retry_after=float()) if ledger is not None:
            ledger.record_limit(now, error.retry_after)
