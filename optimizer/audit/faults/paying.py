"""What planters of payments work with: whom a fault may meet, and the neighbours that must follow a changed payment."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import add, fen_of
from optimizer.audit.faults.planting import Tables, pick, yuan
from optimizer.audit.incomes import incomes
from optimizer.audit.matching import CELL, PAID
from optimizer.instance.pools import poverty_line

SOME_FEN = 1234
"""By so much amounts are changed, where there is as much (a single fen could be an odd fen of a pot)."""


def victims(books: Books, tables: Tables) -> pd.DataFrame:
    """Payments (rows of ``books.payments`` with the cell's ``due_on``) that a fault may meet without stirring anything else.

    Through the bank, one for all that is due, of a household without a guarantee, an exit or an office; not returned,
    not confirmed, with one line of the bank, and not changed by another fault yet.
    """
    payments = books.payments[(books.payments["method"] == "bank") & (books.payments["account"] != "")]
    alone = books.cells.loc[(books.cells["state"] == PAID) & (books.cells["due_fen"] > 0), [*CELL, "due_fen", "due_on"]]
    payments = payments.merge(alone, on=CELL)
    payments = payments[(payments["amount_fen"] == payments["due_fen"]) & (payments["amount_fen"] > 2)]
    for table in ("payment_events", "confirmations"):
        payments = payments[~payments["payment"].isin(set(tables[table]["payment"]) if table in tables else set())]
    busy = set(books.table("exits")["household"]) | set(books.table("officials")["household"])
    busy |= set(tables["exits"]["household"]) if "exits" in tables else set()
    agreements = books.table("agreements")
    promised = agreements[agreements["kind"] == "guarantee"]
    busy |= set(books.table("households")["household"]) if (promised["household"] == "").any() else set(promised["household"])
    payments = payments[~payments["household"].isin(busy | _with_other_accounts(books, tables))]
    return payments[payments["payment"].isin(untouched(books, tables))].reset_index(drop=True)


def _with_other_accounts(books: Books, tables: Tables) -> set[str]:
    """Households whose account was exchanged, or has the number of another one, by a fault planted before."""
    if "accounts" not in tables:
        return set()
    now = tables["accounts"]
    before, count = books.table("accounts")["household"].value_counts(), now["household"].value_counts()
    shared = pd.Series(False, index=now.index)
    for column in {"number", "number_hash"} & set(now.columns):
        shared |= (now[column] != "") & now.duplicated(column, keep=False)
    return set(count.index[count != before.reindex(count.index)]) | set(now.loc[shared, "household"])


def untouched(books: Books, tables: Tables) -> set[str]:
    """Payments that stand in the tables as they stand in the books, with one line of the bank."""
    now = tables["payments"]
    before = books.payments.set_index("payment")[["account", "method", "amount_fen", "paid_on"]]
    there = now[now["payment"].isin(set(before.index))]
    then = before.loc[there["payment"]]
    amounts = there["amount_yuan"].map(fen_of).to_numpy()
    same = (there["account"].to_numpy() == then["account"].to_numpy()) & (amounts == then["amount_fen"].to_numpy())
    same &= there["paid_on"].to_numpy() == then["paid_on"].dt.strftime("%Y-%m-%d").to_numpy()
    if "bank_lines" in tables:
        lines = tables["bank_lines"].groupby("payment")["amount_yuan"].agg(["size", "first"]).reindex(there["payment"])
        credited = lines["first"].fillna("0").map(fen_of).to_numpy()
        same &= (lines["size"] == 1).to_numpy() & (credited == amounts)
    return set(there["payment"][same])


def victim(books: Books, payments: pd.DataFrame, code: str, number: int) -> pd.Series:
    """One of the payments, of a household that no fault of the code met before."""
    households = payments["household"].unique()
    assert len(households), f"nobody left to plant {code} with"
    household = pick(households, code, number)
    own = payments[payments["household"] == household].set_index("payment", drop=False)
    return own.loc[pick(own["payment"], code, number)]


def with_room(books: Books, payments: pd.DataFrame, less_fen: pd.Series | int) -> pd.DataFrame:
    """Payments whose household may lose so much without falling below the poverty line or what it gave up for its gains."""
    frame = incomes(books).set_index("household")
    room = frame["gain_paid_fen"].fillna(0)
    if books.instance.settings.poverty_line_year is not None and frame["income_planned_fen"].notna().any():
        line = frame["persons"] * round(poverty_line(books.instance) * 100)
        above = frame["income_paid_fen"] - line
        room = room.where(~(frame["income_planned_fen"] >= line).fillna(False).astype(bool), np.minimum(room, above.fillna(0)))
    return payments[(payments["household"].map(room).fillna(0) > less_fen).to_numpy(dtype=bool)]


def due_before(books: Books, payments: pd.DataFrame, days: float = 0) -> pd.DataFrame:
    """Payments that were overdue, by more than so many days, on the day of the audit."""
    if books.as_of is None:
        return payments
    return payments[~(payments["due_on"] + pd.Timedelta(days=days + books.limits.late_days) >= pd.Timestamp(books.as_of))]


# --- rows of the tables


def change(tables: Tables, table: str, key: str, name: str, **cells: str) -> None:
    """Other texts in the rows of a table that bear a name (nothing where the table is not there)."""
    if table in tables:
        frame = tables[table]
        rows = frame[key] == name
        for column, text in cells.items():
            if column not in frame:
                frame[column] = ""
            frame.loc[rows, column] = text


def remove(tables: Tables, table: str, key: str, name: str) -> None:
    """The rows of a table that bear a name, taken out (nothing where the table is not there)."""
    if table in tables:
        tables[table] = tables[table][tables[table][key] != name].reset_index(drop=True)


def digest(*parts: object) -> str:
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()


def day_text(day: pd.Timestamp) -> str:
    return f"{day:%Y-%m-%d}"


# --- what follows from a changed payment


def pay_other(books: Books, tables: Tables, line: pd.Series, amount_fen: int, **cells: str) -> None:
    """Another amount of a payment, approved, with the bank's line and the county's balances after it."""
    change(tables, "payments", "payment", line.payment, amount_yuan=yuan(amount_fen), approved_by="county office", **cells)
    change(tables, "bank_lines", "payment", line.payment, amount_yuan=yuan(amount_fen))
    move_balances(books, tables, line.base, line.settlement, line.paid_on, paid_fen=amount_fen - line.amount_fen)


def credit(tables: Tables, line: str, payment: str, day: pd.Timestamp, amount_fen: int, account: str) -> None:
    """One more line of the bank's statement, where there is one."""
    if "bank_lines" in tables:
        cells = {"line": line, "payment": payment, "credited_on": day_text(day), "amount_yuan": yuan(amount_fen), "account": account}
        add(tables, "bank_lines", **cells)


def move_balances(
    books: Books, tables: Tables, base: str, settlement: str, day: pd.Timestamp, paid_fen: int = 0, returned_fen: int = 0
) -> None:
    """The county's own balances after more was paid or returned on a day: that period's figures, and what is owed from then on."""
    if "balances" not in tables:
        return
    periods, frame = books.instance.periods, tables["balances"]
    if periods.last_days:
        ends = np.array(periods.last_days, dtype="datetime64[D]")
        at = min(int(np.searchsorted(ends, np.datetime64(day, "D"))), len(periods) - 1)
    else:
        at = books.settlements.number.get(settlement, 0)
    place = frame["period"].map(periods.number)
    own = frame["base"] == base
    moves = (
        ("paid_yuan", own & (place == at), paid_fen),
        ("returned_yuan", own & (place == at), returned_fen),
        ("closing_yuan", own & (place >= at), returned_fen - paid_fen),
        ("opening_yuan", own & (place > at), returned_fen - paid_fen),
    )
    for column, rows, moved in moves:
        if moved:
            if column not in frame:
                frame[column] = "0"
            frame.loc[rows, column] = [yuan(fen_of(text) + moved) for text in frame.loc[rows, column]]
