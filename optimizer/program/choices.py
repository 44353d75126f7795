"""Rules that need yes-or-no decisions; none exists unless an instance asks for it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.decisions import NO_LAND, area_yields
from optimizer.program.diversification import cells, chosen_area, matches_nothing, rules_of
from optimizer.program.rows import AT_LEAST, AT_MOST, Columns, Rows, gives, make_rows, terms_of


def add_choices(instance: Instance, columns: Columns) -> None:
    """The yes-or-no decisions: ``plant`` (least_plot), ``grow`` (min_products) and ``gather`` (max_bases)."""
    plant = [_plots(instance, columns, rule) for rule in rules_of(instance, "least_plot")]
    grow = [_products(instance, columns, rule) for rule in rules_of(instance, "min_products")]
    gather = [_harvests(instance, columns, rule) for rule in rules_of(instance, "max_bases")]
    for kind, frames, keys in (
        ("plant", plant, ["name", "base", "land_class", "data_activity"]),
        ("grow", grow, ["name", "base", "product"]),
        ("gather", gather, ["name", "base", "product", "period"]),
    ):
        frame = pd.concat(frames, ignore_index=True)[keys] if frames else pd.DataFrame(columns=keys, dtype=object)
        columns.add(kind, "choice", frame, upper=1.0, integer=True)


def _plots(instance: Instance, columns: Columns, rule: Any) -> pd.DataFrame:
    chosen = chosen_area(columns, cells(instance, rule))
    chosen = chosen[chosen["land_class"] != NO_LAND]
    return _some(rule, chosen[["base", "land_class", "data_activity"]].drop_duplicates())


def _products(instance: Instance, columns: Columns, rule: Any) -> pd.DataFrame:
    grown = area_yields(instance, columns).merge(cells(instance, rule).places, on="base")
    grown = grown[(grown["yield_kg_per_mu"] > 0) & (grown["land_class"] != NO_LAND)]
    return _some(rule, grown[["base", "product"]].drop_duplicates(), "within")


def _harvests(instance: Instance, columns: Columns, rule: Any) -> pd.DataFrame:
    products = {p for _, members in instance.groups("subjects", rule.of) for p in members}
    bases = {b for _, members in instance.groups("bases", rule.within) for b in members}
    periods = {p for _, members in instance.groups("periods", rule.period) for p in members}
    harvest = columns["harvest"]
    chosen = harvest[harvest["product"].isin(products) & harvest["base"].isin(bases) & harvest["period"].isin(periods)]
    return _some(rule, chosen[["base", "product", "period"]])


def _some(rule: Any, chosen: pd.DataFrame, column: str = "of") -> pd.DataFrame:
    if chosen.empty:
        raise matches_nothing(rule, column)
    return chosen.assign(name=rule.name)


def _most_area(instance: Instance, columns: Columns) -> pd.DataFrame:
    """The most mu of one activity a base and class of land can bear in all periods (the smallest safe big M)."""
    land = instance.table("land")[["base", "land_class", "area_mu"]]
    return land.rename(columns={"area_mu": "most"})


@gives("least_plot", "least_plot_most")
def least_plot(instance: Instance, columns: Columns) -> list[Rows]:
    """If an activity is planted at a base at all, then on a least plot:

    quantity · plant ≤ area ≤ most · plant   (mu), plant ∈ {0, 1}, most = the land of that class.

    Shadow prices hold for the choices as made.
    """
    keys = ["name", "base", "land_class", "data_activity"]
    plots = columns["plant"]
    quantities = instance.table("rules").set_index("name")["quantity"]
    plots = plots.merge(_most_area(instance, columns), on=["base", "land_class"])
    area = columns["area"].merge(plots[keys], on=keys[1:])
    least = -plots["name"].map(quantities).astype(float)
    return [
        make_rows("least_plot", "mu", keys, [terms_of(area), terms_of(plots, least)], AT_LEAST, 0.0),
        make_rows("least_plot_most", "mu", keys, [terms_of(area), terms_of(plots, -plots["most"])], AT_MOST, 0.0),
    ]


@gives("min_products", "min_products_count")
def min_products(instance: Instance, columns: Columns) -> list[Rows]:
    """At least n products, each with a least share s of the base's planted mu:

    area[p,b] ≥ s · planted[b] − s · most[b] · (1 − grow[p,b])   (mu),   Σ_p grow[p,b] ≥ n,   grow ∈ {0, 1}

    where most[b] is the base's land times the number of periods. Shadow prices hold for the choices as made.
    """
    grow = columns["grow"]
    if grow.empty:
        return []
    rules = instance.table("rules").set_index("name")
    land = instance.table("land").groupby("base")["area_mu"].sum() * len(instance.periods)
    grown = area_yields(instance, columns)
    grown = grown[(grown["yield_kg_per_mu"] > 0) & (grown["land_class"] != NO_LAND)]
    grown = grown[["base", "product", "column"]].drop_duplicates()
    planted = columns["area"][columns["area"]["land_class"] != NO_LAND][["base", "column"]]
    share = grow["name"].map(rules["share"]).astype(float)
    most = share * grow["base"].map(land)
    keys = ["name", "base", "product"]
    names = grow[keys].assign(share=share)
    mine = terms_of(grown.merge(names, on=["base", "product"]))
    all_planted = planted.merge(names, on="base")
    rows = make_rows(
        "min_products", "mu", keys,
        [mine, terms_of(all_planted, -all_planted["share"]), terms_of(grow, -most)], AT_LEAST,
        grow.assign(rhs=-most), True,
    )  # fmt: skip
    counts = grow[["name", "base"]].drop_duplicates()
    counts = counts.assign(rhs=counts["name"].map(rules["count"]).astype(float))
    return [rows, make_rows("min_products_count", "product", ["name", "base"], [terms_of(grow)], AT_LEAST, counts, True)]


@gives("max_bases", "max_bases_count")
def max_bases(instance: Instance, columns: Columns) -> list[Rows]:
    """At most n bases harvest one product in a period:

    harvest[b,p,t] ≤ most · gather[b,p,t]   (t),   Σ_b gather[b,p,t] ≤ n,   gather ∈ {0, 1}

    where most is the base's land at its best yield. Shadow prices hold for the choices as made.
    """
    gather = columns["gather"]
    if gather.empty:
        return []
    keys = ["name", "base", "product", "period"]
    land = instance.table("land")[["base", "land_class", "area_mu"]]
    best = area_yields(instance, columns).merge(land, on=["base", "land_class"])
    best["most"] = best["yield_kg_per_mu"] / 1000 * best["area_mu"]
    best = best.groupby(["base", "product", "period", "land_class"])["most"].max()
    best = best.groupby(["base", "product", "period"]).sum().reset_index()
    allowed = gather.merge(best, on=["base", "product", "period"])
    harvest = columns["harvest"].merge(gather[keys], on=["base", "product", "period"])
    counts = gather[["name", "product", "period"]].drop_duplicates()
    counts = counts.assign(rhs=counts["name"].map(instance.table("rules").set_index("name")["count"]).astype(float))
    return [
        make_rows("max_bases", "t", keys, [terms_of(harvest), terms_of(allowed, -allowed["most"])], AT_MOST, 0.0),
        make_rows("max_bases_count", "base", ["name", "product", "period"], [terms_of(gather)], AT_MOST, counts, True),
    ]
