"""``write_year``: a clean, made-up register and year of payments for any instance and its result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.audit.books import Books, open_books
from optimizer.audit.reconciliation import reconciliation
from optimizer.audit.result import Result
from optimizer.audit.synthetic import ending, payments, people, trade
from optimizer.audit.synthetic.calendar import calendar_of
from optimizer.audit.synthetic.writing import write_table, write_tables
from optimizer.instance.instance import Instance
from optimizer.instance.register import REGISTER_FOLDER, load_register

PAID_FOLDER = "paid"
PAYMENTS_FILE = "payments.csv"


def write_year(instance: Instance, result: Result, folder: Path, seed: int) -> None:
    """Write ``folder/register/*.csv`` and ``folder/paid/payments.csv`` for the plan ``result`` of ``instance``.

    Everything is drawn with ``seed`` (the same seed gives the same bytes) and marked ``synthetic``; nobody in it exists.
    Sales are the plan's, a few per cent off; days go to people able to work; and what households are due by the audit's own
    reckoning was paid to the fen, in time and to the right account, so that an audit has nothing to find.
    """
    rng = np.random.default_rng(seed)
    calendar = calendar_of(instance)
    register, paid_folder = folder / REGISTER_FOLDER, folder / PAID_FOLDER
    members = people.members(instance, calendar, rng, seed)
    accounts = people.accounts(members, rng, seed)
    parcels, leases = people.parcels_and_leases(instance, calendar)
    shares, capital = people.shares_and_capital(instance, calendar)
    agreements, agreed = people.split_agreements(instance, calendar)
    sold = trade.sales(result, calendar, rng)
    received = trade.receipts(sold, rng)
    kinds = set(instance.table("links")["kind"])
    first = {
        "members": members, "accounts": accounts, "parcels": parcels, "leases": leases, "shares": shares, "capital": capital,
        "agreements": agreements, "agreed_shares": agreed, "officials": people.officials(instance), "sales": sold, "receipts": received,
        "expenses": trade.expenses(instance, result), "work_records": trade.work_records(instance, result, members, calendar),
        "due_dates": payments.due_dates(calendar, kinds, instance.periods.years),
    }  # fmt: skip
    write_tables(register, first)
    books = open_books(instance, load_register(instance, register), None)
    write_table(register, "booked_splits", payments.booked_splits(books, received))
    if not (books.cells["due_fen"] > 0).any():
        return
    paid = payments.payments(books, accounts, rng)
    events = payments.payment_events(paid, rng)
    then = {
        "agreements": pd.concat([agreements, ending.guarantees(books, calendar)], ignore_index=True),
        "payment_events": events, "bank_lines": payments.bank_lines(paid), "confirmations": payments.confirmations(paid, rng),
        "postings": payments.postings(paid, instance), "surpluses": ending.surpluses(books),
    }  # fmt: skip
    write_tables(register, then)
    write_table(paid_folder, "payments", paid)
    closed = open_books(instance, load_register(instance, register, [paid_folder / PAYMENTS_FILE]), result)
    write_tables(register, {"balances": balances(closed), **ending.exits_and_incomes(closed, rng)})


def balances(books: Books) -> pd.DataFrame:
    """The county's own balances: those of the reconciliation."""
    table = reconciliation(books)
    names = ("opening", "due", "paid", "returned", "closing")
    return table.assign(**{f"{name}_yuan": table[f"{name}_fen"].astype("int64") / 100 for name in names})
