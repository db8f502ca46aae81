"""The four origins of the Smartcar cloud.

Each can be replaced by an environment variable, named as in Smartcar's own SDK. That serves the
simulator and the tests; paths stay the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
import os
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where the parts of the cloud live: scheme, host and port, without a trailing slash."""

    connect: str = "https://connect.smartcar.com"
    iam: str = "https://iam.smartcar.com"
    vehicle: str = "https://vehicle.api.smartcar.com"
    management: str = "https://management.api.smartcar.com"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the origins, each replaced by its environment variable where that is set."""
        variables = {
            "connect": "SMARTCAR_CONNECT_ORIGIN",
            "iam": "SMARTCAR_AUTH_ORIGIN",
            "vehicle": "SMARTCAR_API_ORIGIN",
            "management": "SMARTCAR_MANAGEMENT_API_ORIGIN",
        }
        return cls(
            **{
                name: origin.rstrip("/")
                for name, variable in variables.items()
                if (origin := environment.get(variable))
            }
        )
