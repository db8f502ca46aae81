"""Setting up a Smartcar application: credentials, connected cars, and the owner's consent."""

import asyncio
from collections.abc import Callable, Mapping
import logging
import re
from typing import Any, override

from homeassistant.components import webhook
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    OptionsFlow,
    OptionsFlowWithReload,
)
from homeassistant.const import CONF_CLIENT_ID, CONF_CLIENT_SECRET, CONF_WEBHOOK_ID, PERCENTAGE
from homeassistant.core import callback
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.config_entry_oauth2_flow import (
    AbstractOAuth2FlowHandler,
    async_get_redirect_uri,
)
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.util import dt as dt_util
import probatio as vol

from .api import (
    AuthenticationError,
    Connection,
    LimitError,
    Listing,
    SmartcarClient,
    SmartcarError,
    TransportError,
)
from .budget import DEFAULT_MONTHLY, DEFAULT_RESERVE_PERCENT
from .const import (
    CONF_APPLICATION_ID,
    CONF_APPLICATION_MANAGEMENT_TOKEN,
    CONF_COMMAND_RESERVE,
    CONF_DISCONNECT_ON_REMOVAL,
    CONF_EXCLUDED_VEHICLES,
    CONF_PREVIOUS_MANAGEMENT_TOKEN,
    CONF_REQUESTS_PER_MONTH,
    DOMAIN,
)
from .coordinator import HANDOVERS, Handover, vehicle_name
from .oauth import DEFAULT_PERMISSIONS, PERMISSIONS, ConnectImplementation
from .polling import PLANS
from .webhook import (
    NoPublicUrlError,
    UrlTest,
    async_delete_push_url,
    async_get_push_url,
    async_test_push_url,
)

_LOGGER = logging.getLogger(__name__)

_TITLE = "Smartcar"

CONF_ASK_DASHBOARD = "ask_dashboard"
CONF_PERMISSIONS = "permissions"
CONF_VEHICLES = "vehicles"

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

# A new connection can lag behind the redirect. After that the list is taken as it is.
_CONNECTION_LAG = 10
_CONNECTION_TRY_EVERY = 1

# The ways in which Connect comes back without a car, each with a menu that says what happened.
CONNECT_ERRORS = (
    "access_denied",
    "configuration_error",
    "invalid_subscription",
    "no_vehicles",
    "server_error",
    "unauthorized_client",
    "vehicle_incompatible",
)

_PLANS = [str(requests) for requests in PLANS]
# More than any plan, and little enough to reckon with.
_REQUESTS_PER_MONTH = range(1_000_001)

_SECRET = TextSelector(TextSelectorConfig(type=TextSelectorType.PASSWORD))


class SmartcarConfigFlow(AbstractOAuth2FlowHandler, domain=DOMAIN):
    """Every way through ends in `_async_finish`; the source decides what that means."""

    VERSION = 3
    DOMAIN = DOMAIN

    def __init__(self) -> None:
        """Begin with nothing typed yet."""
        super().__init__()
        self._credentials: dict[str, str] = {}
        self._client: SmartcarClient | None = None
        self._connections: Listing[Connection] = Listing()
        self._application_id: str | None = None
        self._title = _TITLE
        self._excluded: list[str] | None = None
        # None: not asked yet. Empty: push is not wanted.
        self._management_token: str | None = None
        self._webhook_id = webhook.async_generate_id()
        self._push_url = ""
        # Whether nobody else needs the cloudhook, if there is one.
        self._is_push_url_ours = False

    @property
    @override
    def logger(self) -> logging.Logger:
        """Return the logger of the helper."""
        return _LOGGER

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> OptionsFlow:
        """Return the options."""
        return SmartcarOptionsFlow()

    # Credentials

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for client id and secret, and prove them at once."""
        return await self._async_ask_credentials("user", user_input, self._async_begin)

    async def async_step_reconfigure_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for other credentials of the same application."""
        return await self._async_ask_credentials(
            "reconfigure_credentials", user_input, self._async_finish
        )

    async def async_step_credentials(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go back to the credentials from a menu."""
        if self.source == SOURCE_RECONFIGURE:
            return await self.async_step_reconfigure_credentials()
        return await self.async_step_user()

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """Begin because Smartcar refuses the credentials."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the secret; everything else stays."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            self._credentials = {
                CONF_CLIENT_ID: entry.data[CONF_CLIENT_ID],
                CONF_CLIENT_SECRET: user_input[CONF_CLIENT_SECRET].strip(),
            }
            if not (errors := await self._async_prove()):
                self._hand_over()
                return self.async_update_reload_and_abort(entry, data_updates=self._credentials)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=vol.Schema({vol.Required(CONF_CLIENT_SECRET): _SECRET}),
            description_placeholders={"client_id": entry.data[CONF_CLIENT_ID]},
            errors=errors,
        )

    async def _async_ask_credentials(
        self,
        step_id: str,
        user_input: dict[str, Any] | None,
        proceed: Callable[[], Any],
    ) -> ConfigFlowResult:
        errors: dict[str, str] = {}
        if user_input is not None:
            client_id = user_input[CONF_CLIENT_ID].strip()
            if client_id != self._credentials.get(CONF_CLIENT_ID):
                # What is known of an application is not true of another.
                self._application_id = None
                self._title = _TITLE
            self._credentials = {
                CONF_CLIENT_ID: client_id,
                CONF_CLIENT_SECRET: user_input[CONF_CLIENT_SECRET].strip(),
            }
            if _UUID.fullmatch(client_id):
                errors[CONF_CLIENT_ID] = "application_id_given"
            else:
                # Whoever closes the tab at Smartcar leaves a flow open that nobody can finish.
                await self.async_set_unique_id(client_id, raise_on_progress=False)
                self._abort_if_other_entry_has_it()
                errors = await self._async_prove()
            if not errors:
                result: ConfigFlowResult = await proceed()
                return result
        schema = vol.Schema(
            {
                vol.Required(CONF_CLIENT_ID): TextSelector(),
                vol.Required(CONF_CLIENT_SECRET): _SECRET,
            }
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(schema, self._credentials),
            errors=errors,
        )

    def _abort_if_other_entry_has_it(self) -> None:
        if self.source == SOURCE_USER:
            self._abort_if_unique_id_configured()
            return
        for entry in self._async_current_entries():
            if entry.unique_id == self.unique_id and entry is not self._get_reconfigure_entry():
                self._abort_if_unique_id_configured()

    async def _async_prove(self) -> dict[str, str]:
        """Mint a token and list the connections; return the form's errors, by field."""
        self._client = SmartcarClient.for_application(
            async_get_clientsession(self.hass),
            self._credentials[CONF_CLIENT_ID],
            self._credentials[CONF_CLIENT_SECRET],
        )
        try:
            self._connections = await self._client.get_connections()
        except AuthenticationError:
            return {CONF_CLIENT_SECRET: "invalid_auth"}
        except LimitError:
            return {"base": "limit_reached"}
        except TransportError:
            return {"base": "cannot_connect"}
        except SmartcarError as error:
            _LOGGER.warning("Smartcar answered the set-up with an error: %s", error)
            return {"base": "cloud_error"}
        if self.source == SOURCE_RECONFIGURE and not self._is_same_application():
            return {CONF_CLIENT_ID: "other_application"}
        return {}

    def _is_same_application(self) -> bool:
        """Tell whether the credentials see a car that the entry has, if it has any."""
        entry = self._get_reconfigure_entry()
        if entry.unique_id == self._credentials[CONF_CLIENT_ID]:
            return True
        account = getattr(entry, "runtime_data", None)
        known = set(account.data) if account else set()
        return not known or not known.isdisjoint(c.vehicle_id for c in self._connections)

    # Connected cars

    @property
    def _vehicles(self) -> dict[str, str]:
        """The connected cars, by id, as they are offered; two owners can share one."""
        return {item.vehicle_id: _label(item) for item in self._connections}

    async def _async_begin(self) -> ConfigFlowResult:
        if self._connections:
            vehicles = self._vehicles
            return self.async_show_menu(
                step_id="connected",
                menu_options=["vehicles", "connect"],
                description_placeholders={
                    "count": str(len(vehicles)),
                    "vehicles": ", ".join(vehicles.values()),
                },
            )
        return await self.async_step_connect()

    async def async_step_connected(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer the cars that are connected already."""
        return await self._async_begin()

    async def async_step_vehicles(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Let the user pick among the connected cars; all of them unless they say otherwise."""
        if user_input is not None:
            chosen = user_input[CONF_VEHICLES]
            # Cars that were left out before, and are not listed now, were not to choose from.
            candidates = {**dict.fromkeys(self._excluded_before), **self._vehicles}
            self._excluded = [key for key in candidates if key not in chosen]
            return await self._async_finish()
        vehicles = self._vehicles
        if len(vehicles) < 2 and self.source == SOURCE_USER:
            return await self._async_finish()
        excluded = self._excluded_before
        return self.async_show_form(
            step_id="vehicles",
            data_schema=vol.Schema(
                {
                    vol.Required(
                        CONF_VEHICLES, default=[key for key in vehicles if key not in excluded]
                    ): SelectSelector(
                        SelectSelectorConfig(
                            options=[
                                SelectOptionDict(value=key, label=label)
                                for key, label in vehicles.items()
                            ],
                            multiple=True,
                        )
                    )
                }
            ),
        )

    # Connect

    async def async_step_connect(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Prepare Connect: which application, which permissions, and where it will lead back to."""
        errors: dict[str, str] = {}
        if user_input is not None:
            application_id = user_input[CONF_APPLICATION_ID].strip().lower()
            permissions = None if user_input[CONF_ASK_DASHBOARD] else user_input[CONF_PERMISSIONS]
            if not _UUID.fullmatch(application_id):
                errors[CONF_APPLICATION_ID] = "not_an_application_id"
            if permissions == []:
                # Connect would take that for "what the dashboard says".
                errors[CONF_PERMISSIONS] = "no_permissions"
            if not errors:
                self._application_id = application_id
                self.flow_impl = ConnectImplementation(self.hass, application_id, permissions)
                return await self.async_step_auth()
        try:
            redirect_uri = async_get_redirect_uri(self.hass)
        except RuntimeError:
            # Only outside a browser, and without `my`: nowhere for Connect to lead back to.
            return self.async_abort(reason="no_redirect_uri")
        schema = vol.Schema(
            {
                vol.Required(CONF_APPLICATION_ID): TextSelector(),
                vol.Required(CONF_ASK_DASHBOARD, default=False): BooleanSelector(),
                vol.Required(CONF_PERMISSIONS, default=list(DEFAULT_PERMISSIONS)): SelectSelector(
                    SelectSelectorConfig(
                        options=list(PERMISSIONS), multiple=True, translation_key="permissions"
                    )
                ),
            }
        )
        suggested = user_input or {CONF_APPLICATION_ID: await self._async_find_application_id()}
        return self.async_show_form(
            step_id="connect",
            data_schema=self.add_suggested_values_to_schema(schema, suggested),
            description_placeholders={"redirect_uri": redirect_uri},
            errors=errors,
        )

    async def _async_find_application_id(self) -> str | None:
        """Return the Application ID, if the management API tells exactly one."""
        if self._application_id is None and self._client is not None:
            try:
                applications = await self._client.get_applications()
            except SmartcarError as error:
                _LOGGER.debug("Could not read the Application ID: %s", error)
            else:
                if len(applications) == 1 and _UUID.fullmatch(applications[0].id):
                    self._application_id = applications[0].id
                    self._title = applications[0].name or self._title
        return self._application_id

    @override
    async def async_step_creation(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Wait for the new connection to show. The code of the redirect is of no use in v3."""
        assert self._client is not None
        before = {_fingerprint(connection) for connection in self._connections}
        try:
            async with asyncio.timeout(_CONNECTION_LAG):
                while True:
                    self._connections = await self._client.get_connections()
                    if not before.issuperset(map(_fingerprint, self._connections)):
                        break
                    await asyncio.sleep(_CONNECTION_TRY_EVERY)
        except TimeoutError:
            pass
        except SmartcarError as error:
            _LOGGER.warning("Could not list the connections after Connect: %s", error)
            return await self.async_step_server_error()
        if not self._connections:
            return await self.async_step_connection_missing()
        return await self.async_step_vehicles()

    @override
    async def async_step_authorize_rejected(self, data: None = None) -> ConfigFlowResult:
        """Say what Connect came back with, and offer the ways on."""
        error = str(self.external_data["error"])
        step = error if error in CONNECT_ERRORS else "connect_failed"
        return self._connect_menu(step)

    def _connect_menu(self, step_id: str) -> ConfigFlowResult:
        options = ["connect", "credentials"]
        if self._connections or self.source == SOURCE_RECONFIGURE:
            options.append("finish")
        error = (self.external_data or {}).get("error", "")
        return self.async_show_menu(
            step_id=step_id,
            menu_options=options,
            description_placeholders={"error": str(error)},
        )

    async def async_step_access_denied(self, user_input: None = None) -> ConfigFlowResult:
        """The owner declined or closed the page."""
        return self._connect_menu("access_denied")

    async def async_step_configuration_error(self, user_input: None = None) -> ConfigFlowResult:
        """The application is not set up as Connect needs it."""
        return self._connect_menu("configuration_error")

    async def async_step_connect_failed(self, user_input: None = None) -> ConfigFlowResult:
        """Connect came back with a code that nobody documents."""
        return self._connect_menu("connect_failed")

    async def async_step_connection_missing(self, user_input: None = None) -> ConfigFlowResult:
        """Connect succeeded, and yet there is no car."""
        return self._connect_menu("connection_missing")

    async def async_step_invalid_subscription(self, user_input: None = None) -> ConfigFlowResult:
        """The car maker's connected service is not active."""
        return self._connect_menu("invalid_subscription")

    async def async_step_no_vehicles(self, user_input: None = None) -> ConfigFlowResult:
        """The account at the car maker has no cars."""
        return self._connect_menu("no_vehicles")

    async def async_step_server_error(self, user_input: None = None) -> ConfigFlowResult:
        """Smartcar or the car maker failed."""
        return self._connect_menu("server_error")

    async def async_step_unauthorized_client(self, user_input: None = None) -> ConfigFlowResult:
        """The application may not connect cars of that make."""
        return self._connect_menu("unauthorized_client")

    async def async_step_vehicle_incompatible(self, user_input: None = None) -> ConfigFlowResult:
        """The car was found, and is not supported."""
        return self._connect_menu("vehicle_incompatible")

    # Push

    async def async_step_push(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Offer push: show the URL, and ask for the token that deliveries are signed with."""
        try:
            url = await async_get_push_url(self.hass, self._webhook_id)
        except NoPublicUrlError:
            return await self.async_step_push_unavailable()
        self._push_url = url
        self._is_push_url_ours = not self._had_push
        errors: dict[str, str] = {}
        if user_input is not None:
            token = user_input.get(CONF_APPLICATION_MANAGEMENT_TOKEN, "").strip()
            if not token:
                return await self.async_step_without_push()
            if await self._async_is_management_token(token):
                self._management_token = token
                return await self._async_finish()
            errors[CONF_APPLICATION_MANAGEMENT_TOKEN] = "not_a_management_token"
        return self.async_show_form(
            step_id="push",
            data_schema=vol.Schema({vol.Optional(CONF_APPLICATION_MANAGEMENT_TOKEN): _SECRET}),
            description_placeholders={"url": url},
            errors=errors,
        )

    async def async_step_push_unavailable(self, user_input: None = None) -> ConfigFlowResult:
        """Say that the internet cannot reach this Home Assistant, and go on with polling."""
        options = []
        if self.source == SOURCE_RECONFIGURE:
            # An address that is away for a while is no reason to forget the token.
            options.append("finish")
        if self.source == SOURCE_USER or self._had_push:
            options.append("without_push")
        return self.async_show_menu(
            step_id="push_unavailable",
            menu_options=[*options, "push"],
            description_placeholders={"network_settings": "/config/network"},
        )

    async def async_step_without_push(self, user_input: None = None) -> ConfigFlowResult:
        """Do without push; where it was on, it ends."""
        self._management_token = ""
        self._is_push_url_ours = self._is_push_url_ours or self._had_push
        return await self._async_finish()

    @property
    def _had_push(self) -> bool:
        return (
            self.source == SOURCE_RECONFIGURE
            and CONF_APPLICATION_MANAGEMENT_TOKEN in self._get_reconfigure_entry().data
        )

    async def _async_is_management_token(self, text: str) -> bool:
        """Tell whether this can be the token, and not one of the things it is taken for.

        Tokens are UUIDs like most ids in the dashboard, which nothing promises. So only an id that
        is known can be refused.
        """
        if not _can_be_management_token(text) or text == self._credentials[CONF_CLIENT_SECRET]:
            return False
        if not _UUID.fullmatch(text):
            return True
        known = {await self._async_find_application_id()}
        for connection in self._connections:
            known |= {connection.id, connection.user_id, connection.vehicle_id}
        return text.lower() not in known

    async def async_step_test_push(self, user_input: None = None) -> ConfigFlowResult:
        """Send to the own URL what Smartcar would send."""
        token = self._get_reconfigure_entry().data[CONF_APPLICATION_MANAGEMENT_TOKEN]
        try:
            url = await async_get_push_url(self.hass, self._webhook_id)
        except NoPublicUrlError:
            return await self.async_step_push_unavailable()
        result, status = await async_test_push_url(self.hass, url, token)
        return self._push_test_menu(result, url=url, status=str(status or ""))

    def _push_test_menu(self, result: UrlTest, **placeholders: str) -> ConfigFlowResult:
        return self.async_show_menu(
            step_id=result,
            menu_options=["finish", "test_push", "push"],
            description_placeholders=placeholders,
        )

    async def async_step_push_test_works(self, user_input: None = None) -> ConfigFlowResult:
        """The URL works."""
        return await self.async_step_test_push()

    async def async_step_push_test_bad_certificate(
        self, user_input: None = None
    ) -> ConfigFlowResult:
        """The certificate is not one that Smartcar would take."""
        return await self.async_step_test_push()

    async def async_step_push_test_unreachable(self, user_input: None = None) -> ConfigFlowResult:
        """Nobody answers."""
        return await self.async_step_test_push()

    async def async_step_push_test_wrong_status(self, user_input: None = None) -> ConfigFlowResult:
        """Somebody refuses."""
        return await self.async_step_test_push()

    async def async_step_push_test_wrong_answer(self, user_input: None = None) -> ConfigFlowResult:
        """Somebody else answers."""
        return await self.async_step_test_push()

    # Reconfigure

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Offer what can be changed."""
        entry = self._get_reconfigure_entry()
        self._credentials = {key: entry.data[key] for key in (CONF_CLIENT_ID, CONF_CLIENT_SECRET)}
        self._application_id = entry.data.get(CONF_APPLICATION_ID)
        self._webhook_id = entry.data[CONF_WEBHOOK_ID]
        options = ["reconfigure_credentials"]
        # Without working credentials there is nothing else to be done.
        if not await self._async_prove():
            options += ["connect", "vehicles"] if self._connections else ["connect"]
            options += ["push", "test_push"] if self._had_push else ["push"]
        return self.async_show_menu(step_id="reconfigure", menu_options=options)

    # The end of every way

    async def async_step_finish(self, user_input: None = None) -> ConfigFlowResult:
        """Finish with the cars there are."""
        return await self._async_finish()

    @property
    def _excluded_before(self) -> list[str]:
        if self.source != SOURCE_RECONFIGURE:
            return []
        return list(self._get_reconfigure_entry().options.get(CONF_EXCLUDED_VEHICLES, ()))

    async def _async_finish(self) -> ConfigFlowResult:
        """Make or update the entry."""
        excluded = self._excluded_before if self._excluded is None else self._excluded
        data: dict[str, Any] = dict(self._credentials)
        if self._application_id is not None:
            data[CONF_APPLICATION_ID] = self._application_id
        if self.source == SOURCE_RECONFIGURE:
            return self._async_update(data, excluded)
        if self._management_token is None:
            return await self.async_step_push()
        if self._management_token:
            data[CONF_APPLICATION_MANAGEMENT_TOKEN] = self._management_token
            self._is_push_url_ours = False
        self._hand_over()
        return self.async_create_entry(
            title=self._title,
            data={**data, CONF_WEBHOOK_ID: self._webhook_id},
            options={CONF_EXCLUDED_VEHICLES: excluded},
            description="push" if self._management_token else None,
            description_placeholders={"url": self._push_url} if self._management_token else None,
        )

    def _async_update(self, data: dict[str, Any], excluded: list[str]) -> ConfigFlowResult:
        """Update the entry with what was changed; what was not stays."""
        entry = self._get_reconfigure_entry()
        data = {**entry.data, **data}
        if self._management_token is not None:
            latest = data.pop(CONF_APPLICATION_MANAGEMENT_TOKEN, None)
            # While there is one before the latest, the latest has not signed anything yet.
            good = data.pop(CONF_PREVIOUS_MANAGEMENT_TOKEN, latest)
            if self._management_token:
                self._is_push_url_ours = False
                data[CONF_APPLICATION_MANAGEMENT_TOKEN] = self._management_token
                # Good until the first delivery that the new one signed.
                if good and good != self._management_token:
                    data[CONF_PREVIOUS_MANAGEMENT_TOKEN] = good
        self._hand_over()
        return self.async_update_reload_and_abort(
            entry,
            unique_id=self._credentials[CONF_CLIENT_ID],
            data=data,
            options={**entry.options, CONF_EXCLUDED_VEHICLES: excluded},
        )

    @callback
    @override
    def async_remove(self) -> None:
        """Delete the cloudhook of a flow that was abandoned, or ended without push."""
        if self._is_push_url_ours:
            self.hass.async_create_task(async_delete_push_url(self.hass, self._webhook_id))

    def _hand_over(self) -> None:
        """Let the set-up that follows begin with what is known here: new cars show at once."""
        assert self._client is not None
        handovers = self.hass.data.setdefault(HANDOVERS, {})
        handovers[self._credentials[CONF_CLIENT_ID]] = Handover(
            self._client, self._connections, dt_util.utcnow()
        )


_OPTIONS = vol.Schema(
    {
        vol.Required(CONF_REQUESTS_PER_MONTH, default=str(DEFAULT_MONTHLY)): SelectSelector(
            SelectSelectorConfig(
                options=_PLANS,
                translation_key="requests_per_month",
                mode=SelectSelectorMode.DROPDOWN,
                custom_value=True,
            )
        ),
        vol.Required(CONF_COMMAND_RESERVE, default=DEFAULT_RESERVE_PERCENT): NumberSelector(
            NumberSelectorConfig(
                min=0,
                max=50,
                step=5,
                unit_of_measurement=PERCENTAGE,
                mode=NumberSelectorMode.SLIDER,
            )
        ),
        vol.Required(CONF_DISCONNECT_ON_REMOVAL, default=False): BooleanSelector(),
    }
)


class SmartcarOptionsFlow(OptionsFlowWithReload):
    """What can be chosen later: preferences only. How often is asked is not among them."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the options; what is chosen elsewhere stays."""
        shown: Mapping[str, Any] = self.config_entry.options
        errors = {}
        if user_input is not None:
            requests = _whole_number(user_input[CONF_REQUESTS_PER_MONTH])
            if requests in _REQUESTS_PER_MONTH:
                chosen = {
                    **user_input,
                    CONF_REQUESTS_PER_MONTH: requests,
                    CONF_COMMAND_RESERVE: int(user_input[CONF_COMMAND_RESERVE]),
                }
                return self.async_create_entry(data={**shown, **chosen})
            shown, errors = user_input, {CONF_REQUESTS_PER_MONTH: "not_a_number"}
        if CONF_REQUESTS_PER_MONTH in shown:
            shown = {**shown, CONF_REQUESTS_PER_MONTH: str(shown[CONF_REQUESTS_PER_MONTH])}
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(_OPTIONS, shown),
            errors=errors,
        )


def _whole_number(text: str) -> int | None:
    """Return what a person means by a number, with or without separators of thousands."""
    if not re.fullmatch(r"[0-9]{1,9}|[0-9]{1,3}([ .,'_\u00a0\u202f][0-9]{3})+", text.strip()):
        return None
    return int(re.sub("[^0-9]", "", text))


def _label(connection: Connection) -> str:
    """Return how a car is offered: "Volkswagen ID.4 (2023)"."""
    year = connection.vehicle.year
    return f"{vehicle_name(connection)} ({year})" if year else vehicle_name(connection)


def _can_be_management_token(text: str) -> bool:
    """Tell whether this has the form of a token."""
    return (
        len(text) >= 16
        and text.isascii()
        and text.isprintable()
        and " " not in text
        and not text.startswith(("client_", "http"))
    )


def _fingerprint(connection: Connection) -> tuple[object, ...]:
    """Return what changes when an owner gives consent anew."""
    return connection.id, connection.updated_at, connection.permissions
