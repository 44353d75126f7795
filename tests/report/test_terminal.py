"""The summary on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from optimizer.report.contents import Report
from optimizer.report.terminal import print_summary
from optimizer.texts import say


def printed(report: Report, width: int = 80) -> str:
    console = Console(file=io.StringIO(), width=width)
    print_summary(report, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_lines_fit(tiny_report: Report, evil_report: Report, width: int) -> None:
    for report in (tiny_report, evil_report):
        assert max(cell_len(line) for line in printed(report, width).splitlines()) <= min(width, 100)


def test_every_question_is_answered(tiny_report: Report) -> None:
    text = printed(tiny_report)
    for key in ("grown", "sold", "earned", "gained", "binds"):
        assert say(f"terminal.{key}") in text
    assert "519,950" in text and "365,816" in text


def test_figures_are_never_cut(tiny_report: Report) -> None:
    assert all("…" not in word or not word[0].isdigit() for word in printed(tiny_report, 60).split())


def test_no_terminal_gets_plain_text(evil_report: Report) -> None:
    text = printed(evil_report)
    assert "\x1b" not in text and "−" not in text and "\u00a0" not in text
    assert "<b>bold</b>" in text


def test_nothing_pays_is_said(empty_report: Report) -> None:
    text = printed(empty_report)
    assert say("terminal.nothing_pays") in text
    assert say("terminal.sold") not in text


def test_absent_figures_are_absent(plain_report: Report) -> None:
    text = printed(plain_report)
    assert say("terminal.earned") not in text and say("terminal.gained") not in text
