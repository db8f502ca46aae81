"""Two partners, one car: in whose name requests are sent, and what one cannot take from the other."""

from collections.abc import Iterable

from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest

from simulator.faults import Fault
from simulator.ownership import Connection
from tests.helpers.home import LOCK, ODOMETER, Home, refused
from tests.helpers.routes import ANY_COMMAND, COMMANDS, CONNECTIONS_ROUTE, SIGNALS_ROUTE
from tests.helpers.signals import forbid, response
from tests.helpers.times import DAY, HOUR, LISTING, MINUTE, POLL

pytestmark = pytest.mark.usefixtures("mid_month")

BATTERY = "sensor.battery_level"
LEVEL_CODE = "tractionbattery-stateofcharge"
CONTROL = ("control_charge", "control_security")


@pytest.fixture
def vehicles() -> int:
    """Return how many cars are connected."""
    return 1


def share(home: Home, *left_out: str) -> Connection:
    """Let a partner connect the car too, now and with all permissions but these."""
    (first,) = home.cloud.connections_of(vehicle_id=home.car.id)
    partner = next(owner for owner in home.cloud.owners if owner != first.user_id)
    granted = [name for name in home.cloud.dashboard_permissions if name not in left_out]
    return home.cloud.ownership.add(partner, home.car.id, granted)


async def report(home: Home, level: float, odometer: float) -> None:
    """Let the car report its level and its odometer, and poll it."""
    home.freezer.tick(2 * MINUTE)
    home.cloud.patch_state(home.car.id, {"soc": level, "odometer": odometer})
    await home.refresh()


def shown(home: Home) -> tuple[float, float]:
    """Return the level and the odometer that are shown."""
    return float(home.value(home.car, BATTERY)), float(home.value(home.car, ODOMETER))


async def list_again(home: Home) -> None:
    """Let Home Assistant list the connections."""
    await home.entry.runtime_data.async_refresh()
    await home.settle()


def commands(home: Home) -> int:
    """Return how many commands there were, and forget all requests."""
    count = sum(
        number for request, number in home.cloud.requests.items() if request.startswith(COMMANDS)
    )
    home.cloud.requests.clear()
    return count


def left(home: Home) -> int:
    """Return how many requests are left of the budget."""
    return int(home.value(home.car, "sensor.requests_left"))


# In whose name


@pytest.mark.parametrize(
    ("first", "second", "seen"),
    [
        pytest.param((), ("read_battery", "read_tires"), (41, 76_100), id="the older grants more"),
        pytest.param(("read_battery", "read_tires"), (), (41, 76_100), id="the newer grants more"),
        pytest.param(
            ("read_battery", *CONTROL),
            ("read_odometer",),
            (41, 76_000),
            id="the newer of two equal",
        ),
    ],
)
async def test_reads_go_in_the_name_that_grants_most_reads(
    new_home: Home, first: Iterable[str], second: Iterable[str], seen: tuple[float, float]
) -> None:
    """Permissions to control count for nothing here."""
    home = new_home
    home.cloud.patch_state(home.car.id, {"soc": 40.0})
    await home.set_up()
    assert shown(home) == (40, 76_000)
    forbid(home.cloud, home.car, *first)
    share(home, *second)
    await list_again(home)
    await report(home, 41, 76_100)
    assert shown(home) == seen
    await home.reload()
    await report(home, 41, 76_100)
    assert shown(home) == seen
    # Each of these polls was one request.
    home.polls()
    await report(home, 41, 76_200)
    assert home.polls() == 1


@pytest.mark.parametrize("newest_may_lock", [True, False])
async def test_lock_goes_in_the_name_that_may(new_home: Home, newest_may_lock: bool) -> None:
    home = new_home
    home.cloud.patch_state(home.car.id, {"locked": True})
    forbid(home.cloud, home.car, *(CONTROL if newest_may_lock else ()))
    # The other one may read less, or more: that does not matter.
    share(home, *(("read_tires",) if newest_may_lock else CONTROL))
    await home.set_up()
    commands(home)
    await home.unlock()
    assert (home.value(home.car, LOCK), home.car.state.locked) == ("unlocked", False)
    await home.reload()
    await home.lock()
    assert (home.value(home.car, LOCK), home.car.state.locked) == ("locked", True)
    assert commands(home) == 2


async def test_lock_goes_in_the_newest_name_of_those_that_may(home: Home) -> None:
    home.cloud.patch_state(home.car.id, {"locked": True})
    share(home, "read_tires")
    await list_again(home)
    # The list is older than what the first owner takes back: it could not be sent in that name.
    (first, _) = home.cloud.connections_of(vehicle_id=home.car.id)
    home.cloud.disconnect(first.id)
    commands(home)
    await home.unlock()
    assert not home.car.state.locked
    assert commands(home) == 1


async def test_partner_who_connects_later_and_ticks_less_takes_nothing_away(home: Home) -> None:
    home.cloud.patch_state(home.car.id, {"locked": True})
    before = home.entities()
    share(home, *(name for name in home.cloud.dashboard_permissions if name != "read_vin"))
    await list_again(home)
    await report(home, 43, 76_100)
    assert shown(home) == (43, 76_100)
    await home.unlock()
    assert not home.car.state.locked
    await home.reload()
    assert home.entities() == before
    assert home.value(home.car, LOCK) == "unlocked"
    assert not home.issues()


async def test_partner_who_disconnects_takes_away_only_own_permissions(home: Home) -> None:
    forbid(home.cloud, home.car, "control_security")
    partner = share(home)
    await list_again(home)
    await home.lock()
    home.cloud.disconnect(partner.id)
    await list_again(home)
    await refused(home.unlock(), "command_permission_missing")
    await report(home, 44, 76_100)
    assert shown(home) == (44, 76_100)


# What one name is refused


@pytest.mark.parametrize("status", [403, 404])
async def test_poll_that_is_refused_in_one_name_is_sent_once_in_the_next(
    home: Home, status: int
) -> None:
    share(home)
    await list_again(home)
    home.polls()
    before = left(home)
    home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=status, count=1))
    await report(home, 45, 76_100)
    assert shown(home) == (45, 76_100)
    assert home.polls() == 2
    assert left(home) == before - 2


async def test_name_that_was_refused_is_tried_again_after_a_day(home: Home) -> None:
    """Until then each poll is one request; a list or a failing name must not make it two."""
    partner = share(home)
    await list_again(home)
    # The list is an hour old, so it still names the partner who is preferred.
    listing = Fault(route=CONNECTIONS_ROUTE, status=500)
    home.cloud.faults.add(listing)
    home.cloud.disconnect(partner.id)
    home.polls()
    await report(home, 45, 76_100)
    assert home.polls() == 2
    await report(home, 46, 76_100)
    assert home.polls() == 1
    await home.let_pass(DAY - HOUR, HOUR)
    home.polls()
    await report(home, 47, 76_100)
    assert home.polls() == 1
    home.freezer.tick(HOUR)
    await report(home, 48, 76_100)
    assert home.polls() == 2
    assert shown(home) == (48, 76_100)


@pytest.mark.parametrize("partners", [1, 2])
async def test_poll_that_every_name_is_refused_keeps_the_values(home: Home, partners: int) -> None:
    if partners == 2:
        share(home)
        await list_again(home)
    before = shown(home)
    home.polls()
    fault = home.cloud.faults.add(Fault(route=SIGNALS_ROUTE, status=403))
    home.freezer.tick(2 * MINUTE)
    await home.update_entities(home.car, ODOMETER)
    await home.settle()
    assert home.polls() == partners
    assert shown(home) == before
    home.cloud.faults.remove(fault)
    await report(home, 49, 76_100)
    assert shown(home) == (49, 76_100)


@pytest.mark.parametrize("status", [403, 404])
async def test_command_that_is_refused_in_one_name_is_sent_once_in_the_next(
    home: Home, status: int
) -> None:
    home.cloud.patch_state(home.car.id, {"locked": True})
    share(home)
    await list_again(home)
    before = left(home)
    commands(home)
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=status, count=1))
    await home.unlock()
    assert (home.value(home.car, LOCK), home.car.state.locked) == ("unlocked", False)
    assert commands(home) == 2
    assert left(home) == before - 2


@pytest.mark.parametrize(
    ("status", "sent"), [(403, 2), (404, 2), (409, 1), (429, 1), (500, 1), (502, 1)]
)
async def test_command_that_fails_is_not_sent_in_every_name(
    home: Home, status: int, sent: int
) -> None:
    """Only a refusal is worth another name, and what may have been carried out is never repeated."""
    share(home)
    await list_again(home)
    commands(home)
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=status))
    with pytest.raises(HomeAssistantError):
        await home.unlock()
    assert commands(home) == sent


@pytest.mark.parametrize("kept", [1, 2])
async def test_last_request_of_the_month_is_not_sent_twice(new_home: Home, kept: int) -> None:
    share(new_home)
    await new_home.set_up(requests=10)
    while left(new_home) > kept:
        await new_home.lock()
    commands(new_home)
    new_home.cloud.faults.add(Fault(route=ANY_COMMAND, status=403))
    with pytest.raises(HomeAssistantError):
        await new_home.unlock()
    assert commands(new_home) == kept
    assert left(new_home) == 0


async def test_command_is_not_sent_in_a_name_that_may_not(home: Home) -> None:
    share(home, *CONTROL)
    await list_again(home)
    commands(home)
    home.cloud.faults.add(Fault(route=ANY_COMMAND, status=403))
    with pytest.raises(HomeAssistantError):
        await home.unlock()
    assert commands(home) == 1


# Permissions


async def test_error_of_a_permission_that_only_the_other_grants_is_none_of_the_car(
    home: Home,
) -> None:
    await report(home, 51, 76_100)
    forbid(home.cloud, home.car, "read_battery")
    share(home, *(name for name in home.cloud.dashboard_permissions if name != "read_battery"))
    await list_again(home)
    for _ in range(3):
        await home.let_pass(DAY, 6 * HOUR)
        await report(home, 52, 76_200)
    for _ in range(2):
        assert shown(home) == (51, 76_200)
        assert not home.issues()
        signal = (await response(home, "get_signals"))["signals"][LEVEL_CODE]
        assert (signal["body"]["value"], signal["error"]) == (51, None)
        await home.reload()


async def withdraw(home: Home) -> None:
    """Let the owner take back the permission for the battery."""
    await report(home, 53, 76_100)
    forbid(home.cloud, home.car, "read_battery")
    await list_again(home)
    await home.refresh()


def named(home: Home) -> str | None:
    """Return what the repair of a withdrawn permission names."""
    issue = home.issues().get("permission_withdrawn")
    return None if issue is None else (issue.translation_placeholders or {})["signals"]


async def test_withdrawn_permission_ends_the_value_after_a_day_and_has_a_repair(
    home: Home,
) -> None:
    await withdraw(home)
    await home.let_pass(23 * HOUR, HOUR)
    await home.refresh()
    assert home.value(home.car, BATTERY) == "53.0"
    assert not home.issues()
    await home.let_pass(2 * HOUR, HOUR)
    await home.refresh()
    for _ in range(2):
        assert home.value(home.car, BATTERY) == "unknown"
        assert home.value(home.car, ODOMETER) == "76100.0"
        assert named(home) is not None
        assert LEVEL_CODE in str(named(home))
        assert "odometer" not in str(named(home))
        # Home Assistant does not keep repairs over a restart.
        ir.async_get(home.hass).issues.clear()
        home.polls()
        await home.reload()
        assert home.polls() == 0


@pytest.mark.parametrize("by_partner", [False, True])
async def test_granted_permission_brings_the_value_and_clears_the_repair(
    home: Home, by_partner: bool
) -> None:
    await withdraw(home)
    await home.let_pass(DAY + HOUR, HOUR)
    await home.refresh()
    assert home.value(home.car, BATTERY) == "unknown"
    assert named(home) is not None
    await home.reload()
    if by_partner:
        share(home)
    else:
        owner = home.cloud.owner_of(home.car.id)
        home.cloud.connect(owner.id, [home.car.id], home.cloud.dashboard_permissions)
    home.cloud.patch_state(home.car.id, {"soc": 61.0})
    await home.let_pass(LISTING, 10 * MINUTE)
    assert named(home) is None
    assert home.value(home.car, BATTERY) != "unknown"
    await home.let_pass(POLL, HOUR)
    assert home.value(home.car, BATTERY) == "61.0"
    await home.reload()
    assert not home.issues()
    assert home.value(home.car, BATTERY) == "61.0"
