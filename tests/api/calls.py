"""The methods of the client, each with its request and a good answer; and tokens for clients."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, cast, override

import pytest

from custom_components.smartcar.api import ChargingWindow, SmartcarClient, TokenSource, commands
from custom_components.smartcar.api.session import Request

from .cloud import (
    CONNECTED,
    CONNECTIONS,
    LATITUDE,
    LONGITUDE,
    SIGNALS,
    USER,
    VEHICLE,
    VEHICLE_PATH,
    connection,
    listing,
    signal,
)

MORNING = ChargingWindow(start="08:00", stop="10:00")
PLACE = {"latitude": LATITUDE, "longitude": LONGITUDE}
HERE = {"location": PLACE}

type Call = Callable[[SmartcarClient], Awaitable[Any]]

# By name: the call, the method, the path, the attributes of the body.
COMMANDS: dict[str, tuple[Call, str, str, Mapping[str, Any] | None]] = {
    "lock": (lambda c: c.lock(CONNECTED), "POST", "commands/security/lock", None),
    "unlock": (lambda c: c.unlock(CONNECTED), "POST", "commands/security/unlock", None),
    "start_charge": (
        lambda c: c.start_charge(CONNECTED),
        "POST",
        "commands/charge/start",
        None,
    ),
    "stop_charge": (lambda c: c.stop_charge(CONNECTED), "POST", "commands/charge/stop", None),
    "set_charge_limit": (
        lambda c: c.set_charge_limit(CONNECTED, 80),
        "POST",
        "commands/charge/set-limit",
        {"percent": 80},
    ),
    "open_charge_port": (
        lambda c: c.open_charge_port(CONNECTED),
        "POST",
        "commands/charge-port/open",
        None,
    ),
    "close_charge_port": (
        lambda c: c.close_charge_port(CONNECTED),
        "POST",
        "commands/charge-port/close",
        None,
    ),
    "set_destination": (
        lambda c: c.set_destination(CONNECTED, LATITUDE, LONGITUDE),
        "POST",
        "commands/navigation/set-destination",
        PLACE,
    ),
    "daily": (
        lambda c: c.set_daily_charge_schedule(CONNECTED, **PLACE, window=MORNING),
        "POST",
        "charge-schedules/daily",
        HERE | {"startTime": "08:00", "stopTime": "10:00"},
    ),
    "delete_charge_schedule": (
        lambda c: c.delete_charge_schedule(CONNECTED, "schedule-7"),
        "DELETE",
        "charge-schedules/schedule-7",
        None,
    ),
}
EVERY_COMMAND = pytest.mark.parametrize("name", COMMANDS)


# By name: the call, the method, the path, a good answer.
OTHER_METHODS: dict[str, tuple[Call, str, str, Any]] = {
    "get_connections": (lambda c: c.get_connections(), "GET", CONNECTIONS, listing([])),
    "get_connection": (
        lambda c: c.get_connection("connection-0"),
        "GET",
        f"{CONNECTIONS}/connection-0",
        {"data": connection()},
    ),
    "delete_connection": (
        lambda c: c.delete_connection("connection-0"),
        "DELETE",
        f"{CONNECTIONS}/connection-0",
        None,
    ),
    "delete_user": (
        lambda c: c.delete_user(USER),
        "DELETE",
        f"/vehicle/v3/users/{USER}",
        None,
    ),
    "get_vehicle": (
        lambda c: c.get_vehicle(VEHICLE),
        "GET",
        VEHICLE_PATH,
        {"data": {"id": VEHICLE, "attributes": {}}},
    ),
    "get_signals": (lambda c: c.get_signals(CONNECTED), "GET", SIGNALS, listing([])),
    "get_signal": (
        lambda c: c.get_signal(CONNECTED, "charge-voltage"),
        "GET",
        f"{SIGNALS}/charge-voltage",
        {"data": signal("charge-voltage")},
    ),
    "get_applications": (
        lambda c: c.get_applications(),
        "GET",
        "/management/v3/applications",
        listing([]),
    ),
    "get_webhooks": (lambda c: c.get_webhooks(), "GET", "/management/v3/webhooks", listing([])),
    "get_subscriptions": (
        lambda c: c.get_subscriptions(),
        "GET",
        "/management/v3/subscriptions",
        listing([]),
    ),
    "create_subscription": (
        lambda c: c.create_subscription("webhook-1", CONNECTED),
        "POST",
        "/management/v3/subscriptions",
        {"meta": {"message": "subscription creation in progress"}},
    ),
    "delete_subscription": (
        lambda c: c.delete_subscription("subscription-1"),
        "DELETE",
        "/management/v3/subscriptions/subscription-1",
        None,
    ),
}


CALLS: dict[str, tuple[Call, str, str]] = {
    name: (call, method, f"{VEHICLE_PATH}/{path}")
    for name, (call, method, path, _) in COMMANDS.items()
} | {name: (call, method, path) for name, (call, method, path, _) in OTHER_METHODS.items()}
EVERY_CALL = pytest.mark.parametrize("name", CALLS)
WITH_USER = {*COMMANDS, "get_signals", "get_signal"}


def shorten_time_limits(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let reads and commands wait only for so many seconds."""
    monkeypatch.setattr(commands, "COMMAND_TIMEOUT", seconds)
    defaults: Any = Request.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "timeout", seconds)


class GivenToken(TokenSource):
    """A token that needs no endpoint, and that no API refuses."""

    @override
    async def async_get_token(self) -> str:
        return "given"

    @override
    def reject(self, token: str) -> None:
        raise AssertionError


class AnyToken(TokenSource):
    """A token that needs no endpoint, and that an API may refuse."""

    @override
    async def async_get_token(self) -> str:
        return "token"

    @override
    def reject(self, token: str) -> None:
        pass


def run_without_waiting[T](coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, without a loop."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return cast(T, stop.value)
    raise AssertionError("it waited")
