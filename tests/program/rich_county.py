"""A random county with most of what a program can hold, made to be changed from year to year; and how two programs are held against
each other."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from counties import FARM, SPLIT, county, with_parts

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario, of_factors
from optimizer.program.live import Live
from optimizer.program.program import Program

Document = dict[str, Any]
PERIODS, BASES, MARKETS = ["spring", "summer", "autumn"], ["hill", "lake", "moor"], ["town", "city"]
CROPS = {"cabbage": "spring", "radish": "summer", "potato": "autumn"}
FREE = {"participation": {"company": "none", "base": "none"}}


def rich(seed: int, **parts: Any) -> Document:
    """Three bases that send three crops to a depot, which stores them and sends them on to two markets (one base also sends
    straight to the town); pigs eat radish, city demand is shared, goods can be bought in at the depot."""
    dice = np.random.default_rng(seed)

    def between(low: int, high: int) -> int:
        return int(dice.integers(low, high + 1))

    demand = []
    for market in MARKETS:
        for crop in CROPS:
            fen = between(100, 240)
            for tier, price in ((1, fen), (2, fen * between(4, 8) // 10)):
                row = {"market": market, "product": crop, "tier": tier, "quantity_t": between(4, 14), "fee_share": "0.05"}
                demand.append({**row, "price_yuan_per_kg": f"{price / 100:.2f}"})
    lanes = [{"from": b, "to": "depot", "cost_yuan_per_t": between(10, 60), "capacity_t": between(20, 60)} for b in BASES]
    onward = {"from": "depot", "arrives_share": "0.95", "shared_capacity_t": 45}
    lanes += [{**onward, "to": m, "cost_yuan_per_t": between(10, 90)} for m in MARKETS]
    lanes.append({"from": "hill", "to": "town", "cost_yuan_per_t": between(60, 150), "distance_km": 40})
    landed = [f"grow_{c}" for c in CROPS]
    document = with_parts(
        FARM,
        periods=PERIODS,
        sets={"greens": ["cabbage", "radish"]},
        split={**SPLIT, "costs_borne_by": {**SPLIT["costs_borne_by"], "storage": "company"}},
        settings=FREE,
        products=[{"product": p} for p in (*CROPS, "pork")],
        activities=[{"activity": a, "input_cost_yuan_per_mu": between(50, 300)} for a in (*landed, "pigs")],
        occupancy=[{"activity": a, "land_class": "field", "period": p, "land_share": 1} for a, p in zip(landed, PERIODS, strict=True)],
        activity_use=[{"activity": "*", "period": "spring", "resource": "labour", "use_per_mu": between(1, 2)}],
        bases=[{"base": b, "company": "leading", "collective": "upper"} for b in BASES],
        land=[{"base": b, "land_class": "field", "area_mu": between(5, 15), "rent_yuan_per_mu": 100} for b in BASES],
        workers=[{"village": "*", "resource": "labour", "days": 60, "wage_yuan_per_day": 50, "reservation_yuan_per_day": 10}],
        commutes=[{"village": "*", "base": "*"}],
        hubs=[{"hub": "depot"}],
        markets=[{"market": m} for m in MARKETS],
        lanes=lanes,
        storage=[{"node": "depot", "product": "*", "keeps_share": "0.9", "cost_yuan_per_t": 20, "closing_max_t": 0}],
        yields=[
            *({"activity": f"grow_{c}", "product": c, "period": p, "yield_kg_per_mu": between(1500, 3000)} for c, p in CROPS.items()),
            {"activity": "pigs", "product": "pork", "period": "autumn", "yield_kg_per_mu": 300},
            {"activity": "pigs", "product": "radish", "period": "summer", "yield_kg_per_mu": -900},
        ],
        demand=[*demand, {"market": "town", "product": "pork", "quantity_t": 2, "price_yuan_per_kg": 18}],
        group_demand=[
            {"market": "city", "product": "greens", "tier": tier, "quantity_t": 12, "price_cut_yuan_per_kg": cut}
            for tier, cut in ((1, 0), (2, "0.30"))
        ],
        absorption=[{"market": "town", "product": c, "absorbs_t": 40} for c in CROPS],
        purchases=[{"node": "depot", "product": "potato", "quantity_t": 5, "price_yuan_per_kg": "0.60", "buyer": "leading"}],
        rules=[{"name": "careful", "rule": "safety_share", "of": "cabbage", "within": "town", "share": 0.4}],
    )  # fmt: skip
    return with_parts(document, **parts)


def year(instance: Instance, *factors: Document) -> Instance:
    """The county in a year of these factors (rows of table scenario_factors without the year's name)."""
    return of_factors(instance, "", pd.DataFrame(list(factors)))


def possible_years(folder: Path, seed: int, **parts: Any) -> list[Scenario]:
    """Three possible years of a rich county: everything usual, a bad one and a good one, with figures of their own."""
    instance, dice = county(folder, rich(seed, **parts)), np.random.default_rng(seed + 1)
    found = [Scenario("usual", "usual", Fraction(1, 2), instance)]
    for name, share, low, high in (("bad", Fraction(1, 3), 0.4, 1.0), ("good", Fraction(1, 6), 0.9, 1.6)):
        factors = [{"figure": "yield", "product": c, "factor": dice.uniform(low, high)} for c in CROPS]
        factors += [{"figure": "price", "market": m, "factor": dice.uniform(low, high)} for m in MARKETS]
        factors.append({"figure": "capacity", "market": "city", "factor": dice.uniform(low, high)})
        found.append(Scenario(name, name, share, year(instance, *factors)))
    return found


def programs_of(found: list[Scenario]) -> tuple[dict[str, Program], list[float]]:
    """The programs of possible years by name, and their probabilities."""
    live = Live()
    return {one.name: live.build(one.instance) for one in found}, [float(one.probability) for one in found]


def same(one: Program, other: Program) -> None:
    """Whether two programs agree in every decision, row and yuan."""
    assert list(one.columns.frames) == list(other.columns.frames)
    for kind, frame in one.columns.frames.items():
        pd.testing.assert_frame_equal(frame, other.columns[kind])
    for a, b in zip(one.rows, other.rows, strict=True):
        assert (a.rule, a.sense) == (b.rule, b.sense)
        pd.testing.assert_frame_equal(a.keys, b.keys)
        for name in ("unit", "rhs", "row", "column", "coefficient"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    for name in ("money", "parties", "households"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    for name in ("margin", "sales", "household_gain"):
        np.testing.assert_array_equal(one.objective(name), other.objective(name))
