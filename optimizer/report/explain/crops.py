"""Why an activity stands where it does, or does not: what a mu brings, what it takes, and what would change that."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from optimizer.report.explain.limits import LEAST_PRICE, activity_name
from optimizer.report.explain.told import TAKES, Told
from optimizer.report.wording import brief, listed, mu, number, percent
from optimizer.texts import say

ALIKE = 1e-3
"""Falls of price that differ by less than this share are one."""

SMALL = 0.01
"""Yuan per kilogram below which a fen is too coarse."""

PLANTED_FROM = 0.005
"""Mu below which nothing is planted: a plan is in hundredths of a mu."""


def planted(crops: pd.DataFrame) -> pd.DataFrame:
    """What is planted, the largest areas first."""
    return crops[crops["area_mu"] >= PLANTED_FROM].sort_values(["area_mu", "activity"], ascending=[False, True], kind="stable")


def left_out(crops: pd.DataFrame) -> pd.DataFrame:
    """What is not planted, what is nearest to being so first; what nothing is known of last."""
    found = crops[crops["area_mu"] < PLANTED_FROM]
    return found.assign(_rise=found["yield_rise_to_enter_share"].fillna(math.inf)).sort_values(["_rise", "activity"], kind="stable")


def crop_sentence(told: Told, line: dict[str, Any], with_base: bool = False) -> str:
    """One activity at one base: its account per mu, and how far its price or yield may move."""
    head = crop_head(told, line, with_base)
    if math.isnan(line["gain"]) or math.isnan(line["worth"]):
        return say("explain.crop.needed" if line["area_mu"] >= PLANTED_FROM else "explain.crop.impossible", crop=head)
    brings = say("explain.crop.brings", crop=head, worth=told.amount(line["worth"]), takes=takes(told, line))
    if line["area_mu"] >= PLANTED_FROM:
        return " ".join((brings, say("explain.crop.left", left=told.amount(max(line["gain"], 0.0))), may_fall(told, line)))
    if -line["gain"] <= LEAST_PRICE * max(line["worth"], 1.0):
        return " ".join((brings, say("explain.crop.even")))
    return " ".join((brings, say("explain.crop.short", lost=told.amount(-line["gain"])), must_rise(told, line)))


def crop_head(told: Told, line: dict[str, Any], with_base: bool = False) -> str:
    """The activity, its land and how much of it there is."""
    where = [told.names.of("bases", str(line["base"]))] if with_base else []
    where += [told.names.any(str(line["land_class"]))] if isinstance(line["land_class"], str) and line["land_class"] else []
    is_planted = line["area_mu"] >= PLANTED_FROM
    amount = mu(line["area_mu"]) if is_planted else say("explain.crop.none")
    return say("explain.crop.head", crop=activity_name(told.names, str(line["activity"])), where=listed([*where, amount]))


def takes(told: Told, line: dict[str, Any]) -> str:
    """What a mu takes, by kind; what is negative is given to it."""
    found = [
        say(f"explain.takes_in.{kind}", amount=told.amount(line[kind]))
        for kind in TAKES
        if line[kind] == line[kind] and abs(line[kind]) > LEAST_PRICE * max(abs(line["worth"]), 1.0)
    ]
    return listed(found) if found else say("explain.takes_in.nothing")


def may_fall(told: Told, line: dict[str, Any]) -> str:
    """How much less a kilogram may bring before less, and before nothing, of what is planted is planted."""
    less, none = line["price_fall_to_less_yuan_per_kg"], line["price_fall_to_none_yuan_per_kg"]
    if math.isnan(less):
        return ""
    if math.isnan(none):
        return say("explain.crop.falls_to_less", less=per_kilogram(told, line, less))
    if none - less <= ALIKE * less:
        return say("explain.crop.falls_to_none", none=per_kilogram(told, line, none))
    return say("explain.crop.falls", less=per_kilogram(told, line, less), none=per_kilogram(told, line, none))


def must_rise(told: Told, line: dict[str, Any]) -> str:
    """What price or yield would bring in what is not planted."""
    rise, share = line["price_rise_to_enter_yuan_per_kg"], line["yield_rise_to_enter_share"]
    if math.isnan(rise):
        return ""
    if math.isnan(share):
        return say("explain.crop.rises_price", rise=told.amount(rise))
    return say("explain.crop.rises", rise=per_kilogram(told, line, rise), share=share_in_words(share))


def per_kilogram(told: Told, line: dict[str, Any], value: float) -> str:
    """A change of what a kilogram brings, with its share of what it brings now."""
    size, share = change_of_price(line, value)
    text = say("explain.crop.per_kg", amount=say("report.amount.yuan", amount=size) if told.is_money else size)
    return say("report.amount_and_share", amount=text, share=share) if share else text


def change_of_price(line: dict[str, Any], value: float) -> tuple[str, str]:
    """A change per kilogram and its share of what one brings at the field, each with as many figures as count; no share where a
    kilogram brings nothing."""
    value = max(value, 0.0)
    size = number(value, 4) if 0 < value < SMALL else brief(value)
    return size, share_in_words(value * line["harvest_kg_per_mu"] / line["worth"]) if line["worth"] > 0 else ""


def share_in_words(share: float) -> str:
    """A share in percent."""
    return percent(share, 0 if share >= 0.1 or share <= 0 else 1 if share >= 0.001 else 2)


def one_line(told: Told, base: str, most: int = 4) -> str:
    """What a base grows, in one sentence."""
    found = planted(told.crops[told.crops["base"] == base])
    area = found.groupby("activity")["area_mu"].sum().sort_values(ascending=False, kind="stable")
    name = told.names.of("bases", base)
    if area.empty:
        return say("explain.base.nothing", base=name)
    crops = listed((say("explain.base.crop", crop=activity_name(told.names, str(a)), area=mu(v)) for a, v in area.items()), most)
    return say("explain.base.grows", base=name, area=number(area.sum()), crops=crops)


def nearest_changes(told: Told, most: int = 3) -> list[str]:
    """The activities that the smallest change of price would bring in, and those that the smallest would move."""
    lines = []
    entering = left_out(told.crops)
    for line in entering[entering["price_rise_to_enter_yuan_per_kg"] > LEAST_PRICE].head(most).to_dict("records"):
        rise = per_kilogram(told, line, line["price_rise_to_enter_yuan_per_kg"])
        lines.append(say("explain.near.enter", crop=crop_head(told, line, True), rise=rise))
    standing = planted(told.crops).dropna(subset=["price_fall_to_less_yuan_per_kg", "worth"])
    shares = standing["price_fall_to_less_yuan_per_kg"] * standing["harvest_kg_per_mu"] / standing["worth"]
    for line in standing.loc[shares.sort_values(kind="stable").index[:most]].to_dict("records"):
        fall = per_kilogram(told, line, line["price_fall_to_less_yuan_per_kg"])
        lines.append(say("explain.near.leave", crop=crop_head(told, line, True), fall=fall))
    return lines
