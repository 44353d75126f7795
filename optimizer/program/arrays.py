"""Decisions and rows as the arrays that solvers take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from optimizer.program.matrix import Matrix
from optimizer.program.program import Program
from optimizer.program.rows import Columns, Rows


def to_matrix(program: Program) -> Matrix:
    """The program's rows and columns as arrays, under its first objective (negated if it is minimised)."""
    objective = program.instance.settings.objective
    sign = -1.0 if objective.minimise else 1.0
    return replace(assembled(program.columns, program.rows), cost=sign * program.objective(objective.name))


def assembled(columns: Columns, blocks: Sequence[Rows]) -> Matrix:
    """Rows and decisions as arrays, worth nothing."""
    starts = np.cumsum([0, *(len(rows) for rows in blocks)])[:-1]
    empty = np.zeros(0)
    return Matrix(
        cost=np.zeros(columns.count),
        lower=columns.stacked("lower").astype(float),
        upper=columns.stacked("upper").astype(float),
        integer=columns.stacked("integer").astype(bool),
        sense=np.concatenate([empty.astype(object), *(np.full(len(rows), rows.sense, dtype=object) for rows in blocks)]),
        rhs=np.concatenate([empty, *(rows.rhs for rows in blocks)]),
        row=np.concatenate([empty.astype(np.int64), *(rows.row + start for start, rows in zip(starts, blocks, strict=True))]),
        column=np.concatenate([empty.astype(np.int64), *(rows.column for rows in blocks)]),
        coefficient=np.concatenate([empty, *(rows.coefficient for rows in blocks)]),
    )


def lengthened(matrix: Matrix, sense: np.ndarray, rhs: np.ndarray, row: np.ndarray, column: np.ndarray, coefficient: np.ndarray) -> Matrix:
    """The program with further rows, which ``row`` numbers from 0."""
    return replace(
        matrix,
        sense=np.concatenate([matrix.sense, sense]).astype(object),
        rhs=np.concatenate([matrix.rhs, rhs]),
        row=np.concatenate([matrix.row, len(matrix.rhs) + row]).astype(np.int64),
        column=np.concatenate([matrix.column, column]).astype(np.int64),
        coefficient=np.concatenate([matrix.coefficient, coefficient]),
    )
