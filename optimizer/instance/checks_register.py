"""Checks of the register that make it unreadable; what merely contradicts itself is for the audit to find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from optimizer.instance.checks_people import (
    Files,
    households_sound,
    leases_within_land,
    links_share_in_something,
    links_sound,
    need_is_known,
)
from optimizer.instance.expanding import REFERENCES, reference_expected
from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.instance.registry import registry
from optimizer.instance.settling import settling
from optimizer.instance.soundness import Spoiled
from optimizer.problems import Problem
from optimizer.texts import say

Check = Callable[[Instance, Files], Iterator[Problem]]

SPANS = {
    "members": ("joined_on", "left_on"),
    "accounts": ("valid_from", "valid_to"),
    "agreements": ("valid_from", "valid_to"),
    "leases": ("valid_from", "valid_to"),
    "shares": ("valid_from", "valid_to"),
}
"""First day in force and first day no longer in force, by table."""


def spans_run_forward(table: str, instance: Instance, files: Files) -> Iterator[Problem]:
    """Whatever is in force for a time ends after it began."""
    begin, end = SPANS[table]
    frame = instance.table(table)
    for row, day in frame.loc[frame[end] <= frame[begin], ["_row", end]].itertuples(index=False):
        yield problem_at(files, table, row, end, f"{day:%Y-%m-%d}", say("expected.after"))


def periods_settled_once(instance: Instance, files: Files) -> Iterator[Problem]:
    """No period of a kind of payment stands in two rows of ``due_dates``."""
    for row, _, label, period, taken in settling(instance).again:
        yield problem_at(files, "due_dates", row, "period", label, say("expected.settled_once", period=period, label=taken))


def payments_name_a_settlement(instance: Instance, files: Files) -> Iterator[Problem]:
    """Every payment's period is one that ``due_dates`` names for its kind, or lies within one."""
    payments, known = instance.table("payments"), settling(instance)
    if known.again:
        raise Spoiled("due_dates")
    for (kind, label), rows in payments.groupby(["kind", "period"], sort=False):
        if not known.named(instance, kind, label):
            near = known.of[kind, instance.members("periods", label)[0]]
            file = rows["_file"] if "_file" in rows else [files["payments"]] * len(rows)
            for name, row in zip(file, rows["_row"], strict=True):
                yield Problem(name, int(row), "period", label, say("expected.settlement"), near)


def ties_name_households(instance: Instance, files: Files) -> Iterator[Problem]:
    """What the plan says of households still holds where the register has other ones."""
    if "households" in instance.names.lost:
        raise Spoiled("households")
    known = set(instance.universe("households"))
    for name, table in registry().items():
        for attribute in table.attributes:
            if attribute.kind in REFERENCES and "households" in attribute.refers_to and name in instance.tables:
                frame = instance.table(name)
                for row, found in frame.loc[~frame[attribute.column].isin(known), ["_row", attribute.column]].itertuples(index=False):
                    yield problem_at(files, name, row, attribute.column, found, reference_expected(attribute))


def households_have_members(instance: Instance, files: Files) -> Iterator[Problem]:
    """Where the people of households are listed, those of every household are: else it would count as nobody."""
    members, households = instance.table("members"), instance.table("households")
    if members.empty:
        return
    empty = ~households["household"].isin(members["household"])
    for row, household, persons in households.loc[empty, ["_row", "household", "persons"]].itertuples(index=False):
        expected = say("expected.members", household=household, persons=persons, file=files["members"])
        yield problem_at(files, "households", row, "household", household, expected)


REGISTER: tuple[tuple[Check, tuple[str, ...]], ...] = (
    (links_share_in_something, ()),
    (links_sound, ()),
    (leases_within_land, ()),
    (households_sound, ()),
    (need_is_known, ("poverty_lines",)),
    *((partial(spans_run_forward, table), ()) for table in SPANS),
    (periods_settled_once, ()),
    (payments_name_a_settlement, ("due_dates",)),
    (ties_name_households, ()),
    (households_have_members, ("members",)),
)
"""Each check with the tables of which it must know every row, since it draws on what is *not* in them."""
