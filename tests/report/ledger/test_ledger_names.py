"""Names of the tables in ledger files: readable, never two alike, never a directive."""

from __future__ import annotations

import re

import pytest
from beancount.core.account import is_valid
from hypothesis import example, given
from hypothesis import strategies as st

from optimizer.report.ledger.escaping import comment, link, quoted, segment
from optimizer.report.ledger.export import file_names

NAMES = st.text(max_size=12) | st.text(alphabet="abHX12_-.草海é", max_size=8)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("caohai", "Caohai"), ("hill_village", "Hill-village"), ("H00001", "H00001"), ("2019-05", "2019-05"), ("1号", "X-1号-"),
     ("草海", "X草海"),
     ("草海2", "X草海2"), ("Caohai", "X-Caohai-"), ("hill-village", "X-hill-village-"), ("", "X-")],
)  # fmt: skip
def test_names_stay_readable(name: str, expected: str) -> None:
    assert segment(name) == expected or (expected.endswith("-") and re.fullmatch(re.escape(expected) + "[0-9a-f]{16}", segment(name)))


@given(NAMES, NAMES)
@example("caohai", "Caohai")
@example("hill_village", "hill-village")
@example("hill_village", "Hill-village")
@example("2019-05", "2019_05")
@example("草海", "X草海")
@example("", "X-")
@example("h", "H")
@example("X-", "")
def test_two_names_are_never_one_account(one: str, other: str) -> None:
    assert (segment(one) == segment(other)) == (one == other)


@given(NAMES)
def test_the_part_of_a_special_name_is_special_too(name: str) -> None:
    assert segment(segment(name)) != segment(name) or segment(name) == name


@given(NAMES)
def test_every_name_makes_a_valid_account(name: str) -> None:
    assert is_valid(f"Liabilities:Due:{segment(name)}")


@given(NAMES, NAMES)
@example("S 1", "S-1")
def test_two_documents_are_never_one_link(one: str, other: str) -> None:
    assert (link(one) == link(other)) == (one == other)
    assert re.fullmatch(r"[A-Za-z0-9_/.-]+", link(one))


@given(st.text())
def test_quoted_text_is_one_line_that_ends_where_it_should(text: str) -> None:
    assert re.fullmatch(r'"([^"\\]|\\["\\])*"', quoted(text))
    assert len(quoted(text).splitlines()) == 1


@given(st.text())
def test_every_line_of_a_comment_is_a_comment(text: str) -> None:
    assert all(line.startswith(";") for line in comment(text).splitlines())


def test_bases_that_differ_in_capitals_only_are_two_files_everywhere() -> None:
    names = file_names({"AB", "ab", "hill"})
    assert len({name.lower() for name in names.values()}) == 3
    assert names["hill"] == "Hill"
