"""A county of two equal bases and one good market, small enough to be worked out by hand."""

from __future__ import annotations

from typing import Any


def two_bases(**parts: Any) -> dict[str, Any]:
    """Two equal bases of 10 mu; a mu yields 1 t of cabbage or potato and costs 200 yuan. The town takes 10 t of cabbage at
    2.00 and 10 more at 0.30, and 20 t of potato at 1.20."""
    demand = [("cabbage", 1, 10, "2.00"), ("cabbage", 2, 10, "0.30"), ("potato", 1, 20, "1.20")]
    return {
        "title": "Two bases, one good market",
        "periods": ["year"],
        "products": [{"product": "cabbage"}, {"product": "potato"}],
        "activities": [{"activity": f"grow_{p}", "input_cost_yuan_per_mu": 200} for p in ("cabbage", "potato")],
        "occupancy": [{"activity": f"grow_{p}", "land_class": "field", "period": "*", "land_share": 1} for p in ("cabbage", "potato")],
        "yields": [{"activity": f"grow_{p}", "product": p, "period": "year", "yield_kg_per_mu": 1000} for p in ("cabbage", "potato")],
        "bases": [{"base": "left"}, {"base": "right"}],
        "land": [{"base": b, "land_class": "field", "area_mu": 10, "rent_yuan_per_mu": 0} for b in ("left", "right")],
        "markets": [{"market": "town"}],
        "lanes": [{"from": b, "to": "town", "cost_yuan_per_t": 0} for b in ("left", "right")],
        "demand": [{"market": "town", "product": p, "tier": k, "quantity_t": q, "price_yuan_per_kg": price} for p, k, q, price in demand],
        **parts,
    }
