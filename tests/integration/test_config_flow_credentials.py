"""The forms that request credentials: what they refuse, and how they recover."""

from collections.abc import Mapping

from aiohttp.test_utils import unused_port
from homeassistant.config_entries import SOURCE_RECONFIGURE
from homeassistant.core import HomeAssistant
import pytest

from custom_components.smartcar import config_flow
from custom_components.smartcar.config_flow import SmartcarConfigFlow
from custom_components.smartcar.const import DOMAIN
from simulator import Cloud
from simulator.faults import Fault
from tests.helpers.flow import (
    HTML,
    WRONG_SECRET,
    Person,
    connected_vehicles,
    error_response,
    odd_response,
)
from tests.helpers.routes import CONNECTIONS, SIGNALS, TOKENS

pytestmark = pytest.mark.usefixtures("no_secret_in_log")


INVALID_AUTH = {"client_secret": "invalid_auth"}
LIMIT_REACHED = {"base": "limit_reached"}
CANNOT_CONNECT = {"base": "cannot_connect"}
CLOUD_ERROR = {"base": "cloud_error"}
QUOTA = '{"errors": [{"status": "401", "detail": "Monthly quota exceeded"}]}'

FAILURES: Mapping[str, tuple[Fault, dict[str, str]]] = {
    "token-400": (error_response(TOKENS, 400), INVALID_AUTH),
    "token-401": (error_response(TOKENS, 401), INVALID_AUTH),
    "token-403": (error_response(TOKENS, 403), INVALID_AUTH),
    "api-401": (error_response(CONNECTIONS, 401), INVALID_AUTH),
    "token-429": (error_response(TOKENS, 429, headers={"Retry-After": "7"}), LIMIT_REACHED),
    "api-429": (error_response(CONNECTIONS, 429), LIMIT_REACHED),
    "api-430": (error_response(CONNECTIONS, 430), LIMIT_REACHED),
    "token-quota": (odd_response(TOKENS, QUOTA, status=401), LIMIT_REACHED),
    "api-quota": (odd_response(CONNECTIONS, QUOTA, status=401), LIMIT_REACHED),
    "token-time-limit": (error_response(TOKENS, 401, detail="Time limit reached"), LIMIT_REACHED),
    "token-dropped": (Fault(route="/oauth2/token", drop=True), CANNOT_CONNECT),
    "api-dropped": (Fault(route="/v3/connections", drop=True), CANNOT_CONNECT),
    "token-500": (error_response(TOKENS, 500), CLOUD_ERROR),
    "api-500": (error_response(CONNECTIONS, 500), CLOUD_ERROR),
    "api-403": (error_response(CONNECTIONS, 403), CLOUD_ERROR),
    "token-html": (odd_response(TOKENS, HTML, "text/html"), CLOUD_ERROR),
    "api-html-502": (odd_response(CONNECTIONS, HTML, "text/html", 502), CLOUD_ERROR),
    "token-number": (odd_response(TOKENS, '{"access_token": 7}'), CLOUD_ERROR),
    "api-list": (odd_response(CONNECTIONS, "[]"), CLOUD_ERROR),
    "api-no-list": (odd_response(CONNECTIONS, '{"data": 7}'), CLOUD_ERROR),
    "api-half": (odd_response(CONNECTIONS, '{"data": [{}]'), CLOUD_ERROR),
}


@pytest.mark.parametrize("vehicles", [1])
async def test_form_shows_each_failure_until_recovery(cloud: Cloud, at_form: Person) -> None:
    """Each failure shows its error on the same form. The next try with no failure succeeds."""
    step = at_form.step
    for name, (fault, errors) in FAILURES.items():
        cloud.faults.add(fault)
        await at_form.give_credentials()
        assert (name, at_form.step, at_form.errors) == (name, step, errors)
        cloud.faults.clear()
    await at_form.give_credentials()
    await at_form.accept()
    entry = at_form.assert_done()
    assert entry.data["client_secret"] == cloud.client_secret
    assert at_form.vehicle_devices() == connected_vehicles(cloud)


@pytest.mark.parametrize("vehicles", [1])
@pytest.mark.parametrize("at_form", ["user"], indirect=True)
@pytest.mark.parametrize("name", ["token-401", "api-429", "api-dropped", "token-html"])
async def test_recovery_costs_one_token_and_one_list_of_each_mode(
    cloud: Cloud, at_form: Person, name: str
) -> None:
    """A failure does not make the following set-up request more."""
    fault, errors = FAILURES[name]
    cloud.faults.add(fault)
    await at_form.give_credentials()
    assert at_form.errors == errors
    cloud.faults.clear()
    cloud.requests.clear()
    await at_form.give_credentials()
    await at_form.accept()
    at_form.assert_done()
    assert cloud.requests == {TOKENS: 1, CONNECTIONS: 2, SIGNALS: 1}


@pytest.mark.parametrize("vehicles", [1])
async def test_unreachable_token_host_is_an_error(
    at_form: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as offline:
        offline.setenv("SMARTCAR_AUTH_ORIGIN", f"http://127.0.0.1:{unused_port()}")
        await at_form.give_credentials()
    assert at_form.errors == CANNOT_CONNECT
    await at_form.give_credentials()
    await at_form.accept()
    at_form.assert_done()


@pytest.mark.parametrize("vehicles", [1])
async def test_wrong_secret_is_refused(cloud: Cloud, at_form: Person) -> None:
    for secret in (WRONG_SECRET, "  ", "\N{KEY}"):
        await at_form.give_credentials(secret)
        assert at_form.errors == INVALID_AUTH
    await at_form.give_credentials()
    await at_form.accept()
    assert at_form.assert_done().data["client_secret"] == cloud.client_secret


@pytest.mark.parametrize("vehicles", [1])
async def test_blanks_around_pasted_values_are_removed(cloud: Cloud, at_form: Person) -> None:
    values = {
        "client_id": f" {cloud.client_id}\t",
        "client_secret": f"\n{cloud.client_secret} ",
    }
    await at_form.fill_in(**{key: values[key] for key in at_form.fields})
    await at_form.accept()
    entry = at_form.assert_done()
    assert entry.unique_id == entry.data["client_id"] == cloud.client_id
    assert entry.data["client_secret"] == cloud.client_secret


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_application_id_is_refused_as_client_id(cloud: Cloud, at_form: Person) -> None:
    """An Application ID is a UUID, so no request is needed to refuse it."""
    cloud.requests.clear()
    id_ = cloud.application_id
    for given in (id_, id_.upper(), f" {id_}\n"):
        await at_form.fill_in(client_id=given, client_secret=cloud.client_secret)
        assert at_form.errors == {"client_id": "application_id_given"}
        assert at_form.fields == {"client_id": given.strip(), "client_secret": cloud.client_secret}
    assert not cloud.requests
    await at_form.give_credentials()
    await at_form.accept()
    at_form.assert_done()


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_unknown_client_id_is_refused(cloud: Cloud, at_form: Person) -> None:
    for client_id in ("client_01234", "  "):
        await at_form.fill_in(client_id=client_id, client_secret=cloud.client_secret)
        assert at_form.errors == INVALID_AUTH
        assert at_form.fields["client_id"] == client_id.strip()
    await at_form.give_credentials()
    await at_form.accept()
    assert at_form.assert_done().unique_id == cloud.client_id


@pytest.mark.parametrize("at_form", ["user", SOURCE_RECONFIGURE], indirect=True)
@pytest.mark.parametrize("vehicles", [1])
async def test_flow_left_open_does_not_block_another(
    hass: HomeAssistant, cloud: Cloud, at_form: Person
) -> None:
    """A tab that was closed at Smartcar leaves a flow in progress."""
    left = Person(hass, cloud, at_form.browser)
    if entries := hass.config_entries.async_entries(DOMAIN):
        await left.reconfigure(entries[0])
        await left.choose("reconfigure_credentials")
    else:
        await left.add_integration()
    await left.give_credentials(WRONG_SECRET)
    await at_form.give_credentials()
    await at_form.accept()
    for flow in hass.config_entries.flow.async_progress():
        hass.config_entries.flow.async_abort(flow["flow_id"])
    at_form.assert_done()


def test_base_class_logs_under_the_name_of_the_module() -> None:
    assert SmartcarConfigFlow().logger.name == config_flow.__name__
