"""Why each activity stands where it does, or does not: what a mu earns, what it takes from others, and what would change that."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.program.arrays import lengthened
from optimizer.program.calendar import planting_periods
from optimizer.program.decisions import PENALISED
from optimizer.program.marginal import LESS, MORE, edge_at
from optimizer.program.matrix import NO_LIMIT, Matrix
from optimizer.program.plan import BINDING, Plan
from optimizer.program.rows import AT_LEAST, AT_MOST

TAKES = {
    "land": ("land", "land_area", "rotation", "max_crops"),
    "resources": ("resource", "unused"),
    "goods": ("consume", "balance"),
}
"""What a mu takes, by the rules whose rows it stands in; what it adds is ``harvest``, and any other is one of the planner's rules."""

PARTS = ("worth", "costs", *TAKES, "rules")
COLUMNS = (
    "base", "land_class", "activity", "planted", "area_mu", "harvest_kg_per_mu", *(f"{part}_yuan_per_mu" for part in PARTS),
    "gain_yuan_per_mu", "holds_to_mu", "price_rise_to_enter_yuan_per_kg", "yield_rise_to_enter_share", "price_fall_to_less_yuan_per_kg",
    "price_fall_to_none_yuan_per_kg",
)  # fmt: skip


def activities(plan: Plan) -> pd.DataFrame:
    """One line for every base, class of land and activity that could stand there:

    - ``planted`` (period), ``area_mu``, ``harvest_kg_per_mu`` (of all its products together);
    - what one mu brings and takes, in the unit of the objective: ``worth`` (its harvest, at what another tonne standing in the
      field there is worth to the plan), less ``costs`` (money spent on the mu itself), ``land`` (what the land would bring
      otherwise, its rent paid), ``resources`` (labour, water, machines, at what they are worth elsewhere), ``goods`` (feed and
      the like) and ``rules`` (what caps, quotas and floors make of it). They sum to
    - ``gain_yuan_per_mu``: of what is planted, what the last mu adds over its next best use; of what is not, what a first mu
      would add, 0 or less (the reduced cost); all with the other sign where the objective is minimised. It holds as far as ``holds_to_mu``;
    - ``price_rise_to_enter_yuan_per_kg`` and ``yield_rise_to_enter_share``: how much more each kilogram would have to bring at
      the field, or a mu to yield, for a mu to pay (absent for what is planted);
    - ``price_fall_to_less_yuan_per_kg`` and ``price_fall_to_none_yuan_per_kg``: how much less each kilogram may bring before
      less, and before nothing, of it is planted there.

    A crop that stands against a rotation, at the lower yield of that, is a line of its own. All prices are meant for the harvest of
    that line alone. Figures are absent where an area is fixed, or nothing is harvested.
    """
    area = plan.program.columns["area"]
    is_twin = area["activity"].str.endswith(PENALISED).to_numpy(dtype=bool)
    area = area[~is_twin | (plan.exact_values[area["column"]] > BINDING)]
    keys = area[["base", "land_class", "activity"]].assign(planted=area["data_activity"].map(planting_periods(plan.instance)))
    if area.empty:
        return pd.DataFrame(columns=list(COLUMNS))
    columns = area["column"].to_numpy()
    standing = plan.exact_values[columns]
    is_free = plan.linear.lower[columns] < plan.linear.upper[columns]
    is_planted = standing > BINDING * (1.0 + np.abs(standing))
    wide = _with_areas_as_rows(plan.linear, columns, is_planted)
    rows = len(plan.linear.rhs) + np.arange(len(columns))
    basis = None if plan.basis is None else plan.basis.widened(rows=len(rows))
    absent, present = ~is_planted & is_free, is_planted & is_free
    first = edge_at(wide, basis, rows[absent], standing[absent], MORE)
    last = edge_at(wide, basis, rows[present], standing[present], LESS)
    gain, until = (np.where(is_planted, *pair) for pair in ((last.value[rows], first.value[rows]), (last.until[rows], first.until[rows])))
    edges = [last if planted else first for planted in is_planted]
    parts, kilograms = _parts(plan, columns, [edge.prices.get(row) for edge, row in zip(edges, rows.tolist(), strict=True)])
    none = edge_at(wide, basis, rows[present], np.zeros(int(present.sum())), MORE).value[rows]
    sign = -1.0 if plan.instance.settings.objective.minimise else 1.0
    kilograms = np.where(kilograms > 0, kilograms, np.nan)
    worth = np.where(parts["worth"] > 0, parts["worth"], np.nan)
    table = keys.assign(
        area_mu=np.where(is_planted, standing, 0.0),
        harvest_kg_per_mu=kilograms,
        **{f"{part}_yuan_per_mu": sign * figures + 0.0 for part, figures in parts.items()},
        gain_yuan_per_mu=sign * gain + 0.0,
        holds_to_mu=until,
        price_rise_to_enter_yuan_per_kg=np.where(is_planted, np.nan, np.maximum(-gain, 0.0) / kilograms),
        yield_rise_to_enter_share=np.where(is_planted, np.nan, np.maximum(-gain, 0.0) / worth),
        price_fall_to_less_yuan_per_kg=np.where(is_planted, gain / kilograms, np.nan),
        price_fall_to_none_yuan_per_kg=none / kilograms,
    )
    return table[list(COLUMNS)].reset_index(drop=True)


def _with_areas_as_rows(matrix: Matrix, columns: np.ndarray, is_planted: np.ndarray) -> Matrix:
    """The program with a further row for each area that limits nothing: at most any area where it is planted, at least none
    where it is not. To lower the one or raise the other is to ask for less or for a first mu."""
    count = len(columns)
    sense, rhs = np.where(is_planted, AT_MOST, AT_LEAST), np.where(is_planted, NO_LIMIT, 0.0)
    return lengthened(matrix, sense, rhs, np.arange(count), columns, np.ones(count))


def _parts(plan: Plan, columns: np.ndarray, prices: list[np.ndarray | None]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What a mu of each area decision brings (``worth``) and takes (the others), each at the prices that go with it; kilograms
    harvested of it."""
    matrix = plan.linear
    part_of = {rule: part for part, rules in TAKES.items() for rule in rules} | {"harvest": "worth"}
    part = np.concatenate([np.full(len(rows), part_of.get(rows.rule, "rules"), dtype=object) for rows in plan.program.rows])
    parts = {name: np.full(len(columns), np.nan) for name in PARTS}
    kilograms = np.zeros(len(columns))
    order = np.argsort(matrix.column, kind="stable")
    starts = np.searchsorted(matrix.column[order], columns)
    ends = np.searchsorted(matrix.column[order], columns, side="right")
    for i, (column, known) in enumerate(zip(columns.tolist(), prices, strict=True)):
        terms = order[starts[i] : ends[i]]
        rows, coefficients = matrix.row[terms], matrix.coefficient[terms]
        kilograms[i] = -1000.0 * coefficients[part[rows] == "worth"].sum()
        if known is None:
            continue
        taken = coefficients * known[rows]
        for name in PARTS:
            parts[name][i] = taken[part[rows] == name].sum()
        parts["worth"][i] *= -1.0
        parts["costs"][i] = -matrix.cost[column]
    return parts, kilograms
