"""A plan for an uncertain season: one first stage for all scenarios, shown in the average year.

A county whose programs fit one solver is decided as one program (``joint``); a larger one scenario by scenario
(``decompose``). Either way the first stage is then put into practical units and everything after it is decided year by year.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario, average_year, scenarios
from optimizer.phases import Phase, phase
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.program.decompose import decompose, first_columns
from optimizer.program.infeasible import conflict
from optimizer.program.joint import JointProgram, joint
from optimizer.program.live import Live
from optimizer.program.merging import Merged, merged, shared_out
from optimizer.program.plan import Plan
from optimizer.program.practical import FEN_PER_LINE
from optimizer.program.program import Program
from optimizer.program.recourse import FIRST, First, first_stage, held, in_year
from optimizer.program.risk import with_risk
from optimizer.program.solver import OPTIMAL, Answer, Matrix, Solver, check_solver, require_optimal
from optimizer.program.stages import stages, to_matrix
from optimizer.program.valuing import Recourse, live_object
from optimizer.texts import say

LARGE = 100_000
"""Decisions of all scenarios together from which on they are decided scenario by scenario."""

HALF = Fraction(1, 2)

HOPELESS = 400_000
"""Decisions of all scenarios together that one program should not have: it would run for hours."""

ROUNDED = 4.0
"""What a step of area more or less may cost a party, in terms of what it bears for it: its harvest is worth more."""

Floors = Mapping[tuple[str, str], float]


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
    wait_and_see: tuple[float, ...] | None
    value: float
    bound: float
    is_exact: bool

    @property
    def probabilities(self) -> tuple[float, ...]:
        return tuple(float(scenario.probability) for scenario in self.scenarios)

    @property
    def gap(self) -> float:
        """The proven distance of the program's plan to the best there can be, relative."""
        return max(0.0, self.bound - self.value) / max(1.0, abs(self.value))


def decide_uncertain(instance: Instance, solver: str = "highs") -> Plan:
    """The plan of an instance whose settings name a measure of risk: the average year's, with the first stage that is best over
    all scenarios. ``plan.uncertain`` holds the rest.

    Raises InputError without scenarios, NoPlan (no first stage leaves every scenario a plan that keeps the rules) and
    SolverStopped.
    """
    check_solver(solver)
    require_linear_gain(instance)
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


def require_linear_gain(instance: Instance) -> None:
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
    if risk.measure == "deviation" and risk.weighing > HALF:  # beyond it a better year can count against a plan
        return False
    is_margin = settings.objective.maximise == "margin" and (risk.measure == "expected" or risk.of == "margin")
    has_gains = "least_gain" in set(instance.table("rules")["rule"])
    return is_margin and risk.limit_yuan is None and not settings.floors and not has_gains


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
    changed = replace(program, rows=tuple(rows for rows in program.rows if rows.rule != "participation"))
    changed.known.update(program.known)
    return changed


def left_to_each(program: Program, values: np.ndarray) -> dict[tuple[str, str], float]:
    """The balance of each party that has a floor of participation, in yuan."""
    terms = program.parties
    yuan = pd.Series(terms["yuan"].to_numpy(dtype=float) * values[terms["column"]])
    left = yuan.groupby([terms["party"].to_numpy(), terms["id"].to_numpy()]).sum()
    return {key: float(left.get(key, 0.0)) for key in asked_of(program)}


def asked_of(program: Program) -> dict[tuple[str, str], float]:
    """The floors of participation, in yuan by party and id."""
    return {
        key: float(rhs)
        for rows in program.rows
        if rows.rule == "participation"
        for key, rhs in zip(zip(rows.keys["party"], rows.keys["id"], strict=True), rows.rhs, strict=True)
    }


def floors_of(program: Program, values: np.ndarray) -> Floors | None:
    """What each party is to keep in a scenario of a joint program: what it is left with there. None where floors hold in every
    year."""
    if program.instance.settings.participation.under_scenarios == "each":
        return None
    allowed = rounding_allowance(program)
    return {key: left - allowed.get(key, 0.0) for key, left in left_to_each(program, values).items()}


def rounding_allowance(program: Program) -> dict[tuple[str, str], float]:
    """By so many yuan a party's floor in one scenario gives way to the first stage being put into practical units."""
    units = program.instance.settings.practical_units
    if not units.on:
        return {}
    terms = program.parties[program.parties["column"].isin(program.columns["area"]["column"])]
    per_mu = terms.assign(yuan=terms["yuan"].abs()).groupby(["party", "id"])["yuan"].sum()
    return {key: ROUNDED * float(units.mu) * float(yuan) for key, yuan in per_mu.items()}  # type: ignore[misc]


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
    is_each = found[0].instance.settings.participation.under_scenarios == "each"
    free = programs if is_each else {name: without_floors(program) for name, program in programs.items()}
    like = next(iter(free.values()))
    numbers = first_columns(like)
    start = np.zeros(len(numbers)) if usual is None else held(like, usual).columns.stacked("lower")[numbers]
    apart = _all_apart(free, numbers)
    recourses = [one.recourse for one in apart]
    wait_and_see = _known_before(apart)
    average_plan = [recourse.at(start).value for recourse in recourses]
    calm = decompose({name: _calm(program) for name, program in free.items()}, probabilities, recourses, start)
    is_calm = like.instance.settings.risk.measure == "expected"
    best = calm if is_calm else decompose(free, probabilities, recourses, calm.decided, calm.answers)
    if not len(calm.values) or not len(best.values):
        raise NoPlan([say("uncertain.no_first_stage")])
    left = [one.values_at(best.decided) for one in apart]
    uncertain = Uncertain(
        scenarios=found,
        floors=_floors_apart(list(programs.values()), left, probabilities),
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


@dataclass(frozen=True)
class Apart:
    """A scenario that is decided by itself: its program, with like goods merged, on a live object."""

    name: str
    program: Program
    matrix: Matrix
    small: Merged
    recourse: Recourse

    def values_at(self, decided: np.ndarray) -> np.ndarray:
        """All decisions of the full program with a first stage, like bases served alike."""
        self.recourse.at(decided)
        return shared_out(self.program, self.matrix, self.small, self.recourse.values())


def _all_apart(programs: Mapping[str, Program], numbers: np.ndarray) -> list[Apart]:
    found = []
    for name, program in programs.items():
        matrix = to_matrix(program)
        small = merged(program, matrix)
        found.append(Apart(name, program, matrix, small, Recourse(small.matrix, small.column[numbers], live_object(small.matrix))))
    return found


def _known_before(apart: Sequence[Apart]) -> tuple[float, ...]:
    """The objective of each scenario if it were known before planting, on as many threads as there are cores. Raises NoPlan with
    the conflict of a year that has no plan at all."""
    threads = min(os.cpu_count() or 1, len(apart))
    spans = [apart[len(apart) * i // threads : len(apart) * (i + 1) // threads] for i in range(threads)]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        found = [value for span in pool.map(_one_after_another, spans) for value in span]
    for one, value in zip(apart, found, strict=True):
        if value is None:
            raise NoPlan([say("uncertain.year_without_plan", year=one.name), *conflict(one.program, one.matrix)])
    return tuple(value for value in found if value is not None)


def _one_after_another(apart: Sequence[Apart]) -> list[float | None]:
    """Each begins where the one before it ended."""
    found = []
    for number, one in enumerate(apart):
        if number:
            one.recourse.start_as(apart[number - 1].recourse)
        found.append(one.recourse.free())
    return found


def _calm(program: Program) -> Program:
    """The same program where only the expectation counts."""
    settings = program.instance.settings
    calm = settings.risk.model_copy(update={"measure": "expected", "limit_yuan": None})
    changed = replace(program, instance=replace(program.instance, settings=settings.model_copy(update={"risk": calm})))
    changed.known.update(program.known)
    return changed


def _floors_apart(programs: Sequence[Program], values: Sequence[np.ndarray], probabilities: Sequence[float]) -> tuple[Floors | None, ...]:
    """What each party is to keep in each scenario: what it is left with there, less what it has beyond its floor on average (more,
    where it lacks something), and what rounding the lines of its account can cost."""
    if programs[0].instance.settings.participation.under_scenarios == "each":
        return (None,) * len(programs)
    left = [left_to_each(program, of) for program, of in zip(programs, values, strict=True)]
    asked = {key: floor + ROUNDED * rounding_yuan(programs[0], key) for key, floor in asked_of(programs[0]).items()}
    mean = {key: sum(p * one[key] for p, one in zip(probabilities, left, strict=True)) for key in asked}
    return tuple({key: one[key] - mean[key] + asked[key] for key in asked} for one in left)


def rounding_yuan(program: Program, key: tuple[str, str]) -> float:
    """What rounding the sales of a party to whole kilograms and fen can cost it: two fen for each slot it may sell in."""
    if not program.instance.settings.practical_units.on:
        return 0.0
    terms = program.parties
    mine = terms[(terms["party"] == key[0]) & (terms["id"] == key[1]) & (terms["account"] == "split")]
    return FEN_PER_LINE * mine["column"].nunique()
