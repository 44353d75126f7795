"""Faults of amounts and payees (P01 to P04, P08, P09), and all planters of payments by code."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import add
from optimizer.audit.faults.paying import (
    SOME_FEN,
    change,
    credit,
    day_text,
    due_before,
    move_balances,
    pay_other,
    remove,
    victim,
    victims,
    with_room,
)
from optimizer.audit.faults.payments_proof import PROOF
from optimizer.audit.faults.planting import Expected, Planter, Tables, yuan
from optimizer.audit.matching import CELL


def plant_underpaid(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment of some yuan less than is due."""
    payments = due_before(books, victims(books, tables))
    line = victim(books, with_room(books, payments[payments["amount_fen"] > 2 * SOME_FEN], SOME_FEN), "P01", number)
    pay_other(books, tables, line, line.amount_fen - SOME_FEN)
    return (Expected("P01", SOME_FEN, ("household", line.household)),)


def plant_overpaid(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment of some yuan more than is due."""
    line = victim(books, victims(books, tables), "P02", number)
    pay_other(books, tables, line, line.amount_fen + SOME_FEN)
    return (Expected("P02", SOME_FEN, ("household", line.household)),)


def plant_unpaid(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment that was never made, or (every second one) made five days late."""
    payments = victims(books, tables)
    if number % 2:
        line = victim(books, due_before(books, payments, 5), "P03", number)
        day = line.due_on + pd.Timedelta(days=books.limits.late_days + 5)
        change(tables, "payments", "payment", line.payment, paid_on=day_text(day))
        change(tables, "bank_lines", "payment", line.payment, credited_on=day_text(day))
        move_balances(books, tables, line.base, line.settlement, line.paid_on, paid_fen=-line.amount_fen)
        move_balances(books, tables, line.base, line.settlement, day, paid_fen=line.amount_fen)
        return (Expected("P03", 0, ("household", line.household)),)
    payments = due_before(books, payments)
    line = victim(books, with_room(books, payments, payments["amount_fen"].set_axis(payments.index)), "P03", number)
    remove(tables, "payments", "payment", line.payment)
    remove(tables, "bank_lines", "payment", line.payment)
    move_balances(books, tables, line.base, line.settlement, line.paid_on, paid_fen=-line.amount_fen)
    return (Expected("P03", line.amount_fen, ("household", line.household)),)


def plant_ghost(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment to a name that is not in the register, or (every second one) to a household that has no link to the base."""
    payments = victims(books, tables)
    if number % 2:
        line, base = _stranger(books, payments, number)
        payee, account, holder = line.household, line.account, line.holder
    else:
        line = victim(books, payments, "P04", number)
        payee, account, holder, base = f"nobody-{number + 1}", "", "", line.base
    name = f"P04-{number + 1}"
    add(
        tables, "payments", payment=name, household=payee, kind=line.kind, base=base, period=line.period, amount_yuan=yuan(SOME_FEN),
        paid_on=day_text(line.paid_on), account=account, holder=holder, method="bank", batch=line.batch, approved_by="county office",
    )  # fmt: skip
    credit(tables, f"L-{name}", name, line.paid_on, SOME_FEN, account)
    move_balances(books, tables, base, line.settlement, line.paid_on, paid_fen=SOME_FEN)
    return (Expected("P04", SOME_FEN, ("household", payee)),)


def _stranger(books: Books, payments: pd.DataFrame, number: int) -> tuple[pd.Series, str]:
    """A payment, and a base that its household never had a link of the kind to."""
    company = dict(books.table("bases")[["base", "company"]].itertuples(index=False))
    tied = set(books.table("links")[["household", "kind", "to"]].itertuples(index=False, name=None))
    due = set(books.cells[["household", "kind", "base"]].itertuples(index=False, name=None))
    elsewhere = payments.merge(pd.DataFrame({"other": list(company)}), how="cross")
    keys = elsewhere[["household", "kind", "other"]].itertuples(index=False, name=None)
    free = [(h, k, b) not in tied and (h, k, company[b]) not in tied and (h, k, b) not in due for h, k, b in keys]
    line = victim(books, elsewhere[free].drop_duplicates("payment"), "P04", number)
    return line, line.other


def plant_after_end(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A household that had left poverty so long before that its last dividends were not for it any more."""
    payments = victims(books, tables)
    first = pd.Series(books.instance.periods.first_days, index=list(books.instance.periods.names))
    begins = {label: pd.Timestamp(first[periods[0]]) for label, periods in books.settlements.periods.items()}
    line = victim(books, payments[payments["kind"] == "dividend"], "P08", number)
    own = books.cells[(books.cells["household"] == line.household) & (books.cells["kind"] == "dividend") & (books.cells["paid_fen"] > 0)]
    own = own.assign(begins=own["settlement"].map(begins))
    last = own[own["begins"] == own["begins"].max()].sort_values(CELL)
    exited = last["begins"].iat[0] - pd.Timedelta(days=books.limits.transition_days + 1)
    before = books.table("households").set_index("household").loc[line.household, "income_before_yuan"]
    income = "0" if pd.isna(before) else f"{before:.2f}"
    add(tables, "exits", household=line.household, exited_on=day_text(exited), income_yuan=income, basis="paid")
    return tuple(Expected("P08", int(paid), ("household", line.household)) for paid in last["paid_fen"])


def plant_returned(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment that the bank sent back three days later and that was not made again."""
    payments = victims(books, tables)
    if books.as_of is not None:
        payments = payments[payments["paid_on"] + pd.Timedelta(days=3 + books.limits.repay_days) < pd.Timestamp(books.as_of)]
    payments = due_before(books, payments)
    line = victim(books, with_room(books, payments, payments["amount_fen"]), "P09", number)
    day = line.paid_on + pd.Timedelta(days=3)
    add(
        tables, "payment_events", payment=line.payment, event="returned", date=day_text(day), amount_yuan=yuan(line.amount_fen),
        bank_reference=f"R-{number + 1}",
    )  # fmt: skip
    move_balances(books, tables, line.base, line.settlement, day, returned_fen=line.amount_fen)
    return (Expected("P09", line.amount_fen, ("household", line.household)),)


PLANTERS: dict[str, Planter] = {
    "P01": plant_underpaid,
    "P02": plant_overpaid,
    "P03": plant_unpaid,
    "P04": plant_ghost,
    "P08": plant_after_end,
    "P09": plant_returned,
    **PROOF,
}
