"""Scenarios as they are decided one by one: each by itself on a live object, with like goods as one."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from optimizer.problems import NoPlan
from optimizer.program.arrays import to_matrix
from optimizer.program.handing import live_object
from optimizer.program.infeasible import conflict
from optimizer.program.matrix import Matrix
from optimizer.program.merging import Merged, merged, shared_out
from optimizer.program.program import Program
from optimizer.program.valuing import Recourse
from optimizer.texts import say


@dataclass(frozen=True)
class Apart:
    """A scenario that is decided by itself: its program, with like goods merged, on a live object."""

    name: str
    program: Program
    matrix: Matrix
    small: Merged
    recourse: Recourse

    def values_at(self, decided: np.ndarray) -> np.ndarray:
        """All decisions of the full program with a first stage, like bases served alike."""
        self.recourse.at(decided)
        return shared_out(self.program, self.matrix, self.small, self.recourse.values())


def all_apart(programs: Mapping[str, Program], numbers: np.ndarray) -> list[Apart]:
    """Every scenario by itself; ``numbers`` are those of the first-stage decisions in its program."""
    found = []
    for name, program in programs.items():
        matrix = to_matrix(program)
        small = merged(program, matrix)
        found.append(Apart(name, program, matrix, small, Recourse(small.matrix, small.column[numbers], live_object(small.matrix))))
    return found


def known_before(apart: Sequence[Apart]) -> tuple[float, ...]:
    """The objective of each scenario if it were known before planting, on as many threads as there are cores. Raises NoPlan with
    the conflict of a year that has no plan at all."""
    threads = min(os.cpu_count() or 1, len(apart))
    spans = [apart[len(apart) * i // threads : len(apart) * (i + 1) // threads] for i in range(threads)]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        found = [value for span in pool.map(_one_after_another, spans) for value in span]
    for one, value in zip(apart, found, strict=True):
        if value is None:
            raise NoPlan([say("uncertain.year_without_plan", year=one.name), *conflict(one.program, one.matrix)])
    return tuple(value for value in found if value is not None)


def _one_after_another(apart: Sequence[Apart]) -> list[float | None]:
    """Each begins where the one before it ended."""
    found = []
    for number, one in enumerate(apart):
        if number:
            one.recourse.start_as(apart[number - 1].recourse)
        found.append(one.recourse.free())
    return found
