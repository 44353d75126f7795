"""docs/formulation.md says everything there is, and is current."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from counties import FARM, county, with_parts

from optimizer.household.distribution import Distribution
from optimizer.instance.document import OBJECTIVES as KNOWN_OBJECTIVES
from optimizer.program.decisions import DECISIONS
from optimizer.program.documentation import RISK_DECISIONS, RISK_RULES, TARGET, formulation
from optimizer.program.joint import joint
from optimizer.program.money import COSTS, INCOME
from optimizer.program.objectives import ACCOUNTS, HOUSEHOLD_ACCOUNTS, OBJECTIVES
from optimizer.program.program import MONEY_RULES, RULES, Rule, build
from optimizer.program.risk import with_risk

FORMULATION = TARGET.read_text(encoding="utf-8")
ALL_RULES = (*RULES, *MONEY_RULES, *RISK_RULES)


def test_it_is_current() -> None:
    assert formulation() == FORMULATION, "run: python -m optimizer.program.documentation"


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.__name__)
def test_every_rule_is_there_with_its_equation_and_what_its_price_means(rule: Rule) -> None:
    heading = "#### " + " · ".join(f"`{name}`" for name in rule.row_names)
    assert f"\n{heading}\n" in FORMULATION
    docstring = inspect.getdoc(rule) or ""
    assert any(sign in docstring for sign in "≤≥=")
    assert "Shadow price" in docstring


def test_every_rule_that_can_form_rows_is_listed() -> None:
    chapters = {inspect.getmodule(rule) for rule in ALL_RULES}
    forming = {f for chapter in chapters for _, f in inspect.getmembers(chapter, inspect.isfunction) if hasattr(f, "row_names")}
    assert forming == set(ALL_RULES)


def test_every_decision_is_there(tiny: Distribution) -> None:
    columns = tiny.plan.program.columns
    assert set(columns.frames) == set(DECISIONS)
    assert {kind: columns.units[kind] for kind in DECISIONS} == {kind: unit for kind, (_, unit, _) in DECISIONS.items()}
    assert all(f"| `{kind}" in FORMULATION for kind in DECISIONS)


def test_every_decision_of_a_measure_of_risk_is_there(tmp_path: Path) -> None:
    years = [{"scenario": "only", "probability": 1}]
    program = build(county(tmp_path, with_parts(FARM, settings={"risk": {"measure": "cvar"}}, scenarios=years)))
    whole = joint({"only": program}, [1.0])
    grown = with_risk(whole).columns
    added = {kind: frame for kind, frame in grown.frames.items() if kind not in whole.columns.frames}
    keys = {kind: (", ".join(grown.keys_of(kind)), grown.units[kind]) for kind in added}
    assert keys == {kind: (names, unit) for kind, (names, unit, _) in RISK_DECISIONS.items()}
    assert all(f"| `{kind}" in FORMULATION for kind in RISK_DECISIONS)


def test_every_objective_and_account_is_there(tiny: Distribution) -> None:
    assert set(OBJECTIVES) == set(KNOWN_OBJECTIVES)
    assert set(ACCOUNTS) == {*INCOME, *COSTS}
    assert set(tiny.plan.program.households["account"]) <= set(HOUSEHOLD_ACCOUNTS)
    assert all(f"### `{name}`" in FORMULATION for name in OBJECTIVES)
    assert all(f"| {account}" in FORMULATION for account in (*ACCOUNTS, *HOUSEHOLD_ACCOUNTS))


@pytest.mark.parametrize("name", ["sales", "margin", "household_gain", "county_income"])
def test_an_objective_is_the_signed_sum_of_its_accounts(tiny: Distribution, name: str) -> None:
    """The yuan booked to each account by the plan, signed as the table says, come to the program's figure."""
    program, plan = tiny.plan.program, tiny.plan
    chain = plan.amounts(program.money).groupby("account")["amount_yuan"].sum()
    people = plan.amounts(program.households).groupby("account")["amount_yuan"].sum().abs()
    signed = sum(sign * (chain if whose == "chain" else people).get(account, 0.0) for whose, account, sign, _ in OBJECTIVES[name].signed)
    assert plan.objective_of(name) == pytest.approx(signed)
