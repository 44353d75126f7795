"""The cobweb: bases that plant alone, season after season, each time at the prices of the season before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.household.figures import mu_by_product
from optimizer.instance.instance import Instance
from optimizer.policy.comparison import Season
from optimizer.program.alone import CHANNEL, own_program, plant, released
from optimizer.program.arrays import to_matrix
from optimizer.program.decisions import group_members
from optimizer.program.matrix import Matrix
from optimizer.program.program import Program, build
from optimizer.program.solver import Solver
from optimizer.program.stages import stages

NOTHING_T = 1e-6
"""Tonnes below which a market is taken to have bought nothing."""


def seasons(instance: Instance, count: int) -> tuple[Season, ...]:
    """``count`` seasons in which every base plants what is best for itself alone, at the prices it believes in.

    In the first season those are the full prices. After that a base believes, for each market, product, period and
    channel, in the mean price that was paid there in the season before (by weight over all tiers, less the cuts of shared
    capacity), and in the full price where nothing was sold. Nothing else carries over from season to season. Figures are
    the program's own, before practical units.

    Raises NoPlan and SolverStopped as planting alone does (``decide_alone``).
    """
    true = build(released(instance))
    market = Solver(to_matrix(true), "highs", instance.settings.integer_gap)
    planning: Solver | None = None
    prices: pd.DataFrame | None = None
    found: list[Season] = []
    for number in range(1, count + 1):
        own = own_program(true, prices)
        planning = _again(planning, to_matrix(own), instance.settings.integer_gap)
        _, chosen = stages(own, planning, [])
        planted = plant(true, market, chosen.values, [])
        _, come = stages(planted, market, [])
        paid = paid_prices(planted, come.values)
        hoped = float(own.objective("margin") @ chosen.values)
        found.append(_season(number, planted, come.values, paid, hoped))
        prices = paid[[*CHANNEL, "yuan_per_kg"]]
    return tuple(found)


def _again(solver: Solver | None, matrix: Matrix, gap: float) -> Solver:
    """The live solver with the costs of ``matrix``, if nothing but these has changed; else a new one."""
    if solver is not None and _same_but_for_costs(solver.matrix, matrix):
        solver.matrix.cost = matrix.cost
        return solver
    return Solver(matrix, "highs", gap)


def _same_but_for_costs(one: Matrix, other: Matrix) -> bool:
    names = ("lower", "upper", "integer", "sense", "rhs", "row", "column", "coefficient")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


def paid_prices(program: Program, values: np.ndarray) -> pd.DataFrame:
    """What was paid where something was sold: market, product, period, channel, tonnes, yuan_per_kg.

    The mean by weight over all tiers, less the mean cut of each group the product shares the market's capacity with.
    """
    instance = program.instance
    sold = program.columns["sell"].merge(instance.table("demand")[[*CHANNEL, "tier", "price_yuan_per_kg"]], on=[*CHANNEL, "tier"])
    sold["tonnes"] = values[sold["column"]]
    sold["paid"] = sold["tonnes"] * sold["price_yuan_per_kg"]
    sums = sold.groupby(CHANNEL, as_index=False)[["tonnes", "paid"]].sum()
    sums = sums[sums["tonnes"] > NOTHING_T]
    cut = sums[CHANNEL].merge(_mean_cuts(program, values), on=["market", "product", "period"], how="left")["cut"].fillna(0.0)
    price = sums["paid"].to_numpy() / sums["tonnes"].to_numpy() - cut.to_numpy()
    return sums.assign(yuan_per_kg=price)[[*CHANNEL, "tonnes", "yuan_per_kg"]].reset_index(drop=True)


def _mean_cuts(program: Program, values: np.ndarray) -> pd.DataFrame:
    """The mean cut in yuan per kg of each product of a group: market, product, period, cut."""
    keys = ["market", "group", "period"]
    groups = group_members(program.instance)
    steps = groups.drop_duplicates([*keys, "tier"])[[*keys, "tier", "price_cut_yuan_per_kg"]]
    laid = program.columns["group_sell"].merge(steps, on=[*keys, "tier"])
    laid = laid.assign(tonnes=values[laid["column"]], cut=values[laid["column"]] * laid["price_cut_yuan_per_kg"])
    sums = laid.groupby(keys, as_index=False)[["tonnes", "cut"]].sum()
    sums = sums[sums["tonnes"] > NOTHING_T]
    mean = sums.assign(cut=sums["cut"] / sums["tonnes"])[[*keys, "cut"]]
    each = mean.merge(groups[[*keys, "product"]].drop_duplicates(), on=keys)
    return each.groupby(["market", "product", "period"], as_index=False)["cut"].sum()


def _season(number: int, planted: Program, values: np.ndarray, paid: pd.DataFrame, hoped: float) -> Season:
    area = planted.columns["area"]
    mu = mu_by_product(planted.instance, area.assign(value=values[area["column"]])).groupby("product")["area_mu"].sum()
    sums = paid.assign(paid=paid["tonnes"] * paid["yuan_per_kg"]).groupby("product")[["tonnes", "paid"]].sum()
    mean = sums["paid"] / sums["tonnes"]
    return Season(
        season=number,
        area_mu={str(product): float(value) for product, value in mu.items() if value > NOTHING_T},
        price_yuan_per_kg={str(product): float(value) for product, value in mean.items()},
        expected_margin_yuan=hoped,
        margin_yuan=float(planted.objective("margin") @ values),
    )
