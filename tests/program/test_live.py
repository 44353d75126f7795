"""Policies solved one after another on a live solver: the same plans as cold, and a reason where that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich_county import same

import optimizer
from optimizer.instance.instance import Instance
from optimizer.problems import NoPlan
from optimizer.program.live import Live
from optimizer.program.program import READS, RULES, Program, build

ROOT = Path(__file__).parents[2]
TINY = ROOT / "instances" / "tiny"
PLANTED = "rules[name=one_crop_cap].denominator=planted"


@pytest.fixture(scope="module")
def tiny() -> Instance:
    return optimizer.load(TINY, changes=[PLANTED])


def with_table(instance: Instance, name: str, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Instance:
    """The instance with one table changed and all others the same objects, as policies of one county share them."""
    return replace(instance, tables={**instance.tables, name: change(instance.table(name).copy())})


def with_cap(instance: Instance, share: object) -> Instance:
    return with_table(instance, "rules", lambda rules: rules.assign(share=Fraction(str(share))))


def with_settings(instance: Instance, **settings: Any) -> Instance:
    return replace(instance, settings=type(instance.settings)(**{**dict(instance.settings), **settings}))


def without_rules(instance: Instance) -> Instance:
    return with_table(instance, "rules", lambda rules: rules.head(0))


def scaled(instance: Instance, table: str, column: str, by: str, dice: np.random.Generator) -> Instance:
    """One column of a table, multiplied by one random factor for all rows that agree in ``by``."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        factor = {name: dice.uniform(0.6, 1.4) for name in frame[by].unique()}
        return frame.assign(**{column: frame[column] * frame[by].map(factor)})

    return with_table(instance, table, change)


def changed(instance: Instance, dice: np.random.Generator) -> Instance:
    """One to three random changes of prices, limits, costs, caps, rules, floors and the objective."""
    kinds: list[Callable[[Instance], Instance]] = [
        lambda i: scaled(i, "demand", "price_yuan_per_kg", "product", dice),
        lambda i: scaled(i, "demand", "quantity_t", "market", dice),
        lambda i: scaled(i, "lanes", "cost_yuan_per_t", "to", dice),
        lambda i: scaled(i, "land", "area_mu", "base", dice),
        lambda i: scaled(i, "yields", "yield_kg_per_mu", "product", dice),
        lambda i: scaled(i, "activities", "input_cost_yuan_per_mu", "activity", dice),
        lambda i: with_cap(i, round(dice.uniform(0.35, 1.0), 3)),
        without_rules,
        lambda i: with_table(i, "demand", lambda d: d.assign(quantity_t=d["quantity_t"].where(d["market"] != "far", 0.0))),
        lambda i: with_settings(i, objective={"maximise": str(dice.choice(["sales", "household_gain", "least_household_gain"]))}),
        lambda i: with_settings(i, participation={"company": None, "base": Fraction(int(dice.integers(0, 30000)))}),
        lambda i: with_settings(i, floors={"sales": Fraction(int(dice.integers(0, 900000)))}),
    ]
    for kind in dice.choice(len(kinds), size=int(dice.integers(1, 4)), replace=False):
        instance = kinds[kind](instance)
    return instance


def answer_of(live: Live, program: Program) -> tuple[str, float, np.ndarray, bool]:
    try:
        plan = live.plan(program)
    except NoPlan as error:
        return str(error), 0.0, np.zeros(0), False
    return plan.status, plan.objective_yuan, plan.exact_values, plan.restarted


@pytest.mark.parametrize(("seed", "count"), [(3, 6), pytest.param(4, 62, marks=pytest.mark.slow)])
def test_restarted_solves_equal_cold_ones_in_value_and_after_the_tie_break_in_their_plans(tiny: Instance, seed: int, count: int) -> None:
    """Random changes, one after another on the same live solver, each under several caps; every plan is also solved on a
    solver of its own. The slow one has more than two hundred."""
    dice, live = np.random.default_rng(seed), Live()
    before = build(tiny)
    live.plan(before)
    restarts = solved = 0
    for instance in (changed(tiny, dice) for _ in range(count)):
        for cap in (None, 0.7, 0.45, 0.95)[: 4 if len(instance.table("rules")) else 2]:
            before = build(with_cap(instance, cap) if cap else instance, before)
            status, objective, values, restarted = answer_of(live, before)
            cold_status, cold_objective, cold_values, _ = answer_of(Live(), before)
            assert status == cold_status
            assert objective == pytest.approx(cold_objective, rel=1e-7)
            np.testing.assert_allclose(values, cold_values, rtol=1e-6, atol=1e-6)
            restarts, solved = restarts + restarted, solved + 1
    assert solved >= 200 or count < 62
    assert restarts >= solved / 2


def test_a_policy_that_changes_nothing_gives_identical_figures(tiny: Instance) -> None:
    live = Live()
    first = live.decide(tiny)
    live.decide(with_cap(tiny, 0.4))
    again = live.decide(tiny)
    assert (first.restarted, again.restarted, first.rebuilt_because, again.rebuilt_because) == (False, True, "", "")
    np.testing.assert_array_equal(first.values, again.values)
    assert first.objective_yuan == pytest.approx(again.objective_yuan, rel=1e-12)


def test_a_cap_on_a_share_of_planted_land_is_a_coefficient_and_restarts(tiny: Instance) -> None:
    """A cap of 0.6, then 0.5: cabbage at most half of what a base plants."""
    live = Live()
    live.decide(tiny)
    plan = live.decide(with_cap(tiny, "0.5"))
    area = plan.decisions("area", exact=True)
    planted = area.groupby("base")["value"].sum()
    share = area[area["activity"] == "grow_cabbage"].groupby("base")["value"].sum() / planted
    assert plan.restarted
    assert share.max() == pytest.approx(0.5)


def test_a_removed_rule_restarts_and_may_come_back(tiny: Instance) -> None:
    live = Live()
    first = live.decide(tiny)
    assert live.decide(without_rules(tiny)).restarted
    again = live.decide(tiny)
    assert again.restarted
    np.testing.assert_array_equal(first.values, again.values)


def test_a_new_rule_is_built_anew_and_named_and_serves_the_policies_after_it(tiny: Instance) -> None:
    live = Live()
    live.decide(without_rules(tiny))
    capped = live.decide(tiny)
    assert not capped.restarted
    assert capped.rebuilt_because == "6 new rows of rule max_share (one_crop_cap)"
    assert live.decide(with_cap(tiny, 0.5)).restarted
    assert live.decide(without_rules(tiny)).restarted


def test_a_new_floor_and_a_market_that_opens_are_named(tiny: Instance) -> None:
    live = Live()
    closed = with_table(tiny, "demand", lambda d: d.assign(quantity_t=d["quantity_t"].where(d["market"] != "far", 0.0)))
    live.decide(closed)
    assert "new decisions of kind sell" in live.decide(tiny).rebuilt_because
    assert live.decide(closed).restarted  # what cannot be reached is closed, not rebuilt
    floor = live.decide(with_settings(tiny, floors={"sales": Fraction(1000)}))
    assert floor.rebuilt_because == "1 new rows of rule objective_floor"


def test_after_a_policy_without_a_plan_the_next_one_is_right(tiny: Instance) -> None:
    live = Live()
    reference = live.decide(with_settings(tiny, floors={"sales": Fraction(1000)}))
    with pytest.raises(NoPlan, match="objective sales"):
        live.decide(with_settings(tiny, floors={"sales": Fraction(10**8)}))
    again = live.decide(with_settings(tiny, floors={"sales": Fraction(1000)}))
    assert again.restarted
    np.testing.assert_array_equal(reference.values, again.values)


def test_a_restart_that_takes_too_many_steps_is_solved_cold_and_says_so(tiny: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optimizer.program.live.limit_of", lambda _: 0)
    live = Live()
    live.decide(tiny)
    far = with_table(tiny, "demand", lambda d: d.assign(price_yuan_per_kg=d["price_yuan_per_kg"].iloc[::-1].to_numpy()))
    plan = live.decide(far)
    monkeypatch.undo()
    assert plan.rebuilt_because == "going on from the last plan took too many steps"
    np.testing.assert_allclose(plan.exact_values, Live().decide(far).exact_values, rtol=1e-6, atol=1e-6)


def test_choices_and_cbc_start_anew_and_say_so(tiny: Instance) -> None:
    live = Live("cbc")
    live.decide(tiny)
    assert live.decide(tiny).rebuilt_because == "solver cbc starts anew each time"


def test_a_least_gain_of_every_village_is_a_floor_per_linked_person(tiny: Instance) -> None:
    """Hill village: H1 and H2 with 9 linked people gain 78704 yuan by the plan of greatest margin; 9000 each is more."""
    gained = Live().decide(with_settings(tiny, floors={"least_household_gain": Fraction(9000)}))
    households = gained.program.households
    yuan = (households["yuan"].to_numpy(dtype=float) * gained.exact_values[households["column"]])[households["village"] == "hill_village"]
    assert yuan.sum() >= 9 * 9000 - 1e-3


# --- programs made from the one before


def test_a_program_made_from_the_one_before_equals_one_made_from_nothing(tiny: Instance) -> None:
    dice, before = np.random.default_rng(7), build(tiny)
    for _ in range(6):
        program = build(instance := changed(tiny, dice), before)
        same(program, build(instance))
        before = program


def test_only_rules_said_to_read_table_rules_read_it_and_none_the_settings(tiny: Instance) -> None:
    columns = build(tiny).columns
    blind = replace(tiny, tables={name: table for name, table in tiny.tables.items() if name != "rules"}, settings=None)  # type: ignore[arg-type]
    for rule in RULES:
        if rule not in READS:
            rule(blind, columns)


# --- the reference county


@pytest.mark.slow
def test_policies_of_weining_restart_and_equal_cold_solves() -> None:
    policies = ("default", "no_diversification", "points", "net", "guangdong_closed", "low_price_2025")
    live = Live()
    restarted = []
    for policy in policies:
        instance = optimizer.load(ROOT / "instances" / "weining", policy)
        plan, cold = live.decide(instance), Live().decide(instance)
        assert plan.objective_yuan == pytest.approx(cold.objective_yuan, rel=1e-7), policy
        np.testing.assert_allclose(plan.exact_values, cold.exact_values, rtol=1e-6, atol=1e-6, err_msg=policy)
        np.testing.assert_allclose(plan.values, cold.values, rtol=1e-6, atol=1e-6, err_msg=policy)
        restarted += [policy] if plan.restarted else []
    assert {"no_diversification", "points"} <= set(restarted)  # prices move further than a restart may go
