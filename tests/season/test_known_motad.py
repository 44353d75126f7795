"""Mean absolute deviation (MOTAD): published data and a case worked by hand.

The expected figures of the two published models were found once by solving them as printed, outside this project.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from deciding import Document, Years, decided, years_of
from farmers import GROSS_MARGINS, bold_and_safe, five_stocks, known, vegetables

from optimizer.program.risk import deviation

NEAR = 1e-3
"""Yuan by which a program's figure may differ from one printed with four decimals."""

Build = Callable[[str], Years]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """The programs of each document, built once for all its cases."""
    documents: dict[str, Callable[[], Document]] = {
        "vegetables": vegetables, "stocks": five_stocks, "bold": bold_and_safe,
    }  # fmt: skip
    return cache(lambda name: years_of(tmp_path_factory.mktemp(name), documents[name]()))


VEGETABLES: dict[str, tuple[dict[str, Any], tuple[float, float, float, float], float, float]] = {
    # settings, acres of carrots, celery, cucumbers and peppers, mean, mean absolute deviation
    #
    # Without regard to risk the plan of Hazell's first column: 27.45, 100 and 72.55 acres. It brings 77 996 dollars by the rounded
    # means and 77 958 by those of the six years.
    "mean": ({"measure": "expected"}, (0, 1400 / 51, 100, 3700 / 51), 77_958.1699, 13_466.4488),
    "weight_1_2": ({"measure": "deviation", "weight": "1/2"}, (0, 1400 / 51, 100, 3700 / 51), 77_958.1699, 13_466.4488),
    "weight_1": ({"measure": "deviation", "weight": 1}, (19.3664, 28.4851, 80.6336, 71.5149), 77_282.1497, 12_508.7281),
    "weight_1_5": ({"measure": "deviation", "weight": "1.5"}, (33.2656, 28.0514, 81.4380, 57.2449), 73_471.7481, 9_228.6504),
    "weight_2": ({"measure": "deviation", "weight": 2}, (72.3717, 26.8314, 83.7014, 17.0955), 62_751.0067, 2_731.5763),
    "limit_10000": ({"measure": "deviation", "limit_yuan": 10_000}, (29.9971, 28.1534, 81.2489, 60.6007), 74_367.8098, 10_000),
    "limit_5000": ({"measure": "deviation", "limit_yuan": 5_000}, (58.7180, 27.2573, 82.9112, 31.1135), 66_494.1045, 5_000),
}


@pytest.mark.parametrize("case", VEGETABLES)
def test_vegetables(case: str, built: Build) -> None:
    risk, acres, mean, spread = VEGETABLES[case]
    found = decided(built("vegetables"), risk)
    assert [found.areas.get(f"grow_{crop}", 0) for crop in ("carrots", "celery", "cucumbers", "peppers")] == pytest.approx(acres, abs=1e-4)
    assert found.expected == pytest.approx(mean, abs=NEAR)
    assert found.deviation == pytest.approx(spread, abs=NEAR)


def test_the_years_are_those_behind_the_known_problem() -> None:
    """The means of the six years, rounded, are the gross margins of tests/known/four_vegetables."""
    means = [round(sum(year[crop] for year in GROSS_MARGINS) / 6) for crop in range(4)]
    assert means == [round(1000 * float(row["price_yuan_per_kg"])) for row in known("four_vegetables")["demand"]]


def test_less_risk_costs_more_and_more(built: Build) -> None:
    """The frontier of mean and deviation is concave: the plan half-way between two plans' deviations earns more than their mean."""
    means = {}
    for limit in (4_000, 7_000, 10_000):
        found = decided(built("vegetables"), {"measure": "deviation", "limit_yuan": limit})
        assert found.deviation == pytest.approx(limit, abs=NEAR)
        means[limit] = found.expected
    assert means[10_000] > means[7_000] > means[4_000]
    assert means[7_000] - means[4_000] > means[10_000] - means[7_000]


STOCKS: dict[str, tuple[str, tuple[float, ...], float, float]] = {
    # weight (1 / λ), thousands of dollars in each stock, mean, deviation
    "lambda_4": ("1/4", (0, 5.114181, 0, 2.617850, 2.267969), 111.7122, 60.0197),
    "lambda_1": ("1", (0, 1.459544, 5.894806, 1.568714, 1.076936), 98.0545, 17.9703),
    "lambda_8": ("1/8", (0, 9.049774, 0, 0.950226, 0), 119.0498, 101.6591),
}


@pytest.mark.parametrize("case", STOCKS)
def test_five_stocks(case: str, built: Build) -> None:
    weight, held, mean, spread = STOCKS[case]
    found = decided(built("stocks"), {"measure": "deviation", "weight": weight})
    assert [found.areas.get(f"stock_{number}", 0) for number in range(1, 6)] == pytest.approx(held, abs=1e-4)
    assert found.expected == pytest.approx(mean, abs=NEAR)
    assert found.deviation == pytest.approx(spread, abs=NEAR)


BOLD: dict[str, tuple[dict[str, Any], float]] = {
    # A mu of the bold crop has a mean of 150 and a deviation of (250 + 100 + 100 + 250) / 4 = 175; one of the safe crop 100 and 0:
    # 150 − 175 w is 100 at w = 2/7, and 175 x ≤ 700 for 4 mu.
    "below_2_7": ({"weight": "0.28"}, 10),
    "above_2_7": ({"weight": "0.29"}, 0),
    "limit": ({"limit_yuan": 700}, 4),
}


@pytest.mark.parametrize("case", BOLD)
def test_bold_or_safe(case: str, built: Build) -> None:
    risk, bold = BOLD[case]
    found = decided(built("bold"), {"measure": "deviation", **risk})
    assert found.areas.get("bold", 0) == pytest.approx(bold, abs=1e-6)
    assert found.deviation == pytest.approx(175 * bold, abs=NEAR)


def test_deviation_of_a_list() -> None:
    """By hand: the mean of 0, 10 and 40 with probabilities 1/2, 1/4 and 1/4 is 12.5, the deviation 6.25 + 0.625 + 6.875."""
    assert deviation([0, 10, 40], [0.5, 0.25, 0.25]) == pytest.approx(13.75)


def test_unequal_probabilities(built: Build) -> None:
    """The bold crop with 1/2, 1/6, 1/6 and 1/6: mean 233 1/3, deviation 1/2 · 166 2/3 + 1/6 · (16 2/3 + 183 1/3 + 333 1/3) =
    172 2/9 a mu. At most 500: 90 / 31 mu."""
    years = built("bold")
    assert list(years.programs) == ["best", "fair", "poor", "worst"]
    found = decided(replace(years, probabilities=(1 / 2, 1 / 6, 1 / 6, 1 / 6)), {"measure": "deviation", "limit_yuan": 500})
    assert found.areas["bold"] == pytest.approx(90 / 31, rel=1e-6)
    assert found.expected == pytest.approx(1_000 + 90 / 31 * (133 + 1 / 3), abs=NEAR)
