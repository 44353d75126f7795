"""Where a solver stands at an optimum: which decisions and rows are basic, in the order of the matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np

LOWER, BASIC = int(highspy.HighsBasisStatus.kLower), int(highspy.HighsBasisStatus.kBasic)


@dataclass(frozen=True)
class Basis:
    """The status of every decision and of every row, as HiGHS numbers them."""

    columns: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(cls, live: Any) -> Basis:
        """Where a live object stands."""
        basis = live.getBasis()
        return cls(*(np.array([int(status) for status in of], dtype=np.int8) for of in (basis.col_status, basis.row_status)))

    def to_highs(self) -> Any:
        """The same as HiGHS takes it."""
        basis, status = highspy.HighsBasis(), {number: highspy.HighsBasisStatus(number) for number in range(5)}
        basis.col_status = [status[number] for number in self.columns.tolist()]
        basis.row_status = [status[number] for number in self.rows.tolist()]
        return basis

    def placed(self, columns: np.ndarray, column_at: np.ndarray, row_at: np.ndarray) -> Basis:
        """The part that decisions and rows have which stand at ``column_at`` and ``row_at`` here."""
        ours = np.full(len(columns), LOWER, dtype=np.int8)
        ours[columns] = self.columns[column_at]
        return Basis(ours, self.rows[row_at])

    def widened(self, decisions: int = 0, rows: int = 0) -> Basis:
        """With further decisions at their lower bound and further rows that are basic."""
        more = (np.full(decisions, LOWER, dtype=np.int8), np.full(rows, BASIC, dtype=np.int8))
        return Basis(np.concatenate([self.columns, more[0]]), np.concatenate([self.rows, more[1]]))
