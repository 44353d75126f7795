"""How a command runs: what is being done is shown, an interrupt leaves nothing half done, failures end in their exit status."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from optimizer.problems import InputError, OptimizerError
from optimizer.texts import say

INTERRUPTED = 130


class Progress:
    """What is being done, shown on a terminal and nowhere else; ``target`` is the folder being written, and whether it is."""

    def __init__(self) -> None:
        console = Console(stderr=True)
        self._status = console.status("") if console.is_terminal else None
        self.target: Path | None = None
        self.is_written = False
        self.interrupted = "cli.interrupted"

    def say(self, stage: str, **values: object) -> None:
        if self._status is not None:
            self._status.start()
            self._status.update(say(f"cli.stage.{stage}", **values))

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
            from optimizer.report.folder import give_up

            give_up(progress.target)
        for child in multiprocessing.active_children():  # workers of a comparison would outlive this process
            child.kill()
        print(say("cli.interrupted_late" if progress.is_written else progress.interrupted), file=sys.stderr, flush=True)
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
