"""The plan that near-equal plans are held against, on a live solver that knows how much of its objective may be given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.household.distribution import Distribution, distribute
from optimizer.household.figures import objectives
from optimizer.instance.changes import DEFAULT
from optimizer.instance.instance import Instance
from optimizer.instance.loading import Given, instance_of, read_given
from optimizer.policy.frontier import FLOOR_SLACK, LEAST_SLACK_YUAN
from optimizer.policy.moving import crops
from optimizer.program.answer import Answer
from optimizer.program.arrays import to_matrix
from optimizer.program.decisions import NO_LAND
from optimizer.program.live import Live
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.plan import Plan
from optimizer.program.practical import with_floors_kept
from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, make_rows
from optimizer.program.solver import Solver

Variant = Callable[[tuple[str, ...], str], Instance]
"""Makes the instance with further changes, written as ``--set`` takes them, under a name of its own."""

FLOOR_RULE = "objective_floor"
"""Our row under the objective has the name and keys of the rule that a change of ``settings.floors`` brings, so that the programs
of alternatives find it on the live solver."""


@dataclass(frozen=True)
class Figure:
    """A figure of a plan as a weighted sum of decisions: mu planted or tonnes sold of a product, base or market."""

    kind: str
    name: str
    figure: str
    unit: str
    column: np.ndarray
    coefficient: np.ndarray

    @property
    def key(self) -> tuple[str, str, str]:
        return self.kind, self.name, self.figure

    def of(self, values: np.ndarray) -> float:
        """What it comes to, ``values`` being those of all decisions of the program."""
        return float((self.coefficient * values[self.column]).sum())


@dataclass(frozen=True)
class Ground:
    """A plan before and after its division, its program with the row that keeps the objective near its optimum, and the live
    solver that stands at that optimum.

    ``optimum`` and ``level`` (the worst value that is near enough) are in the objective's own unit, its constant included; ``sign``
    is −1 where the objective is minimised. ``variant`` makes changed instances, ``live`` decides them.
    ``given_rules`` and ``given_terms`` are the tables rules and rule_terms of the folder, with those that are not active.
    """

    instance: Instance
    plan: Plan
    distribution: Distribution
    program: Program
    engine: Solver
    live: Live
    variant: Variant
    given_rules: pd.DataFrame
    given_terms: pd.DataFrame
    optimum: float
    level: float
    sign: float

    @property
    def has_choices(self) -> bool:
        """Whether the plan holds yes-or-no choices."""
        return bool(to_matrix(self.program).integer.any())

    def matrix(self) -> Matrix:
        """The program with the objective kept at its level and yes-or-no choices as the plan has them."""
        matrix = to_matrix(self.program)
        matrix.rhs[-1] = self.floor_of(self.level)
        matrix.hold_choices(self.plan.exact_values)
        return matrix

    def floor_of(self, level: float) -> float:
        """The right-hand side of the row that keeps the objective at a level, a hair lower than that level."""
        return self.sign * (level - float(self.instance.settings.objective.constant_yuan)) - slack_of(level)

    def missing(self, distribution: Distribution, level: float) -> float:
        """By how much a divided plan misses a level of the objective, by its ledger; 0 or less where it keeps it."""
        return self.sign * (level - reached(self.instance, distribution))


def ground_of(instance: Instance, share: float, solver: str = "highs") -> Ground:
    """The plan of an instance and how far its objective may fall: by ``share`` of its absolute value.

    Raises NoPlan, SolverStopped or InputError as ``solve`` does.
    """
    given = read_given(instance.folder)
    variant = variants_of(given, instance)
    same = variant((), instance.policy)
    live, engines = Live(solver), []

    def answers(program: Program, engine: Solver, notes: list[str]) -> tuple[Answer, Answer, np.ndarray]:
        engines.append(engine)
        return with_floors_kept(program, engine, notes)

    program = with_level(live.build(same))
    plan = live.plan(program, answers=answers)
    distribution = distribute(plan)
    sign = -1.0 if instance.settings.objective.minimise else 1.0
    level = plan.objective_yuan - sign * share * abs(plan.objective_yuan)
    rules, terms = _rules_there(given, same)
    return Ground(
        same, plan, distribution, program, engines[-1], live, variant, rules, terms, plan.objective_yuan, level, sign
    )  # fmt: skip


def _rules_there(given: Given, instance: Instance) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rules of an instance, and those that are not active; each as it stands now."""
    rules, terms = given.tables["rules"], given.tables["rule_terms"]
    asleep = rules[~rules["active"].astype(bool) & ~rules["name"].isin(instance.table("rules")["name"])]
    return pd.concat([instance.table("rules"), asleep], ignore_index=True), terms


def variants_of(given: Given, instance: Instance) -> Variant:
    """What makes instances of the same folder with further changes to the policy and changes of ``instance``."""
    policy = policy_beneath(instance)

    def variant(changes: tuple[str, ...], name: str) -> Instance:
        return instance_of(given, policy, (*instance.set_, *changes), name)

    return variant


def policy_beneath(instance: Instance) -> str:
    """The policy of the instance's folder that an instance was made from before the changes of the command line.

    A changed policy is called POLICY_changed.
    """
    return (instance.policy.removesuffix("_changed") if instance.set_ else instance.policy) or DEFAULT


def with_level(program: Program) -> Program:
    """The program with a last row under its own objective, which has no effect until its right-hand side is set."""
    objective = program.instance.settings.objective
    cost = to_matrix(program).cost
    used = np.flatnonzero(cost)
    terms = pd.DataFrame({"column": used, "coefficient": cost[used], "objective": objective.name})
    limit = pd.DataFrame({"objective": [objective.name], "rhs": [-NO_LIMIT]})
    return replace(program, rows=(*program.rows, make_rows(FLOOR_RULE, "yuan", ["objective"], [terms], AT_LEAST, limit, True)))


def slack_of(level: float) -> float:
    """How much lower than asked for a floor lies, so that the digits a solver does not know close no plan out."""
    return max(FLOOR_SLACK * abs(level), LEAST_SLACK_YUAN)


def reached(instance: Instance, distribution: Distribution) -> float:
    """What a divided plan comes to under the objective of ``instance``: by the ledger; a measure by its practical figures."""
    objective = instance.settings.objective
    by_ledger = objectives(distribution)
    if objective.name in by_ledger:
        return by_ledger[objective.name] + float(objective.constant_yuan)
    own = distribution.plan.program.but(instance=instance)  # an alternative may have made a rule of the measure
    return float(own.objective(objective.name) @ distribution.plan.values) + float(objective.constant_yuan)


def figures_of(program: Program) -> Iterator[Figure]:
    """Mu planted (as ``planted_mu`` counts them) and tonnes sold by product and base, tonnes sold by market; those that can be more
    than nothing, each kind in the order of its names."""
    instance, area, sell = program.instance, crops(program), program.columns["sell"]
    on_land = program.columns["area"]
    on_land = on_land[on_land["land_class"] != NO_LAND].assign(coefficient=1.0)
    sold = sell.assign(coefficient=1.0).rename(columns={"origin": "base"})
    products = (*instance.universe("products"), *sorted(set(area["product"]) - set(instance.universe("products"))))
    for kind, names in (("product", products), ("base", instance.universe("bases")), ("market", instance.universe("nodes"))):
        planted = {"product": area, "base": on_land}.get(kind)
        for figure, unit, frame in (("planted_mu", "mu", planted), ("sold_t", "t", sold)):
            groups = {} if frame is None else dict(iter(frame.groupby(kind, sort=False)))
            for name in names:
                if name in groups:
                    own = groups[name]
                    yield Figure(kind, str(name), figure, unit, own["column"].to_numpy(), own["coefficient"].to_numpy(dtype=float))


def values_of(plan: Plan) -> dict[tuple[str, str, str], float]:
    """Every figure of a plan in practical units, by kind, name and figure."""
    return {figure.key: figure.of(plan.values) for figure in figures_of(plan.program)}
