"""The requests that the simulated cloud counts, and the routes of its faults."""

CONNECTIONS = "GET /v3/connections"
SIGNALS = "GET /v3/vehicles/{vehicle_id}/signals"
TOKENS = "POST /oauth2/token"
COMMANDS = "POST /v3/vehicles/{vehicle_id}/commands/"
WEBHOOKS = "GET /v3/webhooks"
SUBSCRIBE = "POST /v3/subscriptions"

SIGNALS_ROUTE = SIGNALS.removeprefix("GET ")
CONNECTIONS_ROUTE = CONNECTIONS.removeprefix("GET ")
TOKENS_ROUTE = TOKENS.removeprefix("POST ")
ANY_COMMAND = "/v3/vehicles/*/commands/*"
