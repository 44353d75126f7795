"""Faults in money in and money out: C01 to C07."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks.pay_lists import DIVIDED, pot_name
from optimizer.audit.due import fen
from optimizer.audit.faults.following import add, fen_of, pay, put, value_of
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick, yuan
from optimizer.audit.faults.sales import book, hashed, sale_for
from optimizer.revenue.ledger import POT, SEP

ADDED, LOST, SPLIT_OFF, SHIFTED = 700, 500, 5_000, 300


def plant_pot_not_conserved(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C01: the company's line of a sale is 7 yuan too large."""
    sale = sale_for(books, "C01", number)
    book(tables, sale, "company", ADDED)
    return (Expected("C01", ADDED, ("sale", sale)),)


def plant_sale_and_split_apart(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C02: a sale whose money came in long ago has no line of the split."""
    limit = pd.Timestamp(books.as_of) - pd.Timedelta(days=books.limits.split_days)
    receipts = books.table("receipts")
    last = receipts.groupby("sale")["received_on"].max()
    sale = sale_for(books, "C02", number, lambda name: last.get(name, limit) < limit)
    tables["booked_splits"] = tables["booked_splits"][tables["booked_splits"]["sale"] != sale].reset_index(drop=True)
    received = int(fen(receipts.loc[receipts["sale"] == sale, "amount_yuan"]).sum())
    return (Expected("C02", received, ("sale", sale)),)


def plant_sale_not_received(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C03: a receipt is 5 yuan short of the invoice."""
    sale = sale_for(books, "C03", number)
    _change_receipt(books, tables, sale, -LOST)
    return (Expected("C03", LOST, ("sale", sale)),)


def plant_roll_forward_broken(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C04: a month closes 3 yuan higher than its own figures; the next opens as if it had not."""
    table = tables["balances"]
    base, period = pick(table["base"] + SEP + table["period"], "C04", number).split(SEP)
    closing = fen_of(value_of(tables, "balances", "closing_yuan", base=base, period=period))
    put(tables, "balances", {"base": base, "period": period}, closing_yuan=yuan(closing + SHIFTED))
    return (Expected("C04", SHIFTED, ("base", base)),)


def plant_posted_twice(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C05: a payment is posted, paid and credited a second time under another number; the household is overpaid by it."""
    touched = {*books.table("payment_events")["payment"], *books.table("confirmations")["payment"]}
    left = set(books.table("exits")["household"])
    lines = books.payments
    free = lines[~lines["payment"].isin(touched) & ~lines["household"].isin(left) & (lines["method"] == "bank") & (lines["amount_fen"] > 0)]
    payment = pick(free["payment"], "C05", number)
    line, copy = free.set_index("payment").loc[payment], f"{payment}-2"
    add(tables, "payments", **{**_row(tables, "payments", payment), "payment": copy})
    if "bank_lines" in tables:
        credited = _row(tables, "bank_lines", payment)
        add(tables, "bank_lines", **{**credited, "line": f"{credited['line']}-2", "payment": copy})
    amount = int(line["amount_fen"])
    pay(books, {name: table for name, table in tables.items() if name == "balances"}, {payment: amount})
    return (Expected("C05", amount, ("payment", copy)), Expected("P02", amount, ("household", line["household"])))


def plant_negative_unexplained(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C06: a receipt is entered 50 yuan too high, and 50 yuan are taken off again by a line that says nothing."""
    sale = sale_for(books, "C06", number)
    receipt = _change_receipt(books, tables, sale, SPLIT_OFF)
    named = {"receipt": f"{receipt}-2", "sale": sale, "amount_yuan": yuan(-SPLIT_OFF)}
    add(tables, "receipts", **named, received_on=value_of(tables, "receipts", "received_on", receipt=receipt))
    return (Expected("C06", SPLIT_OFF, ("receipt", f"{receipt}-2")),)


def plant_money_parked(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """C07: a sale was paid for long before its money went out to households, though that was in time."""
    parts = _parts(books)
    first, last = _paydays(books)
    receipts = books.table("receipts")
    once = set(receipts["sale"].drop_duplicates(keep=False))
    came = receipts.merge(parts, on="sale").groupby("pot")["received_on"].min()
    days = pd.Timedelta(days=books.limits.parked_days)
    slow = {pot for pot in came.index if pot not in last or last[pot] - came[pot] > days}
    one_per_pot = parts[parts["sale"].isin(once) & ~parts["pot"].isin(slow)]
    one_per_pot = one_per_pot.sort_values("sale", key=lambda names: names.map(hashed)).drop_duplicates("pot")
    sale = sale_for(books, "C07", number, lambda name: name in set(one_per_pot["sale"]))
    mine = parts[parts["sale"] == sale]
    day = min(first[pot] for pot in mine["pot"]) - days - pd.Timedelta(days=1)
    put(tables, "receipts", {"sale": sale}, received_on=f"{day:%Y-%m-%d}")
    return tuple(Expected("C07", int(part), ("pot", pot)) for pot, part in mine[["pot", "amount_fen"]].itertuples(index=False))


def _parts(books: Books) -> pd.DataFrame:
    """What each sale gives to each pot of households: sale, pot, amount_fen."""
    ledger = books.actual.ledger
    parts = ledger[(ledger["account"] == "split") & (ledger["receiver"] == POT) & (ledger["amount_fen"] > 0)]
    kind = parts["receiver_id"].str.split(SEP).str[0]
    settlement = books.settlements.named(kind, parts["period"])
    pots = [pot_name(*names) for names in zip(kind, parts["base"], settlement, strict=True)]
    return pd.DataFrame({"sale": parts["document"], "pot": pots, "amount_fen": parts["amount_fen"]}).reset_index(drop=True)


def _paydays(books: Books) -> tuple[dict[str, pd.Timestamp], dict[str, pd.Timestamp]]:
    """The first and the last day on which each pot was paid from."""
    lines = books.payments[books.payments["kind"].isin(DIVIDED)]
    pots = [pot_name(*names) for names in zip(lines["kind"], lines["base"], lines["settlement"], strict=True)]
    days = lines["paid_on"].groupby(np.array(pots, dtype=object))
    return dict(days.min()), dict(days.max())


def _change_receipt(books: Books, tables: Tables, sale: str, by: int) -> str:
    """Change the largest receipt of a sale; its name."""
    receipts = books.table("receipts")
    mine = receipts[receipts["sale"] == sale].sort_values("amount_yuan", kind="stable").iloc[-1]
    amount = fen_of(value_of(tables, "receipts", "amount_yuan", receipt=mine["receipt"]))
    put(tables, "receipts", {"receipt": mine["receipt"]}, amount_yuan=yuan(amount + by))
    return str(mine["receipt"])


def _row(tables: Tables, table: str, payment: str) -> dict[str, str]:
    """The row of a payment, by column."""
    return {str(column): value for column, value in tables[table][tables[table]["payment"] == payment].iloc[0].items()}


PLANTERS: dict[str, Planter] = {
    "C01": plant_pot_not_conserved,
    "C02": plant_sale_and_split_apart,
    "C03": plant_sale_not_received,
    "C04": plant_roll_forward_broken,
    "C05": plant_posted_twice,
    "C06": plant_negative_unexplained,
    "C07": plant_money_parked,
}
