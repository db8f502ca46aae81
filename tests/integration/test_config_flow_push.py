"""The offer of push in the config flow: the URL, and the application management token."""

from homeassistant.core import HomeAssistant
import pytest

from simulator import Cloud
from tests.helpers.flow import (
    APPLICATIONS,
    MANAGEMENT_TOKEN,
    PUBLIC_URL,
    Person,
    error_response,
    is_registered,
)

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


@pytest.mark.parametrize("vehicles", [1])
async def test_push_url_is_shown_before_the_entry_is_created(
    hass: HomeAssistant, cloud: Cloud, push_person: Person, public_url: str
) -> None:
    """The entry receives deliveries under the URL that was shown."""
    await push_person.go_to_push()
    assert (push_person.step, push_person.fields) == (
        "push",
        {"application_management_token": None},
    )
    url = push_person.push_url
    await push_person.reload_page()
    assert (push_person.step, push_person.push_url) == ("push", url)
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)

    entry = push_person.assert_done()
    assert entry.data == {
        "client_id": cloud.client_id,
        "client_secret": cloud.client_secret,
        # It is read to refuse it in place of the token.
        "application_id": cloud.application_id,
        "application_management_token": MANAGEMENT_TOKEN,
        "webhook_id": (webhook_id := entry.data["webhook_id"]),
    }
    assert url == f"{PUBLIC_URL}/api/webhook/{webhook_id}"
    assert len(webhook_id) == 64
    assert is_registered(hass, webhook_id)
    # The closing page says what to do in the dashboard.
    assert push_person.result["description"] == "push"
    assert push_person.placeholders == {"url": url}


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("answer", [{}, {"application_management_token": " \t"}])
async def test_empty_token_declines_push(
    hass: HomeAssistant, push_person: Person, public_url: str, answer: dict[str, str]
) -> None:
    await push_person.go_to_push()
    await push_person.fill_in(**answer)
    entry = push_person.assert_done()
    assert "application_management_token" not in entry.data
    assert not is_registered(hass, entry.data["webhook_id"])
    assert push_person.result["description"] is None


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param(None, id="none"),
        pytest.param("http://home.example.org", id="http"),
        pytest.param("https://homeassistant", id="no-domain"),
        pytest.param("https://homeassistant.local:8123", id="mdns"),
        pytest.param("https://homeassistant.local.", id="mdns-with-dot"),
        pytest.param("https://HOME.Fritz.Box", id="router"),
        pytest.param("https://home.localhost", id="localhost"),
        pytest.param("https://home.lan", id="lan"),
        pytest.param("https://ha.home.arpa", id="home-arpa"),
        pytest.param("https://192.168.178.20:8123", id="private-ip"),
        pytest.param("https://100.64.0.7", id="carrier-ip"),
        pytest.param("https://127.0.0.1:8123", id="loopback"),
        pytest.param("https://[fd00::7]:8123", id="private-ipv6"),
        pytest.param("http://8.8.8.8", id="public-ip-without-https"),
    ],
)
async def test_address_that_is_not_public_offers_to_go_on_without_push(
    hass: HomeAssistant, push_person: Person, address: str | None
) -> None:
    """The menu links to the network settings. Without push, polling is enough."""
    hass.config.external_url = address
    hass.config.internal_url = "https://inside.example.org"
    await push_person.go_to_push()
    assert (push_person.step, push_person.options) == ("push_unavailable", ["without_push", "push"])
    assert push_person.placeholders == {"network_settings": "/config/network"}
    for load in (push_person.reload_page(), push_person.choose("push")):
        await load
        assert push_person.step == "push_unavailable"
    await push_person.choose("without_push")
    entry = push_person.assert_done()
    assert "application_management_token" not in entry.data


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("address", [PUBLIC_URL, "https://8.8.8.8:8443", "https://[2600::7]"])
async def test_address_set_meanwhile_is_used(
    hass: HomeAssistant, push_person: Person, address: str
) -> None:
    """The URL is read at each try, and may disappear in between."""
    await push_person.go_to_push()
    assert push_person.step == "push_unavailable"
    hass.config.external_url = address
    await push_person.choose("push")
    assert push_person.step == "push"
    hass.config.external_url = None
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
    assert push_person.step == "push_unavailable"
    hass.config.external_url = address
    await push_person.choose("push")
    assert push_person.push_url.startswith(f"{address}/api/webhook/")
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
    entry = push_person.assert_done()
    assert entry.data["application_management_token"] == MANAGEMENT_TOKEN


@pytest.mark.parametrize("vehicles", [1])
async def test_other_ids_and_secrets_are_refused_as_token(
    cloud: Cloud, push_person: Person, public_url: str
) -> None:
    """Ids in the dashboard look like tokens. Those that are known are refused."""
    await push_person.go_to_push()
    (connection,) = cloud.connections.values()
    for wrong in (
        "short",
        "0123456789abcde",
        cloud.client_secret,
        cloud.client_id,
        "client_01another0123456789",
        cloud.application_id,
        cloud.application_id.upper(),
        connection.vehicle_id,
        connection.user_id,
        push_person.push_url,
        "two words 0123456789",
        "0123456789\N{KEY}abcdef",
        "0123456789\x00abcdef",
    ):
        await push_person.fill_in(application_management_token=wrong)
        assert (wrong, push_person.errors) == (
            wrong,
            {"application_management_token": "not_a_management_token"},
        )
        assert push_person.step == "push"
        # What was typed may be a secret, so the form does not repeat it.
        assert push_person.fields == {"application_management_token": None}
    await push_person.fill_in(application_management_token=f" {MANAGEMENT_TOKEN}\n")
    entry = push_person.assert_done()
    assert entry.data["application_management_token"] == MANAGEMENT_TOKEN
    assert entry.data["application_id"] == cloud.application_id


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("application", ["unknown", "typed"])
async def test_unknown_uuid_is_accepted_as_token(
    hass: HomeAssistant, cloud: Cloud, push_person: Person, public_url: str, application: str
) -> None:
    """Real tokens are UUIDs. An Application ID is refused only once it is known."""
    cloud.faults.add(error_response(APPLICATIONS, 403))
    await push_person.go_to_push()
    if application == "typed":
        hass.config_entries.flow.async_abort(push_person.result["flow_id"])
        await push_person.add_integration()
        await push_person.give_credentials()
        await push_person.choose("connect")
        await push_person.fill_in(**push_person.fields | {"application_id": cloud.application_id})
        await push_person.return_from_connect("access_denied")
        await push_person.choose("finish")
        await push_person.fill_in(application_management_token=cloud.application_id)
        assert push_person.errors == {"application_management_token": "not_a_management_token"}
    await push_person.fill_in(application_management_token=MANAGEMENT_TOKEN)
    assert push_person.assert_done().data["application_management_token"] == MANAGEMENT_TOKEN
