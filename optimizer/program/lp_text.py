"""The program as text a person can read and a solver too (CPLEX LP format)."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from optimizer.program.program import Program
from optimizer.program.rows import Columns

WIDTH = 120
LONGEST = 200
"""Letters of a name at most; the format allows 255."""


def lp_text(program: Program, rules: Collection[str] | None = None) -> str:
    """The program, or only the rows of some ``rules`` (names as in shadow prices), in CPLEX LP format.

    With all rules the text holds the objective as well and has the program's optimum (a constant of the objective is
    only noted); with some it has no objective, and bounds of their decisions alone.
    """
    names = column_names(program.columns)
    objective = program.instance.settings.objective
    lines = [f"\\ {program.instance.title}"]
    if rules is None and objective.constant_yuan:
        lines.append(f"\\ plus a constant of {float(objective.constant_yuan):.17g}")
    lines.append("Minimize" if objective.minimise else "Maximize")
    cost = program.objective(objective.name) if rules is None else np.zeros(program.columns.count)
    used = np.flatnonzero(cost)
    lines += _wrapped("obj:", used, cost[used], names, "")
    lines.append("Subject To")
    shown: list[np.ndarray] = []
    taken: dict[str, int] = {}
    for rows in program.rows:
        if rules is not None and rows.rule not in rules:
            continue
        shown.append(rows.column)
        starts = np.searchsorted(rows.row, np.arange(len(rows) + 1))
        for name, (start, end), rhs in zip(_unique(rows.rule, rows.keys, taken), pairwise(starts), rows.rhs, strict=True):
            span = slice(start, end)
            lines += _wrapped(f"{name}:", rows.column[span], rows.coefficient[span], names, f"{rows.sense} {_figure(rhs)}")
    if rules is None:
        shown = [np.arange(program.columns.count)]
    lines += _bounds(program.columns, names, np.unique(np.concatenate(shown)) if shown else np.zeros(0, dtype=np.int64))
    return "\n".join([*lines, "End", ""])


def column_names(columns: Columns) -> list[str]:
    """A readable name for every decision, by number: its kind and keys, such as area(hill,field,grow_cabbage)."""
    taken: dict[str, int] = {}
    found: list[str] = []
    for kind, frame in columns.frames.items():
        keys = columns.names_of(kind) if "activity" in frame else columns.keys_of(kind)
        found += _unique(kind, frame[keys], taken)
    return found


def _unique(kind: str, keys: pd.DataFrame, taken: dict[str, int]) -> Iterator[str]:
    """``kind(key,key)`` for every row, with only letters the format allows; a name met before gets a number."""
    for values in keys.itertuples(index=False, name=None):
        inside = ",".join(re.sub(r"[^A-Za-z0-9_.~@]", "_", str(value)) or "_" for value in values)
        name = f"{kind}({inside})"[:LONGEST] if values else kind
        taken[name] = taken.get(name, 0) + 1
        yield name if taken[name] == 1 else f"{name}#{taken[name]}"


def _figure(value: float) -> str:
    return f"{value:.15g}"


def _wrapped(head: str, columns: np.ndarray, coefficients: np.ndarray, names: list[str], tail: str) -> list[str]:
    terms = [f"{'-' if c < 0 else '+'}{_figure(abs(c))} {names[i]}" for i, c in zip(columns, coefficients, strict=True)]
    text = " ".join([head, *(term.replace(" ", "\0") for term in terms), tail.replace(" ", "\0")])
    lines = textwrap.wrap(text, WIDTH, initial_indent=" ", subsequent_indent="   ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ").rstrip() for line in lines]


def _bounds(columns: Columns, names: list[str], shown: np.ndarray) -> list[str]:
    lower, upper = columns.stacked("lower").astype(float), columns.stacked("upper").astype(float)
    integer = columns.stacked("integer").astype(bool)
    bounds = []
    for i in shown:
        if lower[i] == 0.0 and np.isposinf(upper[i]):
            continue
        if np.isneginf(lower[i]) and np.isposinf(upper[i]):
            bounds.append(f" {names[i]} free")
        else:
            bounds.append(f" {_bound(lower[i])} <= {names[i]} <= {_bound(upper[i])}")
    found = ["Bounds", *bounds] if bounds else []
    return [*found, "General", *(f" {names[i]}" for i in shown if integer[i])] if integer[shown].any() else found


def _bound(value: float) -> str:
    return _figure(value) if np.isfinite(value) else ("inf" if value > 0 else "-inf")
