"""Like goods as one good: nothing is lost by it, and what tells goods apart keeps them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import county
from rich_county import FREE, rich

from optimizer.program.answer import OPTIMAL
from optimizer.program.arrays import to_matrix
from optimizer.program.matrix import Matrix
from optimizer.program.merging import Merged, merged, shared_out
from optimizer.program.program import Program, build
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL
from optimizer.program.solver import Solver

SMALL = 1e-6
LINK = {"household": "A", "kind": "dividend"}


def made(folder: Path, seed: int = 1, **parts: Any) -> tuple[Program, Matrix, Merged]:
    program = build(county(folder, rich(seed, **parts)))
    matrix = to_matrix(program)
    return program, matrix, merged(program, matrix)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, Matrix, Merged]:
    return made(tmp_path_factory.mktemp("usual"))


def require_same_optimum(program: Program, matrix: Matrix, small: Merged) -> np.ndarray:
    """The merged program is worth what the full one is, and its plan is one of the full program; returns that."""
    full, few = Solver(matrix).solve(), Solver(small.matrix).solve()
    assert (full.status, few.status) == (OPTIMAL, OPTIMAL)
    assert few.objective == pytest.approx(full.objective, rel=1e-9)
    plan = shared_out(program, matrix, small, few.values)
    assert matrix.cost @ plan == pytest.approx(full.objective, rel=1e-9)
    assert (plan >= matrix.lower - SMALL).all()
    assert (plan <= matrix.upper + SMALL).all()
    over = matrix.activity(plan) - matrix.rhs
    assert over[matrix.sense == AT_MOST].max(initial=0.0) <= SMALL
    assert over[matrix.sense == AT_LEAST].min(initial=0.0) >= -SMALL
    assert np.abs(over[matrix.sense == EQUAL]).max(initial=0.0) <= SMALL
    return plan


@pytest.mark.parametrize("seed", [2, 3])
def test_the_merged_program_has_the_same_optimum_and_its_plan_can_be_shared_out(seed: int, tmp_path: Path) -> None:
    program, matrix, small = made(tmp_path, seed)
    assert len(small.matrix.cost) < len(matrix.cost)
    assert len(small.matrix.rhs) < len(matrix.rhs)
    require_same_optimum(program, matrix, small)


def test_goods_are_one_once_they_have_left_their_base(usual: tuple[Program, Matrix, Merged]) -> None:
    """Cabbage of lake and moor is one good at the depot; that of hill too, since what it can do elsewhere it does at home."""
    program, _, small = usual
    sell = program.columns["sell"]
    sell = sell[(sell["product"] == "cabbage") & (sell["market"] == "city") & (sell["period"] == "spring") & (sell["tier"] == 1)]
    assert len(sell) == 3
    assert len(set(small.column[sell["column"]])) == 1
    area = program.columns["area"]["column"]
    assert len(set(small.column[area])) == len(area)


def test_what_leaves_a_node_is_made_of_the_goods_of_all_in_proportion(usual: tuple[Program, Matrix, Merged]) -> None:
    """Where lake has sent twice what moor has, it sells twice as much at the city."""
    program, matrix, small = usual
    plan = require_same_optimum(program, matrix, small)
    went = {"came": ("ship", "to_node"), "sold": ("sell", "market")}
    both = pd.DataFrame({name: at_the_city(program, plan, *of) for name, of in went.items()})
    assert both["sold"].sum() > 1
    shares = both / both.groupby(level=["product", "period"]).transform("sum")
    assert (shares["sold"] < 0.99).any()
    np.testing.assert_allclose(shares["sold"], shares["came"], rtol=1e-6)


def at_the_city(program: Program, plan: np.ndarray, kind: str, place: str) -> pd.Series:
    frame = program.columns[kind]
    frame = frame.assign(t=plan[frame["column"]])[(frame[place] == "city").to_numpy()]
    tonnes = frame.groupby(["product", "period", "origin"])["t"].sum()
    return tonnes[tonnes > SMALL]


def test_a_registered_base_is_not_merged_with_one_that_is_not(tmp_path: Path) -> None:
    """The city takes cabbage of hill and lake only: theirs stays one good, moor's is another wherever it lies."""
    registered = [{"base": b, "market": "city", "product": "*"} for b in ("hill", "lake")]
    registered.append({"base": "moor", "market": "city", "product": "potato"})
    markets = [{"market": "town"}, {"market": "city", "registered_only": "yes"}]
    program, matrix, small = made(tmp_path, markets=markets, registrations=registered)
    sell = program.columns["sell"]
    cabbage = sell[(sell["product"] == "cabbage") & (sell["period"] == "spring") & (sell["tier"] == 1)].set_index(["market", "origin"])
    at = {key: int(small.column[number]) for key, number in cabbage["column"].items()}
    assert ("city", "moor") not in at
    assert at["city", "hill"] == at["city", "lake"]
    assert at["town", "moor"] != at["town", "lake"]
    require_same_optimum(program, matrix, small)


@pytest.mark.parametrize(
    "parts",
    [
        {"rules": [{"name": "hill_first", "rule": "linear", "sense": "at_most", "quantity": 3, "unit": "t"}],
         "rule_terms": [{"name": "hill_first", "decision": "sell", "origin": "hill", "market": "city", "coefficient": 1}]},
        {"contracts": [{"contract": "c", "market": "city", "base": "lake", "quantity_t": 2, "shortfall_yuan_per_kg": 1}]},
        {"settings": {"participation": {"company": "none", "base": 0}}},
        {"settings": {**FREE, "objective": {"maximise": "household_gain"}}, "links": [{**LINK, "to": "hill"}]},
    ],
    ids=["a rule", "a contract", "floors of participation", "an objective that pays for one"],
)  # fmt: skip
def test_what_speaks_of_one_base_keeps_all_goods_apart(parts: dict[str, Any], tmp_path: Path) -> None:
    program, matrix, small = made(tmp_path, **parts)
    assert small.matrix is matrix
    np.testing.assert_array_equal(small.column, np.arange(len(matrix.cost)))
    require_same_optimum(program, matrix, small)
