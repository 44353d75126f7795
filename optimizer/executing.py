"""Many jobs at once, through the standard ``Executor`` interface: in this process, on several cores, or on a Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

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

    def run(self, *common: Any) -> Any:
        return self.function(*common, *self.arguments)


@dataclass(frozen=True)
class Died:
    """What stands in place of a result: the worker was lost each time."""

    job: str


class Where(NamedTuple):
    """Where jobs run, and what all of them are given."""

    workers: int
    scheduler: str
    common: tuple[Any, ...]


Submit = Callable[[Job], "Future[Any]"]

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

ATTEMPTS = 2
"""How often a job is tried whole before it is taken apart: its worker may have died of another job."""


AHEAD = 4
"""So many pieces wait at most for a thread, so that what is ahead takes little memory."""


class InTurn:
    """Pieces of work done by threads beside what gives them; the results go to ``use`` in the order they were given in.

    What a piece raises is raised where a later one is given, or at the end. ``seconds``: what all pieces took together.
    """

    def __init__(self, work: Callable[[Any], Any], threads: int, use: Callable[[Any], Any] = lambda result: None) -> None:
        self.work, self.use = work, use
        self.pool = ThreadPoolExecutor(threads)
        self.waiting: deque[Future[tuple[Any, float]]] = deque()
        self.seconds = 0.0

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            while self.waiting and kind is None:
                self._use_next()
        finally:
            self.pool.shutdown(cancel_futures=True)

    def give(self, piece: Any) -> None:
        """Have a piece worked on, once few enough are waiting."""
        while len(self.waiting) >= AHEAD:
            self._use_next()
        self.waiting.append(self.pool.submit(self._timed, piece))

    def _timed(self, piece: Any) -> tuple[Any, float]:
        begun = time.perf_counter()
        return self.work(piece), time.perf_counter() - begun

    def _use_next(self) -> None:
        result, seconds = self.waiting.popleft().result()
        self.seconds += seconds
        self.use(result)


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
def executor(workers: int = 1, scheduler: str = "", common: tuple[Any, ...] = ()) -> Iterator[Submit]:
    """What hands in a job: to the Dask cluster at ``scheduler`` if one is named, else to ``workers`` processes (1: this one).

    ``common`` are the first arguments of every job; they are sent once to each worker, not with each job. Raises InputError
    where the cluster cannot be reached or has no worker, or ``dask.distributed`` is not installed.
    """
    if scheduler:
        with _dask_client(scheduler) as client:
            cluster, held = client.get_executor(), _sent(client, scheduler, common)
            yield lambda job: cluster.submit(job.run, *held)
    elif workers > 1:
        context = multiprocessing.get_context("spawn")
        with _one_thread_each(), ProcessPoolExecutor(workers, context, _begin, (common,)) as pool:
            yield lambda job: pool.submit(_with_common, job)
    else:
        yield lambda job: Inline().submit(job.run, *common)


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


HELD: list[tuple[Any, ...]] = []
"""The common arguments, in a process that was started to run jobs."""


def _begin(common: tuple[Any, ...]) -> None:
    """Ctrl-C reaches every process of a terminal; the first one ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    HELD[:] = [common]


def _with_common(job: Job) -> Any:
    return job.run(*HELD[0])


def _dask_client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError([Problem("--scheduler", None, "", address, say("expected.dask"))]) from None
    try:
        return Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError([_unreached(address, error)]) from None


def _sent(client: Any, address: str, common: tuple[Any, ...]) -> list[Any]:
    """The common arguments as every worker of a cluster holds them. A worker that joins later fetches them from another one."""
    try:
        return list(client.scatter(list(common), broadcast=True)) if common else []
    except OSError as error:  # no worker has come
        raise InputError([_unreached(address, error)]) from None


def _unreached(address: str, error: Exception) -> Problem:
    return Problem("--scheduler", None, "", address, say("expected.scheduler", error=str(error)))


def run_all(
    jobs: Sequence[Job],
    workers: int = 1,
    scheduler: str = "",
    done: Callable[[str], None] = lambda name: None,
    common: tuple[Any, ...] = (),
) -> list[list[Any]]:
    """The results of all jobs in their order: one per job, or one per part where the worker of the whole job died twice.

    ``done`` is told the name of each job as soon as it is finished. ``common`` are the first arguments of every job, for what is
    large: each worker gets them once, and no job may change them. A part whose worker dies again gives ``Died``; all other
    jobs still finish. Any exception but that of a lost worker is raised.
    """
    place = Where(workers, scheduler, common)
    found: dict[int, list[Any]] = {}
    for _ in range(ATTEMPTS):
        wanted = [number for number in range(len(jobs)) if number not in found]
        found.update(_attempt(jobs, wanted, place, done) if wanted else {})
    for number, job in enumerate(jobs):
        if number not in found:
            found[number] = [_alone(part, place) for part in job.parts or (job,)]
            done(job.name)
    return [found[number] for number in range(len(jobs))]


def _attempt(jobs: Sequence[Job], wanted: Sequence[int], place: Where, done: Callable[[str], None]) -> dict[int, list[Any]]:
    """The results of those wanted jobs whose worker lived."""
    found = {}
    with executor(*place) as submit:
        futures = {}
        for number in wanted:
            try:
                future = submit(jobs[number])
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


def _alone(job: Job, place: Where) -> Any:
    """The job once more, in a pool of its own, so that its death takes nothing else along."""
    found = _attempt([job], [0], place._replace(workers=max(place.workers, 2)), lambda name: None)
    return found[0][0] if found else Died(job.name)


def _is_lost(error: BaseException) -> bool:
    """Whether an exception says that a worker died or was lost (BrokenProcessPool; Dask: KilledWorker, CancelledError)."""
    return type(error).__name__ in ("BrokenProcessPool", "KilledWorker", "CancelledError", "FutureCancelledError")
