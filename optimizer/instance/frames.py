"""Small helpers for tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from optimizer.problems import Problem


def each_member(frame: pd.DataFrame, column: str, members: Iterable[Sequence[str]]) -> pd.DataFrame:
    """``frame`` with one row for each member of each row's list, the member standing in ``column`` as text."""
    listed = frame.assign(**{column: pd.Series([list(m) for m in members], index=frame.index, dtype=object)})
    return listed.explode(column, ignore_index=True).astype({column: object})


def problem_at(files: Mapping[str, str], table: str, row: object, column: str, found: object, expected: str, near: str = "") -> Problem:
    """A problem of one row of a table; ``files`` names each table's file."""
    return Problem(files[table], int(row), column, str(found), expected, near)  # type: ignore[call-overload]
