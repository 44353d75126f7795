"""How time and memory grow when one size of a county does: points along each axis, and the exponents that fit them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.household.distribution import distribute
from optimizer.instance.loading import instance_of, read_given
from optimizer.instance.scenarios import scenarios
from optimizer.phases import Phase
from optimizer.program.apart import all_apart, known_before
from optimizer.program.decompose import decompose, first_columns
from optimizer.program.live import Live
from optimizer.program.uncertain import without_floors
from tests.benchmarks.measuring import Figures, Measured, Stopped, medians, plain, repeated, timed
from tests.benchmarks.sizes import counts_of, decided, rounded

BASE = Sizes(bases=20, products=8, periods=12, markets=8, households=2000)
"""The county that is made larger along one axis at a time."""

UNCERTAIN = Sizes(bases=8, products=4, periods=12, markets=4, households=500)
"""The county that is decided for several possible years."""

AXES: dict[str, tuple[int, ...]] = {
    "bases": (5, 10, 20, 40, 80),
    "products": (3, 6, 12, 24),
    "periods": (12, 24, 48, 96),
    "markets": (4, 8, 16, 32),
    "scenarios": (4, 8, 16, 32),
    "households": (8_000, 32_000, 128_000, 512_000),
}
QUICK: dict[str, tuple[int, ...]] = {"bases": (2, 4), "scenarios": (2, 4), "households": (50, 100)}

PHASES = ("load", "check", "build", "hand_over", "solve", "read", "round", "divide")
RUNS = 3
LIMIT_S = 120
"""A point that takes longer is given up, and the axis ends before it."""

SHORTEST_S = 0.05
"""A phase that is shorter than this at the largest size tells nothing about growth."""

COLUMNS = [
    "axis", "what", "from", "to", "at_largest", "share", "points", "exponent", "r2", "last_exponent", "further_s", "note",
]  # fmt: skip
"""Of exponents.csv: ``at_largest`` in seconds, MB or pieces; ``share`` of all seconds; ``further_s`` at ``FURTHER`` times the size."""

FURTHER = 10
"""The next bottleneck is what takes longest at so many times the largest size, if growth goes on as between the last two points."""


def run(results: Path, quick: bool = False) -> None:
    """Write results/growth.csv (a row per point) and results/exponents.csv (a row per axis and phase)."""
    found: list[dict[str, object]] = []
    for axis, points in (QUICK if quick else AXES).items():
        for at in points:
            with tempfile.TemporaryDirectory() as folder:
                county = make(axis, at, Path(folder) / "county", quick)
                try:
                    found.append(_point(axis, at, repeated(1 if quick else RUNS, _MEASURES[axis], county, at, limit_s=LIMIT_S)))
                except Stopped as stopped:
                    found.append({"axis": axis, "at": at, "note": stopped.reason})
                    break
            write(pd.DataFrame(found), results)
    write(pd.DataFrame(found), results)


def write(points: pd.DataFrame, results: Path) -> None:
    """Both tables, as far as the points go."""
    points.to_csv(results / "growth.csv", index=False, lineterminator="\n")
    exponents(points).to_csv(results / "exponents.csv", index=False, lineterminator="\n")


def make(axis: str, at: int, folder: Path, quick: bool = False) -> Path:
    """A generated county that is of size ``at`` along an axis; with ``quick`` a tiny one."""
    base = UNCERTAIN if axis == "scenarios" else BASE
    if quick:
        base = Sizes(bases=3, products=3, periods=6, markets=3, households=50)
    sizes = base if axis == "scenarios" else replace(base, **{axis: at})
    folder.mkdir()
    generate(sizes, folder)
    if axis == "scenarios":
        _uncertainties(folder)
    return folder


def _uncertainties(folder: Path) -> None:
    """Every product has an uncertain price and an uncertain yield."""
    products = pd.read_csv(folder / "products.csv")["product"]
    spread = {"price": 0.2, "yield": 0.15}
    rows = [
        {"uncertainty": f"{figure}_{product}", "figure": figure, "product": product, "distribution": "lognormal", "mean": 1, "sd": sd}
        for figure, sd in spread.items()
        for product in products
    ]
    pd.DataFrame(rows).to_csv(folder / "uncertainties.csv", index=False)


def _point(axis: str, at: int, runs: Sequence[Measured]) -> dict[str, object]:
    """The medians of all runs of a point."""
    seconds = medians([{name: figures[0] for name, figures in run.figures["phases"].items()} for run in runs])
    memory = medians([{"peak_mb": run.peak_mb, "own_mb": run.own_mb} for run in runs])
    counts = {name: runs[0].figures[name] for name in ("decisions", "rows", "terms", "duality_gap")}
    phases = {f"{name}_s": round(seconds[name], 3) for name in PHASES if name in seconds}
    total = round(sum(phases.values()), 3)
    memory = {name: round(figure, 1) for name, figure in memory.items()}
    return {"axis": axis, "at": at, "runs": len(runs), **counts, **phases, "total_s": total, **memory, "note": ""}


def _one_year(county: Path, at: int) -> Figures:
    """A county from its folder to the division of its money, with the program of the first objective alone."""
    phases: dict[str, Phase] = {}
    program, engine, answer = decided(county, phases)
    plan = rounded(program, engine, answer, phases)
    with timed("divide", phases):
        distribute(plan)
    return {"phases": plain(phases), **counts_of(program, answer)}


def _many_years(county: Path, at: int) -> Figures:
    """A county from its folder to a first stage that is best in expectation over ``at`` drawn years, decided year by year."""
    phases: dict[str, Phase] = {}
    with timed("load", phases):
        given = read_given(county)
    with timed("check", phases):
        instance = instance_of(given, changes=("settings.risk.measure=expected", f"settings.risk.draw={at}"))
    with timed("build", phases):
        found, live = scenarios(instance), Live()
        programs = {year.name: without_floors(live.build(year.instance)) for year in found}
    with timed("hand_over", phases):
        numbers = first_columns(next(iter(programs.values())))
        apart = all_apart(programs, numbers)
    with timed("solve", phases):
        known_before(apart)
        recourses = [one.recourse for one in apart]
        best = decompose(programs, [float(year.probability) for year in found], recourses, np.zeros(len(numbers)))
    sizes = [program.size for program in programs.values()]
    counts = {name: sum(size[key] for size in sizes) for name, key in (("decisions", "columns"), ("rows", "rows"), ("terms", "nonzeros"))}
    return {"phases": plain(phases), **counts, "rounds": best.rounds, "duality_gap": best.gap}


_MEASURES = {**dict.fromkeys(AXES, _one_year), "scenarios": _many_years}


@dataclass(frozen=True)
class Fit:
    """figure ∝ size ** exponent: by least squares on the logarithms of all ``points``, of which ``r2`` says how well they fit;
    ``last_exponent`` is that of the last two points alone, where what never grows matters least."""

    points: int
    exponent: float
    r2: float
    last_exponent: float


def fitted(at: Sequence[float], figures: Sequence[float]) -> Fit:
    """The exponent of growth. Needs two points or more, all above 0."""
    x, y = np.log(np.asarray(at, dtype=float)), np.log(np.asarray(figures, dtype=float))
    exponent, level = np.polyfit(x, y, 1)
    spread = float(((y - y.mean()) ** 2).sum())
    left = float(((y - exponent * x - level) ** 2).sum())
    r2 = 1.0 if spread == 0 else 1.0 - left / spread
    return Fit(len(x), float(exponent), r2, float((y[-1] - y[-2]) / (x[-1] - x[-2])))


LITTLE = 0.01
"""What grows by less than this part of the whole, from the second size to the third, does not count as growing."""


def doubling_exponent(counts: Sequence[float]) -> float:
    """The exponent of what grows in counts at a size, twice and four times that size; what never grows does not hide it.

    a + b·nᵉ grows by b·(2ᵉ − 1)·nᵉ at the first doubling and by 2ᵉ times that at the second.
    """
    once, twice, four_times = counts
    little = LITTLE * four_times
    if four_times - twice <= little:
        return 0.0
    return float(np.log2((four_times - twice) / max(twice - once, little)))


def exponents(points: pd.DataFrame) -> pd.DataFrame:
    """The fits of every axis: of each phase and their sum in seconds, of memory in use beyond the libraries, and of counts."""
    if "total_s" not in points:
        return pd.DataFrame(columns=COLUMNS)
    done = points[points["total_s"].notna()]
    rows = [row for axis, own in done.groupby("axis", sort=False) for row in _fits(str(axis), own.sort_values("at"))]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"from": "Int64", "to": "Int64", "points": "Int64"})


def _fits(axis: str, own: pd.DataFrame) -> Iterator[dict[str, object]]:
    if len(own) < 2:
        return
    names = [f"{name}_s" for name in PHASES if f"{name}_s" in own and own[f"{name}_s"].notna().all()]
    total = float(own["total_s"].iloc[-1])
    for name in (*names, "total_s", "own_mb", "decisions", "terms"):
        figures = own[name].to_numpy(dtype=float)
        is_time = name.endswith("_s")
        row: dict[str, object] = {"axis": axis, "what": name.removesuffix("_s"), "from": own["at"].iloc[0], "to": own["at"].iloc[-1]}
        row |= {"at_largest": figures[-1], "share": round(figures[-1] / total, 4) if is_time else None}
        if figures[-1] < SHORTEST_S:
            yield {**row, "note": f"under {SHORTEST_S} s throughout"}
            continue
        fit = fitted(own["at"].to_numpy(), np.maximum(figures, 0.001))
        row |= {name: round(figure, 4) for name, figure in asdict(fit).items()}
        if is_time and name != "total_s":
            row["further_s"] = round(figures[-1] * FURTHER ** max(fit.last_exponent, 0.0), 2)
        yield {**row, "note": ""}
