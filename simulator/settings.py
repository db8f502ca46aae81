"""The plain values of a cloud, read by all of its parts and changed by tests at any time."""

from dataclasses import dataclass, field

from .catalogue import PERMISSIONS
from .json_types import JsonObject


@dataclass(eq=False, repr=False, kw_only=True)
class Settings:
    """The identity of the one application, and how the cloud behaves.

    The parts of the cloud keep no copies, so a change counts at once. Lags, intervals and
    time-outs are real seconds; set the lags to 0 when the clock is frozen.
    """

    application_id: str
    client_id: str
    client_secret: str
    application_management_token: str
    application_name: str = "Simulated application"
    dashboard_permissions: tuple[str, ...] = PERMISSIONS
    """What Connect offers when the authorize link has no scope."""
    redirect_uris: list[str] = field(default_factory=list)
    """Registered redirect URIs; while empty, every https or loopback one is accepted."""
    connect_origin: str = "https://connect.smartcar.com"
    """Where re-authentication links point; with each request it becomes the server's origin."""
    connection_lag: float = 2.0
    """Until a new connection or grant shows."""
    command_lag: float = 1.0
    """Until the car reports the effect of a command."""
    subscription_lag: float = 1.0
    """Until a new subscription shows."""
    report_interval: float = 300.0
    """Simulated seconds between the reports of a car that is awake."""
    step_interval: float = 1.0
    """Between the steps of a cloud that an application serves."""
    token_lifetime: int = 3600
    """Seconds that an application token is valid."""
    retry_scale: float = 1.0
    """Real seconds per second of the delays between attempts to deliver an event."""
    answer_timeout: float = 15.0
    """How long a delivery waits for the receiver's answer."""
    verify_needs_subscription: bool = False
    """Whether a webhook cannot be verified before a car is subscribed (reference 9.3)."""

    def credentials(self) -> JsonObject:
        """Return the values that a developer copies from the dashboard."""
        return {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "application_id": self.application_id,
            "application_management_token": self.application_management_token,
        }
