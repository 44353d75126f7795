"""The money on the audit's page: the statement at five levels, reconciliation, the four-way match, arrears, concentration."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from optimizer.audit.audit import Audit
from optimizer.audit.catalogue import STOPPING
from optimizer.audit.finding import standing
from optimizer.audit.matching import STATES
from optimizer.audit.reconciliation import FIGURES
from optimizer.audit.statement import BROKEN, HOLDS, NOT_CHECKED, Level
from optimizer.instance.privacy import suppress_small
from optimizer.report.audit.labels import notices
from optimizer.report.audit.tables import Tables, owed_fen
from optimizer.report.naming import Names, say_or_plain
from optimizer.report.parts import Cell, Figure, Figures, Part, Section, Text, table
from optimizer.report.wording import exact, listed, number, percent
from optimizer.texts import say

MOST_ROWS = 400
"""Months of the reconciliation on the page; what is beyond stands in the table."""

Rows = list[list[Cell | str]]


def statement(audit: Audit, found: Tables, names: Names) -> Section:
    """The first page: the verdict, five levels, and how much was found."""
    parts: list[Part] = [Text(text, "notice") for text in notices(audit.books)]
    is_whole = all(level.state == HOLDS for level in audit.statement)
    parts.append(Text(verdict(audit), "bad" if audit.is_stopped or _broken(audit) else "good" if is_whole else "lead"))
    header = [say(f"audited.column.{c}") for c in ("level", "state", "parts", "in", "out", "difference")]
    rows = [_level(number_, level) for number_, level in enumerate(audit.statement, start=1)]
    parts.append(table(header, rows, caption=say("audited.caption.statement"), text_columns=3))
    parts.append(_figures(audit, found))
    return Section("statement", say("audited.title.statement"), tuple(parts))


def verdict(audit: Audit) -> str:
    """One sentence: does money in equal money out, and does a grave finding stand."""
    broken = _broken(audit)
    held = sum(level.state == HOLDS for level in audit.statement)
    unchecked = [level for level in audit.statement if level.state == NOT_CHECKED]
    if broken:
        text = say("audited.verdict.broken", levels=listed(say(f"audited.level.{level.name}") for level in broken))
    else:
        text = say("audited.verdict.holds", count=held) if held else say("audited.verdict.nothing")
    if unchecked:
        text += " " + say("audited.verdict.unchecked", levels=listed(say(f"audited.level.{level.name}") for level in unchecked))
    return text + " " + say("audited.verdict.stopped" if audit.is_stopped else "audited.verdict.clear")


def _broken(audit: Audit) -> list[Level]:
    return [level for level in audit.statement if level.state == BROKEN]


def _level(place: int, level: Level) -> list[Cell]:
    is_checked = level.state != NOT_CHECKED
    words = say("report.separator").join(say("audited.part", name=line_name(name), amount=exact(amount)) for name, amount in level.parts)
    out = exact(sum(amount for _, amount in level.parts)) if is_checked else ""
    return [
        Cell(say("audited.numbered", number=place, name=say(f"audited.level.{level.name}"))),
        Cell(say(f"audited.state.{level.state}"), "strong" if level.state == HOLDS else "loss" if level.state == BROKEN else ""),
        Cell(words or level.why, "quiet"),
        Cell(came_in(level)),
        Cell(out),
        Cell(exact(level.difference_fen) if is_checked else "", "loss" if level.state == BROKEN else ""),
    ]


def came_in(level: Level) -> str:
    """What came in; nothing where nothing is known."""
    return exact(level.in_fen) if level.in_fen or level.state != NOT_CHECKED else ""


def line_name(name: str) -> str:
    """A line of the statement in words."""
    return say_or_plain("audited.line.", name)


def _figures(audit: Audit, found: Tables) -> Figures:
    """How much was looked for and found; the error rate where payments were made."""
    table_ = found["checks"]
    looked = table_["checked"] == "yes"
    remark = say("audited.figure.severe", grave=number(_grave(audit)))
    items = [
        Figure(say("audited.figure.checks"), say("audited.of", part=int(looked.sum()), whole=len(table_)), say("audited.figure.checks_of")),
        Figure(say("audited.figure.standing"), number(int(table_["standing"].sum())), remark),
        Figure(
            say("audited.figure.risk"),
            say("report.amount.yuan", amount=exact(int(table_["counted_fen"].sum()))),
            say("audited.figure.once"),
        ),
    ]
    cells = audit.books.cells
    due = int(cells["due_fen"].clip(lower=0).sum())
    if audit.books.is_paid and due:
        wrong = int(cells["arrears_fen"].sum() + cells["excess_fen"].sum())
        remark = say("audited.figure.error_of", wrong=exact(wrong), due=exact(due))
        items.append(Figure(say("audited.figure.error"), percent(wrong / due, 2), remark))
    return Figures(tuple(items))


def _grave(audit: Audit) -> int:
    return int(standing(audit.findings, audit.books.about)["severity"].isin(STOPPING).sum())


def reconciliation(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Per base over the whole time, then month by month."""
    frame = found["reconciliation"]
    if frame.empty:
        return None
    shown = [name for name in FIGURES if frame[name].notna().any()]
    moving = [name for name in shown if name not in ("opening_fen", "closing_fen")]
    by_base = frame.groupby("base", sort=False)
    sums = by_base[moving].sum()
    for name, end in (("opening_fen", "first"), ("closing_fen", "last")):
        if name in shown:
            sums[name] = by_base[name].agg(end)
    header = [say(f"audited.column.{name.removesuffix('_fen')}") for name in shown]
    rows: Rows = [[names.of("bases", str(base)), *_amounts(sums.loc[base], shown)] for base in sums.index]
    rows.append([Cell(say("report.total"), "strong"), *(Cell(c.text, "strong") for c in _amounts(sums.sum(), shown))])
    first = table([say("report.column.base"), *header], rows, caption=say("audited.caption.by_base"))
    parts: list[Part] = [Text(say("audited.reconciliation_remark"), "note"), first]
    for base, rows_ in frame.head(MOST_ROWS).groupby("base", sort=False):
        months: Rows = [[names.period(str(row["period"])), *_amounts(row, shown)] for row in rows_.to_dict("records")]
        caption = say("audited.caption.by_month", base=names.of("bases", str(base)))
        parts.append(table([say("audited.column.period"), *header], months, caption=caption))
    if len(frame) > MOST_ROWS:
        parts.append(Text(say("audited.more_rows", count=number(len(frame) - MOST_ROWS), file="reconciliation.csv"), "note"))
    return Section("reconciliation", say("audited.title.reconciliation"), tuple(parts))


def _amounts(row: pd.Series | dict[str, object], columns: Iterable[str]) -> list[Cell]:
    return [Cell(amount(row[name]), "loss" if not pd.isna(row[name]) and row[name] < 0 else "") for name in columns]  # type: ignore[operator,call-overload]


def amount(fen: object) -> str:
    """An amount in yuan to the fen; nothing for what is absent."""
    return "" if pd.isna(fen) else exact(int(fen))  # type: ignore[call-overload]


def match(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Planned, due, paid and confirmed by kind and state, and how dues stand against the plan."""
    if "matches" not in found or found["matches"].empty:
        return None
    cells = found["matches"].assign(owed_fen=owed_fen(found["matches"]))
    figures = ["planned_fen", "due_fen", "paid_fen", "deducted_fen", "owed_fen", "asked_fen", "confirmed_fen"]
    figures = [name for name in figures if cells[name].notna().any()]
    grouped = cells.groupby(["kind", "state"])
    sums, count = grouped[figures].sum(), grouped.size()
    order = sorted(sums.index, key=lambda pair: (pair[0], STATES.index(pair[1])))
    rows: Rows = [
        [say(f"report.kind.{kind}"), say(f"audited.match.{state}"), number(count[kind, state]), *_amounts(sums.loc[kind, state], figures)]
        for kind, state in order
    ]
    total = [say("report.total"), "", number(len(cells)), *(c.text for c in _amounts(cells[figures].sum(), figures))]
    header = [say(f"audited.column.{c}") for c in ("kind", "match", "lines", *(name.removesuffix("_fen") for name in figures))]
    rows.append([Cell(text, "strong") for text in total])
    parts: list[Part] = [Text(say("audited.match_remark"), "note")]
    parts.append(table(header, rows, caption=say("audited.caption.match"), text_columns=2))
    if (cells["against_plan"] != "").any():
        parts.append(_against_plan(cells))
    return Section("match", say("audited.title.match"), tuple(parts))


def _against_plan(cells: pd.DataFrame) -> Part:
    by = cells.groupby("against_plan")
    sums, count = by[["planned_fen", "due_fen"]].sum(), by.size()
    rows = []
    for name in sums.index:
        planned, due = int(sums.loc[name, "planned_fen"]), int(sums.loc[name, "due_fen"])
        rows.append([say(f"audited.against.{name}"), number(count[name]), exact(planned), exact(due), exact(due - planned)])
    header = [say(f"audited.column.{c}") for c in ("against_plan", "lines", "planned", "due", "due_less_planned")]
    return table(header, rows, caption=say("audited.caption.against_plan"))


def arrears(audit: Audit, found: Tables, names: Names) -> Section | None:
    """Arrears by base, kind and age."""
    if "ageing" not in found:
        return None
    frame = found["ageing"]
    if frame.empty:
        return Section("arrears", say("audited.title.arrears"), (Text(say("audited.no_arrears"), "good"),))
    ages = [name for name in frame if name.startswith("age_")]
    rows: Rows = [
        [names.of("bases", str(r["base"])), say(f"report.kind.{r['kind']}"), number(r["households"]), *_amounts(r, ["arrears_fen", *ages])]
        for r in frame.to_dict("records")
    ]
    sums = frame[["arrears_fen", *ages]].sum()
    total = [Cell(c.text, "strong") for c in _amounts(sums, ["arrears_fen", *ages])]
    rows.append([Cell(say("report.total"), "strong"), "", "", *total])
    heads = [say(f"audited.column.{c}") for c in ("kind", "households", "arrears", *(name.removesuffix("_fen") for name in ages))]
    part = table([say("report.column.base"), *heads], rows, caption=say("audited.caption.arrears"), text_columns=2)
    return Section("arrears", say("audited.title.arrears"), (part,))


def concentration(audit: Audit, found: Tables, names: Names) -> Section | None:
    """How much of each base's money goes to the few who receive most."""
    cells = audit.books.cells
    stage = "paid_fen" if audit.books.is_paid else "due_fen"
    got = cells.groupby(["base", "household"], as_index=False)[stage].sum()
    got = got[got[stage] > 0]
    if got.empty:
        return None
    figures = ["sum_fen", "largest_share", "top_share", "half_share"]
    frame = pd.DataFrame(
        [_concentrated(str(base), part) for base, part in got.groupby("base")[stage]], columns=["base", "households", *figures]
    )
    shown = suppress_small(frame, "base", figures[1:], round(audit.books.limits.small_group))
    rows = [
        [names.of("bases", r["base"]), number(r["households"]), amount(r["sum_fen"]), *(percent(r[name], 1) for name in figures[1:])]
        for r in shown.to_dict("records")
    ]
    header = [say("report.column.base"), *(say(f"audited.column.{c}") for c in ("receiving", stage.removesuffix("_fen"), *figures[1:]))]
    part = table(header, rows, caption=say("audited.caption.concentration"))
    return Section("concentration", say("audited.title.concentration"), (part, small_groups(audit)))


def _concentrated(base: str, amounts: pd.Series) -> tuple[str, int, int, float, float, float]:
    """Households, their money, the share of the largest, that of the top tenth, and the share of households that has half."""
    ordered = np.sort(amounts.to_numpy(dtype=np.int64))[::-1]
    gathered, whole = np.cumsum(ordered), int(ordered.sum())
    tenth = -(-len(ordered) // 10)
    half = int(np.searchsorted(gathered, whole / 2)) + 1
    return base, len(ordered), whole, ordered[0] / whole, gathered[tenth - 1] / whole, half / len(ordered)


def small_groups(audit: Audit) -> Text:
    """The remark on blank cells of small groups."""
    return Text(say("audited.small_groups", least=round(audit.books.limits.small_group)), "note")
