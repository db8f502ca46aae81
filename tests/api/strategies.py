"""Strategies for any JSON, and for documented JSON with a few parts replaced."""

import copy
from typing import Any

from hypothesis import strategies as st

WORDS = [
    "activeLimit",
    "attributes",
    "body",
    "canonical",
    "capacity",
    "code",
    "column",
    "commandType",
    "condition",
    "createdAt",
    "data",
    "description",
    "detail",
    "direction",
    "error",
    "errors",
    "expires_in",
    "heading",
    "id",
    "isLocked",
    "isOpen",
    "latitude",
    "limit",
    "links",
    "locationType",
    "longitude",
    "meta",
    "next",
    "oemDisplayName",
    "oemUpdatedAt",
    "page[number]",
    "permissions",
    "relationships",
    "resolution",
    "row",
    "scheduleId",
    "status",
    "tirePressure",
    "title",
    "totalCount",
    "type",
    "unit",
    "url",
    "user",
    "value",
    "values",
    "vehicle",
    "vehicles",
    "windows",
    "doors",
    "year",
    "ALERT",
    "OK",
    "SUCCESS",
    "ERROR",
    "FAILURE",
    "GLOBAL",
    "percent",
    "bar",
    "psi",
    "kPa",
    "km",
    "mi",
    "km/h",
    "kWh",
    "watts",
    "ampere",
    "volts",
    "minutes",
    "celsius",
    "fahrenheit",
    "liters",
    "gallons",
    "count",
    "AUTHENTICATION",
    "BILLING",
    "401",
    "409",
    "0",
    "charge-voltage",
    "2026-06-29T23:55:53.000Z",
]

_texts = st.sampled_from(WORDS) | st.text(st.characters(codec=None), max_size=8)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-10, 400)
    | st.integers()
    | st.sampled_from([10**400, -(10**400), 2**63, 1782777353000])
    | st.floats()
    | _texts
)


def anything() -> st.SearchStrategy[Any]:
    """Return any JSON, with the words of this API more often than chance would."""
    return st.recursive(
        _scalars,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=5),
        max_leaves=12,
    )


def objects() -> st.SearchStrategy[dict[str, Any]]:
    """Return any JSON object."""
    return st.dictionaries(_texts, anything(), max_size=6)


def _places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children: list[tuple[Any, Any]] = []
    if isinstance(document, dict):
        children = list(document.items())
    elif isinstance(document, list):
        children = list(enumerate(document))
    return [
        place for key, child in children for place in ((*path, key), *_places(child, (*path, key)))
    ]


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """Return the document with up to three of its parts replaced or removed."""
    result = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = _places(result)
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent = result
        for key in way:
            parent = parent[key]
        if isinstance(parent, dict) and draw(st.booleans()):
            del parent[last]
        else:
            parent[last] = draw(anything())
    return result
