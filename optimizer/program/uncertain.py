"""A plan for an uncertain season: one first stage for all scenarios, shown in the average year.

A county whose programs fit one solver is decided as one program (``joint``); a larger one scenario by scenario
(``decompose``). Either way the first stage is then put into practical units and everything after it is decided year by year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario, average_year, scenarios
from optimizer.phases import Phase, phase
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.program.answer import OPTIMAL, Answer, require_optimal
from optimizer.program.apart import all_apart, known_before
from optimizer.program.arrays import to_matrix
from optimizer.program.decompose import decompose, first_columns, relative_gap
from optimizer.program.floors_by_year import Floors, floors_apart, floors_of
from optimizer.program.joint import JointProgram, joint
from optimizer.program.live import Live
from optimizer.program.plan import Plan
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST, First, first_stage, held, in_year
from optimizer.program.risk import with_risk
from optimizer.program.solver import Solver, check_solver
from optimizer.program.stages import stages
from optimizer.texts import say

LARGE = 100_000
"""Decisions of all scenarios together from which on they are decided scenario by scenario."""

HALF = Fraction(1, 2)

HOPELESS = 400_000
"""Decisions of all scenarios together that one program should not have: it would run for hours."""


@dataclass(frozen=True)
class Uncertain:
    """What deciding over all scenarios found.

    ``floors``: by scenario, what each party is to keep in it (yuan by party and id), so that participation holds in
    expectation; None where the settings' own floors hold in every year. ``recourse``, ``average_plan``, ``wait_and_see``: the
    objective by scenario, floors left aside, of the plan that maximises its expectation, with the average year's plan in
    the ground, and with the year known before planting. ``bound``: what no plan can pass, of the weighed figure that was
    made as great as possible, and ``value``: what the program's plan comes to. ``is_exact``: one program of all scenarios.
    """

    scenarios: tuple[Scenario, ...]
    floors: tuple[Floors | None, ...]
    recourse: tuple[float, ...]
    average_plan: tuple[float, ...] | None
    wait_and_see: tuple[float, ...]
    value: float
    bound: float
    is_exact: bool

    @property
    def probabilities(self) -> tuple[float, ...]:
        return tuple(float(scenario.probability) for scenario in self.scenarios)

    @property
    def gap(self) -> float:
        """The proven distance of the program's plan to the best there can be, relative."""
        return relative_gap(self.value, self.bound)


def decide_uncertain(instance: Instance, solver: str = "highs") -> Plan:
    """The plan of an instance whose settings name a measure of risk: the average year's, with the first stage that is best over
    all scenarios. ``plan.uncertain`` holds the rest.

    Raises InputError without scenarios, NoPlan (no first stage leaves every scenario a plan that keeps the rules) and
    SolverStopped.
    """
    check_solver(solver)
    require_sensible(instance)
    phases: dict[str, Phase] = {}
    notes = [say("uncertain.deviation_may_waste")] if may_waste(instance) else []
    found = scenarios(instance)
    with phase("build", phases):
        live = Live(solver)
        programs = {scenario.name: live.build(scenario.instance) for scenario in found}
    with phase("solve", phases):
        average = average_year(found)
        usual = planned_for(average, live)
        if usual is None:
            notes.append(say("uncertain.no_average_plan"))
        if is_apart(instance, programs):
            first, uncertain = _apart(found, programs, usual)
        else:
            first, uncertain = _as_one(found, programs, usual, solver, notes)
        plan = in_year(average, first, live)
    return replace(plan, uncertain=uncertain, phases=phases, notes=tuple(dict.fromkeys((*notes, *plan.notes))))


def require_sensible(instance: Instance) -> None:
    """Raise InputError for settings that have no meaning beside a measure of risk."""
    settings, wrong = instance.settings, []
    if settings.planting == "alone":
        wrong.append(Problem("instance.yaml", None, "settings.planting", "alone", say("uncertain.together")))
    if settings.objective.minimise and settings.risk.measure != "expected":
        wrong.append(Problem("instance.yaml", None, "settings.objective.minimise", settings.objective.name, say("uncertain.maximise")))
    if wrong:
        raise InputError(wrong)


def may_waste(instance: Instance) -> bool:
    """Whether a better year can count against a plan: by more than its half, or by a limit, a deviation outweighs the mean (Ogryczak
    and Ruszczyński, European Journal of Operational Research 116, 1999)."""
    risk = instance.settings.risk
    return risk.measure == "deviation" and (risk.weighing > HALF or risk.limit_yuan is not None)


def is_apart(instance: Instance, programs: Mapping[str, Program]) -> bool:
    """Whether scenarios are decided one by one: they are too many for one program, and what is measured can be taken apart.
    Raises InputError where they are far too many and it cannot."""
    size = sum(program.columns.count for program in programs.values())
    if size <= LARGE:
        return False
    if is_separable(instance) and not any(program.columns.stacked("integer").any() for program in programs.values()):
        return True
    if size > HOPELESS:
        most = max(1, HOPELESS * len(programs) // size)
        raise InputError([Problem("instance.yaml", None, "settings.risk", str(len(programs)), say("uncertain.too_large", most=most))])
    return False


def is_separable(instance: Instance) -> bool:
    """Whether each scenario's part can be told from the others': what is measured is the margin, that is made as great as
    possible, and nothing but participation holds in expectation."""
    settings, risk = instance.settings, instance.settings.risk
    is_margin = settings.objective.maximise == "margin" and (risk.measure == "expected" or risk.of == "margin")
    has_gains = "least_gain" in set(instance.table("rules")["rule"])
    return is_margin and risk.limit_yuan is None and not may_waste(instance) and not settings.floors and not has_gains


def planned_for(average: Instance, live: Live) -> dict[str, pd.DataFrame] | None:
    """The first stage a county would choose that plans for the average year alone (exact figures); None if it has no plan."""
    try:
        plan = live.plan(live.build(average))
    except NoPlan:
        return None
    return first_stage(replace(plan, values=plan.exact_values))


# --- as one program ------------------------------------------------------------------------------------------------


def _as_one(
    found: tuple[Scenario, ...], programs: dict[str, Program], usual: First | None, solver: str, notes: list[str]
) -> tuple[First, Uncertain]:
    """One program of all scenarios: the exact optimum."""
    probabilities = [float(scenario.probability) for scenario in found]
    whole = with_risk(joint(programs, probabilities))
    best, final = stages(whole, _solver(whole, solver), notes)
    free = {name: without_floors(program) for name, program in programs.items()}
    neutral = joint(free, probabilities)
    uncertain = Uncertain(
        scenarios=found,
        floors=tuple(floors_of(part.program, final.values[part.at]) for part in whole.parts),
        recourse=_by_scenario(neutral, require_optimal(_solver(neutral, solver).solve())),
        average_plan=None if usual is None else _in_the_ground(free, usual, solver),
        wait_and_see=tuple(_sign(program) * require_optimal(_solver(program, solver).solve()).objective for program in free.values()),
        value=best.objective,
        bound=best.objective + best.gap * max(1.0, abs(best.objective)),
        is_exact=True,
    )
    return {kind: _valued(whole, kind, final.values) for kind in FIRST if kind in whole.columns.frames}, uncertain


def _solver(program: Program, solver: str) -> Solver:
    return Solver(to_matrix(program), solver, program.instance.settings.integer_gap)


def _valued(program: Program, kind: str, values: np.ndarray) -> pd.DataFrame:
    frame = program.columns[kind]
    return frame[program.columns.keys_of(kind)].assign(value=values[frame["column"]])


def without_floors(program: Program) -> Program:
    """The program without participation: nobody's floor holds."""
    return program.but(rows=tuple(rows for rows in program.rows if rows.rule != "participation"))


def _by_scenario(program: JointProgram, answer: Answer) -> tuple[float, ...]:
    """The plain objective of each scenario."""
    name = program.instance.settings.objective.name
    return tuple(float(part.program.objective(name) @ answer.values[part.at]) for part in program.parts)


def _in_the_ground(programs: Mapping[str, Program], first: First, solver: str) -> tuple[float, ...] | None:
    """The objective of each scenario with a first stage fixed; None if one has no recourse to it."""
    found = []
    for program in programs.values():
        answer = _solver(held(program, first), solver).solve()
        if answer.status != OPTIMAL:
            return None
        found.append(_sign(program) * answer.objective)
    return tuple(found)


def _sign(program: Program) -> float:
    return -1.0 if program.instance.settings.objective.minimise else 1.0


# --- scenario by scenario ------------------------------------------------------------------------------------------


def _apart(found: tuple[Scenario, ...], programs: dict[str, Program], usual: First | None) -> tuple[First, Uncertain]:
    """Decomposed by scenario: within a proven distance of the optimum."""
    probabilities = [float(scenario.probability) for scenario in found]
    free = {name: without_floors(program) for name, program in programs.items()}
    like = next(iter(free.values()))
    numbers = first_columns(like)
    start = np.zeros(len(numbers)) if usual is None else held(like, usual).columns.stacked("lower")[numbers]
    apart = all_apart(free, numbers)
    recourses = [one.recourse for one in apart]
    wait_and_see = known_before(apart)
    average_plan = [recourse.at(start).value for recourse in recourses]
    calm = decompose({name: _calm(program) for name, program in free.items()}, probabilities, recourses, start)
    best = calm
    if like.instance.settings.participation.under_scenarios == "each":  # the same search with floors; what holds without them holds
        apart = all_apart(programs, numbers)
        known_before(apart)
        best = decompose(programs, probabilities, [one.recourse for one in apart], calm.decided, calm.answers)
    elif like.instance.settings.risk.measure != "expected":
        best = decompose(free, probabilities, recourses, calm.decided, calm.answers)
    if not len(calm.values) or not len(best.values):
        raise NoPlan([say("uncertain.no_first_stage")])
    left = [one.values_at(best.decided) for one in apart]
    uncertain = Uncertain(
        scenarios=found,
        floors=floors_apart(list(programs.values()), left, probabilities),
        recourse=tuple(calm.values.tolist()),
        average_plan=None if usual is None or None in average_plan else tuple(value for value in average_plan if value is not None),
        wait_and_see=wait_and_see,
        value=best.value,
        bound=best.bound,
        is_exact=False,
    )
    decided = np.zeros(like.columns.count)
    decided[numbers] = best.decided
    return {kind: _valued(like, kind, decided) for kind in FIRST if kind in like.columns.frames}, uncertain


def _calm(program: Program) -> Program:
    """The same program where only the expectation counts."""
    settings = program.instance.settings
    calm = settings.risk.model_copy(update={"measure": "expected", "limit_yuan": None})
    return program.but(instance=replace(program.instance, settings=settings.model_copy(update={"risk": calm})))
