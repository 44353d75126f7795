"""What Weining's shadow prices say, held against plans decided anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import optimizer
from optimizer.program.plan import Plan
from optimizer.program.valuing import OPTIMAL, live_object

ROOT = Path(__file__).parent.parent
MOST_STEP = 10.0
"""Units that a right-hand side is moved at most."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def plan() -> Plan:
    return optimizer.solve(optimizer.load(ROOT / "instances" / "weining"))


@pytest.fixture(scope="module")
def best(plan: Plan) -> Callable[[int, float], float | None]:
    """The optimum with the right-hand side of one row elsewhere, by another object than the prices come from."""
    matrix = plan.linear
    live = live_object(matrix)
    assert plan.basis is not None
    live.setBasis(plan.basis.to_highs())

    def solved(row: int, rhs: float) -> float | None:
        least, most = {"<=": (-np.inf, rhs), ">=": (rhs, np.inf), "=": (rhs, rhs)}[matrix.sense[row]]
        live.changeRowBounds(row, least, most)
        live.run()
        found = -live.getInfo().objective_function_value if live.getModelStatus() == OPTIMAL else None
        stands = float(matrix.rhs[row])
        least, most = {"<=": (-np.inf, stands), ">=": (stands, np.inf), "=": (stands, stands)}[matrix.sense[row]]
        live.changeRowBounds(row, least, most)
        return found

    return solved


def chosen(prices: pd.DataFrame) -> list[int]:
    """The 50 largest prices and 200 others at random."""
    largest = prices["value_yuan_per_unit"].abs().nlargest(50).index
    return [*largest, *np.random.default_rng(6).choice(prices.index.difference(largest), 200, replace=False)]


def test_prices_are_what_plans_decided_anew_differ_by(plan: Plan, best: Callable[[int, float], float | None]) -> None:
    prices = plan.shadow_prices
    stands = best(0, float(prices.loc[0, "right_hand_side"]))
    assert stands is not None
    for row in chosen(prices):
        line = prices.loc[row]
        for value, until, sign in (("value_yuan_per_unit", "holds_to", 1), ("value_of_less_yuan_per_unit", "holds_from", -1)):
            rhs = line["right_hand_side"]
            if np.isnan(line[value]):
                assert best(row, rhs + sign * 0.1) is None
                continue
            room = MOST_STEP if np.isnan(line[until]) else abs(line[until] - rhs)
            step = sign * min(0.9 * room, MOST_STEP)
            there = best(row, rhs + step)
            assert there is not None, line
            assert there - stands == pytest.approx(line[value] * step, rel=1e-6, abs=1e-2), (line, step)


def test_the_table_says_where_one_more_and_one_less_differ(plan: Plan) -> None:
    prices = plan.shadow_prices
    more, less = prices["value_yuan_per_unit"], prices["value_of_less_yuan_per_unit"]
    differ = (more.isna() != less.isna()) | ((more - less).abs() > 1e-5 * (1 + less.abs()))
    assert prices.loc[differ, "one_sided"].all()
    assert (more[more.notna() & less.notna()] <= less[more.notna() & less.notna()] + 1e-5).all()
