"""Who is linked: nobody forgotten, nobody twice, nobody paid out of time, every weight as the register supports it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.finding import Evidence, Finding, due_item
from optimizer.audit.matching import CELL, NOT_DUE
from optimizer.audit.spans import (
    IN_POTS,
    bases_of,
    cells_by_household,
    day_text,
    drawn,
    horizon,
    item_of,
    link_evidence,
    overlaps,
    subject_of,
    windows,
    with_spans,
)
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


def unlinked(books: Books) -> Iterator[Finding]:
    """L01: a household with status ``registered`` has no link of any kind in force on any day of the horizon.

    Not one that declined on or before the horizon's last day, nor one entered only after it. No money is at risk that could
    be named.
    """
    first, after = horizon(books)
    links = with_spans(books.table("links"))
    linked = links.loc[(links["begin"] < after) & (links["end"] > first), "household"]
    households = books.table("households")
    excused = (households["refused_on"] < after) | (households["registered_on"] >= after)
    missed = households[(households["status"] == "registered") & ~excused & ~households["household"].isin(linked)]
    for row, name, village in missed[["_row", "household", "village"]].itertuples(index=False):
        evidence = books.evidence("households", row, "status registered")
        subjects = (("household", name), ("village", village))
        yield Finding("L01", subjects, say("check.unlinked.expected"), say("check.unlinked.found"), (evidence,))


def linked_twice(books: Books) -> Iterator[Finding]:
    """L02: two rows of ``links`` of the same household, kind and ``to`` are in force on the same day of the horizon.

    Rent is left to W04, since a household may lease several parcels to one base. A household tied twice is counted once in a
    pot, with the greater weight, so what is at risk is what it drew in the periods of the overlap: all of it rests on a tie
    that is in doubt.
    """
    links = with_spans(books.table("links"))
    pairs = _within(overlaps(links[links["kind"] != "rent"], ["household", "kind", "to"]), books)
    cells = cells_by_household(books, set(links.loc[pairs["later"], "household"]))
    for earlier, later, begin, end in pairs.itertuples(index=False):
        link = links.loc[later]
        mine = drawn(books, cells.get(link["household"]), link["kind"], bases_of(books, link["to"]), begin, end)
        yield Finding(
            "L02",
            (("household", link["household"]), subject_of(books, link["to"]), ("kind", link["kind"])),
            say("check.linked_twice.expected", kind=link["kind"], to=link["to"]),
            say("check.linked_twice.found", days=_days(begin, end), yuan=in_yuan(int(mine["fen"].sum()))),
            (link_evidence(books, links.loc[earlier]), link_evidence(books, link)),
            day_text(begin),
            max(0, int(mine["fen"].sum())),
            item_of(link["household"], link["kind"], mine),
        )


def linked_to_two(books: Books) -> Iterator[Finding]:
    """L03: a household has a dividend (or share) link to two bases or companies on the same day of the horizon.

    Allowed where the later link rests on an agreement (one of kind ``link`` where agreements are kept). At risk is what the
    household drew in the overlap from the bases whose pots only the later link opened.
    """
    links = with_spans(books.table("links"))
    links = links[links["kind"].isin(IN_POTS)].sort_values(["begin", "_row"], kind="stable")
    several = links.groupby(["household", "kind"])["to"].transform("nunique") > 1
    some = links[several].assign(order=np.arange(int(several.sum())), label=links.index[several])
    pairs = some.merge(some, on=["household", "kind"], suffixes=("", "_later"))
    pairs = pairs[(pairs["order"] < pairs["order_later"]) & (pairs["to"] != pairs["to_later"]) & ~_agreed(books, pairs["agreement_later"])]
    pairs = pairs.assign(begin=pairs["begin_later"], end=pairs[["end", "end_later"]].min(axis=1))
    pairs = _within(pairs, books).drop_duplicates(["household", "kind", "order_later"])
    cells = cells_by_household(books, set(pairs["household"]))
    for pair in pairs.itertuples(index=False):
        bases = bases_of(books, pair.to_later) - bases_of(books, pair.to)
        mine = drawn(books, cells.get(pair.household), pair.kind, bases, pair.begin, pair.end)
        yield Finding(
            "L03",
            (("household", pair.household), subject_of(books, pair.to_later), subject_of(books, pair.to), ("kind", pair.kind)),
            say("check.linked_to_two.expected", kind=pair.kind),
            say("check.linked_to_two.found", one=pair.to, other=pair.to_later, yuan=in_yuan(int(mine["fen"].sum()))),
            (link_evidence(books, links.loc[pair.label]), link_evidence(books, links.loc[pair.label_later])),
            day_text(pair.begin),
            max(0, int(mine["fen"].sum())),
            item_of(pair.household, pair.kind, mine),
        )


def _within(pairs: pd.DataFrame, books: Books) -> pd.DataFrame:
    """Those whose common time lies (in part) in the horizon, cut to it."""
    first, after = horizon(books)
    pairs = pairs.assign(begin=pairs["begin"].clip(lower=first), end=pairs["end"].clip(upper=after))
    return pairs[pairs["begin"] < pairs["end"]]


def _agreed(books: Books, agreement: pd.Series) -> pd.Series:
    if not books.has("agreements"):
        return agreement != ""
    agreements = books.table("agreements")
    return agreement.isin(agreements.loc[agreements["kind"] == "link", "agreement"])


def _days(begin: pd.Timestamp, end: pd.Timestamp) -> str:
    """The overlap in words; where nothing is dated, always."""
    if not day_text(begin):
        return say("check.always")
    return say("check.days", count=(end - begin).days, first=day_text(begin), after=day_text(end))


def link_out_of_force(books: Books) -> Iterator[Finding]:
    """L04: something was paid to a household for a settlement in none of whose periods it had a link in force.

    A link to the base or to its company, of the kind that was paid; on which days it must be in force for each kind, see
    ``spans.windows``. A household of the register that never had such a link and to which nothing is due is a payee without
    entitlement (P04), one outside the register a ghost. At risk is what was paid.
    """
    cells = books.cells[books.cells["paid_fen"] > 0]
    cells = cells[cells["household"].isin(books.table("households")["household"])].reset_index(drop=True)
    ever, held = _held(books, cells)
    found = cells[~held & (ever | (cells["state"] != NOT_DUE).to_numpy())]
    places = books.payments.groupby(CELL).indices if len(found) else {}
    for cell in found.itertuples(index=False):
        lines = books.payments.iloc[places[cell.household, cell.kind, cell.base, cell.settlement]]
        yield Finding(
            "L04",
            (("household", cell.household), ("base", cell.base), ("kind", cell.kind)),
            say("check.link_out_of_force.expected", kind=cell.kind, base=cell.base, period=cell.settlement),
            say("check.link_out_of_force.found", yuan=in_yuan(cell.paid_fen)),
            tuple(Evidence(line.file, int(line.row), f"amount_yuan {in_yuan(line.amount_fen)}") for line in lines.itertuples()),
            cell.settlement,
            int(cell.paid_fen),
            due_item(cell.household, cell.kind, cell.base, cell.settlement),
        )


def _held(books: Books, cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell: whether the household ever had a link of the kind to the base or its company, and one in time."""
    links = with_spans(books.table("links"))[["household", "kind", "to", "begin", "end"]]
    company = dict(books.table("bases")[["base", "company"]].itertuples(index=False))
    named = cells[["household", "kind", "base", "settlement"]].assign(cell=np.arange(len(cells)))
    parts = [named.assign(to=named["base"]), named.assign(to=named["base"].map(company))]
    ties = pd.concat(parts, ignore_index=True).merge(links, on=["household", "kind", "to"])
    ever, held = np.zeros(len(cells), dtype=bool), np.zeros(len(cells), dtype=bool)
    ever[ties["cell"]] = True
    if not books.instance.periods.last_days:
        return ever, ever
    in_time = np.zeros(len(ties), dtype=bool)
    begin, end = ties["begin"].to_numpy(), ties["end"].to_numpy()
    for (kind, settlement), rows in ties.groupby(["kind", "settlement"]).indices.items():
        for first, last in windows(books, kind, settlement):
            in_time[rows] |= (begin[rows] <= last.to_datetime64()) & (end[rows] > first.to_datetime64())
    held[ties["cell"][in_time]] = True
    return ever, held
