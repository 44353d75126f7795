"""The same program with fewer decisions: goods that are alike wherever they go are one good, whoever grew them.

A tonne is known by the base it comes from, since that base is paid for it. Where only the county's margin counts, goods of
bases that can go the same ways at the same cost need not be told apart once they have left their base. Nothing is lost: any
flow of the merged goods can be shared out among the bases in proportion, at every node.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.program.matrix import Matrix
from optimizer.program.program import Program

PLACE = {"ship": "from_node", "store": "node", "sell": "market", "own_use": "node", "consume": "base", "unsold": "node", "process": "node"}
"""Decisions on goods, and which of their keys says where the goods lie."""


@dataclass(frozen=True)
class Merged:
    """A smaller program: decision i of the full one is decision ``column[i]``, its row j row ``row[j]``."""

    matrix: Matrix
    column: np.ndarray
    row: np.ndarray


def merged(program: Program, matrix: Matrix) -> Merged:
    """The program ``matrix`` of ``program`` with like goods as one; as it is where a rule or a price tells them apart."""
    alike = _alike(program)
    column = _numbered(matrix.cost.size, _merged_columns(program, alike))
    row = _numbered(matrix.rhs.size, _merged_rows(program, alike))
    small = _smaller(matrix, column, row)
    if small is None:
        column, row = np.arange(matrix.cost.size), np.arange(matrix.rhs.size)
        small = matrix
    return Merged(small, column, row)


def _ways(program: Program) -> Iterator[tuple[str, pd.DataFrame, list[str]]]:
    """Every kind of decision on goods away from the base that grew them, and the keys but the origin."""
    for kind, place in PLACE.items():
        frame = program.columns[kind]
        keys = [key for key in program.columns.keys_of(kind) if key != "origin"]
        yield kind, frame[(frame["origin"] != frame[place]).to_numpy()], keys


def _alike(program: Program) -> dict[tuple[str, str], str]:
    """For each product and origin the first origin whose goods have the very same ways open to them."""
    ways: dict[tuple[str, str], set[tuple[object, ...]]] = {}
    for kind, frame, keys in _ways(program):
        own = zip(*(frame[key].tolist() for key in keys), strict=True)
        for product, origin, way in zip(frame["product"], frame["origin"], own, strict=True):
            ways.setdefault((product, origin), set()).add((kind, *way))
    first: dict[tuple[str, frozenset[tuple[object, ...]]], str] = {}
    return {(product, origin): first.setdefault((product, frozenset(own)), origin) for (product, origin), own in sorted(ways.items())}


def _merged_columns(program: Program, alike: dict[tuple[str, str], str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Decisions that may be one: their numbers, and for each a number that those to be merged share."""
    for _, frame, keys in _ways(program):
        if len(frame):
            first = [alike[pair] for pair in zip(frame["product"], frame["origin"], strict=True)]
            yield frame["column"].to_numpy(), frame[keys].assign(origin=first).groupby([*keys, "origin"], sort=False).ngroup().to_numpy()
    shared = program.columns["group_sell"]
    if len(shared):  # the steps of shared capacity are told apart by nobody
        keys = [key for key in program.columns.keys_of("group_sell") if key != "origin"]
        yield shared["column"].to_numpy(), shared.groupby(keys, sort=False).ngroup().to_numpy()


def _merged_rows(program: Program, alike: dict[tuple[str, str], str]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    for position, rows in enumerate(program.rows):
        if rows.rule not in ("balance", "group_sales"):
            continue
        keys = [str(key) for key in rows.keys if key != "origin"]
        frame = rows.keys
        away = np.ones(len(frame), dtype=bool)
        if rows.rule == "balance":
            first = [alike.get(pair, pair[1]) for pair in zip(frame["product"], frame["origin"], strict=True)]
            away = (frame["origin"] != frame["node"]).to_numpy()
            frame, keys = frame.assign(origin=first), [*keys, "origin"]
        yield program.first_row[position] + np.flatnonzero(away), frame[away].groupby(keys, sort=False).ngroup().to_numpy()


def _numbered(count: int, groups: Iterator[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """A number for each of ``count`` things that members of one group share, without gaps, in the order of first members."""
    label = np.arange(count)
    for at, group in groups:
        first = np.full(group.max(initial=-1) + 1, count, dtype=np.int64)
        np.minimum.at(first, group, at)
        label[at] = first[group]
    return np.unique(label, return_inverse=True)[1]


def _smaller(matrix: Matrix, column: np.ndarray, row: np.ndarray) -> Matrix | None:
    """The program of the merged decisions and rows; None if merged decisions differ in cost, bounds or any coefficient."""
    width, height = int(column.max(initial=-1)) + 1, int(row.max(initial=-1)) + 1
    size = np.bincount(column, minlength=width)
    representative = np.full(width, len(column), dtype=np.int64)
    np.minimum.at(representative, column, np.arange(len(column)))
    for figures in (matrix.cost, matrix.lower, matrix.upper, matrix.integer):
        if not np.array_equal(figures[representative][column], figures):
            return None
    cell, inverse = np.unique(row[matrix.row] * len(column) + matrix.column, return_inverse=True)
    own = np.bincount(inverse, weights=matrix.coefficient)  # one figure per merged row and full decision
    place, of = np.unique(cell // len(column) * width + column[cell % len(column)], return_inverse=True)
    least, most = np.full(len(place), np.inf), np.full(len(place), -np.inf)
    np.minimum.at(least, of, own)
    np.maximum.at(most, of, own)
    if (np.bincount(of) != size[place % width]).any() or not np.allclose(least, most, rtol=1e-12, atol=0):
        return None
    first_row = np.full(height, len(row), dtype=np.int64)
    np.minimum.at(first_row, row, np.arange(len(row)))
    return Matrix(
        cost=matrix.cost[representative],
        lower=matrix.lower[representative],
        upper=matrix.upper[representative],
        integer=matrix.integer[representative],
        sense=matrix.sense[first_row],
        rhs=np.bincount(row, weights=matrix.rhs, minlength=height),
        row=place // width,
        column=place % width,
        coefficient=most,
    )


SWEEPS = 200
"""So often shares are carried one step on at most; goods take far fewer."""

SAME_T = 1e-9


def shared_out(program: Program, matrix: Matrix, small: Merged, values: np.ndarray) -> np.ndarray:
    """A plan of the merged program as one of the full ``matrix``: whatever leaves a node is made of the origins' goods in the
    proportion in which they came there, so that like bases are served alike."""
    goods = np.concatenate(
        [np.zeros(0, dtype=np.int64)]
        + [program.first_row[p] + np.arange(len(rows)) for p, rows in enumerate(program.rows) if rows.rule in ("balance", "group_sales")]
    )
    is_goods = np.zeros(len(matrix.rhs), dtype=bool)
    is_goods[goods] = True
    used = is_goods[matrix.row]
    row, column, coefficient = matrix.row[used], matrix.column[used], matrix.coefficient[used]
    leaves, enters = coefficient > 0, coefficient < 0
    source = np.full(len(matrix.cost), -1, dtype=np.int64)
    source[column[leaves]] = row[leaves]
    size = np.bincount(small.column)[small.column]
    divided = np.flatnonzero((size > 1) & (source >= 0))
    full = np.where(size > 1, 0.0, values[small.column])
    height = int(small.row.max(initial=-1)) + 1
    for _ in range(SWEEPS):
        came = np.bincount(row[enters], weights=-coefficient[enters] * full[column[enters]], minlength=len(matrix.rhs))
        came += np.where(is_goods, np.maximum(matrix.rhs, 0.0), 0.0)
        whole = np.bincount(small.row, weights=came, minlength=height)[small.row]
        share = np.divide(came, whole, out=np.zeros_like(came), where=whole > 0)
        before = full[divided]
        full[divided] = values[small.column[divided]] * share[source[divided]]
        if np.abs(full[divided] - before).max(initial=0.0) <= SAME_T:
            break
    return full
