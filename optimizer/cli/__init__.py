"""The commands. Exit status: 0 done, 2 the input is wrong, 3 no plan, 4 a grave finding, 5 the solver stopped, 130
interrupted. Each command fetches its own stages, so that a short one need not wait for the solver to load."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from optimizer.cli import alternatives, explain, generate, season, sweep
from optimizer.cli.options import DEFAULT, MOST_WORKERS, InstanceArgument, PolicyOption, SetOption, SolverOption, listed_names
from optimizer.cli.progress import Progress, finish
from optimizer.phases import Phase, phase
from optimizer.problems import GraveFindings, InputError, Problem, noted
from optimizer.texts import say

app = typer.Typer(help=say("cli.help"), no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@app.callback()
def _commands() -> None:
    """Keeps ``solve`` a command of its own even while there are few."""


@app.command(help=say("cli.solve"), epilog=say("cli.solve_example"))
def solve(
    instance: InstanceArgument,
    policy: PolicyOption = DEFAULT,
    set_: SetOption = None,
    solver: SolverOption = "highs",
    draw: Annotated[int | None, typer.Option("--draw", min=1, max=10_000, help=say("cli.draw"))] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, max=2**32 - 1, help=say("cli.draw_seed"))] = None,
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.out"))] = None,
) -> None:
    from optimizer.program.solve import solve as decide
    from optimizer.program.solver import check_solver
    from optimizer.report.folder import check_target

    progress = Progress()

    def work() -> None:
        check_solver(solver)
        progress.say("loading")
        phases: dict[str, Phase] = {}
        with phase("load", phases):
            given = season.drawn(instance, policy, tuple(set_ or ()), draw, seed)
        target = out or Path("results") / given.name / given.policy
        check_target(target)
        progress.target = target
        progress.say("deciding")
        season.show_plan(decide(given, solver), target, phases, progress)

    finish(work, progress)


@app.command(help=say("cli.check"), epilog=say("cli.check_example"))
def check(
    instance: InstanceArgument,
    policy: Annotated[str | None, typer.Option("--policy", help=say("cli.check_policy"))] = None,
    set_: SetOption = None,
) -> None:
    from optimizer.instance.loading import instance_of, read_given, tried_names
    from optimizer.instance.register import load_register

    progress = Progress()

    def work() -> None:
        progress.say("loading")
        found: list[Problem] = []
        warnings: dict[str, None] = {}
        given = read_given(instance)
        names = [policy or DEFAULT]
        for name in names:
            with noted(found):
                county = instance_of(given, name, tuple(set_ or ()))
                warnings.update(dict.fromkeys(county.warnings))
                if name == names[0]:
                    load_register(county)
            if policy is None and name == DEFAULT:
                names += tried_names(given.policies)
        progress.stop()
        if found:
            raise InputError(list(found))
        for warning in warnings:
            typer.echo(say("cli.warning", warning=warning))
        typer.echo(say("cli.sound", count=len(names)))

    finish(work, progress)


@app.command(help=say("cli.audit"), epilog=say("cli.audit_example"))
def audit(
    results: Annotated[Path, typer.Argument(help=say("cli.results"), show_default=False)],
    register: Annotated[Path | None, typer.Option("--register", metavar="DIR", help=say("cli.register"))] = None,
    payments: Annotated[list[Path] | None, typer.Option("--payments", metavar="FILE", help=say("cli.payments"))] = None,
    household: Annotated[str | None, typer.Option("--household", metavar="ID", help=say("cli.household"))] = None,
    sale: Annotated[str | None, typer.Option("--sale", metavar="NUMBER", help=say("cli.sale"))] = None,
    set_aside: Annotated[bool, typer.Option("--set-aside", help=say("cli.set_aside"))] = False,
    verify: Annotated[bool, typer.Option("--verify", help=say("cli.verify"))] = False,
    visits: Annotated[int, typer.Option("--visits", min=0, help=say("cli.visits"))] = 60,
    seed: Annotated[str, typer.Option("--seed", help=say("cli.seed"))] = "1",
    as_of: Annotated[str | None, typer.Option("--as-of", metavar="DAY", help=say("cli.as_of"))] = None,
) -> None:
    progress = Progress()

    def work() -> None:
        progress.say("auditing")
        if verify:
            _verify(results, progress)
        elif household is not None or sale is not None:
            _trace(results, register, tuple(payments or ()), household, sale, set_aside, progress)
        else:
            choices = {"as_of": _day(as_of), "is_setting_aside": set_aside, "visit_count": visits, "seed": seed}
            _audit(results, register, tuple(payments or ()), choices, progress)

    finish(work, progress)


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputError([Problem("--as-of", None, "", text or "", say("expected.date"))]) from None


def _audit(results: Path, register: Path | None, payments: tuple[Path, ...], choices: dict[str, Any], progress: Progress) -> None:
    """The whole audit, written into the results folder; ends with GraveFindings where one stands."""
    from optimizer.audit.audit import audit as examine
    from optimizer.audit.result import results_folder
    from optimizer.report.audit.terminal import print_audit
    from optimizer.report.audit.writing import write_audit

    target = progress.target = results_folder(results)
    found = examine(target, register, payments, **choices)
    progress.say("showing")
    sha256 = write_audit(found, target)
    progress.is_written = True
    progress.stop()
    print_audit(found, Console())
    Console(soft_wrap=True).print(say("cli.audited", folder=str(target)), markup=False, highlight=False)
    Console(soft_wrap=True).print(say("cli.pack", sha256=sha256), markup=False, highlight=False)
    if found.is_stopped:
        raise GraveFindings([say("cli.grave")])


def _trace(
    results: Path, register: Path | None, payments: tuple[Path, ...], household: str | None, sale: str | None, set_aside: bool,
    progress: Progress,
) -> None:  # fmt: skip
    """One household's money back to the fields, or one sale's forward; a household's statement is written as well."""
    from optimizer.audit.audit import books_of, plan_books
    from optimizer.audit.result import results_folder
    from optimizer.audit.trace import trace_household, trace_sale
    from optimizer.report.audit.tracing import print_trace, write_statement

    folder = results_folder(results)
    is_plan = not payments and register is None
    books = plan_books(folder, household if sale is None else None) if is_plan else books_of(folder, register, payments, None, set_aside)
    progress.stop()
    if sale is not None:
        print_trace(trace_sale(books, sale), Console())
    if household is not None:
        steps = trace_household(books, household)
        print_trace(steps, Console())
        written = write_statement(books, household, steps, folder)
        Console(soft_wrap=True).print(say("cli.statement", file=str(written)), markup=False, highlight=False)


def _verify(results: Path, progress: Progress) -> None:
    from optimizer.audit.result import FINDINGS, results_folder
    from optimizer.report.evidence.verify import verify_pack

    folder = results_folder(results)
    if not (folder / "evidence").exists() and not (folder / FINDINGS).exists():
        raise InputError([Problem(str(folder), None, "", say("found.no_audit"), say("expected.audited"))])
    broken = verify_pack(folder / "evidence", folder)
    progress.stop()
    if broken:
        raise GraveFindings([str(problem) for problem in broken])
    typer.echo(say("cli.verified", folder=str(folder)))


@app.command(help=say("cli.compare"), epilog=say("cli.compare_example"))
def compare(
    instance: InstanceArgument,
    policies: Annotated[str, typer.Option("--policies", metavar="NAME,...", help=say("cli.policies"))] = "",
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=64, help=say("cli.workers"))] = None,
    scheduler: Annotated[str, typer.Option("--scheduler", metavar="ADDRESS", help=say("cli.scheduler"))] = "",
    out: Annotated[Path | None, typer.Option("--out", help=say("cli.compare_out"))] = None,
    plans: Annotated[bool, typer.Option("--plans/--no-plans", help=say("cli.plans"))] = True,
    seasons: Annotated[int, typer.Option("--seasons", min=0, max=50, help=say("cli.seasons"))] = 6,
    yes: Annotated[bool, typer.Option("--yes", help=say("cli.yes"))] = False,
) -> None:
    progress = Progress()

    def work() -> None:
        if scheduler and workers is not None:
            raise InputError([Problem("--workers", None, "", str(workers), say("expected.one_of_both"))])
        names = listed_names(policies)
        cores = min(os.cpu_count() or 1, MOST_WORKERS)
        shared = {"workers": workers or cores, "scheduler": scheduler, "seasons": seasons, "is_sure": yes}
        _compare(instance, names, out, plans, shared, progress)

    finish(work, progress)


def _compare(instance: Path, names: list[str], out: Path | None, plans: bool, choices: dict[str, Any], progress: Progress) -> None:
    """The whole comparison, written into its folder; what is done is kept if it is interrupted."""
    from functools import partial

    from optimizer.instance.loading import read_given
    from optimizer.policy.compare import compare as run
    from optimizer.policy.keeping import forget, store_for
    from optimizer.report.compare.plans import plan_files
    from optimizer.report.compare.terminal import print_comparison
    from optimizer.report.compare.writing import write_comparison
    from optimizer.report.folder import check_target

    progress.say("loading")
    given = read_given(instance)
    target = out or Path("results") / given.raw.name / "compare"
    check_target(target)
    show = partial(plan_files, folder=target.resolve()) if plans else None
    store = store_for(target, given.raw.hashes)
    progress.interrupted = "cli.interrupted_kept"

    def told(finished: int, count: int) -> None:
        progress.say("comparing", finished=finished, count=count)

    compared = run(given, names, show=show, store=store, done=told, **choices)
    progress.say("showing")
    progress.target = target
    write_comparison(compared, target)
    progress.is_written = True
    forget(target)
    progress.stop()
    print_comparison(compared, Console())
    Console(soft_wrap=True).print(say("cli.compared", folder=str(target)), markup=False, highlight=False)


@app.command("plant-faults", help=say("cli.plant_faults"), epilog=say("cli.plant_faults_example"))
def plant_faults(
    folder: Annotated[Path, typer.Argument(help=say("cli.planted_folder"), show_default=False)],
    out: Annotated[Path, typer.Argument(help=say("cli.planted_out"), show_default=False)],
    code: Annotated[list[str], typer.Option("--code", help=say("cli.planted_code"))],
) -> None:
    from optimizer.audit.faults.plant import plant
    from optimizer.report.wording import exact

    progress = Progress()

    def work() -> None:
        progress.say("planting")
        planted = plant(folder, out, code)
        progress.stop()
        for row in planted.to_dict("records"):
            amount = exact(int(row["fen_at_risk"]))
            typer.echo(say("cli.planted_row", code=row["expected_code"], subject=row["subject"], amount=amount, says=row["says"]))
        typer.echo(say("cli.planted_result" if (out / "summary.json").is_file() else "cli.planted", folder=str(out)))

    finish(work, progress)


app.command("alternatives", help=say("cli.alternatives"), epilog=say("cli.alternatives_example"))(alternatives.alternatives)
app.command("sweep", help=say("cli.sweep"), epilog=say("cli.sweep_example"))(sweep.sweep)
app.command("backtest", help=say("cli.backtest"), epilog=say("cli.backtest_example"))(season.backtest)
app.command("explain", help=say("cli.explain"), epilog=say("cli.explain_example"))(explain.explain)
app.command("generate", help=say("cli.generate"), epilog=say("cli.generate_example"))(generate.generate)
app.command("replan", help=say("cli.replan"), epilog=say("cli.replan_example"))(season.replan)


def main() -> None:
    """The command ``optimizer``."""
    for stream in (sys.stdout, sys.stderr):  # Chinese names on a Windows console must not end in a traceback
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app()
