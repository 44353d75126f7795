"""The one-page statement: money in equals money out at five levels, or by how much it does not."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import fen
from optimizer.revenue.ledger import SEP
from optimizer.texts import say

PARTIES = ("company", "households", "base", "collective", "government")
HOLDS, BROKEN, NOT_CHECKED = "holds", "broken", "not_checked"


@dataclass(frozen=True)
class Level:
    """One level: what came in, where it went (name and fen of each part), and what is left over (0: it holds)."""

    name: str
    in_fen: int
    parts: tuple[tuple[str, int], ...]
    state: str
    why: str = ""

    @property
    def difference_fen(self) -> int:
        return self.in_fen - sum(amount for _, amount in self.parts)


def statement(books: Books) -> tuple[Level, ...]:
    """Five levels, each the sum of lines of the books.

    1. buyers: invoices = receipts + still open · 2. split: sales (net of listed costs where the rule says so) = the parts
    booked for company, households, base, collective, government · 3. pots: the households' part = entitlements + money
    without recipient or in reserve · 4. pay lists: what is due to households = paid + taken off + still owed − overpaid ·
    5. bank: paid through the bank = credited.
    A level whose tables were not kept is not checked, which is not the same as held.
    """
    return (_buyers(books), _split(books), _pots(books), _pay_lists(books), _bank(books))


def _level(name: str, came: int, parts: list[tuple[str, int]]) -> Level:
    level = Level(name, came, tuple(parts), HOLDS)
    return level if level.difference_fen == 0 else Level(name, came, tuple(parts), BROKEN)


def _unchecked(name: str, came: int, *tables: str) -> Level:
    return Level(name, came, (), NOT_CHECKED, say("audit.not_checked", tables=", ".join(tables)))


def _buyers(books: Books) -> Level:
    came = int(books.sales["amount_fen"].sum())
    if not books.is_paid:
        return Level("buyers", came, (), NOT_CHECKED, say("audit.planned_only"))
    if not (books.has("sales") and books.has("receipts")):
        return _unchecked("buyers", came, "receipts")
    received = int(fen(books.table("receipts")["amount_yuan"]).sum())
    return _level("buyers", came, [("received", received), ("open", int(books.sales["open_fen"].sum()))])


def _split(books: Books) -> Level:
    if not books.instance.split:
        return Level("split", int(books.sales["amount_fen"].sum()), (), NOT_CHECKED, say("audit.no_split"))
    is_gross = all(rule.basis == "gross" for rule in books.instance.split)
    came = int((books.sales if is_gross else books.split)["amount_fen"].sum())
    if books.booked is None:
        return _unchecked("split", came, "booked_splits")
    by = books.booked.groupby("recipient")["amount_fen"].sum()
    order = [*PARTIES, *sorted(set(by.index) - set(PARTIES))]
    return _level("split", came, [(name, int(by[name])) for name in order if name in by])


def _pots(books: Books) -> Level:
    if not books.instance.split:
        return Level("pots", 0, (), NOT_CHECKED, say("audit.no_split"))
    came = int(books.split.loc[books.split["recipient"] == "households", "amount_fen"].sum())
    due, rest = books.due, books.actual.rest
    of = due["pot"].str.partition(SEP)[0]  # a guarantee is paid beside the pots, by the base, its company or the government
    parts = [(kind, int(due.loc[of == kind, "due_fen"].sum())) for kind in ("dividend", "share")]
    parts = [(kind, amount) for kind, amount in parts if amount]
    left = rest[rest["payer"] == "pot"].groupby("receiver")["amount_fen"].sum()
    return _level("pots", came, [*parts, *((str(name), int(amount)) for name, amount in left.items())])


def _pay_lists(books: Books) -> Level:
    cells = books.cells
    came = int(cells["due_fen"].sum())
    if not books.is_paid or not books.has("payments"):
        return Level("pay_lists", came, (), NOT_CHECKED, say("audit.planned_only"))
    parts = [("paid", int((books.payments["amount_fen"] - books.payments["returned_fen"]).sum()))]
    missing = cells["due_fen"] - cells["paid_fen"] - cells["deducted_fen"]  # overdue or not; negative: paid beyond the due
    for name, amount in (("deducted", cells["deducted_fen"]), ("owed", missing.clip(lower=0)), ("overpaid", missing.clip(upper=0))):
        if amount.any() or name == "owed":
            parts.append((name, int(amount.sum())))
    return _level("pay_lists", came, parts)


def _bank(books: Books) -> Level:
    if not books.is_paid or not books.has("payments"):
        return Level("bank", 0, (), NOT_CHECKED, say("audit.planned_only"))
    by_bank = books.payments[books.payments["method"] == "bank"]
    came = int(by_bank["amount_fen"].sum())
    if not books.has("bank_lines"):
        return _unchecked("bank", came, "bank_lines")
    return _level("bank", came, [("credited", int(fen(books.table("bank_lines")["amount_yuan"]).sum()))])


def statement_table(levels: tuple[Level, ...]) -> pd.DataFrame:
    """The statement as a table: level, line (``in``, each part, ``difference``), amount_fen, state."""
    rows = []
    for level in levels:
        if level.in_fen or level.state != NOT_CHECKED:  # of what was not kept no figure is known, which is not zero
            rows.append((level.name, "in", level.in_fen, level.state))
        rows += [(level.name, part, amount, level.state) for part, amount in level.parts]
        if level.state != NOT_CHECKED:
            rows.append((level.name, "difference", level.difference_fen, level.state))
    return pd.DataFrame(rows, columns=["level", "line", "amount_fen", "state"])
