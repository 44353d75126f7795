"""The command ``sweep``: the optima of many policies in many possible years, as a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizer.cli.options import MOST_WORKERS, InstanceArgument, SetOption
from optimizer.cli.progress import Progress, finish
from optimizer.problems import InputError, Problem
from optimizer.texts import say

if TYPE_CHECKING:
    from optimizer.policy.sweep import Optimum

DEFAULT = "default"


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

        if scheduler and workers is not None:
            raise InputError([Problem("--workers", None, "", str(workers), say("expected.one_of_both"))])
        progress.say("loading")
        given = read_given(instance)
        variants = variants_of(given, named(policies), tuple(set_ or ()))
        wanted = years_of(given, named(years)) or [AS_GIVEN]
        cores = workers or min(os.cpu_count() or 1, MOST_WORKERS)

        def told(finished: int, count: int) -> None:
            progress.say("sweeping", finished=finished, count=count)

        progress.say("deciding")
        found = solve_all(given, variants, wanted, workers=cores, scheduler=scheduler, done=told)
        target = out or Path("results") / given.raw.name / "sweep.csv"
        write(found, target)
        progress.stop()
        cold, gap = sum(not one.restarted for one in found if one.gap is not None), max((one.gap or 0.0 for one in found), default=0.0)
        solved = sum(one.gap is not None for one in found)
        typer.echo(say("cli.swept", file=target, count=len(found), solved=solved, cold=cold, gap=f"{gap:.0e}"))

    finish(work, progress)


def named(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def write(found: Sequence[Optimum], target: Path) -> None:
    """The optima as a table, written whole or not at all."""
    import pandas as pd

    rows = [{**one._asdict(), "changes": "; ".join(one.changes), "restarted": "yes" if one.restarted else "no"} for one in found]
    draft = target.with_name(f".{target.name}.draft")
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pd.DataFrame(rows).to_csv(draft, index=False, lineterminator="\n")
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
