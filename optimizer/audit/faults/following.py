"""What has to change beside a planted fault so that nothing else is wrong: pay list, bank, visits and balances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.planting import Tables, yuan
from optimizer.audit.incomes import incomes
from optimizer.audit.matching import CELL
from optimizer.instance.pools import poverty_line
from optimizer.instance.registry import registry

Cell = tuple[str, str, str, str]
"""Household, kind, base, settlement."""


def fen_of(text: object) -> int:
    """An amount as the files write it, in fen."""
    return round(float(str(text) or 0) * 100)


def put(tables: Tables, table: str, key: Mapping[str, str], **values: str) -> None:
    """Set columns of the rows with these keys; columns that were not written before are added."""
    frame = tables[table]
    rows = np.ones(len(frame), dtype=bool)
    for column, value in key.items():
        rows &= (frame[column] == value).to_numpy()
    assert rows.any(), (table, key)
    for column, value in values.items():
        if column not in frame:
            frame[column] = ""
        frame.loc[rows, column] = value


def add(tables: Tables, table: str, **values: str) -> None:
    """One more row of a table, which need not have been there before."""
    frame = tables.get(table)
    columns = [*frame.columns] if frame is not None else [c for c in registry()[table].columns if c in values]
    row = pd.DataFrame([values], columns=[*columns, *(c for c in values if c not in columns)], dtype=object)
    tables[table] = row.fillna("") if frame is None else pd.concat([frame, row], ignore_index=True).fillna("")


def value_of(tables: Tables, table: str, column: str, **key: str) -> str:
    """A cell of the first row with these keys; blank where the column was not written."""
    frame = tables[table]
    for name, value in key.items():
        frame = frame[frame[name] == value]
    return str(frame[column].iloc[0]) if column in frame and len(frame) else ""


def paid_once(books: Books, sent_back: bool = False) -> pd.DataFrame:
    """Cells that one payment settled to the fen, with its name, day and ``paid_fen``; also those whose payment the bank had
    ``sent_back`` and that was paid again, where asked for."""
    lines = books.payments
    lines = lines[~lines.duplicated(CELL, keep=False) & (lines["returned_fen"] == 0)]
    if not sent_back:
        lines = lines[~lines["payment"].isin(books.table("payment_events")["payment"])]
    cells = books.cells[books.cells["paid_fen"] == books.cells["due_fen"]]
    return cells[[*CELL, "paid_fen"]].merge(lines[[*CELL, "payment", "paid_on"]], on=CELL)


def never_sent_back(books: Books, tables: Tables, cells: pd.DataFrame) -> None:
    """Let the bank have sent none of these payments back."""
    events = books.table("payment_events").merge(cells[["payment", "base"]], on="payment")
    for event in events.itertuples(index=False):
        back = fen_of(event.amount_yuan) * (1 if event.event == "returned" else -1)
        _roll(books, tables, event.base, _place(books, event.date), "returned_yuan", -back, -back)
    if len(events):
        kept = ~tables["payment_events"]["payment"].isin(events["payment"])
        tables["payment_events"] = tables["payment_events"][kept].reset_index(drop=True)


def pay(books: Books, tables: Tables, more_fen: Mapping[str, int], approved_by: str = "") -> None:
    """Raise (or lower) what the pay list, the bank and the households say of payments (fen by name), the balances, and the
    income a household left poverty with.

    ``approved_by``: who approved that the payments depart from the pay list, which then stays as it is.
    """
    if approved_by:
        payments = tables["payments"] if "approved_by" in tables["payments"] else tables["payments"].assign(approved_by="")
        tables["payments"] = payments.assign(approved_by=payments["approved_by"].mask(payments["payment"].isin(more_fen), approved_by))
    listed = () if approved_by else ("due_yuan",)
    places = {"payments": (*listed, "amount_yuan"), "bank_lines": ("amount_yuan",), "confirmations": ("received_yuan",)}
    for table, columns in places.items():
        frame = tables.get(table, pd.DataFrame())
        for column in columns if "payment" in frame else ():
            if column in frame:
                texts = zip(frame["payment"], frame[column], strict=True)
                frame[column] = [yuan(fen_of(text) + more_fen[name]) if text and name in more_fen else text for name, text in texts]
    lines = books.payments[books.payments["payment"].isin(more_fen)]
    gained = lines["payment"].map(more_fen).groupby(lines["household"]).sum()
    if "exits" in tables:
        reported = zip(tables["exits"]["household"], tables["exits"]["income_yuan"], strict=True)
        tables["exits"]["income_yuan"] = [yuan(fen_of(text) + int(gained.get(name, 0))) for name, text in reported]
    more = lines["payment"].map(more_fen).groupby([lines["base"], lines["paid_on"]]).sum()
    for (base, day), fen in more.items():
        _roll(books, tables, base, _place(books, day), "paid_yuan", int(fen), -int(fen))


def _place(books: Books, day: pd.Timestamp) -> int:
    """The period whose balances a day belongs to, the first or the last where it lies outside."""
    ends = np.array(books.instance.periods.last_days, dtype="datetime64[D]")
    return int(np.searchsorted(ends, day.to_datetime64().astype("datetime64[D]")).clip(0, len(ends) - 1))


def owe(books: Books, tables: Tables, base: str, period: str, more_fen: int) -> None:
    """Raise (or lower) what a base owes its households from a period on, in the balances."""
    _roll(books, tables, base, books.instance.periods.number[period], "due_yuan", more_fen, more_fen)


def _roll(books: Books, tables: Tables, base: str, at: int, column: str, moved_fen: int, owed_fen: int) -> None:
    if "balances" not in tables:
        return
    for number, period in enumerate(books.instance.periods.names[at:]):
        changes = {column: moved_fen} if number == 0 else {"opening_yuan": owed_fen}
        for name, change in {**changes, "closing_yuan": owed_fen}.items():
            before = fen_of(value_of(tables, "balances", name, base=base, period=period))
            put(tables, "balances", {"base": base, "period": period}, **{name: yuan(before + change)})


def stays_on_its_side(books: Books, lost_fen: Mapping[str, int]) -> bool:
    """Whether no household that loses so much of what it was paid falls below the poverty line by it."""
    if books.instance.settings.poverty_line_year is None:
        return True
    income = incomes(books).set_index("household")
    if income["income_paid_fen"].isna().any():
        return True
    lost = income.index.map(lost_fen).fillna(0)
    line = income["persons"] * round(poverty_line(books.instance) * 100)
    was, is_now = income["income_paid_fen"] >= line, income["income_paid_fen"] - lost >= line
    return bool((was == is_now).all())
