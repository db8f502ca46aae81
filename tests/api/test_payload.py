"""Foreign JSON as typed values, and times as JSON."""

from collections.abc import Callable
import contextlib
from datetime import UTC, datetime
from typing import Any

from hypothesis import given, strategies as st
import pytest

from custom_components.smartcar.api import (
    InvalidResponseError,
    optional_bool,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
    parse_json,
    required_list,
    required_object,
    required_text,
    time_to_json,
)

from .strategies import anything

NAN, INFINITY = float("nan"), float("inf")
JUNE = datetime(2026, 6, 29, 23, 55, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-06-29T23:55:53.000Z", JUNE),
        ("2026-06-29T23:55:53Z", JUNE),
        ("2026-06-29T23:55:53", JUNE),
        ("2026-06-30T01:55:53+02:00", JUNE),
        ("2026-06-29T23:55:53.695123Z", JUNE.replace(microsecond=695123)),
        ("2026-06-29", datetime(2026, 6, 29, tzinfo=UTC)),
        (1782777353000, JUNE),
        (1782777353695, JUNE.replace(microsecond=695000)),
        (1782777353000.0, JUNE),
        ("1782777353000", JUNE),
        (1782777353, JUNE),
        ("1782777353", JUNE),
        ("20260629T235553Z", JUNE),
        ("20260629", datetime(2026, 6, 29, tzinfo=UTC)),
        (0, None),
        (0.0, None),
        ("0", None),
        ("1970-01-01T00:00:00.000Z", None),
        (-1782777353000, None),
        (NAN, None),
        (INFINITY, None),
        (10**400, None),
        (1e300, None),
        ("9" * 5000, None),
        ("9999-12-31T23:59:59-23:00", None),
        ("0001-01-01T00:00:00+23:00", None),
        ("", None),
        (" ", None),
        ("yesterday", None),
        ("2026-13-01T00:00:00Z", None),
        ("2026-06-29T25:00:00Z", None),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_times_are_read_in_all_their_forms(value: Any, expected: datetime | None) -> None:
    got = optional_time(value)
    assert got == expected
    assert got is None or got.tzinfo is UTC


@given(st.none() | st.datetimes(datetime(1970, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001
def test_written_time_is_read_again(time: datetime | None) -> None:
    assert optional_time(time_to_json(time)) == time


def test_time_is_written_as_iso_8601() -> None:
    assert time_to_json(JUNE) == "2026-06-29T23:55:53+00:00"
    assert time_to_json(None) is None


@pytest.mark.parametrize(
    ("value", "number", "integer"),
    [
        (0, 0, 0),
        (57, 57, 57),
        (2.0, 2, 2),
        (2.5, 2.5, None),
        (-1, -1, -1),
        (True, None, None),
        (False, None, None),
        (None, None, None),
        ("57", None, None),
        ([57], None, None),
        ({"value": 57}, None, None),
        (NAN, None, None),
        (INFINITY, None, None),
        (-INFINITY, None, None),
        (10**400, None, None),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_numbers_are_read(value: Any, number: float | None, integer: int | None) -> None:
    assert optional_number(value) == number
    assert optional_integer(value) == integer
    assert type(optional_number(value)) in {float, type(None)}
    assert type(optional_integer(value)) in {int, type(None)}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", "text"),
        ("  text\n", "text"),
        ("", None),
        (" \t", None),
        ("é☃😀", "é☃😀"),
        ("a\ud800b", "a\ufffdb"),
        ("\ud83d\ude00", "😀"),
        (None, None),
        (5, None),
        (True, None),
        (["text"], None),
    ],
    ids=ascii,
)
def test_texts_are_read(value: Any, expected: str | None) -> None:
    assert optional_text(value) == expected


@pytest.mark.parametrize("value", [None, 1, 1.5, "true", [], {}, "", NAN])
def test_only_true_and_false_are_booleans(value: Any) -> None:
    assert optional_bool(value) is None
    assert optional_bool(True) is True
    assert optional_bool(False) is False


@pytest.mark.parametrize("value", [None, 1, "text", "", [1], True])
def test_value_that_is_not_an_object(value: Any) -> None:
    assert optional_object(value) == {}
    with pytest.raises(InvalidResponseError, match=rf"^data: .* {type(value).__name__}$"):
        required_object(value, "data")


@pytest.mark.parametrize("value", [None, 1, "text", "", {"a": 1}, True])
def test_value_that_is_not_a_list(value: Any) -> None:
    assert list(optional_list(value)) == []
    with pytest.raises(InvalidResponseError, match=rf"^data: .* {type(value).__name__}$"):
        required_list(value, "data")


@pytest.mark.parametrize("value", [None, 1, "", "  ", [], {}])
def test_value_that_is_not_a_text(value: Any) -> None:
    with pytest.raises(InvalidResponseError, match=r"^data\.id: "):
        required_text(value, "data.id")


def test_value_of_the_type_is_returned() -> None:
    assert required_object({"a": 1}, "x") == optional_object({"a": 1}) == {"a": 1}
    assert required_list([1], "x") == optional_list([1]) == [1]
    assert required_text(" a ", "x") == "a"


@pytest.mark.parametrize(
    ("body", "expected"),
    [(b"{}", {}), (b" [1]\n", [1]), (b"null", None), (b"\xef\xbb\xbf{}", {}), (b"1e999", INFINITY)],
)
def test_json_is_parsed(body: bytes, expected: Any) -> None:
    assert parse_json(body) == expected


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b" \r\n", "an empty body"),
        (b"<html>secret</html>", "a body that is not JSON"),
        (b'{"secret": 1', "a body that is not JSON"),
        (b"\xff\xfe\xfd", "a body that is not JSON"),
        (b"[" * 100_000, "a body that is not JSON"),
        (b"9" * 10_000, "a body that is not JSON"),
    ],
    ids=["empty", "blank", "html", "cut off", "binary", "deep", "long"],
)
def test_body_that_is_not_json_is_invalid(body: bytes, words: str) -> None:
    with pytest.raises(InvalidResponseError) as caught:
        parse_json(body, status=200)
    assert str(caught.value) == f"expected JSON, got {words}"
    assert caught.value.status == 200


READERS: tuple[Callable[[Any], Any], ...] = (
    optional_bool,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    optional_time,
)


@given(anything() | st.integers() | st.floats() | st.datetimes().map(str))
def test_any_value_is_read(value: Any) -> None:
    for read in READERS:
        read(value)
    if (text := optional_text(value)) is not None:
        text.encode()


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_json_or_invalid(body: bytes) -> None:
    with contextlib.suppress(InvalidResponseError):
        parse_json(body)
