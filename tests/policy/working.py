"""Work for the tests of workers: it must stand in a module that another process can import."""

from __future__ import annotations

import os
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def dies() -> None:
    os._exit(1)


def dies_the_first_time(mark: Path) -> str:
    if not mark.exists():
        mark.touch()
        os._exit(1)
    return "done"


def fails() -> None:
    raise ValueError("a mistake of our own")


def waits(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()
