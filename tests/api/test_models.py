"""What the models read out of the cloud's JSON."""

from collections.abc import Callable
import copy
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    Application,
    ChargingWindow,
    CommandExecution,
    ConnectedVehicle,
    Connection,
    ErrorCode,
    ErrorType,
    InvalidResponseError,
    Listing,
    Resolution,
    Signal,
    SignalError,
    SignalStatus,
    Subscription,
    Vehicle,
    Webhook,
)
from custom_components.smartcar.api.catalogue import CATALOGUE

from .cloud import USER, connection, executed, signal
from .strategies import anything, damaged, objects

CONNECTION = connection()
SIGNAL = signal("tractionbattery-stateofcharge")
EVENT_SIGNAL: dict[str, Any] = {
    "code": "charge-ischarging",
    "name": "IsCharging",
    "group": "Charge",
    "body": {"value": False},
    "status": {"value": "SUCCESS"},
    "meta": {"oemUpdatedAt": 1765157655000, "retrievedAt": 1765157664453},
}


def test_recorded_connection_is_read() -> None:
    assert Connection.from_json(CONNECTION) == Connection(
        id="connection-0",
        user_id=USER,
        vehicle=Vehicle(
            id="vehicle-0",
            make="TESLA",
            model="Model S",
            year=2014,
            powertrain_type="BEV",
            mode="live",
        ),
        permissions=frozenset({"read_vin", "read_battery"}),
        external_id="external-1",
        created_at=datetime(2025, 5, 3, 2, 45, 45, 349000, UTC),
        updated_at=datetime(2026, 6, 21, 2, 56, 21, 130000, UTC),
    )
    assert Connection.from_json(CONNECTION).vehicle_id == "vehicle-0"


def test_connection_has_the_pair_of_ids() -> None:
    pair = Connection.from_json(CONNECTION).connected_vehicle
    assert pair == ConnectedVehicle(vehicle_id="vehicle-0", user_id=USER)
    assert len({pair, ConnectedVehicle("vehicle-0", USER)}) == 1


def test_published_connection_has_its_user_in_relationships() -> None:
    document = copy.deepcopy(CONNECTION)
    del document["attributes"]["user"]
    got = Connection.from_json(document)
    assert (got.user_id, got.external_id) == (USER, None)


def test_connection_needs_only_ids() -> None:
    got = Connection.from_json(
        {"id": "c", "relationships": {n: {"data": {"id": n}} for n in ("user", "vehicle")}}
    )
    assert got == Connection(id="c", user_id="user", vehicle=Vehicle(id="vehicle"))


def test_user_of_a_connection_can_be_in_the_attributes_only() -> None:
    document = copy.deepcopy(CONNECTION)
    del document["relationships"]["user"]
    assert Connection.from_json(document).user_id == USER


@pytest.mark.parametrize(
    ("way", "field"),
    [
        (("id",), "connection.id"),
        (("relationships",), "connection.relationships.vehicle.data.id"),
        (("relationships", "vehicle"), "connection.relationships.vehicle.data.id"),
        (("relationships", "vehicle", "data", "id"), "connection.relationships.vehicle.data.id"),
    ],
)
def test_connection_without_an_id_is_invalid(way: tuple[str, ...], field: str) -> None:
    nothing: Any
    for nothing in ("missing", None, "", 7, []):
        document = copy.deepcopy(CONNECTION)
        parent = document
        for key in way[:-1]:
            parent = parent[key]
        parent[way[-1]] = nothing
        if nothing == "missing":
            del parent[way[-1]]
        with pytest.raises(InvalidResponseError, match=field):
            Connection.from_json(document)


def test_connection_without_a_user_is_invalid() -> None:
    document = copy.deepcopy(CONNECTION)
    del document["relationships"]["user"], document["attributes"]["user"]
    with pytest.raises(InvalidResponseError, match="user"):
        Connection.from_json(document)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, Vehicle(id="v")),
        ({"mode": "LIVE", "year": 2014.0}, Vehicle(id="v", mode="live", year=2014)),
        ({"mode": None, "year": None, "powertrainType": None}, Vehicle(id="v")),
        ({"make": " ", "model": 5, "year": [2014], "mode": False}, Vehicle(id="v")),
        ({"year": "2021"}, Vehicle(id="v", year=2021)),
        ({"year": " 2021 "}, Vehicle(id="v", year=2021)),
        ({"year": "21st"}, Vehicle(id="v")),
        ({"year": "9" * 5000}, Vehicle(id="v")),
        ({"year": -2021}, Vehicle(id="v")),
        ({"year": "-2021"}, Vehicle(id="v")),
        ({"year": 0}, Vehicle(id="v")),
        ({"year": 1e30}, Vehicle(id="v")),
        ({"year": 2021.5}, Vehicle(id="v")),
        ({"year": 65535}, Vehicle(id="v")),
        ({"year": True}, Vehicle(id="v")),
    ],
)
def test_vehicle_is_read(attributes: Any, expected: Vehicle) -> None:
    assert Vehicle.from_json("v", attributes) == expected


def test_signal_of_an_answer_is_read() -> None:
    assert Signal.from_rest(SIGNAL) == Signal(
        code="tractionbattery-stateofcharge",
        status=SignalStatus.SUCCESS,
        body={"value": 57, "unit": "percent"},
        name="Name",
        group="Group",
        oem_updated_at=datetime(2026, 6, 29, 23, 55, 53, tzinfo=UTC),
        retrieved_at=datetime(2026, 6, 30, 0, 3, 53, 743000, UTC),
        ingested_at=datetime(2026, 6, 30, 0, 3, 55, 110000, UTC),
    )


def test_times_of_a_signal_are_beside_its_attributes() -> None:
    """Not inside them, where other clients read them."""
    document = copy.deepcopy(SIGNAL)
    document["attributes"]["meta"] = document.pop("meta")
    assert Signal.from_rest(document).oem_updated_at is None


def test_signal_of_a_delivery_is_read() -> None:
    assert Signal.from_event(EVENT_SIGNAL) == Signal(
        code="charge-ischarging",
        body={"value": False},
        name="IsCharging",
        group="Charge",
        oem_updated_at=datetime(2025, 12, 8, 1, 34, 15, tzinfo=UTC),
        retrieved_at=datetime(2025, 12, 8, 1, 34, 24, 453000, UTC),
    )


@pytest.mark.parametrize("meta", [None, {}, {"oemUpdatedAt": 0, "retrievedAt": 0}, [], "x"])
def test_zero_and_missing_times_are_none(meta: Any) -> None:
    for got in (
        Signal.from_event(EVENT_SIGNAL | {"meta": meta}),
        Signal.from_rest(SIGNAL | {"meta": meta}),
    ):
        assert got.oem_updated_at is got.retrieved_at is got.ingested_at is None


def test_code_of_a_signal_can_be_its_id_in_any_case() -> None:
    document = copy.deepcopy(SIGNAL)
    del document["attributes"]["code"]
    document["id"] = "TractionBattery-StateOfCharge"
    assert Signal.from_rest(document).code == "tractionbattery-stateofcharge"


@pytest.mark.parametrize(
    "value", [None, [], "x", {}, {"attributes": None}, {"attributes": {}, "id": ""}]
)
def test_signal_without_a_code_is_invalid(value: Any) -> None:
    with pytest.raises(InvalidResponseError, match="signal"):
        Signal.from_rest(value)
    with pytest.raises(InvalidResponseError, match="signal"):
        Signal.from_event(value)


UNKNOWN = SignalError(type="UNKNOWN")
NOT_CAPABLE = {"type": "COMPATIBILITY", "code": "VEHICLE_NOT_CAPABLE"}


@pytest.mark.parametrize(
    ("status", "expected", "error"),
    [
        ({"value": "SUCCESS"}, SignalStatus.SUCCESS, None),
        ({"value": "success"}, SignalStatus.SUCCESS, None),
        ("SUCCESS", SignalStatus.SUCCESS, None),
        (None, SignalStatus.SUCCESS, None),
        ({"value": "SUCCESS", "error": None}, SignalStatus.SUCCESS, None),
        ({"value": "SUCCESS", "error": {}}, SignalStatus.SUCCESS, None),
        ({"value": "UNAVAILABLE"}, SignalStatus.UNAVAILABLE, None),
        ({"value": "NEW"}, SignalStatus.UNAVAILABLE, None),
        ({}, SignalStatus.UNAVAILABLE, None),
        ([], SignalStatus.UNAVAILABLE, None),
        (7, SignalStatus.UNAVAILABLE, None),
        ({"value": None}, SignalStatus.UNAVAILABLE, None),
        ({"value": "ERROR"}, SignalStatus.ERROR, UNKNOWN),
        ({"value": "ERROR", "error": {}}, SignalStatus.ERROR, UNKNOWN),
        ({"value": "ERROR", "error": "text"}, SignalStatus.ERROR, UNKNOWN),
        ("ERROR", SignalStatus.ERROR, UNKNOWN),
        (
            {"value": "ERROR", "error": NOT_CAPABLE},
            SignalStatus.ERROR,
            SignalError(type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE"),
        ),
        (
            {"value": "SUCCESS", "error": NOT_CAPABLE},
            SignalStatus.ERROR,
            SignalError(type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE"),
        ),
        (
            {"error": {"type": "PERMISSION", "code": None}},
            SignalStatus.ERROR,
            SignalError(type="PERMISSION"),
        ),
    ],
)
def test_status_of_a_signal_is_read(
    status: Any, expected: SignalStatus, error: SignalError | None
) -> None:
    for got in (
        Signal.from_event(EVENT_SIGNAL | {"status": status}),
        Signal.from_rest(signal("x", status=status)),
    ):
        assert got.status is expected
        assert got.error == error


def test_signal_without_a_status_is_a_success() -> None:
    """Smartcar sent no status for them until November 2025."""
    event = {key: value for key, value in EVENT_SIGNAL.items() if key != "status"}
    assert Signal.from_event(event).status is SignalStatus.SUCCESS


@pytest.mark.parametrize("body", [None, [], "text", 5])
def test_body_that_is_not_an_object_is_empty(body: Any) -> None:
    assert Signal.from_event(EVENT_SIGNAL | {"body": body}).body == {}


@pytest.mark.parametrize(
    ("more", "detail"),
    [
        ({"detail": "new", "description": "Deprecated. Use detail"}, "new"),
        ({"description": "old"}, "old"),
        ({}, None),
    ],
)
def test_error_of_a_signal_is_read(more: dict[str, str], detail: str | None) -> None:
    error = SignalError.from_json(
        {
            "type": "PERMISSION",
            "code": "UNKNOWN",
            "title": "Unknown",
            "suggestedUserMessage": "Log in",
            "resolution": {"type": "REAUTHENTICATE", "url": "https://example.invalid/"},
            **more,
        }
    )
    assert error == SignalError(
        type="PERMISSION",
        code="UNKNOWN",
        detail=detail,
        suggested_user_message="Log in",
        resolution=Resolution("REAUTHENTICATE", "https://example.invalid/"),
    )


def test_command_execution_is_read() -> None:
    assert CommandExecution.from_json(executed(parameters={"percent": 80})["data"]) == (
        CommandExecution(
            id="exec_1",
            command="charge-start",
            executed_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
            completed_at=datetime(2026, 1, 1, 12, 0, 2, tzinfo=UTC),
            duration=2,
            parameters={"percent": 80},
        )
    )


def test_schedule_execution_is_read() -> None:
    got = CommandExecution.from_json({"attributes": {"action": "create", "scheduleId": "s"}})
    assert got == CommandExecution(command="create", schedule_id="s")


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (Application.from_json, Application(id="x")),
        (Webhook.from_json, Webhook(id="x")),
        (Subscription.from_json, Subscription(id="x")),
    ],
)
def test_management_resources_need_only_ids(read: Callable[[Any], Any], expected: Any) -> None:
    assert read({"id": "x"}) == expected
    broken: Any
    for broken in (None, [], "x", {}, {"id": 5}, {"id": " "}):
        with pytest.raises(InvalidResponseError):
            read(broken)


def test_vehicle_of_a_subscription_is_beside_or_inside() -> None:
    beside: dict[str, Any] = {"id": "x", "relationships": {"vehicle": {"data": {"id": "beside"}}}}
    inside: dict[str, Any] = {"attributes": {"vehicle": {"id": "inside"}}}
    assert Subscription.from_json(beside | inside).vehicle_id == "beside"
    assert Subscription.from_json({"id": "x"} | inside).vehicle_id == "inside"


def test_charging_window_is_written_as_two_fields() -> None:
    window = ChargingWindow(start="08:00", stop="10:00")
    assert window.to_json() == {"startTime": "08:00", "stopTime": "10:00"}


def test_listing_is_a_list_with_completeness() -> None:
    assert Listing([1, 2]) == [1, 2]
    assert Listing().complete
    assert not Listing([1], complete=False).complete


MODELS: tuple[Callable[[Any], Any], ...] = (
    Application.from_json,
    Connection.from_json,
    Signal.from_event,
    Signal.from_rest,
    SignalError.from_json,
    Subscription.from_json,
    Webhook.from_json,
)


@given(
    anything()
    | st.sampled_from([CONNECTION, SIGNAL, EVENT_SIGNAL, executed()["data"]]).flatmap(damaged)
)
def test_any_json_is_read_or_invalid(value: Any) -> None:
    for read in MODELS:
        try:
            got = read(value)
        except InvalidResponseError:
            continue
        if isinstance(got, Signal):
            assert got.code == got.code.lower() != ""
            times = (got.oem_updated_at, got.retrieved_at, got.ingested_at)
            assert all(time is None or time.tzinfo is UTC for time in times)
        elif isinstance(got, Connection):
            assert "" not in {got.id, got.user_id, got.vehicle_id}
            got.vehicle_id.encode()


@given(objects())
def test_any_object_is_read_as_vehicle_and_execution(value: dict[str, Any]) -> None:
    Vehicle.from_json("v", value)
    CommandExecution.from_json(value)


DOOR = {"row": 0, "column": 0, "isOpen": True, "isLocked": False}
LIMIT = {"type": "GLOBAL", "limit": 80}


@pytest.mark.parametrize(
    ("code", "nested", "flat"),
    [
        (
            "charge-chargelimits",
            {"values": {"activeLimit": 80, "values": [LIMIT]}},
            {"activeLimit": 80, "values": [LIMIT]},
        ),
        (
            "charge-chargelimits",
            {"values": {"activeLimit": 80, "values": [LIMIT]}, "unit": "percent"},
            {"activeLimit": 80, "values": [LIMIT], "unit": "percent"},
        ),
        ("closure-doors", {"values": {"doors": [DOOR]}}, {"doors": [DOOR]}),
        ("closure-windows", {"values": {"windows": [DOOR]}}, {"windows": [DOOR]}),
        ("closure-doors", {"values": {"values": [DOOR]}}, {"values": [DOOR]}),
        ("odometer-traveleddistance", {"values": {"value": 5}}, {"value": 5}),
    ],
)
def test_nested_body_is_unwrapped(code: str, nested: Any, flat: Any) -> None:
    """Bodies of 2025 were nested one deeper, in answers and in deliveries."""
    answered = Signal.from_rest(signal(code, nested))
    delivered = Signal.from_event({**EVENT_SIGNAL, "code": code, "body": nested})
    assert answered.body == delivered.body == flat
    assert CATALOGUE[code].read(answered.body) is not None
    assert Signal.from_rest(signal(code, flat)).body == flat


def test_endless_nesting_is_not_unwrapped_forever() -> None:
    body: Any = {"value": 5}
    for _ in range(10_000):
        body = {"values": body}
    assert (
        CATALOGUE["odometer-traveleddistance"].read(Signal.from_rest(signal("x", body)).body)
        is None
    )


@pytest.mark.parametrize("name", ["retrievedAt", "fetchedAt"])
def test_time_of_retrieval_has_two_names(name: str) -> None:
    delivered = Signal.from_event({**EVENT_SIGNAL, "meta": {name: 1782777353000}})
    assert delivered.retrieved_at == datetime(2026, 6, 29, 23, 55, 53, tzinfo=UTC)
    assert delivered.oem_updated_at is None


def test_types_and_codes_of_signal_errors_are_texts() -> None:
    """The cloud can send others, so a `SignalError` has plain texts."""
    for kind, code in (("PERMISSION", None), ("VEHICLE_STATE", "NOT_CHARGING")):
        error = SignalError.from_json({"type": kind, "code": code})
        assert (error.type, error.code) == (ErrorType(kind), code and ErrorCode(code))
    assert SignalError(type=ErrorType.COMPATIBILITY, code=ErrorCode.VEHICLE_NOT_CAPABLE) == (
        SignalError(type="COMPATIBILITY", code="VEHICLE_NOT_CAPABLE")
    )


def test_connection_tells_whether_its_vehicle_is_simulated() -> None:
    assert Connection.from_json(connection(mode="simulated")).is_simulated
    assert Connection.from_json(connection(mode="SIMULATED")).is_simulated
    assert not Connection.from_json(connection(mode="live")).is_simulated
    assert not Connection(id="c", user_id="u", vehicle=Vehicle(id="v")).is_simulated
