"""Push by Reconfigure: switched on and off, and the rotation of the token."""

import json
from uuid import uuid4

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartcar.api import sign
from simulator import Cloud
from tests.helpers.flow import MANAGEMENT_TOKEN, PUBLIC_URL, Person, entry_with_push, is_registered
from tests.helpers.home import NewEntry

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


@pytest.mark.parametrize("vehicles", [1])
async def test_url_stays_while_push_is_switched_on_and_off(
    hass: HomeAssistant, cloud: Cloud, push_person: Person, entry: ConfigEntry, public_url: str
) -> None:
    """The webhook id never changes."""
    webhook_id = entry.data["webhook_id"]
    without = dict(entry.data)
    for _ in range(2):
        await push_person.reconfigure(entry)
        assert "test_push" not in push_person.options
        await push_person.choose("push")
        assert push_person.push_url == f"{PUBLIC_URL}/api/webhook/{webhook_id}"
        await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
        push_person.assert_done()
        without["application_id"] = cloud.application_id
        assert entry.data == {**without, "application_management_token": MANAGEMENT_TOKEN}
        assert is_registered(hass, webhook_id)
        assert await hass.config_entries.async_reload(entry.entry_id)
        assert entry.data["webhook_id"] == webhook_id

        await push_person.reconfigure(entry)
        assert push_person.options[-2:] == ["push", "test_push"]
        await push_person.choose("push")
        await push_person.fill_in()
        push_person.assert_done()
        assert entry.data == without
        assert not is_registered(hass, webhook_id)


@pytest.mark.parametrize("vehicles", [1])
async def test_missing_address_keeps_the_token_until_push_is_declined(
    hass: HomeAssistant, cloud: Cloud, push_person: Person, new_entry: NewEntry
) -> None:
    """A URL that is missing for a while does not remove the token."""
    entry = entry_with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    for step in ("push", "test_push"):
        await push_person.reconfigure(entry)
        await push_person.choose(step)
        assert push_person.step == "push_unavailable"
        assert push_person.options == ["finish", "without_push", "push"]
        await push_person.choose("finish")
        push_person.assert_done()
        assert "application_management_token" in entry.data
    await push_person.reconfigure(entry)
    await push_person.choose("push")
    await push_person.choose("without_push")
    push_person.assert_done()
    assert "application_management_token" not in entry.data
    await push_person.reconfigure(entry)
    await push_person.choose("push")
    assert push_person.options == ["finish", "push"]


class Rotation:
    """An entry with push whose token is rotated; `old` is the token it begins with."""

    new = "1" * 32
    newer = "2" * 32

    def __init__(self, hass: HomeAssistant, person: Person, entry: ConfigEntry) -> None:
        self._hass = hass
        self.person = person
        self.entry = entry
        self.old: str = entry.data["application_management_token"]

    async def enter(self, token: str) -> None:
        """Enter a token by Reconfigure; an empty one declines push."""
        await self.person.reconfigure(self.entry)
        await self.person.choose("push")
        await self.person.fill_in(application_management_token=token)
        self.person.assert_done()

    async def deliver(self, token: str) -> int:
        """Deliver an event that a token signed; return the status."""
        event = {"eventType": "VEHICLE_STATE", "eventId": str(uuid4()), "data": {}, "meta": {}}
        body = json.dumps(event).encode()
        response = await self.person.browser.post(
            f"/api/webhook/{self.entry.data['webhook_id']}",
            data=body,
            headers={"SC-Signature": sign(token, body)},
        )
        await self._hass.async_block_till_done()
        return response.status

    def tokens(self) -> tuple[str | None, str | None]:
        """Return the latest token, and the one before it while that one still counts."""
        data = self.entry.data
        return data.get("application_management_token"), data.get("previous_management_token")


@pytest.fixture
async def rotation(
    hass: HomeAssistant, cloud: Cloud, push_person: Person, public_url: str, new_entry: NewEntry
) -> Rotation:
    """Return an entry that is set up with its first token."""
    entry = entry_with_push(new_entry, cloud)
    assert await hass.config_entries.async_setup(entry.entry_id)
    return Rotation(hass, push_person, entry)


@pytest.mark.parametrize("vehicles", [1])
async def test_old_token_counts_until_the_new_one_signs(rotation: Rotation) -> None:
    old, new = rotation.old, rotation.new
    assert await rotation.deliver(old) < 300
    assert await rotation.deliver(new) == 401

    await rotation.enter(new)
    assert rotation.tokens() == (new, old)
    assert await rotation.deliver(old) < 300
    assert rotation.tokens() == (new, old)

    assert await rotation.deliver(new) < 300
    assert rotation.tokens() == (new, None)
    assert await rotation.deliver(old) == 401
    await rotation.enter(new)
    assert rotation.tokens() == (new, None)


@pytest.mark.parametrize("vehicles", [1])
async def test_rotation_goes_on_after_other_changes(rotation: Rotation) -> None:
    old, new = rotation.old, rotation.new
    await rotation.enter(new)
    await rotation.enter(new)
    assert rotation.tokens() == (new, old)
    await rotation.person.reconfigure(rotation.entry)
    await rotation.person.choose("reconfigure_credentials")
    await rotation.person.give_credentials()
    assert rotation.tokens() == (new, old)
    assert await rotation.deliver(old) < 300


@pytest.mark.parametrize("vehicles", [1])
async def test_new_token_that_never_signed_is_replaced(
    hass: HomeAssistant, rotation: Rotation
) -> None:
    """The old token still counts, also after a reload."""
    old, new, newer = rotation.old, rotation.new, rotation.newer
    await rotation.enter(new)
    await rotation.enter(newer)
    assert rotation.tokens() == (newer, old)
    assert await hass.config_entries.async_reload(rotation.entry.entry_id)
    assert await rotation.deliver(old) < 300
    assert await rotation.deliver(new) == 401

    assert await rotation.deliver(newer) < 300
    assert rotation.tokens() == (newer, None)
    assert await rotation.deliver(old) == 401
    await rotation.enter(newer)
    assert rotation.tokens() == (newer, None)


@pytest.mark.parametrize("vehicles", [1])
async def test_return_to_the_confirmed_token_ends_the_rotation(rotation: Rotation) -> None:
    await rotation.enter(rotation.new)
    await rotation.enter(rotation.old)
    assert rotation.tokens() == (rotation.old, None)


@pytest.mark.parametrize("vehicles", [1])
async def test_end_of_push_removes_both_tokens(rotation: Rotation) -> None:
    await rotation.enter(rotation.new)
    await rotation.enter("")
    assert not [key for key in rotation.entry.data if "token" in key]
