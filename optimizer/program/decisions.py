"""What is decided: one column for every combination that can occur, and none for those that cannot."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.frames import each_member
from optimizer.instance.hopeless import subject_activities
from optimizer.instance.instance import Instance
from optimizer.instance.names import BOUGHT
from optimizer.instance.promoting import promoted_channels
from optimizer.program.reach import STATE, open_lanes, reachable
from optimizer.program.rows import Columns

PENALISED = "~penalised"
NO_LAND = ""
"""The land class of an activity that needs no land (livestock, a machine)."""


DECISIONS = {
    "area": ("base, land_class, activity", "mu", "land (or units of stock, where no land is needed) given to an activity"),
    "rented": ("base, land_class, year", "mu", "land that is rented for a year"),
    "harvest": ("base, product, period", "t", "what is taken from the field"),
    "own": ("base, resource, period", "unit", "own units of a resource that are used"),
    "hire": ("base, resource, period", "unit", "units hired beside them"),
    "let": ("base, resource, period", "unit", "spare own units let to others"),
    "idle": ("base, resource, period", "unit", "units an activity supplies that nothing uses"),
    "work": ("village, base, resource, period", "day", "days a village's households work at a base"),
    "ship": ("origin, product, from_node, to_node, period", "t", "goods sent, weighed when they leave"),
    "store": ("origin, product, node, period", "t", "goods kept at the end of a period"),
    "opening": ("origin, product, node", "t", "opening stock, where the program may choose it"),
    "sell": ("origin, product, market, period, channel, tier", "t", "goods sold, weighed when they arrive; each tonne takes one slot"),
    "buy": ("node, product, period, channel, tier", "t", "goods bought in"),
    "own_use": ("origin, product, node, period, need, when", "t", "goods kept for own use, by the need they meet"),
    "consume": ("origin, product, base, period", "t", "goods that activities use up, such as feed"),
    "unsold": ("origin, product, node, period", "t", "goods left over where they lie"),
    "process": ("origin, process, product, node, period", "t", "goods put into a process"),
    "group_sell": ("origin, market, group, period, tier", "t", "goods of a group by the step of shared capacity they take"),
    "shortfall": ("contract", "t", "what a contract that is not hard is not delivered of"),
    "plant": ("rule, base, land_class, activity", "choice", "whether an activity stands there at all (`least_plot`)"),
    "grow": ("rule, base, product", "choice", "whether a product counts towards the least number (`min_products`)"),
    "gather": ("rule, base, product, period", "choice", "whether a base harvests a product in a period (`max_bases`)"),
    "cash": ("party, id, period", "yuan", "balance at the end of a period, overdrawn to its credit at most"),
    "village_gain": ("village", "yuan", "what the linked people of a village gain together (`least_household_gain`)"),
    "set_apart": ("village", "yuan", "open once a village's gain is settled, so that the least rises for the others"),
    "least": ("", "yuan", "the gain per linked person of the worst-off village (`least_household_gain`)"),
    "insure": ("cover, base, land_class, activity", "mu", "planted land that is insured"),
    "promote": ("promotion, step", "yuan", "money spent to open sales (the channel of the promotion's name, the tier of its step)"),
}
"""Every kind of decision: what it is made for, its unit, what it is."""


def make_columns(instance: Instance) -> Columns:
    """All decisions of the program but the binary ones, which the rules that need them add."""
    columns = Columns()
    area = possible_areas(instance)
    fixed = _fixed(instance, area)
    columns.add("area", "mu", area, upper=fixed.fillna(np.inf), lower=fixed.fillna(0.0))
    land = instance.table("land")
    years = pd.DataFrame({"year": range(instance.periods.year_count)})
    columns.add("rented", "mu", land.loc[land["area_mu"] > 0, ["base", "land_class"]].merge(years, how="cross"))
    grown = area_yields(instance, columns)
    harvest = grown.loc[grown["yield_kg_per_mu"] > 0, ["base", "product", "period"]].drop_duplicates()
    states = reachable(instance, harvest)
    at_home = states.loc[states["origin"] == states["node"], ["origin", "product", "period"]]
    harvest = harvest.merge(at_home.rename(columns={"origin": "base"}), on=["base", "product", "period"])
    columns.add("harvest", "t", harvest)
    _resources(instance, columns)
    _goods(instance, columns, states)
    contracts = instance.table("contracts")
    columns.add("shortfall", "t", contracts.loc[~contracts["hard"], ["contract"]])
    return columns


def possible_areas(instance: Instance) -> pd.DataFrame:
    """Base, land class and activity wherever the activity can stand.

    ``data_activity`` names the activity whose figures hold, ``yield_factor`` is below 1 for the penalised twin that
    a soft rotation rule adds.
    """
    land, occupancy = instance.table("land"), instance.table("occupancy")
    plots = land.loc[land["area_mu"] > 0, ["base", "land_class"]]
    landed = occupancy[["activity", "land_class"]].drop_duplicates().merge(plots, on="land_class")
    free = [a for a in instance.table("activities")["activity"] if a not in set(occupancy["activity"])]
    bases = pd.DataFrame({"base": list(instance.universe("bases"))}, dtype=object)
    landless = pd.DataFrame({"activity": free}, dtype=object).merge(bases, how="cross").assign(land_class=NO_LAND)
    area = pd.concat([landed, landless], ignore_index=True)[["base", "land_class", "activity"]]
    area = area[_grows_here(instance, area)]
    area = area.assign(data_activity=area["activity"], yield_factor=1.0)
    twins = [_twins(instance, area, rule) for rule in instance.table("rules").itertuples() if rule.rule == "max_crops"]
    return pd.concat([area, *[t for t in twins if t is not None]], ignore_index=True)


def _twins(instance: Instance, area: pd.DataFrame, rule: object) -> pd.DataFrame | None:
    if rule.penalty_share is None:  # type: ignore[attr-defined]
        return None
    members = [m for _, group in instance.groups("subjects", rule.of) for m in group]  # type: ignore[attr-defined]
    activities = subject_activities(instance, tuple(members))
    twin = area[area["activity"].isin(activities)].copy()
    twin["activity"] = twin["activity"] + PENALISED
    twin["yield_factor"] = 1.0 - float(rule.penalty_share)  # type: ignore[attr-defined]
    return twin


def _grows_here(instance: Instance, area: pd.DataFrame) -> np.ndarray:
    """An activity that yields anywhere must yield on this base and class of land; one that never yields may stand."""
    yields = instance.table("yields")
    somewhere = area["activity"].isin(set(yields["activity"]))
    with_land = pd.MultiIndex.from_frame(yields[["base", "land_class", "activity"]])
    on_base = pd.MultiIndex.from_frame(yields[["base", "activity"]])
    here = pd.MultiIndex.from_frame(area[["base", "land_class", "activity"]]).isin(with_land)
    here |= (area["land_class"] == NO_LAND) & pd.MultiIndex.from_frame(area[["base", "activity"]]).isin(on_base)
    uses = instance.table("activity_use")
    used = pd.MultiIndex.from_frame(area[["base", "activity"]]).isin(pd.MultiIndex.from_frame(uses[["base", "activity"]]))
    only_used = area["activity"].isin(set(uses["activity"]))
    return (here | (~somewhere & (used | ~only_used))).to_numpy()


def _fixed(instance: Instance, area: pd.DataFrame) -> pd.Series:
    fixed = instance.table("fixed_area")[["base", "land_class", "activity", "area_mu"]]
    values = area.merge(fixed, on=["base", "land_class", "activity"], how="left")["area_mu"]
    landless = fixed.drop_duplicates(["base", "activity"]).set_index(["base", "activity"])["area_mu"]
    keys = pd.MultiIndex.from_frame(area[["base", "activity"]])
    own = pd.Series(landless.reindex(keys).to_numpy(), index=values.index)
    values = values.where((area["land_class"] != NO_LAND).to_numpy(), own)
    base = pd.MultiIndex.from_frame(area[["base", "activity"]])
    is_twin = area["activity"].str.endswith(PENALISED).to_numpy()
    named = base.isin(pd.MultiIndex.from_frame(fixed[["base", "activity"]]))
    # Fixing an activity at a base fixes the land classes that are not named to nothing.
    return values.mask(values.isna().to_numpy() & named & ~is_twin, 0.0)


def per_area(instance: Instance, columns: Columns, table: str) -> pd.DataFrame:
    """A table keyed by activity, base and land class, joined to the area decisions it speaks of."""
    frame = instance.table(table).drop(columns=["_row"]).rename(columns={"activity": "data_activity"})
    area = columns["area"][["base", "land_class", "activity", "data_activity", "yield_factor", "column"]]
    keys = [key for key in ("base", "data_activity") if key in frame]
    landed = area[area["land_class"] != NO_LAND].merge(frame, on=[*keys, "land_class"])
    rest = [c for c in frame.columns if c not in ("land_class",)]
    value = [c for c in frame.columns if c in ("yield_kg_per_mu", "use_per_mu", "land_share")]
    once = frame[rest].drop_duplicates([c for c in rest if c not in value])
    landless = area[area["land_class"] == NO_LAND].merge(once, on=keys)
    return pd.concat([landed, landless], ignore_index=True)


def area_yields(instance: Instance, columns: Columns) -> pd.DataFrame:
    """Yield rows joined to areas; ``yield_kg_per_mu`` already carries the factor of a penalised twin."""
    frame = per_area(instance, columns, "yields")
    factor = np.where(frame["yield_kg_per_mu"] > 0, frame["yield_factor"], 1.0)
    return frame.assign(yield_kg_per_mu=frame["yield_kg_per_mu"] * factor)


def pools(instance: Instance) -> pd.DataFrame:
    """Supply rows with their ``pool`` (the scope they were written for), one row per member base."""
    supply = instance.table("supply").rename(columns={"base": "pool"})
    return each_member(supply, "base", [instance.members("bases", scope) for scope in supply["pool"]])


def _resources(instance: Instance, columns: Columns) -> None:
    supply = pools(instance)
    keys = ["base", "resource", "period"]
    columns.add("own", "unit", supply.loc[supply["own"] > 0, keys])
    columns.add("hire", "unit", supply.loc[supply["hire_limit"] > 0, keys])
    columns.add("let", "unit", supply.loc[supply["let_limit"] > 0, keys])
    uses = per_area(instance, columns, "activity_use")
    supplying = uses.loc[uses["use_per_mu"] < 0, keys].drop_duplicates()
    columns.add("idle", "unit", supplying)
    work = instance.table("workers").merge(instance.table("commutes")[["village", "base"]], on="village")
    columns.add("work", "day", work.loc[work["days"] > 0, ["village", *keys]])


def _goods(instance: Instance, columns: Columns, states: pd.DataFrame) -> None:
    lanes = open_lanes(instance)[["from_node", "to_node", "product", "period"]]
    here = states.rename(columns={"node": "from_node"})
    there = states.rename(columns={"node": "to_node"})
    ship = here.merge(lanes, on=["product", "from_node", "period"])
    ship = ship.merge(there, on=["origin", "product", "to_node", "period"])
    columns.add("ship", "t", ship[["origin", "product", "from_node", "to_node", "period"]])
    stored = states.merge(instance.table("storage")[["node", "product"]], on=["node", "product"])
    columns.add("store", "t", stored[STATE])
    _opening_stock(instance, columns)
    demand = instance.table("demand").rename(columns={"market": "node"})
    sell = states.merge(demand.loc[demand["quantity_t"] > 0, ["node", "product", "period", "channel", "tier"]],
                        on=["node", "product", "period"]).rename(columns={"node": "market"})  # fmt: skip
    columns.add("sell", "t", sell)
    purchases = instance.table("purchases")[["node", "product", "period", "channel", "tier", "quantity_t"]]
    at = states.loc[states["origin"] == BOUGHT, ["node", "product", "period"]]
    columns.add("buy", "t", purchases.drop(columns="quantity_t").merge(at, on=["node", "product", "period"]))
    columns.add("own_use", "t", _own_use(instance, states))
    used = instance.table("yields")
    used = used.loc[used["yield_kg_per_mu"] < 0, ["base", "product", "period"]].drop_duplicates()
    columns.add("consume", "t", states.merge(used.rename(columns={"base": "node"}), on=["node", "product", "period"])
                .rename(columns={"node": "base"}))  # fmt: skip
    products = instance.table("products")
    wasteable = products.loc[products["unsold"] == "allowed", ["product"]]
    columns.add("unsold", "t", states.merge(wasteable, on="product")[STATE])
    done = states.merge(instance.table("processes")[["process", "node", "product"]], on=["node", "product"])
    columns.add("process", "t", done[["origin", "process", "product", "node", "period"]])
    columns.add("group_sell", "t", _group_sales(instance, columns))


def _opening_stock(instance: Instance, columns: Columns) -> None:
    stock = instance.table("storage")
    chosen = stock[stock["opening_decided"] & (stock["opening_t"] > 0)]
    origin = chosen["opening_origin"].where(chosen["opening_origin"] != "", BOUGHT)
    columns.add("opening", "t", chosen.assign(origin=origin)[["origin", "product", "node"]],
                upper=chosen["opening_t"].to_numpy(dtype=float))  # fmt: skip


def _own_use(instance: Instance, states: pd.DataFrame) -> pd.DataFrame:
    own = instance.table("own_use")[["node", "product", "period"]].rename(columns={"product": "need", "period": "when"})
    own = each_member(own, "product", [instance.members("products", text) for text in own["need"]])
    own = each_member(own, "period", [instance.members("periods", text) for text in own["when"]])
    rows = own.merge(states, on=["node", "product", "period"])
    return rows[["origin", "product", "node", "period", "need", "when"]]


def group_members(instance: Instance) -> pd.DataFrame:
    """Rows of group_demand, one per member product (``group`` keeps the scope's name)."""
    groups = instance.table("group_demand").rename(columns={"product": "group"})
    return each_member(groups, "product", [instance.members("products", text) for text in groups["group"]])


def in_the_market(instance: Instance, sold: pd.DataFrame) -> pd.DataFrame:
    """The sales (decisions or sale lines with their ``channel``) that markets take by themselves: all but those that
    promotion opens, which are new demand."""
    return sold[~sold["channel"].isin(promoted_channels(instance))]


def _group_sales(instance: Instance, columns: Columns) -> pd.DataFrame:
    groups = group_members(instance)
    sold = in_the_market(instance, columns["sell"])[["origin", "market", "product", "period"]].drop_duplicates()
    rows = sold.merge(groups[["market", "product", "period", "group", "tier"]], on=["market", "product", "period"])
    return rows[["origin", "market", "group", "period", "tier"]].drop_duplicates()
