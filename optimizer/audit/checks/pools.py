"""What becomes of a pool: somebody is there to receive it, nobody takes it all, nobody was put out just before."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import Due
from optimizer.audit.finding import Finding
from optimizer.audit.spans import (
    DAY,
    IN_POTS,
    bases_of,
    cells_by_household,
    day_text,
    drawn,
    item_of,
    link_evidence,
    subject_of,
    with_spans,
)
from optimizer.revenue.fen import in_yuan
from optimizer.revenue.ledger import POT, SEP
from optimizer.texts import say

POTS = ["kind", "base", "period"]
TIE = ["household", "kind", "to"]


def paper_linkage(books: Books) -> Iterator[Finding]:
    """L07: a pot that nobody is there to receive, or households linked to a pool that brings them no money.

    Orphan pot: what the division had to leave in suspense, the whole amount at risk. Paper linkage: a pool (dividend or
    share, of a base or company) with households in force had no pot in ``paper_periods`` periods of its season in a row. Its
    season are the periods in which the plan has a pot for it; where the plan has none, or there is no plan, the periods in
    which other pools of the kind had one, and then a pool is on paper only if it had no pot in the whole horizon, so that
    the months in which nothing grows at a base are no finding. No money of a paper linkage can be named.
    """
    rest = books.actual.rest
    orphans = rest[rest["account"] == "orphan"].groupby(["document", "base", "period"], as_index=False, sort=False)["amount_fen"].sum()
    for line in orphans[orphans["amount_fen"] != 0].itertuples(index=False):
        yield Finding(
            "L07",
            (("pot", line.document), ("base", line.base)),
            say("check.paper_linkage.orphan_expected"),
            say("check.paper_linkage.orphan_found", yuan=in_yuan(line.amount_fen)),
            (),
            line.period,
            abs(int(line.amount_fen)),
        )
    links = with_spans(books.table("links"))
    paid, planned = _pots(books.actual), None if books.planned is None else _pots(books.planned)
    for (kind, to), tied in links[links["kind"].isin(IN_POTS)].groupby(["kind", "to"]):
        yield from _paper(books, str(kind), str(to), tied, paid, planned)


def _paper(books: Books, kind: str, to: str, tied: pd.DataFrame, paid: pd.DataFrame, planned: pd.DataFrame | None) -> Iterator[Finding]:
    bases = bases_of(books, to)
    names = books.instance.periods.names
    mine = set(paid.loc[(paid["kind"] == kind) & paid["base"].isin(bases), "period"])
    season = set() if planned is None else set(planned.loc[(planned["kind"] == kind) & planned["base"].isin(bases), "period"])
    if not season and not mine:
        season = set(paid.loc[paid["kind"] == kind, "period"])
    in_force = {name for name in names if _held_in(books, tied, name).any()}
    dry: list[str] = []
    worst: list[str] = []
    for name in (name for name in names if name in season and name in in_force):
        dry = [] if name in mine else [*dry, name]
        worst = max(worst, dry, key=len)
    if worst and len(worst) >= books.limits.paper_periods:
        count = tied["household"].nunique()
        yield Finding(
            "L07",
            (subject_of(books, to), ("kind", kind)),
            say("check.paper_linkage.expected", kind=kind),
            say("check.paper_linkage.found", count=count, first=worst[0], last=worst[-1], periods=len(worst)),
            (books.evidence("links", tied["_row"].min(), f"{kind} {to}"),),
            worst[0],
        )


def _pots(due: Due) -> pd.DataFrame:
    """The pots that held money: POTS."""
    lines = due.ledger[due.ledger["receiver"] == POT]
    pots = lines.assign(kind=lines["receiver_id"].str.split(SEP).str[0]).groupby(POTS, as_index=False)["amount_fen"].sum()
    return pots[pots["amount_fen"] > 0]


def _held_in(books: Books, links: pd.DataFrame, period: str) -> np.ndarray:
    """Which links are in force on the last day of a period."""
    periods = books.instance.periods
    if not periods.last_days:
        return np.ones(len(links), dtype=bool)
    last = pd.Timestamp(periods.last_days[periods.number[period]])
    return ((links["begin"] <= last) & (links["end"] > last)).to_numpy()


def capture(books: Books) -> Iterator[Finding]:
    """L08: one household is due more than ``capture_share`` of what a base brings in one kind over the horizon, where at
    least ``capture_recipients`` households share. At risk is what it is due beyond that share.
    """
    totals = books.due.groupby(["kind", "base", "household"], as_index=False)["due_fen"].sum()
    totals = totals[totals["due_fen"] > 0]
    pool = totals.groupby(["kind", "base"])["due_fen"]
    totals = totals.assign(whole=pool.transform("sum"), recipients=pool.transform("size"))
    share = Fraction(str(books.limits.capture_share))
    large = totals[totals["recipients"] >= books.limits.capture_recipients]
    for line in large[large["due_fen"] >= large["whole"] * float(share) * 0.999].itertuples(index=False):
        allowed = line.whole * share.numerator // share.denominator
        if line.due_fen * share.denominator > line.whole * share.numerator:
            yield Finding(
                "L08",
                (("household", line.household), ("base", line.base), ("kind", line.kind)),
                say("check.capture.expected", share=f"{float(share):.0%}", yuan=in_yuan(allowed), count=line.recipients),
                say("check.capture.found", yuan=in_yuan(line.due_fen), whole=in_yuan(line.whole)),
                fen=int(line.due_fen - allowed),
            )


def ended_before_payout(books: Books) -> Iterator[Finding]:
    """L09: a link ended at most ``ended_days`` before a period's end at which its base had money to divide, was not in force
    then, and was opened anew later for the same household, or replaced.

    Replaced: within those days a link of the same kind, weight and ``to`` began for a household that had none there before.
    Dividends, shares and wages; rent follows the leases. At risk is what the other household drew in the settlement of that
    period (nothing where the link was only opened anew: the money then went to the rest of the pool, or to nobody).
    """
    periods, limit = books.instance.periods, pd.Timedelta(days=books.limits.ended_days)
    links = with_spans(books.table("links"))
    links = links[links["kind"] != "rent"].assign(label=links.index[links["kind"] != "rent"])
    due = books.due[books.due["due_fen"] > 0]
    for name, day in zip(periods.names, periods.last_days, strict=False):
        last = pd.Timestamp(day)
        out = links[(links["end"] <= last) & (last <= links["end"] + limit)]
        if out.empty:
            continue
        paying = due.loc[due["period"] == name, ["kind", "base"]].drop_duplicates()
        out = out[_is_paying(books, out, paying)]
        held = links[(links["begin"] <= last) & (links["end"] > last)]
        out = out[~_tie(out).isin(_tie(held))]
        again = links[links["begin"] > last].sort_values("begin").drop_duplicates(TIE).set_index(TIE)["label"]
        out = out.assign(again=again.reindex(_tie(out)).to_numpy(), other=_replacing(out, links, limit))
        out = out[out["again"].notna() | out["other"].notna()]
        cells = cells_by_household(books, set(links.loc[out["other"].dropna(), "household"]))
        for link in out.itertuples(index=False):
            other = None if pd.isna(link.other) else links.loc[link.other]
            after = links.loc[link.again] if other is None else other
            heir = "" if other is None else str(other["household"])
            mine = drawn(books, cells.get(heir), link.kind, bases_of(books, link.to), last, last + DAY)
            yield Finding(
                "L09",
                (("household", link.household), subject_of(books, link.to), ("kind", link.kind)),
                say("check.ended_before_payout.expected", kind=link.kind, to=link.to, day=day_text(last)),
                say("check.ended_before_payout.found", ended=day_text(link.end), begun=day_text(after["begin"]), name=after["household"]),
                (link_evidence(books, links.loc[link.label]), link_evidence(books, after)),
                name,
                max(0, int(mine["fen"].sum())),
                item_of(heir, link.kind, mine),
            )


def _tie(links: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(links[TIE])


def _is_paying(books: Books, links: pd.DataFrame, paying: pd.DataFrame) -> np.ndarray:
    """Which links share in one of the pools (kind, base) that have money."""
    company = paying["base"].map(dict(books.table("bases")[["base", "company"]].itertuples(index=False)))
    places = pd.concat([paying.rename(columns={"base": "to"}), paying[["kind"]].assign(to=company)])
    return pd.MultiIndex.from_frame(links[["kind", "to"]]).isin(pd.MultiIndex.from_frame(places))


def _replacing(out: pd.DataFrame, links: pd.DataFrame, limit: pd.Timedelta) -> np.ndarray:
    """Of each link that ended, the first link of a newcomer to the pool that began within the days after (NA: none)."""
    new = links[links["begin"] == links.groupby(TIE)["begin"].transform("min")]
    new = new[["kind", "to", "weight", "begin", "label"]].rename(columns={"label": "other"}).sort_values("begin", kind="stable")
    ended = out[["kind", "to", "weight", "end", "label"]].sort_values("end", kind="stable")
    found = pd.merge_asof(ended, new, left_on="end", right_on="begin", by=["kind", "to", "weight"], direction="forward", tolerance=limit)
    return found.set_index("label")["other"].reindex(out["label"]).to_numpy()
