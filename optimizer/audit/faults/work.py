"""Planted faults of sheets, leases and share registers: W01 to W05."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import rents_due, rounded, wages_due
from optimizer.audit.faults.following import fen_of, owe, paid_once, pay, put, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick, yuan
from optimizer.audit.spans import subject_of
from optimizer.revenue.fen import half_up

YUAN = 100


def plant_wage_arithmetic(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """W01: a slip that says 1.23 yuan more than days × rate; what is paid follows the days."""
    due = wages_due(books.instance).set_index("document")["due_fen"]
    record = pick(due.index, "W01", number)
    put(tables, "work_records", {"record": record}, due_yuan=yuan(int(due[record]) + 123))
    return (Expected("W01", 123, ("record", record)),)


def plant_impossible_days(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """W02: a person with one line in a period has a day more on it than the period has, and was paid for it."""
    line = _line(books, "W02", number)
    periods = books.instance.periods
    at = periods.number[line["period"]]
    days = (periods.last_days[at] - periods.first_days[at]).days + 2
    _rewrite(books, tables, line, days, int(line["rate_fen"]))
    who = ("person", line["person"]) if line["person"] else ("household", line["household"])
    return (Expected("W02", int(line["rate_fen"]), who),)


def plant_rate_below_agreed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """W03: a line at a yuan a day less than the village's wage, and paid so."""
    line = _line(books, "W03", number)
    _rewrite(books, tables, line, line["days"], int(line["rate_fen"]) - YUAN)
    short = rounded(round(line["days"] * 1000) * YUAN, 1000)
    return (Expected("W03", int(short), ("record", line["record"])),)


def plant_lease_unsound(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """W04: a lease that names the parcel of another one, which that one takes up whole."""
    leases = books.table("leases")
    area = books.table("parcels").set_index("parcel")["area_mu"]
    whole = leases[(leases["parcel"].map(area) == leases["area_mu"]) & ~leases.duplicated("parcel", keep=False)]
    whole = whole[whole["valid_to"].isna()]
    two = [pick(whole["lease"].iloc[::2], "W04", number), pick(whole["lease"].iloc[1::2], "W04", number)]
    both = whole[whole["lease"].isin(two)].sort_values(["valid_from", "_row"], na_position="first")
    parcel, later = both["parcel"].iloc[0], both["lease"].iloc[1]
    put(tables, "leases", {"lease": later}, parcel=parcel)
    rents = rents_due(books.instance).groupby("document")["due_fen"].sum()
    return (Expected("W04", int(rents[later]), ("parcel", parcel)),)


def plant_shares_not_capital(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """W05: a capital of 100 yuan more than the units make up."""
    to = pick(books.table("capital")["to"], "W05", number)
    before = fen_of(value_of(tables, "capital", "capital_yuan", to=to))
    put(tables, "capital", {"to": to}, capital_yuan=yuan(before + 100 * YUAN))
    return (Expected("W05", 100 * YUAN, subject_of(books, to)),)


def _line(books: Books, code: str, number: int) -> pd.Series:
    """A work record, the only one of its person in the period, whose wages of the period were paid at once; with the
    payment, its settlement and rate_fen."""
    records = books.table("work_records")
    who = records["person"].where(records["person"] != "", records["household"])
    alone = records[~pd.DataFrame({"who": who, "period": records["period"]}).duplicated(keep=False) & (records["days"] > 0)]
    settled = books.settlements.named(pd.Series("wage", index=alone.index), alone["period"])
    alone = alone.assign(settlement=settled, kind="wage", rate_fen=half_up(alone["rate_yuan_per_day"].to_numpy(dtype=float)))
    lines = alone.merge(paid_once(books), on=["household", "kind", "base", "settlement"])
    record = pick(lines["record"], code, number)
    return lines[lines["record"] == record].iloc[0]


def _rewrite(books: Books, tables: Tables, line: pd.Series, days: float, rate_fen: int) -> None:
    """Other days or another rate on a sheet, with slip, payment and balances as they follow."""
    before = rounded(round(line["days"] * 1000) * int(line["rate_fen"]), 1000)
    now = rounded(round(days * 1000) * rate_fen, 1000)
    put(tables, "work_records", {"record": line["record"]}, days=f"{days:.15g}", rate_yuan_per_day=yuan(rate_fen), due_yuan=yuan(now))
    pay(books, tables, {line["payment"]: int(now) - int(before)})
    owe(books, tables, line["base"], line["period"], int(now) - int(before))


PLANTERS: dict[str, Planter] = {
    "W01": plant_wage_arithmetic,
    "W02": plant_impossible_days,
    "W03": plant_rate_below_agreed,
    "W04": plant_lease_unsound,
    "W05": plant_shares_not_capital,
}
