"""What was asked of a plan, looked up all at once, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass

from optimizer.problems import InputError, Problem, nearest
from optimizer.report.explain.finding import Choice, activities, bases, find, rules
from optimizer.report.explain.household import household_topics
from optimizer.report.explain.reading import Explained
from optimizer.report.explain.rules import named_rules, rule_topic
from optimizer.report.explain.told import Topic
from optimizer.report.explain.topics import activity_topics, base_topics, overview
from optimizer.texts import say


@dataclass(frozen=True)
class Asked:
    """What of a plan is to be explained, as it was typed; nothing at all is the whole plan."""

    base: str | None = None
    activity: str | None = None
    rule: str | None = None
    household: str | None = None

    @property
    def is_for_all(self) -> bool:
        return (self.base, self.activity, self.rule, self.household) == (None, None, None, None)


def explain(given: Explained, asked: Asked, results: str) -> list[Topic]:
    """What is told. ``results``: the folder as it was typed. Raises InputError for every name that is not known."""
    if asked.is_for_all:
        return overview(given)
    problems: list[Problem] = []
    base = _named("base", asked.base, bases(given.told), problems)
    activity = _named("activity", asked.activity, activities(given.told), problems)
    rule = _named("rule", asked.rule, rules(given.told, named_rules(given)), problems)
    _check_household(given, asked.household, problems)
    if problems:
        raise InputError(problems)
    topics: list[Topic] = []
    if activity is not None:
        topics += activity_topics(given, activity, base.name if base is not None else None)
    elif base is not None:
        topics += base_topics(given, base.name)
    if rule is not None:
        topics.append(rule_topic(given, rule))
    if asked.household is not None:
        topics += household_topics(given, asked.household, results)
    return topics


def _named(kind: str, text: str | None, choices: list[Choice], problems: list[Problem]) -> Choice | None:
    return None if text is None else find(f"--{kind}", text, choices, say(f"explain.expected.{kind}"), problems)


def _check_household(given: Explained, household: str | None, problems: list[Problem]) -> None:
    known = given.result.table("households")["household"]
    if household is not None and household not in set(known):
        problems.append(Problem("--household", None, "", household, say("expected.ref", kind="households"), nearest(household, known)))
