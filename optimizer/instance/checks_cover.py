"""Checks of insurance and promotion: what each kind of cover needs, steps of falling return, and who pays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Files = Mapping[str, str]

COVER_NEEDS = {"yield": ("trigger_share", "cover_yuan_per_mu"), "price": ("product", "target_yuan_per_kg")}
"""The columns without which a kind of cover pays nothing; the other kind does not look at them."""


def columns_of_insurance(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every kind of cover has its own columns filled in, and none of the other kind's."""
    for row in instance.table("insurance").drop_duplicates("_row").to_dict("records"):
        for kind, columns in COVER_NEEDS.items():
            for column in columns:
                value = row[column]
                blank = value is None or value != value or value == ""
                if (kind == row["kind"]) != blank:
                    continue
                key = "expected.cover_needs" if kind == row["kind"] else "expected.cover_without"
                found = say("found.blank") if blank else f"{value:.15g}" if isinstance(value, float) else value
                yield problem_at(files, "insurance", row["_row"], column, found, say(key, kind=row["kind"]))
        if row["kind"] == "yield" and row["trigger_share"] == 0:
            yield problem_at(files, "insurance", row["_row"], "trigger_share", 0, say("expected.greater_than", bound=0))


def insured_prices_exist(instance: Instance, files: Files) -> Iterator[Problem]:
    """A target price is held against prices of table demand: there must be some."""
    demand = instance.table("demand")
    for row in instance.table("insurance").drop_duplicates("_row").itertuples():
        if row.kind != "price" or not row.product:
            continue
        there = (demand["product"] == row.product) & demand["market"].isin(instance.members("nodes", row.market))
        if not (there & demand["period"].isin(instance.members("periods", row.period))).any():
            yield problem_at(files, "insurance", row._1, "product", row.product, say("expected.observed_price"))


def insured_crops_yield(instance: Instance, files: Files) -> Iterator[Problem]:
    """A cover of the yield needs something that yields: else there is nothing it could be held against, and it is never offered.

    A row that means several places (``*``) may meet some where the activity does not grow; one that meets no other is wrong.
    """
    insurance = instance.table("insurance")
    covers = insurance[insurance["kind"] == "yield"]
    if covers.empty:
        return
    yields, landed = instance.table("yields"), set(instance.table("occupancy")["activity"])
    grown = yields[yields["yield_kg_per_mu"] > 0]
    on_land = set(zip(grown["activity"], grown["base"], grown["land_class"], strict=True))
    anywhere = {(activity, base) for activity, base, _ in on_land}
    places = zip(covers["activity"], covers["base"], covers["land_class"], strict=True)
    there = [place in on_land if place[0] in landed else place[:2] in anywhere for place in places]
    yielding = covers.assign(there=there).groupby(["_row", "activity"], sort=True)["there"].any()
    for row, activity in yielding[~yielding].index:
        yield problem_at(files, "insurance", row, "activity", activity, say("expected.yielding"))


def payers_of_premiums(instance: Instance, files: Files) -> Iterator[Problem]:
    """A company can only pay where the base has one."""
    company = instance.table("bases").set_index("base")["company"]
    insurance = instance.table("insurance")
    missing = insurance[(insurance["payer"] == "company") & (insurance["base"].map(company) == "").to_numpy(dtype=bool)]
    for row, base in missing.drop_duplicates("_row")[["_row", "base"]].itertuples(index=False):
        yield problem_at(files, "insurance", row, "payer", f"company ({base})", say("expected.party_of_base", party="company"))


def steps_of_promotion(instance: Instance, files: Files) -> Iterator[Problem]:
    """From step to step a yuan opens no more, at no better price; else the program would take a later step first."""
    table = instance.table("promotion").sort_values(["promotion", "step"])
    further = table.duplicated("promotion").to_numpy()
    for column in ("t_per_yuan", "price_yuan_per_kg"):
        rising = table[further & (table[column].diff() > 0).to_numpy()]
        for row, value in rising[["_row", column]].itertuples(index=False):
            yield problem_at(files, "promotion", row, column, f"{value:.15g}", say("expected.falling_step"))
    for column in ("budget_yuan", "payer"):
        first = table.groupby("promotion")[column].transform("first")
        for row, value in table.loc[table[column] != first, ["_row", column]].itertuples(index=False):
            shown = f"{value:.15g}" if isinstance(value, float) else value
            yield problem_at(files, "promotion", row, column, shown, say("expected.same_on_steps"))


def payers_of_promotion(instance: Instance, files: Files) -> Iterator[Problem]:
    known = ("government", *instance.universe("companies"), *instance.universe("bases"))
    for row in instance.table("promotion").drop_duplicates("_row").itertuples():
        if row.payer not in known:
            expected = say("expected.one_of", known=", ".join(known))
            yield problem_at(files, "promotion", row._1, "payer", row.payer, expected, nearest(row.payer, known))


def channels_of_promotion(instance: Instance, files: Files) -> Iterator[Problem]:
    """A promotion opens a channel of its own: sales of one that demand has already would count as promoted."""
    table = instance.table("promotion")
    opened = dict.fromkeys(table["promotion"], 0)
    for row in table[table["active"]].itertuples():
        scopes = (("nodes", row.market), ("products", row.product), ("periods", row.period))
        opened[row.promotion] += math.prod(len(set(instance.members(universe, scope))) for universe, scope in scopes)
    sold, bought = (instance.table(name)["channel"].value_counts() for name in ("demand", "purchases"))
    for row in table.drop_duplicates("promotion").itertuples():
        if sold.get(row.promotion, 0) > opened[row.promotion] or row.promotion in bought:
            yield problem_at(files, "promotion", row._1, "promotion", row.promotion, say("expected.own_channel"))


COVER = (
    columns_of_insurance,
    insured_prices_exist,
    insured_crops_yield,
    payers_of_premiums,
    payers_of_promotion,
    steps_of_promotion,
    channels_of_promotion,
)
