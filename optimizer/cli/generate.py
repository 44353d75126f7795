"""The command ``generate``: a made-up county of any size."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer
from rich.console import Console

from optimizer.cli.progress import Progress, finish
from optimizer.problems import InputError, Problem
from optimizer.texts import say


def generate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=say("cli.generate_folder"), show_default=False)],
    bases: Annotated[int, typer.Option("--bases", metavar="N", help=say("cli.generate_bases"), show_default=False)],
    products: Annotated[int, typer.Option("--products", metavar="N", help=say("cli.generate_products"), show_default=False)],
    periods: Annotated[int, typer.Option("--periods", metavar="N", help=say("cli.generate_periods"), show_default=False)],
    markets: Annotated[int, typer.Option("--markets", metavar="N", help=say("cli.generate_markets"), show_default=False)],
    households: Annotated[int, typer.Option("--households", metavar="N", help=say("cli.generate_households"), show_default=False)],
    seed: Annotated[int, typer.Option("--seed", metavar="N", help=say("cli.generate_seed"))] = 1,
) -> None:
    from optimizer.generate.sizes import Sizes, check_sizes
    from optimizer.generate.writing import generate as write
    from optimizer.report.folder import written_whole

    progress = Progress()
    sizes = Sizes(bases, products, periods, markets, households, seed)

    def work() -> None:
        progress.say("generating")
        check_sizes(sizes)
        check_place(folder)
        progress.target = folder
        with written_whole(folder) as draft:
            write(sizes, draft)
        progress.is_written = True
        progress.stop()
        Console(soft_wrap=True).print(say("cli.generated", folder=str(folder), quoted=quote(str(folder))), markup=False, highlight=False)

    finish(work, progress)


def check_place(folder: Path) -> None:
    """Raise InputError for a folder that holds something (an earlier result too), for a file, for the folder the user is in, which
    is to be replaced as a whole, and for a name that no instance may have."""
    from optimizer.instance.cells import is_name

    problems = []
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        problems.append(Problem(str(folder), None, "", say("found.not_empty"), say("expected.empty_folder")))
    elif Path.cwd().is_relative_to(folder.resolve()):
        problems.append(Problem(str(folder), None, "", say("generate.found_here"), say("expected.empty_folder")))
    elif not is_name(folder.resolve().name):
        problems.append(Problem(str(folder), None, "", folder.resolve().name, say("expected.folder_name")))
    if problems:
        raise InputError(problems)
