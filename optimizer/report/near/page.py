"""The page of near-equal plans: what can move and how far, and the alternatives side by side; it opens offline and prints on A4."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.policy.near import Alternative, Near
from optimizer.report.naming import Names, plain
from optimizer.report.near.charts import Span, spans
from optimizer.report.near.tables import ranges_table
from optimizer.report.near.words import PLANTED, SOLD, amount, cost, figure_text, kind, label, lead, moves, sets, share_text
from optimizer.report.page import page
from optimizer.report.parts import Cell, Chart, Part, Points, Section, Text, table
from optimizer.texts import say

PICTURES = (("product", PLANTED), ("base", PLANTED), ("market", SOLD), ("product", SOLD), ("base", SOLD))
SIDE_BY_SIDE = (
    "planted_otherwise_share", "sold_elsewhere_share", "effective_products", "largest_product_share", "labour_days", "household_gain_yuan",
    "least_household_gain_yuan", "lanes",
)  # fmt: skip
"""Figures that stand side by side, beside the cost."""

NARROW = 560
REPORT = "report.html"


def near_page(near: Near) -> str:
    """The page as text; the same plans give the same bytes."""
    names = Names(near.instance)
    found = [Section(key, say(f"near.section.{key}"), tuple(parts)) for key, parts in _sections(near, names) if parts]
    title = say("near.title", title=near.instance.title)
    subtitle = say("near.subtitle", policy=plain(near.instance.policy), share=share_text(near.share))
    return page(title, subtitle, near.instance.changes, found, kicker=say("near.kicker"), footer=say("near.footer"))


def _sections(near: Near, names: Names) -> Iterator[tuple[str, list[Part]]]:
    first: list[Part] = [Text(lead(near), "lead"), *([Points(tuple(said))] if (said := moves(near, names)) else [])]
    yield "opening", [*first, *(Text(note, "note") for note in near.notes)]
    yield "alternatives", [*_side_by_side(near), *_left_out(near)]
    yield "ranges", [Text(say("near.chart.remark"), "note"), *_pictures(near, names)]
    yield "made", [Text(say("near.made", policy=near.policy), "note"), Points(tuple(_made(near)))] if near.alternatives else []


def _side_by_side(near: Near) -> list[Part]:
    plans = [near.plan, *near.alternatives]
    shown = [name for name in SIDE_BY_SIDE if any(name in one.figures for one in plans)]
    header = [say("near.column.alternative"), say("near.column.objective"), say("near.column.cost")]
    rows = [_row(near, one, shown) for one in plans]
    caption = say("near.caption.alternatives")
    return [table([*header, *(say(f"near.column.{name}") for name in shown)], rows, caption=caption), Text(say("near.differs"), "note")]


def _row(near: Near, one: Alternative, shown: list[str]) -> list[Cell]:
    is_plan = one is near.plan
    name = Cell(kind(one.kind), "strong") if is_plan else Cell(kind(one.kind), href=f"{one.kind}/{REPORT}")
    figures = [Cell(figure_text(near, one, column)) for column in shown]
    return [name, Cell(figure_text(near, one, "objective")), Cell("" if is_plan else cost(near, one)), *figures]


def _left_out(near: Near) -> list[Part]:
    reasons = tuple(say("near.left_out", kind=kind(name), why=why) for name, why in near.left_out.items())
    return [Text(say("near.left_out_title")), Points(reasons)] if reasons else []


def _pictures(near: Near, names: Names) -> Iterator[Chart]:
    found = ranges_table(near)
    for what, figure in PICTURES:
        rows = found[(found["kind"] == what) & (found["figure"] == figure)].sort_values("plan", ascending=False, kind="stable")
        if rows.empty:
            continue
        title = say(f"near.axis.{figure}")
        drawn = [_span(near, names, row, what, figure) for row in rows.to_dict("records")]
        data, layout = spans(drawn, [kind(one.kind) for one in near.alternatives], title)
        yield Chart(f"{what}-{figure.replace('_', '-')}", say(f"near.caption.{what}.{figure}"), data, layout, NARROW)


def _span(near: Near, names: Names, row: dict[str, float], what: str, figure: str) -> Span:
    name = label(names, what, str(row["name"]))
    others = tuple(float(row[one.kind]) for one in near.alternatives)
    hints = [say("near.hint.range", name=name, least=amount(figure, row["least"]), most=amount(figure, row["most"]))]
    named = zip(("plan", *(one.kind for one in near.alternatives)), (row["plan"], *others), strict=True)
    hints += [say("near.hint.plan", name=name, kind=kind(key), amount=amount(figure, value)) for key, value in named]
    return Span(name, row["least"], row["plan"], row["most"], others, tuple(hints))


def _made(near: Near) -> Iterator[str]:
    for one in near.alternatives:
        yield say("near.made_by", kind=kind(one.kind), how=say(f"near.how.{one.kind}"), changes=sets(one))
