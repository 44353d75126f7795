"""Many programs: the table says what was solved, and the same command works on a cluster that runs already."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from optimizer.instance.loading import read_given
from optimizer.policy.sweep import AS_GIVEN, CHUNK, Optimum, chunks
from tests.benchmarks.programs import WEINING, largest_difference, policies, run, with_medians, years

WAIT_SECONDS = 30


def row(run: str, workers: int, seconds: float) -> dict[str, Any]:
    times = {"start_seconds": 1.0, "warm_up_seconds": 0.0, "seconds": seconds, "seconds_per_solve": seconds / 100}
    return {"run": run, "workers": workers, **times, "load_before": 0.0, "largest_gap": 0.0, "largest_difference": 0.0, "cold": 2}


def optimum(value: float | None, status: str = "optimal") -> Optimum:
    return Optimum(AS_GIVEN, "default", (), status, objective_yuan=value)


def test_weining_has_a_thousand_programs_in_chunks_of_fifty() -> None:
    given = read_given(WEINING)
    found = list(chunks(policies(given), years(given), CHUNK))
    assert [len(set(chunk)) for chunk in found] == [50] * 20


def test_the_speed_over_one_worker_is_of_the_same_run_and_of_the_medians() -> None:
    runs = [row("1", 1, 8), row("1", 2, 5), row("2", 1, 9), row("2", 2, 3), row("3", 1, 20), row("3", 2, 4)]
    table = with_medians(pd.DataFrame(runs)).set_index(["run", "workers"])
    assert table["speedup"].xs(2, level="workers").to_dict() == {"1": 1.6, "2": 3.0, "3": 5.0, "median": 2.25}
    assert table.loc[("median", 2), ["seconds", "speedup_with_start"]].tolist() == [4, 2.0]


def test_without_a_run_of_one_worker_there_is_no_speed_over_it() -> None:
    assert with_medians(pd.DataFrame([row("1", 4, 8)]))["speedup"].isna().all()


def test_optima_of_two_runs_are_held_against_each_other() -> None:
    assert largest_difference([optimum(1e6), optimum(None)], [optimum(1e6 + 0.01), optimum(None)]) == pytest.approx(1e-8, rel=1e-3)


@pytest.mark.parametrize("other", [optimum(1e6 + 1), optimum(None, "no plan")])
def test_runs_that_do_not_agree_stop_the_benchmark(other: Optimum) -> None:
    with pytest.raises(RuntimeError):
        largest_difference([optimum(1e6)], [other])


@pytest.mark.slow
def test_one_and_two_workers_solve_the_same_hundred_programs(tmp_path: Path) -> None:
    run(tmp_path, quick=True)
    table = pd.read_csv(tmp_path / "programs.csv")
    assert (table[["solves", "optimal", "chunk"]] == [100, 100, 50]).all(axis=None)
    assert table["workers"].tolist() == [1, 2, 1, 2]
    assert table["largest_gap"].max() <= 1e-7


@contextlib.contextmanager
def cluster_of_two(folder: Path) -> Iterator[str]:
    """The address of a scheduler with two workers, each started as a process of its own."""
    file = folder / "scheduler.json"
    place = ["--scheduler-file", str(file)]
    alone = ["--no-nanny", "--nthreads", "1", "--no-dashboard"]
    commands = [["scheduler", *place, "--host", "127.0.0.1", "--port", "0", "--no-dashboard"], *[["worker", *place, *alone]] * 2]
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            dask = [sys.executable, "-m", "dask", *command]
            started.append(subprocess.Popen(dask, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        from distributed import Client

        ends = time.monotonic() + WAIT_SECONDS
        while not file.exists() and time.monotonic() < ends:
            time.sleep(0.1)
        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(2, timeout=WAIT_SECONDS)
            yield client.scheduler.address
    finally:
        for process in started[::-1]:
            process.terminate()
            process.wait()


@pytest.mark.slow
def test_the_same_command_solves_them_on_a_cluster_that_runs_already(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent.parent
    command = [sys.executable, "-m", "tests.benchmarks.programs", "--quick", "--results", str(tmp_path)]
    with cluster_of_two(tmp_path) as address:
        subprocess.run([*command, "--scheduler", address], cwd=root, check=True, timeout=600)
    table = pd.read_csv(tmp_path / "programs_at_scheduler.csv")
    assert (table[["solves", "optimal", "workers", "threads"]] == [100, 100, 2, 2]).all(axis=None)
