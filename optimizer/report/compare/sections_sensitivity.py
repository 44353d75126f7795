"""What the plan hangs on: each attribute moved alone, and how far it can move before the crops change or somebody loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from optimizer.policy.comparison import Comparison, Sensitivity, Switch
from optimizer.report.charts import AFTER, axis, escaped, in_lines, layout
from optimizer.report.compare.labels import Labels, changed
from optimizer.report.naming import plain
from optimizer.report.parts import Cell, Chart, Part, Points, Section, Text, table
from optimizer.report.wording import listed, number, percent, with_unit
from optimizer.texts import say

LOW_COLOUR, HIGH_COLOUR = "#E08214", AFTER
MOST_BARS = 30
PANELS = (("margin_yuan", "x", [0.0, 0.48]), ("household_gain_yuan", "x2", [0.52, 1.0]))


def sensitivity(comparison: Comparison, labels: Labels) -> Section | None:
    """Tornado and switching values; None where no attribute was moved."""
    if not comparison.sensitivities:
        return None
    ordered = sorted(comparison.sensitivities, key=lambda s: (-swing(s, comparison), s.name))
    parts: list[Part] = [Text(_first(ordered[0], comparison, labels)), tornado(ordered[:MOST_BARS], comparison, labels)]
    missing = [f"{plain(s.name)} {_tried(s, end)}" for s in ordered for end, o in enumerate(s.outcomes) if not o.is_plan]
    if missing:
        parts.append(Text(say("compared.tornado_missing", ends=listed(missing, 10)), "bad"))
    if any(s.switches for s in ordered):
        parts += [Text(say("compared.switching_remark"), "note"), _switching(ordered, labels)]
    return Section("sensitivity", say("compared.title.sensitivity"), (*parts, *_notes(ordered)))


def _notes(ordered: Sequence[Sensitivity]) -> list[Part]:
    """What holds for every attribute once; what holds for some, with their names."""
    told: dict[str, list[str]] = {}
    for s in ordered:
        for note in s.notes:
            told.setdefault(note, []).append(plain(s.name))
    general = [note for note, names in told.items() if len(names) == len(ordered)]
    single = [say("compared.note_of", names=listed(names), note=note) for note, names in told.items() if len(names) < len(ordered)]
    return [*(Text(note, "note") for note in general), *([Points(tuple(single))] if single else [])]


def swing(s: Sensitivity, comparison: Comparison) -> float:
    """The largest change of the margin at either end, in yuan."""
    changes = (changed(outcome, comparison.reference, "margin_yuan") for outcome in s.outcomes)
    return max((abs(change) for change in changes if change is not None), default=0.0)


def tornado(ordered: Sequence[Sensitivity], comparison: Comparison, labels: Labels) -> Chart:
    """Bars of what margin and household gain change at the low and the high end, the longest at the top."""
    unit, word = labels.money_unit
    at = list(range(len(ordered), 0, -1))
    panels = [p for p in PANELS if any(changed(o, comparison.reference, p[0]) is not None for s in ordered for o in s.outcomes)]
    traces = []
    for column, x_axis, _ in panels:
        for end, colour, pattern in ((1, HIGH_COLOUR, ""), (0, LOW_COLOUR, "/")):
            values = [changed(s.outcomes[end], comparison.reference, column) for s in ordered]
            hints = [
                ""
                if v is None
                else say("compared.hint.tornado", name=escaped(plain(s.name)), tried=_tried(s, end), change=_signed(v, labels), unit=word)
                for s, v in zip(ordered, values, strict=True)
            ]
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "name": say("compared.series.high" if end else "compared.series.low"),
                    "showlegend": column == panels[0][0],
                    "y": at,
                    "x": [None if v is None else round(v / unit, 6) for v in values],
                    "xaxis": x_axis,
                    "marker": {
                        "color": colour,
                        "pattern": {"shape": pattern, "fillmode": "overlay", "solidity": 0.25, "fgcolor": "#ffffff"},
                    },
                    "customdata": hints,
                    "hovertemplate": "%{customdata}<extra></extra>",
                }
            )
    ticks = {"tickvals": at, "ticktext": [_bar_label(s) for s in ordered], "showgrid": False, "zeroline": False}
    axes: dict[str, Any] = {}
    for column, name, domain in panels:
        title = with_unit(say("compared.axis.change", figure=say(f"compared.figure.{column}")), word)
        axes[name.replace("x", "xaxis")] = axis(
            title, zerolinewidth=2, separatethousands=True, domain=domain if len(panels) > 1 else [0.0, 1.0]
        )
    figure = layout(
        130 + 40 * len(ordered),
        barmode="group",
        bargap=0.25,
        legend={"orientation": "h", "y": 1.01, "yanchor": "bottom", "x": 0, "traceorder": "reversed"},
        yaxis={**ticks, "automargin": True, "fixedrange": True, "range": [0.4, len(ordered) + 0.6]},
        **axes,
    )
    return Chart("tornado", say("compared.caption.tornado"), traces, figure, min_width=760)


def _bar_label(s: Sensitivity) -> str:
    """The name and, below it, what was tried."""
    tried = say("compared.tried", low=_tried(s, 0), high=_tried(s, 1))
    return f'{in_lines(plain(s.name), 30)}<br><span style="font-size:11px;color:#5b6670">{escaped(tried)}</span>'


def _tried(s: Sensitivity, end: int) -> str:
    value = s.high if end else s.low
    if s.is_factor:
        return _factor(value)
    return say("report.amount_and_unit", amount=number(value, 2), unit=s.unit) if s.unit else number(value, 2)


def _factor(value: float) -> str:
    """A factor as the change it makes: +20 %, −10 %."""
    text = percent(value - 1.0, 0 if abs(round(100 * value) - 100 * value) < 0.05 else 1)
    return say("compared.more", amount=text) if value > 1 else text


def _signed(yuan: float, labels: Labels) -> str:
    text = labels.money(yuan)
    return say("compared.more", amount=text) if yuan > 0 else text


def _first(s: Sensitivity, comparison: Comparison, labels: Labels) -> str:
    """What the margin hangs on most, in a sentence."""
    return say("compared.tornado_first", name=plain(s.name), swing=labels.money(swing(s, comparison)), unit=labels.money_unit[1])


def _switching(ordered: Sequence[Sensitivity], labels: Labels) -> Part:
    header = [say(f"compared.column.{c}") for c in ("attribute", "mix", "loss")]
    rows = []
    for s in ordered:
        texts = [" ".join(_switch(switch, labels) for switch in s.switches if switch.what == what) for what in ("mix", "loss")]
        rows.append(
            [Cell(plain(s.name), hint=s.path), *(Cell(text or say("compared.not_known"), "" if text else "quiet") for text in texts)]
        )
    return table(header, rows, caption=say("compared.caption.switching"), text_columns=3)


def _switch(switch: Switch, labels: Labels) -> str:
    """When something happens, in a sentence."""
    if switch.factor is None:
        return say(f"compared.switch.never_{switch.what}", limit=_factor(switch.limit))
    if switch.factor == 1.0:
        return say(f"compared.switch.at_once_{switch.what}", direction=say(f"compared.direction.{switch.direction}"), who=switch.who)
    key = f"{switch.what}_of" if switch.who else switch.what
    return say(f"compared.switch.{key}", factor=_factor(switch.factor), who=switch.who)
