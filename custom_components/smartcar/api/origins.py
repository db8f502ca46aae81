"""The origins of the Smartcar cloud.

An environment variable can replace each of them, for the simulator and for tests. Paths stay the
same. The names of the variables are this package's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import os
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Scheme, host and port of each part of the cloud, without a slash at the end.

    Attributes:
        connect: The pages of Connect, for browsers.
        iam: The endpoint of application tokens.
        vehicle: The vehicle API: connections, vehicles, signals, commands.
        management: The management API: applications, webhooks, subscriptions.
        compatibility: The Compatible Vehicles API.
    """

    connect: str = "https://connect.smartcar.com"
    iam: str = "https://iam.smartcar.com"
    vehicle: str = "https://vehicle.api.smartcar.com"
    management: str = "https://management.api.smartcar.com"
    compatibility: str = "https://compatibility.api.smartcar.com"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the origins, with the environment variables in place where they are set."""
        variables = {
            "connect": "SMARTCAR_CONNECT_ORIGIN",
            "iam": "SMARTCAR_AUTH_ORIGIN",
            "vehicle": "SMARTCAR_API_ORIGIN",
            "management": "SMARTCAR_MANAGEMENT_API_ORIGIN",
            "compatibility": "SMARTCAR_COMPATIBILITY_ORIGIN",
        }
        return cls(
            **{
                name: origin.rstrip("/")
                for name, variable in variables.items()
                if (origin := environment.get(variable))
            }
        )
