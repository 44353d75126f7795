"""Faults of incomes (Y01 to Y04), planted in a clean register with its year of payments."""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import add, put
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick, yuan
from optimizer.audit.incomes import incomes, least_fen, line_of
from optimizer.audit.matching import KINDS

MORE_FEN = 123_456
"""What a planted exit counts beyond what was paid."""

SHORT_FEN = 10_000
"""How far below the line, or below nothing, a planted loss reaches at least."""

FEN_OF_YUAN = 100


def plant_expected_counted(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """One more exit, reported on the planned basis with 1,234.56 yuan that nobody paid."""
    people = incomes(books)
    people = people[~people["household"].isin(tables["exits"]["household"]) & people["linked"]] if "exits" in tables else people
    household = pick(people["household"], "Y01", number)
    paid = people.set_index("household").loc[household]
    explained = int(paid["income_before_fen"] + sum(paid[f"{kind}_paid_fen"] for kind in KINDS))
    day = f"{books.as_of:%Y-%m-%d}"
    add(tables, "exits", household=household, exited_on=day, income_yuan=yuan(explained + MORE_FEN), basis="planned")
    return (Expected("Y01", MORE_FEN, ("household", household)),)


def plant_lifted_on_paper(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """The land a household leases is worth more to itself than the plan took it to be, so that the year leaves it below the
    line though the plan lifts it; it still gains, and is paid all it is due."""
    line = line_of(books.instance)
    assert line is not None
    leasing = _leasing(books)
    leasing["least_fen"] = least_fen(leasing["persons"], line)
    lifted = (leasing["income_before_fen"] < leasing["least_fen"] - SHORT_FEN) & (leasing["income_planned_fen"] >= leasing["least_fen"])
    household = pick(leasing.loc[lifted, "household"], "Y02", number)
    row = leasing.set_index("household").loc[household]
    lost = _dearer_land(tables, household, row, int(row["income_paid_fen"] - row["least_fen"]) + SHORT_FEN)
    return (Expected("Y02", int(row["least_fen"] - row["income_paid_fen"]) + lost, ("household", household)),)


def plant_net_loss(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """The land a household leases is worth more to itself than all it is due; it stays above the line, or was never lifted."""
    line = line_of(books.instance)
    leasing = _leasing(books)
    known = leasing["income_before_fen"].notna()
    if line is not None:
        leasing["least_fen"] = least_fen(leasing["persons"], line)
        room = (
            leasing["income_before_fen"]
            - leasing["least_fen"]
            - 2 * SHORT_FEN
            - leasing["lease_area"].map(lambda mu: int(mu * FEN_OF_YUAN))
        )
        known = (room > 0) | (leasing["income_planned_fen"] < leasing["least_fen"])
    household = pick(leasing.loc[known.fillna(False), "household"], "Y04", number)
    row = leasing.set_index("household").loc[household]
    lost = _dearer_land(tables, household, row, int(row["gain_paid_fen"]) + SHORT_FEN)
    return (Expected("Y04", lost - int(row["gain_paid_fen"]), ("household", household)),)


def _leasing(books: Books) -> pd.DataFrame:
    """Incomes of households that lease land under one rent link and one lease for the whole year, and that gain by it."""
    leases, links = books.table("leases"), books.table("links")
    once = leases[~leases["household"].duplicated(keep=False)]
    rents = links[
        (links["kind"] == "rent")
        & ~links[links["kind"] == "rent"]["household"].duplicated(keep=False).reindex(links.index, fill_value=True)
    ]
    mine = once.merge(rents, left_on=["household", "base"], right_on=["household", "to"], suffixes=("", "_linked"))
    areas = dict(zip(mine["household"], (Fraction(str(area)) for area in mine["area_mu"]), strict=True))
    rates = dict(zip(mine["household"], (Fraction(str(rate)) for rate in mine["forgone_yuan_per_mu"]), strict=True))
    whole = books.due[books.due["kind"] == "rent"].groupby("household").size()
    people = incomes(books)
    people = people[people["household"].isin(areas) & ~people["household"].isin(books.table("exits")["household"])]
    people = people[(people["gain_paid_fen"] > 0).fillna(False) & (people["household"].map(whole) == 1)].copy()
    return people.assign(lease_area=people["household"].map(areas), lease_rate=people["household"].map(rates))


def _dearer_land(tables: Tables, household: str, row: pd.Series, least_lost_fen: int) -> int:
    """Raise what the leased land is worth to the household so that it loses at least so much more by leasing it, in whole
    yuan per mu; returns what it loses."""
    area, rate = row["lease_area"], row["lease_rate"]
    before = _half_up(area * rate * FEN_OF_YUAN)
    dearer = Fraction(-(-(before + least_lost_fen) // (area * FEN_OF_YUAN)))
    put(tables, "links", {"household": household, "kind": "rent"}, forgone_yuan_per_mu=str(int(dearer)))
    return _half_up(area * dearer * FEN_OF_YUAN) - before


def _half_up(fen: Fraction) -> int:
    return int(fen + Fraction(1, 2))


def plant_knife_edge(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A household whose income before is such that what it was paid brings it to the line, to the fen."""
    line = line_of(books.instance)
    assert line is not None
    people = incomes(books)
    people = people[~people["household"].isin(books.table("exits")["household"]) & people["linked"]]
    people = people[(people["gain_planned_fen"] >= people["gain_paid_fen"]) | (people["gain_paid_fen"] > 0)]
    household = pick(people["household"], "Y03", number)
    row = people.set_index("household").loc[household]
    least = int(least_fen(pd.Series([row["persons"]]), line)[0])
    put(tables, "households", {"household": household}, income_before_yuan=yuan(least - int(row["gain_paid_fen"])))
    return (Expected("Y03", 0, ("village", row["village"])),)


PLANTERS: dict[str, Planter] = {
    "Y01": plant_expected_counted,
    "Y02": plant_lifted_on_paper,
    "Y03": plant_knife_edge,
    "Y04": plant_net_loss,
}
