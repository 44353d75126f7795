"""Near-equal plans: a county of two crops worked out by hand, and what holds for instances/tiny."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import TINY, county, with_parts

import optimizer
from optimizer.instance.instance import Instance
from optimizer.policy.near import Near, differing, near
from optimizer.policy.near_ground import reached
from optimizer.policy.near_kinds import floor_changes
from optimizer.policy.near_lanes import lanes_used
from optimizer.problems import InputError

# Ten mu, one tonne a mu of either crop, days at 50 yuan. A mu of cabbage: sales 1000, inputs 100, 2 days: it earns 800. A mu of
# potato: sales 950, inputs 200, 5 days: it earns 500. The best plan is ten mu of cabbage, 8000 yuan and 20 days.
# Within 3 % a plan must keep 7760:
#   800 c + 500 p >= 7760 and c + p <= 10. A mu under potato instead costs 300, so that p <= 0.8 and c >= 9.2 (then p = 0.8);
#   a mu left fallow costs 800, so that the base plants and sells at least 9.7.
#   Days 2 c + 5 p: a mu of potato instead adds 3, at most 2.4: 22.4 days. The largest share of a product: c = 9.2 of 10.
TWO_CROPS: dict[str, Any] = {
    "title": "Two crops, one field",
    "periods": ["year"],
    "settings": {"practical_units": {"on": "no"}},
    "products": [{"product": "cabbage"}, {"product": "potato"}],
    "activities": [
        {"activity": "grow_cabbage", "input_cost_yuan_per_mu": 100},
        {"activity": "grow_potato", "input_cost_yuan_per_mu": 200},
    ],
    "occupancy": [{"activity": a, "land_class": "field", "period": "year", "land_share": 1} for a in ("grow_cabbage", "grow_potato")],
    "activity_use": [
        {"activity": "grow_cabbage", "period": "year", "resource": "labour", "use_per_mu": 2},
        {"activity": "grow_potato", "period": "year", "resource": "labour", "use_per_mu": 5},
    ],
    "yields": [
        {"activity": f"grow_{p}", "product": p, "period": "year", "yield_kg_per_mu": 1000} for p in ("cabbage", "potato")
    ],
    "resources": [{"resource": "labour", "unit": "day", "account": "labour"}],
    "villages": [{"village": "upper"}],
    "bases": [{"base": "hill"}],
    "land": [{"base": "hill", "land_class": "field", "area_mu": 10}],
    "workers": [{"village": "upper", "resource": "labour", "days": 100, "wage_yuan_per_day": 50, "reservation_yuan_per_day": 0}],
    "commutes": [{"village": "upper", "base": "hill"}],
    "markets": [{"market": "town"}],
    "lanes": [{"from": "hill", "to": "town", "cost_yuan_per_t": 0}],
    "demand": [
        {"market": "town", "product": "cabbage", "period": "year", "quantity_t": "unlimited", "price_yuan_per_kg": 1},
        {"market": "town", "product": "potato", "period": "year", "quantity_t": "unlimited", "price_yuan_per_kg": "0.95"},
    ],
    "rules": [
        {"name": "widest", "rule": "max_share", "of": "each product", "within": "all", "share": 1, "active": "no"},
        {"name": "days_worked", "rule": "measure", "unit": "days", "active": "no"},
    ],
    "rule_terms": [{"name": "days_worked", "decision": "work", "coefficient": 1}],
}  # fmt: skip
RANGES = {
    ("product", "cabbage", "planted_mu"): (9.2, 10, 10),
    ("product", "potato", "planted_mu"): (0, 0, 0.8),
    ("product", "cabbage", "sold_t"): (9.2, 10, 10),
    ("product", "potato", "sold_t"): (0, 0, 0.8),
    ("base", "hill", "planted_mu"): (9.7, 10, 10),
    ("base", "hill", "sold_t"): (9.7, 10, 10),
    ("market", "town", "sold_t"): (9.7, 10, 10),
}


def by_key(found: Near) -> dict[tuple[str, str, str], tuple[float, float, float]]:
    rows = found.ranges.itertuples(index=False)
    return {(row.kind, row.name, row.figure): (row.least, row.plan, row.most) for row in rows}


def by_kind(found: Near) -> dict[str, Any]:
    return {one.kind: one for one in found.alternatives}


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> Near:
    return near(county(tmp_path_factory.mktemp("two") / "crops", TWO_CROPS), 0.03)


@pytest.fixture(scope="module")
def of_tiny() -> Near:
    return near(optimizer.load(TINY))


def test_ranges_are_those_worked_out_by_hand(by_hand: Near) -> None:
    assert (by_hand.optimum, by_hand.level) == (8000.0, 7760.0)
    found = by_key(by_hand)
    assert list(found) == list(RANGES)
    for key, expected in RANGES.items():
        assert found[key] == pytest.approx(expected, abs=1e-6), key


def test_the_most_diversified_plan_is_as_by_hand(by_hand: Near) -> None:
    found = by_kind(by_hand)["most_diversified"]
    assert found.changes == ("rules[name=widest].active=yes", "rules[name=widest].share=0.9200")
    assert (found.figures["objective"], found.figures["loss"], found.figures["loss_share"]) == (7760.0, 240.0, 0.03)
    assert found.figures["largest_product_share"] == pytest.approx(0.92)
    assert found.figures["planted_otherwise_share"] == pytest.approx(0.08)
    assert found.figures["effective_products"] == pytest.approx(1 / (0.92**2 + 0.08**2), abs=1e-6)


def test_the_plan_of_most_days_is_as_by_hand(by_hand: Near) -> None:
    found = by_kind(by_hand)["most_jobs"]
    assert found.figures["labour_days"] == pytest.approx(22.4, abs=0.005)
    assert by_hand.plan.figures["labour_days"] == 20.0
    assert found.changes[0] == "rules[name=days_worked].active=yes"
    assert found.changes[-1] == "settings.objective.maximise=days_worked"


def test_what_does_not_exist_is_left_out_with_a_reason(by_hand: Near) -> None:
    assert set(by_hand.left_out) == {"most_even", "most_to_households", "fewest_lanes"}
    assert by_hand.left_out["most_even"] == by_hand.left_out["most_to_households"] == "no household is tied to a base or company"
    assert by_hand.left_out["fewest_lanes"].startswith("the plan itself does that already")


def test_without_rules_to_draw_on_the_reason_says_which_rows_would_help(tmp_path: Path) -> None:
    found = near(county(tmp_path / "bare", with_parts(TWO_CROPS, rules=None, rule_terms=None)))
    assert found.alternatives == ()
    assert "rule=max_share" in found.left_out["most_diversified"]
    assert "rule=measure" in found.left_out["most_jobs"]


def test_nothing_given_up_leaves_only_equal_plans(tmp_path: Path) -> None:
    found = near(county(tmp_path / "crops", TWO_CROPS), 0.0)
    for least, plan, most in by_key(found).values():
        assert (least, most) == pytest.approx((plan, plan), abs=1e-5)


def test_the_allowance_of_a_loss_is_a_share_of_its_size(tmp_path: Path) -> None:
    """A hundred mu-days of own use cost: at least 5 t of cabbage must be kept at a loss of 200 each, so the best margin is -1000 and
    may fall to -1020: 0.1 mu more of it."""
    loss = with_parts(
        TWO_CROPS,
        demand=[{"market": "town", "product": "cabbage", "period": "year", "quantity_t": 0, "price_yuan_per_kg": 1}],
        activities=TWO_CROPS["activities"][:1],
        occupancy=TWO_CROPS["occupancy"][:1],
        activity_use=TWO_CROPS["activity_use"][:1],
        yields=TWO_CROPS["yields"][:1],
        products=TWO_CROPS["products"][:1],
        rules=[{"name": "some", "rule": "min_area", "of": "cabbage", "within": "all", "quantity": 5}],
        rule_terms=None,
        settings={"practical_units": {"on": "no"}, "participation": {"base": "none", "company": "none"}},
    )
    found = near(county(tmp_path / "loss", loss))
    assert (found.optimum, found.level) == (-1000.0, -1020.0)
    assert by_key(found)["product", "cabbage", "planted_mu"] == pytest.approx((5, 5, 5.1), abs=1e-6)


def test_a_minimised_measure_may_rise_by_the_share(tmp_path: Path) -> None:
    """As few days as can be with at least 6 mu planted: 12 days of cabbage. Within 5 %, 12.6 days: 0.2 mu of potato instead."""
    rules = [
        {"name": "days_worked", "rule": "measure", "unit": "days"},
        {"name": "some", "rule": "min_area", "of": "all", "within": "all", "quantity": 6},
    ]
    settings = {"practical_units": {"on": "no"}, "objective": {"minimise": "days_worked"}}
    found = near(county(tmp_path / "few", with_parts(TWO_CROPS, rules=rules, settings=settings)), 0.05)
    assert (found.optimum, found.level) == (12.0, pytest.approx(12.6))
    assert by_key(found)["product", "potato", "planted_mu"] == pytest.approx((0, 0, 0.2), abs=1e-6)
    changes = floor_changes(found.instance, 12.5)
    assert changes == tuple(f"rules[name=days_worked].{c}" for c in ("rule=linear", "sense=at_most", "quantity=12.500000000"))
    assert "made for that" in found.left_out["most_jobs"]


# Left has a short lane that takes 5 t at 10 yuan a tonne, and a hub at 6 + 6. All 10 t through the hub cost 5 * 2 = 10 yuan more.
HUB = with_parts(
    TWO_CROPS,
    hubs=[{"hub": "store"}],
    lanes=[
        {"from": "hill", "to": "town", "cost_yuan_per_t": 10, "capacity_t": 5},
        {"from": "hill", "to": "store", "cost_yuan_per_t": 6},
        {"from": "store", "to": "town", "cost_yuan_per_t": 6},
    ],
)


def test_the_lane_that_can_be_spared_is_closed(tmp_path: Path) -> None:
    found = near(county(tmp_path / "hub", HUB))
    few = by_kind(found)["fewest_lanes"]
    assert few.changes == ("lanes[from=hill;to=town].capacity_t=0",)
    assert (found.plan.figures["lanes"], few.figures["lanes"], few.figures["loss"]) == (3.0, 2.0, 10.0)
    used = lanes_used(few.distribution.plan)
    assert list(used.itertuples(index=False, name=None)) == [("hill", "store", 10.0), ("store", "town", 10.0)]


def test_what_can_be_sold_without_end_has_no_most(tmp_path: Path) -> None:
    """The town sells cabbage for what it pays for it: what is only passed on costs nothing and has no limit."""
    passing = [{"node": "town", "product": "cabbage", "period": "year", "quantity_t": "unlimited", "price_yuan_per_kg": 1}]
    found = by_key(near(county(tmp_path / "passing", with_parts(TWO_CROPS, purchases=passing)), 0.03))
    assert found["product", "cabbage", "sold_t"][2] == found["market", "town", "sold_t"][2] == np.inf
    assert found["product", "cabbage", "planted_mu"] == pytest.approx((9.2, 10, 10), abs=1e-6)


# --- instances/tiny


def test_every_alternative_of_tiny_keeps_what_was_promised_by_its_ledger(of_tiny: Near) -> None:
    assert of_tiny.promised == pytest.approx(0.98 * 519950)
    assert set(by_kind(of_tiny)) == {"most_diversified", "most_even", "most_to_households"}
    for one in of_tiny.alternatives:
        assert reached(of_tiny.instance, one.distribution) >= of_tiny.promised - 0.005
        assert one.distribution.unbalanced.empty


def test_each_alternative_of_tiny_has_the_most_of_what_it_is_for(of_tiny: Near) -> None:
    found, plan = by_kind(of_tiny), of_tiny.plan.figures
    for kind, figure in (("most_even", "least_household_gain_yuan"), ("most_to_households", "household_gain_yuan")):
        best = max(one.figures[figure] for one in of_tiny.alternatives)
        assert found[kind].figures[figure] == best > plan[figure]
    assert found["most_diversified"].figures["effective_products"] > plan["effective_products"]


def test_the_changes_alone_make_each_alternative_again(of_tiny: Near) -> None:
    for one in of_tiny.alternatives:
        again = optimizer.distribute(optimizer.solve(optimizer.load(TINY, of_tiny.policy, one.changes)))
        pd.testing.assert_frame_equal(again.sales, one.distribution.sales)


def test_a_changed_plan_keeps_its_changes() -> None:
    change = "demand[market=near].price_yuan_per_kg*=0.9"
    found = near(optimizer.load(TINY, changes=(change,)))
    assert found.policy == "default"
    for one in found.alternatives:
        assert one.distribution.instance.set_ == (change, *one.changes)
        again = optimizer.distribute(optimizer.solve(optimizer.load(TINY, found.policy, (change, *one.changes))))
        assert reached(found.instance, again) == reached(found.instance, one.distribution)


@pytest.mark.parametrize("change", ["settings.planting=alone", "settings.risk.measure=expected"])
def test_plans_that_are_no_optimum_of_one_program_are_refused(change: str, tmp_path: Path) -> None:
    years = [{"scenario": s, "probability": "1/2"} for s in ("good", "bad")]
    instance: Instance = county(tmp_path / "county", with_parts(TWO_CROPS, scenarios=years), change)
    with pytest.raises(InputError, match=r"one year|together"):
        near(instance)


@pytest.mark.parametrize("share", [-0.01, 1.0, float("nan")])
def test_a_share_must_be_one(share: float, of_tiny: Near) -> None:
    with pytest.raises(InputError, match="within"):
        near(of_tiny.instance, share)


def test_what_differs_is_a_share_of_the_larger_plan() -> None:
    one, other = pd.Series({"a": 6.0, "b": 4.0}), pd.Series({"a": 6.0, "c": 2.0})
    assert differing(one, other) == differing(other, one) == pytest.approx(0.4)
    assert differing(one, one) == 0.0
    assert differing(one * 0, other * 0) == 0.0
