"""The objectives on farms small enough to be worked out by hand; the working stands beside each figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from counties import FARM, SPLIT, county, distributed, with_parts

import optimizer
from optimizer.household.figures import objectives
from optimizer.program.plan import Plan

EXACT = {"practical_units": {"on": "no"}}

TIES = [
    {"household": "A", "kind": "dividend", "to": "hill"},
    {"household": "A", "kind": "wage", "to": "hill"},
    {"household": "B", "kind": "rent", "to": "hill", "area_mu": 4, "forgone_yuan_per_mu": 150},
]
FARM_OF_FEW_TIES = with_parts(FARM, links=TIES)
"""Thirty days are needed and each village offers twenty; only the upper one's days reach a household."""


def value(folder: Path, document: dict[str, Any], objective: str, *changes: str) -> float:
    document = with_parts(document, settings={**EXACT, "objective": {"maximise": objective}})
    return optimizer.solve(county(folder, document, *changes)).objective_yuan


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        # 10 t at 2 yuan/kg
        ("sales", 20_000),
        # 20,000 − inputs 1,000 − labour 1,500 − rent 2,000 − freight 100 − fees 1,000
        ("margin", 14_400),
        # the pot 3,920 + 20 days of upper at 50 − 10 each + 4 mu at 200 − 150 each; days of lower reach nobody
        ("household_gain", 3_920 + 800 + 200),
        # margin + wages 1,000 + rent 800 of linked households − forgone 200 + 600; the dividend is in the margin already
        ("county_income", 14_400 + 1_000 + 800 - 800),
    ],
)
def test_objective_of_the_farm(tmp_path: Path, objective: str, expected: float) -> None:
    assert value(tmp_path, FARM_OF_FEW_TIES, objective) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("objective", ["sales", "margin", "household_gain", "county_income"])
def test_the_ledger_says_the_same(tmp_path: Path, objective: str) -> None:
    document = with_parts(FARM_OF_FEW_TIES, settings={"objective": {"maximise": objective}})
    found = distributed(county(tmp_path, document))
    assert objectives(found)[objective] == pytest.approx(found.plan.objective_yuan, abs=1e-6)


TWO_TIERS = [
    {"market": "town", "product": "cabbage", "period": "late", "tier": 1, "quantity_t": 2, "price_yuan_per_kg": 2},
    {"market": "town", "product": "cabbage", "period": "late", "tier": 2, "quantity_t": 10, "price_yuan_per_kg": "0.5"},
]


def test_sales_stop_where_the_base_would_lose(tmp_path: Path) -> None:
    # A tonne costs the base 100 + 150 + 200 = 450 yuan and brings it 980 in the first tier, 245 in the second:
    # 2 · 980 + 245 (x − 2) = 450 x at x = 294/41 t, where sales are 4,000 + 500 (294/41 − 2) = 270,000/41
    assert value(tmp_path, with_parts(FARM, demand=TWO_TIERS), "sales") == pytest.approx(270_000 / 41, rel=1e-9)


def test_without_a_floor_sales_go_on(tmp_path: Path) -> None:
    document = with_parts(FARM, demand=TWO_TIERS)
    assert value(tmp_path, document, "sales", "settings.participation.base=none") == pytest.approx(4_000 + 8 * 500, rel=1e-9)


# --- the least gain, then the next


def three_bases(near_mu: float = 1) -> dict[str, Any]:
    """Three bases that share a market of 10 t at 1 yuan/kg; each has one household of one head, who gets 19.6 %, that is
    196 yuan for every tonne of its base. Land: near 1 mu, middle 3, far 9. Freight is dearest from middle."""
    bases = ("near", "middle", "far")
    return {
        "title": "Three villages",
        "periods": ["year"],
        "settings": {"objective": {"maximise": "least_household_gain"}},
        "split": SPLIT,
        "products": [{"product": "cabbage"}],
        "activities": [{"activity": "grow"}],
        "occupancy": [{"activity": "grow", "land_class": "field", "period": "year", "land_share": 1}],
        "yields": [{"activity": "grow", "product": "cabbage", "period": "year", "yield_kg_per_mu": 1000}],
        "companies": [{"company": "leading"}],
        "villages": [{"village": f"{b}_village"} for b in bases],
        "bases": [{"base": b, "company": "leading", "collective": f"{b}_village"} for b in bases],
        "land": [{"base": b, "land_class": "field", "area_mu": mu} for b, mu in zip(bases, (near_mu, 3, 9), strict=True)],
        "markets": [{"market": "town"}],
        "lanes": [{"from": b, "to": "town", "cost_yuan_per_t": c} for b, c in zip(bases, (10, 90, 20), strict=True)],
        "demand": [{"market": "town", "product": "cabbage", "quantity_t": 10, "price_yuan_per_kg": 1}],
        "households": [{"household": f"of_{b}", "village": f"{b}_village", "persons": 1} for b in bases],
        "links": [{"household": f"of_{b}", "kind": "dividend", "to": b} for b in bases],
    }


def tonnes(plan: Plan) -> dict[str, float]:
    return plan.decisions("sell").groupby("origin")["value"].sum().to_dict()


def test_the_least_gain_is_that_of_the_worst_village(tmp_path: Path) -> None:
    assert optimizer.solve(county(tmp_path, three_bases())).objective_yuan == pytest.approx(196, abs=1e-6)


def test_the_next_village_is_raised_when_the_worst_is_stuck(tmp_path: Path) -> None:
    # near is stuck at its 1 mu; middle, which margin alone would leave at 1 t, is raised to its 3 mu; far takes the rest
    assert tonnes(optimizer.solve(county(tmp_path, three_bases()))) == pytest.approx({"near": 1, "middle": 3, "far": 6}, abs=2e-3)


def test_margin_alone_would_not_raise_it(tmp_path: Path) -> None:
    found = tonnes(optimizer.solve(county(tmp_path, three_bases(), "settings.objective.maximise=margin")))
    assert found == pytest.approx({"near": 1, "far": 9}, abs=2e-3)


def test_villages_that_compete_share_alike(tmp_path: Path) -> None:
    land = [{"base": b, "land_class": "field", "area_mu": mu} for b, mu in (("near", 1), ("middle", 9), ("far", 9))]
    found = tonnes(optimizer.solve(county(tmp_path, with_parts(three_bases(), land=land))))
    assert found == pytest.approx({"near": 1, "middle": 4.5, "far": 4.5}, abs=2e-3)


def test_gain_is_counted_per_linked_head(tmp_path: Path) -> None:
    # two heads in middle need twice the tonnes of one in far: 2 x + x = 9 beside near's 1
    document = three_bases()
    document["land"][1]["area_mu"] = 9
    document["households"][1]["persons"] = 2
    found = tonnes(optimizer.solve(county(tmp_path, document)))
    assert found == pytest.approx({"near": 1, "middle": 6, "far": 3}, abs=2e-3)


def test_a_village_that_can_gain_nothing_is_named_and_the_others_still_raised(tmp_path: Path) -> None:
    plan = optimizer.solve(county(tmp_path, three_bases(near_mu=0)))
    assert plan.objective_yuan == pytest.approx(0, abs=1e-6)
    assert tonnes(plan) == pytest.approx({"middle": 3, "far": 7}, abs=2e-3)
    assert [note for note in plan.notes if "near_village" in note]
