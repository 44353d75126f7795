"""Many programs: a thousand optima, policy × possible year, by one Dask worker and by two.

``python -m tests.benchmarks.programs --scheduler ADDRESS`` solves the same programs on a cluster that runs elsewhere (each of
its workers needs `optimizer` installed), and writes programs_at_scheduler.csv instead of programs.csv.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import dask
import pandas as pd
from distributed import Client, LocalCluster

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.instance.loading import Given, read_given
from optimizer.policy.comparison import OPTIMAL, REFERENCE
from optimizer.policy.sweep import CHUNK, Optimum, Variant, chunks, sweep, variants_of
from tests.benchmarks.machine import load

WEINING = Path(__file__).parent.parent.parent / "instances" / "weining"
WORKERS = (1, 2)
REPEATS = 3
CAPS = ("0.45", "0.43", "0.41", "0.39", "0.37")
FLOORS_YUAN = tuple(range(0, -1_000_000, -100_000))
LEFT_OUT = "_poor"
"""Years that are left out: where a harvest fails, no plan keeps the floor of participation at no loss. Every program of the
others has an optimum, so that each second measured is one of solving."""

MOST_APART = 1e-7
"""How far two runs' optima of one program may lie apart, relative."""

SMALL = Sizes(bases=3, products=3, periods=6, markets=3, households=50, seed=7)
SMALL_YEARS = "scenario,probability\nusual,1/2\ndear,1/2\n"
SMALL_FACTORS = "scenario,figure,factor\nusual,yield,1\ndear,price,1.1\n"


def run(results: Path, quick: bool = False, scheduler: str = "") -> None:
    """Write ``results``/programs.csv, or programs_at_scheduler.csv for the cluster at ``scheduler``.

    Every run has workers of its own. ``start_seconds`` (of the cluster) and ``warm_up_seconds`` (until each worker has imported
    what it had not at its start) are told beside ``seconds``, which begins with sending the county to each worker and ends with the last
    optimum. ``speedup`` is of ``seconds`` alone, ``speedup_with_start`` of all three. The last rows are medians.
    """
    with tempfile.TemporaryDirectory() as folder:
        given = read_given(small_county(Path(folder) / "small") if quick else WEINING)
    rows: list[dict[str, Any]] = []
    first: list[Optimum] = []
    for repeat in range(1, 1 + (1 if quick else REPEATS)):
        for row, found in once(given, scheduler):
            first = first or found
            rows.append({"run": str(repeat), **row, "largest_difference": largest_difference(first, found)})
            print(f"  run {repeat}, {row['workers']} workers: {row['seconds']:.1f} s", flush=True)
    table = with_medians(pd.DataFrame(rows))
    table.to_csv(results / ("programs_at_scheduler.csv" if scheduler else "programs.csv"), index=False, lineterminator="\n")


def small_county(folder: Path) -> Path:
    """A made-up county with two possible years."""
    folder.mkdir()
    generate(SMALL, folder)
    (folder / "scenarios.csv").write_text(SMALL_YEARS, encoding="utf-8")
    (folder / "scenario_factors.csv").write_text(SMALL_FACTORS, encoding="utf-8")
    return folder


def policies(given: Given) -> list[Variant]:
    """Fifty policies: how much of a base one crop may cover × what loss a company may be asked to bear."""
    lists = " | ".join(CAPS), " | ".join(map(str, FLOORS_YUAN))
    return variants_of(given, [REFERENCE], [f"rules[name=one_crop_cap].share={lists[0]}", f"settings.participation.company={lists[1]}"])


def years(given: Given) -> list[str]:
    return [str(year) for year in given.tables["scenarios"]["scenario"] if not str(year).endswith(LEFT_OUT)]


def once(given: Given, scheduler: str) -> Iterator[tuple[dict[str, Any], list[Optimum]]]:
    """One run for each number of workers, or one on the cluster at ``scheduler``."""
    if scheduler:
        yield swept(given, scheduler, 0.0)
        return
    for workers in WORKERS:
        clock = time.perf_counter()
        # Dask looks a hundred times a second at what each worker does, for a page nobody reads here: 4 % of two workers' time.
        with (
            dask.config.set({"distributed.worker.profile.enabled": False}),
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        ):
            yield swept(given, cluster.scheduler_address, time.perf_counter() - clock)


def swept(given: Given, scheduler: str, start_seconds: float) -> tuple[dict[str, Any], list[Optimum]]:
    """All programs on one cluster: a row of the table, and their optima."""
    clock = time.perf_counter()
    with Client(scheduler, set_as_default=False) as client:
        client.run(exec, "import optimizer.policy.sweep")
        threads = client.nthreads()
    warm_up_seconds = time.perf_counter() - clock
    before, clock = load(), time.perf_counter()
    found = sweep(given, policies(given), years(given), scheduler=scheduler)
    seconds = time.perf_counter() - clock
    optima = [one for one in found if one.status == OPTIMAL]
    row = {
        "solves": len(found),
        "workers": len(threads),
        "threads": sum(threads.values()),
        "chunk": min(map(len, chunks(policies(given), years(given), CHUNK))),
        "start_seconds": start_seconds,
        "warm_up_seconds": warm_up_seconds,
        "seconds": seconds,
        "seconds_per_solve": seconds / len(found),
        "optimal": len(optima),
        "cold": sum(not one.restarted for one in optima),
        "largest_gap": max(one.gap or 0.0 for one in optima),
        "load_before": before,
    }
    return row, found


def largest_difference(one: Sequence[Optimum], other: Sequence[Optimum]) -> float:
    """The largest relative difference of two runs' optima. Raises RuntimeError where it is more than their gaps allow, or where
    one run found a plan and the other none."""
    most = 0.0
    for a, b in zip(one, other, strict=True):
        if (a.year, a.changes, a.status) != (b.year, b.changes, b.status):
            raise RuntimeError(f"{a.year} {a.changes}: {a.status} in one run, {b.status} in another")
        if a.objective_yuan is not None and b.objective_yuan is not None:
            most = max(most, abs(a.objective_yuan - b.objective_yuan) / (1.0 + abs(a.objective_yuan)))
    if most > MOST_APART:
        raise RuntimeError(f"two runs differ by {most:.1e} relative")
    return most


def with_medians(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs and, for each number of workers, their medians; each with its speed over one worker of the same run."""
    taken = ["start_seconds", "warm_up_seconds", "seconds"]
    rows = runs.to_dict("records")
    for _, mine in runs.groupby("workers", sort=True):
        middle = {column: median(mine[column]) for column in (*taken, "seconds_per_solve", "load_before")}
        worst = {column: mine[column].max() for column in ("largest_gap", "largest_difference", "cold")}
        rows.append({**mine.iloc[0].to_dict(), "run": "median", **middle, **worst})
    table = pd.DataFrame(rows)
    alone = {row["run"]: row for row in rows if row["workers"] == 1}
    for name, columns in (("speedup", ["seconds"]), ("speedup_with_start", taken)):
        table[name] = [
            sum(alone[row["run"]][column] for column in columns) / sum(row[column] for column in columns) if row["run"] in alone else None
            for row in rows
        ]
    decimals = {**dict.fromkeys([*taken, "speedup", "speedup_with_start"], 3), "seconds_per_solve": 4}
    return table.round({name: places for name, places in decimals.items() if table[name].notna().any()})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.programs", description=__doc__)
    parser.add_argument("--scheduler", default="", metavar="ADDRESS", help="a Dask scheduler that runs already")
    parser.add_argument("--quick", action="store_true", help="100 programs of a tiny county")
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results", help="where the table goes")
    chosen = parser.parse_args()
    chosen.results.mkdir(parents=True, exist_ok=True)
    run(chosen.results, chosen.quick, chosen.scheduler)


if __name__ == "__main__":
    main()
