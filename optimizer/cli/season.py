"""The commands of an uncertain season: a stored plan held against other years, and the rest of a season planned again."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from optimizer.cli.options import MOST_WORKERS, PlanArgument, SetOption, SolverOption
from optimizer.cli.progress import Progress, finish
from optimizer.phases import Phase, phase
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say

if TYPE_CHECKING:
    from optimizer.audit.result import Result
    from optimizer.instance.instance import Instance
    from optimizer.program.plan import Plan


def drawn(folder: Path, policy: str, changes: tuple[str, ...], draw: int | None, seed: int | None) -> Instance:
    """The instance, planned for years that are drawn if that is asked for: a policy that plans for no years then plans for
    their mean. All of it is changes, so that run.json tells how to come to the same plan again."""
    from optimizer.instance.loading import instance_of, read_given

    given = read_given(folder)
    asked = {"draw": draw, "seed": seed}
    changes += tuple(f"settings.risk.{name}={value}" for name, value in asked.items() if value is not None)
    found = instance_of(given, policy, changes)
    if draw is None or found.is_uncertain:
        return found
    return instance_of(given, policy, (*changes, "settings.risk.measure=expected"))


def show_plan(plan: Plan, target: Path, phases: dict[str, Phase], progress: Progress, then: Callable[[], None] | None = None) -> None:
    """Divide the money of a plan, write its results folder (``then`` adds to it) and print its summary."""
    from optimizer.household.distribution import distribute
    from optimizer.report.terminal import print_summary
    from optimizer.report.writing import report
    from optimizer.season.seasons import season_of

    progress.say("dividing")
    distribution = distribute(plan)
    season = season_of(distribution, workers=min(os.cpu_count() or 1, MOST_WORKERS))
    progress.say("reporting")
    shown = report(distribution, target, phases, season)
    if then is not None:
        then()
    progress.is_written = True
    progress.stop()
    print_summary(shown, Console())
    Console(soft_wrap=True).print(say("cli.written", folder=str(target)), markup=False, highlight=False)


def backtest(
    results: PlanArgument,
    years: Annotated[Path, typer.Option("--years", metavar="FILE", help=say("cli.years"), show_default=False)],
    solver: SolverOption = "highs",
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.backtest_out"))] = None,
) -> None:
    progress = Progress()
    finish(lambda: _backtest(results, years, solver, out, progress), progress)


def _backtest(results: Path, years: Path, solver: str, out: Path | None, progress: Progress) -> None:
    from optimizer.audit.result import loaded_instance_of, read_result, results_folder
    from optimizer.instance.scenarios import years_from
    from optimizer.program.decisions import make_columns
    from optimizer.program.solver import check_solver
    from optimizer.report.backtest import print_backtest, write_backtest
    from optimizer.report.folder import check_target
    from optimizer.season.backtest import backtest as hold
    from optimizer.season.stored import stored_plan

    check_solver(solver)
    folder = results_folder(results)
    target = out or beside(folder, "backtest")
    check_target(target)
    progress.target = target
    progress.say("loading")
    result = read_result(folder)
    given = loaded_instance_of(result)
    found = years_from(given, years)
    stored = stored_plan(given, result.tables, make_columns(given), folder)
    tested = hold(given, stored, found, solver, lambda done, count: progress.say("backtesting", finished=done, count=count))
    progress.say("showing")
    write_backtest(tested, target, years, result.summary)
    progress.is_written = True
    progress.stop()
    print_backtest(tested, Console())
    Console(soft_wrap=True).print(say("cli.backtested", folder=str(target)), markup=False, highlight=False)


def beside(folder: Path, what: str) -> Path:
    """A folder beside a result, which a new result does not do away with and an audit does not seal."""
    place = folder.resolve()
    return place.with_name(f"{place.name}-{what}") if folder.name in ("", "..") else folder.with_name(f"{folder.name}-{what}")


def replan(
    results: PlanArgument,
    done: Annotated[Path, typer.Option("--done", metavar="FILE", help=say("cli.done"), show_default=False)],
    from_: Annotated[str | None, typer.Option("--from", metavar="PERIOD", help=say("cli.from"))] = None,
    set_: SetOption = None,
    years: Annotated[Path | None, typer.Option("--years", metavar="FILE", help=say("cli.replan_years"))] = None,
    year: Annotated[str | None, typer.Option("--year", metavar="NAME", help=say("cli.year"))] = None,
    solver: SolverOption = "highs",
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.replan_out"))] = None,
) -> None:
    progress = Progress()
    finish(lambda: _replan(results, done, from_, tuple(set_ or ()), (years, year), solver, out, progress), progress)


def _replan(
    results: Path, done: Path, begin: str | None, changes: tuple[str, ...], in_year: tuple[Path | None, str | None], solver: str,
    out: Path | None, progress: Progress,
) -> None:  # fmt: skip
    from optimizer.audit.result import read_result, results_folder
    from optimizer.program.program import build
    from optimizer.program.solver import check_solver
    from optimizer.report.folder import check_target
    from optimizer.report.replanned import add_what_was_done
    from optimizer.season.done import read_done
    from optimizer.season.replan import replan as decide
    from optimizer.season.stored import stored_plan

    check_solver(solver)
    folder = results_folder(results)
    target = out or beside(folder, "replanned")
    check_target(target)
    progress.target = target
    progress.say("loading")
    phases: dict[str, Phase] = {}
    with phase("load", phases):
        result = read_result(folder)
        given = as_it_is_now(result, changes, *in_year)
    progress.say("deciding")
    program = build(given)
    stored = stored_plan(given, result.tables, program.columns, folder)
    facts = read_done(done, program, begin)
    plan = decide(program, stored, facts, solver)
    show_plan(plan, target, phases, progress, lambda: add_what_was_done(target, folder, facts, given, *in_year))


def as_it_is_now(result: Result, changes: tuple[str, ...], years: Path | None, year: str | None) -> Instance:
    """The instance of a result with further changes, in a year of a file if one is named. Raises InputError."""
    from optimizer.audit.result import instance_of, loaded_instance_of
    from optimizer.instance.scenarios import years_from

    run = {name: value for name, value in result.run.items() if name != "replanned"}
    result = replace(result, run={**run, "set": [*map(str, run.get("set", ())), *changes]})
    if years is None and year is None:
        return instance_of(result)
    if years is None or year is None:
        raise InputError([Problem("--years" if years is None else "--year", None, "", "", say("cli.expected_both"))])
    found = {own.name: own.instance for own in years_from(loaded_instance_of(result), years)}
    if year not in found:
        expected = say("cli.expected_year", file=years.name, known=", ".join(found))
        raise InputError([Problem("--year", None, "", year, expected, nearest(year, found))])
    return found[year]
