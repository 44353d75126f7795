"""CSV of large tables: the bytes pandas would write."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.report.csv_lines import csv_lines

INT64 = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, 9, 10, 9_999, 10_000, 10_001, 99_999_999, 100_000_000, -10_000])
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6) | st.sampled_from(
    ["H0001", "山 1", 'say "a"', "a,b", "a\nb"]
)


def by_pandas(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False, header=False, lineterminator="\n").encode("utf-8")


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(NAMES, INT64, st.none() | INT64, st.booleans()), max_size=8))
def test_any_rows_are_written_as_pandas_writes_them(rows: list[tuple[str, int, int | None, bool]]) -> None:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    table = pd.DataFrame(
        {
            "name": pd.Series(columns[0], dtype=object),
            "fen": pd.Series(columns[1], dtype="int64"),
            "absent": pd.array(columns[2], dtype="Int64"),
            "linked": pd.Series(columns[3], dtype=bool),
        }
    )
    assert csv_lines(table) == by_pandas(table)
    coded = table.assign(name=table["name"].astype("category"))
    assert csv_lines(coded) == by_pandas(coded)


@pytest.mark.parametrize("name", [None, "a,b", 'a"b', "a\nb"])
def test_names_that_need_more_than_their_letters_are_left_to_pandas(name: str | None) -> None:
    table = pd.DataFrame({"name": ["a", name], "fen": [1, 2]})
    assert csv_lines(table) == by_pandas(table)


def test_fractions_are_left_to_pandas() -> None:
    table = pd.DataFrame({"mu": [0.1, 2.5], "fen": [1, -2]})
    assert csv_lines(table) == b"0.1,1\n2.5,-2\n"
