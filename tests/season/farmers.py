"""Problems of the literature with more than one possible year, as documents of this project, and a few worked by hand.

Each function returns a document (``counties.county`` makes an instance of it); where its figures come from stands beside it.
The usual tricks of tests/known/README.md: a unit of the textbook is a tonne, an acre or a unit of capacity is a mu, and what a
plan may make once the year is known is bought at price 0 and tied to the first stage by a linear rule.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

Document = dict[str, Any]
KNOWN = Path(__file__).parent.parent / "known"
EXACT: Document = {"practical_units": {"on": "no"}, "objective": {"maximise": "margin"}}


def known(problem: str) -> Document:
    """The document of a known problem of one year, its cells as written."""
    found: Document = yaml.load((KNOWN / problem / "instance.yaml").read_text(encoding="utf-8"), yaml.BaseLoader)
    return found


def with_years(document: Document, years: dict[str, str], factors: list[Document], **risk: Any) -> Document:
    """A document with possible years (their probability by name), rows of scenario_factors and a measure of risk."""
    made = copy.deepcopy(document)
    made["scenarios"] = [{"scenario": name, "probability": probability} for name, probability in years.items()]
    made["scenario_factors"] = factors
    made["settings"] = {**made.get("settings", {}), "risk": {"measure": "expected", **risk}}
    return made


def factor(year: str, figure: str, value: float, **where: str) -> Document:
    """A row of scenario_factors."""
    return {"scenario": year, "figure": figure, "factor": value, **where}


# --- Birge & Louveaux ----------------------------------------------------------------------------------------------

THIRDS = {"good": "1/3", "average": "1/3", "bad": "1/3"}


def farmer(**risk: Any) -> Document:
    """The farmer of J. R. Birge and F. Louveaux, Introduction to Stochastic Programming (2nd edition, Springer 2011), section
    1.1: yields of all crops a fifth above the average, average, or a fifth below, equally likely."""
    factors = [factor("good", "yield", 1.2), factor("bad", "yield", 0.8)]
    return with_years(known("farmer_average_year"), THIRDS, factors, **risk)


def farmer_with_prices(**risk: Any) -> Document:
    """The same farmer where grain is a tenth cheaper to sell and to buy in the good year and a tenth dearer in the bad one; the
    prices of beets stand."""
    made = farmer(**risk)
    for crop in ("wheat", "corn"):
        for figure in ("price", "purchase_price"):
            made["scenario_factors"] += [factor("good", figure, 0.9, product=crop), factor("bad", figure, 1.1, product=crop)]
    return made


def two_machines(**risk: Any) -> Document:
    """Birge & Louveaux, section 5.1, example 1 (the L-shaped method; also the quick start of the manual of StochasticPrograms.jl):

    min 100 x1 + 150 x2 + E(q1 y1 + q2 y2),  x1 + x2 ≤ 120, x1 ≥ 40, x2 ≥ 20,  6 y1 + 10 y2 ≤ 60 x1,  8 y1 + 5 y2 ≤ 80 x2,
    0 ≤ y ≤ d, with (d1, d2, q1, q2) = (500, 100, −24, −28) with probability 0.4 and (300, 300, −28, −32) with 0.6.

    A price of 0.004 yuan/kg is 4 a tonne, so that factors 6 to 8 give 24, 28 and 32; 100 t times 5, 1 and 3 give the demands.
    """
    document: Document = {
        "title": "Two machines, demands and prices not yet known",
        "periods": ["year"],
        "settings": EXACT,
        "products": [{"product": "y1"}, {"product": "y2"}],
        "activities": [{"activity": "x1", "input_cost_yuan_per_mu": 100}, {"activity": "x2", "input_cost_yuan_per_mu": 150}],
        "occupancy": [{"activity": "*", "land_class": "hall", "period": "year", "land_share": 1}],
        "bases": [{"base": "works"}],
        "land": [{"base": "works", "land_class": "hall", "area_mu": 120}],
        "purchases": [{"node": "works", "product": "*", "quantity_t": "unlimited", "price_yuan_per_kg": 0}],
        "demand": [{"market": "works", "product": "*", "quantity_t": 100, "price_yuan_per_kg": "0.004"}],
        "rules": [
            {"name": "least_x1", "rule": "min_area", "of": "x1", "quantity": 40},
            {"name": "least_x2", "rule": "min_area", "of": "x2", "quantity": 20},
            {"name": "first", "rule": "linear", "sense": "at_most", "quantity": 0, "unit": "hour"},
            {"name": "second", "rule": "linear", "sense": "at_most", "quantity": 0, "unit": "hour"},
        ],
        "rule_terms": [
            {"name": "first", "decision": "sell", "product": "y1", "coefficient": 6},
            {"name": "first", "decision": "sell", "product": "y2", "coefficient": 10},
            {"name": "first", "decision": "area", "activity": "x1", "coefficient": -60},
            {"name": "second", "decision": "sell", "product": "y1", "coefficient": 8},
            {"name": "second", "decision": "sell", "product": "y2", "coefficient": 5},
            {"name": "second", "decision": "area", "activity": "x2", "coefficient": -80},
        ],
    }
    factors = [
        factor("first", "price", 6, product="y1"), factor("first", "price", 7, product="y2"),
        factor("first", "capacity", 5, product="y1"), factor("first", "capacity", 1, product="y2"),
        factor("second", "price", 7, product="y1"), factor("second", "price", 8, product="y2"),
        factor("second", "capacity", 3, product="y1"), factor("second", "capacity", 3, product="y2"),
    ]  # fmt: skip
    return with_years(document, {"first": "0.4", "second": "0.6"}, factors, **risk)


# --- other two-stage problems --------------------------------------------------------------------------------------


def power_plants(**risk: Any) -> Document:
    """LandS, after F. V. Louveaux and Y. Smeers, "Optimal investments for electricity generation: a stochastic model and a test
    problem", in Ermoliev and Wets (eds.), Numerical Techniques for Stochastic Optimization, Springer 1988; figures as in the SMPS
    file of J. Linderoth, A. Shapiro and S. Wright's collection: capacities of four plants (10, 7, 16 and 6 a unit, 120 in
    all, 12 units at least), run in three modes; the first needs 3, 5 or 7 units (0.3, 0.4, 0.3), the others 3 and 2.

    A unit pays 1 000 in every mode, more than it can ever cost, so that every need is met: the margin is 10 000 less the cost.
    """
    invest = {"p1": 10, "p2": 7, "p3": 16, "p4": 6}
    running = {"p1": (40, 24, 4), "p2": (45, 27, "4.5"), "p3": (32, "19.2", "3.2"), "p4": (55, 33, "5.5")}
    document: Document = {
        "title": "Four power plants",
        "periods": ["year"],
        "settings": EXACT,
        "products": [{"product": "power"}],
        "activities": [{"activity": f"build_{p}", "input_cost_yuan_per_mu": cost} for p, cost in invest.items()],
        "yields": [{"activity": f"build_{p}", "base": p, "product": "power", "period": "year", "yield_kg_per_mu": 1000} for p in invest],
        "bases": [{"base": p} for p in invest],
        "markets": [{"market": f"mode_{mode}"} for mode in (1, 2, 3)],
        "lanes": [
            {"from": p, "to": f"mode_{mode}", "cost_yuan_per_t": cost} for p, costs in running.items() for mode, cost in enumerate(costs, 1)
        ],
        "demand": [
            {"market": f"mode_{mode}", "product": "power", "quantity_t": need, "price_yuan_per_kg": 1}
            for mode, need in ((1, 5), (2, 3), (3, 2))
        ],
        "rules": [
            {"name": "budget", "rule": "linear", "sense": "at_most", "quantity": 120, "unit": "yuan"},
            {"name": "capacity", "rule": "linear", "sense": "at_least", "quantity": 12, "unit": "unit"},
        ],
        "rule_terms": [
            *({"name": "budget", "decision": "area", "activity": f"build_{p}", "coefficient": cost} for p, cost in invest.items()),
            {"name": "capacity", "decision": "area", "coefficient": 1},
        ],
    }
    factors = [factor("low", "capacity", 0.6, market="mode_1"), factor("high", "capacity", 1.4, market="mode_1")]
    return with_years(document, {"low": "0.3", "middle": "0.4", "high": "0.3"}, factors, **risk)


def furniture(**risk: Any) -> Document:
    """The Dakota problem of J. L. Higle, "Stochastic Programming: Optimization When Uncertainty Matters", INFORMS Tutorials in
    Operations Research 2005: lumber (2 a foot), finishing (4 an hour) and carpentry (5.20) are bought before the demand for
    desks (60; 8 ft, 4 h, 2 h), tables (40; 6, 2, 1.5) and chairs (10; 1, 1.5, 0.5) is known."""
    uses = {"lumber": (8, 6, 1), "finishing": (4, 2, "1.5"), "carpentry": (2, "1.5", "0.5")}
    costs = {"lumber": 2, "finishing": 4, "carpentry": "5.2"}
    prices = {"desks": "0.06", "tables": "0.04", "chairs": "0.01"}
    demands = {"low": ("0.3", (50, 20, 200)), "likely": ("0.4", (150, 110, 225)), "high": ("0.3", (250, 250, 500))}
    document: Document = {
        "title": "Furniture for a demand not yet known",
        "periods": ["year"],
        "settings": EXACT,
        "products": [{"product": p} for p in prices],
        "activities": [{"activity": f"buy_{r}", "input_cost_yuan_per_mu": cost} for r, cost in costs.items()],
        "bases": [{"base": "works"}],
        "purchases": [{"node": "works", "product": "*", "quantity_t": "unlimited", "price_yuan_per_kg": 0}],
        "demand": [{"market": "works", "product": p, "quantity_t": 1, "price_yuan_per_kg": price} for p, price in prices.items()],
        "rules": [{"name": r, "rule": "linear", "sense": "at_most", "quantity": 0, "unit": "unit"} for r in uses],
        "rule_terms": [
            *(
                {"name": r, "decision": "sell", "product": p, "coefficient": use}
                for r in uses
                for p, use in zip(prices, uses[r], strict=True)
            ),
            *({"name": r, "decision": "area", "activity": f"buy_{r}", "coefficient": -1} for r in uses),
        ],
    }
    factors = [
        factor(year, "capacity", wanted, product=p)
        for year, (_, all_wanted) in demands.items()
        for p, wanted in zip(prices, all_wanted, strict=True)
    ]
    return with_years(document, {year: probability for year, (probability, _) in demands.items()}, factors, **risk)


# --- portfolios and crop mixes without recourse --------------------------------------------------------------------

VALUES = (
    (1.300, 1.225, 1.149), (1.103, 1.290, 1.260), (1.216, 1.216, 1.419), (0.954, 0.728, 0.922),
    (0.929, 1.144, 1.169), (1.056, 1.107, 0.965), (1.038, 1.321, 1.133), (1.089, 1.305, 1.732),
    (1.090, 1.195, 1.021), (1.083, 1.390, 1.131), (1.035, 0.928, 1.006), (1.176, 1.715, 1.908),
)  # fmt: skip
"""What one unit put into ATT, GMC and USX was worth a year later, in twelve years."""


def three_shares(**risk: Any) -> Document:
    """Model PORTCVAR of LINDO Systems' model library (www.lindo.com): the portfolio of three shares with the greatest conditional
    value at risk, twelve years equally likely. A mu yields a tonne, sold at what became of the unit put in; with
    1 000 mu the margin is a million times the model's figure."""
    shares = ("att", "gmc", "usx")
    years = {f"year_{number}": "1/12" for number in range(1, 13)}
    factors = [
        factor(year, "price", value, product=f"of_hold_{share}")
        for year, values in zip(years, VALUES, strict=True) for share, value in zip(shares, values, strict=True)
    ]  # fmt: skip
    return with_years(_crops([f"hold_{share}" for share in shares], land=1000, cost=0, price=1), years, factors, **risk)


RETURNS = (
    (-0.0423, -0.0158, 0.0020, 0.0550, 0.0214), (0.0830, 0.0078, -0.0034, 0.0510, 0.0248), (0.0643, 0.0162, 0.0119, -0.0290, 0.0462),
    (0.0035, 0.0398, 0.0214, -0.0019, -0.0272), (0.0185, 0.0061, 0.0160, -0.0330, -0.0058), (-0.0610, 0.0179, 0.0061, 0.0239, -0.0024),
)  # fmt: skip
"""Monthly returns of five stocks in six scenarios."""


def five_stocks(**risk: Any) -> Document:
    """G. Sierksma and Y. Zwols, Linear and Integer Optimization: Theory and Practice (3rd edition, CRC Press 2015), section 1.6.5,
    with the data of their model file portfolio.mod: the greatest  λ · mean − mean absolute deviation  of the return on
    10 000 dollars. A mu is a thousand dollars; all of it is invested and everything is sold again, at 1 + return."""
    document = _crops([f"stock_{number}" for number in range(1, 6)], land=10, cost=1000, price=1)
    document["rules"] = [{"name": "all_of_it", "rule": "linear", "sense": "equal", "quantity": 10, "unit": "mu"}]
    document["rule_terms"] = [{"name": "all_of_it", "decision": "area", "coefficient": 1}]
    _all_sold(document)
    years = {f"month_{number}": "1/6" for number in range(1, 7)}
    factors = [
        factor(year, "price", round(1 + of, 4), product=f"of_stock_{number}")
        for year, returns in zip(years, RETURNS, strict=True) for number, of in enumerate(returns, 1)
    ]  # fmt: skip
    return with_years(document, years, factors, **risk)


GROSS_MARGINS = (
    (292, -128, 420, 579), (179, 560, 187, 639), (114, 648, 366, 379), (247, 544, 249, 924), (426, 182, 322, 5), (259, 850, 159, 569),
)  # fmt: skip
"""Dollars an acre of carrots, celery, cucumbers and peppers in six years."""


def vegetables(**risk: Any) -> Document:
    """P. B. R. Hazell, "A Linear Alternative to Quadratic and Semivariance Programming for Farm Planning under Uncertainty",
    American Journal of Agricultural Economics 53 (1971), 53-62: the farm of tests/known/four_vegetables with the gross
    margins of single years (their means, rounded, are the figures there).

    Growing costs 200 dollars an acre more than there and every price is 200 dollars a tonne higher, so that no price is
    negative; everything grown is sold, as in a model of gross margins.
    """
    document = _all_sold(known("four_vegetables"))
    document["activities"] = [{**row, "input_cost_yuan_per_mu": 200} for row in document["activities"]]
    document["demand"] = [{**row, "price_yuan_per_kg": 1} for row in document["demand"]]
    years = {f"year_{number}": "1/6" for number in range(1, 7)}
    factors = [
        factor(year, "price", (margin + 200) / 1000, product=row["product"])
        for year, all_margins in zip(years, GROSS_MARGINS, strict=True) for row, margin in zip(document["demand"], all_margins, strict=True)
    ]  # fmt: skip
    return with_years(document, years, factors, **risk)


def _crops(activities: list[str], land: int, cost: int, price: int) -> Document:
    """One farm on which each activity yields a tonne a mu of a good of its own, which is sold at the gate."""
    return {
        "title": "A choice among things of uncertain worth",
        "periods": ["year"],
        "settings": EXACT,
        "products": [{"product": f"of_{a}"} for a in activities],
        "activities": [{"activity": a, "input_cost_yuan_per_mu": cost} for a in activities],
        "occupancy": [{"activity": "*", "land_class": "field", "period": "year", "land_share": 1}],
        "yields": [{"activity": a, "product": f"of_{a}", "period": "year", "yield_kg_per_mu": 1000} for a in activities],
        "bases": [{"base": "farm"}],
        "land": [{"base": "farm", "land_class": "field", "area_mu": land}],
        "demand": [{"market": "farm", "product": "*", "quantity_t": "unlimited", "price_yuan_per_kg": price}],
    }


def _all_sold(document: Document) -> Document:
    """The document where every tonne grown (one a mu) must be sold: a deviation that weighs more than half as much as the mean
    would else be made less by leaving crops in the field in a good year."""
    document["rules"] = [*document["rules"], {"name": "all_sold", "rule": "linear", "sense": "equal", "quantity": 0, "unit": "t"}]
    terms = [{"name": "all_sold", "decision": "sell", "coefficient": 1}, {"name": "all_sold", "decision": "area", "coefficient": -1}]
    document["rule_terms"] = [*document.get("rule_terms", []), *terms]
    return document


# --- worked by hand ------------------------------------------------------------------------------------------------


def bold_and_safe(split: Document | None = None, **risk: Any) -> Document:
    """Ten mu; a mu of the bold crop brings 400, 250, 50 or −100 yuan, equally likely (mean 150), one of the safe crop always 100.
    Growing costs 200 yuan a mu; a tonne a mu sells at 0.60, 0.45, 0.25 or 0.10 yuan/kg and at 0.30."""
    document = _crops(["bold", "safe"], land=10, cost=200, price=1)
    document["demand"] = [
        {"market": "farm", "product": "of_bold", "quantity_t": "unlimited", "price_yuan_per_kg": 1},
        {"market": "farm", "product": "of_safe", "quantity_t": "unlimited", "price_yuan_per_kg": "0.3"},
    ]
    if split:
        document |= {"split": split, "companies": [{"company": "firm"}], "bases": [{"base": "farm", "company": "firm"}]}
    prices = {"best": 0.6, "fair": 0.45, "poor": 0.25, "worst": 0.1}
    return with_years(
        document, dict.fromkeys(prices, "1/4"), [factor(year, "price", price, product="of_bold") for year, price in prices.items()], **risk
    )


def closed_road(**risk: Any) -> Document:
    """Ten mu at 1 t; herbs bring 3 yuan/kg in the far city, whose road is closed in three years of four, and 0.50 in town; beans
    bring 1.20 in town."""
    document = _crops(["herbs", "beans"], land=10, cost=0, price=1)
    document["markets"] = [{"market": "city"}, {"market": "town"}]
    document["lanes"] = [{"from": "farm", "to": "city"}, {"from": "farm", "to": "town"}]
    document["demand"] = [
        {"market": market, "product": product, "quantity_t": "unlimited", "price_yuan_per_kg": price}
        for market, product, price in (("city", "of_herbs", 3), ("town", "of_herbs", "0.5"), ("town", "of_beans", "1.2"))
    ]
    return with_years(document, {"open": "1/4", "closed": "3/4"}, [factor("closed", "lane", 0, to="city")], **risk)


def cold_store(**risk: Any) -> Document:
    """Ten mu at 1 t, sold at once at 1 yuan/kg or kept (a tenth is lost, 100 yuan/t) and sold later at 2.00 or 0.80, equally likely."""
    document = _crops(["cabbage"], land=10, cost=0, price=1)
    document["periods"] = ["early", "late"]
    document["occupancy"] = [{"activity": "cabbage", "land_class": "field", "period": "early", "land_share": 1}]
    document["yields"] = [{"activity": "cabbage", "product": "of_cabbage", "period": "early", "yield_kg_per_mu": 1000}]
    document["storage"] = [{"node": "farm", "product": "of_cabbage", "keeps_share": "0.9", "cost_yuan_per_t": 100, "closing_max_t": 0}]
    factors = [factor("dear", "price", 2, period="late"), factor("cheap", "price", 0.8, period="late")]
    return with_years(document, {"dear": "1/2", "cheap": "1/2"}, factors, **risk)
