"""Small helpers for tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd


def each_member(frame: pd.DataFrame, column: str, members: Iterable[Sequence[str]]) -> pd.DataFrame:
    """``frame`` with one row for each member of each row's list, the member standing in ``column`` as text."""
    listed = frame.assign(**{column: pd.Series([list(m) for m in members], index=frame.index, dtype=object)})
    return listed.explode(column, ignore_index=True).astype({column: object})
