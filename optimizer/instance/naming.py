"""The names of an instance as the planner gave them: starts of activities, sets, and what may not be named alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import pandas as pd

from optimizer.instance.cells import is_name
from optimizer.instance.document import Document
from optimizer.instance.names import Names, collect
from optimizer.instance.periods import Periods
from optimizer.instance.raw import MAIN_FILE, RawInstance
from optimizer.problems import Problem, nearest
from optimizer.texts import say

GROUPING = (("products", "product", "group"), ("activities", "activity", "family"), ("markets", "market", "region"))
"""Tables whose rows form sets by one of their columns."""


def all_names(
    raw: RawInstance,
    tables: Mapping[str, pd.DataFrame],
    document: Document,
    periods: Periods,
    lost: Collection[str],
    problems: list[Problem],
) -> tuple[Names, dict[str, str]]:
    """All names, and the start period of every activity that has one (named activity@period)."""
    sets = {name: tuple(dict.fromkeys(members)) for name, members in document.sets.items()}
    period_sets = {name: members for name, members in sets.items() if members and set(members) <= set(periods.names)}
    period_names = Names({"periods": periods.names}, {"periods": period_sets}, frozenset({"periods", "sets"} & set(lost)))
    starts: dict[str, str] = {}
    variants: dict[str, tuple[str, ...]] = {}
    activities = tables["activities"]
    for row, activity, text in zip(activities["_row"], activities["activity"], activities["starts"], strict=True):
        groups = period_names.groups("periods", text) if text else []
        if groups is None and not period_names.lost:
            word = period_names.unknown_word("periods", text)
            expected = say("expected.selector", kind="periods")
            near = nearest(word.removeprefix("each "), period_names.known("periods"))
            problems.append(Problem(raw.table("activities").file, int(row), "starts", word, expected, near))
        chosen = tuple(dict.fromkeys(period for _, members in groups or [] for period in members))
        if chosen:
            variants[activity] = tuple(f"{activity}@{period}" for period in chosen)
            starts.update({f"{activity}@{period}": period for period in chosen})
    names = collect(tables, periods.names, sets, variants, lost)
    problems += naming_problems(raw, tables, names, sets)
    return names, starts


def naming_problems(
    raw: RawInstance, tables: Mapping[str, pd.DataFrame], names: Names, sets: Mapping[str, tuple[str, ...]]
) -> Iterator[Problem]:
    """Sets of things that do not exist or are of several kinds, and names that would mean two things."""

    def exists(name: str) -> bool:
        return any(names.is_name(universe, name) for universe in names.universes)

    formed = {name for kind in ("groups", "families", "regions") for name in names.sets.get(kind, {})}
    for name, members in sets.items():
        line = raw.document_lines.get(("sets", name))
        if not is_name(name) or exists(name) or name in formed:
            yield Problem(MAIN_FILE, line, f"sets.{name}", name, say("expected.set_name"))
        if any(name in own and own[name] for own in names.sets.values()) or names.lost:
            continue
        unknown = [member for member in members if not exists(member)]
        for found in unknown or [", ".join(members) or say("found.nothing")]:
            near = nearest(found, _worth_naming(names)) if unknown else ""
            yield Problem(MAIN_FILE, line, f"sets.{name}", found, say("expected.set_members"), near)
    for table, member, by in GROUPING:
        frame = tables[table]
        for row, own, label in frame.loc[frame[by] != "", ["_row", member, by]].itertuples(index=False):
            if label in names.universes[table] and (label != own or (frame[by] == label).sum() > 1):
                yield Problem(raw.table(table).file, int(row), by, label, say("expected.own_group_name", name=label))


def _worth_naming(names: Names) -> list[str]:
    return sorted({name for universe, members in names.universes.items() if universe != "households" for name in members})
