"""``near``: what else could be done that gives up a stated share of the plan's objective at most.

The least and most of every figure (``near_ranges``), and a handful of whole plans that differ from the plan as much as they can, each
in a way that a meeting may care for (``near_kinds``).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from optimizer.household.distribution import Distribution, distribute
from optimizer.household.figures import planted_mu
from optimizer.instance.instance import Instance
from optimizer.policy.frontier import SAME
from optimizer.policy.near_ground import Ground, ground_of, policy_beneath, reached, values_of
from optimizer.policy.near_kinds import KINDS, NotThere
from optimizer.policy.near_lanes import lanes_used
from optimizer.policy.near_ranges import ranges
from optimizer.policy.outcome import figures
from optimizer.problems import InputError, OptimizerError, Problem
from optimizer.texts import say

SHARE = 0.02
"""What may be given up unless another share is stated."""

TRIES = 4
"""How often an alternative is looked for again with a level that is higher by what rounding to practical units cost."""

HALF_A_FEN = 0.005
"""In yuan: what a figure of the ledger may lie below a level that is no whole number of fen."""

Told = Callable[[str, int, int], None]
"""Is told what is being worked out (ranges, or the kind of an alternative), how much is done, and of how much."""


@dataclass(frozen=True)
class Alternative:
    """A whole plan that is near enough to the best.

    ``kind``: what is made as great or small as can be (``near_kinds.KINDS``); ``changes`` make its instance, beside those of the plan
    itself, as ``--set`` takes them. ``figures``: ``objective`` and ``loss`` (in the objective's unit, by the ledger), ``loss_share``,
    ``planted_otherwise_share`` and ``sold_elsewhere_share`` (``differing``), ``lanes`` in use, ``largest_product_share``, and what
    ``outcome.figures`` has. ``values`` are what ranges speak of, by kind, name and figure, in practical units.
    """

    kind: str
    changes: tuple[str, ...]
    distribution: Distribution
    figures: Mapping[str, float]
    values: Mapping[tuple[str, str, str], float]
    seconds: float


@dataclass(frozen=True)
class Near:
    """Near-equal plans of one instance.

    ``optimum``: the program's best value of its objective ``objective``, ``level`` the worst that is near enough (``share`` of its
    absolute value away). ``promised``: the same share away from the plan's own figure by its ledger, which every alternative reaches by
    its own ledger. ``plan`` is the plan itself. ``left_out``: kinds that do not exist here, each with the reason. ``policy`` is the
    policy of the folder that the changes of alternatives are made to. ``ranges`` is as ``near_ranges.ranges`` has it.
    """

    instance: Instance
    policy: str
    share: float
    optimum: float
    level: float
    promised: float
    plan: Alternative
    ranges: pd.DataFrame
    alternatives: tuple[Alternative, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]
    seconds: Mapping[str, float]

    @property
    def objective(self) -> str:
        return self.instance.settings.objective.name


def near(
    instance: Instance, share: float = SHARE, solver: str = "highs", told: Told = lambda what, done, count: None
) -> Near:  # fmt: skip
    """The ranges of all figures, and alternatives, with an objective that is worse by at most ``share`` of its absolute value.

    So an objective of 100 may fall to 98 at 0.02, one of −100 to −102, a minimised one of 100 rise to 102; one of 0 may not change.
    Of plans with yes-or-no choices the ranges keep the choices as they are; alternatives choose anew.

    Raises InputError where the plan is not the optimum of one program: for several possible years, of bases that plan alone, or a
    ``share`` that is none. Raises NoPlan and SolverStopped as ``solve`` does.
    """
    _require_one_program(instance, share)
    clock = time.perf_counter()
    told("plan", 0, 1)
    ground = ground_of(instance, share, solver)
    plan = _described("plan", (), ground, ground.distribution, {}, ground.distribution, time.perf_counter() - clock)
    clock = time.perf_counter()
    found = ranges(ground, lambda done, count: told("ranges", done, count))
    seconds = {"plan": plan.seconds, "ranges": time.perf_counter() - clock}
    promised = plan.figures["objective"] - ground.sign * share * abs(plan.figures["objective"])
    alternatives, left_out = [], {}
    for number, kind in enumerate(KINDS):
        told(kind, number, len(KINDS))
        try:
            alternatives.append(_alternative(kind, ground, promised, plan))
        except NotThere as error:
            left_out[kind] = str(error)
        except OptimizerError as error:
            left_out[kind] = say("near.left.no_plan", why=" ".join(error.lines).rstrip("."))
    notes = [say("near.note.choices")] if ground.has_choices else []
    return Near(
        instance=ground.instance,
        policy=policy_beneath(instance),
        share=share,
        optimum=ground.optimum,
        level=ground.level,
        promised=promised,
        plan=plan,
        ranges=found,
        alternatives=tuple(alternatives),
        left_out=left_out,
        notes=(*ground.plan.notes, *notes),
        seconds=seconds,
    )


def _require_one_program(instance: Instance, share: float) -> None:
    if not 0 <= share < 1:
        raise InputError([Problem("--within", None, "", f"{share:g}", say("near.expected.within"))])
    risk = instance.settings.risk.measure
    if instance.is_uncertain:
        raise InputError([Problem("instance.yaml", None, "settings.risk.measure", risk, say("near.expected.one_year"))])
    if instance.settings.planting == "alone":
        raise InputError([Problem("instance.yaml", None, "settings.planting", "alone", say("near.expected.together"))])


def _alternative(kind: str, ground: Ground, promised: float, plan: Alternative) -> Alternative:
    """The plan of a kind whose ledger keeps what was promised: where rounding to practical units costs more than it cost the plan, the
    level is raised by the loss and the plan looked for again. Raises NotThere, also where that does not help."""
    clock, level = time.perf_counter(), ground.level + ground.sign * _rounding(ground, plan)
    for _ in range(TRIES):
        changes = KINDS[kind](ground, level)
        distribution = distribute(ground.live.decide(ground.variant(changes, kind)))
        short = ground.missing(distribution, promised)
        if short <= HALF_A_FEN:
            found = _described(kind, changes, ground, distribution, plan.figures, ground.distribution, time.perf_counter() - clock)
            if _is_the_same(found, plan):
                raise NotThere(say("near.left.plan"))
            return found
        level += ground.sign * (1.5 * short + 2 * HALF_A_FEN)
    raise NotThere(say("near.left.rounding"))


def _rounding(ground: Ground, plan: Alternative) -> float:
    """What rounding cost the plan itself, and may cost an alternative; never more than may be given up."""
    lost = ground.sign * (ground.optimum - plan.figures["objective"])
    return min(max(lost, 0.0), abs(ground.optimum - ground.level))


def _is_the_same(one: Alternative, plan: Alternative) -> bool:
    """Whether an alternative plants, sells and sends what the plan does."""
    moved = one.figures["planted_otherwise_share"] + one.figures["sold_elsewhere_share"]
    return moved <= SAME and one.figures["lanes"] == plan.figures["lanes"]


def _described(
    kind: str, changes: tuple[str, ...], ground: Ground, distribution: Distribution, plan: Mapping[str, float], than: Distribution,
    seconds: float,
) -> Alternative:  # fmt: skip
    figure = reached(ground.instance, distribution)
    loss = ground.sign * (plan.get("objective", figure) - figure)
    planted = planted_mu(distribution.plan).groupby("product")["area_mu"].sum()
    others = {
        "objective": figure,
        "loss": loss,
        "loss_share": loss / abs(plan["objective"]) if plan.get("objective") else 0.0,
        "planted_otherwise_share": differing(*(_by(planted_mu(d.plan), ["base", "product"], "area_mu") for d in (than, distribution))),
        "sold_elsewhere_share": differing(*(_by(d.sales, ["product", "market"], "kg") for d in (than, distribution))),
        "lanes": float(len(lanes_used(distribution.plan))),
        **({"largest_product_share": float(planted.max() / planted.sum())} if planted.sum() > 0 else {}),
    }
    found = {name: float(value) for name, value in figures(distribution).items()}
    return Alternative(kind, changes, distribution, {**found, **others}, values_of(distribution.plan), seconds)


def _by(table: pd.DataFrame, keys: list[str], figure: str) -> pd.Series:
    return table.groupby(keys)[figure].sum().astype(float)


def differing(one: pd.Series, other: pd.Series) -> float:
    """The share of what two plans plant (or sell) that is not the same in both: 1 less what they have in common, as a share of the
    larger of the two. 0 where neither has anything."""
    both = pd.concat({"one": one, "other": other}, axis="columns").fillna(0.0)
    largest = both.sum().max()
    return 0.0 if not largest > 0 else float(1.0 - both.min(axis="columns").sum() / largest)
