"""Time, memory and counts of a piece of work: in a fresh process (``measured``) or without a clock (``counted``)."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import statistics
import sys
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import optimizer
from optimizer.phases import Phase, peak_memory_mb, phase

Figures = dict[str, Any]

PACKAGE = Path(optimizer.__file__).parent

_parent: Connection | None = None
"""In a process that ``measured`` started: where ``note`` sends what is known so far."""


@dataclass(frozen=True)
class Measured:
    """What a function returned, the most memory its process used, and the memory in use when the function began (the
    interpreter and all libraries it imports)."""

    figures: Figures
    peak_mb: float
    start_mb: float

    @property
    def own_mb(self) -> float:
        """The most memory beyond what was in use at the start, at least 0.1."""
        return max(self.peak_mb - self.start_mb, 0.1)


class Stopped(Exception):
    """The work did not end: ``reason`` says why, ``so_far`` is what it had noted."""

    def __init__(self, reason: str, so_far: Measured) -> None:
        super().__init__(reason)
        self.reason, self.so_far = reason, so_far


def measured(function: Callable[..., Figures], *arguments: Any, limit_s: float | None = None) -> Measured:
    """Run a module-level function in a fresh process, so that its peak memory is its own and nothing is warm.

    It returns a dict of plain figures; what it gave to ``note`` before stands among them. Raises Stopped where it took
    longer than ``limit_s`` seconds or its process died (of too little memory, say), RuntimeError where it raised.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(theirs, function, arguments))
    process.start()
    theirs.close()  # so that the end of the process is seen here as the end of the file
    ends: float | None = None
    figures, start_mb, peak_mb = {}, 0.0, 0.0
    try:
        while ours.poll(None if ends is None else max(0.0, ends - time.monotonic())):
            kind, content, peak_mb = ours.recv()
            if kind == "raised":
                raise RuntimeError(f"{function.__qualname__} failed:\n{content}")
            if kind == "started":  # time is counted from here on, without the libraries
                start_mb, ends = peak_mb, None if limit_s is None else time.monotonic() + limit_s
            figures.update(content)
            if kind == "done":
                return Measured(figures, peak_mb, start_mb)
        reason = f"not done within {limit_s:,.0f} s"
        peak_mb = peak_of(process.pid) or peak_mb
    except EOFError:
        process.join()
        reason = f"died (exit code {process.exitcode})"
    finally:
        process.kill()
        process.join()
        ours.close()
    raise Stopped(reason, Measured(figures, peak_mb, start_mb))


def _work(parent: Connection, function: Callable[..., Figures], arguments: tuple[Any, ...]) -> None:
    global _parent
    _parent = parent
    parent.send(("started", {}, peak_of()))
    try:
        figures = function(*arguments)
    except BaseException:
        parent.send(("raised", traceback.format_exc(), peak_of()))
    else:
        parent.send(("done", figures, peak_of()))


def note(figures: Mapping[str, Any]) -> None:
    """Tell the process that measures what is known so far, in case the work is stopped; nothing where none does."""
    if _parent is not None:
        _parent.send(("noted", dict(figures), peak_of()))


@contextlib.contextmanager
def timed(name: str, phases: dict[str, Phase]) -> Iterator[None]:
    """As ``optimizer.phases.phase``, with the peak of this program alone, and noted (under "phases": seconds and peak MB by
    name) as soon as it is over. A phase that comes twice adds up."""
    before = phases[name].seconds if name in phases else 0.0
    with phase(name, phases):
        yield
    phases[name] = replace(phases[name], seconds=before + phases[name].seconds, peak_memory_mb=peak_of())
    note({"phases": plain(phases)})


def plain(phases: Mapping[str, Phase]) -> dict[str, list[float | None]]:
    """Seconds and peak MB of every phase, as lists."""
    return {name: [round(one.seconds, 3), one.peak_memory_mb] for name, one in phases.items()}


def peak_of(process: int | None = None) -> float:
    """The most memory a process (this one) has used, in MB; 0 where the system does not say.

    Linux's own count of this program comes first: what ``getrusage`` tells of a process also counts the memory of the one
    it was started from.
    """
    status = Path(f"/proc/{process or 'self'}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return round(int(line.split()[1]) / 1024, 1)
    return (peak_memory_mb() or 0.0) if process is None else 0.0


def repeated(times: int, function: Callable[..., Figures], *arguments: Any, limit_s: float | None = None) -> list[Measured]:
    """``measured`` several times, one after another."""
    return [measured(function, *arguments, limit_s=limit_s) for _ in range(times)]


def medians(runs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The median of every figure over several runs, in the order of the first."""
    found = list(runs)
    return {name: statistics.median(run[name] for run in found) for name in found[0]}


def steps(function: Callable[..., Any], *arguments: Any, package: Path = PACKAGE) -> int:
    """How many lines of Python a piece of work runs in the code of ``package``, the project's: the same on every machine.

    Lines, not instructions: from Python 3.12 on those of code that runs for the first time are not told.
    """
    count, own = 0, str(package)

    def enter(frame: FrameType, event: str, argument: Any) -> Callable[..., Any] | None:
        return step if frame.f_code.co_filename.startswith(own) else None

    def step(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return count


def peak_bytes(function: Callable[..., Any], *arguments: Any) -> int:
    """The most bytes that are allocated at once for a piece of work, those of libraries too (three times as slow as the work)."""
    is_tracing = tracemalloc.is_tracing()
    if not is_tracing:
        tracemalloc.start()
    gc.collect()
    tracemalloc.reset_peak()
    held = tracemalloc.get_traced_memory()[0]
    try:
        function(*arguments)
        return tracemalloc.get_traced_memory()[1] - held
    finally:
        if not is_tracing:
            tracemalloc.stop()
