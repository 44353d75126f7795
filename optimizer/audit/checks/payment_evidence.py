"""What the checks of payments share: the lines behind a cell of the four-way match, and findings about cells and lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.finding import Evidence, Finding, due_item
from optimizer.audit.matching import CELL
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say

MOST_EVIDENCE = 6
"""So many lines of a kind are listed for a finding; of more, the number is given."""

Cell = Mapping[str, Any]


def day_of(day: Any) -> str:
    """A day as the files write it; for none that there is none."""
    return say("payments.no_day") if pd.isna(day) else f"{day:%Y-%m-%d}"


def paid_evidence(line: Any) -> Evidence:
    """A payment (a row of ``books.payments``) as evidence."""
    says = say("payments.line", payment=line.payment, yuan=in_yuan(line.amount_fen), day=day_of(line.paid_on))
    return Evidence(line.file, int(line.row), says)


def with_lines(books: Books, cells: pd.DataFrame) -> Iterator[tuple[Cell, list[Any], tuple[Evidence, ...]]]:
    """Each cell, its payments (rows of ``books.payments``) by day, and what shows the due and the payments."""
    if cells.empty:
        return
    households = set(cells["household"])
    due = books.due[books.due["household"].isin(households)]
    due = due.assign(settlement=books.settlements.named(due["kind"], due["period"]))
    due_of = _of_cells(due[[*CELL, "period", "pot", "document", "row", "due_fen"]], cells)
    paid_of = _of_cells(books.payments[books.payments["household"].isin(households)].sort_values(["paid_on", "payment"]), cells)
    for cell in cells.to_dict("records"):
        key = tuple(cell[column] for column in CELL)
        dues, lines = due_of[key], paid_of[key]
        shown = [_due_evidence(books, line) for line in dues[:MOST_EVIDENCE]]
        shown += [paid_evidence(line) for line in lines[:MOST_EVIDENCE]]
        more = max(len(dues) - MOST_EVIDENCE, 0) + max(len(lines) - MOST_EVIDENCE, 0)
        shown += [Evidence(books.instance.files["payments"], None, say("payments.more_lines", count=more))] if more else []
        yield cell, lines, tuple(shown)


def _of_cells(lines: pd.DataFrame, cells: pd.DataFrame) -> dict[tuple[str, ...], list[Any]]:
    """The lines of each of the cells."""
    found: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for line in lines.merge(cells[CELL], on=CELL).itertuples(index=False):
        found[line.household, line.kind, line.base, line.settlement].append(line)
    return found


def _due_evidence(books: Books, line: Any) -> Evidence:
    """The pot, the foreman's sheet or the lease behind a due."""
    says = say("payments.due_line", period=line.period, yuan=in_yuan(line.due_fen))
    if line.pot:
        return Evidence(line.pot, None, says)
    source = books.actual.sources.get(line.kind, "plan")
    return books.evidence(source, line.row, says) if source in books.instance.files else Evidence(line.kind, None, says)


def of_cell(code: str, cell: Cell, expected: str, found: str, evidence: tuple[Evidence, ...], at_risk: int) -> Finding:
    """A finding about what a household is due of a kind from a base in a settlement."""
    subjects = (("household", cell["household"]), ("base", cell["base"]), ("kind", cell["kind"]))
    item = due_item(*(cell[column] for column in CELL))
    return Finding(code, subjects, expected, found, evidence, cell["settlement"], int(at_risk), item)


def of_line(code: str, line: Any, expected: str, found: str, at_risk: int, *further: Evidence) -> Finding:
    """A finding about one payment (a row of ``books.payments``)."""
    subjects = (("household", line.household), ("payment", line.payment), ("base", line.base), ("kind", line.kind))
    item = due_item(line.household, line.kind, line.base, line.settlement)
    return Finding(code, subjects, expected, found, (paid_evidence(line), *further), line.settlement, int(at_risk), item)
