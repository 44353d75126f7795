"""What is posted in each village: who is due (and was paid) how much of which kind, without names or numbers of cards."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from optimizer.audit.audit import Audit
from optimizer.audit.matching import KINDS
from optimizer.instance.privacy import masked, suppress_small
from optimizer.report.audit.labels import label, notices, running_head
from optimizer.report.audit.sections_money import amount
from optimizer.report.audit.tables import statements
from optimizer.report.naming import Names
from optimizer.report.page import page
from optimizer.report.parts import Cell, Part, Section, Text, table
from optimizer.report.sections.split import rule_in_words
from optimizer.report.wording import counted, with_unit
from optimizer.texts import say

STYLES = """\
.notice { font-weight: 700; }
section table { width: 100%; }
@media print {
  header, nav, footer { display: none; } h2 { border-top: 0; margin-top: 0; }
  section { break-before: page; } section:first-child { break-before: auto; }
}
"""


def posting_tables(audit: Audit) -> dict[str, pd.DataFrame]:
    """Per village one row per household that is linked or due something, sorted by pseudonym.

    Columns: household, persons, ``KIND_due_fen`` and (of a year that was paid) ``KIND_paid_fen`` of the kinds that occur in
    the county, due_fen, paid_fen. Amounts of villages with fewer households than limits.small_group are blank (and those
    that could be reckoned from the others, see suppress_small). Numbers that might be of a card or telephone are starred.
    """
    frame = statements(audit)
    stages = ("due", "paid") if audit.books.is_paid else ("due",)
    amounts = [f"{prefix}{stage}_fen" for prefix in (*(f"{kind}_" for kind in KINDS), "") for stage in stages]
    amounts = [name for name in amounts if name in frame and frame[name].notna().any() and (frame[name] != 0).any()]
    has_amount = frame[amounts].ne(0).any(axis=1) if amounts else False
    frame = frame.loc[frame["linked"] | has_amount, ["household", "village", "persons", *amounts]]
    shown = suppress_small(frame, "village", ["persons", *amounts], round(audit.books.limits.small_group))
    shown["household"] = [masked(str(name)) for name in shown["household"]]
    shown = shown.sort_values(["village", "household"], kind="stable")
    return {str(village): part.drop(columns="village").reset_index(drop=True) for village, part in shown.groupby("village")}


def posting_page(audit: Audit, found: dict[str, pd.DataFrame] | None = None) -> str:
    """The posting sheets of all villages, one a printed page; ``found``: posting_tables(audit) where they were made already."""
    books, names = audit.books, Names(audit.books.instance)
    sheets = posting_tables(audit) if found is None else found
    return page(
        say("posting.page_title", title=books.instance.title),
        label(books),
        (),
        [_sheet(audit, names, village, frame) for village, frame in sheets.items()],
        kicker=say("posting.kicker"),
        footer=say("posting.footer"),
        styles=STYLES + running_head(books),
    )


def _sheet(audit: Audit, names: Names, village: str, frame: pd.DataFrame) -> Section:
    periods = audit.books.instance.periods.names
    parts: list[Part] = [Text(text, "notice") for text in (label(audit.books), *notices(audit.books))]
    parts.append(Text(say("posting.period", first=periods[0], last=periods[-1])))
    parts += [Text(rule_in_words(rule) + " " + _keys(rule.household_key)) for rule in audit.books.instance.split]
    amounts = [name for name in frame if name.endswith("_fen")]
    if amounts and frame[amounts].isna().all(axis=None):
        parts.append(Text(say("posting.too_few", least=round(audit.books.limits.small_group)), "bad"))
    else:
        parts.append(_amounts(frame, amounts))
    parts += [Text(say("posting.privacy"), "note"), Text(say("posting.complaints")), Text(say("posting.signed"))]
    return Section(f"village-{village}", say("posting.village", village=names.of("villages", village)), tuple(parts))


def _amounts(frame: pd.DataFrame, amounts: list[str]) -> Part:
    rows = [[r["household"], str(r["persons"]), *(amount(r[name]) for name in amounts)] for r in frame.to_dict("records")]
    total = [say("report.total"), str(frame["persons"].sum()), *(amount(frame[name].sum()) for name in amounts)]
    rows.append([Cell(text, "strong") for text in total])
    header = [say("posting.household"), say("posting.persons"), *(amount_title(name) for name in amounts)]
    return table(header, rows, caption=with_unit(counted("households", len(frame)), say("report.unit.yuan")))


def amount_title(column: str) -> str:
    """dividend_due_fen as a title: dividends, due."""
    kind, _, stage = column.removesuffix("_fen").rpartition("_")
    stage_says = say(f"audited.column.{stage}")
    return say("posting.amount", kind=say(f"report.kind.{kind}") if kind else say("posting.all_kinds"), stage=stage_says)


def _keys(key: Iterable[str]) -> str:
    """By what the households' part is divided, in words."""
    parts = [say(f"posting.key.{name}") for name in key]
    return say("posting.divided", key=say("posting.and").join(parts))
