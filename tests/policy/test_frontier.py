"""Trade-off curves: a county of two crops by hand, and what theory says of instances/tiny."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import optimizer
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.policy.comparison import NO_PLAN, OPTIMAL, REFUSED, Frontier, Outcome, Point
from optimizer.policy.frontier import floor_change, objective_changes, steps, trace, without_dominated
from optimizer.policy.outcome import exact_objectives
from optimizer.problems import InputError, NoPlan
from optimizer.program.live import Live
from tests.counties import TINY, county, with_parts

# Ten mu, one tonne a mu of either crop. Cabbage: sales 1 000, inputs 200, so that a mu earns 800. Tomato: the first 5 t
# bring 3 000 and earn 500 a mu, the next 5 t bring 2 000 and lose 500.
TWO_CROPS: dict[str, Any] = {
    "title": "Two crops, one field",
    "periods": ["year"],
    "settings": {"practical_units": {"on": "no"}},
    "products": [{"product": "cabbage"}, {"product": "tomato"}],
    "activities": [
        {"activity": "grow_cabbage", "input_cost_yuan_per_mu": 200},
        {"activity": "grow_tomato", "input_cost_yuan_per_mu": 2500},
    ],
    "occupancy": [
        {"activity": "grow_cabbage", "land_class": "field", "period": "year", "land_share": 1},
        {"activity": "grow_tomato", "land_class": "field", "period": "year", "land_share": 1},
    ],
    "yields": [
        {"activity": "grow_cabbage", "product": "cabbage", "period": "year", "yield_kg_per_mu": 1000},
        {"activity": "grow_tomato", "product": "tomato", "period": "year", "yield_kg_per_mu": 1000},
    ],
    "companies": [{"company": "leading"}],
    "villages": [{"village": "upper"}],
    "bases": [{"base": "hill", "company": "leading", "collective": "upper"}],
    "land": [{"base": "hill", "land_class": "field", "area_mu": 10}],
    "markets": [{"market": "town"}],
    "lanes": [{"from": "hill", "to": "town", "cost_yuan_per_t": 0}],
    "demand": [
        {"market": "town", "product": "cabbage", "period": "year", "quantity_t": "unlimited", "price_yuan_per_kg": 1},
        {"market": "town", "product": "tomato", "period": "year", "tier": 1, "quantity_t": 5, "price_yuan_per_kg": 3},
        {"market": "town", "product": "tomato", "period": "year", "tier": 2, "quantity_t": 5, "price_yuan_per_kg": 2},
    ],
}

Tracer = Callable[..., Frontier]


def runner() -> Callable[[Instance], Outcome]:
    """Outcomes of plans decided one after another on one live solver."""
    live = Live()

    def solved(instance: Instance) -> Outcome:
        try:
            plan = live.decide(instance)
        except NoPlan as error:
            return Outcome(instance.policy, "", NO_PLAN, instance.changes, why=error.lines)
        return Outcome(instance.policy, "", OPTIMAL, instance.changes, objectives=exact_objectives(plan))

    return solved


def tracer(folder: Path, *always: str) -> Tracer:
    """``trace`` for the instance in a folder, with changes that hold at every point."""
    given = read_given(folder)
    run = runner()

    def variant(changes: tuple[str, ...]) -> Instance:
        return instance_of(given, changes=[*always, *changes])

    def traced(
        maximise: str, against: str, better: str = "high", low: float | None = None, high: float | None = None, count: int = 4
    ) -> Frontier:  # fmt: skip
        return trace(variant(()), "curve", maximise, against, better, low, high, count, run, variant)

    return traced


def of_two_crops(folder: Path, **parts: Any) -> Tracer:
    county(folder, with_parts(TWO_CROPS, **parts))
    return tracer(folder)


def figures(points: tuple[Point, ...]) -> list[tuple[float | None, float | None]]:
    return [(point.x, point.y) for point in points]


def near(expected: list[tuple[float, float]]) -> list[Any]:
    return [pytest.approx(pair, rel=1e-8, abs=1e-5) for pair in expected]


# --- against an objective


def test_every_point_of_two_crops_is_the_one_worked_out_by_hand(tmp_path: Path) -> None:
    """A mu of tomato for one of cabbage: sales +2 000 and margin −300 up to 5 mu, then +1 000 and −1 300."""
    curve = of_two_crops(tmp_path)("margin", "sales")
    by_hand = [(10_000, 8_000), (15_000, 7_250), (20_000, 6_500), (25_000, 0)]
    assert figures(curve.points) == near(by_hand)
    assert figures(curve.front) == near(by_hand)
    assert [point.limit for point in curve.points] == pytest.approx([10_000, 15_000, 20_000, 25_000], rel=1e-8)
    assert curve.is_concave


def test_the_same_curve_seen_from_the_other_objective(tmp_path: Path) -> None:
    """Most sales for a margin of 0, 2 000 …: sales 20 000 + (6 500 − m)/1.3, then 10 000 + (8 000 − m)/0.15."""
    curve = of_two_crops(tmp_path)("sales", "margin", count=5)
    sales = [25_000, 20_000 + 4_500 / 1.3, 20_000 + 2_500 / 1.3, 20_000 + 500 / 1.3, 10_000]
    assert figures(curve.points) == near(list(zip([0, 2_000, 4_000, 6_000, 8_000], sales, strict=True)))


def test_objectives_that_agree_have_one_point(tmp_path: Path) -> None:
    """Without tomato nothing is to be traded off: the end points are one plan."""
    tracing = of_two_crops(tmp_path, fixed_area=[{"base": "hill", "land_class": "field", "activity": "grow_tomato", "area_mu": 0}])
    curve = tracing("margin", "sales", count=9)
    assert figures(curve.points) == near([(10_000, 8_000)] * 2)
    assert [point.is_dominated for point in curve.points] == [False, True]
    assert figures(curve.front) == near([(10_000, 8_000)])


def test_a_county_without_any_plan_has_two_points_that_say_so(tmp_path: Path) -> None:
    floors = [{"name": "both", "rule": "min_area", "of": "each product", "within": "all", "quantity": 6}]
    curve = of_two_crops(tmp_path, rules=floors)("margin", "sales")
    assert figures(curve.points) == [(None, None)] * 2
    assert all(math.isnan(point.limit) and point.outcome.status == NO_PLAN and point.outcome.why for point in curve.points)
    assert curve.front == ()


EXACT = "settings.practical_units.on=no"
"""Rounding makes the solver raise floors of participation, by other yuan at every point; theory speaks of none of it."""


@pytest.fixture(scope="module")
def tiny() -> Tracer:
    return tracer(TINY, EXACT)


@pytest.fixture(scope="module")
def optima() -> dict[str, float]:
    """The greatest value of each objective of instances/tiny alone."""
    names = ("margin", "household_gain", "least_household_gain")
    return {name: best_of_tiny(name).objectives[name] for name in names}


def best_of_tiny(objective: str) -> Outcome:
    return runner()(optimizer.load(TINY, changes=[EXACT, f"settings.objective.maximise={objective}"]))


def assert_concave(curve: Frontier) -> None:
    """Slopes never rise from one point of the front to the next, as far as the figures are exact."""
    x, y = (np.array(values, dtype=float) for values in zip(*figures(curve.front), strict=True))
    width = np.diff(x)
    slopes = np.diff(y) / width
    noise = 1e-7 * (1 + np.abs(y).max()) / width
    assert (np.diff(slopes) <= noise[1:] + noise[:-1]).all()


@pytest.mark.parametrize(
    ("maximise", "against"),
    [("margin", "household_gain"), ("margin", "least_household_gain"), ("least_household_gain", "household_gain")],
)
def test_curves_of_tiny_are_concave_and_end_at_the_single_optima(
    tiny: Tracer, optima: dict[str, float], maximise: str, against: str
) -> None:
    curve = tiny(maximise, against, count=7)
    assert curve.is_concave
    assert_concave(curve)
    first, last = curve.points[0], curve.points[-1]
    assert first.y == pytest.approx(optima[maximise], rel=1e-7)
    assert last.x == pytest.approx(optima[against], rel=1e-7)
    for point in curve.points:
        assert point.x is not None and point.x >= point.limit - 1e-7 * (1 + abs(point.limit))
    assert not any(beats(other, point) for point in curve.front for other in curve.points)


def beats(other: Point, point: Point) -> bool:
    """Better in one by more than the last digits, and no worse in the other."""
    assert None not in (other.x, other.y, point.x, point.y)
    gain = (other.x - point.x) / (1 + abs(point.x)), (other.y - point.y) / (1 + abs(point.y))  # type: ignore[operator,arg-type]
    return max(gain) > 1e-7 and min(gain) >= 0


def test_the_best_plan_for_the_second_objective_is_the_best_of_those_for_the_first(tiny: Tracer, optima: dict[str, float]) -> None:
    """Raising the next village too would cost margin that the least gain alone does not ask for."""
    last = tiny("margin", "least_household_gain", count=2).points[-1]
    lexicographic = best_of_tiny("least_household_gain")
    assert last.x == pytest.approx(optima["least_household_gain"], rel=1e-8)
    assert last.y is not None and last.y >= lexicographic.objectives["margin"] * (1 - 1e-9)


# --- against an attribute

CAP = [{"name": "cap", "rule": "max_share", "of": "each product", "within": "each base", "share": 1}]


def test_a_cap_too_tight_for_the_crops_is_a_point_without_a_plan(tmp_path: Path) -> None:
    """Two crops cannot each stay below 0.4. At 0.6: 6 mu cabbage and 4 tomato; 0.8: 8 and 2; the optimum alone is cabbage."""
    curve = of_two_crops(tmp_path, rules=CAP)("margin", "rules[name=cap].share", "low", 0.4, 1, 4)
    assert figures(curve.points[1:]) == near([(0.6, 6_800), (0.8, 7_400), (1, 8_000)])
    refused = curve.points[0]
    assert (refused.limit, refused.y, refused.is_dominated) == (0.4, None, False)
    assert refused.outcome.status in (REFUSED, NO_PLAN) and refused.outcome.why
    assert curve.front == curve.points[1:]
    assert not curve.is_concave, "a share of planted mu is a coefficient"


def test_a_limit_that_no_longer_binds_is_dominated(tmp_path: Path) -> None:
    """At most q mu of cabbage: 800 q + 500 (10 − q) from 5 mu on; above 10 mu nothing changes."""
    rules = [{"name": "quota", "rule": "max_area", "of": "cabbage", "within": "each base", "quantity": 10}]
    curve = of_two_crops(tmp_path, rules=rules)("margin", "rules[name=quota].quantity", "low", 6, 14, 5)
    assert figures(curve.points) == near([(6, 6_800), (8, 7_400), (10, 8_000), (12, 8_000), (14, 8_000)])
    assert [point.is_dominated for point in curve.points] == [False, False, False, True, True]
    assert curve.is_concave, "an area is a right-hand side"
    assert_concave(curve)


@pytest.mark.parametrize(
    ("path", "is_concave"),
    [
        ("rules[name=of_land].share", True),
        ("rules[name=of_planted].share", False),
        ("rules.share", False),
        ("land.area_mu", True),
        ("demand[product=tomato].quantity_t", True),
        ("demand[product=cabbage].price_yuan_per_kg", False),
        ("settings.floors.sales", True),
        ("activities[activity=grow_tomato].input_cost_yuan_per_mu", False),
    ],
)
def test_concavity_is_claimed_for_right_hand_sides_only(two_shares: Given, path: str, is_concave: bool) -> None:
    assert unsolved(two_shares, path).is_concave == is_concave


@pytest.fixture(scope="module")
def two_shares(tmp_path_factory: pytest.TempPathFactory) -> Given:
    of_land = {"name": "of_land", "rule": "max_share", "of": "tomato", "within": "each base", "share": 1, "denominator": "land"}
    of_planted = {"name": "of_planted", "rule": "max_share", "of": "tomato", "within": "each base", "share": 1}
    return read_given(county(tmp_path_factory.mktemp("county"), with_parts(TWO_CROPS, rules=[of_land, of_planted])).folder)


def unsolved(given: Given, path: str, ends: tuple[float, float] = (0.5, 1)) -> Frontier:
    """A curve of two points whose plans are not looked for: what theory says of it does not depend on them."""

    made = []

    def nothing(instance: Instance) -> Outcome:
        made.append(instance)
        return Outcome(instance.policy, "", OPTIMAL, instance.changes, objectives={"margin": 1.0})

    def variant(changes: tuple[str, ...]) -> Instance:
        return instance_of(given, changes=changes)

    curve = trace(variant(()), "curve", "margin", path, "high", *ends, len(ends), nothing, variant)
    assert len(made) == len(ends), "the path means something"
    return curve


def test_no_concavity_is_claimed_with_yes_or_no_decisions(tmp_path: Path) -> None:
    plot = [{"name": "plot", "rule": "least_plot", "of": "tomato", "within": "each base", "quantity": 2}]
    curve = of_two_crops(tmp_path, rules=plot)("margin", "sales")
    assert not curve.is_concave
    assert figures(curve.points) == near([(10_000, 8_000), (15_000, 7_250), (20_000, 6_500), (25_000, 0)])


def test_land_that_households_lease_is_no_mere_right_hand_side() -> None:
    assert not unsolved(read_given(TINY), "land[base=hill].area_mu", (50, 60)).is_concave


# --- the parts


@pytest.mark.parametrize(
    ("low", "high", "count", "kind", "expected"),
    [
        ("0.25", "1", 4, "share", ["0.25", "0.5", "0.75", "1"]),
        ("0", "1", 4, "share", ["0", "0.333333333333", "0.666666666667", "1"]),
        ("1", "3", 5, "integer", ["1", "2", "3"]),
        ("1", "2", 4, "price", ["1", "1.333333", "1.666667", "2"]),
        ("-100", "100", 3, "number", ["-100", "0", "100"]),
        ("5", "5", 3, "number", ["5"]),
    ],
)
def test_steps_are_equal_and_of_the_columns_kind(low: str, high: str, count: int, kind: str, expected: list[str]) -> None:
    assert steps(Fraction(low), Fraction(high), count, kind) == expected


@pytest.mark.parametrize("level", [0.0, 1 / 3, -1234.5, 123_456_789.123, 1e15, 1e-12])
def test_a_floor_is_an_exact_decimal_and_never_above_its_level(level: float) -> None:
    floor = Fraction(floor_change("sales", level).partition("=")[2])
    assert 0 <= Fraction(level) - floor < Fraction(1, 10**9)


def point(x: float | None, y: float | None) -> Point:
    return Point(0.0, x, y, False, Outcome("p", "", OPTIMAL))


def test_dominated_points_and_later_copies_are_marked() -> None:
    points = [point(1, 5), point(2, 5), point(2, 5), point(3, 5 - 1e-12), point(4, 2), point(0, 1), point(9, None)]
    assert [p.is_dominated for p in without_dominated(points, "high")] == [True, True, True, False, False, True, False]
    assert [p.is_dominated for p in without_dominated(points, "low")] == [False, True, True, True, True, False, False]


def test_the_front_is_in_order_of_x_and_holds_plans_only() -> None:
    made = without_dominated([point(3, 1), point(None, None), point(1, 3), point(2, None), point(2, 2)], "high")
    curve = Frontier("c", "margin", "sales", "high", True, made)
    assert figures(curve.front) == [(1, 3), (2, 2), (3, 1)]


def test_objective_changes_say_only_what_is_not_so_already(tmp_path: Path) -> None:
    instance = county(tmp_path / "a", TWO_CROPS)
    assert objective_changes(instance, "margin") == ()
    assert objective_changes(instance, "sales", "margin") == ("settings.objective.maximise=sales",)
    assert objective_changes(instance, "margin", "sales") == ("settings.objective.maximise=margin", "settings.objective.then=sales")
    minimising = county(tmp_path / "b", with_parts(TWO_CROPS, settings={"objective": {"minimise": "sales"}}))
    assert objective_changes(minimising, "margin", "sales") == (
        "settings.objective.minimise=",
        "settings.objective.maximise=margin",
        "settings.objective.then=sales",
    )


def test_less_of_an_objective_cannot_be_asked_for(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        of_two_crops(tmp_path)("margin", "sales", "low")
    assert [problem.column for problem in refused.value.problems] == ["better"]
