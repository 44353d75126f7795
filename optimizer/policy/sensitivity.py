"""Sensitivity: one attribute moved alone. Plans made anew at both ends of its range, and how far it can move before something
happens (``switching``)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.instance.instance import Instance
from optimizer.instance.registry import registry
from optimizer.policy.comparison import REFUSED, Outcome, Sensitivity, Switch
from optimizer.policy.moving import NotLinear, follow
from optimizer.policy.switching import Ground, Stopped, ground_of, switching_values
from optimizer.problems import InputError, OptimizerError
from optimizer.texts import say

MULTIPLY, SET = "multiply", "set"
SIGNS = {MULTIPLY: "*=", SET: "="}

Variant = Callable[[tuple[str, ...]], Instance]
"""From changes as ``--set`` takes them to the changed instance. Raises InputError."""

Run = Callable[[Instance], Outcome]
"""From an instance to its outcome; never raises for an instance without a plan."""


@dataclass(frozen=True)
class Range:
    """How far one attribute may move: ``low`` and ``high`` are factors where ``operator`` is ``multiply``, figures in
    ``unit`` where it is ``set``."""

    name: str
    table: str
    where: str
    column: str
    low: float
    high: float
    operator: str = MULTIPLY
    unit: str = ""

    @property
    def path(self) -> str:
        """The attribute as a change names it."""
        return f"{self.table}[{self.where}].{self.column}" if self.where else f"{self.table}.{self.column}"

    def change(self, value: float) -> str:
        """The change, as ``--set`` takes it, that moves the attribute."""
        return f"{self.path}{SIGNS[self.operator]}{value:.12g}"


def range_of(row: Any) -> Range:
    """The range a row of table sensitivities states; its unit is that of the attribute unless the row has one."""
    table = registry().get(row.table)
    known = {a.column: a.unit for a in table.attributes} if table else {}
    unit = getattr(row, "unit", "") or known.get(row.column, "")
    return Range(row.sensitivity, row.table, row.where, row.column, float(row.low), float(row.high), row.operator, unit)


def ranges(instance: Instance) -> list[Range]:
    """The rows of table sensitivities, in the order of the table."""
    return [range_of(row) for row in instance.table("sensitivities").itertuples()]


def explore_all(instance: Instance, spans: Sequence[Range], variant: Variant, run: Run) -> list[Sensitivity]:
    """``explore`` for several attributes of one instance, whose plan at factor 1 is made once for all of them."""
    try:
        ground = _ground(instance) if any(span.operator == MULTIPLY for span in spans) else None
    except OptimizerError:  # each attribute will say so
        ground = None
    return [explore(instance, span, variant, run, ground) for span in spans]


def explore(instance: Instance, span: Range, variant: Variant, run: Run, ground: Ground | None = None) -> Sensitivity:
    """One attribute moved alone: the plans made anew for its low and its high value, and its switching values.

    ``variant`` gives the instance under changes, ``run`` the
    outcome of an instance. ``ground`` is ``ground_of(instance)``; give it where several attributes are explored, it is made
    here otherwise. An end of the range that the instance refuses is an outcome that says so. Switching values exist for
    factors only; why there are none stands in ``notes``.
    """
    ends: list[tuple[float, Instance | None]] = []
    outcomes: list[Outcome] = []
    for value in (span.low, span.high):
        change = span.change(value)
        try:
            changed = variant((change,))
        except InputError as error:
            ends.append((value, None))
            outcomes.append(Outcome(instance.policy, instance.policy, REFUSED, (change,), tuple(error.lines)))
        else:
            ends.append((value, changed))
            outcomes.append(run(changed))
    is_factor = span.operator == MULTIPLY
    switches, notes = _switches(instance, span, variant, ends, ground) if is_factor else ([], [say("sensitivity.only_factors")])
    return Sensitivity(span.name, span.path, span.unit, span.low, span.high, is_factor, tuple(outcomes), tuple(switches), tuple(notes))


def _ground(instance: Instance) -> Ground | None:
    """What switching values start from; None where each base plans alone."""
    return ground_of(instance) if instance.settings.planting == "together" else None


def _switches(
    instance: Instance, span: Range, variant: Variant, ends: list[tuple[float, Instance | None]], ground: Ground | None
) -> tuple[list[Switch], list[str]]:
    """The switching values of a factor and notes; none, and the reason, where the program cannot be followed."""
    try:
        ground = ground or _ground(instance)
        if ground is None:
            return [], [say("sensitivity.planned_alone")]
        if ground.matrix.integer.any():
            return [], [say("sensitivity.whole_choices")]
        moving = follow(ground.measured, _two_others(span, variant, ends))
        switches, notes = switching_values(ground, moving, span.low, span.high)
    except (NotLinear, Stopped) as reason:
        return [], [say("sensitivity.no_switches", why=str(reason))]
    except OptimizerError as error:
        return [], [say("sensitivity.no_switches", why=" ".join(error.lines))]
    objective = instance.settings.objective
    if objective.then and objective.then != objective.name:
        notes.append(say("sensitivity.first_objective", objective=objective.name))
    if any(switch.factor is None for switch in switches):
        notes.append(say("sensitivity.within", low=f"{span.low:g}", high=f"{span.high:g}"))
    return switches, notes


def _two_others(span: Range, variant: Variant, ends: list[tuple[float, Instance | None]]) -> list[tuple[float, Instance]]:
    """Two factors other than 1, as far out as the search will go, and their instances."""
    if span.low >= span.high:
        raise NotLinear(say("sensitivity.no_range", low=f"{span.low:g}", high=f"{span.high:g}"))
    found = []
    for factor, changed in ends:
        if changed is None:
            raise NotLinear(say("sensitivity.refused", factor=f"{factor:g}"))
        if factor != 1.0:
            found.append((factor, changed))
    if len(found) == 2 and (found[0][0] < 1.0 < found[1][0]):
        return found
    far = max((factor for factor, _ in found), key=lambda factor: abs(factor - 1.0))
    middle = (1.0 + far) / 2
    return [next(end for end in found if end[0] == far), (middle, variant((span.change(middle),)))]
