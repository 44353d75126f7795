"""Grids: policies whose values are lists (``0.25 | 0.35 | 0.5``), each of which stands for one policy per combination.

A member is named POLICY-VALUE-VALUE, with one value per listed row, those of the policies it extends first. Nothing here
writes out a whole grid unless all of its members are asked for.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from optimizer.instance.cells import LONGEST_NAME
from optimizer.instance.changes import BUILT_IN, DEFAULT, OPERATORS, Change, is_flow
from optimizer.problems import Problem, nearest
from optimizer.texts import say

SEPARATOR = "|"
UNNAMEABLE = re.compile(r"[^\w.\-]")
MOST_LISTED = 12
"""So many members of a grid are named in a message."""
MOST_NEAREST = 1000
"""Among the members of grids no larger than this the nearest known name is looked for."""


@dataclass(frozen=True)
class Named:
    """A policy that can be solved: its ``parent`` (``default`` if it extends none) and its ``family``, the grid it is a
    member of (blank if it is no member). The parent of a member of a grid that extends a grid is a member of that."""

    policy: str
    parent: str
    family: str


@dataclass(frozen=True)
class Policies:
    """The table of policies: ``parents`` says which policy each extends, ``rows`` what each changes itself (built-in policies
    left out), in the order of the table, and ``lines`` where each begins. Values of grids are still lists."""

    file: str
    parents: Mapping[str, str]
    rows: Mapping[str, tuple[Change, ...]]
    lines: Mapping[str, int]

    def chain(self, policy: str) -> list[str]:
        """The policies whose changes make up ``policy``, in the order in which they come; itself last."""
        names = [policy]
        while (parent := self.parents.get(names[-1], DEFAULT)) != DEFAULT and parent not in names:
            names.append(parent)
        return names[::-1]

    def changes(self, policy: str) -> list[Change]:
        """All changes of ``policy``, with lists of values as they stand."""
        rows = {**BUILT_IN, **self.rows}
        return [change for name in self.chain(policy) for change in rows.get(name, ())]

    def lists(self, policy: str) -> list[tuple[str, ...]]:
        """The lists of values of a grid, in the order in which they name a member; none for a plain policy."""
        return [listed(change) for change in self.changes(policy) if is_listed(change)]


def read_policies(table: pd.DataFrame, file: str) -> Policies:
    """The policies of the table ``policies``, a name's first parent counting."""
    parents: dict[str, str] = {}
    rows: dict[str, tuple[Change, ...]] = {}
    lines: dict[str, int] = {}
    for row in table[table["policy"] != ""].itertuples():
        lines.setdefault(row.policy, int(row._1))
        rows.setdefault(row.policy, ())
        if row.extends:
            parents.setdefault(row.policy, row.extends)
        if row.table and row.operator in OPERATORS:
            rows[row.policy] += (Change(row.table, row.where, row.column, row.operator, row.value, file, int(row._1)),)
    return Policies(file, parents, rows, lines)


def is_listed(change: Change) -> bool:
    """Whether the value of a change is a list; YAML (``[...]``, ``{...}``) is one value whatever stands in it."""
    return SEPARATOR in change.value and not is_flow(change.value) and change.operator != "remove"


def listed(change: Change) -> tuple[str, ...]:
    """The values a change lists; one if it lists none."""
    return tuple(part.strip() for part in change.value.split(SEPARATOR)) if is_listed(change) else (change.value,)


# --- members ---------------------------------------------------------------------------------------------------


def member_name(policy: str, values: Sequence[str]) -> str:
    """The name of the member of the grid ``policy`` with these values, one per list.

    >>> member_name("caps", ["0.25", "1/3"])
    'caps-0.25-1_3'
    """
    return "-".join([policy, *map(_part, values)])


def _part(value: str) -> str:
    return UNNAMEABLE.sub("_", value)


def members(policy: str, policies: Policies) -> Iterator[str]:
    """The members of a grid one after another, the last list running fastest; a plain policy is its only member."""
    return (member_name(policy, values) for values in itertools.product(*policies.lists(policy)))


def named(policy: str, policies: Policies) -> Iterator[Named]:
    """A policy of the table, or the members of a grid, each with its parent and family."""
    lists, parent = policies.lists(policy), policies.parents.get(policy, DEFAULT)
    if not lists:
        yield Named(policy, parent, "")
        return
    inherited = len(policies.lists(parent))
    for values in itertools.product(*lists):
        yield Named(member_name(policy, values), member_name(parent, values[:inherited]), policy)


def meant(name: str, policies: Policies) -> tuple[int, Iterator[Named]]:
    """The policies that a name stands for (a policy, a built-in one, all members of a grid, or one member), and how many.

    Nothing is written out before it is asked for; 0 if the name is none.
    """
    if name in policies.rows or name in BUILT_IN:
        return math.prod(len(values) for values in policies.lists(name)), named(name, policies)
    for grid in policies.rows:
        values = _values(name, grid, policies)
        if values is not None:
            parent = policies.parents.get(grid, DEFAULT)
            own = Named(name, member_name(parent, values[: len(policies.lists(parent))]), grid)
            return 1, iter([own])
    return 0, iter(())


def tried_values(policy: str, policies: Policies) -> list[tuple[str, ...]]:
    """Choices of one value per list of ``policy`` among which every value of every list occurs.

    There are as many as the longest list has values: for 100 caps by 100 prices these are 100 choices, not 10,000.
    """
    lists = policies.lists(policy)
    return [tuple(values[turn % len(values)] for values in lists) for turn in range(max(map(len, lists), default=1))]


def tried_names(policies: Policies) -> list[str]:
    """Names of policies among which every policy, and every value of every grid's lists, occurs: few even of huge grids."""
    return [member_name(policy, values) for policy in policies.rows for values in tried_values(policy, policies)]


def changes_with(policy: str, values: Sequence[str], policies: Policies) -> list[Change]:
    """The changes of ``policy`` with one value for each of its lists."""
    left = list(values)
    return [replace(change, value=left.pop(0)) if is_listed(change) else change for change in policies.changes(policy)]


def changes_of(policy: str, policies: Policies, problems: list[Problem]) -> list[Change]:
    """The changes of a policy or of a member of a grid, those of the policies it extends first.

    A name that is none, and a grid's, which stands for several policies, are problems.
    """
    if policy == DEFAULT:
        return []
    if policy in BUILT_IN or policy in policies.rows:
        lists = policies.lists(policy)
        if not lists:
            return policies.changes(policy)
        first = ", ".join(itertools.islice(members(policy, policies), MOST_LISTED))
        count = math.prod(map(len, lists))
        expected = say("policies.members" if count <= MOST_LISTED else "policies.many_members", count=count, members=first)
        problems.append(Problem("--policy", None, "", policy, expected))
        return []
    for grid in policies.rows:
        values = _values(policy, grid, policies)
        if values is not None:
            return changes_with(grid, values, policies)
    known = [DEFAULT, *BUILT_IN, *sorted(policies.rows)]
    small = [name for name in policies.rows if math.prod(map(len, policies.lists(name))) <= MOST_NEAREST]
    near = nearest(policy, [*known, *(member for name in small for member in members(name, policies))])
    problems.append(Problem("--policy", None, "", policy, say("expected.policy", known=", ".join(known)), near))
    return []


def _values(name: str, grid: str, policies: Policies) -> tuple[str, ...] | None:
    """The values by which ``name`` is a member of ``grid``, found from its letters alone; None if it is no member."""
    if not name.startswith(f"{grid}-"):
        return None
    lists = policies.lists(grid)
    reached: dict[int, tuple[str, ...]] = {len(grid): ()}
    for values in lists:
        ahead: dict[int, tuple[str, ...]] = {}
        for start, chosen in reached.items():
            for value in values:
                part = f"-{_part(value)}"
                if name.startswith(part, start):
                    ahead.setdefault(start + len(part), (*chosen, value))
        reached = ahead
    return reached.get(len(name)) if lists else None


# --- what is wrong with grids ----------------------------------------------------------------------------------


def grid_problems(policies: Policies) -> list[Problem]:
    """Lists with a blank value or one named twice, names that are too long, and names that two policies share."""
    found: list[Problem] = []
    for changes in policies.rows.values():
        for change in changes:
            found += _of_list(change)
    for policy in policies.rows:
        if not policies.lists(policy):
            continue
        longest = member_name(policy, [max(map(_part, values), key=len) for values in policies.lists(policy)])
        line = policies.lines[policy]
        if len(longest) > LONGEST_NAME:
            found.append(Problem(policies.file, line, "policy", longest, say("policies.long_name", most=LONGEST_NAME)))
        for twin, other in _twins(policy, policies):
            found.append(Problem(policies.file, line, "policy", twin, say("policies.own_name", other=other)))
    return found


def _of_list(change: Change) -> Iterator[Problem]:
    if SEPARATOR in change.value and change.operator == "remove":
        yield Problem(change.file, change.row, "value", change.value, say("policies.no_list"))
    if not is_listed(change):
        return
    values = listed(change)
    if not all(values):
        yield Problem(change.file, change.row, "value", change.value, say("policies.no_blank"))
    parts = [_part(value) for value in values]
    for part in sorted({part for part in parts if part and parts.count(part) > 1}):
        yield Problem(change.file, change.row, "value", change.value, say("policies.different", part=part))


def _twins(grid: str, policies: Policies) -> Iterator[tuple[str, str]]:
    """Names of members of ``grid`` that something else has too: another member, a plain policy, or a member of a grid."""
    lists = [[_part(value) for value in values] for values in policies.lists(grid)]
    for number, parts in enumerate(lists):  # the first list in which two members of one name could differ
        for one, other in itertools.permutations(dict.fromkeys(parts), 2):
            rest = lists[number + 1 :]
            if other.startswith(f"{one}-") and (spelt := _common([[one], *rest], [[other], *rest])):
                start = [grid, *(parts[0] for parts in lists[:number])]
                yield "-".join([*start, spelt]), grid
    for name in policies.rows:
        if name.startswith(f"{grid}-"):
            others = [[_part(value) for value in values] for values in policies.lists(name)]
            if spelt := _common([[grid], *lists], [[name], *others]):
                yield spelt, name


def _common(left: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> str:
    """A name that both rows of lists can spell, one value of each list and ``-`` between them; blank if there is none."""
    todo = [(0, 0, "", "")]
    seen = set()
    while todo:
        i, j, a, b = todo.pop()
        if i == len(left) and j == len(right) and a == b:
            return a[1:]
        if len(a) <= len(b) and i < len(left):
            steps = [(i + 1, j, f"{a}-{part}", b) for part in left[i]]
        else:
            steps = [(i, j + 1, a, f"{b}-{part}") for part in (right[j] if j < len(right) else ())]
        for step in steps:
            shorter, longer = sorted(step[2:], key=len)
            state = (step[0], step[1], longer[len(shorter) :], len(step[2]) > len(step[3]))
            if longer.startswith(shorter) and state not in seen:
                seen.add(state)
                todo.append(step)
    return ""
