"""Drawn years have the distributions and correlations that were asked for, and the same seed draws the same ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest

from optimizer.instance.draws import drawn, factors_of, is_possible, symmetric_root
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import scenarios

Farm = Callable[..., Instance]
UNCERTAIN = """uncertainties:
  - {uncertainty: weather, figure: yield, distribution: normal, mean: 1, sd: 0.15}
  - {uncertainty: prices, figure: price, distribution: lognormal, mean: 1.1, sd: 0.3}
  - {uncertainty: room, figure: capacity, product: cabbage, distribution: uniform, low: 0.5, high: 1.1}
  - {uncertainty: fuel, figure: freight, distribution: triangular, low: 0.9, mode: 1, high: 1.4}
  - {uncertainty: hail, figure: yield, product: cabbage, distribution: event, low: 0.2, chance: 0.1}
"""
CORRELATED = "correlations:\n  - {one: weather, other: prices, correlation: -0.6}\n"
MANY = 20_000


@pytest.fixture
def uncertain(farm: Farm) -> Instance:
    return farm(append={"instance.yaml": UNCERTAIN + CORRELATED})


def by_name(instance: Instance, count: int, seed: int) -> pd.DataFrame:
    """One column of factors per uncertainty."""
    factors = drawn(instance, count, seed)["factor"].to_numpy().reshape(count, -1)
    return pd.DataFrame(factors, columns=list(instance.table("uncertainties")["uncertainty"]))


def test_moments_of_a_large_draw(uncertain: Instance) -> None:
    """Means and standard deviations follow from the distributions: uniform (low + high) / 2 and width / sqrt(12);
    triangular (a + c + b) / 3 = 1.1 and sqrt((a2 + b2 + c2 - ab - ac - bc) / 18) = sqrt(0.21 / 18);
    event 1 - 0.1 x 0.8 = 0.92 and 0.8 x sqrt(0.1 x 0.9) = 0.24."""
    expected = {
        "weather": (1.0, 0.15),
        "prices": (1.1, 0.3),
        "room": (0.8, 0.6 / 12**0.5),
        "fuel": (1.1, (0.21 / 18) ** 0.5),
        "hail": (0.92, 0.24),
    }
    draw = by_name(uncertain, MANY, 7)
    for name, (mean, sd) in expected.items():
        assert draw[name].mean() == pytest.approx(mean, abs=5 * sd / MANY**0.5), name
        assert draw[name].std() == pytest.approx(sd, rel=0.03), name


def test_correlations_of_a_large_draw(uncertain: Instance) -> None:
    """Weather and the logarithm of prices are both normal, so that their correlation is the one stated; the rest have none."""
    draw = by_name(uncertain, MANY, 7).assign(prices=lambda frame: np.log(frame["prices"]))
    found = draw.corr()
    assert found.loc["weather", "prices"] == pytest.approx(-0.6, abs=0.02)
    assert found.loc["weather", ["room", "fuel", "hail"]].abs().max() < 0.03


def test_same_seed_same_years(uncertain: Instance) -> None:
    pd.testing.assert_frame_equal(drawn(uncertain, 20, 3), drawn(uncertain, 20, 3))
    pd.testing.assert_frame_equal(drawn(uncertain, 20, 3).head(25), drawn(uncertain, 5, 3))
    assert not drawn(uncertain, 20, 3).equals(drawn(uncertain, 20, 4))


def test_a_draw_is_shaped_like_the_table(uncertain: Instance) -> None:
    draw = drawn(uncertain, 2, 1)
    columns = [column for column in uncertain.table("scenario_factors").columns if column not in ("_row", "source")]
    assert list(draw.columns) == columns
    assert list(draw["scenario"].unique()) == ["drawn_001", "drawn_002"]
    assert (draw["factor"] >= 0).all()


def test_drawn_years_are_equally_likely(farm: Farm) -> None:
    instance = farm(append={"instance.yaml": UNCERTAIN}, set=("settings.risk.draw=40", "settings.risk.seed=5"))
    found = scenarios(instance)
    assert [one.probability for one in found] == [Fraction(1, 40)] * 40
    draw = by_name(instance, 40, 5)
    yields = np.array([one.instance.table("yields")["yield_kg_per_mu"] for one in found])
    assert yields == pytest.approx(np.column_stack([4000 * draw["weather"] * draw["hail"], 2000 * draw["weather"]]))


@pytest.mark.parametrize(
    ("row", "below", "factor"),
    [
        # quantiles by hand
        ({"distribution": "uniform", "low": 0.5, "high": 1.5}, 0.25, 0.75),
        ({"distribution": "triangular", "low": 0.0, "mode": 1.0, "high": 2.0}, 0.125, 0.5),  # below x: x2 / 2
        ({"distribution": "triangular", "low": 0.0, "mode": 1.0, "high": 2.0}, 0.875, 1.5),
        ({"distribution": "triangular", "low": 0.8, "mode": 0.8, "high": 0.8}, 0.3, 0.8),
        ({"distribution": "normal", "mean": 1.0, "sd": 0.2}, NormalDist().cdf(1.0), 1.2),
        ({"distribution": "normal", "mean": 1.0, "sd": 1.0}, NormalDist().cdf(-3.0), 0.0),  # never below 0
        ({"distribution": "event", "low": 0.3, "chance": 0.2}, 0.19, 0.3),
        ({"distribution": "event", "low": 0.3, "chance": 0.2}, 0.21, 1.0),
        ({"distribution": "event", "low": 1.5, "chance": 0.2}, 0.79, 1.0),  # what raises a figure comes with high numbers
        ({"distribution": "event", "low": 1.5, "chance": 0.2}, 0.81, 1.5),
        # mean 1, sd 1: the logarithm has variance ln 2 and mean -ln 2 / 2, so that the median is 1 / sqrt(2)
        ({"distribution": "lognormal", "mean": 1.0, "sd": 1.0}, 0.5, 0.707107),
    ],
)
def test_quantiles(row: dict[str, object], below: float, factor: float) -> None:
    assert factors_of(row, np.array([NormalDist().inv_cdf(below)]))[0] == pytest.approx(factor, abs=1e-6)


def test_which_correlations_are_possible() -> None:
    """Of three things, two pairs at 0.9 force the third to at least 2 x 0.81 - 1 = 0.62."""

    def matrix(third: float) -> np.ndarray:
        return np.array([[1, 0.9, 0.9], [0.9, 1, third], [0.9, third, 1]])

    assert is_possible(matrix(0.62))
    assert not is_possible(matrix(0.61))
    root = symmetric_root(matrix(0.8))
    assert root @ root == pytest.approx(matrix(0.8))
    assert root == pytest.approx(root.T)
