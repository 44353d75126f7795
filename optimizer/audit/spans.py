"""Things in force for a time: half-open spans of days, where they overlap, and the money that falls into them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.finding import Evidence, due_item

EVER = pd.Timestamp("1700-01-01")
NEVER = pd.Timestamp("2261-12-31")
"""The days that stand for an open beginning and an open end."""

DAY = pd.Timedelta(days=1)
DAYS = "datetime64[s]"
IN_POTS = ("dividend", "share")
"""Kinds that are divided from pots."""


def with_spans(frame: pd.DataFrame, begins: str = "valid_from", ends: str = "valid_to") -> pd.DataFrame:
    """The frame with ``begin`` (first day in force) and ``end`` (first day no longer), open ones far away."""
    return frame.assign(begin=frame[begins].fillna(EVER).astype(DAYS), end=frame[ends].fillna(NEVER).astype(DAYS))


def horizon(books: Books) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The first day of the first period and the day after the last one (EVER and NEVER where periods have no dates)."""
    periods = books.instance.periods
    if not periods.last_days:
        return EVER, NEVER
    return pd.Timestamp(periods.first_days[0]), pd.Timestamp(periods.last_days[-1]) + DAY


def overlaps(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Rows (with ``begin`` and ``end``) that began while another of the same keys was in force.

    One row per later one: ``earlier`` and ``later`` (index labels of ``frame``), ``begin`` and ``end`` of what they share.
    The earlier one is that which lasts longest of those that began before (by day, then by row), so that each row is
    compared once, however many there are.
    """
    some = frame[frame.duplicated(keys, keep=False)].sort_values([*keys, "begin", "_row"], kind="stable")
    group = some.groupby(keys, sort=False).ngroup()
    last = some["end"].groupby(group).cummax()
    is_longest = (some["end"] == last) & (some["end"] != last.groupby(group).shift())
    longest = pd.Series(np.arange(len(some)), index=some.index).where(is_longest).groupby(group).ffill().groupby(group).shift()
    found = longest.notna().to_numpy() & (last.groupby(group).shift() > some["begin"]).to_numpy()
    earlier = longest[found].astype(int).to_numpy()
    pairs = pd.DataFrame({"earlier": some.index[earlier], "later": some.index[found], "begin": some["begin"].to_numpy()[found]})
    return pairs.assign(end=np.minimum(some["end"].to_numpy()[earlier], some["end"].to_numpy()[found]))


def bases_of(books: Books, to: str) -> set[str]:
    """The bases whose pots a link to ``to`` shares in: the base itself, or all bases of the company."""
    bases = books.table("bases")
    return set(bases.loc[(bases["base"] == to) | (bases["company"] == to), "base"])


def subject_of(books: Books, to: str) -> tuple[str, str]:
    """A base or a company as the subject of a finding."""
    return ("base" if to in books.instance.universe("bases") else "company", to)


def windows(books: Books, kind: str, settlement: str) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """The spans of days, both ends included, on one of which a link of a kind must be in force to count in a settlement.

    Pots look at the last day of each period, or at all its days where the rule prorates by days; wages at all days of each
    period; rents at the whole year, since they are due at its beginning. None where periods have no dates.
    """
    periods = books.instance.periods
    if not periods.last_days:
        return []
    named = {period for (of, period), name in books.settlements.of.items() if of == kind and name == settlement}
    mine = [i for name, i in periods.number.items() if name in named]
    if kind == "rent":
        years = {periods.years[i] for i in mine}
        mine = [i for i, year in enumerate(periods.years) if year in years]
    found = []
    for i in mine:
        rule = books.instance.rule_for(periods.names[i])
        last_only = kind in IN_POTS and (rule is None or rule.prorate == "none")
        found.append((periods.last_days[i] if last_only else periods.first_days[i], periods.last_days[i]))
    return [(pd.Timestamp(first), pd.Timestamp(last)) for first, last in found]


def cells_by_household(books: Books, households: Collection[str]) -> dict[str, pd.DataFrame]:
    """The rows of ``books.cells`` of each of some households, with what they were paid (in a plan: are due) in ``fen``."""
    cells = books.cells
    mine = cells[cells["household"].isin(households)]
    mine = mine.assign(fen=mine["paid_fen" if books.is_paid else "due_fen"].astype("int64"))
    return {str(name): rows for name, rows in mine.groupby("household", sort=False)}


def drawn(
    books: Books, cells: pd.DataFrame | None, kind: str, bases: Collection[str], begin: pd.Timestamp, end: pd.Timestamp
) -> pd.DataFrame:
    """Of a household's cells (see ``cells_by_household``) those of a kind and some bases for settlements in which a link in
    force from ``begin`` to before ``end`` counts; all settlements where periods have no dates."""
    if cells is None:
        return pd.DataFrame({"base": [], "settlement": [], "fen": pd.Series(dtype="int64")})
    mine = cells[(cells["kind"] == kind) & cells["base"].isin(bases)]
    if not books.instance.periods.last_days:
        return mine
    counts = [any(begin <= last and first < end for first, last in windows(books, kind, name)) for name in mine["settlement"]]
    return mine[np.array(counts, dtype=bool)]


def item_of(household: str, kind: str, cells: pd.DataFrame) -> str:
    """The item of a finding about what was drawn, where it is the money of one cell; else none."""
    return due_item(household, kind, cells["base"].iat[0], cells["settlement"].iat[0]) if len(cells) == 1 else ""


def day_text(day: pd.Timestamp) -> str:
    """A day as it stands in a file; blank for an open end."""
    return "" if day <= EVER or day >= NEVER else f"{day:%Y-%m-%d}"


def link_evidence(books: Books, link: pd.Series) -> Evidence:
    """A row of ``links`` (with its span) as evidence."""
    span = f", {day_text(link['begin'])} – {day_text(link['end'])}" if day_text(link["begin"]) + day_text(link["end"]) else ""
    says = f"{link['kind']} {link['to']}, weight {link['weight']:g}{span}"
    return books.evidence("links", link["_row"], says)
