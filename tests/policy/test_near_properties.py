"""What holds for near-equal plans of every county: random small ones."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from counties import FARM, SPLIT, county, with_parts
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from optimizer.policy.near import Near, near
from optimizer.policy.near_ground import figures_of, reached
from optimizer.program.arrays import to_matrix
from optimizer.program.plan import Plan
from optimizer.program.rows import AT_LEAST, AT_MOST

CROPS, BASES, MARKETS = ("cabbage", "radish", "herbs"), ("hill", "lake"), ("town", "city")
SMALL = 1e-5


@st.composite
def counties(draw: st.DrawFn) -> tuple[dict[str, Any], float]:
    """Two bases, three crops, two markets in two steps each, two villages with linked people; and a share that may be given up."""

    def between(low: int, high: int) -> int:
        return draw(st.integers(low, high))

    demand = []
    for market in MARKETS:
        for product in CROPS:
            price = between(10, 30)
            for tier in (1, 2):
                demand.append(
                    {"market": market, "product": product, "period": "late", "tier": tier, "quantity_t": between(2, 12),
                     "price_yuan_per_kg": f"{price / (8 + 4 * tier):.2f}", "fee_share": "0.05"}
                )  # fmt: skip
    activities = [f"grow_{crop}" for crop in CROPS]
    document = with_parts(
        FARM,
        products=[{"product": crop} for crop in CROPS],
        activities=[{"activity": a, "input_cost_yuan_per_mu": between(50, 300)} for a in activities],
        occupancy=[{"activity": a, "land_class": "field", "period": "*", "land_share": 1} for a in activities],
        activity_use=[{"activity": a, "period": "early", "resource": "labour", "use_per_mu": between(1, 6)} for a in activities],
        yields=[{"activity": f"grow_{crop}", "product": crop, "period": "late", "yield_kg_per_mu": between(4, 20) * 100} for crop in CROPS],
        bases=[{"base": b, "company": "leading", "collective": "upper"} for b in BASES],
        land=[{"base": b, "land_class": "field", "area_mu": between(5, 20), "rent_yuan_per_mu": between(0, 200)} for b in BASES],
        workers=[{"village": "*", "resource": "labour", "days": between(20, 60), "wage_yuan_per_day": 50, "reservation_yuan_per_day": 10}],
        commutes=[{"village": v, "base": b} for v in ("upper", "lower") for b in BASES],
        markets=[{"market": m} for m in MARKETS],
        lanes=[{"from": b, "to": m, "cost_yuan_per_t": between(10, 200)} for b in BASES for m in MARKETS],
        demand=demand,
        split=SPLIT,
        links=[{"household": h, "kind": "dividend", "to": b} for h, b in (("A", "hill"), ("B", "hill"), ("C", "lake"))],
        rules=[
            {"name": "widest", "rule": "max_share", "of": "each product", "within": "all", "share": 1, "active": "no"},
            {"name": "days_worked", "rule": "measure", "unit": "days", "active": "no"},
        ],
        rule_terms=[{"name": "days_worked", "decision": "work", "coefficient": 1}],
        settings={"objective": {"maximise": draw(st.sampled_from(["margin", "sales", "household_gain", "county_income"]))}},
    )
    return document, between(1, 20) / 100


def keeps_all_rules(plan: Plan) -> bool:
    """Whether the exact plan keeps every row and bound of its own program. A village that is set apart has no bound any more: its gain
    was settled before that of the next."""
    matrix = to_matrix(plan.program)
    left, room = matrix.activity(plan.exact_values), 1e-5 * (1 + np.abs(matrix.rhs))
    over = (matrix.sense != AT_LEAST) & (left > matrix.rhs + room)
    under = (matrix.sense != AT_MOST) & (left < matrix.rhs - room)
    matrix.upper[plan.program.columns["set_apart"]["column"]] = np.inf
    inside = (plan.exact_values >= matrix.lower - SMALL) & (plan.exact_values <= matrix.upper + SMALL)
    return bool(inside.all()) and not (over | under).any()


def check(found: Near) -> None:
    rows = {(row.kind, row.name, row.figure): row for row in found.ranges.itertuples(index=False)}
    units = {"mu": 0.01, "t": 0.001}
    for one in (found.plan, *found.alternatives):
        plan = one.distribution.plan
        assert keeps_all_rules(plan), one.kind
        assert reached(found.instance, one.distribution) >= found.promised - 0.005, one.kind
        for figure in figures_of(plan.program):
            row, exact, practical = rows[figure.key], figure.of(plan.exact_values), figure.of(plan.values)
            room = SMALL * (1 + abs(exact))
            assert row.least - room <= exact <= row.most + room, (one.kind, figure.key)
            unit = units[figure.unit] * len(figure.column)
            assert row.least - unit - room <= practical <= row.most + unit + room, (one.kind, figure.key)
            assert one.values[figure.key] == practical


@pytest.mark.slow
@given(counties())
@settings(deadline=None, max_examples=4, derandomize=True, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_every_alternative_is_possible_near_enough_and_inside_the_ranges(drawn: tuple[dict[str, Any], float]) -> None:
    document, share = drawn
    with TemporaryDirectory() as folder:
        found = near(county(Path(folder) / "county", document), share)
        check(found)
        wider = near(found.instance, 2 * share)
    assert (wider.ranges["least"] <= found.ranges["least"] + SMALL).all()
    assert (wider.ranges["most"] >= found.ranges["most"] - SMALL).all()
    assert {one.kind for one in found.alternatives}.isdisjoint(found.left_out)
