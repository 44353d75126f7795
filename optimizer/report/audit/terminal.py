"""An audit on a terminal, in about forty lines: the statement, what was found, what was not checked."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.audit.audit import Audit
from optimizer.audit.catalogue import STOPPING
from optimizer.audit.statement import BROKEN, NOT_CHECKED
from optimizer.report.audit.labels import label, notices
from optimizer.report.audit.sections_money import came_in, verdict
from optimizer.report.audit.tables import checks
from optimizer.report.wording import exact, listed, number
from optimizer.texts import say

WIDEST = 100
MOST_CODES = 14
MOST_UNCHECKED = 60


def print_audit(audit: Audit, console: Console) -> None:
    """Print the statement, findings by code with yuan at risk, and what was not checked."""
    room = min(console.width, WIDEST)
    _line(console, say("audited.page_title", title=audit.books.instance.title), "bold")
    _line(console, label(audit.books), "bold")
    for text in notices(audit.books):
        _line(console, text)
    console.print()
    console.print(_statement(audit), width=room)
    _line(console, verdict(audit), "bold red" if audit.is_stopped or any(v.state == BROKEN for v in audit.statement) else "bold")
    found = checks(audit)
    hit = found[(found["standing"] > 0).fillna(False)].sort_values(["severity", "code"], kind="stable")
    console.print()
    if hit.empty:
        _line(console, say("audited.no_findings"))
    else:
        console.print(_findings(hit.head(MOST_CODES)), width=room)
        if len(hit) > MOST_CODES:
            _line(console, say("terminal.more", count=number(len(hit) - MOST_CODES)))
        total = exact(int(hit["counted_fen"].sum()))
        _line(console, say("audited.terminal.total", count=number(int(hit["standing"].sum())), amount=total), "bold")
    undone = found[found["checked"] == "no"]
    if len(undone):
        _line(console, say("audited.terminal.unchecked", count=len(undone), codes=listed(undone["code"], MOST_UNCHECKED)))


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(plain(text, style), width=min(console.width, WIDEST))


def plain(text: str, style: str = "") -> Text:
    """Text that any console can write: a plain hyphen for minus; brackets are no markup."""
    return Text(text.replace("−", "-").replace("\u00a0", " "), style)


def _table(heads: list[str], words: int) -> Table:
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for place, head in enumerate(heads):
        is_word = place < words
        made.add_column(plain(head), justify="left" if is_word else "right", no_wrap=not is_word, overflow="fold", vertical="bottom")
    return made


def _statement(audit: Audit) -> Table:
    made = _table([say(f"audited.column.{c}") for c in ("level", "state", "in", "out", "difference")], 2)
    for place, level in enumerate(audit.statement, start=1):
        name = say("audited.numbered", number=place, name=say(f"audited.level.{level.name}"))
        is_checked = level.state != NOT_CHECKED
        figures = [exact(sum(fen for _, fen in level.parts)), exact(level.difference_fen)] if is_checked else ["", ""]
        style = "bold red" if level.state == BROKEN else ""
        made.add_row(*(plain(text, style) for text in (name, say(f"audited.state.{level.state}"), came_in(level), *figures)))
    return made


def _findings(hit) -> Table:  # type: ignore[no-untyped-def]
    made = _table([say(f"audited.column.{c}") for c in ("code", "looks_for", "standing", "at_risk")], 2)
    for row in hit.to_dict("records"):
        style = "red" if row["severity"] in STOPPING else ""
        code = say("audited.code", severity=row["severity"], code=row["code"])
        cells = (code, row["looks_for"], number(row["standing"]), exact(int(row["counted_fen"])))
        made.add_row(*(plain(text, style) for text in cells))
    return made
