"""Checks of rules: what each kind needs and uses, what its terms may name, and the objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from optimizer.instance.document import OBJECTIVES
from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.instance.registry import registry
from optimizer.problems import Problem, nearest
from optimizer.texts import say

Files = Mapping[str, str]

NEEDED = {
    "max_share": ("share",),
    "min_share": ("share",),
    "equal_share": (),
    "max_area": ("quantity",),
    "min_area": ("quantity",),
    "rotation": ("count",),
    "max_crops": ("count",),
    "safety_share": ("share",),
    "least_gain": ("quantity",),
    "least_plot": ("quantity",),
    "min_products": ("count", "share"),
    "max_bases": ("count",),
    "linear": ("quantity",),
    "measure": (),
}
"""The columns without which a kind of rule says nothing."""

TAKEN = {
    "max_share": ("of", "within", "period", "denominator"),
    "min_share": ("of", "within", "period", "denominator"),
    "equal_share": ("of", "within", "period"),
    "max_area": ("of", "within", "period"),
    "min_area": ("of", "within", "period"),
    "rotation": ("of", "within"),
    "max_crops": ("of", "within", "penalty_share"),
    "safety_share": ("of", "within"),
    "least_gain": (),
    "least_plot": ("of", "within"),
    "min_products": ("within",),
    "max_bases": ("of", "within", "period"),
    "linear": ("for_each", "sense", "unit"),
    "measure": ("unit",),
}
"""The further columns a kind of rule looks at; any other that is filled in would be passed over in silence."""

ALWAYS_TAKEN = ("name", "rule", "active")
FREE = ("linear", "measure")
OF_PRODUCTS = ("safety_share", "max_bases")
"""Kinds of rules that speak of products only, not of activities."""

DECISION_KEYS = {
    "area": ("base", "land_class", "activity", "period"),
    "rented": ("base", "land_class"),
    "harvest": ("base", "product", "period"),
    "own": ("base", "resource", "period"),
    "hire": ("base", "resource", "period"),
    "let": ("base", "resource", "period"),
    "work": ("village", "base", "resource", "period"),
    "ship": ("origin", "product", "node", "to", "period"),
    "store": ("origin", "product", "node", "period"),
    "unsold": ("origin", "product", "node", "period"),
    "sell": ("origin", "product", "period", "market", "channel"),
    "buy": ("product", "node", "period", "channel"),
    "own_use": ("origin", "product", "node", "period"),
    "consume": ("origin", "product", "base", "period"),
    "process": ("origin", "product", "node", "period"),
    "shortfall": (),
    "insure": ("base", "land_class", "activity"),
    "promote": (),
}
"""The keys by which the terms of linear rules may choose each kind of decision, and for_each may repeat it."""

FILTERS = ("base", "land_class", "activity", "product", "period", "origin", "node", "to", "market", "channel", "resource", "village")
ALL = ("all", "*")


def columns_of_rules(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every column a kind of rule needs is filled in, and none that it does not look at."""
    attributes = registry()["rules"].attributes
    for rule in instance.table("rules").itertuples():
        needed, taken = NEEDED[rule.rule], (*ALWAYS_TAKEN, *NEEDED[rule.rule], *TAKEN[rule.rule])
        for attribute in attributes:
            value = getattr(rule, attribute.column)
            default = "" if attribute.optional else attribute.default
            blank = value is None or value != value or value == default
            if attribute.column in needed and blank:
                expected = say("expected.rule_needs", rule=rule.rule)
                yield problem_at(files, "rules", rule._1, attribute.column, say("found.blank"), expected)
            elif attribute.column not in taken and not blank:
                expected = say("expected.unused_column", rule=rule.rule, columns=", ".join(taken[len(ALWAYS_TAKEN) :]))
                shown = f"{value:g}" if isinstance(value, float) else value
                yield problem_at(files, "rules", rule._1, attribute.column, shown, expected)


def subjects_of_rules(instance: Instance, files: Files) -> Iterator[Problem]:
    """Rules about sales and harvests name products and markets, the others bases."""
    for rule in instance.table("rules").itertuples():
        places = "markets" if rule.rule == "safety_share" else "bases"
        cases = [("within", places, rule.within)]
        if rule.rule in OF_PRODUCTS:
            cases.append(("of", "products", rule.of))
        for column, universe, text in cases:
            if column in TAKEN[rule.rule] and instance.names.groups(universe, text) is None:
                word = instance.names.unknown_word(universe, text)
                expected = say("expected.rule_place", rule=rule.rule, kind=universe)
                yield problem_at(
                    files, "rules", rule._1, column, word, expected, nearest(word.removeprefix("each "), instance.names.known(universe))
                )


def terms_of_rules(instance: Instance, files: Files) -> Iterator[Problem]:
    """Linear rules and measures have terms, other rules none."""
    terms = set(instance.table("rule_terms")["name"])
    for rule in instance.table("rules").itertuples():
        if rule.rule in FREE and rule.name not in terms:
            yield problem_at(files, "rules", rule._1, "name", rule.name, say("expected.terms"))
        if rule.rule not in FREE and rule.name in terms:
            yield problem_at(files, "rules", rule._1, "rule", rule.rule, say("expected.linear_for_terms"))


def keys_of_terms(instance: Instance, files: Files) -> Iterator[Problem]:
    """A term filters only by keys its decision has."""
    for term in instance.table("rule_terms").itertuples():
        keys = DECISION_KEYS[term.decision]
        expected = say("expected.term_keys", decision=term.decision, keys=", ".join(keys) or say("found.no_keys"))
        for column in FILTERS:
            if column not in keys and getattr(term, column) not in ALL:
                yield problem_at(files, "rule_terms", term._1, column, getattr(term, column), expected)
        if term.lag and "period" not in keys:
            yield problem_at(files, "rule_terms", term._1, "lag", term.lag, expected)


def keys_of_linear_rules(instance: Instance, files: Files) -> Iterator[Problem]:
    """A linear rule is repeated for keys that some decision of its terms has."""
    terms = instance.table("rule_terms")
    for rule in instance.table("rules").itertuples():
        wanted = rule.for_each.split()
        decisions = list(dict.fromkeys(terms.loc[terms["name"] == rule.name, "decision"]))
        if rule.rule != "linear" or not wanted or not decisions:
            continue
        known = list(dict.fromkeys(key for decision in decisions for key in DECISION_KEYS[decision]))
        for key in wanted:
            if key not in known:
                expected = say("expected.for_each", keys=", ".join(known) or say("found.no_keys"))
                yield problem_at(files, "rules", rule._1, "for_each", key, expected, nearest(key, known))


def objective_known(instance: Instance, files: Files) -> Iterator[Problem]:
    rules = instance.table("rules")
    known = (*OBJECTIVES, *rules.loc[rules["rule"] == "measure", "name"])
    objective = instance.settings.objective
    parts = (("maximise" if objective.maximise else "minimise", objective.name), ("then", objective.then))
    people = ("household_gain", "least_household_gain", "county_income")
    for part, name in parts:
        if name and name not in known:
            yield _of_objective(part, name, say("expected.objective", known=", ".join(known)), nearest(name, known))
        elif name in people and instance.table("households").empty:
            yield _of_objective(part, name, say("expected.households_for_objective"))


def _of_objective(part: str, found: Any, expected: str, near: str = "") -> Problem:
    return Problem("instance.yaml", None, f"settings.objective.{part}", str(found), expected, near)


RULES = (
    columns_of_rules,
    subjects_of_rules,
    terms_of_rules,
    keys_of_terms,
    keys_of_linear_rules,
    objective_known,
)
