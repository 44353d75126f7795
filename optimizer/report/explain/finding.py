"""What a planner means by a name: the technical name, a label or either half of one, in any case of letters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizer.instance.hopeless import subject_activities
from optimizer.problems import Problem, nearest
from optimizer.report.explain.limits import PENALISED
from optimizer.report.explain.told import Told
from optimizer.report.naming import plain, say_or_plain
from optimizer.texts import say

CHINESE = re.compile(r"[\u3400-\u9fff（）]+")


@dataclass(frozen=True)
class Choice:
    """Something that can be named: its technical name, what else it may be called, and what it stands for."""

    name: str
    called: frozenset[str]
    members: tuple[str, ...]


def called(name: str, label: str = "") -> frozenset[str]:
    """Every way to write a name, in small letters.

    >>> sorted(called("hill_base", "Hill 山"))
    ['hill', 'hill 山', 'hill base', 'hill_base', '山']
    """
    halves = [CHINESE.sub("", label), "".join(CHINESE.findall(label))]
    return frozenset(text for found in (name, plain(name), label, *halves) if (text := _folded(found)))


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def find(option: str, text: str, choices: Iterable[Choice], expected: str, problems: list[Problem]) -> Choice | None:
    """The choice that ``text`` names. A technical name goes before a label; if no choice is meant, or several are, that is added
    to ``problems``."""
    known = list(choices)
    exact = [choice for choice in known if choice.name == text]
    meant = exact or [choice for choice in known if _folded(text) in choice.called]
    if len({choice.members for choice in meant}) == 1:
        return meant[0]
    if meant:
        expected = say("explain.expected.one_of", names=", ".join(sorted(choice.name for choice in meant)))
        problems.append(Problem(option, None, "", text, expected))
        return None
    names = {written: choice.name for choice in known for written in (*sorted(choice.called), choice.name)}
    like = nearest(text, names) or nearest(_folded(text), names)
    problems.append(Problem(option, None, "", text, expected, names.get(like, "")))
    return None


def bases(told: Told) -> list[Choice]:
    return [Choice(name, called(name, label), (name,)) for name, label in told.names.labels["bases"].items()]


def activities(told: Told) -> list[Choice]:
    """Activities with one start or all of theirs, and products, which mean all activities that yield them."""
    instance, labels = told.names.instance, told.names.labels
    found = [Choice(name, called(name, label), (name,)) for name, label in labels["activities"].items() if "@" not in name]
    groups: dict[str, tuple[str, ...]] = {}
    for name in labels["activities"]:
        if "@" in name:
            groups[name.split("@")[0]] = (*groups.get(name.split("@")[0], ()), name)
            found.append(Choice(name, frozenset({_folded(name)}), (name,)))
    found += [Choice(name, called(name, labels["activities"][starts[0]]), starts) for name, starts in groups.items()]
    taken = {choice.name for choice in found}
    universe = set(instance.universe("activities"))
    for product in instance.universe("products"):
        members = tuple(name for name in subject_activities(instance, (product,)) if name in universe)
        if product not in taken:
            found.append(Choice(product, called(product, labels["products"].get(product, "")), members))
    return found


def stands_for(activity: str, members: Iterable[str]) -> bool:
    """Whether an activity of the plan is one of those meant; one that comes again too soon is the same activity."""
    return activity.partition(PENALISED)[0] in set(members)


def rules(told: Told, named: Mapping[str, str]) -> list[Choice]:
    """Kinds of rules by their names and what the report calls them, and the planner's own by theirs (``named``: name and kind)."""
    kinds = [Choice(kind, called(kind, say_or_plain("report.limit.", kind)), ("rule", kind)) for kind in sorted(told.rules)]
    return [*(Choice(name, called(name), ("rule_name", name)) for name in named), *(kind for kind in kinds if kind.name not in named)]
