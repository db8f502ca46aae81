"""From an answer to the member of the error tree that fits."""

from datetime import UTC, datetime
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    ApiError,
    AuthenticationError,
    BillingError,
    CommandFailedError,
    CompatibilityError,
    ConflictError,
    ConnectedServicesAccountError,
    ErrorDetails,
    InvalidResponseError,
    LimitError,
    MissingPermissionError,
    NotFoundError,
    RateLimitError,
    Resolution,
    ServerError,
    SmartcarError,
    TransportError,
    TransportTimeoutError,
    UpstreamError,
    ValidationError,
    VehicleStateError,
)
from custom_components.smartcar.api.errors import parse_retry_after
from custom_components.smartcar.api.transport import Answer

from .cloud import VEHICLE, VIN, envelope


def _answer(status: int, body: Any = b"", **more: Any) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, body=raw, **more)


def _error(status: int, body: Any = b"", **more: Any) -> ApiError:
    error = _answer(status, body, **more).error
    assert error is not None
    return error


DOCUMENTED = [
    (401, "AUTHENTICATION", "UNAUTHORIZED", AuthenticationError),
    (403, "AUTHENTICATION", "ACCESS_DENIED FORBIDDEN", MissingPermissionError),
    (
        430,
        "BILLING",
        "INVALID_PLAN VEHICLE_LIMIT VEHICLE_REQUEST_LIMIT ACCOUNT_SUSPENDED",
        BillingError,
    ),
    (
        501,
        "COMPATIBILITY",
        "MAKE_NOT_COMPATIBLE SMARTCAR_NOT_CAPABLE VEHICLE_NOT_CAPABLE PLATFORM_NOT_CAPABLE",
        CompatibilityError,
    ),
    (
        400,
        "CONNECTED_SERVICES_ACCOUNT",
        "ACCOUNT_ISSUE NO_VEHICLES SUBSCRIPTION VEHICLE_MISSING AUTHENTICATION_FAILED PERMISSION",
        ConnectedServicesAccountError,
    ),
    (
        400,
        "CONNECTED_SERVICES_ACCOUNT",
        "VIRTUAL_KEY_REQUIRED",
        ConnectedServicesAccountError,
    ),
    (429, "RATE_LIMIT", "SMARTCAR_API VEHICLE", RateLimitError),
    (
        404,
        "RESOURCE_NOT_FOUND",
        "PATH VERSION INVALID_PATH SIGNAL_NOT_FOUND NOT_FOUND",
        NotFoundError,
    ),
    (500, "SERVER", "INTERNAL MULTIPLE_RECORDS_FOUND RECORD_NOT_FOUND", ServerError),
    (
        502,
        "UPSTREAM",
        "INVALID_DATA KNOWN_ISSUE NO_RESPONSE RATE_LIMIT UNKNOWN_ISSUE",
        UpstreamError,
    ),
    (400, "VALIDATION", "INVALID_INPUT_FORMAT MISSING_PARAMETER BAD_REQUEST", ValidationError),
    (
        409,
        "VEHICLE_STATE",
        "ASLEEP CHARGING_IN_PROGRESS CHARGING_PLUG_CONNECTED CHARGING_PLUG_NOT_CONNECTED DOOR_OPEN",
        VehicleStateError,
    ),
    (
        409,
        "VEHICLE_STATE",
        "FULLY_CHARGED NOT_CHARGING CHARGE_FAULT HOOD_OPEN IGNITION_ON IN_MOTION LOW_BATTERY",
        VehicleStateError,
    ),
    (
        409,
        "VEHICLE_STATE",
        "REMOTE_ACCESS_DISABLED TRUNK_OPEN UNKNOWN UNREACHABLE VEHICLE_OFFLINE_FOR_SERVICE",
        VehicleStateError,
    ),
    (
        409,
        "VEHICLE_STATE",
        "DEVICE_PAIRING_REQUIRED",
        VehicleStateError,
    ),
    (403, "PERMISSION", "UNKNOWN", MissingPermissionError),
]


@pytest.mark.parametrize(("status", "kind", "codes", "expected"), DOCUMENTED)
def test_each_documented_error_has_its_class(
    status: int, kind: str, codes: str, expected: type[ApiError]
) -> None:
    for code in codes.split():
        error = _error(status, envelope(status, kind, code))
        assert type(error) is expected
        assert (error.status, error.type, error.code) == (status, kind, code)
        assert str(error) == f"{status} {kind}:{code}"


BY_STATUS = {
    400: ValidationError,
    401: AuthenticationError,
    403: MissingPermissionError,
    404: NotFoundError,
    409: ConflictError,
    418: ServerError,
    429: RateLimitError,
    430: BillingError,
    500: ServerError,
    501: CompatibilityError,
    502: UpstreamError,
    503: UpstreamError,
    504: UpstreamError,
    599: ServerError,
}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>no</html>",
        b"\xff\xfe",
        b"[",
        b"[]",
        b"null",
        b"{}",
        b'"text"',
        b'{"errors": []}',
        b'{"errors": [{}]}',
        b'{"errors": ["text", null, 1]}',
        b'{"error": null}',
        b'{"message": "Forbidden"}',
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"9" * 10_000, id="long"),
    ],
)
def test_status_decides_without_an_error_body(body: bytes) -> None:
    for status, expected in BY_STATUS.items():
        error = _error(status, body)
        assert type(error) is expected
        assert (error.status, error.type, error.code, error.detail) == (status, None, None, None)
        assert str(error) == str(status)


def test_status_decides_for_an_unknown_type() -> None:
    error = _error(409, envelope(409, "NEW_KIND", "NEW_CODE"))
    assert type(error) is ConflictError
    assert str(error) == "409 NEW_KIND:NEW_CODE"


BARE = {"status": "409", "type": "VEHICLE_STATE", "code": "ASLEEP", "detail": "Zzz"}
LEGACY = {
    "type": "VEHICLE_STATE",
    "code": "ASLEEP",
    "description": "Zzz",
    "docURL": "https://example.invalid/",
    "statusCode": 409,
    "requestId": "request-1",
    "resolution": {"type": "RETRY_LATER", "url": None},
    "suggestedUserMessage": "Wake it",
}


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [BARE]},
        {"errors": [BARE, envelope(500, "SERVER", "INTERNAL")["errors"][0]]},
        {"errors": [None, BARE]},
        {"error": BARE},
        BARE,
        LEGACY,
        {"errors": [BARE | {"status": 409}]},
        {"errors": [BARE | {"status": 409.0}]},
        {"errors": [BARE | {"status": None}]},
        {"errors": [BARE | {"status": "²²²"}]},
        {"errors": [BARE | {"status": "200"}]},
        {"errors": [BARE | {"status": True}]},
        {"errors": [BARE | {"status": "4090"}]},
    ],
)
def test_all_forms_of_the_error_body_are_read(body: Any) -> None:
    error = _error(409, body)
    assert type(error) is VehicleStateError
    assert (error.status, error.type, error.code) == (409, "VEHICLE_STATE", "ASLEEP")
    assert error.detail == "Zzz"


def test_all_fields_of_the_error_body_are_read() -> None:
    error = _error(
        400,
        envelope(
            400,
            "CONNECTED_SERVICES_ACCOUNT",
            "VIRTUAL_KEY_REQUIRED",
            detail="Pair it",
            suggestedUserMessage="Open the app",
            resolution={"type": "ACTION_REQUIRED", "url": "https://example.invalid/key"},
            meta={"debug": {"requestId": "request-1"}},
        ),
        retry_after="120",
    )
    assert error.details == ErrorDetails(
        status=400,
        type="CONNECTED_SERVICES_ACCOUNT",
        code="VIRTUAL_KEY_REQUIRED",
        detail="Pair it",
        suggested_user_message="Open the app",
        resolution=Resolution("ACTION_REQUIRED", "https://example.invalid/key"),
        retry_after=120,
        request_id="request-1",
    )
    assert error.resolution == error.details.resolution
    assert error.suggested_user_message == "Open the app"
    assert error.retry_after == 120


@pytest.mark.parametrize(
    ("more", "header", "expected"),
    [
        ({}, None, None),
        ({}, "from-header", "from-header"),
        ({"meta": {"debug": {"requestId": "from-body"}}}, "from-header", "from-header"),
        ({"meta": {"debug": {"requestId": "from-body"}}}, None, "from-body"),
        ({"requestId": "legacy"}, None, "legacy"),
        ({"meta": "nonsense"}, None, None),
    ],
)
def test_request_id_comes_from_header_or_body(
    more: dict[str, Any], header: str | None, expected: str | None
) -> None:
    error = _error(500, envelope(500, "SERVER", "INTERNAL", **more), request_id=header)
    assert error.request_id == expected


@pytest.mark.parametrize(
    ("resolution", "expected"),
    [
        ({"type": "RETRY_LATER"}, Resolution("RETRY_LATER")),
        ("RETRY_LATER", Resolution("RETRY_LATER")),
        ({"type": None}, Resolution()),
        ({"type": 1, "url": 2}, Resolution()),
        ({}, None),
        (None, None),
        ([], None),
        (7, None),
    ],
)
def test_resolution_is_read_in_all_its_forms(resolution: Any, expected: Resolution | None) -> None:
    body = envelope(409, "VEHICLE_STATE", "UNKNOWN", resolution=resolution)
    assert _error(409, body).resolution == expected


def test_oauth_error_has_its_code() -> None:
    error = _error(401, {"error": "invalid_client", "error_description": "No such client"})
    assert type(error) is AuthenticationError
    assert (error.code, error.detail) == ("invalid_client", "No such client")


@pytest.mark.parametrize("status", [200, 202])
def test_error_in_a_successful_answer_has_its_own_status(status: int) -> None:
    """So fails a command that takes longer than the gateway waits."""
    answer = _answer(status, envelope(409, "VEHICLE_STATE", "IN_MOTION"))
    with pytest.raises(VehicleStateError) as caught:
        answer.json_object()
    assert caught.value.status == 409


@pytest.mark.parametrize(
    "body",
    [
        {"data": {}},
        {"data": {}, "type": "signal", "code": "x"},
        {"data": {}, "errors": []},
        {"data": {}, "errors": None, "error": None},
        {"type": "vehicle"},
        {"type": "vehicle", "id": "1"},
        {"meta": {"message": "subscription creation in progress"}},
        {},
    ],
)
def test_success_is_not_an_error(body: Any) -> None:
    answer = _answer(200, body)
    assert answer.error is None
    assert answer.json_object() == body


@pytest.mark.parametrize("body", [b"", b"  ", b"<html>", b"[]", b'"text"', b"3", b'{"a":', b"\xff"])
def test_success_without_an_object_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidResponseError):
        _answer(200, body).json_object()


@pytest.mark.parametrize("status", [100, 199, 300, 302, 304, 307, 399])
def test_other_statuses_are_invalid(status: int) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        _answer(status, {"data": {}}).raise_for_error()
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("kind", "code", "detail", "expected"),
    [
        ("AUTHENTICATION", "UNAUTHORIZED", "Your monthly quota is used up", RateLimitError),
        ("AUTHENTICATION", "QUOTA_EXCEEDED", None, RateLimitError),
        ("PERMISSION", "TIME_LIMIT", None, RateLimitError),
        (None, None, "Time limit reached", RateLimitError),
        (None, None, "Too Many Requests", RateLimitError),
        ("RATE_LIMIT", "VEHICLE", None, RateLimitError),
        ("BILLING", "INVALID_PLAN", None, BillingError),
        ("BILLING", "VEHICLE_REQUEST_LIMIT", "The quota is used up", BillingError),
        ("PERMISSION", None, "Not granted", MissingPermissionError),
        ("CONNECTED_SERVICES_ACCOUNT", "PERMISSION", None, ConnectedServicesAccountError),
    ],
)
def test_401_and_403_have_three_meanings(
    kind: str | None, code: str | None, detail: str | None, expected: type[ApiError]
) -> None:
    for status in (401, 403):
        error = _error(status, {"errors": [{"type": kind, "code": code, "detail": detail}]})
        assert type(error) is expected
        assert isinstance(error, LimitError) == issubclass(expected, LimitError)


@pytest.mark.parametrize("status", [400, 404, 409, 500])
def test_words_of_a_limit_count_only_with_401_and_403(status: int) -> None:
    error = _error(status, envelope(status, "SERVER", "INTERNAL", detail="the quota table is lost"))
    assert type(error) is ServerError


NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("120", 120),
        (" 120 ", 120),
        ("0", 0),
        ("999999999", 999999999),
        ("000000120", 120),
        ("1000000000", None),
        ("0000000120", None),
        pytest.param("9" * 5000, None, id="long"),
        ("Mon, 01 Jun 2026 12:02:00 GMT", 120),
        ("Mon, 01 Jun 2026 12:02:00 -0000", 120),
        ("Mon, 01 Jun 2026 14:02:00 +0200", 120),
        ("Mon, 01 Jun 2026 11:00:00 GMT", 0),
        ("Mon, 01 Jun 2026 11:59:59 GMT", 0),
        ("Mon, 01 Jun 2026 12:00:00 GMT", 0),
        ("Mon, 01 Jun 2026 12:00:01 GMT", 1),
        ("Monday, 01-Jun-26 12:02:00 GMT", 120),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("²", None),
        ("Mon, 99 Jun 2026 12:02:00 GMT", None),
        ("Mon, 01 Jun 2026 12:02:00 +9999999999", None),
        ("inf", None),
        ("nan", None),
    ],
)
def test_retry_after_is_parsed(value: str | None, expected: float | None) -> None:
    assert parse_retry_after(value, now=NOW) == expected


def test_retry_after_counts_from_now() -> None:
    assert parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT") > 1e9  # type: ignore[operator]


HEADER = st.text(st.characters(max_codepoint=0x2FF)) | st.from_regex(
    r"(Mon|Foo)?,? ?\d{1,5}[ -](Jan|Feb|XXX)[ -]\d{1,6} ?[\d:.]{0,12} ?[-+]?(\d{0,8}|GMT|EST)"
)


@given(HEADER)
def test_any_retry_after_is_parsed_or_ignored(value: str) -> None:
    seconds = parse_retry_after(value, now=NOW)
    assert seconds is None or seconds >= 0


SECRETS = [VEHICLE, VIN, "no vehicle 36ab27d0-fd9d", "52.2385,13.1546", "a\nb", "x" * 70]


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"type": "SERVER", "code": "INTERNAL", "detail": "SECRET", "title": "SECRET"}]},
        {"errors": [{"type": "SERVER", "code": "SECRET"}]},
        {"errors": [{"type": "SECRET", "code": "INTERNAL", "suggestedUserMessage": "SECRET"}]},
        {"error": "SECRET"},
        {"error": "invalid_client", "error_description": "SECRET"},
        {"type": "SERVER", "code": "INTERNAL", "description": "SECRET", "requestId": "SECRET"},
        {"errors": [{"resolution": {"type": "SECRET", "url": "SECRET"}}]},
    ],
)
def test_text_of_an_error_contains_no_secret(body: Any) -> None:
    """Users paste logs into public issues, so only names are repeated."""
    for secret in SECRETS:
        raw = json.dumps(body).replace("SECRET", json.dumps(secret)[1:-1])
        error = _error(500, raw.encode(), request_id=secret)
        assert secret not in str(error)
        assert str(error).startswith("500")
        assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SmartcarError(), False),
        (TransportError("lost"), True),
        (TransportError("refused", sent=False), False),
        (TransportTimeoutError("late"), True),
        (TransportTimeoutError("never connected", sent=False), False),
        (InvalidResponseError("html"), True),
        (_error(504), True),
        (_error(502), False),
        (_error(502, envelope(502, "UPSTREAM", "NO_RESPONSE")), True),
        (_error(500), False),
        (_error(429), False),
        (_error(409, envelope(409, "VEHICLE_STATE", "ASLEEP")), False),
        (_error(202, envelope(504, "UPSTREAM", "NO_RESPONSE")), True),
        (CommandFailedError(ErrorDetails(status=200)), False),
    ],
)
def test_outcome_is_unknown_only_if_the_command_may_have_left(
    error: SmartcarError, expected: bool
) -> None:
    assert error.outcome_unknown is expected


def test_tree_of_exceptions() -> None:
    assert issubclass(TransportTimeoutError, TransportError)
    assert issubclass(BillingError, LimitError)
    for kind in (TransportError, InvalidResponseError, ApiError):
        assert issubclass(kind, SmartcarError)
    assert not issubclass(MissingPermissionError, AuthenticationError)
