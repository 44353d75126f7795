"""The ways to look for other plans that are nearly as good, each as changes that ``--set`` takes.

So every alternative is a policy like any other. What is wanted becomes the objective and the objective a floor
(``settings.floors``; a measure becomes a linear rule), or a limit of the instance is drawn as tight as the objective allows.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pandas as pd

from optimizer.instance.document import OBJECTIVES
from optimizer.instance.instance import Instance
from optimizer.instance.pools import KEYS_AFTER_SOLVING
from optimizer.policy.frontier import FLOOR_PLACES, LEAST, floor_change, objective_changes
from optimizer.policy.near_ground import Ground
from optimizer.policy.near_lanes import closed_lanes
from optimizer.policy.near_spread import tightest_share
from optimizer.program.parties import linked_persons
from optimizer.texts import say

GAIN = "household_gain"
WORKING = ("work", "own", "hire")
"""Decisions that are days of work where their resource is booked to labour."""

LABOUR = "labour"


class NotThere(Exception):
    """This kind of plan does not exist for the instance; the message says why, for a planner."""


Changes = Callable[[Ground, float], tuple[str, ...]]


def most_diversified(ground: Ground, level: float) -> tuple[str, ...]:
    """The cap on a product's share of land at its tightest: of the rule for the whole county if there is one.

    The largest share of any product is made as small as the level allows, so that no product weighs more than it must.
    """
    rule = cap_of(ground)
    if rule is None:
        raise NotThere(say("near.left.no_cap"))
    name = str(rule["name"])
    switched_on = () if rule["active"] else (f"rules[name={name}].active=yes",)
    return (*switched_on, f"rules[name={name}].share={tightest_share(ground, name, level)}")


def cap_of(ground: Ground) -> dict[str, object] | None:
    """The rule, active or not, that caps each single product all year: one over all bases before one per base, active ones first."""
    rules = ground.given_rules
    caps = [rule for rule in rules[rules["rule"] == "max_share"].to_dict("records") if _caps_all_products(ground.instance, rule)]
    caps.sort(key=lambda rule: (len(ground.instance.groups("bases", rule["within"])), not rule["active"], rule["name"]))
    return caps[0] if caps else None


def _caps_all_products(instance: Instance, rule: dict[str, object]) -> bool:
    groups, places, times = (
        instance.groups(kind, str(rule[column])) for kind, column in (("subjects", "of"), ("bases", "within"), ("periods", "period"))
    )
    single = {members[0] for _, members in groups if len(members) == 1}
    everywhere = {base for _, members in places for base in members} == set(instance.universe("bases"))
    return set(instance.universe("products")) <= single and everywhere and len(times) == 1 and rule["denominator"] != "product"


def most_jobs(ground: Ground, level: float) -> tuple[str, ...]:
    """The most days of work, as a measure of the instance counts them."""
    name = days_measure(ground)
    if name is None:
        raise NotThere(say("near.left.no_days"))
    rules = ground.given_rules
    switched_on = () if rules.loc[rules["name"] == name, "active"].iloc[0] else (f"rules[name={name}].active=yes",)
    return (*switched_on, *instead(ground, name, level))


def days_measure(ground: Ground) -> str | None:
    """The first measure, active or not, all of whose terms are days of work that count for more than nothing."""
    labour = ground.instance.table("resources")
    days = set(labour.loc[labour["account"] == LABOUR, "resource"])
    for name, terms in ground.given_terms.groupby("name", sort=True):
        is_measure = (ground.given_rules.loc[ground.given_rules["name"] == name, "rule"] == "measure").all()
        if is_measure and _is_days(ground.instance, terms, days):
            return str(name)
    return None


def _is_days(instance: Instance, terms: pd.DataFrame, days: set[str]) -> bool:
    if not (terms["decision"].isin(WORKING).all() and (terms["coefficient"] > 0).all()):
        return False
    meant = {name for text in terms["resource"] for _, members in instance.groups("resources", str(text)) for name in members}
    return (terms["decision"] == "work").all() or meant <= days


def most_even(ground: Ground, level: float) -> tuple[str, ...]:
    """The greatest gain per person for the worst-off village, then for the next."""
    require_known_villages(ground.instance)
    if len(linked_persons(ground.instance)) < 2:
        raise NotThere(say("near.left.one_village"))
    return instead(ground, LEAST, level)


def most_to_households(ground: Ground, level: float) -> tuple[str, ...]:
    """The greatest gain of the linked households."""
    if ground.instance.table("links").empty or ground.instance.table("households").empty:
        raise NotThere(say("near.left.no_links"))
    return instead(ground, GAIN, level)


def require_known_villages(instance: Instance) -> None:
    """Raises NotThere unless villages can be compared before it is known what is sold."""
    if instance.table("links").empty or linked_persons(instance).empty:
        raise NotThere(say("near.left.no_links"))
    if any(key in KEYS_AFTER_SOLVING for split in instance.split for key in split.household_key):
        raise NotThere(say("near.left.key"))


def fewest_lanes(ground: Ground, level: float) -> tuple[str, ...]:
    """As few lanes in use as were found; all others are closed."""
    return closed_lanes(ground, level)


KINDS: dict[str, Changes] = {
    "most_diversified": most_diversified,
    "most_jobs": most_jobs,
    "most_even": most_even,
    "most_to_households": most_to_households,
    "fewest_lanes": fewest_lanes,
}
"""The kinds of alternatives by name, in the order in which they are shown."""


def instead(ground: Ground, objective: str, level: float) -> tuple[str, ...]:
    """The changes that make another objective as great as it can be while the present one keeps a level."""
    own = ground.instance.settings.objective
    if own.name == objective:
        raise NotThere(say("near.left.same"))
    constant = ("settings.objective.constant_yuan=0",) if own.constant_yuan else ()
    return (*floor_changes(ground.instance, level), *constant, *objective_changes(ground.instance, objective))


def floor_changes(instance: Instance, level: float) -> tuple[str, ...]:
    """The changes that keep the objective of an instance at a level (constant included), or at a floor it has already.

    An objective in money becomes a floor in settings.floors, a measure a linear rule of the same terms.
    """
    objective = instance.settings.objective
    figure = level - float(objective.constant_yuan)
    if objective.name in OBJECTIVES:
        if objective.minimise:
            raise NotThere(say("near.left.minimised"))
        held = instance.settings.floors.get(objective.name)
        return (floor_change(objective.name, figure if held is None else max(figure, float(held))),)
    sense, way = ("at_most", ROUND_CEILING) if objective.minimise else ("at_least", ROUND_FLOOR)
    rule = f"rules[name={objective.name}]"
    quantity = Decimal(figure).quantize(FLOOR_PLACES, way)
    return f"{rule}.rule=linear", f"{rule}.sense={sense}", f"{rule}.quantity={quantity:f}"
