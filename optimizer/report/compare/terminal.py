"""A comparison on a terminal: the policies in a small table, and what it says in a few sentences."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizer.policy.comparison import Comparison, Outcome
from optimizer.report.audit.terminal import plain
from optimizer.report.compare.labels import MEASURES, SEASON_MEASURES, Labels, changed
from optimizer.report.compare.sections_opening import sentences, why
from optimizer.texts import say

WIDEST = 110
SHOWN = ("margin_yuan", "household_gain_yuan", "company_balance_yuan", "worst_base_balance_yuan", "effective_products")
WITH_CHANGE = ("margin_yuan", "household_gain_yuan")


def print_comparison(comparison: Comparison, console: Console) -> None:
    """Print a line per policy with its main figures and differences, then what is asked first, in sentences."""
    labels = Labels(comparison)
    room = min(console.width, WIDEST)
    title = say("compared.page_title", title=comparison.instance.title)
    console.print(plain(title, "bold"), width=room)
    console.print()
    console.print(_table(comparison, labels), width=room)
    console.print()
    if labels.uncertain:
        console.print(_seasons(labels), width=room)
        console.print()
    for sentence in sentences(comparison, labels)[1:]:
        console.print(plain(sentence), width=room)
    for outcome in comparison.outcomes:
        if not outcome.is_plan:
            console.print(plain(why(outcome, labels), "red"), width=room)
    for note in comparison.notes:
        console.print(plain(note), width=room)


def _table(comparison: Comparison, labels: Labels) -> Table:
    columns = [column for column in SHOWN if any(column in o.figures for o in labels.plans)]
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    made.add_column(plain(say("compared.column.policy")), overflow="fold", min_width=14, vertical="bottom")
    for column in columns:
        made.add_column(plain(say(f"compared.terminal.{column}")), justify="right", no_wrap=True, vertical="bottom")
        if column in WITH_CHANGE:
            made.add_column(plain(say("compared.terminal.change")), justify="right", no_wrap=True, vertical="bottom")
    made.caption = plain(say("compared.terminal.unit", unit=labels.money_unit[1]))
    made.caption_justify = "left"
    for outcome in comparison.outcomes:
        made.add_row(*_row(outcome, comparison, labels, columns))
    return made


def _seasons(labels: Labels) -> Table:
    """What the possible years come to under the policies that are planned for all of them."""
    columns = [m for m in SEASON_MEASURES if any(m.column in o.figures for o in labels.uncertain)]
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    made.add_column(plain(say("compared.terminal.season")), overflow="fold", min_width=14, vertical="bottom")
    for measure in columns:
        made.add_column(plain(say(f"compared.terminal.{measure.column}")), justify="right", no_wrap=True, vertical="bottom")
    made.caption = plain(say("compared.terminal.season_unit", unit=labels.money_unit[1]))
    made.caption_justify = "left"
    for outcome in labels.uncertain:
        values = [(measure, outcome.figures.get(measure.column)) for measure in columns]
        cells = [plain("" if v is None else labels.figure(m, v), "red" if v is not None and v < 0 else "") for m, v in values]
        made.add_row(plain(labels.policy(outcome.policy)), *cells)
    return made


def _row(outcome: Outcome, comparison: Comparison, labels: Labels, columns: list[str]) -> list[Text]:
    name = labels.policy(outcome.policy)
    if not outcome.is_plan:
        return [plain(say("compared.terminal.without", policy=name, status=labels.status(outcome)), "red")]
    cells: list[Text] = [plain(name, "bold" if outcome is comparison.reference else "")]
    for measure in (measure for column in columns for measure in MEASURES if measure.column == column):
        value = outcome.figures.get(measure.column)
        cells.append(plain("" if value is None else labels.figure(measure, value), "red" if value is not None and value < 0 else ""))
        if measure.column in WITH_CHANGE:
            change = None if outcome is comparison.reference else changed(outcome, comparison.reference, measure.column)
            cells.append(plain("" if change is None else labels.change(measure, change)))
    return cells
