"""A first stage valued on a live solver object: known answers by hand.

One base of 10 mu, cabbage of 1 t and 100 yuan a mu, sold at 2 yuan/kg up to 5 t and at 0.50 beyond. Of x mu the margin is
1,900 x up to 5 mu and 9,500 + 400 (x − 5) beyond.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from counties import county

from optimizer.program.arrays import to_matrix
from optimizer.program.decompose import first_columns
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program, build
from optimizer.program.valuing import Recourse, add_cut, forget_rows, live_object, optimum

DOCUMENT: dict[str, Any] = {
    "title": "One field, one crop, two prices",
    "periods": ["year"],
    "settings": {"practical_units": {"on": "no"}},
    "products": [{"product": "cabbage"}],
    "activities": [{"activity": "grow", "input_cost_yuan_per_mu": 100}],
    "occupancy": [{"activity": "grow", "land_class": "field", "period": "year", "land_share": 1}],
    "yields": [{"activity": "grow", "product": "cabbage", "period": "year", "yield_kg_per_mu": 1000}],
    "bases": [{"base": "farm"}],
    "land": [{"base": "farm", "land_class": "field", "area_mu": 10}],
    "demand": [
        {"market": "farm", "product": "cabbage", "tier": 1, "quantity_t": 5, "price_yuan_per_kg": 2},
        {"market": "farm", "product": "cabbage", "tier": 2, "quantity_t": "unlimited", "price_yuan_per_kg": "0.50"},
    ],
}
PROMISED = {"contract": "promised", "market": "farm", "product": "cabbage", "hard": "yes"}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Program:
    return build(county(tmp_path_factory.mktemp("field"), DOCUMENT))


def recourse_of(program: Program) -> Recourse:
    matrix = to_matrix(program)
    return Recourse(matrix, first_columns(program), live_object(matrix))


def planted(program: Program, mu: float) -> np.ndarray:
    """A first stage of so many mu (what is rented follows: all that may be)."""
    numbers = first_columns(program)
    area, rented = (int(program.columns[kind]["column"].iloc[0]) for kind in ("area", "rented"))
    return np.where(numbers == area, mu, np.where(numbers == rented, mu, 0.0))


def slope_of_area(program: Program, slope: np.ndarray) -> float:
    return float(slope[first_columns(program) == program.columns["area"]["column"].iloc[0]][0])


@pytest.mark.parametrize(("mu", "yuan", "per_mu"), [(4, 7600, 1900), (7, 10300, 400), (0, 0, 1900)])
def test_what_a_first_stage_is_worth_and_what_a_mu_more_would_add(mu: float, yuan: float, per_mu: float, field: Program) -> None:
    recourse = recourse_of(field)
    found = recourse.at(planted(field, mu))
    assert found.value == pytest.approx(yuan)
    assert slope_of_area(field, found.slope) == pytest.approx(per_mu)
    sold = field.columns["sell"]["column"]
    assert recourse.values()[sold].sum() == pytest.approx(mu)


def test_a_year_that_is_known_before_planting(field: Program) -> None:
    """All 10 mu: 5 · 2,000 + 5 · 500 − 10 · 100 = 11,500. Bounds are the program's own again after a first stage was held."""
    recourse = recourse_of(field)
    recourse.at(planted(field, 1))
    assert recourse.free() == pytest.approx(11500)
    other = recourse_of(field)
    other.start_as(recourse)
    assert other.free() == pytest.approx(11500)


@pytest.mark.parametrize("promised", [4, 9])
def test_a_first_stage_without_recourse_says_what_it_would_take(promised: float, tmp_path: Path) -> None:
    """Promised tonnes need as many mu: a cut that 4 mu (or 9) keep and less does not."""
    program = build(county(tmp_path, {**DOCUMENT, "contracts": [{**PROMISED, "quantity_t": promised}]}))
    recourse = recourse_of(program)
    found = recourse.at(planted(program, 1))
    assert found.value is None
    assert found.slope @ planted(program, promised) >= found.least - 1e-6
    assert found.slope @ planted(program, promised - 0.01) < found.least
    assert recourse.at(planted(program, promised)).value is not None


def triangle() -> Matrix:
    """Maximise x + y with x + y ≤ 6, x ≤ 4 and y ≤ 5."""
    return Matrix(
        cost=np.array([1.0, 1.0]),
        lower=np.zeros(2),
        upper=np.array([4.0, 5.0]),
        integer=np.zeros(2, dtype=bool),
        sense=np.array(["<="], dtype=object),
        rhs=np.array([6.0]),
        row=np.array([0, 0]),
        column=np.array([0, 1]),
        coefficient=np.array([1.0, 1.0]),
    )


def test_cuts_are_rows_and_those_without_a_price_are_forgotten() -> None:
    """−2x − y ≥ −5: the best is x = 0, y = 5 (5 yuan); a cut −x ≥ −100 never has a price. A row of the program's own stays."""
    live, matrix = live_object(triangle()), triangle()
    assert optimum(live, matrix.lower, matrix.upper)[1] == pytest.approx(6)
    add_cut(live, np.array([-2.0, -1.0]), -5.0)
    add_cut(live, np.array([-1.0, 0.0]), -100.0)
    decided, value = optimum(live, matrix.lower, matrix.upper)
    assert (value, decided.tolist()) == (pytest.approx(5), pytest.approx([0, 5]))
    idle = forget_rows(live, 1, np.zeros(0, dtype=np.int64), 1)
    assert live.getNumRow() == 3
    idle = forget_rows(live, 1, idle, 1)
    assert live.getNumRow() == len(idle) < 3
    assert live.getLp().row_upper_[0] == 6
    assert optimum(live, matrix.lower, matrix.upper)[1] == pytest.approx(5)


def test_a_cut_may_hold_down_a_value() -> None:
    """With y the value and a cut −x − y ≥ −3: the best x + y is 3."""
    live, matrix = live_object(triangle()), triangle()
    add_cut(live, np.array([-1.0]), -3.0, value=1)
    assert optimum(live, matrix.lower, matrix.upper)[1] == pytest.approx(3)


def test_a_program_without_a_bound_on_its_value_promises_anything() -> None:
    """Before every year has a cut the value of the first stage is unlimited; the search then begins within its bounds."""
    matrix = triangle()
    matrix.upper[:] = np.inf
    matrix.coefficient[1] = 0.0
    live = live_object(matrix)
    decided, value = optimum(live, np.zeros(1), np.array([4.0]))
    assert value == np.inf
    assert 0 <= decided[0] <= 4
