"""What a household is weighed with: as the register supports it, and not all alike where the rule tells households apart."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.finding import Finding
from optimizer.audit.spans import IN_POTS, day_text, horizon, subject_of, with_spans
from optimizer.instance.pools import held_on
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

TELLING_APART = ("need", "labour_days", "land", "weight")
"""Division keys that are pointless if all weights are alike."""

TOLERANCE = 1e-6
"""Units or mu by which two figures of a file may differ and still be the same."""


def weight_unsupported(books: Books) -> Iterator[Finding]:
    """L05: a figure a household is reckoned with is not the one its register supports.

    ``households.persons`` against the members in force on the horizon's first day; the weight of share links against the
    units held, and the area of rent links against the leases, both on the first day of the horizon on which the link is in
    force, summed per household and base or company. Each only where members, shares or leases are kept. No money is named:
    where the other table is kept, heads and rents are reckoned from it, and what is wrong is the figure beside it.
    """
    if books.has("members"):
        yield from _persons(books)
    if books.has("shares"):
        yield from _held_in(books, "share", "weight", "shares", "to", "units")
    if books.has("leases"):
        yield from _held_in(books, "rent", "area_mu", "leases", "base", "area_mu")


def _persons(books: Books) -> Iterator[Finding]:
    first = books.instance.periods.first_days
    members, day = books.table("members"), first[0] if first else None
    there = held_on(members, day, "joined_on", "left_on") & held_on(members, day, "joined_on", "died_on")
    heads = members[there].groupby("household").size()
    households = books.table("households")
    counted = households["household"].map(heads).fillna(0).astype("int64")
    wrong = households.assign(heads=counted)[counted != households["persons"]]
    for row, name, persons, heads_there in wrong[["_row", "household", "persons", "heads"]].itertuples(index=False):
        yield Finding(
            "L05",
            (("household", name),),
            say("check.weight_unsupported.persons_expected", heads=heads_there),
            say("check.weight_unsupported.persons_found", persons=persons),
            (books.evidence("households", row, f"persons {persons}"),),
        )


def _held_in(books: Books, kind: str, figure: str, table: str, to: str, units: str) -> Iterator[Finding]:
    """Links of a kind whose figure is not the sum of what the other table holds for the same household on the same day."""
    first, after = horizon(books)
    links = with_spans(books.table("links"))
    links = links[(links["kind"] == kind) & (links["begin"] < after) & (links["end"] > first)]
    links = links.assign(day=links["begin"].clip(lower=first), row=links["_row"])
    held = with_spans(books.table(table)).rename(columns={to: "to", units: "units"})
    for day, some in links.groupby("day"):
        ours = links[(links["begin"] <= day) & (links["end"] > day)].groupby(["household", "to"])[figure].sum()
        theirs = held[(held["begin"] <= day) & (held["end"] > day)].groupby(["household", "to"])["units"].sum()
        keys = pd.MultiIndex.from_frame(some[["household", "to"]])
        weighed, supported = ours.reindex(keys).to_numpy(dtype=float), theirs.reindex(keys).fillna(0).to_numpy(dtype=float)
        wrong = np.abs(weighed - supported) > TOLERANCE
        for link, weight, units_held in zip(some[wrong].itertuples(index=False), weighed[wrong], supported[wrong], strict=True):
            yield Finding(
                "L05",
                (("household", link.household), subject_of(books, link.to), ("kind", kind)),
                say(f"check.weight_unsupported.{kind}_expected", figure=f"{units_held:g}"),
                say(f"check.weight_unsupported.{kind}_found", figure=f"{weight:g}"),
                (books.evidence("links", link.row, f"{figure} {weight:g}"),),
                day_text(link.day),
            )


def simple_averaging(books: Books) -> Iterator[Finding]:
    """L06: everybody gets the same although the rule tells households apart.

    Two ways: (1) the rule weighs by need, labour days, land or weight, and in more than ``averaging_share`` of the pots so
    divided (those with ``capture_recipients`` recipients or more) all weights are alike; nothing is at risk that could be
    named, since there are no other weights to reckon with. (2) a pay list paid everybody of a pool the same, to a fen, where
    what is due differs; at risk is what those who were due more did not get.
    """
    yield from _weights_alike(books)
    if books.is_paid:
        yield from _paid_alike(books)


def _weights_alike(books: Books) -> Iterator[Finding]:
    due = books.due
    lines = due[due["kind"].isin(IN_POTS) & due["key"].isin(TELLING_APART)]
    pots = lines.groupby(["kind", "key", "base", "period"])["weight"].agg(["size", "min", "max"]).reset_index()
    pots = pots[pots["size"] >= books.limits.capture_recipients]
    pots = pots.assign(alike=pots["min"] == pots["max"])
    for (kind, key), some in pots.groupby(["kind", "key"]):
        if some["alike"].mean() > books.limits.averaging_share:
            rule = books.instance.rule_for(some.loc[some["alike"], "period"].iloc[0])
            yield Finding(
                "L06",
                (("rule", rule.name if rule else ""), ("kind", kind)),
                say("check.simple_averaging.expected", key=key),
                say("check.simple_averaging.found", alike=int(some["alike"].sum()), count=len(some)),
            )


def _paid_alike(books: Books) -> Iterator[Finding]:
    cells = books.cells[books.cells["kind"].isin(IN_POTS) & (books.cells["due_fen"] > 0)]
    pools = cells.groupby(["kind", "base", "settlement"])[["due_fen", "paid_fen"]].agg(["min", "max"])
    due, paid = pools["due_fen"], pools["paid_fen"]
    alike = (paid["max"] - paid["min"] <= 1) & (paid["max"] > 0) & (due["max"] - due["min"] > 1)
    many = cells.groupby(["kind", "base", "settlement"]).size() >= books.limits.capture_recipients
    for kind, base, settlement in pools.index[alike & many]:
        some = cells[(cells["kind"] == kind) & (cells["base"] == base) & (cells["settlement"] == settlement)]
        missing = (some["due_fen"] - some["paid_fen"]).clip(lower=0)
        yield Finding(
            "L06",
            (("base", base), ("kind", kind)),
            say("check.simple_averaging.paid_expected", low=in_yuan(some["due_fen"].min()), high=in_yuan(some["due_fen"].max())),
            say("check.simple_averaging.paid_found", count=len(some), yuan=in_yuan(some["paid_fen"].max())),
            (),
            settlement,
            int(missing.sum()),
        )
