"""The command ``explain``: why a plan is as it is, and for an instance without one, why there is none."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console

from optimizer.cli.options import DEFAULT, SetOption
from optimizer.cli.progress import Progress, finish
from optimizer.problems import InputError, NoPlan, Problem
from optimizer.texts import say

MAIN_FILE, SUMMARY = "instance.yaml", "summary.json"
"""The files by which an instance and a result are told apart."""


def explain(
    folder: Annotated[Path, typer.Argument(metavar="RESULTS", help=say("cli.explain_folder"), show_default=False)],
    base: Annotated[str | None, typer.Option("--base", metavar="NAME", help=say("cli.explain_base"))] = None,
    activity: Annotated[str | None, typer.Option("--activity", metavar="NAME", help=say("cli.explain_activity"))] = None,
    rule: Annotated[str | None, typer.Option("--rule", metavar="NAME", help=say("cli.explain_rule"))] = None,
    household: Annotated[str | None, typer.Option("--household", metavar="ID", help=say("cli.explain_household"))] = None,
    iis: Annotated[bool, typer.Option("--iis", help=say("cli.explain_iis"))] = False,
    policy: Annotated[str | None, typer.Option("--policy", help=say("cli.explain_policy"))] = None,
    set_: SetOption = None,
) -> None:
    progress = Progress()
    of_plan = {"--base": base, "--activity": activity, "--rule": rule, "--household": household}
    of_instance = {"--iis": "" if iis else None, "--policy": policy, "--set": " ".join(set_) if set_ else None}

    def work() -> None:
        if is_instance(folder):
            refuse(of_plan, "explain.expected.plan")
            why_no_plan(folder, policy or DEFAULT, tuple(set_ or ()), iis, progress)
        else:
            refuse(of_instance, "explain.expected.instance")
            why_this_plan(folder, of_plan, progress)

    finish(work, progress)


def is_instance(folder: Path) -> bool:
    """Whether a folder is that of an instance, and of no result."""
    return (folder / MAIN_FILE).is_file() and not (folder / SUMMARY).is_file()


def refuse(options: dict[str, str | None], expected: str) -> None:
    """Raise InputError for every option that was given and has no use here."""
    problems = [Problem(option, None, "", value, say(expected)) for option, value in options.items() if value is not None]
    if problems:
        raise InputError(problems)


def why_this_plan(folder: Path, options: dict[str, str | None], progress: Progress) -> None:
    """Print what is told of a plan, from the files of its results folder."""
    from optimizer.audit.result import results_folder
    from optimizer.report.explain.asked import Asked
    from optimizer.report.explain.asked import explain as told
    from optimizer.report.explain.printing import print_topics
    from optimizer.report.explain.reading import read_explained
    from optimizer.report.naming import plain

    progress.say("loading")
    asked = Asked(*options.values())
    given = read_explained(results_folder(folder), asked.household is not None)
    topics = told(given, asked, str(folder))
    progress.stop()
    title = say("terminal.title", title=given.instance.title, policy=plain(str(given.result.summary["policy"])))
    print_topics(title, given.notes, topics, Console())


def why_no_plan(folder: Path, policy: str, changes: tuple[str, ...], with_conflict: bool, progress: Progress) -> None:
    """Say that there is a plan, and how to have it made; raises NoPlan with the reasons if there is none."""
    from optimizer.instance.loading import load
    from optimizer.program.diagnosis import diagnose
    from optimizer.report.explain.no_plan import conflict_lines
    from optimizer.report.naming import Names

    progress.say("loading")
    instance = load(folder, policy, changes)
    progress.say("explaining")
    found = diagnose(instance, with_conflict)
    progress.stop()
    if found is not None:
        raise NoPlan([*found.sentences, *(conflict_lines(Names(instance), found.irreducible) if with_conflict else [])])
    options = "".join([f" --policy {quote(policy)}" if policy != DEFAULT else "", *(f" --set {quote(change)}" for change in changes)])
    typer.echo(say("explain.has_plan", command=f"optimizer solve {quote(str(folder))}{options}"))
