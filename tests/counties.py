"""Small counties for tests: an instance from a document, and a folder of its own for each."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance

TINY = Path(__file__).parent.parent / "instances" / "tiny"


def county(folder: Path, document: dict[str, Any], *changes: str) -> Instance:
    """The instance of a document (JSON is YAML), loaded from ``folder``, with changes as ``--set`` takes them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return optimizer.load(folder, changes=changes)


def distributed(instance: Instance, solver: str = "highs") -> Distribution:
    """The instance solved and divided."""
    return optimizer.distribute(optimizer.solve(instance, solver))


def with_parts(document: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A copy of a document with some of its top-level keys replaced (None leaves one out)."""
    made = {**copy.deepcopy(document), **parts}
    return {key: value for key, value in made.items() if value is not None}


SPLIT: dict[str, Any] = {
    "name": "test_49_49_2",
    "tree": [
        {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
        {"to": "base", "share": "0.49"},
        {"to": "collective", "share": "0.02"},
    ],
    "household_key": "per_head",
    "costs_borne_by": {"inputs": "base", "labour": "base", "rent": "base", "freight": "company", "fees": "company"},
}

FARM: dict[str, Any] = {
    "title": "One base, one crop, one market",
    "periods": ["early", "late"],
    "split": SPLIT,
    "products": [{"product": "cabbage"}],
    "activities": [{"activity": "grow", "input_cost_yuan_per_mu": 100}],
    "occupancy": [{"activity": "grow", "land_class": "field", "period": "*", "land_share": 1}],
    "activity_use": [{"activity": "grow", "period": "early", "resource": "labour", "use_per_mu": 3}],
    "yields": [{"activity": "grow", "product": "cabbage", "period": "late", "yield_kg_per_mu": 1000}],
    "resources": [{"resource": "labour", "unit": "day", "account": "labour"}],
    "companies": [{"company": "leading"}],
    "villages": [{"village": "upper"}, {"village": "lower"}],
    "bases": [{"base": "hill", "company": "leading", "collective": "upper"}],
    "land": [{"base": "hill", "land_class": "field", "area_mu": 10, "rent_yuan_per_mu": 200}],
    "workers": [{"village": "*", "resource": "labour", "days": 20, "wage_yuan_per_day": 50, "reservation_yuan_per_day": 10}],
    "commutes": [{"village": "*", "base": "hill"}],
    "markets": [{"market": "town"}],
    "lanes": [{"from": "hill", "to": "town", "cost_yuan_per_t": 10}],
    "demand": [{"market": "town", "product": "cabbage", "period": "late", "quantity_t": 10, "price_yuan_per_kg": 2, "fee_share": "0.05"}],
    "households": [
        {"household": "A", "village": "upper", "persons": 1, "workers": 1, "income_before_yuan": 1000},
        {"household": "B", "village": "upper", "persons": 2, "workers": 1, "income_before_yuan": 9000},
        {"household": "C", "village": "lower", "persons": 4, "workers": 2, "income_before_yuan": 3000},
    ],
    "links": [
        {"household": "A", "kind": "dividend", "to": "hill"},
        {"household": "B", "kind": "dividend", "to": "hill"},
        {"household": "C", "kind": "dividend", "to": "hill"},
    ],
}
"""Ten mu at 1 t each, sold at 2 yuan/kg: 20,000 yuan of sales, 30 days of work, 2,000 yuan of rent."""
