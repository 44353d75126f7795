"""Households before and after: the distribution of incomes, who passes the poverty line, and gains by kind and village."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from optimizer.report.charts import PATTERNS, Stack, before_and_after, mark, stacked_bars
from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Chart, Part, Section, Text, table
from optimizer.report.wording import FEN, money, number, table_money, with_unit, yuan
from optimizer.texts import say

KINDS = ("dividend", "wage", "rent", "share", "forgone")
COLOURS = {"dividend": "#0072B2", "wage": "#E69F00", "rent": "#009E73", "share": "#CC79A7", "forgone": "#A0A7AE"}
MOST_VILLAGES = 40
STEPS = (1, 2, 5)


def households(report: Report, names: Names) -> Section | None:
    frame = report.distribution.households
    if frame.empty:
        return None
    parts: list[Part] = []
    if frame["income_before_fen"].notna().all():
        parts += _incomes(report, frame)
    if frame["linked"].any():
        parts += _by_village(report, frame, names)
        parts.append(Text(say("report.gain_remark"), "note"))
    return Section("households", say("report.title.households"), tuple(parts)) if parts else None


def nice_step(span: float, count: int) -> float:
    """A round width (1, 2 or 5 times a power of ten) for about ``count`` classes.

    >>> nice_step(10_000, 20)
    500.0
    """
    raw = max(span / count, 1e-9)
    power = 10.0 ** np.floor(np.log10(raw))
    return float(next(s * power for s in (*STEPS, 10) if s * power >= raw * 0.999))


def _incomes(report: Report, frame: pd.DataFrame) -> list[Part]:
    """Histogram of people by household income per head, before and after, with the poverty line."""
    edges, counts = income_classes(frame)
    step = float(edges[1] - edges[0])
    hints = {
        when: [
            say("report.histogram_hint", count=number(c), low=number(e), high=number(e + step)) for c, e in zip(found, edges, strict=False)
        ]
        for when, found in counts.items()
    }
    titles = {when: say(f"report.income_{when}") for when in counts}
    data, figure = before_and_after(edges, counts, titles, hints, (say("report.axis.income"), say("report.axis.people")))
    known = report.summary["households"]
    parts: list[Part] = []
    if "poverty_line_yuan" in known:
        line = float(known["poverty_line_yuan"])
        mark(figure, line, say("report.axis.line", year=known["line_year"], line=number(line)), is_left=line < edges[-1] / 2)
        parts.append(_line_sentence(known))
    remark = Text(say("report.histogram_remark", top=number(float(edges[-1] - step))), "note")
    return [*parts, Chart("incomes", say("report.caption.incomes"), data, figure), remark]


def income_classes(frame: pd.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Edges of equal classes in yuan per head, and the people in each before and after; the highest incomes share the last."""
    persons = frame["persons"].to_numpy(dtype=float)
    heads = {when: frame[f"income_{when}_fen"].to_numpy(dtype=float) / FEN / persons for when in ("before", "after")}
    top = max(float(np.quantile(values, 0.985)) for values in heads.values())
    low = min(0.0, min(float(values.min()) for values in heads.values()))
    step = nice_step(max(top - low, 1.0), 24)
    first = np.floor(low / step) * step
    edges = np.arange(first, max(top, first) + step * 1.001, step)
    edges = edges if len(edges) > 1 else np.array([first, first + step])
    within = {when: np.clip(values, edges[0], edges[-1] - step / 1000) for when, values in heads.items()}
    return edges, {when: np.histogram(values, bins=edges, weights=persons)[0] for when, values in within.items()}


def _line_sentence(known: Mapping[str, Any]) -> Text:
    """How many people rise above (or fall below) the line."""
    above = known["persons_below_before"] - known["persons_below_after"]
    key = "report.above_line" if above >= 0 else "report.below_line"
    left = number(known["persons_below_after"])
    return Text(say(key, year=known["line_year"], count=number(abs(above)), left=left), "lead")


def village_gains(frame: pd.DataFrame) -> pd.DataFrame:
    """Per village with linked people: households, persons, the gain by kind (forgone income negative) and in all, in fen."""
    linked = frame[frame["linked"]]
    columns = [*(f"{kind}_fen" for kind in KINDS), "gain_fen", "persons"]
    sums = linked.groupby("village")[columns].sum()
    sums.insert(0, "linked", linked.groupby("village").size())
    sums["forgone_fen"] = -sums["forgone_fen"]
    sums["head"] = sums["gain_fen"] / sums["persons"]
    return sums.sort_values("head", ascending=False, kind="stable")


def _by_village(report: Report, frame: pd.DataFrame, names: Names) -> list[Part]:
    sums = village_gains(frame)
    shown = sums.head(MOST_VILLAGES)
    kinds = [kind for kind in KINDS if shown[f"{kind}_fen"].any()]
    stacks = []
    for kind in kinds:
        heads = [float(h) for h in shown[f"{kind}_fen"] / shown["persons"] / FEN]
        hints = [say("report.gain_hint", kind=say(f"report.kind.{kind}"), amount=yuan(h * FEN)) for h in heads]
        stacks.append(Stack(say(f"report.kind.{kind}"), COLOURS[kind], PATTERNS[KINDS.index(kind)], heads, hints))
    labels = [names.of("villages", str(village)) for village in shown.index]
    gains = [float(h) / FEN for h in shown["head"]]
    data, figure = stacked_bars(labels, stacks, (say("report.kind.gain"), gains), say("report.axis.gain"))
    return [Chart("gains", say("report.caption.gains"), data, figure, 560), _village_table(report, frame, sums, kinds, names)]


def _village_table(report: Report, frame: pd.DataFrame, sums: pd.DataFrame, kinds: list[str], names: Names) -> Part:
    line = report.summary["households"].get("poverty_line_yuan")
    below = pd.DataFrame(index=sums.index)
    header = [say(f"report.column.{c}") for c in ("village", "linked", "persons")]
    header += [with_unit(say(f"report.kind.{kind}"), say("report.table_money")) for kind in [*kinds, "gain"]]
    header.append(with_unit(say("report.column.per_head"), say("report.unit.yuan")))
    if line is not None:
        least = frame["persons"] * round(line * FEN)
        for when in ("before", "after"):
            poor = frame["persons"].where(frame[f"income_{when}_fen"].astype("int64") < least, 0)
            below[when] = poor.groupby(frame["village"]).sum().reindex(sums.index, fill_value=0)
            header.append(say(f"report.column.below_{when}"))
    rows = []
    for village in [*sums.index[:MOST_VILLAGES], *([None] if len(sums) > 1 else [])]:
        part = sums.loc[village] if village is not None else sums.sum()
        cells = [number(part["linked"]), number(part["persons"]), *(table_money(part[f"{kind}_fen"]) for kind in kinds)]
        cells += [table_money(part["gain_fen"]), number(part["gain_fen"] / part["persons"] / FEN)]
        cells += [number(below.loc[village, when] if village is not None else below[when].sum()) for when in below]
        tone = "" if village is not None else "strong"
        rows.append(
            [
                Cell(names.of("villages", str(village)) if village is not None else say("report.total"), tone),
                *(Cell(c, tone) for c in cells),
            ]
        )
    return table(header, rows, caption=say("report.caption.villages", gain=money(float(sums["gain_fen"].sum()))))
