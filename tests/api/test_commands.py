"""Commands and charge schedules: what is sent, and how the answer is judged."""

from datetime import UTC, datetime
import itertools
import json
from typing import Any, cast

import pytest

from custom_components.smartcar.api import (
    ChargingWindow,
    CommandFailedError,
    InvalidResponseError,
    SmartcarClient,
    SmartcarError,
    VehicleStateError,
)

from .calls import CALLS, COMMANDS, EVERY_COMMAND, MORNING, PLACE, Call
from .cloud import CONNECTED, VEHICLE_PATH, Cloud, Reply, Stream, envelope, executed


@EVERY_COMMAND
async def test_command_sends_its_attributes(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    call, method, path, attributes = COMMANDS[name]
    cloud.on(method, f"{VEHICLE_PATH}/{path}", Reply(json=executed(scheduleId="schedule-7")))
    got = await call(client)
    (seen,) = cloud.seen()
    if attributes is None:
        assert seen.body == b""
        assert "Content-Type" not in seen.headers
    else:
        assert seen.json == {"data": {"attributes": attributes}}
        assert seen.headers["Content-Type"] == "application/json"
    if method == "POST":
        assert (got.id, got.command, got.duration) == ("exec_1", "charge-start", 2)
        assert got.completed_at > got.executed_at
        assert got.schedule_id == "schedule-7"


async def test_execution_has_the_completion_time_of_the_cloud(
    cloud: Cloud, client: SmartcarClient
) -> None:
    body = executed()
    body["data"]["meta"]["completedAt"] = "2026-01-01T12:04:05Z"
    cloud.on("POST", f"{VEHICLE_PATH}/commands/security/lock", Reply(json=body))
    execution = await client.lock(CONNECTED)
    assert execution.completed_at == datetime(2026, 1, 1, 12, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("percent", [50, 51, 100, 80.0])
async def test_charge_limit_is_sent_as_an_integer(
    cloud: Cloud, client: SmartcarClient, percent: Any
) -> None:
    cloud.on("POST", f"{VEHICLE_PATH}/commands/charge/set-limit", Reply(json=executed()))
    await client.set_charge_limit(CONNECTED, percent)
    assert (
        cloud.seen()[0].body
        == json.dumps({"data": {"attributes": {"percent": int(percent)}}}).encode()
    )


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    "call",
    [
        *(
            lambda c, percent=percent: c.set_charge_limit(CONNECTED, percent)
            for percent in (49, 101, 0, -80, 80.5, 0.8, True, "80", None, NAN, INFINITY)
        ),
        *(
            lambda c, place=place: c.set_destination(CONNECTED, *place)
            for place in (
                (90.1, 0),
                (-90.1, 0),
                (0, 180.1),
                (0, -180.1),
                (NAN, 0),
                (0, NAN),
                (INFINITY, 0),
                (0, -INFINITY),
                (10**400, 0),
            )
        ),
        *(
            lambda c, window=window: c.set_daily_charge_schedule(CONNECTED, **PLACE, window=window)
            for window in (
                ChargingWindow(start="8:00", stop="10:00"),
                ChargingWindow(start="08:00", stop="24:00"),
                ChargingWindow(start="08:00", stop="10:60"),
                ChargingWindow(start="08:00:00", stop="10:00"),
                ChargingWindow(start="08", stop="10:00"),
                ChargingWindow(start="T0800", stop="10:00"),
                ChargingWindow(start="0800Z", stop="10:00"),
                ChargingWindow(start="", stop="10:00"),
                ChargingWindow(start="ab:cd", stop="10:00"),
            )
        ),
        lambda c: c.set_daily_charge_schedule(CONNECTED, latitude=91, longitude=0, window=MORNING),
    ],
)
async def test_invalid_arguments_are_refused_before_any_request(call: Call) -> None:
    offline = SmartcarClient(cast(Any, None), cast(Any, None))
    with pytest.raises(ValueError):  # noqa: PT011
        await call(offline)


def _pieces(body: Any) -> list[bytes]:
    raw = json.dumps(body).encode()
    return [b"", *(bytes(piece) for piece in itertools.batched(raw, 40, strict=False))]


@EVERY_COMMAND
async def test_streamed_success_is_read(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream(_pieces(executed())))
    await call(client)
    assert len(cloud.seen()) == 1


@EVERY_COMMAND
async def test_streamed_error_is_raised(cloud: Cloud, client: SmartcarClient, name: str) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, Stream(_pieces(envelope(409, "VEHICLE_STATE", "IN_MOTION"))))
    with pytest.raises(VehicleStateError) as caught:
        await call(client)
    assert (caught.value.status, caught.value.code) == (409, "IN_MOTION")
    assert not caught.value.outcome_unknown
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize("name", ["lock", "daily", "delete_charge_schedule"])
@pytest.mark.parametrize(
    "reply",
    [
        Stream(_pieces(executed())[:3], cut_off=True),
        Stream(_pieces(executed())[:3]),
        Stream([]),
        Stream([b"   \n"]),
        Stream(_pieces(executed()), cut_off=True),
        Stream([b"<html>"]),
        Stream([b"{}"]),
        Stream([b'{"data": {}}']),
        Stream(_pieces(executed("PENDING"))),
        Stream(_pieces(envelope(504, "UPSTREAM", "NO_RESPONSE"))),
    ],
    ids=[
        "cut off",
        "short",
        "empty",
        "blank",
        "no end",
        "html",
        "{}",
        "no status",
        "pending",
        "504",
    ],
)
async def test_outcome_is_unknown_after_an_unclear_stream(
    cloud: Cloud, client: SmartcarClient, name: str, reply: Stream
) -> None:
    call, method, path = CALLS[name]
    cloud.on(method, path, reply)
    with pytest.raises(SmartcarError) as caught:
        await call(client)
    assert caught.value.outcome_unknown
    assert len(cloud.seen()) == 1


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({"value": "SUCCESS"}, None),
        ({"value": "success"}, None),
        ("SUCCESS", None),
        ({"value": "FAILURE"}, CommandFailedError),
        ("FAILURE", CommandFailedError),
        ({"value": "Failed"}, CommandFailedError),
        ({"value": "ERROR"}, CommandFailedError),
        ({"value": "PENDING"}, InvalidResponseError),
        ({"value": "NEW"}, InvalidResponseError),
        ({"value": ""}, InvalidResponseError),
        ({"value": None}, InvalidResponseError),
        ({"value": True}, InvalidResponseError),
        ({}, InvalidResponseError),
        (None, InvalidResponseError),
        ([], InvalidResponseError),
    ],
)
async def test_only_the_status_success_is_a_success(
    cloud: Cloud, client: SmartcarClient, status: Any, expected: type[SmartcarError] | None
) -> None:
    body = executed()
    body["data"]["attributes"]["status"] = status
    for http_status in (200, 202):
        cloud.requests.clear()
        cloud.on("POST", f"{VEHICLE_PATH}/commands/security/unlock", Reply(http_status, body))
        if expected is None:
            await client.unlock(CONNECTED)
        else:
            with pytest.raises(expected) as caught:
                await client.unlock(CONNECTED)
            assert caught.value.outcome_unknown is (expected is InvalidResponseError)
        assert len(cloud.seen()) == 1


@EVERY_COMMAND
async def test_failed_command_raises_its_reason(
    cloud: Cloud, client: SmartcarClient, name: str
) -> None:
    body = executed()
    body["data"]["attributes"]["status"] = {
        "value": "FAILURE",
        "error": {
            "type": "VEHICLE_STATE",
            "code": "DOOR_OPEN",
            "detail": "A door is open",
            "suggestedUserMessage": "Close it",
        },
    }
    call, method, path = CALLS[name]
    cloud.on(method, path, Reply(json=body, headers={"SC-Request-Id": "request-1"}))
    with pytest.raises(CommandFailedError) as caught:
        await call(client)
    failure = caught.value
    assert (failure.type, failure.code) == ("VEHICLE_STATE", "DOOR_OPEN")
    assert (failure.detail, failure.suggested_user_message) == ("A door is open", "Close it")
    assert failure.request_id == "request-1"


@pytest.mark.parametrize(
    "reply",
    [Reply(204), Reply(200), Reply(200, {}), Reply(200, {"status": "success"})],
)
async def test_any_successful_answer_deletes_a_schedule(
    cloud: Cloud, client: SmartcarClient, reply: Reply
) -> None:
    """The shape of this answer is not documented."""
    cloud.on("DELETE", f"{VEHICLE_PATH}/charge-schedules/schedule-7", reply)
    await client.delete_charge_schedule(CONNECTED, "schedule-7")
