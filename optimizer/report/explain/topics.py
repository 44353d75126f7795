"""What is told of a whole plan, of a base, and of an activity."""

from __future__ import annotations

import pandas as pd

from optimizer.report.explain.crops import crop_sentence, left_out, nearest_changes, one_line, planted
from optimizer.report.explain.finding import Choice, stands_for
from optimizer.report.explain.grouping import corner, grouped, land_months
from optimizer.report.explain.limits import activity_name, limiting, strongest
from optimizer.report.explain.reading import Explained
from optimizer.report.explain.told import Topic
from optimizer.report.wording import FEN, listed, money, number
from optimizer.texts import say

MOST_LIMITS, MOST_OF_BASE, MOST_CROPS, MOST_LEFT_OUT, MOST_BASES = 8, 8, 12, 6, 30
PLACES_OF_BASE = ("base", "within", "pool", "node", "origin", "from_node", "to_node")
"""Columns of a limit that may name a base."""


def overview(given: Explained) -> list[Topic]:
    """What limits the plan most, what each base grows, the nearest changes, and which parties are held to their floor."""
    told = given.told
    found = strongest(told.prices, MOST_LIMITS)
    limits = [*(told.sentence(line) for line in found.to_dict("records")), *corner(found)]
    bases = list(given.instance.universe("bases"))
    grows = [one_line(told, base) for base in bases[:MOST_BASES]]
    if len(bases) > MOST_BASES:
        grows.append(say("explain.more_bases", count=number(len(bases) - MOST_BASES)))
    topics = [
        Topic(say("explain.title.limits"), tuple(limits) or (say("explain.no_limits"),)),
        Topic(say("explain.title.grows"), tuple(grows)),
        Topic(say("explain.title.near"), tuple(nearest_changes(told)) or (say("explain.near.nothing"),)),
        Topic(say("explain.title.parties"), tuple(floors(given))),
    ]
    return [topic for topic in topics if topic.lines]


def floors(given: Explained) -> list[str]:
    """The companies and bases that are left with no more than their floor, and what that costs."""
    if given.parties.empty:
        return []
    rows = given.told.prices[(given.told.prices["rule"] == "participation") & given.told.prices["binding"].astype(bool)]
    return [given.told.sentence(line) for line in rows.to_dict("records")] or [say("explain.no_floor_binds")]


def base_topics(given: Explained, base: str) -> list[Topic]:
    """What a base grows and why, what it does not, what limits it, and what it is left with."""
    told = given.told
    crops = told.crops[told.crops["base"] == base]
    standing, absent = planted(crops), left_out(crops)
    rows = standing.head(MOST_CROPS).to_dict("records")
    why = [one_line(told, base, MOST_CROPS), *(crop_sentence(told, line) for line in rows)]
    if len(standing) > MOST_CROPS:
        why.append(say("explain.more_crops", count=number(len(standing) - MOST_CROPS)))
    why_not = [crop_sentence(told, line) for line in absent.head(MOST_LEFT_OUT).to_dict("records")]
    if len(absent) > MOST_LEFT_OUT:
        why_not.append(say("explain.more_crops", count=number(len(absent) - MOST_LEFT_OUT)))
    name = given.names.of("bases", base)
    found = _limits_of(given, base)
    limits = [*land_months(told, base), *grouped(told, found, MOST_OF_BASE), *corner(found)]
    topics = [
        Topic(say("explain.title.base", base=name), tuple(why)),
        Topic(say("explain.title.base_not", base=name), tuple(why_not)),
        Topic(say("explain.title.base_limits", base=name), tuple(limits) or (say("explain.no_limits"),)),
        Topic(say("explain.title.balance", party=name), tuple(balance(given, "base", base))),
    ]
    return [topic for topic in topics if topic.lines]


def _limits_of(given: Explained, base: str) -> pd.DataFrame:
    """The limiting rows that speak of a base, of the villages that work there, or of what must be left to it."""
    found = limiting(given.told.prices)
    mine = pd.Series(False, index=found.index)
    for column in PLACES_OF_BASE:
        if column in found:
            mine |= found[column].astype(str).map(lambda text: base in text.split()).astype(bool)
    if "village" in found:
        work = given.decided("work")
        mine |= (found["rule"] == "workers") & found["village"].isin(work.loc[work["base"] == base, "village"])
    if "party" in found:
        mine |= (found["party"] == "base") & (found["id"] == base)
    return found[mine].drop(columns="_size")


def balance(given: Explained, party: str, name: str) -> list[str]:
    """What a party is left with, and whether that is no more than its floor."""
    found = given.parties[(given.parties["party"] == party) & (given.parties["id"] == name)]
    if found.empty:
        return []
    line = found.iloc[0]
    figures = {key: money(float(line[f"{key}_fen"])) for key in ("income", "costs", "balance")}
    lines = [say("explain.balance", party=given.names.party(party, name), **figures)]
    prices = given.told.prices
    if "party" in prices:
        floor = prices[(prices["rule"] == "participation") & (prices["party"] == party) & (prices["id"] == name)]
        for row in floor.to_dict("records"):
            above = max(float(line["balance_fen"]) - row["right_hand_side"] * FEN, 0.0)
            lines.append(given.told.sentence(row) if row["binding"] else say("explain.above_floor", slack=money(above)))
    return lines


def activity_topics(given: Explained, choice: Choice, base: str | None) -> list[Topic]:
    """Where activities stand and why, where they do not and what would change that, and where they cannot."""
    told = given.told
    chosen = told.crops[[stands_for(str(name), choice.members) for name in told.crops["activity"]]]
    title = _title(given, choice)
    if base is not None:
        chosen = chosen[chosen["base"] == base]
        title = say("explain.title.pair", activity=title, base=given.names.of("bases", base))
    standing, absent = planted(chosen), left_out(chosen)
    most = MOST_CROPS if base is None else len(chosen)
    lines = [crop_sentence(told, line, base is None) for line in standing.head(most).to_dict("records")]
    if len(standing) > most:
        lines.append(say("explain.more_places", count=number(len(standing) - most), file="activities.csv"))
    if standing.empty:
        lines = [say("explain.activity.nowhere")]
    not_there = [crop_sentence(told, line, base is None) for line in absent.head(most).to_dict("records")]
    if len(absent) > most:
        not_there.append(say("explain.more_places", count=number(len(absent) - most), file="activities.csv"))
    asked = list(given.instance.universe("bases")) if base is None else [base]
    never = [given.names.of("bases", name) for name in asked if name not in set(chosen["base"])]
    if never:
        not_there.append(say("explain.activity.never", bases=listed(never)))
    topics = [Topic(say("explain.title.activity", activity=title), tuple(lines))]
    return topics if not not_there else [*topics, Topic(say("explain.title.activity_not", activity=title), tuple(not_there))]


def _title(given: Explained, choice: Choice) -> str:
    labels = given.names.labels
    of_starts = labels["activities"].get(choice.members[0]) if choice.members and choice.members[0].startswith(f"{choice.name}@") else None
    return of_starts or labels["products"].get(choice.name) or activity_name(given.names, choice.name)
