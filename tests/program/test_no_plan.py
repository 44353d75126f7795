"""What a planner reads when rules conflict or something pays without limit, and that what is suggested is enough."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml
from farms import farm

import optimizer
from optimizer.problems import NoPlan
from optimizer.program import diagnosis, stages
from optimizer.program.diagnosis import diagnose
from optimizer.program.giving_way import is_soft
from optimizer.program.levers import SOURCES
from optimizer.program.program import MONEY_RULES, RULES, Program, Rule, build
from optimizer.program.sentences import sentence
from optimizer.texts import catalogue

FOLDER = Path(__file__).parent / "no_plan"
CASES = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))}
"""Counties without a plan, one per kind of conflict: their text and all the lines that say why."""

FARM = CASES["a_quota_beyond_the_land"]["county"].split("rules:")[0]
STEPS = {"count": 1.0, "share": 0.001, "settings": 1.0, "credit_yuan": 1.0, "budget_yuan": 1.0}
"""The steps in which figures are suggested; 0.01 for all others."""


def changes_of(lines: list[str]) -> list[str]:
    """The changes that lines suggest, as they are typed."""
    return [line.split("--set '")[1].rstrip("'") for line in lines if "--set '" in line]


def is_together(case: dict[str, Any]) -> bool:
    return any("No single change" in line for line in case["lines"])


def ways_out(case: dict[str, Any]) -> list[list[str]]:
    """The sets of changes each of which is said to be enough."""
    changes = changes_of(case["lines"])
    return [changes] if is_together(case) else [[change] for change in changes]


def step_back(line: str) -> str:
    """The change of a line with its figure one practical step nearer to what it was."""
    change = changes_of([line])[0]
    place, value = change.rsplit("=", 1)
    new, old = (float(text.replace(",", "")) for text in line.split(": --set")[0].rsplit(": ", 1)[1].split(" instead of "))
    assert new == float(value)
    names = (place.rsplit(".", 1)[1], "settings" if place.startswith("settings") else "")
    step = next((STEPS[name] for name in names if name in STEPS), 0.01)
    return f"{place}={new + (step if old > new else -step):.3f}" if step != 1 else f"{place}={new + (1 if old > new else -1):.0f}"


@pytest.mark.parametrize("name", CASES)
def test_a_conflict_is_explained_and_a_way_out_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(tmp_path, CASES[name]["county"]))
    assert caught.value.exit_code == 3
    assert list(caught.value.lines) == CASES[name]["lines"]


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_what_is_suggested_is_enough(tmp_path: Path, name: str) -> None:
    found = ways_out(CASES[name])
    assert found, "every one of these conflicts can be solved by a change"
    for changes in found:
        optimizer.solve(farm(tmp_path, CASES[name]["county"], *changes))


FIGURES = [
    pytest.param(name, line, id=f"{name}-{number}")
    for name, case in CASES.items()
    for number, line in enumerate(case["lines"])
    if not is_together(case) and " instead of " in line
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line"), FIGURES)
def test_a_step_less_is_not_enough(tmp_path: Path, name: str, line: str) -> None:
    with pytest.raises(NoPlan):
        optimizer.solve(farm(tmp_path, CASES[name]["county"], step_back(line)))


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if is_together(case)])
def test_where_no_single_change_is_enough_none_of_the_set_can_be_spared(tmp_path: Path, name: str) -> None:
    changes = changes_of(CASES[name]["lines"])
    assert len(changes) > 1
    for spared in changes:
        with pytest.raises(NoPlan):
            optimizer.solve(farm(tmp_path, CASES[name]["county"], *(change for change in changes if change != spared)))


def test_a_diagnosis_holds_figures_beside_the_sentences(tmp_path: Path) -> None:
    county = farm(tmp_path, CASES["a_contract_beyond_the_market"]["county"])
    found = diagnose(county)
    assert found is not None
    (breach,) = found.breaches
    assert (breach.rule, breach.keys, breach.unit) == ("contract", (("contract", "school"),), "t")
    assert breach.amount == pytest.approx(40.0, abs=1e-9)
    assert found.is_single
    assert found.changes[0] == "contracts[contract=school].quantity_t=50"
    assert list(found.sentences) == CASES["a_contract_beyond_the_market"]["lines"]


def test_there_is_nothing_to_diagnose_where_there_is_a_plan(tmp_path: Path) -> None:
    assert diagnose(farm(tmp_path, FARM)) is None


def test_what_can_never_be_says_how_much_can_and_what_to_change(tmp_path: Path) -> None:
    rules = """rules:
  - {name: one, rule: linear, for_each: product, sense: at_least, quantity: 3, unit: t}
rule_terms: [{name: one, decision: own_use, coefficient: 1}]
own_use: [{node: hill, product: potato, quantity_t: 5}]
"""
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(tmp_path, FARM + rules))
    assert caught.value.lines[1:] == (
        "Rule one (product cabbage) asks for 3 t more than the plan can give."
        " It asks for 3 t; whatever else is given up, at most 0 t can be.",
        "The smallest single change that makes a plan possible:",
        "Quantity of rule one: 0 instead of 3: --set 'rules[name=one].quantity=0'",
    )
    found = diagnose(farm(tmp_path, FARM + rules))
    assert found is not None
    assert found.sentences == caught.value.lines
    optimizer.solve(farm(tmp_path, FARM + rules, "rules[name=one].quantity=0"))


def test_several_possible_years_are_diagnosed_as_one_program(tmp_path: Path) -> None:
    years = """scenarios: [{scenario: wet, probability: "1/2"}, {scenario: dry, probability: "1/2"}]
scenario_factors: [{scenario: dry, figure: yield, factor: 0.5}]
contracts: [{contract: school, market: town, base: hill, product: cabbage, quantity_t: 30, hard: yes}]
"""
    county = farm(tmp_path, FARM + years, "settings.risk.measure=expected")
    found = diagnose(county)
    assert found is not None
    assert [(breach.rule, round(breach.amount, 6)) for breach in found.breaches] == [("contract", 10.0)]
    assert "(year dry)" in found.breaches[0].sentence
    assert found.changes[0] == "contracts[contract=school].quantity_t=20"
    assert diagnose(farm(tmp_path, FARM + years, "settings.risk.measure=expected", found.changes[0])) is None


def test_what_pays_without_limit_is_named(tmp_path: Path) -> None:
    letting = """resources: [{resource: water, unit: m3}]
supply: [{resource: water, own: unlimited, let_limit: unlimited, let_price_yuan: 1}]
"""
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(tmp_path, FARM + letting))
    assert caught.value.lines[0] == "The best plan has no bound: something unlimited pays for itself."
    assert "let (hill, water, summer); let (valley, water, summer)" in caught.value.lines[1]


STATED_BOUNDS = {"fixed_area", "fixed_area.over", "credit", "promotion_step"}
"""Bounds of decisions that the data state, which stand as rows of their own where there is no plan."""


def test_every_name_of_rows_has_a_sentence_and_no_sentence_is_without_rows() -> None:
    either_way = {"resource", "balance", "consume", "group_sales", "own_use", "equal_share", "linear", "cash", "village_gain"}
    either_way |= {"compulsory_cover"}
    declared = {name for function in (*RULES, *MONEY_RULES) for name in function.row_names}
    wanted = {f"noplan.rule.{name}" for name in declared} | {f"noplan.rule.{name}.over" for name in either_way}
    wanted |= {f"noplan.rule.{name}" for name in STATED_BOUNDS | {"risk_limit"}}
    assert {key for key in catalogue() if key.startswith("noplan.rule.")} == wanted


def test_every_row_that_can_give_way_has_a_change_but_those_without_a_figure() -> None:
    declared = {name for function in (*RULES, *MONEY_RULES) for name in function.row_names}
    left_out = {"equal_share", "least_plot_most", "max_bases"}
    """Rules of table rules whose rows have no figure: they can be left out as a whole."""
    assert {name for name in declared if is_soft(name)} - set(SOURCES) == left_out | {"net_basis"}


@pytest.mark.parametrize("function", (*RULES, *MONEY_RULES), ids=lambda function: function.__name__)
def test_sentences_can_be_filled_from_the_keys_of_their_rows(tmp_path: Path, function: Rule) -> None:
    county = (Path(__file__).parent / "rules" / f"{function.__name__}.yaml").read_text(encoding="utf-8")
    for rows in build(farm(tmp_path, county)).rows:
        if rows.rule in function.row_names:
            for short in (True, False):
                text = sentence(rows, 0, 12.5, short)
                assert "12.5" in text
                assert not text.startswith("rule "), f"{rows.rule}: only the general sentence"


def test_why_there_is_no_plan_is_worked_out_when_somebody_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Program] = []
    monkeypatch.setattr(stages, "conflict", lambda program, matrix: asked.append(program) or ["because"])
    with pytest.raises(NoPlan) as caught:
        optimizer.solve(farm(tmp_path, CASES["a_contract_beyond_the_market"]["county"]))
    assert not asked
    assert caught.value.lines == ("because",)
    assert str(pickle.loads(pickle.dumps(caught.value))) == "because", "as between processes"
    assert len(asked) == 1


def test_a_smallest_conflict_is_looked_for_in_small_programs_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    county = farm(tmp_path, CASES["a_contract_beyond_the_market"]["county"])
    small = diagnose(county, irreducible=True)
    monkeypatch.setattr(diagnosis, "LARGE", 0)
    large = diagnose(county, irreducible=True)
    assert small is not None and small.irreducible
    assert large is not None and not large.irreducible
    assert large.sentences == small.sentences
