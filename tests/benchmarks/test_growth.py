"""The guard: work and memory must not grow clearly faster than the county. Counts alone, at doubled sizes, and never a clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from optimizer.generate.sizes import Sizes
from optimizer.generate.writing import generate
from optimizer.household.distribution import distribute
from optimizer.instance.instance import Instance
from optimizer.instance.loading import load
from optimizer.program.arrays import to_matrix
from optimizer.program.program import Program, build
from optimizer.program.solver import Solver
from tests.benchmarks.growth import doubling_exponent, fitted
from tests.benchmarks.measuring import peak_bytes, steps
from tests.benchmarks.sizes import rounded

DOUBLED = (15, 30, 60)
HOUSEHOLDS = 10
"""Of each base."""
MOST = 1.3
"""A count may grow by this power of the county, bases and households together; by 1.0 it grows as fast as they do."""


@dataclass(frozen=True)
class Counts:
    """What one size came to."""

    instance: Instance
    load: int
    build: int
    divide: int
    decisions: int
    terms: int


def in_memory(instance: Instance) -> Program:
    program = build(instance)
    to_matrix(program)
    return program


def made(bases: int, folder: Path) -> Path:
    folder.mkdir()
    generate(Sizes(bases=bases, products=3, periods=4, markets=3, households=HOUSEHOLDS * bases), folder)
    return folder


def counts_of(folder: Path) -> Counts:
    loaded: list[Instance] = []
    built: list[Program] = []
    loading = steps(lambda: loaded.append(load(folder)))
    building = steps(lambda: built.append(in_memory(loaded[0])))
    [program] = built
    engine = Solver(to_matrix(program))
    dividing = steps(distribute, rounded(program, engine, engine.solve(), {}))
    return Counts(loaded[0], loading, building, dividing, program.size["columns"], program.size["nonzeros"])


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> list[Counts]:
    folder = tmp_path_factory.mktemp("growth")
    load(made(3, folder / "first"))  # what is read once for all counties is not theirs
    return [counts_of(made(bases, folder / str(bases))) for bases in DOUBLED]


@pytest.mark.parametrize("what", ["load", "build", "divide", "decisions", "terms"])
def test_nothing_grows_clearly_faster_than_the_county(what: str, counted: list[Counts]) -> None:
    found = [getattr(one, what) for one in counted]
    assert doubling_exponent(found) < MOST, found


def test_building_takes_memory_in_proportion(counted: list[Counts]) -> None:
    smallest, largest = (peak_bytes(in_memory, one.instance) for one in (counted[0], counted[-1]))
    assert largest / smallest < (DOUBLED[-1] / DOUBLED[0]) ** MOST


def search_every_lane(instance: Instance) -> int:
    """What the guard is there for: all lanes are looked through for each base."""
    lanes = instance.table("lanes")["from"].tolist()
    found = 0
    for base in instance.universe("bases"):
        for start in lanes:
            found += start == base
    return found


def test_a_search_of_all_lanes_for_each_base_is_seen(counted: list[Counts]) -> None:
    found = [one.build + steps(search_every_lane, one.instance, package=Path(__file__).parent) for one in counted]
    assert doubling_exponent(found) > MOST, found


def every_lane_with_every_other(instance: Instance) -> np.ndarray:
    """The same inside a library: a table of all pairs."""
    number = np.arange(len(instance.table("lanes")))
    return number[:, np.newaxis] * number[np.newaxis, :]


def test_a_table_of_all_pairs_of_lanes_is_seen(counted: list[Counts]) -> None:
    smallest, largest = (peak_bytes(every_lane_with_every_other, one.instance) for one in (counted[0], counted[-1]))
    assert largest / smallest > (DOUBLED[-1] / DOUBLED[0]) ** MOST


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_an_exponent_is_found_beside_what_never_grows(power: float) -> None:
    assert doubling_exponent([1000 + size**power for size in (1000, 2000, 4000)]) == pytest.approx(power)


def test_what_hardly_grows_has_no_exponent() -> None:
    assert doubling_exponent([1000, 1001, 1005]) == 0.0


def test_a_power_is_fitted_exactly() -> None:
    sizes = [1, 2, 4, 8]
    fit = fitted(sizes, [3 * size**1.5 for size in sizes])
    assert (fit.points, fit.exponent, fit.r2, fit.last_exponent) == (4, pytest.approx(1.5), pytest.approx(1.0), pytest.approx(1.5))


def test_what_is_no_power_fits_worse() -> None:
    assert fitted([1, 2, 4, 8], [1, 1, 1, 100]).r2 < 0.8


def test_the_last_step_is_that_of_the_two_largest() -> None:
    assert fitted([1, 2, 4], [10, 10, 20]).last_exponent == pytest.approx(math.log2(2))
