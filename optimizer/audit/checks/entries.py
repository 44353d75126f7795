"""Single entries of the books: sales against receipts (C03), the same thing entered twice (C05), amounts with a minus (C06)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.bookings import SHOWN
from optimizer.audit.due import fen
from optimizer.audit.finding import Evidence, Finding, due_item, sale_item
from optimizer.audit.matching import CELL
from optimizer.revenue.fen import in_yuan, price_times_kg
from optimizer.texts import say

SALE_KEY = ["base", "product", "sold_on", "buyer", "kg", "price_yuan_per_kg", "delivery_note"]
RECEIPT_KEY = ["sale", "received_on", "amount_yuan", "bank_reference"]
PAYMENT_KEY = [*CELL, "amount_fen", "paid_on", "account"]
RUN_LINE = [*CELL, "amount_fen"]
"""What names a line within a pay run: the same run posted again has other numbers, days and accounts, but these lines."""


def sale_not_received(books: Books) -> Iterator[Finding]:
    """C03. Kilograms × price, rounded half up once, is the amount of each sale; receipts and the open invoice make up the
    gross amount; every receipt belongs to a sale.

    A sale and the lines that take it back are added up together. What was taken off before the split does not matter
    here: it was received first. Fen at risk: the difference (the greater one where both are wrong), or the receipt.
    """
    sales, receipts = books.table("sales"), books.table("receipts")
    amounts = sales[["sale", "_row"]].rename(columns={"_row": "row"}).assign(amount=fen(sales["amount_yuan"]), open=fen(sales["open_yuan"]))
    reckoned = price_times_kg(sales["kg"].to_numpy(dtype=float), sales["price_yuan_per_kg"].to_numpy(dtype=float))
    amounts["priced"] = reckoned
    amounts["root"] = sales["reverses"].where(sales["reverses"].isin(sales["sale"]), sales["sale"])
    came = pd.Series(fen(receipts["amount_yuan"]), index=receipts.index).groupby(receipts["sale"]).sum()
    amounts["received"] = amounts["sale"].map(came).fillna(0).astype("int64")
    together = amounts.groupby("root")[["amount", "open", "received"]].sum()
    off = amounts["root"].map(together["received"] + together["open"] - together["amount"]).where(amounts["root"] == amounts["sale"], 0)
    wrong = amounts.assign(off=off.astype("int64"), priced_off=amounts["amount"] - amounts["priced"])
    for sale in wrong[(wrong["off"] != 0) | (wrong["priced_off"] != 0)].itertuples():
        yield _sale_finding(books, sale, together)
    strays = receipts[~receipts["sale"].isin(sales["sale"])]
    for row, receipt, sale, amount in zip(strays["_row"], strays["receipt"], strays["sale"], fen(strays["amount_yuan"]), strict=True):
        evidence = (books.evidence("receipts", row, say("entries.amount", yuan=in_yuan(amount))),)
        expected, found = say("entries.expected.sale"), say("entries.found.no_sale", sale=sale, yuan=in_yuan(amount))
        yield Finding("C03", (("receipt", receipt),), expected, found, evidence, fen=abs(int(amount)), item=sale_item(sale))


def _sale_finding(books: Books, sale, together: pd.DataFrame) -> Finding:  # type: ignore[no-untyped-def]
    expected, found = [], []
    evidence = [books.evidence("sales", sale.row, say("entries.amount", yuan=in_yuan(sale.amount)))]
    if sale.priced_off:
        expected.append(say("entries.expected.priced", yuan=in_yuan(sale.priced)))
        found.append(say("entries.found.priced", yuan=in_yuan(sale.amount)))
    if sale.off:
        sums = together.loc[sale.sale]
        expected.append(say("entries.expected.received", yuan=in_yuan(sums["amount"])))
        found.append(say("entries.found.received", received=in_yuan(sums["received"]), open=in_yuan(sums["open"])))
        receipts = books.table("receipts")
        mine = receipts[receipts["sale"] == sale.sale].head(SHOWN)
        amounts = fen(mine["amount_yuan"])
        evidence += [
            books.evidence("receipts", row, say("entries.amount", yuan=in_yuan(a))) for row, a in zip(mine["_row"], amounts, strict=True)
        ]
    risk = max(abs(int(sale.off)), abs(int(sale.priced_off)))
    return Finding(
        "C03", (("sale", sale.sale),), "; ".join(expected), "; ".join(found), tuple(evidence), fen=risk, item=sale_item(sale.sale)
    )


def posted_twice(books: Books) -> Iterator[Finding]:
    """C05. The same natural key stands under two numbers; the later number is the copy.

    Sales: base, product, day, buyer, kilograms, price, delivery note (one of day and note at least). Receipts: sale, day,
    amount, line of the bank. Payments: household, kind, base, settlement, amount, day, account; or any line of a pay run
    (two lines at least) that holds exactly the lines of another one. Lines that take back others, and those taken back,
    are none. Two like payments are copies only where more was paid than is due: two members may earn the same wage, and a
    payment that came back is paid again. What the copy overpays is P02's too and counts once. Fen at risk: the copy.
    """
    if not any(books.has(table) for table in ("sales", "receipts", "payments")):
        raise NotChecked(say("audit.not_checked", tables="sales, receipts, payments"))
    sales = books.table("sales")
    named = sales[(sales["delivery_note"] != "") | sales["sold_on"].notna()]
    for copy, first in _copies(_standing(named, "sale"), SALE_KEY, "sale"):
        amount = int(fen(pd.Series([copy["amount_yuan"]]))[0])
        yield _copy_finding(books, "sale", "sales", copy, first, amount, sale_item(copy["sale"]))
    for copy, first in _copies(books.table("receipts"), RECEIPT_KEY, "receipt"):
        amount = int(fen(pd.Series([copy["amount_yuan"]]))[0])
        yield _copy_finding(books, "receipt", "receipts", copy, first, amount, sale_item(copy["sale"]))
    if books.is_paid:
        yield from _payments_twice(books)


def _payments_twice(books: Books) -> Iterator[Finding]:
    lines = _standing(books.payments, "payment")
    cells = books.cells
    over = pd.MultiIndex.from_frame(cells.loc[cells["paid_fen"] > cells["due_fen"], CELL])
    lines = lines[pd.MultiIndex.from_frame(lines[CELL]).isin(over)].rename(columns={"row": "_row"})
    seen: set[str] = set()
    copies = [*_copies(lines, PAYMENT_KEY, "payment"), *_run_copies(lines, _run_twice(books.payments))]
    for copy, first in copies:
        if copy["payment"] in seen:
            continue
        seen.add(copy["payment"])
        item = due_item(*(copy[column] for column in CELL))
        yield _copy_finding(books, "payment", "payments", copy, first, int(copy["amount_fen"]), item)


def _run_twice(payments: pd.DataFrame) -> dict[str, str]:
    """Pay runs that hold exactly the lines of an earlier one (by day, then name), and that one."""
    runs = payments[payments["batch"] != ""]
    if runs.empty:
        return {}
    lines = pd.util.hash_pandas_object(runs[RUN_LINE], index=False).astype("uint64")
    totals = pd.DataFrame({"batch": runs["batch"], "sum": lines, "square": lines * lines, "day": runs["paid_on"]})
    by_run = totals.groupby("batch").agg(size=("sum", "size"), sum=("sum", "sum"), square=("square", "sum"), day=("day", "min"))
    by_run = by_run[by_run["size"] > 1].reset_index().sort_values(["day", "batch"])
    first = by_run.groupby(["size", "sum", "square"])["batch"].transform("first")
    return dict(zip(by_run["batch"][first != by_run["batch"]], first[first != by_run["batch"]], strict=True))


def _run_copies(lines: pd.DataFrame, runs: dict[str, str]) -> Iterator[tuple[pd.Series, pd.Series]]:
    for _, copy in lines[lines["batch"].isin(runs)].iterrows():
        same = (lines["batch"] == runs[copy["batch"]]) & (lines[RUN_LINE] == copy[RUN_LINE]).all(axis=1)
        if same.any():
            yield copy, lines[same].iloc[0]


def _standing(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Entries that take back no other and were not taken back."""
    back = table["reverses"] != ""
    return table[~back & ~table[name].isin(table.loc[back, "reverses"])]


def _copies(table: pd.DataFrame, key: list[str], name: str) -> Iterator[tuple[pd.Series, pd.Series]]:
    """Pairs of an entry and the first one of the same key."""
    table = table.sort_values(name, kind="stable")
    alike = table[table.duplicated(key, keep=False)]
    for _, mine in alike.groupby(key, dropna=False, sort=False):
        for place in range(1, len(mine)):
            yield mine.iloc[place], mine.iloc[0]


def _copy_finding(books: Books, kind: str, table: str, copy: pd.Series, first: pd.Series, amount: int, item: str) -> Finding:
    evidence = tuple(
        Evidence(str(entry.get("file", books.instance.files[table])), int(entry["_row"]), say("entries.amount", yuan=in_yuan(amount)))
        for entry in (first, copy)
    )
    expected = say("entries.expected.once", name=first[kind])
    return Finding(
        "C05", ((kind, copy[kind]),), expected, say("entries.found.twice", name=copy[kind]), evidence, fen=abs(amount), item=item
    )


def negative_unexplained(books: Books) -> Iterator[Finding]:
    """C06. An amount with a minus takes back an original: it names one in ``reverses``, of exactly the opposite amount,
    that no other line takes back. A receipt belongs to an original if its sale is one that takes another back. Work
    records name none. Fen at risk: the amount.
    """
    known = [table for table in ("sales", "receipts", "payments", "work_records") if books.has(table)]
    if not known:
        raise NotChecked(say("audit.not_checked", tables="sales, receipts, payments, work_records"))
    for table in known:
        for entry in _unexplained(books, table).itertuples():
            named = entry.reverses
            expected = say("entries.expected.original")
            found = say("entries.found.other_original", name=named, yuan=in_yuan(entry.fen)) if named else say(
                "entries.found.no_original", yuan=in_yuan(entry.fen)
            )  # fmt: skip
            evidence = (Evidence(entry.file, int(entry.row), say("entries.amount", yuan=in_yuan(entry.fen))),)
            yield Finding("C06", ((entry.kind, entry.name),), expected, found, evidence, fen=abs(int(entry.fen)), item=entry.item)


def _unexplained(books: Books, table: str) -> pd.DataFrame:
    """Negative entries of a table without an original: kind, name, reverses, fen, item, file, row."""
    frame = books.table(table)
    kind = {"sales": "sale", "receipts": "receipt", "payments": "payment", "work_records": "record"}[table]
    entries = pd.DataFrame({"name": frame[kind], "fen": _amounts(frame, table), "row": frame["_row"]})
    entries["file"] = frame["_file"] if "_file" in frame else books.instance.files[table]
    entries["reverses"] = frame.get("reverses", "")
    negative = (entries["fen"] < 0).to_numpy()
    if table == "receipts":
        sales = books.table("sales")
        negative = negative & ~frame["sale"].isin(sales.loc[sales["reverses"] != "", "sale"]).to_numpy()
    amount = entries.set_index("name")["fen"]
    opposite = -entries["reverses"].map(amount) == entries["fen"]
    again = entries["reverses"].duplicated()
    found = entries[negative & ~(opposite & ~again).to_numpy()]
    return found.assign(kind=kind, item=_items(books, table, frame.loc[found.index]))


def _amounts(frame: pd.DataFrame, table: str) -> np.ndarray:
    if table != "work_records":
        return fen(frame["amount_yuan"])
    return fen(frame["due_yuan"].fillna(frame["days"] * frame["rate_yuan_per_day"]))


def _items(books: Books, table: str, rows: pd.DataFrame) -> list[str]:
    if table in ("sales", "receipts"):
        return [sale_item(sale) for sale in rows["sale"]]
    kinds = rows["kind"] if table == "payments" else pd.Series("wage", index=rows.index, dtype=object)
    settlement = books.settlements.named(kinds, rows["period"])
    return [due_item(*names) for names in zip(rows["household"], kinds, rows["base"], settlement, strict=True)]
