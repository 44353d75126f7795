"""The whole program: decisions, rows, money and objectives, put together once and never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from optimizer.instance.factors import TABLES, TOUCHED
from optimizer.instance.instance import Instance
from optimizer.problems import NoPlan
from optimizer.program import (
    balance,
    cash,
    choices,
    diversification,
    floors,
    insurance,
    land,
    linear,
    market,
    parties,
    promotion,
    resources,
    rotation,
)
from optimizer.program.county import base_level
from optimizer.program.decisions import make_columns
from optimizer.program.money import money_terms, vector
from optimizer.program.objectives import OBJECTIVES, yuan_of
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows

Rule = Callable[..., Rows | list[Rows]]
FIGURES = {name: tuple(column for places in TABLES.values() for table, column in places if table == name) for name in TOUCHED}
"""The figures that a possible year may change, by table."""

Made = TypeVar("Made")

RULES: tuple[Rule, ...] = (
    land.land,
    land.land_area,
    land.harvest,
    rotation.rotation,
    rotation.max_crops,
    resources.resource,
    resources.unused,
    resources.supply,
    resources.supply_totals,
    resources.workers,
    balance.balance,
    balance.consume,
    balance.lane_capacity,
    balance.node_capacity,
    balance.closing_stock,
    balance.process_capacity,
    market.tier,
    market.purchase,
    market.group_tier,
    market.market_limit,
    market.contract,
    market.own_use,
    market.safety_share,
    diversification.share,
    diversification.area,
    diversification.equal_share,
    choices.least_plot,
    choices.min_products,
    choices.max_bases,
    linear.linear,
    insurance.insured_area,
    insurance.insured_most,
    promotion.promoted,
    promotion.promotion_budget,
)
"""Every rule of the program that speaks of goods and land, as a function of the instance and the decisions."""

MONEY_RULES: tuple[Rule, ...] = (
    parties.participation,
    parties.net_basis,
    parties.least_gain,
    parties.least_of_all,
    floors.objective_floor,
    cash.cash,
)
"""Every rule that speaks of money; ``build`` gives each the money terms it needs."""

READS: dict[Rule, tuple[str, ...]] = {
    rotation.rotation: ("rotation",),
    rotation.max_crops: ("max_crops",),
    market.safety_share: ("safety_share",),
    diversification.share: ("max_share", "min_share"),
    diversification.area: ("max_area", "min_area"),
    diversification.equal_share: ("equal_share",),
    choices.least_plot: ("least_plot",),
    choices.min_products: ("min_products",),
    choices.max_bases: ("max_bases",),
    linear.linear: ("linear",),
    parties.least_gain: ("least_gain",),
}
"""The rules that read table rules, and the kinds of its rows they read. No rule of ``RULES`` reads the settings."""

READS_FIGURES: dict[Rule, tuple[str, ...]] = {
    land.harvest: ("yields",),
    balance.consume: ("yields",),
    choices.max_bases: ("yields",),
    balance.lane_capacity: ("lanes",),
    market.tier: ("demand",),
    market.purchase: ("purchases",),
    market.group_tier: ("group_demand",),
    market.safety_share: ("absorption",),
}
"""The rules that read figures which change from year to year, and the tables they stand in; rules of money are always made anew."""

DECIDING = ("max_crops", "least_plot", "min_products", "max_bases")
"""Kinds of rows of table rules that bring decisions of their own."""


@dataclass(frozen=True)
class Program:
    """Decisions, rows and money of one instance; figures are to be maximised."""

    instance: Instance
    columns: Columns
    rows: tuple[Rows, ...]
    money: pd.DataFrame
    parties: pd.DataFrame
    households: pd.DataFrame
    made: dict[Rule, list[Rows]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The rows as each rule (function) gave them, for ``build`` of a program like this one."""
    known: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out before from decisions, money and tables (not from rules or settings), by what it is."""

    def but(self, **changes: Any) -> Program:
        """The program with other bounds, rows or settings; what was worked out from keys, money and tables is kept."""
        changed = replace(self, **changes)
        changed.known.update(self.known)
        return changed

    @property
    def size(self) -> dict[str, int]:
        return {
            "columns": self.columns.count,
            "rows": sum(len(rows) for rows in self.rows),
            "nonzeros": sum(len(rows.row) for rows in self.rows),
        }

    @cached_property
    def first_row(self) -> dict[int, int]:
        """Number of the first row of each of ``rows``, by position."""
        starts = np.cumsum([0, *(len(rows) for rows in self.rows)])
        return {position: int(start) for position, start in enumerate(starts[:-1])}

    def objective(self, name: str) -> np.ndarray:
        """Yuan (or units of a measure) per unit of each decision under an objective, as ``OBJECTIVES`` defines it."""
        count = self.columns.count
        if name == "least_household_gain":
            least = np.zeros(count)
            least[self.columns["least"]["column"]] = 1.0
            return least
        if name in OBJECTIVES:
            return self.once(name, lambda: yuan_of(name, count, self.money, self.households))
        rule = next(r for r in diversification.rules_of(self.instance, "measure") if r.name == name)
        terms = pd.concat(linear.weighted_terms(self.instance, self.columns, rule))
        return vector(terms.rename(columns={"coefficient": "yuan"}), count)

    def tiers(self) -> np.ndarray:
        """The number of its tier per tonne sold or bought: the tie-break of objectives that see no price."""
        found = np.zeros(self.columns.count)
        for kind in ("sell", "buy", "group_sell"):
            found[self.columns[kind]["column"]] = self.columns[kind]["tier"]
        return found

    def tonne_km(self) -> np.ndarray:
        """Kilometres per tonne sent on each lane: a part of the tie-break."""
        return self.once("tonne_km", self._tonne_km)

    def _tonne_km(self) -> np.ndarray:
        lanes = self.instance.table("lanes").rename(columns={"from": "from_node", "to": "to_node"})
        ship = self.columns["ship"].merge(lanes, on=["product", "from_node", "to_node", "period"])
        return vector(ship.rename(columns={"distance_km": "yuan"}), self.columns.count)

    def once(self, name: str, work: Callable[[], Made]) -> Made:
        """What ``work`` gives, worked out once for all programs with the same goods. It must read decisions, money and
        tables alone, neither rules nor settings, and nobody may change it."""
        if name not in self.known:
            self.known[name] = work()
        return self.known[name]  # type: ignore[no-any-return]


def build(instance: Instance, like: Program | None = None) -> Program:
    """The program of an instance. Raises NoPlan if a row without decisions can never hold.

    Where ``like`` is a program of the same county that differs only in rules and settings, its decisions, its money and
    the rows of every rule that reads nothing of what differs are taken over; where it is the same county in another year,
    its decisions and the rows of every rule that reads none of the figures that differ. The program is the same either way.
    """
    old = like if like is not None and has_the_same_goods(instance, like) else None
    year = like if old is None and like is not None and has_the_same_decisions(instance, like) else None
    if old is not None:
        columns, money, party_terms, household_terms = old.columns, old.money, old.parties, old.households
    else:
        columns = year.columns if year is not None else _decisions(instance)
        money, party_terms, household_terms = _money(instance, columns)
    given: dict[Rule, tuple[object, ...]] = {
        **dict.fromkeys(RULES, ()),
        parties.participation: (party_terms,),
        parties.net_basis: (money,),
        parties.least_gain: (household_terms,),
        floors.objective_floor: (money, household_terms),
        cash.cash: (money, party_terms),
    }
    if _wants_least(instance):
        given[parties.least_of_all] = (household_terms,)
    made: dict[Rule, list[Rows]] = {}
    for rule, terms in given.items():
        if old is not None and _is_untouched(rule, instance, old.instance):
            made[rule] = old.made[rule]
        elif year is not None and not terms and rule in year.made and not _reads_changed(rule, instance, year.instance):
            made[rule] = year.made[rule]
        else:
            rows = rule(instance, columns, *terms)
            made[rule] = rows if isinstance(rows, list) else [rows]
    found = [rows for of_rule in made.values() for rows in of_rule]
    if not instance.settings.county_rules:
        found = base_level(found, columns, instance)
    kept = [rows.without(needless) if (needless := _empty(rows) & ~_broken(rows)).any() else rows for rows in found]
    program = Program(instance, columns, tuple(rows for rows in kept if len(rows)), money, party_terms, household_terms)
    if any((_empty(rows) & _broken(rows)).any() for rows in kept):
        raise NoPlan(partial(_why_none, program))
    program.made.update(made)
    if old is not None:
        program.known.update(old.known)
    return program


def _decisions(instance: Instance) -> Columns:
    """All decisions."""
    columns = make_columns(instance)
    choices.add_choices(instance, columns)
    cash.add_cash(instance, columns)
    parties.add_least(instance, columns, _wants_least(instance))
    insurance.add_insurance(instance, columns)
    promotion.add_promotion(instance, columns)
    return columns


def _money(instance: Instance, columns: Columns) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The money of the chain, of the parties and of the households per unit of each decision."""
    money = money_terms(instance, columns)
    party_terms = parties.party_terms(instance, money)
    return money, party_terms, parties.household_terms(instance, columns, money, party_terms)


def _wants_least(instance: Instance) -> bool:
    return "least_household_gain" in (instance.settings.objective.name, instance.settings.objective.then)


def has_the_same_goods(instance: Instance, like: Program) -> bool:
    """Whether decisions and money of ``like`` are those of the instance: nothing but rules without decisions of their
    own, and settings that bring none, differ. Tables count as the same only if they are one object."""
    old = like.instance
    if not like.made or set(instance.tables) != set(old.tables):
        return False
    if any(instance.tables[name] is not table for name, table in old.tables.items() if name != "rules"):
        return False
    if (instance.split, instance.periods, _wants_least(instance)) != (old.split, old.periods, _wants_least(old)):
        return False
    names = [({**i.names.universes, "rules": ()}, {**i.names.sets, "rules": {}}, i.names.lost) for i in (instance, old)]
    return names[0] == names[1] and _same_rules(instance, old, DECIDING)


def has_the_same_decisions(instance: Instance, like: Program) -> bool:
    """Whether the instance is the county of ``like`` in another year: nothing but figures that a year can change differs, and
    none of them becomes or ceases to be zero, which would open or close decisions."""
    old = like.instance
    if not like.made or set(instance.tables) != set(old.tables):
        return False
    if (instance.settings, instance.split, instance.periods, instance.names) != (old.settings, old.split, old.periods, old.names):
        return False
    changed = [name for name, table in old.tables.items() if instance.tables[name] is not table]
    return all(name in FIGURES and _same_but_figures(instance.table(name), old.table(name), FIGURES[name]) for name in changed)


def _same_but_figures(ours: pd.DataFrame, theirs: pd.DataFrame, figures: tuple[str, ...]) -> bool:
    if len(ours) != len(theirs) or list(ours) != list(theirs):
        return False
    rest = [column for column in ours if column not in figures]
    signs = ((np.sign(ours[f].to_numpy(dtype=float)), np.sign(theirs[f].to_numpy(dtype=float))) for f in figures if f in ours)
    return all(np.array_equal(*pair) for pair in signs) and ours[rest].equals(theirs[rest])


def _reads_changed(rule: Rule, instance: Instance, old: Instance) -> bool:
    """Whether a rule reads figures that differ between two years."""
    return any(instance.table(name) is not old.table(name) for name in READS_FIGURES.get(rule, ()))


def _same_rules(instance: Instance, old: Instance, kinds: tuple[str, ...]) -> bool:
    """Whether both have the same rows of some kinds in table rules."""
    ours, theirs = instance.table("rules"), old.table("rules")
    if ours is theirs:
        return True
    ours, theirs = (table[table["rule"].isin(kinds)].reset_index(drop=True) for table in (ours, theirs))
    return (ours.empty and theirs.empty) or ours.equals(theirs)


def _is_untouched(rule: Rule, instance: Instance, old: Instance) -> bool:
    """Whether a rule gives the rows it gave for ``old``, which has the same decisions and money."""
    if rule is parties.participation:
        return instance.settings.participation == old.settings.participation
    if rule is floors.objective_floor:
        return instance.settings.floors == old.settings.floors
    return rule not in READS or _same_rules(instance, old, READS[rule])


def _empty(rows: Rows) -> np.ndarray:
    """Which rows have no decision."""
    empty = np.ones(len(rows), dtype=bool)
    empty[rows.row] = False
    return empty


def _broken(rows: Rows) -> np.ndarray:
    """Which rows do not hold where nothing is done."""
    return {AT_MOST: rows.rhs < 0, AT_LEAST: rows.rhs > 0, EQUAL: rows.rhs != 0}[rows.sense]


def _why_none(program: Program) -> list[str]:
    """A row without any decision that does not hold is the end of the matter; what it says, and what could be changed."""
    from optimizer.program.arrays import to_matrix
    from optimizer.program.infeasible import conflict

    return conflict(program, to_matrix(program))
