"""The command ``sweep``: the optima of many policies in many possible years, as a table."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli.options import DEFAULT, MOST_WORKERS, InstanceArgument, SetOption, listed_names
from optimizer.cli.progress import Progress, finish
from optimizer.problems import InputError, Problem, noted
from optimizer.texts import say


def sweep(
    instance: InstanceArgument,
    policies: Annotated[str, typer.Option("--policies", metavar="NAME,...", help=say("cli.sweep_policies"))] = DEFAULT,
    set_: SetOption = None,
    years: Annotated[str, typer.Option("--years", metavar="NAME,...", help=say("cli.sweep_years"))] = "",
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64, help=say("cli.workers"))] = None,
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help=say("cli.scheduler"))] = "",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help=say("cli.sweep_out"))] = None,
) -> None:
    progress = Progress()

    def work() -> None:
        from optimizer.instance.loading import read_given
        from optimizer.policy.sweep import AS_GIVEN, variants_of, years_of
        from optimizer.policy.sweep import sweep as solve_all
        from optimizer.report.sweep import check_file, write_sweep

        progress.say("loading")
        given = read_given(instance)
        target = out or Path("results") / given.raw.name / "sweep.csv"
        problems: list[Problem] = []
        if scheduler and workers is not None:
            problems.append(Problem("--workers", None, "", str(workers), say("expected.one_of_both")))
        with noted(problems):
            check_file(target)
        with noted(problems):
            variants = variants_of(given, listed_names(policies), tuple(set_ or ()))
        with noted(problems):
            wanted = years_of(given, listed_names(years)) or [AS_GIVEN]
        if problems:
            raise InputError(problems)
        cores = workers or min(os.cpu_count() or 1, MOST_WORKERS)

        def told(finished: int, count: int) -> None:
            progress.say("sweeping", finished=finished, count=count)

        progress.say("deciding")
        found = solve_all(given, variants, wanted, workers=cores, scheduler=scheduler, done=told)
        write_sweep(found, target)
        progress.stop()
        gaps = [one.gap for one in found if one.gap is not None]
        cold = sum(not one.restarted for one in found if one.gap is not None)
        gap = f"{max(gaps):.0e}" if gaps else say("sweep.no_gap")
        typer.echo(say("cli.swept", file=target, count=len(found), solved=len(gaps), cold=cold, gap=gap))

    finish(work, progress)
