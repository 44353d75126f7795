"""Reconciliation per base and period: sales, receipts, the households' part, what fell due, what was paid, what is owed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import fen
from optimizer.revenue.ledger import POT

FIGURES = (
    "sales_fen", "received_fen", "households_part_fen", "opening_fen", "due_fen", "paid_fen", "returned_fen", "closing_fen",
)  # fmt: skip


def reconciliation(books: Books) -> pd.DataFrame:
    """One row per base and period: base, period, FIGURES.

    ``received_fen``: receipts by the day they came in · ``households_part_fen``: what the split gives to pots
    (a net split does so in the last period of the year) · ``due_fen``:
    everything earned in the period, wages and rents included · ``paid_fen`` and ``returned_fen`` by their day; what lies
    before the first period or after the last counts with these · opening + due − paid + returned = closing, from an
    opening of nothing. Figures of tables that were not kept are absent.
    """
    instance = books.instance
    index = pd.MultiIndex.from_product([instance.universe("bases"), instance.periods.names], names=["base", "period"])
    ledger = books.actual.ledger
    part = ledger[(ledger["account"] == "split") & (ledger["receiver"] == POT)]
    columns: dict[str, pd.Series | None] = {
        "sales_fen": _sum(books.sales, books.sales["amount_fen"], index),
        "received_fen": _received(books, index),
        "households_part_fen": _sum(part, part["amount_fen"], index),
        "due_fen": _sum(books.due, books.due["due_fen"], index),
        "paid_fen": None,
        "returned_fen": None,
    }
    if books.is_paid and books.has("payments"):
        paid = books.payments.assign(period=_period_of(books, books.payments["paid_on"], books.payments["settlement"]))
        columns["paid_fen"] = _sum(paid, paid["amount_fen"], index)
        columns["returned_fen"] = _returned(books, paid, index)
    frame = pd.DataFrame({name: column for name, column in columns.items() if column is not None}, index=index)
    if "paid_fen" in frame:
        moved = frame["due_fen"] - frame["paid_fen"] + frame["returned_fen"]
        frame["closing_fen"] = moved.groupby(level="base").cumsum()
        frame["opening_fen"] = frame["closing_fen"] - moved
    return frame.reindex(columns=list(FIGURES)).astype("Int64").reset_index()


def _sum(frame: pd.DataFrame, amounts: pd.Series, index: pd.MultiIndex) -> pd.Series:
    return amounts.groupby([frame["base"], frame["period"]]).sum().reindex(index, fill_value=0).astype("int64")


def _received(books: Books, index: pd.MultiIndex) -> pd.Series | None:
    if not (books.is_paid and books.has("receipts")):
        return None
    receipts = books.table("receipts").merge(books.sales[["sale", "base", "period"]], on="sale")
    receipts["period"] = _period_of(books, receipts["received_on"], receipts["period"])
    return _sum(receipts, pd.Series(fen(receipts["amount_yuan"]), index=receipts.index), index)


def _returned(books: Books, paid: pd.DataFrame, index: pd.MultiIndex) -> pd.Series:
    events = books.table("payment_events").merge(paid[["payment", "base", "settlement"]], on="payment")
    sign = events["event"].map({"returned": 1, "repaid": -1}).astype("int64")
    events["period"] = _period_of(books, events["date"], events["settlement"])
    return _sum(events, sign * fen(events["amount_yuan"]), index)


def _period_of(books: Books, days: pd.Series, settlement: pd.Series) -> pd.Series:
    """The period each day lies in, the first or last where it lies outside; without dates the settlement's last one."""
    periods = books.instance.periods
    if not periods.last_days:
        number = settlement.map(books.settlements.number).fillna(0).astype(int)
        return pd.Series([periods.names[i] for i in number], index=days.index, dtype=object)
    ends = np.array(periods.last_days, dtype="datetime64[D]")
    place = np.searchsorted(ends, days.to_numpy(dtype="datetime64[D]"), side="left").clip(0, len(periods) - 1)
    return pd.Series(np.array(periods.names, dtype=object)[place], index=days.index, dtype=object)
