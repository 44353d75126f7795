"""Comparisons made by hand, small and large, and one that tries to be markup."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from typing import Any

from optimizer.instance.changes import COORDINATED, UNCOORDINATED
from optimizer.instance.instance import Instance
from optimizer.policy.comparison import (
    FAILED,
    NO_PLAN,
    OPTIMAL,
    REFERENCE,
    Area,
    Bearing,
    Comparison,
    Frontier,
    Marked,
    Outcome,
    Party,
    Point,
    Season,
    Sensitivity,
    Sold,
    Switch,
    Whole,
)

EVIL = "<b>bold</b> & </script><script>alert('x')</script> %{x} =1+1"
NAMES = (
    *("comparison", "parties", "crops", "sold", "changes", "causes", "planned", "frontiers", "sensitivities"),
    *("switching", "seasons", "whole", "splits"),
)
"""The tables of a comparison."""

FILES = {"report.html": "<p>the plan</p>", "plan.csv": "a,b\n"}


def outcome(instance: Instance, policy: str, seed: int, **more: Any) -> Outcome:
    """An outcome with consistent money on the bases, products and markets of the instance, from a seed."""
    chance = random.Random(seed)
    bases, products, markets = (instance.universe(kind) for kind in ("bases", "products", "markets"))
    grown = [(base, product, round(chance.choice((0, 1, 1)) * chance.uniform(100, 9_000), 2)) for base in bases for product in products]
    areas = tuple(Area(base, product, mu) for base, product, mu in grown if mu) or (Area(bases[0], products[0], 100.0),)
    sold = tuple(
        Sold(product, market, kg := chance.randrange(10**5, 10**7), kg * chance.randrange(60, 240))
        for product in products
        for market in markets
        if chance.random() < 0.7
    )
    sale = sum(line.amount_fen for line in sold)
    costs = ("inputs", 0.2), ("labour", 0.2), ("rent", 0.08), ("freight", 0.15), ("fees", 0.05)
    money = {"sale": sale, **{name: -round(sale * share * chance.uniform(0.8, 1.2)) for name, share in costs}}
    household = {"dividend": round(sale * 0.19 * chance.uniform(0.8, 1.2)), "share": 0, "wage": -money["labour"], "rent": -money["rent"]}
    household["forgone"] = -round(0.6 * household["wage"])
    parties = [("company", c) for c in instance.universe("companies")] + [("base", b) for b in bases]
    balances = [
        Party(party, name, sale // 10, sale // 10 - fen, fen)
        for party, name in parties
        for fen in [round(sale * chance.uniform(-0.01, 0.05))]
    ]
    balances += [Party("collective", village, sale // 900, 0, sale // 900) for village in instance.universe("villages")]
    return replace(
        Outcome(policy, "" if policy == REFERENCE else REFERENCE, OPTIMAL, areas=areas, sold=sold, money=money, parties=tuple(balances)),
        household_money=household,
        figures=_figures(areas, money, household, balances, chance),
        **more,
    )


def _figures(areas: Any, money: dict[str, int], household: dict[str, int], balances: list[Party], chance: random.Random) -> dict[str, Any]:
    total = sum(area.mu for area in areas)
    by_product: dict[str, float] = {}
    for area in areas:
        by_product[area.product] = by_product.get(area.product, 0.0) + area.mu
    index = round(sum((mu / total) ** 2 for mu in by_product.values()), 6)
    left = {party: [p.balance_fen for p in balances if p.party == party] for party in ("company", "base", "collective")}
    margin, gain = sum(money.values()), sum(household.values())
    return {
        "sales_yuan": money["sale"] / 100,
        "margin_yuan": margin / 100,
        "household_gain_yuan": gain / 100,
        "county_income_yuan": (margin + household["wage"] + household["rent"] + household["forgone"]) / 100,
        "least_household_gain_yuan": round(chance.uniform(800, 1_700), 2),
        "company_balance_yuan": sum(left["company"]) / 100,
        "worst_company_balance_yuan": min(left["company"]) / 100,
        "base_balance_yuan": sum(left["base"]) / 100,
        "worst_base_balance_yuan": min(left["base"]) / 100,
        "collective_income_yuan": sum(left["collective"]) / 100,
        "households_above_line": chance.randrange(12_000, 13_000),
        "persons_above_line": chance.randrange(50_000, 52_000),
        "effective_products": round(1 / index, 6),
        "herfindahl": index,
        "unsold_t": round(chance.choice((0, 1)) * chance.uniform(0, 9_000), 3),
        "below_full_price_t": round(chance.uniform(10_000, 200_000), 3),
        "labour_days": round(chance.uniform(10**6, 10**7), 2),
    }


def small(instance: Instance, **more: Any) -> Comparison:
    """Six policies, two of them without a plan, with everything beside them that a comparison can hold."""
    reference = outcome(instance, REFERENCE, 1, files=FILES, solve_seconds=1.5)
    bases = instance.universe("bases")
    alone = outcome(
        instance,
        UNCOORDINATED,
        2,
        changes=("settings.planting=alone",),
        expected={base: (9e6 + i, 5e6 - i) for i, base in enumerate(bases)},
        realised={base: (7e6 + i, (-1) ** i * 1e6) for i, base in enumerate(bases)},
    )
    alone = replace(alone, figures={**alone.figures, "planned_sales_yuan": 9e6 * len(bases), "planned_margin_yuan": 5e6 * len(bases)})
    outcomes = (
        reference,
        outcome(instance, "no_diversification", 3, changes=("rules[name=one_crop_cap]=remove",), restarted=True, files=FILES),
        replace(outcome(instance, "points", 4, changes=("split.reading=points",)), rebuilt_because="the split is another one"),
        Outcome("herbs_floor", REFERENCE, NO_PLAN, ("rules[name=herbs].share=0.9",), ("The herbs need more land than there is.",)),
        Outcome("killed", "points", FAILED),
        alone,
        outcome(instance, COORDINATED, 6, changes=("settings.county_rules=no",)),
    )
    return replace(
        Comparison(instance, outcomes, notes=("A note on the whole.",)),
        frontiers=(caps(instance), gains(instance)),
        sensitivities=moved(instance),
        seasons=cobweb(instance),
        wholes=(kept(instance),),
        **more,
    )


def caps(instance: Instance) -> Frontier:
    shares = (0.25, 0.5, 0.75, 1.0)
    points = [
        Point(s, s, 120e6 + 20e6 * math.sqrt(s), i == 2, outcome(instance, f"cap-{s}", 20 + i, files=FILES)) for i, s in enumerate(shares)
    ]
    points.insert(0, Point(0.1, None, None, False, Outcome("cap-0.1", REFERENCE, NO_PLAN, why=("Too tight.",))))
    return Frontier("largest_share", "margin", "rules[name=one_crop_cap].share", "low", False, tuple(points))


def gains(instance: Instance) -> Frontier:
    steps = (900.0, 1_200.0, 1_500.0)
    points = tuple(
        Point(g, g, 500e6 - (g - 900) ** 2 * 100, False, outcome(instance, f"sales_gain_{i}", 30 + i)) for i, g in enumerate(steps)
    )
    return Frontier("sales_against_least_gain", "sales", "least_household_gain", "high", True, points)


def moved(instance: Instance) -> tuple[Sensitivity, ...]:
    switches = (
        Switch("mix", "down", 0.93, 0.8),
        Switch("mix", "up", None, 1.2),
        Switch("loss", "down", 1.0, 0.8, "base hill"),
        Switch("loss", "up", 1.1, 1.2, "company leading"),
    )
    both = (outcome(instance, REFERENCE, 11), outcome(instance, REFERENCE, 12))
    refused = (Outcome(REFERENCE, "", "refused", why=("No.",)), outcome(instance, REFERENCE, 13))
    return (
        Sensitivity(
            "cabbage_price", "demand[product=cabbage].price_yuan_per_kg", "yuan/kg", 0.8, 1.2, True, both, switches, ("All share.",)
        ),
        Sensitivity("hire_price", "supply.hire_price_yuan", "yuan", 80, 120, False, refused, (), ("All share.", "Only factors switch.")),
    )


def cobweb(instance: Instance) -> tuple[Season, ...]:
    products = instance.universe("products")
    return tuple(
        Season(
            number,
            {p: 5_000.0 + 900 * ((number + i) % 3) for i, p in enumerate(products)},
            {p: 1.0 + 0.3 * ((number + i) % 2) for i, p in enumerate(products) if (number, i) != (2, 0)},
            60e6 + 1e6 * number,
            40e6 - 5e6 * (number % 2),
        )
        for number in range(1, 7)
    )


def kept(instance: Instance) -> Whole:
    base, company = instance.universe("bases")[0], instance.universe("companies")[0]
    ways = [{"freight": f, "rent": r, "labour": w} for f in ("company", "base") for r in ("company", "base") for w in ("company", "base")]
    bearings = []
    for way in ways:
        own = 0.05 + sum(cost for account, cost in (("freight", 0.2), ("rent", 0.1), ("labour", 0.2)) if way[account] == "company")
        is_held = way == {"freight": "company", "rent": "base", "labour": "base"}
        bearings.append(Bearing(way, own, 0.62 - own, 0.02, company, base, is_held))
    bearings[-1] = replace(bearings[-1], least_base_share=math.inf)
    marks = (
        Marked("share of the part, gross sales (in force)", 0.294, 0.196, 0.49, True),
        Marked("points of the whole, gross sales", 0.09, 0.40, 0.49, False),
        Marked("share of the part, net of costs", 0.30, 0.12, 0.56, True),
        Marked("points of the whole, net of costs", 0.27, 0.15, 0.56, True),
        Marked("2019 rule, 55 % of profit to households", 0.35, 0.18, 0.47, True),
    )
    return Whole(REFERENCE, tuple(bearings), marks)


def many(instance: Instance, count: int) -> Comparison:
    """A comparison of ``count`` policies, with figures near each other as those of real grids are."""
    names = [REFERENCE, "no_diversification", UNCOORDINATED, COORDINATED, *(f"cap_and_reading-{i / 100}-points" for i in range(count - 4))]
    return Comparison(instance, tuple(outcome(instance, name, 100 + i) for i, name in enumerate(names)))
