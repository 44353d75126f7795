"""The ledger export of an audit's books: a plan's, or a year's as it was sold, divided and paid."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books
from optimizer.report.ledger.given import LedgerInput, recipients_of, rules_of

PAYMENTS = ["payment", "household", "kind", "base", "period", "amount_fen", "paid_on", "reverses"]
RETURNED = ".returned"


def books_input(books: Books) -> LedgerInput:
    """What is exported of the books.

    A payment for several periods stands in the last of them; what the bank sent back and was not paid again has a line of
    its own, with a minus.
    """
    instance = books.instance
    names, rules = rules_of(instance)
    last = {label: instance.periods.names[number] for label, number in books.settlements.number.items()}
    paid = books.payments.assign(period=books.payments["settlement"].map(last))[PAYMENTS]
    back = books.payments["returned_fen"]
    returned = paid[back != 0].assign(amount_fen=-back[back != 0], reverses="", payment=lambda lines: lines["payment"] + RETURNED)
    return LedgerInput(
        title=instance.title,
        is_planned=not books.is_paid,
        sales=books.sales,
        ledger=books.actual.ledger,
        household_lines=books.actual.rest,
        entitlements=books.due.rename(columns={"due_fen": "amount_fen"}),
        payments=pd.concat([paid, returned], ignore_index=True) if len(returned) else paid,
        last_days=dict(zip(instance.periods.names, instance.periods.last_days, strict=False)),
        rule_names=names,
        rules=rules,
        recipients=recipients_of(instance),
    )
