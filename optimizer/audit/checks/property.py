"""What land and capital earn: leases against the land register and the agreed rate, share registers against capital."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import fen, rents_due
from optimizer.audit.finding import Finding, due_item
from optimizer.audit.spans import DAY, NEVER, bases_of, day_text, horizon, overlaps, subject_of, windows, with_spans
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

TOLERANCE_MU = 1e-6


def lease_unsound(books: Books) -> Iterator[Finding]:
    """W04: land is let twice, beyond its registered area, or below the agreed rate.

    Of a parcel in the land register the areas of all leases in force on a day must fit into its area, so that a parcel may be
    let in parts; of one that is not there, two leases must not overlap. Reported is each lease that goes beyond (the later by
    first day, then by row); at risk is the rent of its mu beyond for the time it does, reckoned like the rent itself. Below
    the agreed rate: the rent at the agreed rate less the rent at the rate applied.
    """
    yield from _let_twice(books)
    yield from _below_rate(books)


def _let_twice(books: Books) -> Iterator[Finding]:
    leases = with_spans(books.table("leases"))
    leases = leases[leases["parcel"] != ""]
    registered = books.table("parcels").set_index("parcel")["area_mu"]
    beyond = pd.concat([_beyond(leases[leases["parcel"].isin(registered.index)], registered), _overlapping(leases, registered.index)])
    rents = _rents(books, beyond)
    for line in beyond.itertuples():
        area = registered.get(line.parcel)
        day = day_text(line.begin) or say("check.always")
        rows = [leases.loc[label] for label in dict.fromkeys((line.Index, line.other))]
        yield Finding(
            "W04",
            (("parcel", line.parcel), ("lease", line.lease), ("household", line.household), ("base", line.base)),
            say("check.lease_unsound.once") if area is None else say("check.lease_unsound.area", area=f"{area:.15g}"),
            say("check.lease_unsound.beyond", lease=line.lease, beyond=f"{line.area_mu:.15g}", day=day),
            tuple(books.evidence("leases", row["_row"], f"{row['lease']}, area_mu {row['area_mu']:.15g}") for row in rows),
            fen=int(rents.get(line.lease, 0)),
        )


def _beyond(leases: pd.DataFrame, registered: pd.Series) -> pd.DataFrame:
    """Leases that do not fit any more into their parcel, with the mu beyond as ``area_mu``, the time (``valid_from`` and
    ``valid_to``) they lie beyond together with the lease ``other`` (itself where it is too large alone)."""
    total = leases.groupby("parcel")["area_mu"].transform("sum")
    tight = leases[total > leases["parcel"].map(registered) + TOLERANCE_MU].sort_values(["parcel", "begin", "_row"])
    rows = []
    for parcel, some in tight.groupby("parcel", sort=False):
        for place, lease in enumerate(some.itertuples()):
            before = some.iloc[:place]
            before = before[before["end"] > lease.begin]
            beyond = min(float(lease.area_mu), float(before["area_mu"].sum() + lease.area_mu - registered[parcel]))
            if beyond > TOLERANCE_MU:
                last = before.loc[before["end"].idxmax()] if len(before) else some.loc[lease.Index]
                rows.append((lease.Index, beyond, last.name, min(lease.end, last["end"])))
    return _cut(leases, pd.DataFrame(rows, columns=["lease_at", "beyond", "other", "until"]))


def _overlapping(leases: pd.DataFrame, registered: pd.Index) -> pd.DataFrame:
    """The same for parcels the land register does not have: the whole area of the later of two leases at once."""
    some = leases[~leases["parcel"].isin(registered)]
    pairs = overlaps(some, ["parcel"])
    area = some["area_mu"].reindex(pairs["later"]).to_numpy()
    return _cut(some, pd.DataFrame({"lease_at": pairs["later"], "beyond": area, "other": pairs["earlier"], "until": pairs["end"]}))


def _cut(leases: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    mine = leases.loc[found["lease_at"]]
    open_end = found["until"].to_numpy() >= NEVER
    until = pd.Series(pd.to_datetime(found["until"]).to_numpy(), index=mine.index).mask(open_end)
    return mine.assign(area_mu=found["beyond"].to_numpy(dtype=float), other=found["other"].to_numpy(), valid_to=until)


def _below_rate(books: Books) -> Iterator[Finding]:
    leases = books.table("leases")
    low = leases[leases["rate_yuan_per_mu"] < leases["agreed_rate_yuan_per_mu"]]
    short = _rents(books, low.assign(rate_yuan_per_mu=low["agreed_rate_yuan_per_mu"])) - _rents(books, low)
    for line in low.itertuples(index=False):
        rate, agreed = fen(pd.Series([line.rate_yuan_per_mu, line.agreed_rate_yuan_per_mu]))
        yield Finding(
            "W04",
            (("lease", line.lease), ("household", line.household), ("base", line.base)),
            say("check.lease_unsound.rate_expected", yuan=in_yuan(agreed)),
            say("check.lease_unsound.rate_found", yuan=in_yuan(rate)),
            (books.evidence("leases", low.loc[low["lease"] == line.lease, "_row"].iloc[0], f"rate_yuan_per_mu {in_yuan(rate)}"),),
            fen=int(short.get(line.lease, 0)),
        )


def _rents(books: Books, leases: pd.DataFrame) -> pd.Series:
    """The rent of some leases over the horizon, by lease, reckoned as it is for all."""
    instance = replace(books.instance, tables={**books.instance.tables, "leases": leases})
    return rents_due(instance).groupby("document")["due_fen"].sum()


def shares_not_capital(books: Books) -> Iterator[Finding]:
    """W05: units × par of the holdings in force on the horizon's last day are not the paid-in capital; or a share was paid to
    a household for a time after its holdings had gone back.

    At risk is the difference, and what was paid. A settlement is after the end when the last holding of the household in the
    base or company ended on or before the first of the days its pots look at.
    """
    shares, capital = with_spans(books.table("shares").rename(columns={"_row": "row"})), books.table("capital")
    last = horizon(books)[1] - DAY
    held = shares[(shares["begin"] <= last) & (shares["end"] > last)]
    value = held.assign(fen=(held["units"] * fen(held["par_yuan"])).round().astype("int64")).groupby("to")["fen"].sum()
    paid_in = pd.Series(fen(capital["capital_yuan"]), index=capital["to"])
    for to in sorted({*value.index, *paid_in.index}):
        units, stated = int(value.get(to, 0)), int(paid_in.get(to, 0))
        if units != stated:
            row = capital.loc[capital["to"] == to, "_row"]
            evidence = (books.evidence("capital", row.iloc[0], f"capital_yuan {in_yuan(stated)}"),) if len(row) else ()
            expected = say("check.shares_not_capital.expected", yuan=in_yuan(stated))
            found = say("check.shares_not_capital.found", yuan=in_yuan(units))
            yield Finding("W05", (subject_of(books, to),), expected, found, evidence, fen=abs(units - stated))
    if books.is_paid and books.instance.periods.last_days:
        yield from _paid_after(books, shares)


def _paid_after(books: Books, shares: pd.DataFrame) -> Iterator[Finding]:
    """Share payments for settlements that lie wholly after the end of the household's last holding."""
    last = shares.sort_values("end", kind="stable").drop_duplicates(["household", "to"], keep="last")
    ended = last[last["end"] < horizon(books)[1]]
    cells = books.cells[books.cells["household"].isin(ended["household"])]
    cells = cells[(cells["kind"] == "share") & (cells["paid_fen"] > 0)]
    for holding in ended.itertuples(index=False):
        mine = cells[(cells["household"] == holding.household) & cells["base"].isin(bases_of(books, holding.to))]
        for cell in mine.itertuples(index=False):
            days = windows(books, "share", cell.settlement)
            still = shares[(shares["household"] == cell.household) & (shares["end"] > min(first for first, _ in days))]
            if any(cell.base in bases_of(books, to) for to in still["to"]):
                continue
            yield Finding(
                "W05",
                (("household", cell.household), ("base", cell.base), ("kind", "share")),
                say("check.shares_not_capital.ended_expected", day=day_text(holding.end)),
                say("check.shares_not_capital.ended_found", yuan=in_yuan(cell.paid_fen)),
                (books.evidence("shares", holding.row, f"{holding.holding}, valid_to {day_text(holding.end)}"),),
                cell.settlement,
                int(cell.paid_fen),
                due_item(cell.household, "share", cell.base, cell.settlement),
            )
