"""Every tool on every size, each in a process of its own, all in one run: results/peers.csv."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.generate.sizes import Sizes
from optimizer.instance.loading import instance_of, read_given
from tests.benchmarks.measuring import Measured, Stopped, measured, medians
from tests.benchmarks.peers.limit import SOLVERS
from tests.benchmarks.peers.one import Tool, solved
from tests.benchmarks.peers.result import OPTIMAL, PHASES, STOPPED
from tests.benchmarks.sizes import Size, registry

OURS = Tool("ours", "ours", "optimizer", "highs")
LIMITS = tuple(Tool("limit", "limit", "highspy", name) for name in SOLVERS)
PEERS = (
    Tool("linopy", "by_linopy", "linopy", "highs"),
    Tool("pyomo", "by_pyomo", "pyomo", "highs"),
    Tool("pulp", "by_pulp", "pulp", "its default"),
)

BETWEEN = (
    Size("county12", "", Sizes(12, 8, 12, 12, 10_000, 7)),
    Size("60 bases", "", Sizes(60, 12, 12, 16, 20_000, 7)),
)
"""Sizes between the registry's village and its large county."""

SHORT_S = 30
"""What takes less is measured ``RUNS`` times."""
RUNS = 3

MULTIPLES = {"linopy": (10, 6), "pyomo": (5, 1.5), "pulp": (5, 1.5)}
"""A peer is stopped after so many times what the project took: where that was short, and where it was not."""
LIMIT_MULTIPLE = 2
"""A solver is stopped after so many times what the best one before it took, and is not tried on larger counties then."""
LEAST_S = 20
"""No time limit is shorter."""
BUDGET_S = 2_000
"""All time limits together fit in: what comes late gets what is left, so that the run takes little more than half an hour."""
ENOUGH_S = 600
"""A time limit for what is to run to its end."""

SAME = 1e-7
"""Objectives of the same program differ by less (relative)."""


@dataclass
class Race:
    """What is known of one size so far: rows of the table and seconds of the project and of the best solver."""

    size: str
    file: Path
    rows: list[dict[str, Any]] = field(default_factory=list)
    ours_s: float = ENOUGH_S
    best_s: float = ENOUGH_S
    objective_yuan: float = float("nan")


def run(results: Path, quick: bool = False) -> None:
    """Write results/peers.csv: one row per size and tool. Raises ValueError where two tools disagree on the optimum."""
    ends = time.monotonic() + BUDGET_S
    known, rows = registry(), []
    slow: set[str] = set()
    for size in [known["village"]] if quick else [known["village"], *BETWEEN, known["large_county"]]:
        with tempfile.TemporaryDirectory() as folder:
            race = Race(size.name, _instance_file(size, Path(folder)))
            for _ in _raced(race, slow, ends, quick):
                found = pd.DataFrame([*rows, *compared(race)])
                found.to_csv(results / "peers.csv", index=False, lineterminator="\n")
        rows += compared(race)
    wrong = found[found["relative_difference"] > SAME]
    if len(wrong):
        raise ValueError(f"not the same program: {wrong[['size', 'tool', 'relative_difference']].to_dict('records')}")


def _instance_file(size: Size, folder: Path) -> Path:
    """The instance as it stands in memory, in a file: reading it back takes no more memory than it holds."""
    instance = instance_of(read_given(size.make(folder / "county")))
    file = folder / "instance.pickle"
    file.write_bytes(pickle.dumps(instance))
    return file


def _raced(race: Race, slow: set[str], ends: float, quick: bool) -> Iterator[None]:
    """Run the project, every solver that may be the limit, and every peer that is installed, one after another."""
    runs = 1 if quick else RUNS
    race.ours_s = _add(race, OURS, ENOUGH_S, runs)
    yield
    for tool in LIMITS[:1] if quick else [tool for tool in LIMITS if tool.solver not in slow]:
        took = _add(race, tool, ENOUGH_S if tool is LIMITS[0] else max(LEAST_S, LIMIT_MULTIPLE * race.best_s), runs)
        if race.rows[-1]["status"] != OPTIMAL:
            slow.add(tool.solver)
        else:
            race.best_s = min(race.best_s, took)
        yield
    for number, tool in enumerate(PEERS):
        multiple = MULTIPLES[tool.name][race.ours_s > SHORT_S]
        after = max(LEAST_S, race.ours_s) * (len(PEERS) - 1 - number)
        _add(race, tool, max(LEAST_S, min(multiple * race.ours_s, ends - time.monotonic() - after)), runs)
        yield


def _add(race: Race, tool: Tool, limit_s: float, runs: int) -> float:
    """Measure a tool, once or (if it is short) several times; its seconds in all."""
    row = {"size": race.size, "tool": tool.name, "solver": tool.solver, "status": "not installed", "limit_s": round(limit_s)}
    race.rows.append(row)
    if not tool.is_installed:
        return float("nan")
    found = [_measured(tool, race, limit_s)]
    if _total(found[0]) < SHORT_S and found[0].figures["status"] == OPTIMAL:
        found += [_measured(tool, race, limit_s) for _ in range(runs - 1)]
    names = [name for name in PHASES if name in found[0].figures]
    seconds = medians([{**{name: one.figures[name] for name in names}, "total": _total(one)} for one in found])
    first = found[0].figures
    row |= {"solver": first.get("solver", tool.solver), "runs": len(found)}
    row |= {name: first.get(name) for name in ("objective_yuan", "columns", "rows")}
    row["status"] = _ended(first["status"], _total(found[0]), limit_s)
    row |= {f"{name}_s": round(seconds[name], 3) for name in names} | {"total_s": round(seconds["total"], 3)}
    row |= medians([{"peak_mb": one.peak_mb, "before_mb": one.figures["before_mb"]} for one in found])
    return seconds["total"]


def _measured(tool: Tool, race: Race, limit_s: float) -> Measured:
    """One run. A tool that does not stop by its own time limit is stopped from outside."""
    patience_s = 2 * limit_s + 60
    try:
        return measured(solved, tool, race.file, limit_s, limit_s=patience_s)
    except Stopped as stopped:
        figures = {"status": stopped.reason, "hand_over_and_solve": patience_s, "before_mb": 0.0, **stopped.so_far.figures}
        return replace(stopped.so_far, figures=figures)


def _ended(status: str, seconds: float, limit_s: float) -> str:
    """How a run ended, in words: optimal, not within its time, given up by the solver itself, or stopped from outside."""
    if status == STOPPED:
        return f"not within {seconds:,.0f} s" if seconds >= limit_s else f"gave up after {seconds:,.0f} s"
    return status


def _total(one: Measured) -> float:
    return float(sum(one.figures[name] for name in PHASES if name in one.figures))


def compared(race: Race) -> list[dict[str, Any]]:
    """The rows of a size against the project and against the fastest solver. Of a tool that was stopped a ratio is the least it
    can be (``at_least``)."""
    done = [row for row in race.rows if row["status"] == OPTIMAL]
    ours = next((row for row in done if row["tool"] == "ours"), None)
    limit = min((row["total_s"] for row in done if row["tool"] == "limit"), default=None)
    found = []
    for row in race.rows:
        own = {**row, "at_least": "yes" if "total_s" in row and row["status"] != OPTIMAL else "no"}
        if ours and row["status"] == OPTIMAL:
            own["relative_difference"] = abs(row["objective_yuan"] - ours["objective_yuan"]) / abs(ours["objective_yuan"])
        for name, of in (("ratio_to_limit", limit), ("ratio_to_ours", ours and ours["total_s"])):
            if of and "total_s" in row:
                own[name] = round(row["total_s"] / of, 2)
        if ours and "peak_mb" in row:
            own["peak_to_ours"] = round(row["peak_mb"] / ours["peak_mb"], 2)
        found.append({"relative_difference": None, **own})
    return found
