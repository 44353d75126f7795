"""The audit on a terminal: short, narrow, and the same verdict as the page."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from audits import missing
from rich.console import Console

from optimizer.audit.audit import Audit
from optimizer.report.audit.terminal import print_audit
from optimizer.texts import say


def printed(audit: Audit, columns: int = 100) -> list[str]:
    console = Console(width=columns, record=True, file=io.StringIO())
    print_audit(audit, console)
    return console.export_text().splitlines()


def test_findings_and_their_money_are_told(underpaid: Audit) -> None:
    lines = printed(underpaid)
    assert any("S2 P01" in line or "12.34" in line for line in lines)
    assert say("audited.terminal.total", count="1", amount="12.34") in lines
    assert say("audited.verdict.stopped") in " ".join(lines)


def test_a_plan_says_so_and_what_was_not_checked(planned: Audit) -> None:
    text = " ".join(printed(planned))
    assert say("audited.label.planned") in text
    assert "not the same as passed" in text and "W05" in text


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_it_fits_the_terminal(audited: Callable[..., Audit], columns: int) -> None:
    lines = printed(audited(found=[missing("H1"), missing("H2")]), columns)
    assert max(map(len, lines)) <= columns
    assert len(lines) <= 50
