"""The commands. Exit status: 0 done, 2 the input is wrong, 3 no plan, 5 the solver stopped, 130 interrupted."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from optimizer.household.distribution import distribute
from optimizer.instance.changes import DEFAULT
from optimizer.instance.loading import load
from optimizer.phases import Phase, phase
from optimizer.problems import InputError, OptimizerError, Problem
from optimizer.program.solve import solve as decide
from optimizer.program.solver import check_solver
from optimizer.report.folder import check_target, draft_of
from optimizer.report.terminal import print_summary
from optimizer.report.writing import report
from optimizer.texts import say

INTERRUPTED = 130

app = typer.Typer(help=say("cli.help"), no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

InstanceArgument = Annotated[Path, typer.Argument(help=say("cli.instance"), show_default=False)]
PolicyOption = Annotated[str, typer.Option("--policy", help=say("cli.policy"))]
SetOption = Annotated[list[str] | None, typer.Option("--set", help=say("cli.set"))]


@app.callback()
def _commands() -> None:
    """Keeps ``solve`` a command of its own even while there are few."""


@app.command(help=say("cli.solve"), epilog=say("cli.solve_example"))
def solve(
    instance: InstanceArgument,
    policy: PolicyOption = DEFAULT,
    set_: SetOption = None,
    solver: Annotated[str, typer.Option("--solver", help=say("cli.solver"))] = "highs",
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.out"))] = None,
) -> None:
    progress = Progress()

    def work() -> None:
        check_solver(solver)
        progress.say("loading")
        phases: dict[str, Phase] = {}
        with phase("load", phases):
            given = load(instance, policy, tuple(set_ or ()))
        target = out or Path("results") / given.name / given.policy
        check_target(target)
        progress.target = target
        progress.say("deciding")
        plan = decide(given, solver)
        progress.say("dividing")
        distribution = distribute(plan)
        progress.say("showing")
        shown = report(distribution, target, phases)
        progress.stop()
        print_summary(shown, Console())
        Console(soft_wrap=True).print(say("cli.written", folder=str(target)), markup=False, highlight=False)

    finish(work, progress)


@app.command(help=say("cli.check"), epilog=say("cli.check_example"))
def check(
    instance: InstanceArgument,
    policy: Annotated[str | None, typer.Option("--policy", help=say("cli.check_policy"))] = None,
    set_: SetOption = None,
) -> None:
    progress = Progress()

    def work() -> None:
        progress.say("loading")
        found: dict[Problem, None] = {}
        warnings: dict[str, None] = {}
        names = [policy or DEFAULT]
        for name in names:
            try:
                given = load(instance, name, tuple(set_ or ()))
            except InputError as error:
                found.update(dict.fromkeys(error.problems))
                continue
            warnings.update(dict.fromkeys(given.warnings))
            if policy is None and name == DEFAULT:
                names += sorted({p for p in given.table("policies")["policy"] if p != DEFAULT})
        progress.stop()
        if found:
            raise InputError(list(found))
        for warning in warnings:
            typer.echo(say("cli.warning", warning=warning))
        typer.echo(say("cli.sound", count=len(names)))

    finish(work, progress)


class Progress:
    """What is being done, shown on a terminal and nowhere else; ``target`` is the folder being written."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._status = console.status("") if console.is_terminal else None
        self.target: Path | None = None

    def say(self, stage: str) -> None:
        if self._status is not None:
            self._status.start()
            self._status.update(say(f"cli.stage.{stage}"))

    def stop(self) -> None:
        if self._status is not None:
            self._status.stop()


def finish(work: Callable[[], None], progress: Progress) -> None:
    """Run ``work`` and end with its exit status; Ctrl-C stops at once and leaves no half result.

    The work runs beside the main thread, since the solver would keep an interrupt waiting until it is done.
    """
    outcome: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:
            outcome.append(error)

    worker = threading.Thread(target=guarded, daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(0.1)
    except KeyboardInterrupt:
        progress.stop()
        if progress.target is not None:
            shutil.rmtree(draft_of(progress.target), ignore_errors=True)
        print(say("cli.interrupted"), file=sys.stderr, flush=True)
        os._exit(INTERRUPTED)
    progress.stop()
    if outcome:
        error = outcome[0]
        if not isinstance(error, OptimizerError):
            raise error
        for line in error.lines:
            print(line, file=sys.stderr)
        if isinstance(error, InputError):
            print(say("cli.nothing_written", count=len(error.problems)), file=sys.stderr)
        raise typer.Exit(error.exit_code)


def main() -> None:
    """The command ``optimizer``."""
    for stream in (sys.stdout, sys.stderr):  # Chinese names on a Windows console must not end in a traceback
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
