"""Two partners, one car: who is subscribed, and what is pushed in whose name."""

from typing import Any

from homeassistant.helpers import issue_registry as ir
import pytest

from simulator.faults import Fault
from simulator.ownership import Connection
from tests.helpers.push_home import PushHome
from tests.helpers.routes import SUBSCRIBE, UNSUBSCRIBE
from tests.helpers.signals import forbid
from tests.helpers.times import DAY, HOUR

pytestmark = pytest.mark.usefixtures("mid_month")

LEVEL = "tractionbattery-stateofcharge"
TIRES = "wheel-tires"


def share(home: PushHome, *left_out: str) -> Connection:
    """Let a partner connect the car too, now and with all permissions but these."""
    (first,) = home.cloud.connections_of(vehicle_id=home.car.id)
    partner = next(owner for owner in home.cloud.owners if owner != first.user_id)
    granted = [name for name in home.cloud.dashboard_permissions if name not in left_out]
    return home.cloud.ownership.add(partner, home.car.id, granted)


def owner(home: PushHome) -> str:
    """Return the id of the first owner."""
    return home.cloud.owner_of(home.car.id).id


def subscribers(home: PushHome) -> list[str]:
    """Return in whose names the car is subscribed."""
    return [one.user_id for one in home.cloud.subscriptions.values()]


async def list_again(home: PushHome) -> None:
    """Let Home Assistant list the connections, and then check the webhook."""
    await home.entry.runtime_data.async_refresh()
    await home.settle()
    await home.list_webhooks()
    await home.flush()


async def push_in_name_of(home: PushHome, user_id: str, signals: dict[str, Any]) -> None:
    """Push signals; None stands for the error of a missing permission."""
    bodies = {code: body for code, body in signals.items() if body is not None}
    event = home.event(bodies, home.car.id)
    event["data"]["user"] = {"id": user_id}
    event["data"]["signals"] += [
        {
            "code": code,
            "status": {"value": "ERROR", "error": {"type": "PERMISSION", "code": None}},
            "meta": {},
        }
        for code, body in signals.items()
        if body is None
    ]
    assert await home.send(event) == 200
    await home.settle()


async def test_subscription_follows_the_reading_connection(home: PushHome) -> None:
    assert subscribers(home) == [owner(home)]
    partner = share(home, "read_battery", "read_tires")
    await list_again(home)
    assert subscribers(home) == [owner(home)]
    # Now the partner grants more.
    forbid(home.cloud, home.car, "read_battery", "read_tires", "read_odometer")
    home.cloud.ownership.add(partner.user_id, home.car.id, home.cloud.dashboard_permissions)
    home.cloud.requests.clear()
    await list_again(home)
    assert subscribers(home) == [partner.user_id]
    assert (home.cloud.requests[SUBSCRIBE], home.cloud.requests[UNSUBSCRIBE]) == (1, 1)
    # It stays so, also after a restart.
    home.cloud.requests.clear()
    await home.reload()
    await home.list_webhooks()
    assert subscribers(home) == [partner.user_id]
    assert home.cloud.requests[SUBSCRIBE] == home.cloud.requests[UNSUBSCRIBE] == 0
    await home.report(soc=37.0)
    assert home.battery() == "37"


async def test_subscription_of_a_partner_who_disconnects_is_made_anew(home: PushHome) -> None:
    partner = share(home)
    await list_again(home)
    assert subscribers(home) == [partner.user_id]
    home.cloud.disconnect(partner.id)
    await list_again(home)
    assert subscribers(home) == [owner(home)]
    await home.report(soc=38.0)
    assert home.battery() == "38"


async def test_car_stays_subscribed_if_the_other_name_cannot_be(home: PushHome) -> None:
    share(home)
    fault = home.cloud.faults.add(Fault(method="POST", route="/v3/subscriptions", status=403))
    await list_again(home)
    assert subscribers(home) == [owner(home)]
    assert not home.issues()
    home.cloud.faults.remove(fault)
    await list_again(home)
    assert subscribers(home) != [owner(home)]
    assert len(subscribers(home)) == 1


async def test_push_of_a_partner_who_ticked_less_takes_nothing_away(home: PushHome) -> None:
    """The dashboard may subscribe every connection by itself."""
    await home.report(soc=39.0)
    partner = share(home, "read_battery")
    await list_again(home)
    for hour in range(50):
        await home.let_pass(HOUR)
        body = {"latitude": 48.0, "longitude": 11.0 + hour / 100}
        signals = {LEVEL: None, "location-preciselocation": body}
        await push_in_name_of(home, partner.user_id, signals)
    for _ in range(2):
        assert home.battery() == "39"
        assert home.state(home.car, "device_tracker.location").attributes["longitude"] == 11.49
        assert not home.issues()
        await home.reload()


async def test_missing_permission_of_a_partner_is_no_repair(home: PushHome) -> None:
    partner = share(home, "read_battery")
    await list_again(home)

    async def send(user_id: str, *codes: str) -> set[str]:
        event = home.event({}, home.car.id, eventType="VEHICLE_ERROR")
        event["data"] |= {
            "user": {"id": user_id},
            "errors": [
                {
                    "type": "PERMISSION",
                    "code": None,
                    "state": "ERROR",
                    "signals": [{"code": code} for code in codes],
                }
            ],
        }
        assert await home.send(event) == 200
        await home.settle()
        return set(home.issues())

    assert await send(partner.user_id, LEVEL) == set()
    # What the reading owner lacks is missing, and so is what nobody grants.
    forbid(home.cloud, home.car, "read_tires")
    await list_again(home)
    assert await send(partner.user_id, LEVEL, TIRES) == {"permission_missing"}
    (issue,) = home.issues().values()
    assert (issue.translation_placeholders or {})["signals"] == TIRES


async def test_withdrawn_permission_has_one_repair_beside_the_pushed_error(home: PushHome) -> None:
    """The cloud pushes the error at once, and a day later the value is unknown."""
    await home.report(soc=40.0)
    forbid(home.cloud, home.car, "read_battery")
    await list_again(home)
    error = home.cloud.report_error(home.car.id, type="PERMISSION", signals=[LEVEL])
    await home.flush()
    assert set(home.issues()) == {"permission_missing"}
    for _ in range(2):
        await push_in_name_of(home, owner(home), {LEVEL: None})
        await home.let_pass(DAY, HOUR)
    await push_in_name_of(home, owner(home), {LEVEL: None})
    assert set(home.issues()) == {"permission_withdrawn"}
    assert home.value(home.car, "sensor.battery_level") == "unknown"
    # Also after a restart, which Home Assistant's repairs do not outlive.
    ir.async_get(home.hass).issues.clear()
    await home.reload()
    await home.settle()
    assert set(home.issues()) == {"permission_withdrawn"}
    # The end of the error is not the value.
    home.cloud.resolve_error(error)
    await home.flush()
    assert set(home.issues()) == {"permission_withdrawn"}
    home.cloud.connect(owner(home), [home.car.id], home.cloud.dashboard_permissions)
    await list_again(home)
    assert set(home.issues()) == set()
    await push_in_name_of(home, owner(home), {LEVEL: {"value": 41, "unit": "percent"}})
    assert home.battery() == "41"
