"""Planting alone: what the bases choose, what comes of it, and that a joint plan is never worse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counties import county
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from two_bases import two_bases

import optimizer
from optimizer.household.figures import objectives
from optimizer.policy.cobweb import paid_prices
from optimizer.problems import NoPlan
from optimizer.program.alone import believed, decide_alone, own_program, released
from optimizer.program.arrays import to_matrix
from optimizer.program.county import base_level, bases_spoken_of, owners
from optimizer.program.plan import Plan
from optimizer.program.program import build
from optimizer.program.solver import Solver

TINY = Path(__file__).parents[2] / "instances" / "tiny"
TOGETHER = ("settings.county_rules=no", "settings.participation.company=none", "settings.participation.base=none")


def areas(plan: Plan) -> dict[tuple[str, str], float]:
    found = plan.decisions("area")
    return {(base, activity): round(mu, 6) for base, activity, mu in found[["base", "activity", "value"]].itertuples(index=False)}


def hand_over_labour(days: int) -> dict[str, Any]:
    """A village that both bases hire from: a mu takes a day."""
    return {
        "resources": [{"resource": "labour", "unit": "day", "account": "labour"}],
        "activity_use": [{"activity": f"grow_{p}", "period": "*", "resource": "labour", "use_per_mu": 1} for p in ("cabbage", "potato")],
        "villages": [{"village": "hill"}],
        "workers": [{"village": "hill", "resource": "labour", "days": days, "wage_yuan_per_day": 50}],
        "commutes": [{"village": "hill", "base": "*"}],
    }


def test_two_bases_that_plan_alone_both_grow_the_same(tmp_path: Path) -> None:
    """Alone, a mu of cabbage is worth 2000 − 200 = 1800, one of potato 1200 − 200 = 1000: both plant 10 mu of cabbage, and
    each counts on sales of 20,000 and a margin of 18,000. Together they bring 20 t: 10 at 2.00 and 10 at 0.30, which is
    20,000 + 3,000 − 20·200 = 19,000. The best joint plan is 10 mu of each: 20,000 + 12,000 − 4,000 = 28,000."""
    instance = county(tmp_path, two_bases())
    plan, together = decide_alone(instance), optimizer.solve(county(tmp_path / "together", two_bases(), *TOGETHER))
    assert areas(plan) == {("left", "grow_cabbage"): 10.0, ("right", "grow_cabbage"): 10.0}
    assert plan.expected.to_dict("list") == {"base": ["left", "right"], "sales_yuan": [20000.0] * 2, "margin_yuan": [18000.0] * 2}
    assert plan.objective_of("margin") == pytest.approx(19000, abs=1e-9)
    assert plan.objective_yuan == pytest.approx(19000, abs=1e-6)
    assert together.objective_of("margin") == pytest.approx(28000, abs=1e-9)
    assert not plan.notes
    assert plan.residues.empty
    assert plan.unprotected.empty


def test_prices_believed_are_those_of_the_first_tier_that_buys(tmp_path: Path) -> None:
    instance = county(tmp_path, two_bases())
    seen = believed(instance).table("demand").set_index(["product", "tier"])["price_yuan_per_kg"]
    assert seen.to_dict() == {("cabbage", 1): 2.0, ("cabbage", 2): 2.0, ("potato", 1): 1.2}
    shut = instance.table("demand").assign(quantity_t=[0.0, 10.0, 20.0])
    seen = believed(replace(instance, tables={**instance.tables, "demand": shut})).table("demand")
    assert seen["price_yuan_per_kg"].tolist() == [0.3, 0.3, 1.2]


def test_steps_of_shared_capacity_cut_no_price_in_the_eyes_of_one_base_alone(tmp_path: Path) -> None:
    """A cut of 1.90 after the first 10 t of both together leaves cabbage 0.10 there; the second tier of cabbage is gone.
    Alone both plant cabbage as before; then 10 t bring 2.00, and 10 t bring 0.10: 20,000 + 1,000 − 4,000 = 17,000. The
    mean price paid is 21,000 / 20,000 kg = 1.05."""
    steps = [
        {"market": "town", "product": "all", "tier": k, "quantity_t": 10, "price_cut_yuan_per_kg": c} for k, c in ((1, 0), (2, "1.90"))
    ]
    demand = [
        {"market": "town", "product": p, "quantity_t": 20, "price_yuan_per_kg": price} for p, price in (("cabbage", 2), ("potato", "1.20"))
    ]
    plan = decide_alone(county(tmp_path, two_bases(group_demand=steps, demand=demand)))
    assert plan.expected["margin_yuan"].tolist() == [18000.0, 18000.0]
    assert plan.objective_of("margin") == pytest.approx(17000, abs=1e-9)
    assert paid_prices(plan.program, plan.values)["yuan_per_kg"].tolist() == pytest.approx([1.05])


def test_hands_that_two_bases_share_are_promised_to_each_and_the_fewest_mu_are_given_up(tmp_path: Path) -> None:
    """15 days for 20 mu: each base counts on all it needs. 5 mu have to go, and 15 t are sold: 10 at 2.00 and 5 at 0.30.
    20,000 + 1,500 − 15·200 − 15·50 = 17,750, where each base counted on 10·(1800 − 50) = 17,500."""
    plan = decide_alone(county(tmp_path, two_bases(**hand_over_labour(15))))
    assert plan.expected["margin_yuan"].tolist() == [17500.0, 17500.0]
    assert sum(areas(plan).values()) == pytest.approx(15)
    assert plan.objective_of("margin") == pytest.approx(17750, abs=1e-9)
    assert any("20.00 mu" in note and "5.00 mu had to be given up" in note for note in plan.notes)


def test_rules_of_each_base_hold_and_rules_of_the_county_do_not(tmp_path: Path) -> None:
    rules = [
        {"name": "half", "rule": "max_share", "of": "cabbage", "within": "each base", "share": "0.5"},
        {"name": "little", "rule": "max_area", "of": "cabbage", "within": "all", "quantity": 1},
        {"name": "spread", "rule": "max_share", "of": "each product", "within": "each base", "share": "0.5", "denominator": "product"},
        {"name": "alike", "rule": "equal_share", "of": "potato", "within": "all"},
    ]
    instance = county(tmp_path, two_bases(rules=rules))
    assert areas(decide_alone(instance)) == {(b, a): 5.0 for b in ("left", "right") for a in ("grow_cabbage", "grow_potato")}
    program = build(instance)
    left = base_level(program.rows, program.columns, instance)
    names = [name for rows in left if "name" in rows.keys for name in rows.keys["name"]]
    assert names == ["half", "half"]
    assert [rows.rule for rows in left if "name" not in rows.keys] == [r.rule for r in program.rows if "name" not in r.keys]


def test_with_one_price_for_any_quantity_and_nothing_shared_alone_is_as_good_as_together(tmp_path: Path) -> None:
    demand = [
        {"market": "town", "product": p, "quantity_t": "unlimited", "price_yuan_per_kg": price}
        for p, price in (("cabbage", 2), ("potato", "1.20"))
    ]
    rules = [{"name": "mix", "rule": "max_share", "of": "each product", "within": "each base", "share": "0.7"}]
    document = two_bases(demand=demand, rules=rules)
    alone, together = decide_alone(county(tmp_path, document)), optimizer.solve(county(tmp_path / "t", document, *TOGETHER))
    assert alone.objective_yuan == pytest.approx(together.objective_yuan, abs=1e-6)
    assert alone.expected["margin_yuan"].sum() == pytest.approx(alone.objective_yuan, abs=1e-6)
    assert areas(alone) == areas(together)


def test_own_plans_are_those_of_each_base_by_itself() -> None:
    """What a base counts on is what the program gives it at believed prices when the other has no land."""
    instance = optimizer.load(TINY)
    counted_on = decide_alone(instance).expected.set_index("base")["margin_yuan"]
    for base in instance.universe("bases"):
        land = instance.table("land")
        only = land.assign(area_mu=land["area_mu"].where(land["base"] == base, 0.0))
        by_itself = believed(released(replace(instance, tables={**instance.tables, "land": only})))
        assert counted_on[base] == pytest.approx(Solver(to_matrix(build(by_itself))).solve().objective, rel=1e-9)


def test_every_row_of_the_own_plans_speaks_of_one_base() -> None:
    true = build(released(optimizer.load(TINY)))
    own = own_program(true)
    owner = owners(true.columns, true.instance)
    assert all((bases_spoken_of(rows, owner) <= 1).all() for rows in own.rows)
    assert "participation" not in {rows.rule for rows in own.rows}
    tiers = sum(len(rows) for rows in true.rows if rows.rule == "tier")
    assert sum(len(rows) for rows in own.rows if rows.rule == "tier") == 2 * tiers  # both bases reach both markets


def test_an_objective_that_does_not_add_up_over_bases_is_the_margin_for_them() -> None:
    plan = decide_alone(optimizer.load(TINY, changes=["settings.objective.maximise=least_household_gain"]))
    assert plan.expected.equals(decide_alone(optimizer.load(TINY)).expected)


def herd(buyer: str | None) -> dict[str, Any]:
    """The right base keeps cattle on maize: a place needs 1 t and gives 1 t of meat at 5.00; the left base grows maize."""
    return two_bases(
        products=[{"product": "maize"}, {"product": "meat"}],
        activities=[{"activity": "grow_maize", "input_cost_yuan_per_mu": 200}, {"activity": "cattle", "input_cost_yuan_per_mu": 100}],
        occupancy=[{"activity": "grow_maize", "land_class": "field", "period": "*", "land_share": 1}],
        yields=[
            {"activity": activity, "base": base, "product": product, "period": "year", "yield_kg_per_mu": kg, **land}
            for activity, base, product, kg, land in (
                ("grow_maize", "left", "maize", 1000, {"land_class": "field"}),
                ("cattle", "right", "maize", -1000, {}),
                ("cattle", "right", "meat", 1000, {}),
            )
        ],
        lanes=[{"from": "left", "to": "right", "cost_yuan_per_t": 0}, {"from": "right", "to": "town", "cost_yuan_per_t": 0}],
        demand=[{"market": "town", "product": "meat", "quantity_t": 8, "price_yuan_per_kg": 5}],
        purchases=[{"node": "right", "product": "maize", "quantity_t": 3, "price_yuan_per_kg": 1, **({"buyer": buyer} if buyer else {})}],
    )  # fmt: skip


@pytest.mark.parametrize("buyer", [None, "right"])
def test_a_base_alone_uses_up_what_it_buys_and_nothing_another_grows(tmp_path: Path, buyer: str | None) -> None:
    """3 t of maize bought feed 3 head: 3·(5000 − 100 − 1000) = 11,700. Together the left base would feed the other 5."""
    plan = decide_alone(county(tmp_path, herd(buyer)))
    assert areas(plan) == {("right", "cattle"): 3.0}
    assert plan.objective_of("margin") == pytest.approx(11700, abs=1e-9)
    together = optimizer.solve(county(tmp_path / "t", herd(buyer), *TOGETHER))
    assert together.objective_of("margin") > plan.objective_of("margin")


def test_where_nothing_pays_nothing_is_planted(tmp_path: Path) -> None:
    plan = decide_alone(county(tmp_path, two_bases(), "demand.price_yuan_per_kg=0.10"))
    assert plan.is_empty
    assert plan.objective_yuan == 0
    assert plan.expected["margin_yuan"].tolist() == [0.0, 0.0]


def test_a_promise_of_the_county_that_nobody_planted_for_leaves_no_plan(tmp_path: Path) -> None:
    contracts = [{"contract": "school", "market": "town", "product": "potato", "period": "all", "quantity_t": 5, "hard": "yes"}]
    with pytest.raises(NoPlan) as caught:
        decide_alone(county(tmp_path, two_bases(contracts=contracts)))
    assert any("every base planned for itself" in line for line in caught.value.lines)


def test_a_plan_made_alone_is_divided_at_the_prices_that_were_paid() -> None:
    plan = optimizer.solve(optimizer.load(TINY, changes=["settings.planting=alone"]))
    distribution = optimizer.distribute(plan)
    assert distribution.instance.settings.planting == "alone"
    assert objectives(distribution)["margin"] == pytest.approx(plan.objective_of("margin"), abs=0.01 * len(distribution.sales))
    assert plan.objective_of("margin") < plan.expected["margin_yuan"].sum()


# --- never better than together ----------------------------------------------------------------------------------

BASES = ("east", "north", "west")


@st.composite
def counties(draw: st.DrawFn) -> dict[str, Any]:
    """Three bases, two crops, two markets with two tiers each, hands shared by all, a cap of each base and one of all."""
    whole = st.integers
    prices = {(m, p): draw(whole(3, 30)) for m in ("near", "far") for p in ("cabbage", "potato")}
    steps = [(m, p, k, draw(whole(0, 12)), price - (k - 1) * draw(whole(0, price))) for (m, p), price in prices.items() for k in (1, 2)]
    names = ("market", "product", "tier", "quantity_t", "price_yuan_per_kg")
    tiers = [dict(zip(names, (m, p, k, q, f"{price / 10:.1f}"), strict=True)) for m, p, k, q, price in steps]
    return two_bases(
        bases=[{"base": b} for b in BASES],
        land=[{"base": b, "land_class": "field", "area_mu": draw(whole(1, 12)), "rent_yuan_per_mu": draw(whole(0, 300))} for b in BASES],
        markets=[{"market": "near"}, {"market": "far"}],
        lanes=[{"from": b, "to": m, "cost_yuan_per_t": draw(whole(0, 400))} for b in BASES for m in ("near", "far")],
        demand=tiers,
        rules=[
            {"name": "own_cap", "rule": "max_share", "of": "each product", "within": "each base", "share": f"0.{draw(whole(5, 9))}"},
            {"name": "all_cap", "rule": "max_share", "of": "cabbage", "within": "all", "share": "0.5"},
        ],
        settings={"objective": {"maximise": draw(st.sampled_from(["margin", "sales"]))}},
        **hand_over_labour(draw(whole(5, 40))),
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(document=counties())
def test_planting_alone_never_beats_the_best_joint_plan(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    folder = tmp_path_factory.mktemp("county")
    instance = county(folder, document)
    alone = decide_alone(instance)
    best = Solver(to_matrix(build(released(instance)))).solve().objective
    assert alone.objective_yuan <= best + 1e-6 * (1 + abs(best))
    left = alone.matrix.activity(alone.exact_values)
    over = np.where(alone.matrix.sense == "<=", left - alone.matrix.rhs, np.abs(left - alone.matrix.rhs))
    assert (over[alone.matrix.sense != ">="] <= 1e-6).all()
