"""JSON as JavaScript prints it. The answers are those of `node`."""

import json
import math
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api.stringify import stringify

# What `JSON.stringify(JSON.parse(text))` returned in node 20.
ANSWERS = {
    "78.0": "78",
    "-0.0": "0",
    "-0": "0",
    "0.0": "0",
    "1e21": "1e+21",
    "1e20": "100000000000000000000",
    "123456789012345680000": "123456789012345680000",
    "1e-6": "0.000001",
    "1e-7": "1e-7",
    "1.5e-7": "1.5e-7",
    "0.000001": "0.000001",
    "12345678901234567890": "12345678901234567000",
    "9007199254740993": "9007199254740992",
    "1e400": "null",
    "-1e400": "null",
    "5e-324": "5e-324",
    "1.7976931348623157e308": "1.7976931348623157e+308",
    "0.1": "0.1",
    "100": "100",
    "1E+2": "100",
    "2.5e+3": "2500",
    "-1.5E-10": "-1.5e-10",
    "1e22": "1e+22",
    "123e-20": "1.23e-18",
    "4.35": "4.35",
    "0.30000000000000004": "0.30000000000000004",
    "1234.5e10": "12345000000000",
    '{"b":1,"a":2}': '{"b":1,"a":2}',
    '{"2":1,"1":2,"b":3,"a":4,"01":5}': '{"1":2,"2":1,"b":3,"a":4,"01":5}',
    '{"4294967294":1,"4294967295":2,"-1":3,"a":4,"0":5}': (
        '{"0":5,"4294967294":1,"4294967295":2,"-1":3,"a":4}'
    ),
    '{"a":1,"a":2}': '{"a":2}',
    '{"__proto__":1.0,"x":2}': '{"__proto__":1,"x":2}',
    '{"":1}': '{"":1}',
    '"\\u0041\\u00e9\\u2028\\u2029"': '"A\u00e9\u2028\u2029"',
    '"\\ud83d\\ude97"': '"\U0001f697"',
    '"\\ud800"': '"\\ud800"',
    '"x\\uDC00y"': '"x\\udc00y"',
    '"\\udc00\\ud800"': '"\\udc00\\ud800"',
    '"\\b\\f\\n\\r\\t\\u0000\\u001F\\u007f\\"\\\\\\/"': (
        '"\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\\"\\\\/"'
    ),
    '"\u0160koda \U0001f697"': '"\u0160koda \U0001f697"',
    "[ ]": "[]",
    "{ }": "{}",
    "[1.0, [2.50, null, true, false]]": "[1,[2.5,null,true,false]]",
}


@pytest.mark.parametrize("text", ANSWERS)
def test_json_is_printed_as_javascript_prints_it(text: str) -> None:
    assert stringify(json.loads(text)) == ANSWERS[text]


def test_whole_number_beyond_all_floats_is_null() -> None:
    assert stringify(10**400) == "null"


FINITE = st.floats(allow_nan=False, allow_infinity=False)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | FINITE | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(FINITE)
def test_printed_number_is_the_same_number(number: float) -> None:
    printed = stringify(number)
    assert json.loads(printed, parse_int=float) == number
    assert not printed.endswith(".0")
    # Only very large and very small numbers have an exponent.
    assert ("e" in printed) == (number != 0 and not 1e-6 <= abs(number) < 1e21)


@given(st.integers(-(2**53), 2**53))
def test_exact_whole_number_is_printed_with_its_digits(number: int) -> None:
    assert stringify(number) == stringify(float(number)) == str(number)


@given(DOCUMENTS)
def test_printed_document_is_the_same_document(document: Any) -> None:
    printed = stringify(document)
    # JavaScript reads every number as a float.
    assert json.loads(printed, parse_int=float) == document
    assert stringify(json.loads(printed)) == printed
    printed.encode()


@given(st.dictionaries(st.text(st.characters(categories=["L"]), min_size=1), st.none()))
def test_names_keep_their_order(document: dict[str, None]) -> None:
    assert list(json.loads(stringify(document))) == list(document)


@given(st.floats())
def test_number_that_is_not_finite_is_null(number: float) -> None:
    assert (stringify(number) == "null") is not math.isfinite(number)
