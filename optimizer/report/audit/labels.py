"""What every sheet of an audit says on top: planned or paid, and how many rows were set aside."""

from __future__ import annotations

from optimizer.audit.books import Books
from optimizer.report.wording import number
from optimizer.texts import say


def label(books: Books) -> str:
    """Planned or paid, in capitals, and by which day."""
    if not books.is_paid:
        return say("audited.label.planned")
    return say("audited.label.paid", day=books.as_of.isoformat()) if books.as_of else say("audited.label.paid_undated")


def set_aside(books: Books) -> str:
    """The sentence on broken rows that were left out; nothing where there were none."""
    aside = books.register.set_aside
    rows = len(aside[["file", "row"]].drop_duplicates()) if len(aside) else 0
    return say("audited.set_aside", count=number(rows)) if rows else ""


def notices(books: Books) -> list[str]:
    """The lines that stand on every page."""
    planned = [] if books.is_paid else [say("audited.planned_sentence")]
    return [text for text in (*planned, set_aside(books), *books.register.notes) if text]


def running_head(books: Books) -> str:
    """CSS that repeats the label in the margin of every printed page."""
    text = " · ".join(part for part in (label(books), set_aside(books)) if part)
    return f'@media print {{ @page {{ margin-top: 16mm; @top-left {{ content: "{css_text(text)}"; font: 700 8pt Arial, sans-serif; }} @top-right {{ content: counter(page) "/" counter(pages); font: 8pt Arial, sans-serif; }} }} }}'  # noqa: E501


def css_text(text: str) -> str:
    """The text as it may stand in a CSS string: everything but letters, digits and spaces as its code.

    >>> css_text('1 "a"')
    '1 \\\\22 a\\\\22 '
    """
    return "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):x} " for c in text)
