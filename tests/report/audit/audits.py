"""Audits and findings made by hand, so that no check is needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optimizer.audit.audit import Audit
from optimizer.audit.books import Books
from optimizer.audit.checks import Checked
from optimizer.audit.finding import Evidence, Finding, due_item, register
from optimizer.audit.incomes import incomes
from optimizer.audit.reconciliation import reconciliation
from optimizer.audit.statement import statement

EVIL = "<b>bold</b> & </script><script>alert('x')</script> =1+1"
IDENTITY, ACCOUNT = "11010519491231002X", "6222020012345678841"


def audit_of(books: Books, found: Sequence[Finding] = (), done: Sequence[str] = ("P01", "P05"), **more: object) -> Audit:
    """An audit of these books with findings made by hand, so that no check is needed."""
    checked = Checked(tuple(found), tuple(done), {"W05": "not checked: the register has no table shares"})
    listed = register(checked.findings, books.table("finding_decisions"), None, books.about, checked.done)
    made = Audit(books, checked, listed, statement(books), reconciliation(books), incomes(books), None)
    return replace(made, **more)  # type: ignore[arg-type]


def missing(household: str = "H22", fen: int = 1234, says: str = "1,041.98 yuan paid") -> Finding:
    """A finding as the check for underpayment makes it."""
    item = due_item(household, "share", "valley", "first_quarter")
    evidence = (Evidence("payments.csv", 71, "amount_yuan 1,041.98"),)
    return Finding("P01", (("household", household), ("base", "valley")), "1,054.32 yuan", says, evidence, "first_quarter", fen, item)
