"""The two things a program is made of: decisions (columns) and rows of (decision, coefficient).

Every rule writes its coefficients once, as ``Rows``; the solver, the shadow prices, the check of the rounded plan and
the diagnosis of an infeasible program all read those same rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import pandas as pd

AT_MOST, AT_LEAST, EQUAL = "<=", ">=", "="


NUMERIC_KEYS = {"tier": "int64", "step": "int64", "year": "int64", "yield_factor": "float64"}


FOLLOWING_KEYS = ("data_activity", "yield_factor")
"""Keys of area decisions that only repeat what the name of the activity says."""

FIGURE_KEYS = ("yield_factor",)
"""What stands among the keys of decisions and is a figure, so that it may differ where the decision is the same."""


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

    def with_frames(self, frames: Mapping[str, pd.DataFrame]) -> Columns:
        """The same decisions with other bounds for some kinds."""
        return Columns({**self.frames, **frames}, self.units, self.count)

    def stacked(self, column: str) -> np.ndarray:
        """One attribute (upper, lower, integer) of all decisions, in the order of their numbers."""
        return np.concatenate([frame[column].to_numpy() for frame in self.frames.values()])

    def names_of(self, kind: str) -> list[str]:
        """The keys by which a decision is told."""
        return [key for key in self.keys_of(kind) if key not in FOLLOWING_KEYS]

    def keys_of(self, kind: str) -> list[str]:
        return [c for c in self.frames[kind].columns if c not in ("upper", "lower", "integer", "column")]


@dataclass(frozen=True)
class Rows:
    """Rows of one rule: ``keys`` names what each stands for, ``unit`` the unit of each, ``sense`` and ``rhs`` close it.

    ``row``, ``column`` and ``coefficient`` are the terms, with rows numbered from 0 within the rule.
    """

    rule: str
    unit: np.ndarray
    keys: pd.DataFrame
    sense: str
    rhs: np.ndarray
    row: np.ndarray
    column: np.ndarray
    coefficient: np.ndarray

    def __len__(self) -> int:
        return len(self.rhs)

    def without(self, dropped: np.ndarray) -> Rows:
        """These rows but those marked in ``dropped``, which have no terms."""
        kept = ~dropped
        number = np.cumsum(kept) - 1
        keys = self.keys[kept].reset_index(drop=True)
        row = number[self.row]
        return Rows(self.rule, self.unit[kept], keys, self.sense, self.rhs[kept], row, self.column, self.coefficient)


RuleFunction = TypeVar("RuleFunction", bound=Callable[..., Any])


def gives(*names: str) -> Callable[[RuleFunction], RuleFunction]:
    """Says under which names the rows of a rule stand in shadow prices, messages and docs/formulation.md."""

    def mark(function: RuleFunction) -> RuleFunction:
        function.row_names = names  # type: ignore[attr-defined]
        return function

    return mark


def make_rows(
    rule: str, unit: str | Mapping[str, str], keys: list[str], terms: list[pd.DataFrame], sense: str, rhs: pd.DataFrame | float,
    limit_all: bool = False,
) -> Rows:  # fmt: skip
    """Rows over ``keys``: every frame of ``terms`` has the key columns, ``column`` and ``coefficient``.

    ``unit`` is one unit, or the unit of each resource for rows that stand for one. ``rhs`` is one figure, or a frame
    with the key columns and ``rhs`` (rows without one have 0, rows whose right-hand side is infinite are left out).
    With ``limit_all`` only the keys of ``rhs`` form rows.
    """
    parts = [frame for frame in terms if len(frame)]
    limited = isinstance(rhs, pd.DataFrame)
    blocks = [rhs, *parts] if isinstance(rhs, pd.DataFrame) else parts
    limits = len(blocks[0]) if limited else 0
    number, values_of = _numbered(blocks, keys)
    known = number[:limits] if limited and limit_all else number
    rows, first = np.unique(known, return_index=True)
    values = np.full(len(rows), 0.0 if isinstance(rhs, pd.DataFrame) else float(rhs))
    if isinstance(rhs, pd.DataFrame):
        assert len(np.unique(number[:limits])) == limits, f"{rule}: two right-hand sides for one row"
        values[np.searchsorted(rows, number[:limits])] = rhs["rhs"].to_numpy(dtype=float)
    finite = np.isfinite(values)
    rows, first, values = rows[finite], first[finite], values[finite]
    names = with_key_types(pd.DataFrame({key: found[first] for key, found in values_of.items()}, columns=keys))
    term, column, coefficient = number[limits:], _stacked(parts, "column", np.int64), _stacked(parts, "coefficient", np.float64)
    row = np.searchsorted(rows, term)
    inside = row < len(rows)
    inside[inside] = rows[row[inside]] == term[inside]
    row, column, coefficient = _summed(row[inside], column[inside], coefficient[inside])
    units = np.full(len(names), unit, dtype=object) if isinstance(unit, str) else names["resource"].map(unit).to_numpy(dtype=object)
    return Rows(rule, units, names, sense, values, row, column, coefficient)


def _numbered(blocks: list[pd.DataFrame], keys: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """A number for every row of ``blocks`` that is the same where all ``keys`` are and rises as they do; their values."""
    number = np.zeros(sum(len(block) for block in blocks), dtype=np.int64)
    found: dict[str, np.ndarray] = {}
    for key in keys:
        kind = np.dtype(NUMERIC_KEYS.get(key, object))
        values = _stacked(blocks, key, kind)
        code, unique = pd.factorize(values, sort=True)
        if number.max(initial=0) >= 2**62 // max(1, len(unique)):
            number = np.unique(number, return_inverse=True)[1]
        number = number * len(unique) + code
        found[key] = values
    return number, found


def _stacked(blocks: list[pd.DataFrame], column: str, kind: Any) -> np.ndarray:
    return np.concatenate([block[column].to_numpy(dtype=kind) for block in blocks]) if blocks else np.empty(0, dtype=kind)


def _summed(row: np.ndarray, column: np.ndarray, coefficient: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Terms in order of row and column, those of the same decision in one row added up, zero ones left out."""
    order = np.lexsort((column, row))
    row, column, coefficient = row[order], column[order], coefficient[order]
    new = np.ones(len(row), dtype=bool)
    new[1:] = (row[1:] != row[:-1]) | (column[1:] != column[:-1])
    if not new.all():
        coefficient = np.add.reduceat(coefficient, np.flatnonzero(new))
        row, column = row[new], column[new]
    kept = coefficient != 0
    return row[kept], column[kept], coefficient[kept]


def terms_of(frame: pd.DataFrame, coefficient: object = 1.0, **keys: object) -> pd.DataFrame:
    """``frame`` as terms: its columns, a ``coefficient``, and further constant key columns."""
    return frame.assign(coefficient=coefficient, **keys)
