"""The end of a made-up year: guarantees that were met, surpluses given back, households that left poverty on paid income."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.incomes import incomes, least_fen, line_of
from optimizer.audit.synthetic.calendar import Calendar

GUARANTEED = 5
GUARANTEED_SHARE = 0.6
BY_TRADE_SHARE = 0.7
EXITS_SHARE = 0.02
CLEARLY = Fraction(6, 5)
"""How far above the line the income of those who leave poverty is at least."""

EXIT_DAYS = 30


def guarantees(books: Books, calendar: Calendar) -> pd.DataFrame:
    """A least dividend for a few households of each base, well below what they are due, in whole yuan."""
    due = books.due[books.due["kind"] == "dividend"]
    totals = due.groupby(["base", "household"], as_index=False)["due_fen"].sum()
    few = totals[totals["due_fen"] > 0].groupby("base").head(GUARANTEED).reset_index(drop=True)
    signed = calendar.begins - pd.Timedelta(days=30)
    return pd.DataFrame(
        {
            "agreement": [f"G-{household}" for household in few["household"]], "kind": "guarantee", "household": few["household"],
            "to": few["base"], "valid_from": calendar.begins, "valid_to": calendar.ends + pd.Timedelta(days=1),
            "signed_on": signed, "recorded_on": signed + pd.Timedelta(days=2),
            "guaranteed_yuan": np.floor(few["due_fen"] * GUARANTEED_SHARE / 100),
        }
    ).drop_duplicates("agreement")  # fmt: skip


def surpluses(books: Books) -> pd.DataFrame:
    """What each cooperative (whoever households hold shares in) distributed, most of it by trade."""
    capital = books.table("capital")
    surplus = np.round(capital["capital_yuan"] * 0.1)
    return pd.DataFrame({"to": capital["to"], "surplus_yuan": surplus, "by_trade_yuan": np.ceil(surplus * BY_TRADE_SHARE)})


def exits_and_incomes(books: Books, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Some households with an income clearly above the line leave poverty after the last payment, with what they were
    paid; their incomes by component, before and after."""
    line = line_of(books.instance)
    people = incomes(books)
    if line is None or people["income_before_fen"].isna().any():
        return {}
    least = least_fen(people["persons"], line * CLEARLY)
    clear = people[(people["income_paid_fen"] > least) & (people["income_before_fen"] > people["forgone_paid_fen"])]
    chosen = clear[rng.random(len(clear)) < EXITS_SHARE]
    chosen = (chosen if len(chosen) else clear.head(1)).set_index("household")
    exited = books.payments["paid_on"].max() + pd.Timedelta(days=EXIT_DAYS)
    income_yuan = chosen["income_paid_fen"].astype("int64") / 100
    exits = pd.DataFrame({"exited_on": exited, "income_yuan": income_yuan, "basis": "paid"}, index=chosen.index).reset_index()
    return {"exits": exits, "incomes": _components(chosen.drop(columns=["village", "base", "linked"]).astype("int64"))}


def _components(people: pd.DataFrame) -> pd.DataFrame:
    """Income by component: before the programme half wages and half own business; afterwards with what was paid, and what
    was forgone for it subtracted."""
    wage = people["income_before_fen"] // 2
    business = people["income_before_fen"] - wage
    columns = {
        ("wage", "before", "declared"): wage,
        ("business", "before", "declared"): business,
        ("wage", "after", "paid"): wage + people["wage_paid_fen"],
        ("business", "after", "declared"): business,
        ("property", "after", "paid"): people["rent_paid_fen"] + people["dividend_paid_fen"] + people["share_paid_fen"],
        ("costs", "after", "declared"): people["forgone_paid_fen"],
    }
    parts = [
        pd.DataFrame(
            {"household": people.index, "component": component, "moment": moment, "amount_yuan": fen.to_numpy() / 100, "basis": basis}
        )
        for (component, moment, basis), fen in columns.items()
    ]
    frame = pd.concat(parts, ignore_index=True)
    return frame[frame["amount_yuan"] != 0].sort_values(["household", "moment", "component"], ignore_index=True)
