"""JSON as JavaScript's `JSON.stringify` prints it, which is what Smartcar signs.

Source: https://tc39.es/ecma262/#sec-json.stringify, https://tc39.es/ecma262/#sec-numeric-types-number-tostring
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
import json
import math
import re

from .payload import Json

_SURROGATE = re.compile("[\ud800-\udfff]")
# JavaScript moves the keys that can be an index of an array to the front, in their order.
_INDEX = re.compile("0|[1-9][0-9]{0,9}", re.ASCII)
_LAST_INDEX = 2**32 - 2
# From the first power of ten on, numbers have an exponent; as far as the second one, they have not.
_FIRST_LARGE = 21
_LAST_SMALL = -6


def stringify(value: Json) -> str:
    """Return parsed JSON as `JSON.stringify(JSON.parse(text))` returns it.

    Numbers are what JavaScript reads: 78.0 is 78, and whole numbers beyond 2^53 lose digits.
    """
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, Mapping):
        members = (f"{_text(key)}:{stringify(item)}" for key, item in _ordered(value))
        return f"{{{','.join(members)}}}"
    return f"[{','.join(map(stringify, value))}]"


def _text(text: str) -> str:
    # Only halves of pairs are still surrogates in parsed JSON.
    return _SURROGATE.sub(
        lambda half: f"\\u{ord(half.group()):04x}", json.dumps(text, ensure_ascii=False)
    )


def _ordered(value: Mapping[str, Json]) -> Sequence[tuple[str, Json]]:
    indexes = [key for key in value if _INDEX.fullmatch(key) and int(key) <= _LAST_INDEX]
    names = [key for key in value if key not in set(indexes)] if indexes else list(value)
    return [(key, value[key]) for key in (*sorted(indexes, key=int), *names)]


def _number(value: float) -> str:
    try:
        number = float(value)
    except OverflowError:
        return "null"
    if not math.isfinite(number):
        return "null"
    if number == 0:
        return "0"
    # The shortest digits that are this number: Python and JavaScript agree on them.
    sign, figures, exponent = Decimal(repr(number)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    assert isinstance(exponent, int)
    return ("-" if sign else "") + _placed(digits, len(digits) + exponent)


def _placed(digits: str, point: int) -> str:
    """Return the digits with the decimal point after `point` of them."""
    if len(digits) <= point <= _FIRST_LARGE:
        return digits + "0" * (point - len(digits))
    if 0 < point <= _FIRST_LARGE:
        return f"{digits[:point]}.{digits[point:]}"
    if _LAST_SMALL < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
