"""One program of all years: what stands once, what holds in every year and what on average; risk by hand."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counties import FARM, county, with_parts
from rich_county import programs_of, year

import optimizer
from optimizer.instance.document import Risk
from optimizer.instance.scenarios import Scenario
from optimizer.program.answer import INFEASIBLE, OPTIMAL, Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.joint import IN_EXPECTATION, SHARED, JointProgram, joint
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST
from optimizer.program.risk import cvar, deviation, with_risk
from optimizer.program.solver import Solver
from optimizer.program.uncertain import is_separable, may_waste
from optimizer.texts import say

HALF = Fraction(1, 2)
Farm = tuple[dict[str, Program], list[float]]


def two_years(folder: Path, price: float = 0.15, **settings: Any) -> Farm:
    """The farm of ``counties`` in a usual year and one of poor prices, equally likely.

    What a mu leaves the base: 0.49 · 2,000 − 450 = 530 yuan in the usual year, 0.49 · 300 − 450 = −303 in the poor one: 113.50 on
    average. Its margin: 1,900 − 10 − 450 = 1,440 and 285 − 460 = −175: 632.50 on average.
    """
    instance = county(folder, with_parts(FARM, settings=settings))
    poor = year(instance, {"figure": "price", "factor": price})
    return programs_of([Scenario("usual", "", HALF, instance), Scenario("poor", "", HALF, poor)])


def answered(program: JointProgram) -> Answer:
    return Solver(to_matrix(program)).solve()


def area(program: Program, answer: Answer) -> float:
    return float(answer.values[program.columns["area"]["column"]].sum())


def risky(programs: dict[str, Program], **risk: Any) -> dict[str, Program]:
    found = {}
    for name, program in programs.items():
        settings = program.instance.settings.model_copy(update={"risk": Risk.model_validate(risk)})
        found[name] = replace(program, instance=replace(program.instance, settings=settings))
    return found


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Farm:
    return two_years(tmp_path_factory.mktemp("farm"), participation={"company": "none", "base": "none"})


def test_the_first_stage_stands_once_and_all_else_in_every_year(farm: Farm) -> None:
    whole = joint(*farm)
    one = farm[0]["usual"]
    for kind, frame in whole.columns.frames.items():
        assert len(frame) == len(one.columns[kind]) * (1 if kind in SHARED else 2), kind
        assert ("scenario" in frame) == (kind not in SHARED)
    assert set(FIRST) < set(SHARED)
    assert np.concatenate([f["column"] for f in whole.columns.frames.values()]).tolist() == list(range(whole.columns.count))
    land = [rows for rows in whole.rows if rows.rule == "land"]
    assert [rows.keys["scenario"].unique().tolist() for rows in land] == [[""]]
    tiers = [rows.keys["scenario"].unique().tolist() for rows in whole.rows if rows.rule == "tier"]
    assert tiers == [["usual"], ["poor"]]


def test_objectives_are_expectations(farm: Farm) -> None:
    """10 mu: 6,325 yuan on average; every year's own figures are read off its part."""
    whole = joint(*farm)
    answer = answered(whole)
    assert area(whole, answer) == pytest.approx(10)
    assert answer.objective == pytest.approx(6325)
    margins = [part.program.objective("margin") @ answer.values[part.at] for part in whole.parts]
    assert margins == pytest.approx([14400, -1750])
    assert whole.objective("sales") @ answer.values == pytest.approx((20000 + 3000) / 2)


@pytest.mark.parametrize(("floor", "rule", "planted"), [(1135, "expected", 10), (1136, "expected", None), (0, "each", 0)])
def test_floors_of_participation_hold_on_average_or_in_every_year(floor: int, rule: str, planted: float | None, tmp_path: Path) -> None:
    """The base earns 1,135 yuan on average by 10 mu and would lose 3,030 in the poor year, unless it planted nothing."""
    whole = joint(*two_years(tmp_path, participation={"company": "none", "base": floor, "under_scenarios": rule}))
    answer = answered(whole)
    if planted is None:
        assert answer.status == INFEASIBLE
        return
    assert area(whole, answer) == pytest.approx(planted, abs=1e-6)
    named = [rows for rows in whole.rows if rows.rule == "participation"]
    assert sum(map(len, named)) == (1 if rule == "expected" else 2)
    assert all(("scenario" in rows.keys) == (rule == "each") for rows in named)
    assert "participation" in IN_EXPECTATION


def test_a_floor_under_another_objective_holds_on_average(tmp_path: Path) -> None:
    """1/2 · 2,000 yuan for every tonne sold in the usual year and 1/2 · 100 in the poor one come to 5,250 at least."""
    programs, probabilities = two_years(tmp_path, 0.05, participation={"company": "none", "base": "none"}, floors={"sales": 5250})
    whole = joint(programs, probabilities)
    (floor,) = [rows for rows in whole.rows if rows.rule == "objective_floor"]
    assert len(floor) == 1
    assert floor.rhs == pytest.approx([5250])
    at = whole.columns["sell"].set_index("scenario")["column"]
    per_t = dict(zip(floor.column.tolist(), floor.coefficient.tolist(), strict=True))
    assert per_t[at["usual"]] == pytest.approx(1000)
    assert per_t[at["poor"]] == pytest.approx(50)


RISKS = [
    # 6,325 on average, −1,750 in the worst year: all that fear can do here is to plant nothing
    ({"measure": "worst", "weight": "1/2"}, 10, 0.5 * 6325 - 0.5 * 1750),
    ({"measure": "worst", "weight": "4/5", "level": 0}, 0, 0.0),  # 0.2 · 6,325 < 0.8 · 1,750
    ({"measure": "cvar", "level": "1/2", "weight": 1}, 0, 0.0),  # the worse half is the poor year
    ({"measure": "cvar", "level": "1/4", "weight": 1}, 10, (0.5 * -1750 + 0.25 * 14400) / 0.75),
    ({"measure": "deviation", "weight": "1/2"}, 10, 6325 - 0.5 * 8075),  # both years are 8,075 from the mean
    ({"measure": "worst", "limit_yuan": -875}, 5, 3162.5),
    ({"measure": "cvar", "level": "1/2", "limit_yuan": -350}, 2, 1265.0),
]  # fmt: skip


@pytest.mark.parametrize(("risk", "planted", "figure"), RISKS)
def test_risk_by_hand(risk: dict[str, Any], planted: float, figure: float, farm: Farm) -> None:
    whole = with_risk(joint(risky(farm[0], **risk), farm[1]))
    answer = answered(whole)
    assert answer.status == OPTIMAL
    assert area(whole, answer) == pytest.approx(planted, abs=1e-6)
    assert answer.objective == pytest.approx(figure, abs=1e-6)


def test_a_deviation_that_weighs_more_than_half_wastes_a_good_year(farm: Farm) -> None:
    """By weight 1 a mu is worth 632.50 − 807.50 < 0: nothing is planted. Where 10 mu must stand (rented and paid: 4,500) the years
    are nearest to each other if nothing is sold, or as much as poor prices bring: 2,750 a year in both, at 1,890 yuan a tonne."""
    programs = risky(farm[0], measure="deviation", weight=1)
    for name, program in programs.items():
        frame = program.columns["area"].assign(lower=10.0, upper=10.0)
        columns = replace(program.columns, frames={**program.columns.frames, "area": frame})
        programs[name] = replace(program, columns=columns)
    whole = with_risk(joint(programs, farm[1]))
    answer = answered(whole)
    margins = [part.program.objective("margin") @ answer.values[part.at] for part in whole.parts]
    assert margins == pytest.approx([-1750, -1750], abs=1e-6)
    sold = whole.columns["sell"].set_index("scenario")["column"]
    assert answer.values[sold["usual"]] == pytest.approx(2750 / 1890)
    assert may_waste(programs["usual"].instance)
    assert not is_separable(programs["usual"].instance)


def test_such_a_plan_says_so(tmp_path: Path) -> None:
    years = [{"scenario": "usual", "probability": "1/2"}, {"scenario": "poor", "probability": "1/2"}]
    factors = [{"scenario": "poor", "figure": "price", "factor": 0.5}]
    settings = {"risk": {"measure": "deviation", "weight": "0.51"}}
    plan = optimizer.solve(county(tmp_path, with_parts(FARM, settings=settings, scenarios=years, scenario_factors=factors)))
    assert plan.notes.count(say("uncertain.deviation_may_waste")) == 1


def test_what_may_waste(farm: Farm) -> None:
    def wastes(**risk: Any) -> bool:
        return may_waste(risky(farm[0], **risk)["usual"].instance)

    assert wastes(measure="deviation", limit_yuan=4000)
    assert not wastes(measure="deviation", weight="1/2")
    assert not wastes(measure="cvar", limit_yuan=4000)


def test_figures_of_outcomes() -> None:
    """Of 10, 20 and 40 yuan with 1/5, 1/2 and 3/10 the mean is 24; the worst 7/10 are (2 + 10) / 0.7; deviations 14, 4 and 16."""
    values, probabilities = [40.0, 10.0, 20.0], [0.3, 0.2, 0.5]
    assert cvar(values, probabilities, 0.0) == pytest.approx(24)
    assert cvar(values, probabilities, 0.3) == pytest.approx(12 / 0.7)
    assert cvar(values, probabilities, 0.9) == pytest.approx(10)
    assert deviation(values, probabilities) == pytest.approx(0.2 * 14 + 0.5 * 4 + 0.3 * 16)
