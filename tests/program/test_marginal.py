"""What one unit more and one unit less is worth, how far that holds, and what binds then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer.program.marginal as marginal_module
from optimizer.program.answer import INFEASIBLE, OPTIMAL, duality_gap
from optimizer.program.marginal import NOTHING, UNKNOWN, Edge, Marginal, marginal
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.program.solver import Solver


def program(cost: list[float], rows: list[tuple[list[float], str, float]]) -> Matrix:
    """max cost · x, x ≥ 0, under rows of (coefficients, sense, right-hand side)."""
    table = np.array([row for row, _, _ in rows], dtype=float).reshape(len(rows), len(cost))
    at = np.nonzero(table)
    count = len(cost)
    return Matrix(
        cost=np.array(cost, dtype=float), lower=np.zeros(count), upper=np.full(count, np.inf), integer=np.zeros(count, dtype=bool),
        sense=np.array([sense for _, sense, _ in rows], dtype=object), rhs=np.array([rhs for _, _, rhs in rows], dtype=float),
        row=at[0], column=at[1], coefficient=table[at],
    )  # fmt: skip


def best(matrix: Matrix, row: int, rhs: float) -> float | None:
    """The optimum with another right-hand side, solved anew; None without a plan."""
    moved = matrix.rhs.copy()
    moved[row] = rhs
    answer = Solver(replace(matrix, rhs=moved)).solve()
    assert answer.status in (OPTIMAL, INFEASIBLE)
    return answer.objective if answer.status == OPTIMAL else None


LAND_AND_DAYS = program([3, 5], [([1, 0], AT_MOST, 4), ([0, 2], AT_MOST, 12), ([3, 2], AT_MOST, 18)])
"""Hillier & Lieberman's Wyndor Glass: the optimum (2, 6) with 36; prices 0, 3/2 and 1, ranges from 2, 6–18 and 12–24."""


def test_prices_and_ranges_of_the_textbook() -> None:
    found = marginal(LAND_AND_DAYS)
    assert found.more.value == pytest.approx([0, 1.5, 1], abs=1e-12)
    assert found.less.value == pytest.approx([0, 1.5, 1], abs=1e-12)
    assert found.more.until == pytest.approx([np.inf, 18, 24], abs=1e-9)
    assert found.less.until == pytest.approx([2, 6, 12], abs=1e-9)


def test_what_binds_at_the_end_of_a_range_is_named() -> None:
    found = marginal(LAND_AND_DAYS)
    first_crop, first_row = 0, 2
    assert found.more.next.tolist() == [NOTHING, first_crop, first_row]  # at 18 nothing of the first is left; at 24 row 1 binds
    assert found.less.next.tolist() == [first_row, first_row, first_crop]


def test_a_corner_has_two_prices() -> None:
    """max x + y where x ≤ 2, y ≤ 2 and x + y ≤ 4 all meet in (2, 2): more of the third is worth nothing, less costs 1; more of
    one of the others is worth nothing as long as the third binds, less costs 1."""
    found = marginal(program([1, 1], [([1, 0], AT_MOST, 2), ([0, 1], AT_MOST, 2), ([1, 1], AT_MOST, 4)]))
    assert found.more.value == pytest.approx([0, 0, 0], abs=1e-12)
    assert found.less.value == pytest.approx([1, 1, 1], abs=1e-12)


def test_what_cannot_be_met_has_no_price() -> None:
    """max x with x ≤ 3 and x ≥ 3: there is no plan with more of the second or less of the first."""
    found = marginal(program([1], [([1], AT_MOST, 3), ([1], AT_LEAST, 3)]))
    assert found.more.value == pytest.approx([1, np.nan], nan_ok=True)
    assert found.less.value == pytest.approx([np.nan, 0], nan_ok=True)


def test_a_range_that_ends_where_there_is_no_plan_says_where() -> None:
    """min cost of x ≥ 1 with x ≤ 5: one more demanded costs 2 each, up to 5."""
    found = marginal(program([-2], [([1], AT_LEAST, 1), ([1], AT_MOST, 5)]))
    assert found.more.value[0] == pytest.approx(-2) and found.more.until[0] == pytest.approx(5)
    assert found.less.value[0] == pytest.approx(-2) and found.less.until[0] == pytest.approx(0)


def test_what_only_the_tolerance_of_a_solver_meets_has_no_price() -> None:
    """max x with 4 y ≥ 0 and 3 x + y ≤ 0: there is no plan with more of the first, but a millionth more misses x ≥ 0 by less than solvers
    look at."""
    found = marginal(program([1, 0], [([0, 4], AT_LEAST, 0), ([3, 1], AT_MOST, 0)]))
    assert found.more.value == pytest.approx([np.nan, 1 / 3], nan_ok=True)


figures = st.integers(-3, 5)
rows_of = st.tuples(
    st.lists(figures, min_size=3, max_size=3).filter(any), st.sampled_from([AT_MOST, AT_MOST, AT_LEAST, EQUAL]), st.integers(0, 6)
)


@st.composite
def programs(draw: st.DrawFn) -> Matrix:
    """Small programs with many ties and corners; the last row keeps them bounded."""
    rows = draw(st.lists(rows_of, min_size=1, max_size=5))
    return program(draw(st.lists(figures, min_size=3, max_size=3).filter(any)), [*rows, ([1, 1, 1], AT_MOST, 6)])


def sides(found: Marginal) -> list[Edge]:
    return [found.more, found.less]


@pytest.fixture(params=["together first", "one by one"], scope="module")
def _way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Rows that are open after the first basis are moved together before they are moved alone; or not, as in small programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marginal_module, "FEW", 0 if request.param == "together first" else 100)
        yield


@pytest.mark.usefixtures("_way")
@settings(max_examples=200, deadline=None)
@given(programs())
def test_prices_are_those_of_programs_solved_anew_as_far_as_they_hold(matrix: Matrix) -> None:
    stands = best(matrix, 0, float(matrix.rhs[0]))
    if stands is None:
        return
    for edge in sides(marginal(matrix)):
        for row, rhs in enumerate(matrix.rhs):
            if np.isnan(edge.value[row]):
                assert best(matrix, row, rhs + edge.side * 1e-2) is None
                continue
            assert edge.side * (edge.until[row] - rhs) > 0, "a price holds for a true step"
            for part in (0.5, 1.0):
                step = part * edge.side * min(abs(edge.until[row] - rhs), 1.0)
                there = best(matrix, row, rhs + step)
                assert there == pytest.approx(stands + edge.value[row] * step, abs=1e-6)


@settings(max_examples=200, deadline=None)
@given(programs())
def test_one_more_is_never_worth_more_than_one_less(matrix: Matrix) -> None:
    """The optimum is concave in a right-hand side."""
    if best(matrix, 0, float(matrix.rhs[0])) is None:
        return
    found = marginal(matrix)
    both = ~np.isnan(found.more.value) & ~np.isnan(found.less.value)
    assert (found.more.value[both] <= found.less.value[both] + 1e-7).all()


def test_where_too_many_would_have_to_be_moved_alone_the_basis_price_is_given_and_holds_for_no_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marginal_module, "MOST_ALONE", 0)
    corner = program([1, 1], [([1, 0], AT_MOST, 2), ([0, 1], AT_MOST, 2), ([1, 1], AT_MOST, 4)])
    found = marginal(corner)
    unknown = found.more.next == UNKNOWN
    assert unknown.any()
    assert (found.more.until[unknown] == corner.rhs[unknown]).all()
    assert not np.isnan(found.more.value).any()


@settings(max_examples=200, deadline=None)
@given(programs())
def test_prices_and_plan_prove_each_other(matrix: Matrix) -> None:
    """Strong duality and complementary slackness, to 1e-7."""
    answer = Solver(matrix).solve()
    if answer.status != OPTIMAL:
        return
    slack = np.abs(matrix.rhs - matrix.activity(answer.values))
    assert duality_gap(matrix, answer) <= 1e-7
    assert (np.abs(answer.row_price) * slack <= 1e-7).all()
    assert (np.abs(answer.reduced_cost) * answer.values <= 1e-7).all()  # all bounds are 0 or none
