"""Many jobs at once, through the standard ``Executor`` interface: in this process, on several cores, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Any

from optimizer.problems import InputError, Problem
from optimizer.texts import say


@dataclass(frozen=True)
class Job:
    """A function with its arguments, which can be sent to another process. ``parts`` are the same work in smaller jobs,
    done one by one where the worker of the whole died twice."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    parts: tuple[Job, ...] = ()

    def run(self) -> Any:
        return self.function(*self.arguments)


@dataclass(frozen=True)
class Died:
    """What stands in place of a result: the worker was lost each time."""

    job: str


THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

ATTEMPTS = 2
"""How often a job is tried whole before it is taken apart: its worker may have died of another job."""


class Inline(Executor):
    """Runs each job in this process, as it is handed in."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextlib.contextmanager
def executor(workers: int = 1, scheduler: str = "") -> Iterator[Executor]:
    """Where jobs run: the Dask cluster at ``scheduler`` if one is named, else ``workers`` processes (1: this one).

    Raises InputError where the cluster cannot be reached or ``dask.distributed`` is not installed.
    """
    if scheduler:
        with _dask_client(scheduler) as client:
            yield client.get_executor()
    elif workers > 1:
        context = multiprocessing.get_context("spawn")
        with _one_thread_each(), ProcessPoolExecutor(workers, mp_context=context, initializer=_ignore_interrupt) as pool:
            yield pool
    else:
        yield Inline()


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes started meanwhile use one thread each: threads of several would wait for each other's cores."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            os.environ.update({name: value} if value is not None else {})


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError([Problem("--scheduler", None, "", address, say("expected.dask"))]) from None
    try:
        return Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError([Problem("--scheduler", None, "", address, say("expected.scheduler", error=str(error)))]) from None


def run_all(jobs: Sequence[Job], workers: int = 1, scheduler: str = "", done: Callable[[str], None] = lambda name: None) -> list[list[Any]]:
    """The results of all jobs in their order: one per job, or one per part where the worker of the whole job died twice.

    ``done`` is told the name of each job as soon as it is finished. A part whose worker dies again gives ``Died``; all other jobs
    still finish. Any exception but that of a lost worker is raised.
    """
    found: dict[int, list[Any]] = {}
    for _ in range(ATTEMPTS):
        wanted = [number for number in range(len(jobs)) if number not in found]
        found.update(_attempt(jobs, wanted, workers, scheduler, done) if wanted else {})
    for number, job in enumerate(jobs):
        if number not in found:
            found[number] = [_alone(part, workers, scheduler) for part in job.parts or (job,)]
            done(job.name)
    return [found[number] for number in range(len(jobs))]


def _attempt(jobs: Sequence[Job], wanted: Sequence[int], workers: int, scheduler: str, done: Callable[[str], None]) -> dict[int, list[Any]]:
    """The results of those wanted jobs whose worker lived."""
    found = {}
    with executor(workers, scheduler) as pool:
        futures = {}
        for number in wanted:
            try:
                future = pool.submit(jobs[number].run)
            except BrokenExecutor:  # a worker died before the last job was handed out
                break
            futures[future] = number
            future.add_done_callback(partial(_tell, done, jobs[number].name))
        for future in as_completed(futures):
            number = futures[future]
            error = future.exception()
            if error is None:
                found[number] = [future.result()]
            elif not _is_lost(error):
                raise error
    return found


def _tell(done: Callable[[str], None], name: str, future: Future[Any]) -> None:
    if not future.cancelled() and future.exception() is None:
        done(name)


def _alone(job: Job, workers: int, scheduler: str) -> Any:
    """The job once more, in a pool of its own, so that its death takes nothing else along."""
    found = _attempt([job], [0], max(workers, 2), scheduler, lambda name: None)
    return found[0][0] if found else Died(job.name)


def _is_lost(error: BaseException) -> bool:
    """Whether an exception says that a worker died or was lost (BrokenProcessPool; Dask: KilledWorker, CancelledError)."""
    return type(error).__name__ in ("BrokenProcessPool", "KilledWorker", "CancelledError", "FutureCancelledError")
