"""Floors of participation and what rounding costs them."""

from __future__ import annotations

from pathlib import Path

import optimizer
from optimizer.program.arrays import to_matrix
from optimizer.program.money import vector
from optimizer.program.program import Program, build
from optimizer.program.solver import Solver

TINY = Path(__file__).parents[2] / "instances" / "tiny"


def greatest_company_balance(program: Program) -> float:
    matrix = to_matrix(program)
    parties = program.parties
    matrix.cost = vector(parties[parties["party"] == "company"], program.columns.count)
    return Solver(matrix).solve().objective


def test_a_floor_that_can_just_be_met_is_not_called_impossible() -> None:
    """Raising it by the cost of rounding would leave no plan; it then stays as asked for, and a note says so."""
    most = greatest_company_balance(build(optimizer.load(TINY)))
    plan = optimizer.solve(optimizer.load(TINY, changes=[f"settings.participation.company={most - 1e-4:.4f}"]))
    assert plan.status == "optimal"
    assert any("company leading" in note for note in plan.notes)


def test_a_floor_with_room_is_kept_in_the_ledger_without_a_note() -> None:
    most = greatest_company_balance(build(optimizer.load(TINY)))
    floor = round(most) - 100
    distribution = optimizer.distribute(optimizer.solve(optimizer.load(TINY, changes=[f"settings.participation.company={floor}"])))
    company = distribution.parties.set_index("party")["balance_fen"]["company"]
    assert company >= floor * 100
    assert not distribution.plan.notes
