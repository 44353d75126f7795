"""Patterns in payments that prove nothing by themselves but tell an auditor where to draw a sample (A01)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks.payment_evidence import paid_evidence
from optimizer.audit.finding import Evidence, Finding
from optimizer.audit.matching import CELL
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

GROUP = ["kind", "base", "settlement"]
PEERS = 5
"""Groups with fewer payments have no peers to stand out against."""

CONSISTENT = 1.4826
"""Median absolute deviation × this is the standard deviation of a normal distribution (Iglewicz & Hoaglin 1993)."""

LEAST_SPREAD = 0.01
"""Where nearly all are alike, deviations are measured by this share of the median, so that an odd fen is none."""

REPEATED = 5
AMOUNTS = 1000
NONCONFORMING = 0.015
"""Mean absolute deviation of first digits from which Nigrini (2012, table 7.1) speaks of nonconformity."""

DAYS_BEFORE = 10
CROWD = 5
CHANCE = 3.09
"""Standard deviations that chance exceeds once in a thousand times."""

SHOWN = 6


def patterns(books: Books) -> Iterator[Finding]:
    """A01: four patterns, at most ten findings in all; none moves money (0 fen), each gives the figures.

    - **Outliers**, one finding per kind: payments per head of the household that differ from the median of their kind, base
      and settlement by more than ``outlier_spread`` robust deviations (1.4826 × median absolute deviation, but at least
      1 % of the median). Groups of fewer than 5 are not looked at.
    - **Repeated amounts**, one per kind: at least 5 households were paid the same amount, which is due to none of them,
      though different amounts are. Equal amounts that equal weights explain are due, and so never count.
    - **First digits**: with at least 1,000 amounts, the mean absolute deviation of the first digits of what was paid from
      those of what is due exceeds 0.015 (Nigrini 2012, for first digits). Benford's own frequencies are told beside it but
      do not decide: dues are shares of a few pots and need not follow them.
    - **Crowding before an inspection**: of the payments made late, at least 5 and more than chance explains (3.09 standard
      deviations of the binomial distribution) lie within the 10 days before a visit to a household.
    """
    yield from _outliers(books)
    yield from _repeated(books)
    yield from _first_digits(books)
    yield from _crowding(books)


def _outliers(books: Books) -> Iterator[Finding]:
    lines = away_from_peers(books)
    found = lines[(lines["deviations"] > books.limits.outlier_spread) & (lines["peers"] >= PEERS)]
    for kind, mine in found.sort_values(["deviations", "payment"], ascending=[False, True]).groupby("kind"):
        most = mine.iloc[0]
        yield Finding(
            "A01",
            (("payment", most["payment"]), ("household", most["household"]), ("base", most["base"]), ("kind", str(kind))),
            say("patterns.like_peers", spread=f"{books.limits.outlier_spread:g}", yuan=in_yuan(round(most["median"]))),
            say("patterns.stands_out", count=len(mine), yuan=in_yuan(round(most["per_head"])), deviations=f"{most['deviations']:.1f}"),
            tuple(paid_evidence(line) for line in mine.head(SHOWN).itertuples()),
            most["settlement"],
        )


def away_from_peers(books: Books) -> pd.DataFrame:
    """Payments of registered households (not those that take another back) with ``per_head`` (fen), the ``median`` of their
    group, how many ``peers`` it has, and by how many robust ``deviations`` they are away from it."""
    persons = books.table("households").set_index("household")["persons"]
    lines = books.payments[(books.payments["amount_fen"] > 0) & (books.payments["reverses"] == "")]
    lines = lines.assign(per_head=lines["amount_fen"] / lines["household"].map(persons)).dropna(subset=["per_head"])
    group = lines.groupby(GROUP, sort=False)["per_head"]
    lines["median"], lines["peers"] = group.transform("median"), group.transform("size")
    away = (lines["per_head"] - lines["median"]).abs()
    spread = CONSISTENT * away.groupby([lines[column] for column in GROUP], sort=False).transform("median")
    return lines.assign(deviations=away / np.maximum(spread, LEAST_SPREAD * lines["median"]))


def _repeated(books: Books) -> Iterator[Finding]:
    cells = books.cells
    other = cells[(cells["paid_fen"] > 0) & (cells["paid_fen"] != cells["due_fen"])]
    counted = other.groupby(["kind", "paid_fen"]).agg(count=("household", "nunique"), dues=("due_fen", "nunique")).reset_index()
    counted = counted[(counted["count"] >= REPEATED) & (counted["dues"] > 1)]
    for kind, mine in counted.sort_values(["count", "paid_fen"], ascending=[False, True]).groupby("kind"):
        fen, count = int(mine["paid_fen"].iat[0]), int(mine["count"].iat[0])
        rows = other[(other["kind"] == kind) & (other["paid_fen"] == fen)]
        shown = books.payments.merge(rows[CELL], on=CELL).head(SHOWN)
        yield Finding(
            "A01",
            (("kind", str(kind)),),
            say("patterns.by_due", least=in_yuan(rows["due_fen"].min()), most=in_yuan(rows["due_fen"].max())),
            say("patterns.repeated", yuan=in_yuan(fen), count=count, amounts=len(mine)),
            tuple(paid_evidence(line) for line in shown.itertuples()),
        )


def _first_digits(books: Books) -> Iterator[Finding]:
    paid, due = (books.cells.loc[books.cells[column] > 0, column].astype("int64") for column in ("paid_fen", "due_fen"))
    if min(len(paid), len(due)) < AMOUNTS:
        return
    shares, expected = digit_shares(paid), digit_shares(due)
    deviation = float(np.abs(shares - expected).mean())
    if deviation <= NONCONFORMING:
        return
    benford = np.log10(1 + 1 / np.arange(1, 10))
    worst = int(np.abs(shares - expected).argmax())
    file = books.instance.files["payments"]
    says = say("patterns.digit", digit=worst + 1, paid=f"{shares[worst]:.1%}", due=f"{expected[worst]:.1%}")
    yield Finding(
        "A01",
        (("file", file),),
        say("patterns.digits_of_dues", limit=f"{NONCONFORMING:g}"),
        say("patterns.digits", deviation=f"{deviation:.4f}", benford=f"{float(np.abs(shares - benford).mean()):.4f}", count=len(paid)),
        (Evidence(file, None, says),),
    )


def digit_shares(amounts: pd.Series) -> np.ndarray:
    """The shares of amounts (positive integers) that begin with 1 … 9."""
    digits = amounts.astype(str).str[0].astype("int64").to_numpy()
    return np.bincount(digits, minlength=10)[1:] / max(len(digits), 1)


def _crowding(books: Books) -> Iterator[Finding]:
    said = books.table("confirmations")
    visits = said.loc[said["channel"] == "visit", "confirmed_on"].dropna().drop_duplicates().sort_values()
    late = books.payments.merge(books.cells[[*CELL, "due_on"]], on=CELL)
    late = late[(late["paid_on"] > late["due_on"]) & (late["amount_fen"] > 0)]
    if visits.empty or len(late) < CROWD or books.as_of is None:
        return
    days = pd.date_range(books.cells["due_on"].min() + pd.Timedelta(days=1), pd.Timestamp(books.as_of))
    share = float(_before_a_visit(pd.Series(days), visits).mean())
    crowded = late[_before_a_visit(late["paid_on"], visits)]
    chance = len(late) * share
    if len(crowded) < CROWD or len(crowded) - chance <= CHANCE * math.sqrt(chance * (1 - share)):
        return
    yield Finding(
        "A01",
        (("file", books.instance.files["confirmations"]),),
        say("patterns.spread_evenly", days=DAYS_BEFORE, chance=f"{chance:.1f}", late=len(late)),
        say("patterns.crowded", count=len(crowded)),
        tuple(paid_evidence(line) for line in crowded.head(SHOWN).itertuples()),
    )


def _before_a_visit(days: pd.Series, visits: pd.Series) -> np.ndarray:
    """Which days lie within DAYS_BEFORE days before a visit (the day itself included)."""
    known = visits.to_numpy(dtype="datetime64[D]")
    mine = days.to_numpy(dtype="datetime64[D]")
    place = np.searchsorted(known, mine)
    ahead = known[np.minimum(place, len(known) - 1)] - mine
    return np.asarray((place < len(known)) & (ahead <= np.timedelta64(DAYS_BEFORE, "D")))
