"""How one cell of a column of each kind is read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from optimizer.instance.cells import read_value
from optimizer.instance.document import exact
from optimizer.instance.registry import Attribute


def column(kind: str, default: str = "") -> Attribute:
    return Attribute("table", "column", False, kind, ("a", "b"), "", default, 0, 100, "what it means")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "12.5", 12.5),
        ("number", "+.5e1", 5.0),
        ("limit", "unlimited", float("inf")),
        ("integer", "7", 7),
        ("integer", "7.0", 7),
        ("price", "1.234567", 1.234567),
        ("share", "1/3", Fraction(1, 3)),
        ("share", "35 %", Fraction(7, 20)),
        ("flag", "Yes", True),
        ("choice", "a", "a"),
        ("id", "莲花白_2.1-a", "莲花白_2.1-a"),
    ],
)
def test_value(kind: str, text: str, value: object) -> None:
    assert read_value(text, column(kind)) == (value, True)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", ""),
        ("number", "１２"),
        ("number", "1_000"),
        ("number", "0x10"),
        ("number", "-1"),
        ("limit", "Infinity"),
        ("integer", "1.5"),
        ("share", "-1/3"),
        ("share", "1/0"),
        ("flag", "maybe"),
        ("choice", "c"),
        ("date", "2019-6-1"),
        ("date", "20190601"),
        ("id", "-rf"),
        ("id", "a b"),
        ("id", "a\u200b"),
        ("name", "each"),
        ("text", "=SUM(A1)"),
    ],
)
def test_no_value(kind: str, text: str) -> None:
    assert not read_value(text, column(kind))[1]


def test_blank_takes_the_default() -> None:
    assert read_value("", column("number", default="3")) == (3.0, True)


def test_figure_that_may_be_absent() -> None:
    value, good = read_value(" ", column("number", default="none"))
    assert good
    assert value != value


@pytest.mark.parametrize("text", ["1e999999999", "1e-999999999", "9" * 100, "1/" + "9" * 100])
def test_exact_numbers_have_no_more_digits_than_anyone_needs(text: str) -> None:
    with pytest.raises(ValueError, match="exact number"):
        exact(text)
