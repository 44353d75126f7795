"""Several faults in one register keep apart: each meets households, sales and papers that no other one has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.planting import Expected, Planter, Tables
from optimizer.instance.register import PAYMENTS

ABOUT = ("household", "person", "account", "payment", "sale", "agreement", "parcel", "lease", "holding", "record", "official")
"""Columns that name whom or what a row is about."""

MOST_TRIES = 20


@dataclass(frozen=True)
class Try:
    """A fault in a copy of the tables: what must be found, and which households, sales … its rows are about."""

    number: int
    tables: Tables
    expected: tuple[Expected, ...]
    met: frozenset[tuple[str, str]]


def plant_apart(books: Books, tables: Tables, codes: Sequence[str], known: Mapping[str, Planter]) -> list[tuple[Expected, ...]]:
    """Plant one fault per code in ``tables`` and return what must be found for each.

    Those that reach furthest come first, so that the others find somebody they have not met; a fault that finds nobody
    left within MOST_TRIES is planted all the same.
    """
    alone = {code: attempt(books, tables, code, 0, known[code]) for code in dict.fromkeys(codes)}
    order = sorted(range(len(codes)), key=lambda place: (-len(alone[codes[place]].met), place))
    found: dict[int, tuple[Expected, ...]] = {}
    used: Counter[str] = Counter()
    met: set[tuple[str, str]] = set()
    for place in order:
        code = codes[place]
        tried = [attempt(books, tables, code, used[code], known[code]) if found else alone[code]]
        while tried[-1].met & met and len(tried) < MOST_TRIES:
            tried.append(attempt(books, tables, code, used[code] + len(tried), known[code]))
        chosen = tried[0] if tried[-1].met & met else tried[-1]
        used[code] = chosen.number + 1
        met |= chosen.met
        tables.update(chosen.tables)
        found[place] = chosen.expected
    return [found[place] for place in range(len(codes))]


def attempt(books: Books, tables: Tables, code: str, number: int, planter: Planter) -> Try:
    """Plant the fault in a copy of the tables."""
    after = {name: table.copy() for name, table in tables.items()}
    expected = planter(books, after, number)
    met = {subject for name in changed(tables, after) for subject in _met(tables.get(name), after[name], tables)}
    return Try(number, after, expected, frozenset(met))


def changed(before: Tables, after: Tables) -> list[str]:
    """Names of the tables that are not what they were."""
    return [name for name, table in after.items() if name not in before or not table.equals(before[name])]


def _met(before: pd.DataFrame | None, after: pd.DataFrame, tables: Tables) -> Iterator[tuple[str, str]]:
    """What the rows that were changed, added or removed are about; payments stand for the household they were made to."""
    columns = [column for column in after if column in ABOUT]
    rows = _rows(after) if before is None else _rows(after) ^ _rows(before.reindex(columns=after.columns, fill_value=""))
    about = pd.DataFrame([[row[after.columns.get_loc(column)] for column in columns] for row in rows], columns=columns)
    for column in columns:
        yield from ((column, name) for name in about[column].unique() if name)
    if "payment" in columns and PAYMENTS in tables:
        paid = tables[PAYMENTS]
        yield from (("household", name) for name in paid.loc[paid["payment"].isin(about["payment"]), "household"].unique())


def _rows(table: pd.DataFrame) -> set[tuple[str, ...]]:
    return set(zip(*(table[column].fillna("").tolist() for column in table), strict=True))
