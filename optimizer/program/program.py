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
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows
from optimizer.texts import say

Rule = Callable[[Instance, Columns], Rows | list[Rows]]

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
"""Every rule of the program that speaks of goods and land; those that speak of money follow in ``build``."""


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
        """Yuan (or units of a measure) per unit of each decision under an objective.

        sales: what grown produce earns, bought-in goods net · margin: all incomes less all costs of the chain ·
        household_gain: dividends, shares, wages and rents less what is forgone · county_income: margin plus the
        households' wages and rents less what is forgone (dividends are part of the margin already) ·
        least_household_gain: the gain per linked person of the worst-off village.
        """
        money, count = self.money, self.columns.count
        signs = money["account"].map(SIGN).to_numpy()
        if name == "margin":
            return vector(money, count, signs)
        if name == "sales":
            chosen = money["account"].isin(["sales", "resale", "purchases"]).to_numpy()
            return vector(money[chosen], count, signs[chosen])
        if name == "household_gain":
            return vector(self.households, count)
        if name == "county_income":
            earned = self.households[~self.households["account"].isin(["dividend", "share"])]
            return vector(money, count, signs) + vector(earned, count)
        if name == "least_household_gain":
            least = np.zeros(count)
            least[self.columns["least"]["column"]] = 1.0
            return least
        rule = next(r for r in diversification.rules_of(self.instance, "measure") if r.name == name)
        terms = pd.concat(linear.weighted_terms(self.instance, self.columns, rule))
        return vector(terms.rename(columns={"coefficient": "yuan"}), count)

    def tonne_km(self) -> np.ndarray:
        """Kilometres per tonne sent on each lane: the first part of the tie-break."""
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
    least = pd.DataFrame({"least": ["yuan_per_person"] if wants_least else []}, dtype=object)
    columns.add("least", "yuan", least, lower=-np.inf)
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
        found.append(parties.least_of_all(instance, columns, household_terms))
    found = [_without_empty_rows(rows) for rows in found if len(rows)]
    return Program(instance, columns, tuple(rows for rows in found if len(rows)), money, party_terms, household_terms)


def _without_empty_rows(rows: Rows) -> Rows:
    """Rows without any decision are dropped if they hold, and are the end of the matter if they do not."""
    empty = np.ones(len(rows), dtype=bool)
    empty[rows.row] = False
    if not empty.any():
        return rows
    rhs = rows.rhs[empty]
    broken = {AT_MOST: rhs < 0, AT_LEAST: rhs > 0, EQUAL: rhs != 0}[rows.sense]
    if broken.any():
        raise NoPlan([say("noplan.infeasible"), *(_sentence(rows, i) for i in np.flatnonzero(empty)[broken])])
    number = np.cumsum(~empty) - 1
    return Rows(rows.rule, rows.unit, rows.keys[~empty].reset_index(drop=True), rows.sense, rows.rhs[~empty],
                number[rows.row], rows.column, rows.coefficient)  # fmt: skip


def _sentence(rows: Rows, index: int) -> str:
    names = ", ".join(f"{key} {value}" for key, value in rows.keys.iloc[index].items())
    direction = say("noplan.too_little" if rows.sense != AT_MOST else "noplan.too_much")
    return say("noplan.line", rule=rows.rule, names=names, amount=f"{abs(rows.rhs[index]):,.6g}", unit=rows.unit, direction=direction)
