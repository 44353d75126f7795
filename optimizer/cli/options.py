"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from optimizer.texts import say

InstanceArgument = Annotated[Path, typer.Argument(help=say("cli.instance"), show_default=False)]
PlanArgument = Annotated[Path, typer.Argument(metavar="RESULTS", help=say("cli.plan"), show_default=False)]
PolicyOption = Annotated[str, typer.Option("--policy", help=say("cli.policy"))]
SetOption = Annotated[list[str] | None, typer.Option("--set", help=say("cli.set"))]
SolverOption = Annotated[str, typer.Option("--solver", help=say("cli.solver"))]

DEFAULT = "default"
"""The policy meant where none is named, as in instance/changes.py, which would bring pandas to every --help."""

MOST_WORKERS = 4
"""Processes that share a comparison or the years of a season unless a number is given: each holds a solver and needs about half a
gigabyte."""


def listed_names(text: str) -> list[str]:
    """The names of an option that takes several, with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]
