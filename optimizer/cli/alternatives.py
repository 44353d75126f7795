"""The command ``alternatives``: what else could be done that costs at most a small share of a plan's objective."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from optimizer.cli.options import PlanArgument, SolverOption
from optimizer.cli.progress import Progress, finish
from optimizer.cli.season import beside
from optimizer.problems import InputError, Problem
from optimizer.texts import say

if TYPE_CHECKING:
    from optimizer.audit.result import Result
    from optimizer.instance.instance import Instance


def alternatives(
    results: PlanArgument,
    within: Annotated[str, typer.Option("--within", metavar="SHARE", help=say("cli.alternatives_within"))] = "2%",
    solver: SolverOption = "highs",
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.alternatives_out"))] = None,
) -> None:
    progress = Progress()
    finish(lambda: _alternatives(results, within, solver, out, progress), progress)


def _alternatives(results: Path, within: str, solver: str, out: Path | None, progress: Progress) -> None:
    from optimizer.audit.result import read_result, results_folder
    from optimizer.policy.near import near
    from optimizer.program.solver import check_solver
    from optimizer.report.folder import check_target
    from optimizer.report.near.writing import print_near, write_near

    check_solver(solver)
    share = share_of(within)
    folder = results_folder(results)
    target = out or beside(folder, "alternatives")
    check_target(target)
    progress.target = target
    progress.say("loading")
    found = near(instance_as_planned(read_result(folder)), share, solver, lambda *so_far: _tell(progress, *so_far))
    progress.say("showing")
    write_near(found, target, folder)
    progress.is_written = True
    progress.stop()
    print_near(found, Console())
    Console(soft_wrap=True).print(say("cli.alternatives_written", folder=str(target)), markup=False, highlight=False)


def _tell(progress: Progress, what: str, done: int, count: int) -> None:
    if what in ("plan", "ranges"):
        progress.say(f"near_{what}", done=done + 1 if done < count else done, count=count)
    else:
        progress.say("near_kind", kind=say(f"near.kind.{what}"))


def share_of(text: str) -> float:
    """A share written as 2% or 0.02. Raises InputError for anything else, and for one that is not from 0 to below 1."""
    from optimizer.instance.document import exact

    try:
        share = exact(text)
    except ValueError:
        share = None
    if share is None or not text.strip() or not 0 <= share < 1:
        raise InputError([Problem("--within", None, "", text, say("near.expected.within"))])
    return float(share)


def instance_as_planned(result: Result) -> Instance:
    """The instance a result was made for, as its files have it. Raises InputError where they are no longer what they were, and for a
    season that was planned again."""
    from optimizer.audit.result import REPLANNED, loaded_instance_of

    if result.run.get(REPLANNED):
        raise InputError([Problem(str(result.folder), None, "", say("near.found.replanned"), say("near.expected.plain"))])
    instance = loaded_instance_of(result)
    proven = result.run.get("inputs_sha256")
    before, now = dict(proven) if isinstance(proven, dict) else {}, dict(instance.hashes)
    changed = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    if changed:
        found = say("near.found.changed_files", files=", ".join(changed))
        raise InputError([Problem(str(instance.folder), None, "", found, say("near.expected.same_files"))])
    return instance
