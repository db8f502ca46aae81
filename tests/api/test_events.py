"""Signatures, the answer to VERIFY, and what is read out of an event."""

from datetime import UTC, datetime
import hashlib
import hmac
import json
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    EventType,
    InvalidResponseError,
    Resolution,
    SignalStatus,
    VehicleError,
    answer_challenge,
    is_signed,
    parse_event,
    sign,
)

from .strategies import anything, damaged

TOKEN = "0f3c8f3e-management-token"
BEFORE = "the-token-before"

CLOCK_2026 = "2026-06-30T00:03:55.110Z"
LOCKED: dict[str, Any] = {
    "code": "closure-islocked",
    "name": "IsLocked",
    "group": "Closure",
    "body": {"value": True},
    "status": {"value": "SUCCESS"},
    "meta": {"oemUpdatedAt": 1765157655000, "retrievedAt": 1765157664453},
}
STATE: dict[str, Any] = {
    "eventId": "event-0",
    "eventType": "VEHICLE_STATE",
    "data": {
        "user": {"id": "user-0"},
        "vehicle": {"id": "vehicle-0", "make": "JAGUAR", "model": "I-PACE", "year": 2021},
        "signals": [
            LOCKED,
            {
                "code": "charge-voltage",
                "status": {
                    "value": "ERROR",
                    "error": {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"},
                },
            },
        ],
    },
    "triggers": [{"type": "SIGNAL_UPDATED", "signal": "Closure.IsLocked"}],
    "meta": {"deliveryId": "delivery-0", "deliveredAt": 1765157664581, "mode": "LIVE"},
}
PERMISSION: dict[str, Any] = {
    "type": "PERMISSION",
    "code": None,
    "state": "ERROR",
    "description": "Your application has insufficient permissions.",
    "suggestedUserMessage": "Your car needs a permission.",
    "resolution": {"type": "REAUTHENTICATE", "url": "https://example.com/again"},
    "signals": [{"name": "Closure", "group": "IsLocked", "code": "closure-islocked"}],
}
ERROR: dict[str, Any] = {
    "eventId": "event-1",
    "eventType": "VEHICLE_ERROR",
    "data": {"vehicle": {"id": "vehicle-0"}, "errors": [PERMISSION]},
    "meta": {"deliveredAt": CLOCK_2026},
}


def raw(event: Any) -> bytes:
    return json.dumps(event).encode()


def hexed(token: str, payload: bytes) -> str:
    """Return a signature, made without the code under test."""
    return hmac.new(token.encode(), payload, hashlib.sha256).hexdigest()


# Signatures


def test_signature_is_the_documented_one() -> None:
    assert sign(TOKEN, b'{"a": 1}') == hexed(TOKEN, b'{"a": 1}')


@pytest.mark.parametrize("change", [str.lower, str.upper, str.title])
def test_body_is_signed_in_any_letter_case(change: Any) -> None:
    body = raw(STATE)
    assert is_signed(body, change(hexed(TOKEN, body)), [TOKEN])


def test_every_valid_token_is_accepted_and_no_other() -> None:
    body = raw(STATE)
    assert is_signed(body, hexed(BEFORE, body), [TOKEN, BEFORE])
    assert is_signed(body, hexed(TOKEN, body), iter([TOKEN, BEFORE]))
    assert not is_signed(body, hexed(BEFORE, body), [TOKEN])
    assert not is_signed(body, hexed(TOKEN, body), [])


@pytest.mark.parametrize(
    "signature",
    [
        "",
        " ",
        "0" * 63,
        "0" * 64,
        "0" * 65,
        "g" * 64,
        "sha256=" + "0" * 64,
        "\u212a" * 64,
        "\u0661" * 64,
        "\udcff" * 64,
        "\n",
        "0" * 64 + "\n",
        "0" * 100_000,
    ],
    ids=lambda signature: ascii(signature[:12]),
)
def test_other_header_values_are_not_signatures(signature: str) -> None:
    assert not is_signed(raw(STATE), signature, [TOKEN])


def test_signature_with_additional_characters_is_refused() -> None:
    body = raw(STATE)
    for form in ("{} ", " {}", "{}\n", "{},{}", "0x{}"):
        assert not is_signed(body, form.replace("{}", hexed(TOKEN, body)), [TOKEN])


def test_body_may_be_signed_in_its_compact_form() -> None:
    event = {**STATE, "name": "Škoda \u2028 🚗"}
    compact = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
    for body in (json.dumps(event, indent=2).encode(), json.dumps(event).encode(), compact):
        assert is_signed(body, hexed(TOKEN, compact), [TOKEN])
        assert is_signed(body, hexed(BEFORE, compact), [TOKEN, BEFORE])
    other = json.dumps({**event, "name": "Seat"}, indent=2).encode()
    assert not is_signed(other, hexed(TOKEN, compact), [TOKEN])


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b'{"value": 78.0}', b'{"value":78}'),
        (b'{"value":78.0}', b'{"value":78}'),
        (b'{"values": [-0.0, 1e21, 0.0000001]}', b'{"values":[0,1e+21,1e-7]}'),
        (b'{"at":1765157655000.0}', b'{"at":1765157655000}'),
        (b'{"name":"\\u0160koda"}', '{"name":"Škoda"}'.encode()),
        (b'{"name":"\\ud800"}', b'{"name":"\\ud800"}'),
        (b'{"1":1,"0":0}', b'{"0":0,"1":1}'),
    ],
)
def test_body_may_be_signed_as_javascript_prints_it(body: bytes, signed: bytes) -> None:
    """Smartcar's own recipe signs `JSON.stringify` of the parsed body."""
    assert is_signed(body, hexed(TOKEN, signed), [TOKEN])
    assert is_signed(body, hexed(TOKEN, body), [TOKEN])
    assert not is_signed(body, hexed(BEFORE, signed), [TOKEN])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 60_000,
        b"[" * 30_000 + b"]" * 30_000,
        b'{"a":' * 10_000,
        b"1" * 60_000,
        b'{"a": "\\ud800"}',
        b'{"a": NaN}',
        b'{"a": 1e999}',
    ],
    ids=lambda body: body[:12].hex(),
)
def test_second_try_survives_any_body(body: bytes) -> None:
    assert not is_signed(body, "0" * 64, [TOKEN])


@given(st.binary(max_size=200), st.text(max_size=80))
def test_random_signature_is_not_accepted(body: bytes, signature: str) -> None:
    assert not is_signed(body, signature, [TOKEN, BEFORE])


# VERIFY


@pytest.mark.parametrize("challenge", ["a", "0", "A-b_9", "f" * 128, "-" * 36])
def test_challenge_that_looks_like_a_token_is_answered(challenge: str) -> None:
    assert answer_challenge(challenge, TOKEN) == {"challenge": hexed(TOKEN, challenge.encode())}


@pytest.mark.parametrize(
    "challenge",
    # Characters of JSON, or such as would break a header or a log line.
    ["", " ", "a b", "a\n", "\na", "a.b", "{}", '{"a":1}', "f" * 129, "é", "\u0661", "a=", "\x00"],
)
def test_any_other_challenge_is_not_answered(challenge: str) -> None:
    assert answer_challenge(challenge, TOKEN) is None


TOKEN_LIKE = st.from_regex(r"[A-Za-z0-9_-]{1,128}", fullmatch=True) | st.sampled_from(
    [
        "1",
        "0",
        "-1",
        "true",
        "false",
        "null",
        "NaN",
        "Infinity",
        "-Infinity",
        "12345678901234567890",
    ]
)
BLANKS = st.sampled_from([b"", b" ", b"\n", b"\t \r\n"])


@given(TOKEN_LIKE, BLANKS, BLANKS)
def test_answer_to_verify_does_not_sign_any_body(
    challenge: str, before: bytes, after: bytes
) -> None:
    """A stranger who knows the URL can have any token-like text signed: it must be useless."""
    answer = answer_challenge(challenge, TOKEN)
    assert answer is not None
    for body in (challenge.encode(), before + challenge.encode() + after):
        assert not is_signed(body, answer["challenge"], [TOKEN])
        assert not is_signed(body, answer["challenge"].upper(), [BEFORE, TOKEN])


@pytest.mark.parametrize(
    "event",
    [
        {"eventType": "VERIFY", "data": {"challenge": "abc"}},
        {"eventType": "verify", "data": {"challenge": " abc "}},
        {"version": "2.0", "eventName": "verify", "payload": {"challenge": "abc"}},
        {
            "eventId": "1",
            "eventType": "VERIFY",
            "data": {"challenge": "abc"},
            "meta": {"version": "4.0", "webhookId": "w", "deliveredAt": CLOCK_2026},
        },
    ],
)
def test_all_forms_of_verify_are_read(event: Any) -> None:
    parsed = parse_event(raw(event))
    assert (parsed.type, parsed.challenge) == (EventType.VERIFY, "abc")


@pytest.mark.parametrize("data", [None, [], "abc", {}, {"challenge": None}, {"challenge": ["abc"]}])
def test_verify_without_a_challenge_has_none(data: Any) -> None:
    assert parse_event(raw({"eventType": "VERIFY", "data": data})).challenge is None


# Events


def test_recorded_event_is_read() -> None:
    event = parse_event(raw(STATE))
    assert (event.type, event.id, event.vehicle_id) == (
        EventType.VEHICLE_STATE,
        "event-0",
        "vehicle-0",
    )
    assert event.delivered_at == datetime(2025, 12, 8, 1, 34, 24, 581000, UTC)
    assert (event.is_test, event.malformed, event.errors) == (False, 0, ())
    locked, voltage = event.signals
    assert (locked.code, locked.body, locked.status) == (
        "closure-islocked",
        {"value": True},
        SignalStatus.SUCCESS,
    )
    assert locked.oem_updated_at == datetime(2025, 12, 8, 1, 34, 15, tzinfo=UTC)
    assert voltage.error is not None
    assert voltage.error.code == "VEHICLE_NOT_CAPABLE"


@pytest.mark.parametrize(
    "extra",
    [
        {"triggers": None},
        {"triggers": [{"type": "SIGNAL_UPDATED", "signal": "Closure.IsLocked"}]},
        {"triggers": [{"type": "SIGNAL_UPDATED", "signal": {"code": "closure-islocked"}}]},
        {"data": {**STATE["data"], "triggers": [{"code": "FIRST_DELIVERY"}]}},
        {"triggers": {"a": 1}},
        {"eventType": "vehicle_state"},
        {"eventType": None, "eventName": "VEHICLE_STATE"},
        {"meta": None},
        {"meta": {"deliveryTime": 1765157664581}},
        {"unknown": [1, 2]},
    ],
)
def test_form_of_other_fields_makes_no_difference(extra: Any) -> None:
    event = parse_event(raw({**STATE, **extra}))
    assert event.type is EventType.VEHICLE_STATE
    assert event.signals == parse_event(raw(STATE)).signals


@pytest.mark.parametrize(
    ("change", "dated"),
    [
        ({}, True),
        ({"status": None}, True),
        ({"status": "SUCCESS"}, True),
        ({"meta": None}, False),
        ({"meta": {}}, False),
        ({"meta": {"oemUpdatedAt": 0, "retrievedAt": 0}}, False),
        ({"meta": {"oemUpdatedAt": "1970-01-01T00:00:00.000Z"}}, False),
        ({"meta": {"oemUpdatedAt": CLOCK_2026}}, True),
    ],
)
def test_signal_without_status_or_time_is_a_success(change: Any, dated: bool) -> None:
    event = parse_event(raw({**STATE, "data": {"signals": [{**LOCKED, **change}]}}))
    (signal,) = event.signals
    assert (signal.status, signal.body) == (SignalStatus.SUCCESS, {"value": True})
    assert (signal.oem_updated_at is not None) is dated


@pytest.mark.parametrize(
    "meta",
    [
        {},
        {"deliveredAt": None},
        {"deliveredAt": 0},
        {"deliveredAt": ""},
        {"deliveredAt": "soon"},
        {"deliveredAt": {}},
        {"deliveredAt": True},
        [],
    ],
)
def test_time_of_delivery_may_be_missing(meta: Any) -> None:
    assert parse_event(raw({**STATE, "meta": meta})).delivered_at is None


@pytest.mark.parametrize(
    "time",
    [1765157664, 1765157664000, "1765157664", "1765157664000", "2025-12-08T01:34:24Z"],
    ids=repr,
)
@pytest.mark.parametrize("name", ["deliveredAt", "deliveryTime"])
def test_time_of_delivery_is_read_in_all_its_forms(time: Any, name: str) -> None:
    event = parse_event(raw({**STATE, "meta": {name: time}}))
    assert event.delivered_at == datetime(2025, 12, 8, 1, 34, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    "event",
    [
        {**STATE, "vehicleId": "v", "data": {"signals": [LOCKED]}},
        {**STATE, "data": {"vehicleId": "v", "signals": [LOCKED]}},
        {**STATE, "vehicleId": "v", "data": {"vehicle": {}, "signals": [LOCKED]}},
        {**STATE, "vehicleId": "other", "data": {"vehicle": {"id": "v"}, "signals": [LOCKED]}},
    ],
)
def test_vehicle_id_may_be_beside_the_vehicle(event: Any) -> None:
    got = parse_event(raw(event))
    assert (got.vehicle_id, len(got.signals)) == ("v", 1)


@pytest.mark.parametrize("mode", ["TEST", "test", "Test "])
def test_either_mode_marks_the_test_of_the_dashboard(mode: str) -> None:
    meta = {**STATE, "meta": {"mode": mode}}
    vehicle = {**STATE, "data": {**STATE["data"], "vehicle": {"id": "made-up", "mode": mode}}}
    assert parse_event(raw(meta)).is_test
    assert parse_event(raw(vehicle)).is_test


@pytest.mark.parametrize(
    "event",
    [None, 1, "VEHICLE_STATE", [], [STATE], True, b"", b"{", b"\xff", b"<html>", b"[" * 9999],
    ids=lambda event: str(event)[:12],
)
def test_error_for_a_body_that_is_not_an_object_contains_none_of_it(event: Any) -> None:
    body = event if isinstance(event, bytes) else raw(event)
    with pytest.raises(InvalidResponseError) as error:
        parse_event(body)
    assert "VEHICLE_STATE" not in str(error.value)


@pytest.mark.parametrize("name", [None, "", "VEHICLE_PREMONITION", 7, {}, []])
def test_unknown_type_is_none(name: Any) -> None:
    event = parse_event(raw({**STATE, "eventType": name}))
    assert event.type is None
    assert event.id == "event-0"


def test_malformed_members_are_counted_and_left_out() -> None:
    signals: list[Any] = [
        None,
        "closure-islocked",
        {"body": {}},
        {"code": 7},
        [],
        LOCKED,
        {"code": " "},
    ]
    errors = [None, {}, {"type": 3}, PERMISSION]
    data = {**STATE["data"], "signals": signals, "errors": errors}
    event = parse_event(raw({**STATE, "data": data}))
    assert [signal.code for signal in event.signals] == ["closure-islocked"]
    assert [error.type for error in event.errors] == ["PERMISSION"]
    assert event.malformed == 9


# Errors


def test_recorded_error_is_read() -> None:
    (error,) = parse_event(raw(ERROR)).errors
    assert error == VehicleError(
        type="PERMISSION",
        description="Your application has insufficient permissions.",
        suggested_user_message="Your car needs a permission.",
        resolution=Resolution("REAUTHENTICATE", "https://example.com/again"),
        codes=frozenset({"closure-islocked"}),
    )
    assert error.key == "PERMISSION:None"


@pytest.mark.parametrize(
    ("signals", "codes"),
    [
        (None, None),
        # An empty list means the whole connection, as a missing one does.
        ([], None),
        ([{"code": "Closure-IsLocked"}], {"closure-islocked"}),
        (["Closure.IsLocked"], {"closure-islocked"}),
        (["Closure.IsLocked", {"code": "charge-voltage"}], {"closure-islocked", "charge-voltage"}),
        # Something was named, though it is not clear what: not the whole connection.
        ([7, None, {}, {"code": None}], set()),
        ("Closure.IsLocked", set()),
        ({"code": "closure-islocked"}, set()),
    ],
)
def test_signals_of_an_error(signals: Any, codes: Any) -> None:
    error = VehicleError.from_json({**PERMISSION, "signals": signals})
    assert error.codes == codes


@pytest.mark.parametrize(
    ("state", "resolved"),
    [("RESOLVED", True), ("resolved", True), ("ERROR", False), (None, False), (1, False)],
)
def test_state_of_an_error_is_read(state: Any, resolved: bool) -> None:
    error = VehicleError.from_json({**PERMISSION, "state": state})
    assert error.is_resolved is resolved


@pytest.mark.parametrize("resolution", [None, {}, {"type": None}, [], "REAUTHENTICATE"])
def test_resolution_may_say_nothing(resolution: Any) -> None:
    error = VehicleError.from_json({**PERMISSION, "resolution": resolution})
    assert error.resolution in (None, Resolution())


@given(damaged(PERMISSION))
def test_error_survives_being_stored(document: Any) -> None:
    try:
        error = VehicleError.from_json(document)
    except InvalidResponseError:
        return
    kept = VehicleError.from_json(json.loads(json.dumps(error.as_json())))
    # The state is not stored, because only errors that last are.
    assert kept.key == error.key
    # An error whose signals are all unknown is not stored either.
    assert kept.codes == (error.codes or None)
    assert (kept.resolution or Resolution()) == (error.resolution or Resolution())
    assert kept.suggested_user_message == error.suggested_user_message


# Any JSON


@given(anything())
def test_any_json_is_an_event_or_refused(document: Any) -> None:
    try:
        event = parse_event(raw(document))
    except InvalidResponseError:
        assert not isinstance(document, dict)
    else:
        assert event.type is None


@given(damaged([LOCKED, PERMISSION]))
def test_valid_signal_is_read_beside_malformed_ones(bad: Any) -> None:
    data = {**STATE["data"], "signals": [*bad, LOCKED, *bad], "errors": [*bad, PERMISSION]}
    event = parse_event(raw({**STATE, "data": data}))
    assert parse_event(raw(STATE)).signals[0] in event.signals
    assert event.errors[-1].codes == frozenset({"closure-islocked"})
    given = 3 * len(bad) + 2
    assert len(event.signals) + len(event.errors) + event.malformed == given


@given(damaged(STATE) | damaged(ERROR))
def test_damaged_event_is_read_or_refused(document: Any) -> None:
    try:
        event = parse_event(raw(document))
    except InvalidResponseError:
        return
    assert all(signal.code for signal in event.signals)
    assert all(error.type for error in event.errors)
