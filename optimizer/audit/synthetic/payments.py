"""What was paid in a made-up year: exactly what is due, in time, through each household's own account."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.matching import CELL, KINDS
from optimizer.audit.synthetic.calendar import Calendar
from optimizer.audit.synthetic.writing import numbered
from optimizer.instance.instance import Instance

DUE_DAYS = {"dividend": 45, "share": 45, "wage": 25, "rent": 45}
"""Days after the last period paid together by which each kind is due."""

DAYS_BEFORE = (3, 12)
RETURNED_SHARE, CONFIRMED_SHARE = 0.003, 0.02
BOOKED_DAYS = 4


def due_dates(calendar: Calendar, kinds: set[str], years: tuple[int, ...]) -> pd.DataFrame:
    """Dividends and shares by sets of periods where the instance has such; wages each period; rents at the year's start."""
    rows: list[tuple[str, str, pd.Timestamp]] = []
    periods = list(calendar.last)
    for kind in KINDS:
        if kind not in kinds:
            continue
        groups: dict[str, tuple[str, ...]] = {name: (name,) for name in periods}
        if kind in ("dividend", "share"):
            paid = {name for members in calendar.paydays.values() for name in members}
            groups = {**calendar.paydays, **{name: (name,) for name in periods if name not in paid}}
        if kind == "rent":
            groups = {periods[years.index(year)]: (periods[years.index(year)],) for year in sorted(set(years))}
        rows += [(kind, label, calendar.last[members[-1]] + pd.Timedelta(days=DUE_DAYS[kind])) for label, members in groups.items()]
    return pd.DataFrame(rows, columns=["kind", "period", "due_on"]).astype({"due_on": "datetime64[ns]"})


def booked_splits(books: Books, received: pd.DataFrame) -> pd.DataFrame:
    """Every sale divided as the rule says, a few days after the last of its money came in."""
    last = received.groupby("sale")["received_on"].max() + pd.Timedelta(days=BOOKED_DAYS)
    booked = books.split.sort_values("sale", kind="stable", ignore_index=True)
    return booked.assign(amount_yuan=booked["amount_fen"] / 100, booked_on=pd.to_datetime(booked["sale"].map(dict(last))))


def payments(books: Books, held: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One payment for each household, kind, base and settlement with something due; ``fen`` beside the columns.

    ``held``: the accounts of the register. All of one kind and settlement go out in one pay run.
    """
    cells = books.cells
    frame = cells.loc[cells["due_fen"] > 0, [*CELL, "due_fen", "due_on"]].merge(held[["household", "account", "holder"]], on="household")
    frame = frame.sort_values(["due_on", "kind", "settlement", "base", "household"], ignore_index=True)
    run = frame.groupby(["due_on", "kind", "settlement"], sort=False).ngroup()
    early = rng.integers(*DAYS_BEFORE, int(run.max()) + 1 if len(run) else 0)
    frame["paid_on"] = frame["due_on"] - pd.to_timedelta(early[run], unit="D")
    frame["batch"] = [f"B{number + 1}" for number in run]
    frame.insert(0, "payment", numbered("P", len(frame)))
    amount = frame["due_fen"] / 100
    return frame.assign(due_yuan=amount, amount_yuan=amount, period=frame["settlement"], fen=frame["due_fen"])


def bank_lines(paid: pd.DataFrame) -> pd.DataFrame:
    """The bank's statement: every payment credited on its day."""
    lines = [f"L{name[1:]}" for name in paid["payment"]]
    return paid.assign(line=lines, credited_on=paid["paid_on"])


def payment_events(paid: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """A few payments that the bank sent back and that were paid again some days later."""
    few = paid[rng.random(len(paid)) < RETURNED_SHARE]
    few = few if len(few) else paid.head(1)
    parts = [
        pd.DataFrame(
            {"payment": few["payment"], "event": event, "date": few["paid_on"] + pd.Timedelta(days=days), "amount_yuan": few["amount_yuan"]}
        )
        for event, days in (("returned", 1), ("repaid", 2))
    ]
    frame = pd.concat(parts).sort_values(["date", "payment"], ignore_index=True)
    return frame.assign(bank_reference=[f"E{i}" for i in range(1, len(frame) + 1)])


def confirmations(paid: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """What the households of a random sample say they received: all of it."""
    some = paid[rng.random(len(paid)) < CONFIRMED_SHARE]
    some = (some if len(some) else paid.head(1)).reset_index(drop=True)
    days = rng.integers(5, 15, len(some))
    return some.assign(
        channel=rng.choice(["visit", "phone", "signature"], len(some)),
        received_yuan=some["amount_yuan"],
        confirmed_on=some["paid_on"] + pd.to_timedelta(days, unit="D"),
    )


def postings(paid: pd.DataFrame, instance: Instance) -> pd.DataFrame:
    """Every pay list posted in every village it pays, before the money went out."""
    village = instance.table("households").set_index("household")["village"]
    lists = paid.assign(village=paid["household"].map(village)).groupby(["village", "period"], as_index=False)["paid_on"].min()
    return lists.assign(posted_on=lists["paid_on"] - pd.Timedelta(days=7)).sort_values(["posted_on", "village", "period"])
