"""The money's lines as postings: one entry per sale, split, bill, pot and run of payments, each of which sums to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from optimizer.report.ledger.accounts import POTS, SALE, bank, cost_of, due, income_of, pot, sides, sources
from optimizer.report.ledger.escaping import segment
from optimizer.report.ledger.given import LedgerInput
from optimizer.revenue.ledger import CLEARING
from optimizer.texts import say

STEPS = ("sale", "split", "bill", "pot", "payment")
SALES, SPLITS, BILLS, DIVISIONS, RUNS = range(len(STEPS))
"""The order in which money moves on one day."""
COLUMNS = ["base", "period", "date", "step", "entry", "account", "fen", "note", "topic"]


@dataclass(frozen=True)
class Heading:
    """What stands above the postings of an entry: a sentence, links to the documents behind it, and facts by name."""

    says: str
    links: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()


def postings(given: LedgerInput) -> pd.DataFrame:
    """Every posting: base, period, date, step (place in STEPS), entry (document, pot or run), account, fen (signed), note
    (a payment's name), topic (what the county's file gathers entries by). Zero amounts are left out."""
    parts = [*_sales(given), *_lines(given), *_dues(given), *_payments(given)]
    frame = pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)[COLUMNS]
    return frame[frame["fen"] != 0].sort_values(["date", "step", "entry"], kind="stable", ignore_index=True)


def _posted(
    given: LedgerInput, rows: pd.DataFrame, step: object, account: Sequence[str] | pd.Series, fen: pd.Series, topic: object
) -> pd.DataFrame:
    """Rows (base, period, entry, and date where it is not the period's) as postings."""
    day = rows["date"] if "date" in rows else rows["period"].map(given.days)
    return rows[["base", "period", "entry"]].assign(date=day, step=step, account=account, fen=fen, note="", topic=topic)


def _sales(given: LedgerInput) -> list[pd.DataFrame]:
    """Money in: what the buyers pay stands in the base's clearing account (with the base itself where nothing is split)."""
    sales = given.table("sales").rename(columns={SALE: "entry"})
    sales["date"] = sale_days(given)
    names = sales["base"].map(segment)
    to = ("Assets:Clearing:" if given.rules else "Expenses:Base:") + names
    source = sales["base"].map(lambda base: income_of(SALE, base))
    amount = sales["amount_fen"]
    return [_posted(given, sales, SALES, to, amount, SALE), _posted(given, sales, SALES, source, -amount, SALE)]


def sale_days(given: LedgerInput) -> list[date]:
    """The day of each sale; the last of its period where it is not known."""
    usual = [given.days[period] for period in given.table("sales")["period"]]
    if "sold_on" not in given.sales:
        return usual
    return _days(given.sales["sold_on"], usual)


def _days(found: pd.Series, usual: list[date]) -> list[date]:
    known = pd.to_datetime(found)
    return [day.date() if not pd.isna(day) else other for day, other in zip(known, usual, strict=True)]


def _lines(given: LedgerInput) -> list[pd.DataFrame]:
    """Money on: splits, bills, and what of a pot goes to no household."""
    ledger = given.table("ledger")
    ledger = ledger[ledger["account"] != SALE]
    rest = given.table("rest")
    parts = []
    for lines, entry in ((ledger, "document"), (rest, "payer_id")):
        payers, receivers = sides(lines)
        rows = lines.assign(entry=lines[entry])
        cleared = (rows["payer"] == CLEARING) | (rows["receiver"] == CLEARING)
        step = DIVISIONS if lines is rest else np.where(cleared, SPLITS, BILLS)
        topic = rows["entry"] if lines is rest else rows["account"].mask(cleared, STEPS[SPLITS])
        for account, fen in ((payers, -rows["amount_fen"]), (receivers, rows["amount_fen"])):
            parts.append(_posted(given, rows, step, account, fen, topic))
    every = pd.concat(parts, ignore_index=True)
    keys = ["date", "step", "entry", "account", "base", "period", "topic", "note"]
    return [every.groupby(keys, as_index=False, sort=False)["fen"].sum()]


def _dues(given: LedgerInput) -> list[pd.DataFrame]:
    """Pots divided: the money is set aside in the bank, and owed to each household."""
    rows = given.table("entitlements")
    rows["source"] = sources(given.table("ledger"), rows)
    rows["entry"] = rows["pot"].where(rows["pot"] != "", rows["kind"] + "/" + rows["base"] + "/" + rows["period"])
    pots = rows.groupby(["entry", "base", "period", "kind", "source", "pot"], as_index=False, sort=False)["amount_fen"].sum()
    whole, divided = pots["amount_fen"], pots["pot"] != ""
    from_pot = [pot(s, n, b, p) for s, n, b, p in pots[["source", "pot", "base", "period"]].itertuples(index=False)]
    costs = [cost_of(kind, base) for kind, base in pots[["kind", "base"]].itertuples(index=False)]
    owed = rows["household"].map({name: due(name) for name in rows["household"].unique()})
    return [
        _posted(given, pots, DIVISIONS, from_pot, (-whole).where(divided, 0), pots["entry"]),
        _posted(given, pots, DIVISIONS, pots["base"].map(bank), whole.where(divided, 0), pots["entry"]),
        _posted(given, pots, DIVISIONS, costs, whole, pots["entry"]),
        _posted(given, rows, DIVISIONS, owed, -rows["amount_fen"], rows["entry"]),
    ]


def _payments(given: LedgerInput) -> list[pd.DataFrame]:
    """Payments of one base, period and kind on one day are one entry."""
    rows = given.table("payments")
    usual = [given.days[period] for period in rows["period"]]
    rows["date"] = _days(given.payments["paid_on"], usual) if "paid_on" in given.payments else usual
    rows["entry"] = rows["kind"] + "/" + rows["base"] + "/" + rows["period"] + "/" + rows["date"].astype(str)
    owed = rows["household"].map({name: due(name) for name in rows["household"].unique()})
    runs = rows.groupby(["entry", "base", "period", "date", "kind"], as_index=False, sort=False)["amount_fen"].sum()
    return [
        _posted(given, rows, RUNS, owed, rows["amount_fen"], rows["kind"]).assign(note=rows["payment"]),
        _posted(given, runs, RUNS, runs["base"].map(bank), -runs["amount_fen"], runs["kind"]),
    ]


def arrears(given: LedgerInput) -> pd.DataFrame:
    """What is owed to each household by each base for each period, less what was paid: household, base, period, fen.

    Reckoned from the lists of entitlements and payments themselves, as the proof of the accounts ``Liabilities:Due``.
    """
    keys = ["household", "base", "period"]
    due_, paid = given.table("entitlements"), given.table("payments")
    every = pd.concat([due_[keys].assign(fen=due_["amount_fen"]), paid[keys].assign(fen=-paid["amount_fen"])], ignore_index=True)
    return every.astype({"fen": np.int64})


def headings(given: LedgerInput) -> dict[tuple[int, str], Heading]:
    """The heading of every entry, by step and entry."""
    found: dict[tuple[int, str], Heading] = {}
    sales, ledger = given.table("sales"), given.table("ledger")
    for sale, base, product, market in sales[["sale", "base", "product", "market"]].itertuples(index=False):
        says = say("ledger.sale", sale=sale, product=product, base=base, market=market)
        found[SALES, sale] = Heading(says, (sale,), (("product", product), ("market", market)))
    documents = ledger[ledger["account"] != SALE].drop_duplicates("document")
    for document, payer, receiver, period in documents[["document", "payer", "receiver", "period"]].itertuples(index=False):
        if CLEARING in (payer, receiver):
            rule = (("rule", given.rule_names.get(period, "")),)
            found[SPLITS, document] = Heading(say("ledger.split", document=document), (document,), rule)
        else:
            found[BILLS, document] = Heading(say("ledger.bill", document=document), (document,))
    feeding = ledger[ledger["receiver"].isin(POTS)].groupby("receiver_id", sort=False)["document"].unique()
    pots = given.table("entitlements")[["pot", "kind", "base", "period"]].drop_duplicates()
    for name, kind, base, period in pots.itertuples(index=False):
        key = DIVISIONS, name or f"{kind}/{base}/{period}"
        says = say("ledger.pot", pot=name) if name else say("ledger.due", kind=kind, base=base, period=period)
        found[key] = Heading(says, tuple(feeding.get(name, ())) if name else (), (("pot", name), ("kind", kind)))
    return found


def heading_of(known: dict[tuple[int, str], Heading], step: int, entry: str) -> Heading:
    """The heading of an entry; payments, and pots nobody is there to receive, are named by what they are."""
    if (step, entry) in known:
        return known[step, entry]
    return Heading(say(f"ledger.{STEPS[step]}", **{STEPS[step]: entry, "document": entry}))
