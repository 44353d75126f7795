"""Deciding year by year comes to the one program of all years, within the gap it proves."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counties import county
from rich_county import possible_years, programs_of, year
from test_valuing import DOCUMENT, PROMISED, planted

from optimizer.instance.document import Risk
from optimizer.instance.scenarios import Scenario
from optimizer.program.answer import OPTIMAL
from optimizer.program.arrays import to_matrix
from optimizer.program.decompose import GAP, Decomposed, decompose, first_columns, first_stage_program, weighed
from optimizer.program.joint import joint
from optimizer.program.merging import merged
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST
from optimizer.program.risk import with_risk
from optimizer.program.solver import Solver
from optimizer.program.valuing import Recourse, live_object

RISKS: dict[str, dict[str, Any]] = {
    "expected": {"measure": "expected"},
    "cvar": {"measure": "cvar", "level": "1/2", "weight": "1/2"},
    "worst": {"measure": "worst"},
    "deviation": {"measure": "deviation", "weight": "1/2"},
}
Years = tuple[dict[str, Program], list[float]]


def under(programs: dict[str, Program], risk: dict[str, Any]) -> dict[str, Program]:
    """The programs of the years under another measure of risk."""
    return {name: with_settings(program, risk=Risk.model_validate(risk)) for name, program in programs.items()}


def with_settings(program: Program, **changes: Any) -> Program:
    settings = program.instance.settings.model_copy(update=changes)
    return replace(program, instance=replace(program.instance, settings=settings))


def recourses_of(programs: dict[str, Program]) -> list[Recourse]:
    found = []
    for program in programs.values():
        small = merged(program, to_matrix(program))
        found.append(Recourse(small.matrix, small.column[first_columns(program)], live_object(small.matrix)))
    return found


def from_nothing(programs: dict[str, Program], probabilities: list[float]) -> Decomposed:
    count = len(first_columns(next(iter(programs.values()))))
    return decompose(programs, probabilities, recourses_of(programs), np.zeros(count))


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Years:
    return programs_of(possible_years(tmp_path_factory.mktemp("years"), 3))


@pytest.mark.parametrize("measure", RISKS)
def test_it_reaches_the_optimum_of_one_program_within_its_gap(measure: str, years: Years) -> None:
    programs, probabilities = under(years[0], RISKS[measure]), years[1]
    whole = Solver(to_matrix(with_risk(joint(programs, probabilities)))).solve()
    best = from_nothing(programs, probabilities)
    assert whole.status == OPTIMAL
    assert best.gap <= GAP
    assert best.bound >= whole.objective * (1 - 1e-9)
    assert whole.objective * (1 - best.gap) - 1e-6 <= best.value <= whole.objective * (1 + 1e-9)
    risk = Risk.model_validate(RISKS[measure])
    assert weighed(best.values.tolist(), risk, probabilities) == pytest.approx(best.value)


def test_what_one_search_learned_serves_another(years: Years) -> None:
    """With the answers of the search for the mean the one for the worst year takes fewer rounds
    than without them, to the same end."""
    calm = from_nothing(years[0], years[1])
    programs = under(years[0], RISKS["worst"])
    alone = decompose(programs, years[1], recourses_of(programs), calm.decided)
    after = decompose(programs, years[1], recourses_of(programs), calm.decided, calm.answers)
    assert after.value == pytest.approx(alone.value, rel=2 * GAP)
    assert after.rounds < alone.rounds


def test_the_small_program_holds_the_first_stage_and_a_value_for_each_year(years: Years) -> None:
    small = first_stage_program(*years)
    assert {kind for kind, frame in small.columns.frames.items() if len(frame)} <= {*FIRST, "value"}
    assert small.columns["value"]["scenario"].tolist() == ["usual", "bad", "good"]
    assert {rows.rule for rows in small.rows} == {"land", "land_area"}


def test_a_year_in_which_a_promise_could_not_be_kept(tmp_path: Path) -> None:
    """A mu costs 2,500 yuan and earns 2,000: nothing is planted but what 4 promised tonnes take. In the dry year a mu yields 0.5 t, so
    that 8 mu are planted. From nothing at all no year has a recourse; from 4 mu all but the dry one have.

    Usual: 5 · 2,000 + 3 · 500 − 8 · 2,500 = −8,500; dry: 4 · 2,000 − 20,000 = −12,000; mean −10,250."""
    dear = {**DOCUMENT, "activities": [{"activity": "grow", "input_cost_yuan_per_mu": 2500}], "contracts": [{**PROMISED, "quantity_t": 4}]}
    instance = county(tmp_path, dear)
    dry = year(instance, {"figure": "yield", "factor": 0.5})
    half = Fraction(1, 2)
    programs, probabilities = programs_of([Scenario("usual", "", half, instance), Scenario("dry", "", half, dry)])
    numbers = first_columns(programs["usual"])
    is_area = numbers == programs["usual"].columns["area"]["column"].iloc[0]
    for start in (0.0, 4.0):
        recourses = recourses_of(programs)
        begin = planted(programs["usual"], start)
        assert [recourse.at(begin).value is None for recourse in recourses] == [start == 0, True]
        best = decompose(programs, probabilities, recourses, begin)
        assert best.decided[is_area] == pytest.approx([8])
        assert best.values == pytest.approx([-8500, -12000])
        assert (best.value, best.bound) == (pytest.approx(-10250), pytest.approx(-10250, rel=GAP))


@pytest.mark.parametrize(
    ("risk", "figure"),
    [
        ({"measure": "expected"}, 19),
        ({"measure": "worst"}, 10),
        ({"measure": "worst", "weight": "1/2"}, 14.5),
        ({"measure": "cvar", "level": "0.8"}, 15),
        ({"measure": "cvar", "level": "0.8", "weight": "1/2"}, 17),
        ({"measure": "deviation", "weight": "1/2"}, 18.1),
        ({"measure": "cvar", "limit_yuan": 1}, 19),
    ],
)
def test_how_the_values_of_years_are_weighed(risk: dict[str, Any], figure: float) -> None:
    """10, 20 and 20 yuan with probabilities 0.1, 0.4 and 0.5: the mean is 1 + 8 + 10 = 19. The worst fifth is half 10 and half 20; the
    mean deviation is 0.1 · 9 + 0.9 · 1 = 1.8. A measure with a limit weighs nothing by itself."""
    values, probabilities = [10.0, 20.0, 20.0], [0.1, 0.4, 0.5]
    assert weighed(values, Risk.model_validate(risk), probabilities) == pytest.approx(figure)
    assert weighed([10.0, None, 20.0], Risk.model_validate(risk), probabilities) == -np.inf
