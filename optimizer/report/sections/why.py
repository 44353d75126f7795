"""Why this crop and not that one: what a mu brings at each base, what it takes, and what would have to change."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup

from optimizer.report.charts import Stack, in_lines, stacked_bars
from optimizer.report.contents import Report
from optimizer.report.explain.crops import change_of_price, left_out, one_line, planted
from optimizer.report.explain.limits import LEAST_PRICE, activity_name
from optimizer.report.explain.told import TAKES, Told
from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Chart, Part, Section, Table, Text, Widget, table
from optimizer.report.wording import mu, number
from optimizer.texts import say

PICTURES, BASES, PLANTED, NEAREST = 3, 40, 6, 6
"""Bases with a picture, bases with tables, and lines of each table that are not folded away."""

OF_PICTURE = (8, 4)
"""Bars of what is planted and of what is nearest to it."""

LABEL, MORE_HEIGHT = 46, 8
"""Columns of a bar's label, which holds a crop, its planting, its land and its mu, and pixels it needs beyond those of other bars."""

VISIBLE = 0.005
"""What takes less than this share of what every bar brings has no colour of its own."""

COLOURS = {
    "costs": ("#8C6D31", ""), "land": ("#009E73", "/"), "resources": ("#0072B2", "x"), "goods": ("#CC79A7", "."),
    "rules": ("#6A51A3", "-"), "left": ("#E69F00", ""),
}  # fmt: skip


def why(report: Report, names: Names) -> Section | None:
    """Pictures and tables of the largest bases, those of the others folded; None where it was not worked out."""
    activities = report.tables.get("activities")
    if activities is None or activities["worth_yuan_per_mu"].notna().sum() == 0:
        return None
    told = Told(names, report.tables["shadow_prices"], activities, str(report.summary["objective"]["name"]))
    area = told.crops.groupby("base")["area_mu"].sum().sort_values(ascending=False, kind="stable")
    bases = [str(base) for base in area.index][:BASES]
    parts: list[Part] = [Text(say("report.why.lead")), Text(say("report.why.read"), "note")]
    for number_, base in enumerate(bases[:PICTURES]):
        parts += [Text(one_line(told, base), "lead"), *_picture(told, base, number_), *_tables(told, base)]
        parts += _rest(told, base, number_)
    for number_, base in enumerate(bases[PICTURES:], start=PICTURES):
        parts.append(folded(f"why-{number_}", one_line(told, base), _tables(told, base)))
    if len(area) > BASES:
        parts.append(Text(say("report.more_in_workbook", count=number(len(area) - BASES)), "note"))
    parts.append(Text(say("report.why.remark"), "note"))
    return Section("why", say("report.title.why"), tuple(parts))


def _known(frame: pd.DataFrame) -> pd.DataFrame:
    """Those of which a mu more or less is possible at all."""
    return frame[frame["worth"].notna() & frame["gain"].notna()]


def _picture(told: Told, base: str, number_: int) -> list[Part]:
    """A lying bar per activity: what a mu takes and what is left; the diamond is what it brings."""
    crops = _known(told.crops[told.crops["base"] == base])
    shown = [*planted(crops).head(OF_PICTURE[0]).to_dict("records"), *left_out(crops).head(OF_PICTURE[1]).to_dict("records")]
    if not shown:
        return []
    used = [kind for kind in TAKES if any(abs(line[kind]) >= VISIBLE * line["worth"] for line in shown)]
    stacks = [_stack(told, kind, shown, [line[kind] for line in shown]) for kind in used]
    stacks.append(_stack(told, "left", shown, [max(line["gain"], 0.0) for line in shown]))
    labels = [say("report.why.bar", crop=_crop(told, line), amount=_amount(line)) for line in shown]
    total = (say("report.why.brings"), [float(line["worth"]) for line in shown])
    data, layout = stacked_bars(labels, stacks, total, say("report.why.axis" if told.is_money else "report.why.axis_plain"))
    layout["height"] += MORE_HEIGHT * len(shown)
    layout["yaxis"]["ticktext"] = [in_lines(label, LABEL) for label in labels]
    caption = say("report.why.caption", base=told.names.of("bases", base))
    return [Chart(f"why-bars-{number_}", caption, data, layout, min_width=620)]


def _stack(told: Told, kind: str, shown: Sequence[dict[str, Any]], values: list[float]) -> Stack:
    colour, pattern = COLOURS[kind]
    title = say(f"report.why.{kind}")
    hints = [
        say("report.why.hint", crop=_crop(told, line), what=title, amount=told.amount(value))
        for line, value in zip(shown, values, strict=True)
    ]
    return Stack(title, colour, pattern, [float(value) for value in values], hints)


def _crop(told: Told, line: dict[str, Any]) -> str:
    """The activity and its class of land, if it needs any."""
    name = activity_name(told.names, str(line["activity"]))
    land = str(line["land_class"]) if isinstance(line["land_class"], str) else ""
    return say("report.why.crop", crop=name, land=told.names.any(land)) if land else name


def _amount(line: dict[str, Any]) -> str:
    return mu(line["area_mu"]) if line["area_mu"] > 0 else say("explain.crop.none")


def _tables(told: Told, base: str) -> list[Table]:
    """What is planted and what is nearest to it, the first lines of each."""
    crops = told.crops[told.crops["base"] == base]
    return [made for made in (_planted(told, planted(crops).head(PLANTED)), _absent(told, left_out(_known(crops)).head(NEAREST))) if made]


def _rest(told: Told, base: str, number_: int) -> list[Part]:
    """What does not stand in the tables of a base, folded away."""
    crops = told.crops[told.crops["base"] == base]
    found = (_planted(told, planted(crops).iloc[PLANTED:]), _absent(told, left_out(_known(crops)).iloc[NEAREST:]))
    tables = [made for made in found if made]
    count = sum(len(made.rows) for made in tables)
    return [folded(f"why-{number_}", say("report.why.rest", count=number(count)), tables)] if tables else []


def _planted(told: Told, crops: pd.DataFrame) -> Table | None:
    """What is planted: its account per mu and how far its price may fall."""
    if crops.empty:
        return None
    kinds = _kinds(crops)
    header = [say("report.column.activity"), say("report.why.column.mu"), *_account_header(kinds), say("report.why.left")]
    header += [say("report.why.column.less"), say("report.why.column.none")]
    rows = [
        [Cell(_crop(told, line)), Cell(number(line["area_mu"])), *_account(line, kinds), Cell(number(line["gain"]), "strong")]
        + [_change(line, line[f"price_fall_to_{to}_yuan_per_kg"]) for to in ("less", "none")]
        for line in crops.to_dict("records")
    ]
    return table(header, rows, caption=say("report.why.planted" if told.is_money else "report.why.planted_plain"))


def _absent(told: Told, crops: pd.DataFrame) -> Table | None:
    """What is not planted: its account per mu and what would bring it in."""
    if crops.empty:
        return None
    kinds = _kinds(crops)
    header = [say("report.column.activity"), *_account_header(kinds), say("report.why.column.short"), say("report.why.column.rise")]
    rows = [
        [Cell(_crop(told, line)), *_account(line, kinds), _short(line), _change(line, line["price_rise_to_enter_yuan_per_kg"])]
        for line in crops.to_dict("records")
    ]
    return table(header, rows, caption=say("report.why.absent" if told.is_money else "report.why.absent_plain"))


def _kinds(crops: pd.DataFrame) -> list[str]:
    """The kinds of what is taken that occur."""
    return [kind for kind in TAKES if (crops[kind].abs() > LEAST_PRICE).any()]


def _account_header(kinds: Sequence[str]) -> list[str]:
    return [say("report.why.brings"), *(say(f"report.why.{kind}") for kind in kinds)]


def _account(line: dict[str, Any], kinds: Sequence[str]) -> list[Cell]:
    return [Cell(number(line["worth"])), *(Cell(number(line[kind])) for kind in kinds)]


def _change(line: dict[str, Any], value: float) -> Cell:
    """A change of price per kilogram, with its share of what a kilogram brings below."""
    if math.isnan(value):
        return Cell("")
    text, share = change_of_price(line, value)
    return Cell(text, small=say("report.why.share", share=share) if share else "")


def _short(line: dict[str, Any]) -> Cell:
    """What a first mu would cost more than it brings."""
    lost = max(-line["gain"], 0.0)
    return Cell(number(lost, 2 if lost < 10 else 0), "strong")


def folded(name: str, summary: str, tables: Sequence[Table]) -> Widget:
    """Tables that show when their summary is clicked."""
    inner = Markup("").join(_html(made) for made in tables)
    return Widget(name, Markup("<details><summary>{}</summary>{}</details>").format(summary, inner), None)


def _html(made: Table) -> Markup:
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(title) for title in made.header)
    rows = Markup("").join(Markup("<tr>{}</tr>").format(Markup("").join(_cell(cell, i) for i, cell in enumerate(row))) for row in made.rows)
    return Markup(
        '<figure class="table"><figcaption>{}</figcaption><div class="scroll" tabindex="0" role="region" aria-label="{}">'
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></figure>"
    ).format(made.caption, made.caption, head, rows)


def _cell(cell: Cell, column: int) -> Markup:
    small = Markup("<small>{}</small>").format(cell.small) if cell.small else Markup("")
    tag = Markup('<th scope="row">{}{}</th>') if column == 0 else Markup('<td class="' + cell.tone + '">{}{}</td>')
    return tag.format(cell.text, small)
