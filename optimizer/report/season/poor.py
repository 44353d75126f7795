"""How many households stay below the poverty line in every possible year."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer.report.charts import AFTER, mark
from optimizer.report.parts import Chart, Part, Text
from optimizer.report.season.charts import Dots, bars_by_year
from optimizer.report.season.spread import chances, from_worst, mean
from optimizer.report.season.words import hint, label
from optimizer.report.season.years import thinned
from optimizer.report.wording import number
from optimizer.season.season import Year
from optimizer.texts import say

FARTHEST = 3
"""How far right of the longest bar the line of before may stand; farther, it would press the bars together."""


def poor_by_year(years: Sequence[Year], before: int | None) -> list[Part]:
    """A sentence, and a bar per year where they differ; ``before``: households below the line before the plan."""
    known = [year for year in years if year.households_below is not None]
    if len(known) < len(years):
        return []
    order = from_worst(years, lambda y: -_below(y))
    most, least = order[0], order[-1]
    text = say("season.below_always", count=number(_below(most)))
    if _below(most) != _below(least):
        expected = number(mean([_below(y) for y in years], chances(years)), 1)
        ends = {"least": number(_below(least)), "best": label(least), "most": number(_below(most)), "worst": label(most)}
        text = say("season.below", mean=expected, **ends)
    if before is not None:
        text += " " + say("season.below_before", count=number(before))
    parts: list[Part] = [Text(text, "lead")]
    if _below(most) == _below(least):
        return parts
    drawn = [order[i] for i in thinned(order)]
    hints = tuple(hint("", y, say("season.below_hint", households=number(_below(y)), persons=number(y.persons_below or 0))) for y in drawn)
    bars = Dots(say("season.column.below"), AFTER, "", tuple(float(_below(y)) for y in drawn), hints)
    data, figure = bars_by_year([label(y) for y in drawn], bars, say("season.axis.below"))
    if before is not None and before <= FARTHEST * _below(most):
        mark(figure, float(before), say("season.before_mark", count=number(before)), is_left=before < _below(most) / 2)
        figure["xaxis"]["range"] = [0, 1.06 * max(before, _below(most))]
    return [*parts, Chart("season-below", say("season.caption.below"), data, figure, 560)]


def _below(year: Year) -> int:
    assert year.households_below is not None
    return year.households_below
