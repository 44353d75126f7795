"""Faults of accounts and of what proves a payment (P05 to P07, P10 to P14)."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.faults.following import add, fen_of
from optimizer.audit.faults.paying import (
    SOME_FEN,
    change,
    credit,
    day_text,
    digest,
    pay_other,
    remove,
    untouched,
    victim,
    victims,
    with_room,
)
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick, yuan

SHORTLY = 3
"""Days before the payment on which an account is exchanged."""


def plant_account_mismatch(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """Money that went to another household's account, to one that is not in the register, or (by the bank) to another name."""
    payments = victims(books, tables)
    line = victim(books, payments, "P05", number)
    cells = {"holder": "someone else"}
    if number % 3 == 0:
        accounts = books.table("accounts")
        others = accounts[accounts["household"].isin(set(payments["household"]) - {line.household})].set_index("account")
        other = pick(others.index, "P05", number)
        cells = {"account": other, "holder": others.loc[other, "holder"]}
    elif number % 3 == 1:
        cells = {"account": f"unknown-{number + 1}"}
    change(tables, "payments", "payment", line.payment, **cells)
    if "account" in cells:
        change(tables, "bank_lines", "payment", line.payment, account=cells["account"])
    return (Expected("P05", line.amount_fen, ("household", line.household)),)


def plant_account_shared(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """An account whose number is that of a household of another village."""
    payments, accounts = victims(books, tables), books.table("accounts")
    changed = set(books.payments["household"][~books.payments["payment"].isin(untouched(books, tables))])
    free = accounts.groupby("household")["account"].transform("size") == 1
    accounts = accounts[free & accounts["household"].isin(set(payments["household"]) - changed)]
    village = books.table("households").set_index("household")["village"]
    one = accounts.set_index("household").loc[pick(accounts["household"], "P06", number)]
    far = accounts[accounts["household"].map(village) != village[one.name]]
    far = far if len(far) else accounts[accounts["household"] != one.name]
    other = far.set_index("household").loc[pick(far["household"], "P06", number)]
    text = tables["accounts"].set_index("account")
    same = {column: text.loc[one.account, column] for column in ("number", "number_hash", "number_tail") if column in text}
    change(tables, "accounts", "account", other.account, **same)
    begun = pd.concat([one.to_frame().T, other.to_frame().T]).rename_axis("household").reset_index()
    first, later = begun.sort_values(["valid_from", "household"], na_position="first")["account"]
    through = books.payments[books.payments["account"] == later]
    return (Expected("P06", int(through["amount_fen"].sum()), ("account", first)),)


def plant_account_changed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """An account exchanged three days before the household's last payment, which went to the new one."""
    payments = victims(books, tables)
    last = books.payments.groupby("household")["paid_on"].max()
    line = victim(books, payments[payments["paid_on"] == payments["household"].map(last)], "P07", number)
    days = min(SHORTLY, int(books.limits.change_days))
    day, new = line.paid_on - pd.Timedelta(days=days), f"{line.account}-{number + 1}"
    old = tables["accounts"].set_index("account").loc[line.account]
    mark = digest("P07", new)
    number_cells = {"number": "62" + str(int(mark, 16))[:17]} if old.get("number", "") else {"number_hash": mark[: len(old["number_hash"])]}
    renewed = ("number", "number_hash", "number_tail", "valid_from", "valid_to")
    kept = {column: str(text) for column, text in old.items() if column not in renewed}
    change(tables, "accounts", "account", line.account, valid_to=day_text(day))
    add(tables, "accounts", account=new, **kept, **number_cells, valid_from=day_text(day))
    own = books.payments[(books.payments["household"] == line.household) & (books.payments["paid_on"] >= day)]
    for name in own["payment"]:
        change(tables, "payments", "payment", name, account=new)
        change(tables, "bank_lines", "payment", name, account=new)
    return tuple(Expected("P07", int(amount), ("household", line.household)) for amount in own["amount_fen"])


def plant_bank_differs(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A line of the bank with another amount, none at all, or one that names no payment."""
    payments = victims(books, tables)
    if books.as_of is not None:
        payments = payments[payments["paid_on"] + pd.Timedelta(days=books.limits.bank_days) < pd.Timestamp(books.as_of)]
    line = victim(books, payments[payments["amount_fen"] > SOME_FEN], "P10", number)
    if number % 3 == 0:
        change(tables, "bank_lines", "payment", line.payment, amount_yuan=yuan(line.amount_fen - SOME_FEN))
        return (Expected("P10", SOME_FEN, ("household", line.household)),)
    if number % 3 == 1:
        remove(tables, "bank_lines", "payment", line.payment)
        return (Expected("P10", line.amount_fen, ("household", line.household)),)
    credit(tables, f"P10-{number + 1}", "", line.paid_on, SOME_FEN, line.account)
    return (Expected("P10", SOME_FEN, ("bank_line", f"P10-{number + 1}")),)


def plant_cash(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment handed out in cash, without a voucher."""
    line = victim(books, victims(books, tables), "P11", number)
    change(tables, "payments", "payment", line.payment, method="cash", account="", holder="", voucher="")
    remove(tables, "bank_lines", "payment", line.payment)
    return (Expected("P11", line.amount_fen, ("household", line.household)),)


def plant_deduction(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """Some yuan taken off for seed, to which nobody agreed."""
    payments = victims(books, tables)
    line = victim(books, with_room(books, payments[payments["amount_fen"] > 2 * SOME_FEN], SOME_FEN), "P12", number)
    pay_other(books, tables, line, line.amount_fen - SOME_FEN, deducted_yuan=yuan(SOME_FEN), deduction="seed", consented="no")
    return (Expected("P12", SOME_FEN, ("household", line.household)),)


def plant_structuring(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A payment in parts, each just below the approval limit, which the first such fault sets just above its own parts."""
    payments, least = victims(books, tables), int(books.limits.approval_payments)
    known = tables["audit_limits"].set_index("limit")["value"] if "audit_limits" in tables else pd.Series(dtype=object)
    if "approval_yuan" in known:
        approval = fen_of(known["approval_yuan"])
    else:
        line = victim(books, payments[payments["amount_fen"].between(least * SOME_FEN, payments["amount_fen"].median())], "P13", number)
        approval = line.amount_fen // least + 2 * least
        add(tables, "audit_limits", limit="approval_yuan", value=yuan(approval))
    low = round(approval * (1 - books.limits.approval_near_share))
    near = books.payments[books.payments["amount_fen"].between(low, approval, inclusive="left")]
    count = payments["amount_fen"] // (approval - least) + 1
    fits = (count >= least) & (payments["amount_fen"] // count - count >= low) & ~payments["household"].isin(set(near["household"]))
    line = victim(books, payments.assign(count=count)[fits], "P13", number)
    amounts = [line.amount_fen // line["count"] - place for place in range(1, line["count"])]
    amounts.append(line.amount_fen - sum(amounts))
    cells = tables["payments"].set_index("payment").loc[line.payment].to_dict() | {"due_yuan": ""}
    remove(tables, "payments", "payment", line.payment)
    remove(tables, "bank_lines", "payment", line.payment)
    for place, amount in enumerate(amounts, start=1):
        name = f"{line.payment}-{place}"
        add(tables, "payments", payment=name, **(cells | {"amount_yuan": yuan(amount)}))
        credit(tables, f"L-{name}", name, line.paid_on, amount, line.account)
    return (Expected("P13", line.amount_fen, ("household", line.household)),)


def plant_received_less(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A visit at which the household says that some yuan did not reach it."""
    payments = victims(books, tables)
    line = victim(books, payments[payments["amount_fen"] > SOME_FEN], "P14", number)
    add(
        tables, "confirmations", payment=line.payment, channel="visit", received_yuan=yuan(line.amount_fen - SOME_FEN),
        confirmed_on=day_text(line.paid_on + pd.Timedelta(days=5)),
    )  # fmt: skip
    return (Expected("P14", SOME_FEN, ("household", line.household)),)


PROOF: dict[str, Planter] = {
    "P05": plant_account_mismatch,
    "P06": plant_account_shared,
    "P07": plant_account_changed,
    "P10": plant_bank_differs,
    "P11": plant_cash,
    "P12": plant_deduction,
    "P13": plant_structuring,
    "P14": plant_received_less,
}
