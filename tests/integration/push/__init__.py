"""Push: the webhook in the dashboard, its deliveries, and everybody else who knows its URL."""
