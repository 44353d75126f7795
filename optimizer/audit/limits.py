"""The limits an audit goes by, each with its usual value; a register may set others in table ``audit_limits``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from optimizer.instance.instance import Instance
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say


@dataclass(frozen=True)
class Limits:
    """Days, shares and amounts beyond which something is a finding; ``limit.NAME`` of the texts says what each is for."""

    pay_days: float = 60
    split_days: float = 30
    parked_days: float = 240
    late_days: float = 0
    least_payment_yuan: float = 0
    cards_per_account: float = 1
    cards_per_pooled_account: float = 3
    change_days: float = 10
    ended_days: float = 30
    split_off_days: float = 90
    transition_days: float = 1826
    repay_days: float = 30
    bank_days: float = 3
    approval_yuan: float = 50000
    approval_near_share: float = 0.1
    approval_payments: float = 3
    capture_share: float = 0.5
    capture_recipients: float = 5
    averaging_share: float = 0.5
    paper_periods: float = 3
    least_wage_yuan_per_day: float = 0
    cooperative_share: float = 0.6
    duplicate_weight: float = 12
    knife_edge_share: float = 0.05
    outlier_spread: float = 6
    small_group: float = 5


def limits_of(instance: Instance) -> Limits:
    """The usual limits with those of table ``audit_limits`` in their place; raises InputError for unknown names."""
    table = instance.table("audit_limits")
    known = {field.name for field in fields(Limits)}
    problems = [
        Problem(instance.files["audit_limits"], int(row), "limit", name, say("expected.limit_name"), nearest(name, known))
        for row, name in table.loc[~table["limit"].isin(known), ["_row", "limit"]].itertuples(index=False)
    ]
    if problems:
        raise InputError(problems)
    return replace(Limits(), **dict(table[["limit", "value"]].itertuples(index=False)))


def limit_meanings() -> Iterator[tuple[str, float, str]]:
    """Name, usual value and meaning of every limit, for the documentation."""
    for field in fields(Limits):
        yield field.name, float(getattr(Limits(), field.name)), say(f"limit.{field.name}")
