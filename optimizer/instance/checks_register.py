"""Checks of the register that make it unreadable; what merely contradicts itself is for the audit to find."""

from __future__ import annotations

from collections.abc import Iterator

from optimizer.instance.checks_people import Files, households_sound, leases_within_land, links_share_in_something, links_sound
from optimizer.instance.frames import problem_at
from optimizer.instance.instance import Instance
from optimizer.instance.settling import settling
from optimizer.problems import Problem
from optimizer.texts import say

SPANS = {
    "members": ("joined_on", "left_on"),
    "accounts": ("valid_from", "valid_to"),
    "agreements": ("valid_from", "valid_to"),
    "leases": ("valid_from", "valid_to"),
    "shares": ("valid_from", "valid_to"),
}
"""First day in force and first day no longer in force, by table."""


def spans_run_forward(instance: Instance, files: Files) -> Iterator[Problem]:
    """Whatever is in force for a time ends after it began."""
    for table, (begin, end) in SPANS.items():
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
    for (kind, label), rows in payments.groupby(["kind", "period"], sort=False):
        if not known.named(instance, kind, label):
            near = known.of[kind, instance.members("periods", label)[0]]
            file = rows["_file"] if "_file" in rows else [files["payments"]] * len(rows)
            for name, row in zip(file, rows["_row"], strict=True):
                yield Problem(name, int(row), "period", label, say("expected.settlement"), near)


REGISTER = (
    links_share_in_something,
    links_sound,
    leases_within_land,
    households_sound,
    spans_run_forward,
    periods_settled_once,
    payments_name_a_settlement,
)
