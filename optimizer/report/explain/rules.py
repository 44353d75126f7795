"""What is told of a rule of the planner's, or of a kind of rule: where it binds, what that is worth, and what a point of a cap is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from optimizer.instance.hopeless import subject_activities
from optimizer.report.explain.finding import Choice
from optimizer.report.explain.grouping import corner, grouped
from optimizer.report.explain.limits import LEAST_PRICE, PENALISED, limit_name, place, with_place
from optimizer.report.explain.reading import Explained
from optimizer.report.explain.told import Topic
from optimizer.report.explain.worth import units
from optimizer.report.naming import plain, say_or_plain
from optimizer.report.wording import brief, listed, number
from optimizer.texts import say

MOST_ROWS, MOST_LOOSE = 10, 3
SHARES = ("max_share", "min_share")
POINT = 0.01


def rule_topic(given: Explained, choice: Choice) -> Topic:
    """A rule by its name or its kind."""
    column, name = choice.members
    title = plain(name) if column == "rule_name" else say_or_plain("report.limit.", name)
    prices = given.told.prices
    rows = prices[prices[column] == name] if column in prices else prices.head(0)
    if rows.empty:
        return Topic(say("explain.title.rule", rule=title), (say("explain.rule.no_rows"),))
    binding = rows[rows["binding"]]
    counts = (binding["value_yuan_per_unit"].fillna(1.0).abs() > LEAST_PRICE) | (
        binding["value_of_less_yuan_per_unit"].fillna(1.0).abs() > LEAST_PRICE
    )
    lines = [say("explain.rule.counted", rows=number(len(rows)), binding=number(len(binding)), worth=number(int(counts.sum())))]
    lines += grouped(given.told, binding[counts], MOST_ROWS)
    for line in binding[counts].to_dict("records"):
        lines += _in_points(given, {str(key): value for key, value in line.items()})
    lines += corner(binding[counts])
    if not counts.any():
        lines += _nearest_to_binding(given, rows[~rows["binding"]])
    return Topic(say("explain.title.rule", rule=title), tuple(lines))


def _nearest_to_binding(given: Explained, rows: pd.DataFrame) -> list[str]:
    """The rows with the least room left, measured against their limit where it is not 0."""
    if rows.empty:
        return []
    size = rows["right_hand_side"].abs()
    order = (rows["slack"] / size.where(size > 0, 1.0)).sort_values(kind="stable").index[:MOST_LOOSE]
    years = given.instance.periods.year_count
    found = []
    for line in rows.loc[order].to_dict("records"):
        named = {str(key): value for key, value in line.items()}
        room = say("report.amount_and_unit", amount=brief(line["slack"]), unit=units(str(line["unit"])))
        found.append(say("explain.rule.room", limit=with_place(limit_name(named), place(named, given.names, years)), room=room))
    return [say("explain.rule.loose", rows=listed(found))]


def _in_points(given: Explained, line: dict[str, Any]) -> list[str]:
    """What one percentage point of a share is worth: the worth of a mu times a hundredth of what the share is taken of."""
    table = given.instance.table("rules")
    found = table[(table["name"] == line.get("rule_name")) & table["rule"].isin(SHARES)]
    if line["rule"] not in SHARES or len(found) != 1 or str(line["period"]) != "all":
        return []
    rule = found.iloc[0]
    whole = _taken_of(given, rule, str(line["of"]), str(line["within"]))
    more, less = line["value_yuan_per_unit"], line["value_of_less_yuan_per_unit"]
    if whole is None or whole <= 0 or more != more or less != less:
        return []
    where = place({**line, "rule_name": ""}, given.names, given.instance.periods.year_count)
    amount = POINT * whole * more
    key = "adds" if amount > LEAST_PRICE else "takes" if amount < -LEAST_PRICE else "nothing"
    text = say(
        f"explain.point.{key}",
        where=where,
        share=brief(float(rule["share"]) * 100),
        point=brief(POINT * whole),
        amount=given.told.amount(abs(amount)),
        objective=given.told.label,
    )
    holds = line["holds_to"] - line["right_hand_side"]
    if rule["denominator"] != "land":
        return [text + " " + say("explain.point.about")]
    return [text] if holds != holds or key == "nothing" else [text + " " + say("explain.point.holds", points=brief(holds / whole / POINT))]


def _taken_of(given: Explained, rule: pd.Series, of: str, within: str) -> float | None:
    """The mu a share is taken of: land, rented or planted mu within a place, or the mu of a product over all bases. None where the
    groups a rule speaks of are not known by their labels."""
    instance = given.instance
    places = dict(instance.groups("bases", str(rule["within"])))
    subjects = dict(instance.groups("subjects", str(rule["of"])))
    if within not in places or of not in subjects:
        return None
    if rule["denominator"] == "land":
        land = instance.table("land")
        return float(land.loc[land["base"].isin(places[within]), "area_mu"].sum())
    area, rented = given.decided("area"), given.decided("rented")
    if rule["denominator"] == "rented":
        return float(rented.loc[rented["base"].isin(places[within]), "value"].sum())
    if rule["denominator"] == "product":
        members = set(subject_activities(instance, subjects[of]))
        return float(area.loc[area["activity"].str.partition(PENALISED)[0].isin(members), "value"].sum())
    return float(area.loc[area["base"].isin(places[within]) & (area["land_class"] != ""), "value"].sum())


def named_rules(given: Explained) -> dict[str, str]:
    """The planner's own rules: name and kind."""
    table = given.instance.table("rules")
    found = dict(zip(table["name"].astype(str), table["rule"].astype(str), strict=True))
    prices = given.told.prices
    if "rule_name" in prices:
        own = prices[prices["rule_name"] != ""].drop_duplicates("rule_name")
        found = {**dict(zip(own["rule_name"], own["rule"], strict=True)), **found}
    return found
