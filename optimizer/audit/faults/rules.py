"""Faults in the rule signed and the rule applied: R01 to R08."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks.bookings import agreed_lines, split_agreements
from optimizer.audit.checks.pay_lists import DIVIDED, POT
from optimizer.audit.faults.following import add, fen_of, paid_once, pay, put, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick, yuan
from optimizer.audit.faults.sales import book, sale_for

MOVED, TAKEN_OFF, PROMISED, KEPT = 500, 10_000, 2_500, 1_234
LONG_AGO = {
    "valid_from": "1990-01-01",
    "valid_to": "1991-01-01",
    "signed_on": "1989-12-01",
    "posted_on": "1989-12-10",
    "document": "1989-7",
}
"""An agreement that governs no sale of the year, so that a fault in it has no other consequence."""


def plant_shares_not_whole(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R01: the shares of an old agreement sum to 0.99."""
    name = f"old-shares-{number + 1}"
    add(tables, "agreements", agreement=name, kind="split", recorded_on="1989-12-05", **LONG_AGO)
    for recipient, share in (("company", "0.49"), ("base", "0.49"), ("collective", "0.01")):
        add(tables, "agreed_shares", agreement=name, recipient=recipient, of="all", share=share)
    return (Expected("R01", 0, ("agreement", name)),)


def plant_no_rule_or_two(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R02: a sale was made the day before the first agreement began."""
    sale = sale_for(books, "R02", number)
    day = split_agreements(books)["valid_from"].min() - pd.Timedelta(days=1)
    put(tables, "sales", {"sale": sale}, sold_on=f"{day:%Y-%m-%d}")
    amount = int(books.sales.set_index("sale")["amount_fen"][sale])
    return (Expected("R02", amount, ("sale", sale)),)


def plant_applied_not_agreed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R03: 5 yuan of the households' part of a sale are booked for the company."""
    sale = sale_for(books, "R03", number)
    book(tables, sale, "households", -MOVED)
    book(tables, sale, "company", MOVED)
    return (Expected("R03", MOVED, ("sale", sale)),)


def plant_rule_changed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R04: an old agreement was recorded a month after it began and nobody approved it."""
    name = f"old-rule-{number + 1}"
    add(tables, "agreements", agreement=name, kind="split", recorded_on="1990-02-01", **LONG_AGO)
    return (Expected("R04", 0, ("agreement", name)),)


def plant_basis_eroded(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R05: 100 yuan are taken off a sale for hospitality before it is divided, and the rest is divided as agreed."""
    sale = sale_for(books, "R05", number)
    put(tables, "sales", {"sale": sale}, deducted_yuan=yuan(TAKEN_OFF), deduction="hospitality")
    sales = books.sales.assign(deducted_fen=books.sales["deducted_fen"].mask(books.sales["sale"] == sale, TAKEN_OFF))
    lines = agreed_lines(replace(books, actual=replace(books.actual, sales=sales)))
    for line in lines[lines["sale"] == sale].itertuples():
        put(tables, "booked_splits", {"sale": sale, "recipient": line.recipient, "to": line.to}, amount_yuan=yuan(line.amount_fen))
    return (Expected("R05", TAKEN_OFF, ("sale", sale)),)


def plant_extra_fen_steered(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R06: on one pay list a fen of one household is listed for another, and paid so."""
    lines = _ripe(books)
    pots = lines.groupby([*POT, "paid_on"])["payment"].transform("size") > 1
    winner = lines.set_index("payment").loc[pick(lines.loc[pots, "payment"], "R06", number)]
    same = lines[(lines[[*POT, "paid_on"]] == winner[[*POT, "paid_on"]]).all(axis=1) & (lines["household"] != winner["household"])]
    loser = same.set_index("payment").loc[pick(same["payment"], "R06", number)]
    pay(books, tables, {str(winner.name): 1, str(loser.name): -1})
    lucky, robbed = ("household", winner["household"]), ("household", loser["household"])
    return Expected("R06", 1, lucky), Expected("R06", 1, robbed), Expected("P02", 1, lucky), Expected("P01", 1, robbed)


def _ripe(books: Books) -> pd.DataFrame:
    """Dividends and shares whose due date is past, each paid once and in full."""
    lines = paid_once(books)
    ripe = books.cells.loc[books.cells["due_on"] < pd.Timestamp(books.as_of), ["household", *POT]]
    return lines[lines["kind"].isin(DIVIDED) & (lines["paid_fen"] > 1)].merge(ripe, on=["household", *POT])


def plant_guarantee_missed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R07: a household was promised 25 yuan more of dividends than it was paid."""
    cells = books.cells[books.cells["kind"] == "dividend"]
    last = max(i for i, year in enumerate(books.instance.periods.years) if year == books.instance.periods.years[-1])
    years = cells["settlement"].map(books.settlements.number).map(lambda place: books.instance.periods.years[place])
    paid = cells[years == books.instance.periods.years[last]].groupby("household")["paid_fen"].sum()
    household = pick(paid.index[paid > 0], "R07", number)
    name = f"promise-{number + 1}"
    guaranteed = yuan(int(paid[household]) + PROMISED)
    add(tables, "agreements", agreement=name, kind="guarantee", household=household, guaranteed_yuan=guaranteed)
    return (Expected("R07", PROMISED, ("household", household)),)


def plant_cooperative_minimum_missed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """R08: a cooperative gave back 12.34 yuan too little by trade."""
    companies = set(books.table("bases")["company"])
    to = pick(tables["surpluses"]["to"] if "surpluses" in tables else companies, "R08", number)
    if "surpluses" not in tables:
        add(tables, "surpluses", to=to, surplus_yuan="10000.00", by_trade_yuan="0.00")
    surplus = fen_of(value_of(tables, "surpluses", "surplus_yuan", to=to))
    least = math.ceil(Fraction(str(books.limits.cooperative_share)) * surplus)
    put(tables, "surpluses", {"to": to}, by_trade_yuan=yuan(max(0, least - KEPT)))
    return (Expected("R08", min(least, KEPT), ("company" if to in companies else "base", to)),)


PLANTERS: dict[str, Planter] = {
    "R01": plant_shares_not_whole,
    "R02": plant_no_rule_or_two,
    "R03": plant_applied_not_agreed,
    "R04": plant_rule_changed,
    "R05": plant_basis_eroded,
    "R06": plant_extra_fen_steered,
    "R07": plant_guarantee_missed,
    "R08": plant_cooperative_minimum_missed,
}
