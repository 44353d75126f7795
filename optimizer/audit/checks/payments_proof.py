"""Checks of what proves a payment: the bank's statement, vouchers, the pay list's own sums, approvals, the household's word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks.payment_evidence import day_of, of_line, paid_evidence
from optimizer.audit.due import fen
from optimizer.audit.finding import Evidence, Finding, due_item
from optimizer.audit.matching import CELL
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

FEN = 100
NO_LINE, AMOUNT, ACCOUNT, DAY = "no_line", "amount", "account", "day"


def bank_differs(books: Books) -> Iterator[Finding]:
    """P10: the bank's statement and the payments through the bank are not the same.

    Lines are held against payments by the payment they name, a payment that takes another back together with it. Told
    are: a payment without a line (at risk: all of it; not before bank_days have passed) · another amount (the difference)
    · another account (the line's amount) · a day more than bank_days off (nothing) · a line that names no payment through
    the bank (its amount). Whether the statement shows returns and repeated transfers too, or the first credit only, is left
    to the bank.
    """
    lines = books.table("bank_lines").rename(columns={"_row": "row"})
    lines["amount_fen"] = fen(lines["amount_yuan"])
    payments = books.payments[books.payments["method"] == "bank"].reset_index(drop=True)
    names = pd.Index(payments["payment"])
    at = names.get_indexer(lines["payment"])
    yield from _without_payment(books, lines[at < 0])
    lines = lines[at >= 0].assign(at=at[at >= 0])
    why, at_risk, total = _compared(books, payments, lines, names)
    shown: dict[int, list[Any]] = defaultdict(list)
    for row in lines[(why != "")[lines["at"]]].itertuples():
        shown[row.at].append(row)
    wrong = np.flatnonzero(why != "").tolist()
    for place, line in zip(wrong, payments.iloc[wrong].itertuples(), strict=True):
        accounts = ", ".join(sorted({row.account for row in shown[place]}))
        days = ", ".join(sorted({day_of(row.credited_on) for row in shown[place]}))
        expected = say("payments.bank_same", yuan=in_yuan(line.amount_fen), account=line.account, day=day_of(line.paid_on))
        found = say(f"payments.bank_{why[place]}", yuan=in_yuan(total[place]), account=accounts, day=days)
        yield of_line("P10", line, expected, found, int(at_risk[place]), *(_bank_evidence(books, row) for row in shown[place]))


def _without_payment(books: Books, lines: pd.DataFrame) -> Iterator[Finding]:
    for line in lines.itertuples():
        found = say("payments.bank_line_alone", yuan=in_yuan(line.amount_fen), payment=line.payment or say("payments.no_payment"))
        subjects = (("bank_line", line.line), *((("account", line.account),) if line.account else ()))
        yield Finding("P10", subjects, say("payments.bank_payment"), found, (_bank_evidence(books, line),), fen=abs(line.amount_fen))


def _bank_evidence(books: Books, line: Any) -> Evidence:
    says = say("payments.bank_line", line=line.line, yuan=in_yuan(line.amount_fen), day=day_of(line.credited_on), account=line.account)
    return books.evidence("bank_lines", line.row, says)


def _compared(books: Books, payments: pd.DataFrame, lines: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each payment: what is wrong with its lines ('' if nothing), the fen at risk, and what the bank says of it."""
    count, place = len(payments), np.arange(len(payments))
    takes_back = names.get_indexer(payments["reverses"])
    root = np.where(takes_back >= 0, takes_back, place)
    amount, at = payments["amount_fen"].to_numpy(dtype=np.int64), lines["at"].to_numpy()
    booked, credited = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    np.add.at(booked, root, amount)
    np.add.at(credited, root[at], lines["amount_fen"].to_numpy(dtype=np.int64))
    difference = credited - booked
    returned, repaid = (_events(books, names, event, root) for event in ("returned", "repaid"))
    others = [difference + returned, difference - repaid, difference + returned - repaid]
    is_same = np.any([other == 0 for other in (difference, *others)], axis=0)
    difference = np.min([abs(other) for other in (difference, *others)], axis=0)
    has_line = np.bincount(root[at], minlength=count) > 0
    slack = pd.Timedelta(days=books.limits.bank_days)
    today = pd.Timestamp(books.as_of) if books.as_of is not None else pd.NaT
    young = (payments["paid_on"] + slack >= today).to_numpy()
    is_root = root == place
    lacks = is_root & ~is_same & ~has_line & ~young
    why = np.select([lacks, is_root & ~is_same & has_line], [NO_LINE, AMOUNT], "").astype(object)
    at_risk = np.where(lacks, abs(booked), np.where(why == AMOUNT, difference, 0))
    account, day = lines["account"].to_numpy(), payments["account"].to_numpy()
    other = at[(account != day[at]) & (account != "") & (day[at] != "") & (why[at] == "")]
    why[other], at_risk[other] = ACCOUNT, abs(amount[other])
    off = _far_off(books, payments, lines, slack)
    why[off[why[off] == ""]] = DAY
    return why, at_risk, np.where(is_root, credited, 0)


def _events(books: Books, names: pd.Index, event: str, root: np.ndarray) -> np.ndarray:
    """What the bank sent back of each payment, or transferred again."""
    events = books.table("payment_events")
    events = events[events["event"] == event]
    at = names.get_indexer(events["payment"])
    total = np.zeros(len(names), dtype=np.int64)
    np.add.at(total, root[at[at >= 0]], fen(events["amount_yuan"])[at >= 0])
    return total


def _far_off(books: Books, payments: pd.DataFrame, lines: pd.DataFrame, slack: pd.Timedelta) -> np.ndarray:
    """Payments with a line that is neither near the day of payment nor near a return or repeat of it."""
    paid_on = payments["paid_on"].to_numpy()[lines["at"]]
    far = lines[(abs(lines["credited_on"] - paid_on) > slack).to_numpy()]
    events = books.table("payment_events")
    events = events[events["payment"].isin(set(far["payment"]))]
    near: set[tuple[str, pd.Timestamp]] = set()
    for payment, day in events[["payment", "date"]].itertuples(index=False):
        near |= {(payment, day + pd.Timedelta(days=count)) for count in range(-slack.days, slack.days + 1)}
    off = [line not in near for line in far[["payment", "credited_on"]].itertuples(index=False, name=None)]
    return far["at"].to_numpy()[np.array(off, dtype=bool)]


def cash_without_proof(books: Books) -> Iterator[Finding]:
    """P11: cash or goods were handed out and no signed voucher is named; at risk is the payment."""
    payments = books.payments
    bare = payments[payments["method"].isin(["cash", "in_kind"]) & (payments["voucher"] == "") & (payments["amount_fen"] > 0)]
    for line in bare.itertuples():
        yield of_line("P11", line, say("payments.voucher"), say(f"payments.no_voucher.{line.method}"), line.amount_fen)


def deduction_unauthorised(books: Books) -> Iterator[Finding]:
    """P12: a pay list takes something off without the household's written consent, or pays another amount than it lists as
    due less what it takes off.

    At risk: the deduction nobody agreed to, and what the line does not explain. A line that takes nothing off is for P01
    and P02 (it may be one of several instalments); lines that take another back are for C06.
    """
    payments = books.payments[(books.payments["reverses"] == "") & (books.payments["deducted_fen"] != 0)]
    gap = payments["listed_fen"] - payments["deducted_fen"] - payments["amount_fen"]
    forced = payments["deducted_fen"].where(~payments["consented"], 0)
    wrong = payments.assign(gap=gap, forced=forced)[(gap != 0) | (forced != 0)]
    for line in wrong.itertuples():
        expected = say("payments.slip", listed=in_yuan(line.listed_fen), deducted=in_yuan(line.deducted_fen))
        reason = line.deduction or say("payments.no_reason")
        parts = [say("payments.slip_gap", yuan=in_yuan(line.amount_fen), gap=in_yuan(abs(line.gap)))] if line.gap else []
        parts += [say("payments.slip_forced", yuan=in_yuan(line.forced), reason=reason)] if line.forced else []
        yield of_line("P12", line, expected, "; ".join(parts), abs(line.gap) + line.forced)


def structuring(books: Books) -> Iterator[Finding]:
    """P13: in one pay run (or on one day, where runs are not named) a household got approval_payments or more payments, each
    below approval_yuan by no more than approval_near_share of it; at risk is their sum, which nobody approved."""
    limits, payments = books.limits, books.payments
    approval = round(limits.approval_yuan * FEN)
    near = payments["amount_fen"].between(round(approval * (1 - limits.approval_near_share)), approval, inclusive="left")
    some = payments[near]
    run = some["batch"].where(some["batch"] != "", some["paid_on"].map(day_of)) if len(some) else some["batch"]
    for (household, name), lines in some.groupby([some["household"], run]):
        if len(lines) < limits.approval_payments:
            continue
        cells = lines[CELL].drop_duplicates()
        total = int(lines["amount_fen"].sum())
        is_run = (lines["batch"] != "").all()
        yield Finding(
            "P13",
            (("household", household), *((("batch", name),) if is_run else ())),
            say("payments.approved_whole", approval=in_yuan(approval)),
            say("payments.structured", count=len(lines), yuan=in_yuan(total)),
            tuple(paid_evidence(line) for line in lines.itertuples()),
            "" if is_run else name,
            total,
            due_item(*cells.iloc[0]) if len(cells) == 1 else "",
        )


def confirmed_not_paid(books: Books) -> Iterator[Finding]:
    """P14: a household says it received less than was paid and not returned; at risk is the difference.

    Where it was asked in several ways, its least answer counts.
    """
    payments = books.payments
    missing = payments["amount_fen"] - payments["returned_fen"] - payments["confirmed_fen"]
    short = payments.assign(missing=missing)[(missing > 0).fillna(False).astype(bool)]
    said = books.table("confirmations")
    said = said[said["payment"].isin(set(short["payment"]))]
    for line in short.itertuples():
        own = said[said["payment"] == line.payment]
        told = own.assign(fen=fen(own["received_yuan"]))[["_row", "channel", "fen"]].itertuples(index=False)
        evidence = [books.evidence("confirmations", row, say("payments.said", channel=by, yuan=in_yuan(f))) for row, by, f in told]
        expected = say("payments.received_all", yuan=in_yuan(line.confirmed_fen + line.missing))
        found = say("payments.received_less", yuan=in_yuan(line.confirmed_fen), missing=in_yuan(line.missing))
        yield of_line("P14", line, expected, found, int(line.missing), *evidence)
