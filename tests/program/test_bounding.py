"""What can never be is found by arithmetic, and never more than a solver would say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from farms import farm
from hypothesis import given, settings
from hypothesis import strategies as st
from test_irreducible import COEFFICIENTS, program

from optimizer.program.answer import OPTIMAL
from optimizer.program.arrays import to_matrix
from optimizer.program.bounding import impossible, narrowed
from optimizer.program.elastic import laid
from optimizer.program.program import build
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.program.solver import Solver

FOLDER = Path(__file__).parent / "no_plan"

BY_HAND = {
    "a_contract_beyond_the_market": (90.0, 50.0),  # the tier of 50 t, not the 30 mu x 4 t that could grow
    "a_quota_beyond_the_land": (40.0, 10.0),  # the land
    "own_use_that_nobody_grows": (25.0, 20.0),  # 10 mu x 2 t
    "a_lane_too_narrow": (40.0, 27.5),  # 15 t and 12.5 t
    "a_stock_that_cannot_be_left": (45.0, 40.0),  # 10 mu x 4 t
    "a_linear_rule_of_its_own": (45.0, 30.0),  # 10 mu and 20 mu
}


@pytest.mark.parametrize("name", BY_HAND)
def test_a_wish_beyond_what_is_there_is_known_exactly(tmp_path: Path, name: str) -> None:
    built = build(farm(tmp_path, yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["county"]))
    of = laid(built, to_matrix(built))
    (found,) = impossible(of.matrix, of.rules)
    assert (found.asked, found.best) == pytest.approx(BY_HAND[name], rel=1e-12)


GIVEN = st.lists(st.tuples(COEFFICIENTS, st.sampled_from([AT_MOST, AT_LEAST]), st.integers(-12, 12)), min_size=1, max_size=5)


@given(GIVEN, COEFFICIENTS.filter(any), st.sampled_from([AT_MOST, AT_LEAST]), st.integers(-200, 200))
@settings(max_examples=300, deadline=None)
def test_arithmetic_never_says_less_is_possible_than_a_solver_finds(
    rows: list[tuple[list[int], str, int]], wish: list[int], sense: str, asked: int
) -> None:
    matrix = program([*rows, (wish, sense, asked)])
    rules = np.array(["tier"] * len(rows) + ["linear"], dtype=object)
    found = impossible(matrix, rules)
    free = program(rows)
    sign = 1.0 if sense == AT_LEAST else -1.0
    best = Solver(replace(free, cost=sign * np.array(wish, dtype=float))).solve()
    if best.status == OPTIMAL and found:
        (one,) = found
        assert sign * one.best >= best.objective - 1e-6
        assert sign * one.best < sign * asked


@given(GIVEN)
@settings(max_examples=200, deadline=None)
def test_narrowed_bounds_cut_no_plan_off(rows: list[tuple[list[int], str, int]]) -> None:
    matrix = program(rows)
    bounded = narrowed(matrix, np.arange(len(rows)))
    for way in np.vstack([np.eye(3), -np.eye(3)]):
        best = Solver(replace(matrix, cost=way)).solve()
        if best.status == OPTIMAL:
            assert (best.values <= bounded.upper + 1e-6).all()
            assert (best.values >= bounded.lower - 1e-6).all()


def test_nothing_is_said_of_a_wish_where_what_is_there_contradicts_itself() -> None:
    """x ≤ 1 and x ≥ 2 are given: no wish about x is at fault, however far it goes."""
    matrix = program([([1], AT_MOST, 1), ([1], AT_LEAST, 2), ([1], AT_LEAST, 3)])
    assert impossible(matrix, np.array(["tier", "own", "min_area"], dtype=object)) == []
