"""Why there is no plan: which rules conflict and by how much, or what pays without limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, AT_MOST
from optimizer.program.sentences import sentence
from optimizer.program.solver import OPTIMAL, Matrix, Solver
from optimizer.texts import say

LAWS = (
    "balance", "resource", "harvest", "group_sales", "consume", "land", "cash", "idle", "unused", "village_gain", "insured_area",
    "promoted",
)  # fmt: skip
"""Rows that are arithmetic or nature; only the others can give way."""

WISHES = (
    "rotation", "max_crops", "market_limit", "contract", "contract_at_most", "own_use", "own_use_at_most", "safety_share", "max_share",
    "min_share", "max_area", "min_area", "equal_share", "least_plot", "min_products", "min_products_count", "max_bases_count", "linear",
    "participation", "net_basis", "least_gain", "objective_floor", "closing_stock_min", "closing_stock_max",
)  # fmt: skip
"""Rows that somebody asked for; they give way before what is simply there, such as land, labour and markets."""

GIVEN = 100.0
"""How much dearer a breach of what is simply there is than one of the same relative size of a wish."""

LARGE = 1e9
SHOWN = 12


def conflict(program: Program, matrix: Matrix) -> list[str]:
    """Sentences naming the rules that would have to give way, and by how much, so that a plan exists.

    An elastic program: each rule that is no law may be broken at a price per unit relative to its size, which is far
    higher for what is simply there than for what somebody asked for; the cheapest set of breaches is shown, largest first.
    """
    wish = np.concatenate([np.full(len(r), r.rule in WISHES) for r in program.rows])
    law = np.concatenate([np.full(len(r), r.rule in LAWS) for r in program.rows])
    soft = np.flatnonzero(~law)
    signs = np.where(matrix.sense[soft] == AT_MOST, -1.0, 1.0)
    both = soft[(matrix.sense[soft] != AT_MOST) & (matrix.sense[soft] != AT_LEAST)]
    rows = np.concatenate([soft, both])
    coefficients = np.concatenate([signs, np.full(len(both), -1.0)])
    count = len(matrix.cost)
    weight = -np.where(wish[rows], 1.0, GIVEN) / np.maximum(1.0, np.abs(matrix.rhs[rows]))
    elastic = replace(matrix, cost=np.zeros(count)).widened(weight, rows, np.arange(len(rows)), coefficients)
    answer = Solver(elastic).solve()
    if answer.status != OPTIMAL:
        return [say("noplan.infeasible"), say("noplan.laws")]
    breach = answer.values[count:]
    sentences = [
        (breach[i] * -weight[i], _sentence(program, int(rows[i]), float(breach[i]), coefficients[i] > 0))
        for i in np.flatnonzero(breach > 1e-7 * np.maximum(1.0, np.abs(matrix.rhs[rows])))
    ]
    sentences.sort(key=lambda pair: (-pair[0], pair[1]))
    return [say("noplan.infeasible"), *(sentence for _, sentence in sentences[:SHOWN])]


def _sentence(program: Program, row: int, amount: float, short: bool) -> str:
    position = max(i for i, start in program.first_row.items() if start <= row)
    return sentence(program.rows[position], row - program.first_row[position], amount, short)


def without_bound(program: Program, matrix: Matrix) -> list[str]:
    """Sentences naming the decisions that grow without limit."""
    bounded = replace(matrix, upper=np.minimum(matrix.upper, LARGE), lower=np.maximum(matrix.lower, -LARGE))
    answer = Solver(bounded).solve()
    names: list[str] = []
    if answer.status == OPTIMAL:
        for kind, frame in program.columns.frames.items():
            huge = frame[np.abs(answer.values[frame["column"]]) > LARGE / 1000]
            for row in huge[program.columns.keys_of(kind)].head(4).itertuples(index=False):
                names.append(f"{kind} ({', '.join(str(v) for v in row)})")
    return [say("noplan.unbounded"), say("noplan.unbounded_hint", names="; ".join(names[:SHOWN]))]
