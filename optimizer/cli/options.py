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

MOST_WORKERS = 4
"""Processes that share a comparison or the years of a season unless a number is given: each holds a solver and needs about half a
gigabyte."""
