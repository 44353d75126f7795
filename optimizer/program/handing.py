"""A program handed to HiGHS in bulk: a live object that holds it, whose bounds, costs and coefficients can be changed."""

from __future__ import annotations

import contextlib
import os
import sys
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import highspy
import numpy as np

from optimizer.program.matrix import Matrix, row_bounds


def live_object(matrix: Matrix, **options: object) -> Any:
    """A HiGHS object of a program (handed over as a minimisation of what it is worth, negated), silent, on one thread and without
    presolve, unless ``options`` of HiGHS say otherwise."""
    order = np.argsort(matrix.row, kind="stable") if (np.diff(matrix.row) < 0).any() else slice(None)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(matrix.cost), len(matrix.rhs)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = -matrix.cost, matrix.lower, matrix.upper
    lp.row_lower_, lp.row_upper_ = row_bounds(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.searchsorted(matrix.row[order], np.arange(len(matrix.rhs) + 1)).astype(np.int32)
    lp.a_matrix_.index_ = matrix.column[order].astype(np.int32)
    lp.a_matrix_.value_ = matrix.coefficient[order]
    if matrix.integer.any():
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger if is_integer else kinds.kContinuous for is_integer in matrix.integer.tolist()]
    greet_nobody()
    live = highspy.Highs()
    for name, value in {"output_flag": False, "threads": 1, "presolve": "off", **options}.items():
        live.setOptionValue(name, value)
    live.passModel(lp)
    return live


def set_coefficients(live: Any, rows: np.ndarray, columns: np.ndarray, values: np.ndarray) -> None:
    """Change coefficients of a live HiGHS object, by its own numbers of rows and columns."""
    for row, column, value in zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True):
        live.changeCoeff(row, column, value)


GREETING = Lock()


def greet_nobody() -> None:
    """HiGHS prints its name when the first object of a process is made, whatever its options say; here to nobody."""
    with GREETING:
        _first_of_process()


@cache
def _first_of_process() -> None:
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        kept = os.dup(1)
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            try:
                highspy.Highs()
            finally:
                os.dup2(kept, 1)
                os.close(kept)
