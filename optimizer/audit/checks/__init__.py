"""The checks of the catalogue: each a small function from the books to findings."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from optimizer.audit.books import YEAR, Books
from optimizer.audit.catalogue import Entry, catalogue
from optimizer.audit.finding import Finding
from optimizer.texts import say

Check = Callable[[Books], Iterator[Finding]]


@dataclass(frozen=True)
class Checked:
    """``findings`` of all checks · ``done``: codes that were looked for · ``undone``: codes that could not be, and why."""

    findings: tuple[Finding, ...]
    done: tuple[str, ...]
    undone: dict[str, str]


def check_of(entry: Entry) -> Check:
    """The function that looks for a finding, as catalogue.csv names it."""
    module, function = entry.check.split(":")
    return getattr(importlib.import_module(f"optimizer.audit.checks.{module}"), function)


def run_checks(books: Books) -> Checked:
    """Run every check whose tables are there; the others are listed as not checked, never as passed."""
    findings: list[Finding] = []
    done, undone = [], {}
    for code, entry in catalogue().items():
        missing = [table for table in entry.needs if not books.has(table)]
        if missing:
            only_planned = not books.is_paid and set(missing) <= set(YEAR)
            undone[code] = say("audit.planned_only") if only_planned else say("audit.not_checked", tables=", ".join(missing))
            continue
        try:
            findings += check_of(entry)(books)
            done.append(code)
        except NotChecked as reason:
            undone[code] = str(reason)
    return Checked(tuple(findings), tuple(done), undone)


class NotChecked(Exception):
    """A check that cannot be made on these books, with the reason in the auditor's words."""
