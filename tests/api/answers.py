"""Strategies for whole answers: documented ones, damaged ones, and anything else."""

import json
from typing import Any

from hypothesis import strategies as st

from custom_components.smartcar.api import Origins

from .calls import OTHER_METHODS
from .cloud import connection, envelope, executed, listing, signal
from .strategies import damaged

# Nothing listens there.
ORIGINS = Origins(vehicle="http://127.0.0.1:1", management="http://127.0.0.1:2")

STATUSES = st.sampled_from([200, 202, 204, 302, 400, 401, 403, 404, 409, 429, 430, 500, 504]) | (
    st.integers(100, 599)
)


HEADERS = st.none() | st.text(st.characters(max_codepoint=0xFF), max_size=30)


DOCUMENTS = st.sampled_from(
    [
        envelope(409, "VEHICLE_STATE", "ASLEEP", resolution={"type": "RETRY_LATER", "url": None}),
        {"error": "invalid_client", "error_description": "No"},
        listing([connection(0), connection(1)], totalCount=3),
        listing([signal("charge-voltage"), signal("charge-wattage")]),
        executed(scheduleId="s", parameters={"percent": 80}),
        executed("FAILURE"),
        {"data": connection()},
        {"data": signal("charge-voltage")},
        *(good for _, _, _, good in OTHER_METHODS.values() if good),
    ]
).flatmap(damaged)


def dumped(body: Any) -> bytes:
    """Return any JSON as a body."""
    try:
        return json.dumps(body).encode()
    except ValueError:  # An integer with more digits than Python likes to write.
        return b"1" * 5000
