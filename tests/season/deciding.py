"""How the tests of an uncertain season decide a document: to the ledger, or as the one program of all its years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from counties import county

import optimizer
from optimizer.instance.document import Risk
from optimizer.instance.scenarios import scenarios
from optimizer.program.arrays import to_matrix
from optimizer.program.joint import joint
from optimizer.program.live import Live
from optimizer.program.plan import Plan
from optimizer.program.program import Program
from optimizer.program.risk import cvar, deviation, with_risk
from optimizer.program.solver import Solver
from optimizer.program.stages import stages
from optimizer.season.season import Season
from optimizer.season.seasons import season_of

Document = dict[str, Any]


def solved(folder: Path, document: Document) -> tuple[Plan, Season]:
    """The plan of a document and what its season can bring."""
    plan = optimizer.solve(county(folder, document))
    season = season_of(optimizer.distribute(plan))
    assert season is not None
    return plan, season


def areas(plan: Plan) -> dict[str, float]:
    """Mu of each activity, all bases together."""
    return _by_activity(plan.decisions("area"))


def _by_activity(area: pd.DataFrame) -> dict[str, float]:
    return {str(activity): float(mu) for activity, mu in area.groupby("activity")["value"].sum().items() if abs(mu) > 1e-9}


def margins(season: Season) -> dict[str, float]:
    """Yuan of margin by possible year."""
    return {year.scenario: year.margin_fen / 100 for year in season.years}


@dataclass(frozen=True)
class Years:
    """The programs of a document's possible years, built once for many measures of risk."""

    programs: dict[str, Program]
    probabilities: tuple[float, ...]


@dataclass(frozen=True)
class Decided:
    """The best first stage (mu by activity) of one program of all years, and the margin of each year in it (yuan)."""

    areas: dict[str, float]
    margins: dict[str, float]
    probabilities: tuple[float, ...]

    @property
    def expected(self) -> float:
        return sum(p * margin for p, margin in zip(self.probabilities, self.margins.values(), strict=True))

    @property
    def worst(self) -> float:
        return min(self.margins.values())

    @property
    def deviation(self) -> float:
        return deviation(list(self.margins.values()), self.probabilities)

    def cvar(self, level: float) -> float:
        return cvar(list(self.margins.values()), self.probabilities, level)


def years_of(folder: Path, document: Document) -> Years:
    """The programs of a document's possible years."""
    found, live = scenarios(county(folder, document)), Live()
    return Years({of.name: live.build(of.instance) for of in found}, tuple(float(of.probability) for of in found))


def decided(years: Years, risk: Mapping[str, Any]) -> Decided:
    """The years decided as one program under a measure of risk; the season of a plan is not needed to know its figures."""
    programs = {name: _under(program, Risk.model_validate(dict(risk))) for name, program in years.programs.items()}
    whole = with_risk(joint(programs, years.probabilities))
    _, final = stages(whole, Solver(to_matrix(whole)), [])
    area = whole.columns["area"]
    return Decided(
        _by_activity(area.assign(value=final.values[area["column"]])),
        {part.name: float(part.program.objective("margin") @ final.values[part.at]) for part in whole.parts},
        years.probabilities,
    )


def _under(program: Program, risk: Risk) -> Program:
    settings = program.instance.settings.model_copy(update={"risk": risk})
    return replace(program, instance=replace(program.instance, settings=settings))
