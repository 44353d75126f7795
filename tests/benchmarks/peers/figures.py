"""What whoever writes a generated county's program by hand prepares from its tables first: which decisions exist, and the
tables joined to them.

Plain pandas, from docs/formulation.md alone: nothing of ``optimizer.program`` is read, so that peers and project cannot share
an error. Only what ``optimizer generate`` writes is covered; anything else is a ValueError, never another program.

Every frame of ``decisions`` is numbered from 0. A joined frame names the decisions and rows it speaks of by their numbers, in
columns of the kind's name (``area``, ``harvest``, ``need`` ...), beside their keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance

PLOT, STOOD, GOOD = ["base", "land_class"], ["base", "land_class", "activity"], ["base", "product", "period"]
NEED, SLOT = ["base", "resource", "period"], ["market", "product", "period", "tier"]
DAYS = ["village", "resource", "period"]
KEYS = {
    "area": STOOD,
    "rented": PLOT,
    "harvest": GOOD,
    "own": NEED,
    "hire": NEED,
    "work": ["village", *NEED],
    "ship": ["base", "product", "market", "period"],
    "sell": ["base", *SLOT],
    "unsold": ["base", "product", "node", "period"],
}
"""The kinds of decisions and what each is made for."""

BORNE_BY_BASE = ("area", "rented", "harvest", "own", "hire", "work")
BORNE = {
    **dict.fromkeys(("inputs", "labour", "rent", "harvest"), "base"),
    **dict.fromkeys(("freight", "fees", "handling"), "company"),
}
ABSENT = ("storage", "processes", "purchases", "contracts", "own_use", "group_demand", "market_limits", "supply_totals", "fixed_area")
ABSENT_RULES = "only max_share of each product in what is planted, over the whole horizon"


@dataclass(frozen=True)
class Figures:
    """The decisions by kind, with ``yuan`` of margin per unit, and the tables joined to them."""

    decisions: dict[str, pd.DataFrame]
    occupied: pd.DataFrame
    """mu occupied per mu of an area: area, rented, plot (the row), period, land_share."""
    grown: pd.DataFrame
    """tonnes per mu of an area: area, harvest, t_per_mu."""
    needs: pd.DataFrame
    """base, resource and period in which anything is used."""
    area_use: pd.DataFrame
    """units used per mu: area, need, use."""
    harvest_use: pd.DataFrame
    """units used per tonne: harvest, need, use."""
    spare: pd.DataFrame
    """base, resource and period in which something is on offer and nothing is used."""
    days: pd.DataFrame
    """village, resource, period, days."""
    nodes: pd.DataFrame
    """base, period, throughput_t."""
    passing: pd.DataFrame
    """harvest, passes (the row of ``nodes``)."""
    slots: pd.DataFrame
    """market, product, period, tier, quantity_t."""
    caps: pd.DataFrame
    """name, of (product), within (place), share."""
    planted: pd.DataFrame
    """What each cap counts: cap, area, coefficient (mu of the product less the share of all mu)."""
    company_of: dict[str, str]
    base_share: float
    company_share: float
    base_floor: float
    company_floor: float


def figures_of(instance: Instance) -> Figures:
    """Prepare a generated county. Raises ValueError where it holds what peers do not write."""
    _check(instance)
    table = instance.table
    land = table("land")
    rented = land.loc[land["area_mu"] > 0, [*PLOT, "area_mu", "rent_yuan_per_mu"]]
    rented = _numbered(rented.assign(yuan=-rented["rent_yuan_per_mu"]), PLOT, "rented")
    area, occupied, grown = _grown(instance, rented)
    harvest = _numbered(grown[GOOD].drop_duplicates(), GOOD, "harvest")
    harvest["yuan"] = -harvest["product"].map(table("products").set_index("product")["harvest_cost_yuan_per_t"])
    grown = grown.merge(harvest[[*GOOD, "harvest"]], on=GOOD)
    ship, sell, slots = _sold(instance, harvest)
    unsold = pd.concat([harvest.assign(node=harvest["base"]), ship.rename(columns={"market": "node"})])[KEYS["unsold"]]
    resources = _resources(instance, area, harvest)
    nodes = table("node_capacity").rename(columns={"node": "base"})
    nodes = _numbered(nodes.loc[np.isfinite(nodes["throughput_t"]), ["base", "period", "throughput_t"]], ["base", "period"], "passes")
    passing = harvest.merge(nodes[["base", "period", "passes"]], on=["base", "period"])
    nodes = _used(nodes, passing, "passes")
    caps, planted = _caps(instance, area)
    made = resources.pop("decisions")
    unsold = unsold.assign(yuan=0.0).reset_index(drop=True)
    return Figures(
        decisions={"area": area, "rented": rented, "harvest": harvest, **made, "ship": ship, "sell": sell, "unsold": unsold},
        occupied=occupied,
        grown=grown,
        **resources,
        nodes=nodes,
        passing=passing,
        slots=slots,
        caps=caps,
        planted=planted,
        company_of=dict(table("bases")[["base", "company"]].itertuples(index=False)),
        **_split(instance),
    )


def grouped(frame: pd.DataFrame, row: list[str], key: list[str], value: str) -> dict[tuple[Any, ...], list[tuple[tuple[Any, ...], float]]]:
    """The (decision's key, coefficient) pairs of each row, for tools that write one row at a time."""
    found: dict[tuple[Any, ...], list[tuple[tuple[Any, ...], float]]] = {}
    rows = frame[row].itertuples(index=False, name=None)
    keys = frame[key].itertuples(index=False, name=None)
    for at, decision, coefficient in zip(rows, keys, frame[value].tolist(), strict=True):
        found.setdefault(at, []).append((decision, coefficient))
    return found


def tuples(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    """The keys of a frame as plain tuples."""
    return list(frame[columns].itertuples(index=False, name=None))


def _check(instance: Instance) -> None:
    """What a peer would leave out must not be there."""
    table, settings = instance.table, instance.settings
    odd = [name for name in ABSENT if len(table(name))]
    rules = table("rules")
    plain = (rules["rule"] == "max_share") & (rules["denominator"] == "planted") & (rules["of"] == "each product")
    odd += [] if (plain & (rules["period"] == "all") & rules["within"].isin(["each base", "all"])).all() else [ABSENT_RULES]
    odd += ["further channels"] if table("demand")["channel"].nunique() > 1 else []
    odd += ["negative yields"] if (table("yields")["yield_kg_per_mu"] < 0).any() else []
    odd += ["resources that are let or needed for hiring"] if (table("supply")["let_limit"] > 0).any() else []
    odd += ["resources that are let or needed for hiring"] if (table("supply")["hire_uses_resource"] != "").any() else []
    odd += ["resources made by activities"] if (table("activity_use")["use_per_mu"] < 0).any() else []
    odd += ["a commute that costs"] if (table("commutes")["cost_yuan_per_day"] != 0).any() else []
    odd += ["limits of lanes"] if np.isfinite(table("lanes")[["capacity_t", "shared_capacity_t"]].to_numpy(dtype=float)).any() else []
    products = table("products")
    odd += ["unsold goods"] if (products["unsold"] != "allowed").any() or (products["salvage_yuan_per_kg"] != 0).any() else []
    odd += ["more than one year"] if instance.periods.year_count > 1 else []
    odd += ["an objective but the margin"] if settings.objective.name != "margin" or settings.objective.minimise else []
    odd += ["products of some nodes"] if (table("node_capacity")["product"] != "all").any() else []
    if odd:
        raise ValueError(f"the peers' programs do not cover: {', '.join(odd)}")


def _numbered(frame: pd.DataFrame, keys: list[str], name: str) -> pd.DataFrame:
    frame = frame.sort_values(keys, ignore_index=True)
    return frame.assign(**{name: np.arange(len(frame))})


def _used(rows: pd.DataFrame, terms: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows that any term speaks of, numbered anew; ``terms`` is changed to the new numbers."""
    kept = rows[rows[name].isin(terms[name])].reset_index(drop=True)
    terms[name] = terms[name].map(pd.Series(kept.index, index=kept[name]))
    return kept.assign(**{name: kept.index})


def _grown(instance: Instance, rented: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The areas, what land they occupy when, and what they yield when."""
    table = instance.table
    yields, occupancy = table("yields"), table("occupancy")
    yields = yields[yields["yield_kg_per_mu"] > 0].merge(rented[[*PLOT, "rented"]], on=PLOT)
    area = yields[[*STOOD, "rented"]].drop_duplicates()
    area = area.merge(occupancy[["activity", "land_class"]].drop_duplicates(), on=["activity", "land_class"])
    area = _numbered(area, STOOD, "area")
    area["yuan"] = -area["activity"].map(table("activities").set_index("activity")["input_cost_yuan_per_mu"])
    known = area[[*STOOD, "area"]]
    occupied = area[[*STOOD, "area", "rented"]].merge(occupancy[["activity", "land_class", "period", "land_share"]])
    occupied["plot"] = occupied.groupby([*PLOT, "period"]).ngroup()
    grown = yields.drop(columns=["_row", "rented"]).merge(known, on=STOOD)
    return area, occupied, grown.assign(t_per_mu=grown["yield_kg_per_mu"] / 1000)


def _sold(instance: Instance, harvest: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What can be sent where, and which base can sell into which slot of a market's demand."""
    table = instance.table
    demand, markets, registered = table("demand"), table("markets"), table("registrations")
    lanes = table("lanes").rename(columns={"from": "base", "to": "market"})
    lanes = lanes.loc[lanes["arrives_share"] > 0, [*KEYS["ship"], "cost_yuan_per_t", "arrives_share"]]
    ship = lanes.merge(harvest[[*GOOD, "harvest"]], on=GOOD).merge(demand[SLOT[:3]].drop_duplicates(), on=SLOT[:3])
    strict = ship["market"].isin(markets.loc[markets["registered_only"], "market"])
    filed = pd.MultiIndex.from_frame(registered[["base", "market", "product"]])
    ship = ship[~strict | pd.MultiIndex.from_frame(ship[["base", "market", "product"]]).isin(filed)]
    ship = _numbered(ship.assign(yuan=-ship["cost_yuan_per_t"]), KEYS["ship"], "ship")
    slots = _numbered(demand[demand["quantity_t"] > 0].drop(columns=["_row", "channel"]), SLOT, "slot")
    sell = ship[[*KEYS["ship"], "ship"]].merge(slots, on=SLOT[:3])
    sell["sales_yuan"] = sell["price_yuan_per_kg"] * 1000
    sell["market_yuan"] = sell["sales_yuan"] * sell["fee_share"] + sell["handling_yuan_per_t"]
    sell = _numbered(sell.assign(yuan=sell["sales_yuan"] - sell["market_yuan"]), KEYS["sell"], "sell")
    return ship, sell, _used(slots, sell, "slot")


def _resources(instance: Instance, area: pd.DataFrame, harvest: pd.DataFrame) -> dict[str, Any]:
    """Who can work where, and what work and other resources areas and harvests need."""
    table = instance.table
    supply = table("supply").drop(columns="_row")
    work = table("workers").drop(columns="_row").merge(table("commutes")[["village", "base"]], on="village")
    work = work[work["days"] > 0]
    sources = {
        "own": supply[supply["own"] > 0].assign(yuan=lambda f: -f["own_price_yuan"], limit=lambda f: f["own"]),
        "hire": supply[supply["hire_limit"] > 0].assign(yuan=lambda f: -f["hire_price_yuan"], limit=lambda f: f["hire_limit"]),
        "work": work.assign(yuan=lambda f: -f["wage_yuan_per_day"]),
    }
    by_area = area[[*STOOD, "area"]].merge(table("activity_use").drop(columns="_row"), on=STOOD)
    by_area = by_area.rename(columns={"use_per_mu": "use"})
    by_harvest = harvest[[*GOOD, "harvest"]].merge(table("harvest_use").drop(columns="_row"), on=GOOD)
    by_harvest = by_harvest.rename(columns={"use_per_t": "use"})
    needs = _numbered(pd.concat([by_area[NEED], by_harvest[NEED]]).drop_duplicates(), NEED, "need")
    made = {kind: frame.merge(needs, on=NEED, how="left") for kind, frame in sources.items()}
    offered = pd.concat([frame.loc[frame["need"].isna(), NEED] for frame in made.values()]).drop_duplicates()
    spare = _numbered(offered, NEED, "spare")
    days = table("workers")[[*DAYS, "days"]]
    days = _numbered(days[days["days"] > 0], DAYS, "day")
    made["work"] = made["work"].drop(columns="days").merge(days, on=DAYS)
    days = _used(days, made["work"], "day")
    decisions = {kind: _numbered(frame.merge(spare, on=NEED, how="left"), KEYS[kind], kind) for kind, frame in made.items()}
    return {
        "decisions": decisions,
        "needs": needs,
        "area_use": by_area.merge(needs, on=NEED),
        "harvest_use": by_harvest.merge(needs, on=NEED),
        "spare": spare,
        "days": days,
    }


def _caps(instance: Instance, area: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Caps on a product's share of what is planted at each base, or at all of them together."""
    yields = instance.table("yields")
    product = yields[["activity", "product"]].drop_duplicates()
    parts = []
    for rule in instance.table("rules").itertuples():
        places = area["base"] if rule.within == "each base" else "all"
        placed = area[["area", "activity"]].assign(within=places, name=rule.name)
        there = placed.merge(product, on="activity")[["within", "product"]].drop_duplicates()
        both = placed.merge(there.rename(columns={"product": "of"}), on="within")
        counts = pd.MultiIndex.from_frame(both[["activity", "of"]]).isin(pd.MultiIndex.from_frame(product))
        parts.append(both.assign(share=float(rule.share), coefficient=counts - float(rule.share)))
    planted = pd.concat(parts, ignore_index=True)
    planted = planted.merge(area[["area", *PLOT]], on="area")
    caps = _numbered(planted[["name", "of", "within", "share"]].drop_duplicates(), ["name", "of", "within"], "cap")
    planted = planted.merge(caps[["name", "of", "within", "cap"]], on=["name", "of", "within"])
    return caps, planted[["cap", "area", *STOOD, "coefficient"]]


def _split(instance: Instance) -> dict[str, float]:
    """What companies and bases keep of the sales, and what each must be left with."""
    floors = instance.settings.participation
    if len(instance.split) != 1 or floors.base is None or floors.company is None:
        raise ValueError("the peers' programs cover one split, with a floor for bases and one for companies")
    rule = instance.split[0]
    if rule.basis != "gross" or rule.reading != "nested" or rule.costs_borne_by != BORNE:
        raise ValueError("the peers' programs cover a gross split that is read as nested, with costs borne as generated")
    kept = {branch.to: float(branch.share * (1 - sum(part.share for part in branch.of_which))) for branch in rule.tree}
    return {
        "base_share": kept["base"],
        "company_share": kept["company"],
        "base_floor": float(floors.base),
        "company_floor": float(floors.company),
    }
