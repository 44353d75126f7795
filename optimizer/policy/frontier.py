"""The exact trade-off between an objective and another one, or a limit: the ε-constraint method, in equal steps.

Each point is a whole plan: the most of ``maximise`` that is possible with at least so much of the other objective (a
floor, which is one row of the program), or with a limit of the instance set to a figure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import Any

from optimizer.instance.cells import DECIMALS
from optimizer.instance.changes import parse
from optimizer.instance.document import OBJECTIVES
from optimizer.instance.instance import Instance
from optimizer.instance.registry import registry
from optimizer.instance.trials import RISK_PATHS
from optimizer.policy.comparison import NO_PLAN, REFUSED, Frontier, Outcome, Point, Weighed
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.program.risk import reached as reached_by
from optimizer.texts import say

Run = Callable[[Instance], Outcome]
Variant = Callable[[tuple[str, ...]], Instance]

LEAST = "least_household_gain"
SAME = 1e-9
"""Figures that differ by less than this part of their size count as equal."""

FLOOR_SLACK = 1e-9
"""A floor at the greatest level there is lies lower by this part of its size (at least by a millionth of a yuan): a program
knows its optimum to the last digits of a float only, and a floor a hair above it would have no plan."""

LEAST_SLACK_YUAN = 1e-6
FLOOR_PLACES = Decimal("1e-9")
"""Floors are written with nine decimals, rounded down, which is on the safe side."""

PLACES = 12
"""Decimals of the steps of an attribute whose column does not state fewer."""

REACHED_PLACES = 6
"""Decimals of what is worked out from the ledgers of years, whose amounts have two."""

CHOICE_RULES = ("least_plot", "min_products", "max_bases")
"""Rules with yes-or-no decisions: with them the program is not linear and a curve may bend either way."""

RIGHT_HAND_SIDES = {
    ("demand", "quantity_t"), ("group_demand", "quantity_t"), ("market_limits", "limit_t"), ("absorption", "absorbs_t"),
    ("purchases", "quantity_t"), ("contracts", "quantity_t"), ("contracts", "at_most_t"), ("own_use", "quantity_t"),
    ("supply", "own"), ("supply", "hire_limit"), ("supply", "let_limit"), ("workers", "days"),
    ("supply_totals", "own_limit"), ("supply_totals", "hire_limit"), ("supply_totals", "use_limit"),
    ("lanes", "capacity_t"), ("lanes", "shared_capacity_t"), ("node_capacity", "throughput_t"), ("node_capacity", "stock_t"),
    ("storage", "closing_min_t"), ("storage", "closing_max_t"), ("rules", "quantity"),
    ("settings", "participation.company"), ("settings", "participation.base"),
}  # fmt: skip
"""Attributes that stand on the right-hand side of rows and nowhere else, where the rows are linear in them.

Not in it: ``rules.share`` and ``land.area_mu``, which depend on the rest of the instance (``_is_right_hand_side``), and
all prices, yields, rates and shares, which are coefficients.
"""


# --- the curve -------------------------------------------------------------------------------------------------


def trace(
    instance: Instance, name: str, maximise: str, against: str, better: str, low: float | Fraction | None, high: float | Fraction | None,
    count: int, run: Run, variant: Variant,
) -> Frontier:  # fmt: skip
    """The trade-off curve ``name`` of an instance.

    ``against`` is an objective (then ``better`` is ``high``: floors are asked of it) or the path of an attribute, such as
    ``rules[name=one_crop_cap].share``. ``variant`` makes the instance with further changes, written as ``--set`` takes
    them, and ``run`` its outcome.

    **An objective**: the first point is the best plan for ``maximise`` (of those the best for ``against``), the last one
    the best for ``against`` (of those the best for ``maximise``); between them stand ``count`` − 2 equal steps of floors.
    ``low`` and ``high`` have no meaning. Where both ends are one point, nothing stands between them.
    **An attribute**: ``count`` equal steps from ``low`` to ``high``, both included; x is the figure itself.
    **Weight, limit or level of a measure of risk**: the same steps; x is what the plan reaches of the measure and ``maximise``
    its expectation, both by the ledgers of the possible years. For a level, every plan is judged by the CVaR at the instance's
    own level, so that the points can be held against each other. ``better`` is then the measure's.

    A point without a plan keeps its place, with y None and the outcome that says why; its limit is NaN where none is known
    (an end that has no plan). The exact values are the program's own, before rounding to practical units; where rounding
    made the solver raise a floor of participation, a point lies below the exact curve by what that cost.

    Raises InputError if less of an objective is wanted: only floors can be asked of one.
    """
    outcome_of = _Outcomes(instance, name, run, variant)
    weighed = weighed_of(instance, against)
    if against in OBJECTIVES:
        if better != "high":
            raise InputError([Problem("frontiers", None, "better", better, say("frontier.floors_only"))])
        points = _between_ends(outcome_of, maximise, against, count)
        is_concave = _is_linear(instance)
    else:
        points = _along(outcome_of, maximise, against, Fraction(str(low)), Fraction(str(high)), count)
        is_concave = _is_linear(instance) and _is_right_hand_side(outcome_of.made, against)
    if weighed is not None:
        points = [replace(point, x=reached(point.outcome, weighed)) for point in points]
        better = "low" if weighed.measure == "deviation" else "high"
    return Frontier(name, maximise, against, better, is_concave, without_dominated(points, better), instance.policy, weighed)


def weighed_of(instance: Instance, against: str) -> Weighed | None:
    """The measure whose weight, limit or level ``against`` is; None where it is something else."""
    risk = instance.settings.risk
    if against not in RISK_PATHS or risk.measure in ("none", "expected"):
        return None
    return Weighed(risk.measure, risk.of, float(risk.level))


def reached(outcome: Outcome, weighed: Weighed) -> float | None:
    """What a plan comes to under a measure of risk, in yuan, by the ledgers of its years; None without a plan."""
    values, probabilities = [year.measured_yuan for year in outcome.years], [year.probability for year in outcome.years]
    if not values:
        return None
    return round(reached_by(weighed.measure, values, probabilities, weighed.level), REACHED_PLACES)


class _Outcomes:
    """Makes the outcome of changes; an instance that is refused, or is hopeless by arithmetic alone, has one too."""

    def __init__(self, instance: Instance, name: str, run: Run, variant: Variant) -> None:
        self.instance, self.name, self.run, self.variant = instance, name, run, variant
        self.made: list[Instance] = []

    def __call__(self, changes: tuple[str, ...], position: int) -> Outcome:
        """The outcome of the point that stands at ``position`` (from 1) on the curve, and is named for it."""
        point = f"{self.name}-{position:02d}"
        try:
            self.made.append(replace(self.variant(changes), policy=point))
            return self.run(self.made[-1])
        except InputError as error:
            return Outcome(point, self.instance.policy, REFUSED, changes, why=error.lines)
        except NoPlan as error:
            return Outcome(point, self.instance.policy, NO_PLAN, changes, why=error.lines)


def objective_changes(instance: Instance, maximise: str, then: str = "") -> tuple[str, ...]:
    """The changes that make ``maximise`` the objective (and ``then`` the one after it); none where it is so already."""
    wanted = instance.settings.objective
    is_then = not then or then == wanted.then
    if maximise == wanted.maximise and is_then:
        return ()
    changes = ["settings.objective.minimise="] if wanted.minimise else []
    changes.append(f"settings.objective.maximise={maximise}")  # also where only ``then`` changes: none may be written
    return tuple(changes if is_then else [*changes, f"settings.objective.then={then}"])


def floor_change(objective: str, level: float) -> str:
    """The change that asks for at least ``level`` of an objective, as an exact decimal."""
    return f"settings.floors.{objective}={Decimal(level).quantize(FLOOR_PLACES, ROUND_FLOOR):f}"


# --- against an objective --------------------------------------------------------------------------------------


def _between_ends(outcome_of: _Outcomes, f: str, g: str, count: int) -> list[Point]:
    """The points in order of their floors. They are solved from the far end backwards: its basis is at hand, and stays
    feasible as floors fall."""
    first, last = _end(outcome_of, f, g, 1), _end(outcome_of, g, f, count)
    start, stop = first.objectives.get(g), last.objectives.get(g)
    limits = [] if start is None or stop is None or not _less(start, stop) else _between(start, stop, count)
    changes = objective_changes(outcome_of.instance, f, g)
    inner = [
        (limit, outcome_of((*changes, floor_change(g, limit)), position)) for position, limit in reversed(list(enumerate(limits, start=2)))
    ]
    found = [(_or_nan(start), first), *reversed(inner), (_or_nan(stop), last)]
    return [Point(limit, o.objectives.get(g), o.objectives.get(f), False, o) for limit, o in found]


def _end(outcome_of: _Outcomes, first: str, second: str, position: int) -> Outcome:
    """The best plan for ``first``, and of those the best for ``second``.

    ``least_household_gain`` as the first objective goes on to raise the next village and the next, which costs some of
    the second objective that the least gain alone does not ask for. Its end is therefore found in two: the least gain
    at its greatest, then the most of ``second`` with that level as a floor.
    """
    instance = outcome_of.instance
    best = outcome_of(objective_changes(instance, first, second), position)
    if first != LEAST or first not in best.objectives:
        return best
    level = best.objectives[first]
    floor = floor_change(first, level - max(FLOOR_SLACK * abs(level), LEAST_SLACK_YUAN))
    again = outcome_of((*objective_changes(instance, second, first), floor), position)
    return again if again.is_plan else best


def _between(start: float, stop: float, count: int) -> list[float]:
    return [start + (stop - start) * i / (count - 1) for i in range(1, count - 1)]


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value


# --- against an attribute --------------------------------------------------------------------------------------


def _along(outcome_of: _Outcomes, maximise: str, path: str, low: Fraction, high: Fraction, count: int) -> list[Point]:
    """The points in order of the attribute."""
    changes = objective_changes(outcome_of.instance, maximise)
    points = []
    for position, text in enumerate(steps(low, high, count, _kind(path)), start=1):
        outcome = outcome_of((*changes, f"{path}={text}"), position)
        limit = float(Fraction(text))
        points.append(Point(limit, limit, outcome.objectives.get(maximise), False, outcome))
    return points


def steps(low: Fraction, high: Fraction, count: int, kind: str) -> list[str]:
    """Equal steps from ``low`` to ``high`` as decimals that a column of this kind takes: whole numbers for an integer, as
    many places as it has for a price. Steps that fall together on the way are one."""
    places = 0 if kind == "integer" else DECIMALS.get(kind, PLACES)
    figures = [low + (high - low) * i / (count - 1) for i in range(count)]
    return list(dict.fromkeys(_decimal(figure, places) for figure in figures))


def _decimal(value: Fraction, places: int) -> str:
    scaled = round(value * 10**places)
    text = f"{Decimal(scaled).scaleb(-places):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _kind(path: str) -> str:
    """The kind of the attribute a path names; '' for one of settings or split."""
    change = parse(f"{path}=0", [])[0]
    table = registry().get(change.table)
    return next((a.kind for a in table.attributes if a.column == change.column), "") if table else ""


# --- what theory says of the curve -----------------------------------------------------------------------------


def _is_linear(instance: Instance) -> bool:
    """Whether the plan is the optimum of one linear program, and y what it makes as great as possible. The expectation of a
    plan for an uncertain season is neither: bad years may weigh as well, and it is taken from ledgers in practical units."""
    if instance.is_uncertain:
        return False
    return instance.settings.planting == "together" and not instance.table("rules")["rule"].isin(CHOICE_RULES).any()


def _is_right_hand_side(made: Sequence[Instance], path: str) -> bool:
    """Whether the attribute stands on right-hand sides only, so that the greatest value is a concave function of it.

    A share does if what it is a share of is fixed: land, or what a market absorbs (``safety_share``). A share of planted
    or rented mu, or of the product's own mu, is a coefficient. Land does where no household leases any of it (its rent is
    shared out pro rata of the land) and no rule takes equal shares of it.
    """
    change = parse(f"{path}=0", [])[0]
    attribute = change.table, change.column
    if attribute == ("rules", "share"):
        rules = _changed_rules(made)
        fixed = [r.rule == "safety_share" or (r.rule in ("max_share", "min_share") and r.denominator == "land") for r in rules]
        return bool(fixed) and all(fixed)
    if attribute == ("land", "area_mu") and made:
        has_leases = bool((made[0].table("links")["kind"] == "rent").any())
        return not has_leases and not (made[0].table("rules")["rule"] == "equal_share").any()
    return attribute in RIGHT_HAND_SIDES or (change.table == "settings" and change.column.startswith("floors."))


def _changed_rules(made: Sequence[Instance]) -> list[Any]:
    """The rules whose share differs between the first and the last instance: those the path means."""
    if len(made) < 2:
        return []
    before, after = (one.table("rules").set_index("name") for one in (made[0], made[-1]))
    both = before.index.intersection(after.index)
    differs = [name for name in both if before.at[name, "share"] != after.at[name, "share"]]
    return list(after.loc[differs].itertuples())


# --- which points are better -----------------------------------------------------------------------------------


def without_dominated(points: Sequence[Point], better: str) -> tuple[Point, ...]:
    """The points with ``is_dominated`` set: another one is at least as good in both and better in one, or the same figures
    came before. Points without a plan are not compared."""
    sign = 1.0 if better == "high" else -1.0
    whole = [(sign * p.x, p.y) if p.x is not None and p.y is not None else None for p in points]
    return tuple(
        replace(point, is_dominated=mine is not None and any(_beats(other, mine, j < i) for j, other in enumerate(whole) if other))
        for i, (point, mine) in enumerate(zip(points, whole, strict=True))
    )


def _beats(other: tuple[float, float], mine: tuple[float, float], is_before: bool) -> bool:
    if any(_less(o, m) for o, m in zip(other, mine, strict=True)):
        return False
    return is_before or any(_less(m, o) for o, m in zip(other, mine, strict=True))


def _less(a: float, b: float) -> bool:
    return a < b - SAME * max(1.0, abs(a), abs(b))
