"""The two things a program is made of: decisions (columns) and rows of (decision, coefficient).

Every rule writes its coefficients once, as ``Rows``; the solver, the shadow prices, the check of the rounded plan and
the diagnosis of an infeasible program all read those same rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

AT_MOST, AT_LEAST, EQUAL = "<=", ">=", "="


NUMERIC_KEYS = {"tier": "int64", "year": "int64", "yield_factor": "float64"}


def with_key_types(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose key columns are text but for the numeric ones, also where it has no rows."""
    return frame.astype({c: NUMERIC_KEYS.get(str(c), object) for c in frame.columns})


@dataclass
class Columns:
    """All decisions, by kind. Each frame holds the key columns, ``column`` (its number), ``upper`` and ``integer``."""

    frames: dict[str, pd.DataFrame] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    count: int = 0

    def add(
        self, kind: str, unit: str, keys: pd.DataFrame, upper: object = np.inf, lower: object = 0.0, integer: bool = False
    ) -> pd.DataFrame:
        """Add one decision per row of ``keys`` (sorted first, so that no order of rows matters)."""
        frame = with_key_types(keys)
        frame["upper"] = upper
        frame["lower"] = lower
        names = [c for c in keys.columns if not c.startswith("_")]
        frame = frame.sort_values(names, kind="stable", ignore_index=True) if names else frame.reset_index(drop=True)
        frame["integer"] = integer
        frame["column"] = np.arange(self.count, self.count + len(frame), dtype=np.int64)
        self.frames[kind] = frame
        self.units[kind] = unit
        self.count += len(frame)
        return frame

    def __getitem__(self, kind: str) -> pd.DataFrame:
        return self.frames[kind]

    def stacked(self, column: str) -> np.ndarray:
        """One attribute (upper, lower, integer) of all decisions, in the order of their numbers."""
        return np.concatenate([frame[column].to_numpy() for frame in self.frames.values()])

    def keys_of(self, kind: str) -> list[str]:
        return [c for c in self.frames[kind].columns if c not in ("upper", "lower", "integer", "column")]


@dataclass(frozen=True)
class Rows:
    """Rows of one rule: ``keys`` names what each stands for, ``sense`` and ``rhs`` close it.

    ``row``, ``column`` and ``coefficient`` are the terms, with rows numbered from 0 within the rule.
    """

    rule: str
    unit: str
    keys: pd.DataFrame
    sense: str
    rhs: np.ndarray
    row: np.ndarray
    column: np.ndarray
    coefficient: np.ndarray

    def __len__(self) -> int:
        return len(self.rhs)


TERM = ["column", "coefficient"]


def make_rows(
    rule: str, unit: str, keys: list[str], terms: list[pd.DataFrame], sense: str, rhs: pd.DataFrame | float,
    limit_all: bool = False,
) -> Rows:  # fmt: skip
    """Rows over ``keys``: every frame of ``terms`` has the key columns, ``column`` and ``coefficient``.

    ``rhs`` is one figure, or a frame with the key columns and ``rhs`` (rows without one have 0, rows whose right-hand
    side is infinite are left out). With ``limit_all`` only the keys of ``rhs`` form rows.
    """
    parts = [frame[[*keys, *TERM]] for frame in terms if len(frame)]
    stacked = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*keys, *TERM])
    stacked[keys] = with_key_types(stacked[keys])
    known = [stacked[keys]]
    if isinstance(rhs, pd.DataFrame):
        rhs = with_key_types(rhs[keys]).assign(rhs=rhs["rhs"].to_numpy(dtype=float))
        known = [rhs[keys]] if limit_all else [*known, rhs[keys]]
    names = with_key_types(pd.concat(known, ignore_index=True)).drop_duplicates().sort_values(keys, ignore_index=True)
    if isinstance(rhs, pd.DataFrame):
        values = names.merge(rhs, on=keys, how="left")["rhs"].fillna(0.0).to_numpy(dtype=float)
    else:
        values = np.full(len(names), float(rhs))
    finite = np.isfinite(values)
    names, values = names[finite].reset_index(drop=True), values[finite]
    numbered = stacked.merge(names.assign(_number=np.arange(len(names))), on=keys, how="inner")
    summed = numbered.groupby(["_number", "column"], as_index=False)["coefficient"].sum()
    summed = summed[summed["coefficient"] != 0]
    return Rows(
        rule, unit, names, sense, values,
        summed["_number"].to_numpy(dtype=np.int64),
        summed["column"].to_numpy(dtype=np.int64),
        summed["coefficient"].to_numpy(dtype=float),
    )  # fmt: skip


def terms_of(frame: pd.DataFrame, coefficient: object = 1.0, **keys: object) -> pd.DataFrame:
    """``frame`` as terms: its columns, a ``coefficient``, and further constant key columns."""
    return frame.assign(coefficient=coefficient, **keys)
