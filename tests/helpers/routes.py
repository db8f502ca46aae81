"""The requests that the simulated cloud counts, and the routes of its faults."""

CONNECTIONS = "GET /v3/connections"
SIGNALS = "GET /v3/vehicles/{vehicle_id}/signals"
TOKENS = "POST /oauth2/token"
COMMANDS = "POST /v3/vehicles/{vehicle_id}/commands/"
LIST_WEBHOOKS = "GET /v3/webhooks"
LIST_SUBSCRIPTIONS = "GET /v3/subscriptions"
SUBSCRIBE = "POST /v3/subscriptions"
UNSUBSCRIBE = "DELETE /v3/subscriptions/{subscription_id}"

SIGNALS_ROUTE = SIGNALS.removeprefix("GET ")
CONNECTIONS_ROUTE = CONNECTIONS.removeprefix("GET ")
TOKENS_ROUTE = TOKENS.removeprefix("POST ")
ANY_COMMAND = "/v3/vehicles/*/commands/*"
