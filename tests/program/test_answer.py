"""An answer counts with its proof: rows that hold, and a duality gap reckoned on the program's own arrays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optimizer.problems import SolverStopped
from optimizer.program.answer import OPTIMAL, UNVERIFIED, Answer, duality_gap, proven, require_optimal
from optimizer.program.handing import live_object
from optimizer.program.matrix import Matrix
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.program.solver import SOLVERS, Solver
from optimizer.program.through_pulp import has_cbc

SENSES = np.array([AT_MOST, AT_LEAST, EQUAL], dtype=object)


@pytest.fixture
def farm() -> Matrix:
    """Cabbage and radish (3 and 2 a mu) on 10 mu, at least 2 mu of radish, and as much fallow as radish, of which 6 mu at most.

    By hand: radish 2, fallow 2, cabbage 6, worth 22. A mu of land is worth 3; one more of fallow costs it, so that a mu of radish
    asked for brings 2 and takes 6.
    """
    return Matrix(
        cost=np.array([3.0, 2.0, 0.0]),
        lower=np.zeros(3),
        upper=np.array([np.inf, np.inf, 6.0]),
        integer=np.zeros(3, dtype=bool),
        sense=SENSES,
        rhs=np.array([10.0, 2.0, 0.0]),
        row=np.array([2, 0, 0, 0, 1, 2]),
        column=np.array([2, 0, 1, 2, 1, 1]),
        coefficient=np.array([-1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    )


def available(name: str) -> str:
    return name if name != "cbc" or has_cbc() else pytest.skip("CBC is not installed")


@pytest.mark.parametrize("name", SOLVERS)
def test_a_cold_answer_tells_its_own_gap(farm: Matrix, name: str) -> None:
    found = Solver(farm, available(name), integer_gap=0.5).solve()
    assert (found.status, found.values.tolist()) == (OPTIMAL, pytest.approx([6, 2, 2]))
    assert found.objective == pytest.approx(22)
    assert found.row_price.tolist() == pytest.approx([3, -4, 3])
    assert found.gap == duality_gap(farm, found) <= 1e-12


@pytest.fixture
def thirds(farm: Matrix) -> Matrix:
    """The farm with 10,000 / 7 mu of radish and seven mu of fallow to three of radish: the eight digits that CBC writes are too few
    for that row (7 · 1428.5714 is not 3 · 3333.3333)."""
    return replace(farm, upper=np.full(3, np.inf), rhs=np.array([1e4, 1e4 / 7, 0.0]), coefficient=np.array([-3.0, 1, 1, 1, 1, 7]))


@pytest.mark.parametrize(("fallow_cost", "worth"), [
    (0, 3e4 - 8e4 / 7),
    (39 / 7, 0),  # fallow eats up all that is earned: what CBC rounds off is more than what is left
])  # fmt: skip
def test_a_second_opinion_has_all_digits(thirds: Matrix, fallow_cost: float, worth: float) -> None:
    thirds.cost[2] = -fallow_cost
    found = Solver(thirds, available("cbc")).solve()
    assert found.status == OPTIMAL
    assert thirds.activity(found.values) == pytest.approx(thirds.rhs, rel=1e-12, abs=1e-9)
    assert found.objective == pytest.approx(worth, abs=1e-6)


def test_a_second_opinion_keeps_its_choices(farm: Matrix, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 mu of cabbage, said CBC, which 6 would beat: within its gap, so that the rest is decided beside the 5."""
    monkeypatch.setattr("optimizer.program.solver.solve_by_cbc", lambda *_: (OPTIMAL, np.array([5.0, 2.5, 2.5])))
    farm.integer = np.array([True, False, False])
    found = Solver(farm, "cbc", integer_gap=0.1).solve()
    assert (found.status, found.gap, found.values.tolist()) == (OPTIMAL, 0.1, [5, 2.5, 2.5])
    assert farm.integer.tolist() == [True, False, False]


@pytest.mark.parametrize(("worth", "is_choice", "status"), [
    (22.0, False, OPTIMAL), (21.9, False, UNVERIFIED), (22.1, False, UNVERIFIED),
    (21.9, True, OPTIMAL),  # the choices were CBC's, more out of them HiGHS's
    (22.1, True, UNVERIFIED),
])  # fmt: skip
def test_two_opinions_that_differ_are_no_answer(
    farm: Matrix, monkeypatch: pytest.MonkeyPatch, worth: float, is_choice: bool, status: str
) -> None:
    said = np.array([6.0, (worth - 18) / 2, 2.0])
    monkeypatch.setattr("optimizer.program.solver.solve_by_cbc", lambda *_: (OPTIMAL, said))
    farm.integer = np.array([is_choice, False, False])
    found = Solver(farm, "cbc").solve()
    assert found.status == status
    assert status == UNVERIFIED or found.objective == pytest.approx(22)


def wrong(answer: Answer, **figures: list[float]) -> Answer:
    return replace(answer, **{name: np.array(figure) for name, figure in figures.items()})


@pytest.mark.parametrize(
    "figures",
    [
        {"values": [7.0, 2.0, 2.0]},  # 11 mu of 10
        {"values": [6.0, 1.0, 1.0]},  # too little radish
        {"values": [6.0, 2.0, 1.9]},  # fallow and radish differ
        {"values": [-4.0, 7.0, 7.0]},  # rows hold, but for less than nothing of cabbage
        {"row_price": [2.9, -4.0, 3.0]},
        {"row_price": [0.0, 0.0, 0.0]},  # bounds nothing: cabbage would pay without end
        {"row_price": [3.0, 1.0, -2.0]},  # right for radish, of the wrong sign
    ],
)
def test_what_cannot_be_proven_is_no_answer(farm: Matrix, figures: dict[str, list[float]]) -> None:
    found = proven(farm, wrong(Solver(farm).solve(), **figures))
    assert found.status == UNVERIFIED
    assert np.isnan(found.values).all()
    with pytest.raises(SolverStopped, match="did not hold"):
        require_optimal(found)


@pytest.mark.parametrize(("sense", "cost", "price"), [(AT_MOST, -1.0, -1.0), (AT_LEAST, 1.0, 1.0)])
def test_a_price_of_the_wrong_sign_proves_nothing(sense: str, cost: float, price: float) -> None:
    """5 mu of what costs 1 a mu where 5 are allowed, or of what brings 1 where 5 are asked for: less, or more, would be better."""
    one, none = np.ones(1), np.zeros(1, dtype=np.int64)
    matrix = Matrix(np.array([cost]), np.zeros(1), np.array([np.inf]), np.zeros(1, dtype=bool),
                    np.array([sense], dtype=object), 5 * one, none, none, one)  # fmt: skip
    said = Answer(OPTIMAL, 5 * cost, 5 * one, np.array([price]), np.zeros(1), 0.0, False)
    assert proven(matrix, said).status == UNVERIFIED


def test_a_choice_tells_the_solvers_gap(farm: Matrix) -> None:
    farm.integer = np.array([True, False, False])
    farm.rhs = np.array([10.5, 2.0, 0.0])
    found = Solver(farm, integer_gap=1e-6).solve()
    assert found.values.tolist() == pytest.approx([6, 2.25, 2.25])
    assert 0 <= found.gap <= 1e-6


def test_rows_may_be_handed_over_in_any_order(farm: Matrix) -> None:
    live = live_object(farm)
    live.run()
    assert live.getSolution().col_value == pytest.approx([6, 2, 2])
    assert live.getInfo().objective_function_value == pytest.approx(-22)
