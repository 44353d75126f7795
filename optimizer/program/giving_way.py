"""Which rows of a program can give way, and what a unit of each weighs when the least that must give way is sought."""

from __future__ import annotations

from optimizer.program.rows import AT_MOST, Rows

LAWS = (
    "balance", "resource", "harvest", "group_sales", "consume", "land", "cash", "idle", "unused", "village_gain", "least_of_all",
    "insured_area", "promoted", "below_level", "mean_level",
)  # fmt: skip
"""Rows that are arithmetic or nature; only the others can give way."""

WISHES = (
    "rotation", "max_crops", "market_limit", "contract", "contract_at_most", "own_use", "own_use_at_most", "safety_share", "max_share",
    "min_share", "max_area", "min_area", "equal_share", "least_plot", "min_products", "min_products_count", "max_bases_count", "linear",
    "participation", "net_basis", "least_gain", "objective_floor", "closing_stock_min", "closing_stock_max", "risk_limit",
)  # fmt: skip
"""Rows that somebody asked for; they give way before what is simply there, such as land, labour and markets."""

DECIDED = ("fixed_area",)
"""What is in the ground already; it gives way last."""

WORTH_YUAN = {
    "yuan": 1.0, "day": 100.0, "t": 1000.0, "mu": 3000.0, "share": 100_000.0, "product": 100_000.0, "base": 100_000.0,
    "choice": 100_000.0,
}  # fmt: skip
"""Roughly what a unit is worth in a county that grows vegetables, so that a yuan does not count like a mu: a mu sells for some
3,000 yuan and a tonne for 1,000; a share, a product or a base more or less touches a whole base."""

OTHER_YUAN = 10.0
"""The same for any other unit, such as hours of a machine or m3 of water."""

CAP = 1.1
"""How much dearer a unit above a cap is than one missing from a floor: of two wishes that exclude each other to the same
extent, what asks for more is named."""

GIVEN_TIMES, DECIDED_TIMES = 10_000.0, 100_000.0
"""How much dearer a unit is of what is simply there, and of what is decided already, than one of a wish: so much that no wish is kept
at their cost, since a day more of a scarce hand can stand for a hundred mu."""


def is_soft(rule: str) -> bool:
    """Whether rows of that name can give way at all."""
    return rule not in LAWS


def weights(rows: Rows) -> list[float]:
    """Yuan per unit by which each row gives way: what its unit is worth, times how firmly the rule stands."""
    firm = DECIDED_TIMES if rows.rule in DECIDED else GIVEN_TIMES
    if rows.rule in WISHES:
        firm = CAP if rows.sense == AT_MOST else 1.0
    return [firm * WORTH_YUAN.get(str(unit), OTHER_YUAN) for unit in rows.unit]
