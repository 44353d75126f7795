"""The county of the audit's tests: two bases, two villages, six months, ties of all four kinds, and one clean year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from counties import county, with_parts

import optimizer
from optimizer.audit.result import Result, read_result
from optimizer.audit.synthetic import write_year
from optimizer.instance.instance import Instance

SEED = 7
RESULT = "result"

SPLIT: dict[str, Any] = {
    "name": "audit_49_49_2",
    "valid_from": "2020-01-01",
    "tree": [
        {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
        {"to": "base", "share": "0.49", "of_which": [{"to": "households", "share": "1/7", "link": "share"}]},
        {"to": "collective", "share": "0.02"},
    ],
    "household_key": "per_head",
    "costs_borne_by": {"inputs": "base", "labour": "base", "rent": "base", "freight": "company", "fees": "company"},
}
"""Dividends from the company's part, a seventh of the base's part for those who hold shares in it."""

HOUSEHOLDS = 24


def _households() -> list[dict[str, Any]]:
    persons = (4, 3, 5, 2, 6, 4, 3, 1, 5, 4, 2, 7)
    return [
        {
            "household": f"H{i:02d}",
            "village": "upper" if i <= HOUSEHOLDS // 2 else "lower",
            "persons": persons[i % len(persons)],
            "workers": (2, 1, 0, 2)[i % 4] if persons[i % len(persons)] > 1 else 0,
            "income_before_yuan": persons[i % len(persons)] * (2400 + 340 * (i % 9)),
            "registered_on": f"201{4 + i % 4}-0{1 + i % 9}-1{i % 10}",
        }
        for i in range(1, HOUSEHOLDS + 1)
    ]


def _links(households: list[dict[str, Any]]) -> list[dict[str, Any]]:
    links: list[dict[str, Any]] = []
    for number, household in enumerate(households):
        name, base = household["household"], "hill" if household["village"] == "upper" else "valley"
        links.append({"household": name, "kind": "dividend", "to": base})
        if household["workers"]:
            links.append({"household": name, "kind": "wage", "to": base, "weight": household["workers"]})
        if number % 2 == 0:
            links.append({"household": name, "kind": "rent", "to": base, "area_mu": 3 + number % 4, "forgone_yuan_per_mu": 150})
        if number % 3 != 2:
            links.append({"household": name, "kind": "share", "to": base, "weight": 2 + number % 5})
    return links


def document() -> dict[str, Any]:
    """Cabbage of five months, radish of three; a near market and a far one; every month something is sold."""
    months = [f"2020-{month:02d}" for month in range(1, 7)]
    cabbage = [{"activity": f"cabbage_{i}", "input_cost_yuan_per_mu": 400} for i in range(6)]
    households = _households()
    return {
        "title": "Two bases for the audit",
        "periods": {"start": "2020-01", "count": 6, "step": "month"},
        "sets": {"first_quarter": months[:3], "second_quarter": months[3:]},
        "settings": {"poverty_line_year": 2020, "participation": {"company": "none", "base": "none"}},
        "split": SPLIT,
        "products": [{"product": "cabbage"}, {"product": "radish"}],
        "activities": [*cabbage, {"activity": "radish", "input_cost_yuan_per_mu": 300}],
        "occupancy": [
            *({"activity": f"cabbage_{i}", "land_class": "field", "period": month, "land_share": 1} for i, month in enumerate(months)),
            {"activity": "radish", "land_class": "terrace", "period": "*", "land_share": 1},
        ],
        "activity_use": [
            *({"activity": f"cabbage_{i}", "period": month, "resource": "labour", "use_per_mu": 3} for i, month in enumerate(months)),
            {"activity": "radish", "period": "*", "resource": "labour", "use_per_mu": 1},
        ],
        "yields": [
            *({"activity": f"cabbage_{i}", "product": "cabbage", "period": p, "yield_kg_per_mu": 2500} for i, p in enumerate(months)),
            *({"activity": "radish", "product": "radish", "period": p, "yield_kg_per_mu": 900} for p in months[1::2]),
        ],
        "resources": [{"resource": "labour", "unit": "day", "account": "labour"}],
        "companies": [{"company": "north"}, {"company": "south"}],
        "villages": [{"village": "upper"}, {"village": "lower"}],
        "bases": [
            {"base": "hill", "company": "north", "collective": "upper"},
            {"base": "valley", "company": "south", "collective": "lower"},
        ],
        "land": [
            {"base": "hill", "land_class": "field", "area_mu": 40, "rent_yuan_per_mu": 400},
            {"base": "hill", "land_class": "terrace", "area_mu": 10, "rent_yuan_per_mu": 400},
            {"base": "valley", "land_class": "field", "area_mu": 50, "rent_yuan_per_mu": 500},
            {"base": "valley", "land_class": "terrace", "area_mu": 10, "rent_yuan_per_mu": 500},
        ],
        "workers": [
            {"village": "upper", "resource": "labour", "days": 190, "wage_yuan_per_day": 80, "reservation_yuan_per_day": 40},
            {"village": "lower", "resource": "labour", "days": 200, "wage_yuan_per_day": 85, "reservation_yuan_per_day": 40},
        ],
        "commutes": [{"village": "upper", "base": "hill"}, {"village": "lower", "base": "valley"}],
        "markets": [{"market": "near"}, {"market": "far"}],
        "lanes": [
            {"from": base, "to": market, "cost_yuan_per_t": cost}
            for base, market, cost in (("hill", "near", 40), ("hill", "far", 140), ("valley", "near", 30), ("valley", "far", 150))
        ],
        "demand": [
            *({"market": "near", "product": "cabbage", "period": month, "quantity_t": 60 + 7 * i, "price_yuan_per_kg": f"1.{20 + 5 * i}",
               "fee_share": 0.04} for i, month in enumerate(months)),
            {"market": "far", "product": "cabbage", "period": "*", "quantity_t": 70, "price_yuan_per_kg": "1.37", "fee_share": 0.04},
            {"market": "near", "product": "radish", "period": "*", "quantity_t": 20, "price_yuan_per_kg": "1.15", "fee_share": 0.04},
        ],
        "households": households,
        "links": _links(households),
        "poverty_lines": [{"year": 2020, "line_yuan": 4000}],
    }  # fmt: skip


def half_by_need() -> dict[str, Any]:
    """The same county with half of every pot divided by need."""
    return with_parts(document(), split={**SPLIT, "household_key": {"per_head": "1/2", "need": "1/2"}})


def clean_year(folder: Path, described: dict[str, Any] | None = None) -> tuple[Instance, Result]:
    """Write the county, its result (in ``folder/result``), register and year of payments into ``folder``."""
    instance = county(folder, described or document())
    optimizer.report(optimizer.distribute(optimizer.solve(instance)), folder / RESULT)
    result = read_result(folder / RESULT)
    write_year(instance, result, folder, SEED)
    return instance, result
