"""The whole program: decisions, rows, money and objectives, put together once and never changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.problems import NoPlan
from optimizer.program import balance, cash, choices, diversification, land, linear, market, parties, resources, rotation
from optimizer.program.decisions import make_columns
from optimizer.program.money import SIGN, money_terms, vector
from optimizer.program.objectives import OBJECTIVES
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows
from optimizer.program.sentences import sentence
from optimizer.texts import say

Rule = Callable[..., Rows | list[Rows]]

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
)
"""Every rule of the program that speaks of goods and land, as a function of the instance and the decisions."""

MONEY_RULES: tuple[Rule, ...] = (
    parties.participation,
    parties.net_basis,
    parties.least_gain,
    parties.least_of_all,
    cash.cash,
)
"""Every rule that speaks of money; ``build`` gives each the money terms it needs."""


@dataclass(frozen=True)
class Program:
    """Decisions, rows and money of one instance; figures are to be maximised."""

    instance: Instance
    columns: Columns
    rows: tuple[Rows, ...]
    money: pd.DataFrame
    parties: pd.DataFrame
    households: pd.DataFrame

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
            wanted = OBJECTIVES[name]
            money = self.money[self.money["account"].isin(wanted.chain)]
            earned = self.households[self.households["account"].isin(wanted.households)]
            return vector(money, count, money["account"].map(SIGN).to_numpy()) + vector(earned, count)
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
        lanes = self.instance.table("lanes").rename(columns={"from": "from_node", "to": "to_node"})
        ship = self.columns["ship"].merge(lanes, on=["product", "from_node", "to_node", "period"])
        return vector(ship.rename(columns={"distance_km": "yuan"}), self.columns.count)


def build(instance: Instance) -> Program:
    """The program of an instance. Raises NoPlan if a row without decisions can never hold."""
    columns = make_columns(instance)
    choices.add_choices(instance, columns)
    cash.add_cash(instance, columns)
    objective = instance.settings.objective
    wants_least = "least_household_gain" in (objective.name, objective.then)
    parties.add_least(instance, columns, wants_least)
    money = money_terms(instance, columns)
    party_terms = parties.party_terms(instance, money)
    household_terms = parties.household_terms(instance, columns, money, party_terms)
    found: list[Rows] = []
    for rule in RULES:
        rows = rule(instance, columns)
        found += rows if isinstance(rows, list) else [rows]
    found += parties.participation(instance, columns, party_terms)
    found += parties.net_basis(instance, columns, money)
    found += parties.least_gain(instance, columns, household_terms)
    found.append(cash.cash(instance, columns, money, party_terms))
    if wants_least:
        found += parties.least_of_all(instance, columns, household_terms)
    _require_possible(found)
    kept = [rows.without(_empty(rows)) for rows in found]
    return Program(instance, columns, tuple(rows for rows in kept if len(rows)), money, party_terms, household_terms)


def _empty(rows: Rows) -> np.ndarray:
    """Which rows have no decision."""
    empty = np.ones(len(rows), dtype=bool)
    empty[rows.row] = False
    return empty


def _require_possible(found: list[Rows]) -> None:
    """A row without any decision that does not hold is the end of the matter: raises NoPlan naming all of them."""
    lines = []
    for rows in found:
        broken = {AT_MOST: rows.rhs < 0, AT_LEAST: rows.rhs > 0, EQUAL: rows.rhs != 0}[rows.sense]
        lines += [sentence(rows, int(i), abs(rows.rhs[i]), rows.rhs[i] > 0) for i in np.flatnonzero(_empty(rows) & broken)]
    if lines:
        raise NoPlan([say("noplan.infeasible"), *lines])
