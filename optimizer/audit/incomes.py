"""Incomes of households before, as planned and as really paid, with the gains by kind that lie between."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.audit.books import Books, kept
from optimizer.audit.matching import KINDS
from optimizer.audit.spans import with_spans
from optimizer.household.income import linked_households
from optimizer.instance.instance import Instance
from optimizer.revenue.fen import half_up

FEN = 100


@kept
def incomes(books: Books) -> pd.DataFrame:
    """One row per household of the register, sorted by name.

    Columns: household, village, base (the one its dividend or share comes from; '' without one), persons, linked,
    income_before_fen; for ``planned`` and ``paid`` as far as they exist: dividend_planned_fen …, forgone_planned_fen,
    gain_planned_fen, income_planned_fen. A gain is what was received less what leased land and days worked would have
    earned otherwise. What does not exist (no plan, no payments, no incomes) is absent, never zero.

    What was paid is what reached the household: payments less what the bank sent back, whatever they were for. Figures
    forgone are the plan's as planned; as paid they follow from the sheets and leases of the year.
    """
    instance = books.instance
    columns = ["household", "village", "persons", "income_before_yuan"]
    frame = instance.table("households")[columns].sort_values("household", ignore_index=True)
    frame["base"] = frame["household"].map(_first_link(books)).fillna("")
    frame["linked"] = frame["household"].isin(linked(books))
    before = frame.pop("income_before_yuan")
    frame["income_before_fen"] = pd.Series(half_up(before.fillna(0).to_numpy(dtype=float))).astype("Int64").mask(before.isna())
    has_plan, has_payments = books.planned is not None, books.is_paid
    frame = _with_gains(frame, books.cells, "planned", planned_forgone(books) if has_plan else None)
    return _with_gains(frame, books.cells, "paid", paid_forgone(books) if has_payments else None)


def _with_gains(frame: pd.DataFrame, cells: pd.DataFrame, moment: str, forgone: pd.Series | None) -> pd.DataFrame:
    """The frame with what was received by kind, forgone, gained and earned at a moment; all absent without ``forgone``."""
    absent = pd.Series(pd.NA, index=frame.index, dtype="Int64")
    gained = pd.Series(0, index=frame.index, dtype="Int64")
    for kind in KINDS:
        mine = cells[cells["kind"] == kind]
        got = mine[f"{moment}_fen"].astype("Int64").groupby(mine["household"]).sum()
        frame[f"{kind}_{moment}_fen"] = absent if forgone is None else frame["household"].map(got).astype("Int64").fillna(0)
        gained = gained + frame[f"{kind}_{moment}_fen"]
    lost = absent if forgone is None else frame["household"].map(forgone).astype("Int64").fillna(0)
    frame[f"forgone_{moment}_fen"] = lost
    frame[f"gain_{moment}_fen"] = gained - lost
    frame[f"income_{moment}_fen"] = frame["income_before_fen"] + frame[f"gain_{moment}_fen"]
    return frame


def line_of(instance: Instance) -> Fraction | None:
    """The poverty line per head of the year the settings name, in fen, exactly as the table has it; None without one."""
    year = instance.settings.poverty_line_year
    lines = instance.table("poverty_lines")
    found = lines.loc[lines["year"] == year, "line_yuan"] if year is not None else []
    return Fraction(str(found.iloc[0])) * FEN if len(found) else None  # type: ignore[union-attr]


def least_fen(persons: pd.Series, line_fen: Fraction) -> np.ndarray:
    """The least income in whole fen with which so many persons are not below the line.

    A household is below if its income < persons × line (strictly); in whole fen that is income < ⌈persons × line⌉.
    """
    heads = persons.to_numpy(dtype=np.int64)
    return -(-heads * line_fen.numerator // line_fen.denominator)


def linked(books: Books) -> set[str]:
    """Households with a link that counts in some period."""
    return linked_households(books.instance)


def _first_link(books: Books) -> pd.Series:
    links = books.table("links")
    pooled = links[links["kind"].isin(["dividend", "share"])].sort_values(["household", "kind", "to"])
    return pooled.drop_duplicates("household").set_index("household")["to"]


def planned_forgone(books: Books) -> pd.Series | None:
    """What the plan's division says each household gives up; None without a result."""
    if books.result is None:
        return None
    return books.result.table("households").set_index("household")["forgone_fen"]


def paid_forgone(books: Books) -> pd.Series | None:
    """What was given up for the year really worked and leased; the plan's figure where sheets or leases were not kept."""
    if books.actual.sources.get("wage") != "work_records" or books.actual.sources.get("rent") != "leases":
        return planned_forgone(books)
    return of_days(books).add(of_land(books), fill_value=0).astype("int64")


def of_days(books: Books) -> pd.Series:
    """Days worked at what the worker's village reckons a day to be worth otherwise (the mean of its resources), half up."""
    work = books.table("work_records").merge(books.table("households")[["household", "village"]], on="household")
    rates = books.table("workers").groupby(["village", "period"], as_index=False)["reservation_yuan_per_day"].mean()
    work = work.merge(rates, on=["village", "period"], how="left")
    yuan = (work["days"] * work["reservation_yuan_per_day"].fillna(0)).groupby(work["household"]).sum()
    return pd.Series(half_up(yuan.to_numpy(dtype=float)), index=yuan.index)


def of_land(books: Books) -> pd.Series:
    """Leased mu at what the household's own use of them would have earned in a year (the rent links' figure), for each
    year of the horizon by the share of its days on which the lease runs, as its rent is; half up per household."""
    links = books.table("links")
    rent = links[links["kind"] == "rent"].drop_duplicates(["household", "to"]).rename(columns={"to": "base"})
    leases = books.table("leases").merge(rent[["household", "base", "forgone_yuan_per_mu"]], on=["household", "base"], how="left")
    whole = leases["area_mu"] * leases["forgone_yuan_per_mu"].fillna(0)
    yuan = (whole * _years_in_force(books, leases)).groupby(leases["household"]).sum()
    return pd.Series(half_up(yuan.to_numpy(dtype=float)), index=yuan.index)


def _years_in_force(books: Books, leases: pd.DataFrame) -> np.ndarray:
    """For how many years of the horizon each lease runs (parts of a year by days; whole years where there are no dates)."""
    periods, years = books.instance.periods, sorted(set(books.instance.periods.years))
    if not periods.last_days:
        return np.full(len(leases), float(len(years)))
    spans, total = with_spans(leases), np.zeros(len(leases))
    for year in years:
        mine = [i for i, of in enumerate(periods.years) if of == year]
        first, after = pd.Timestamp(periods.first_days[mine[0]]), pd.Timestamp(periods.last_days[mine[-1]]) + pd.Timedelta(days=1)
        days = (spans["end"].clip(upper=after) - spans["begin"].clip(lower=first)).dt.days.clip(lower=0)
        total += days.to_numpy(dtype=float) / (after - first).days
    return total
