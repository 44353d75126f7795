"""Explanations on a terminal: titles, and below them sentences that are wrapped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.report.explain.told import Topic
from optimizer.report.wording import MINUS
from optimizer.texts import say

WIDEST = 100


def print_topics(title: str, notes: Sequence[str], topics: Sequence[Topic], console: Console) -> None:
    """Print a title, notes and the topics below them; on something that is no terminal it is plain text."""
    room = min(console.width, WIDEST)
    console.print(_text(title, "bold"), width=room)
    for note in notes:
        console.print(_text(note), width=room)
    for topic in topics:
        console.print()
        console.print(_text(topic.title, "bold"), width=room)
        lines = Table.grid(padding=(0, 1, 0, 0))
        lines.add_column(width=1)
        lines.add_column(overflow="fold")
        for line in topic.lines:
            lines.add_row(_text(say("explain.mark")), _text(line))
        console.print(lines, width=room)


def _text(text: str, style: str = "") -> Text:
    """Text that any console can write: a plain hyphen for minus, plain spaces; brackets are no markup."""
    return Text(text.replace(MINUS, "-").replace("\u00a0", " "), style)
