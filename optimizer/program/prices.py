"""The table of what binds: every row of every rule, what one unit more or less is worth, how far that holds, what binds then."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.program.marginal import UNKNOWN, marginal
from optimizer.program.plan import BINDING, Plan
from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, NUMERIC_KEYS

DIFFERENT = 1e-6
"""What the values of one more and of one less must differ by (relative above 1) to be two."""

LAST = (
    "sense", "right_hand_side", "binding", "slack", "unit", "value_yuan_per_unit", "value_of_less_yuan_per_unit", "one_sided",
    "holds_from", "holds_to", "next_binding", "next_binding_below",
)  # fmt: skip
"""The columns after the names that a row stands for."""


def shadow_prices(plan: Plan) -> pd.DataFrame:
    """One line per row of every rule: ``rule``, the names it stands for, and

    - ``sense``, ``right_hand_side`` and ``unit`` of the row, ``binding``, ``slack`` (how far the plan is from the limit);
    - ``value_yuan_per_unit``: the change of the objective per unit more on the right-hand side, up to ``holds_to``, where
      ``next_binding`` binds; NaN where no plan could meet more;
    - ``value_of_less_yuan_per_unit``: the same per unit less, down to ``holds_from``, where ``next_binding_below`` binds;
    - ``one_sided``: the two differ, as they do where the plan stands at a corner, or were not worked out: then both are the price of
      the plan's own basis and hold for no step (``marginal.MOST_ALONE``).

    Both hold at the least as far as it says; NaN in ``holds_from`` or ``holds_to`` is without end. Values are in the unit of the
    objective. A name of what binds next is that of a row, ``rule(key=value, …)``, or of a decision that comes to its bound.
    """
    program, matrix = plan.program, plan.linear
    if not program.rows:
        return pd.DataFrame(columns=["rule", *LAST])
    found = marginal(matrix, plan.basis)
    sign = -1.0 if program.instance.settings.objective.minimise else 1.0
    left = matrix.activity(plan.exact_values)
    slack = np.where(matrix.sense == AT_LEAST, left - matrix.rhs, matrix.rhs - left)
    binding = np.abs(slack) <= BINDING * (1 + np.abs(matrix.rhs))
    more, less = sign * found.more.value + 0.0, sign * found.less.value + 0.0
    table = pd.concat([rows.keys.rename(columns={"name": "rule_name"}).assign(rule=rows.rule) for rows in program.rows], ignore_index=True)
    whole = [c for c in table.columns if NUMERIC_KEYS.get(str(c)) == "int64"]
    table = table.astype(dict.fromkeys(whole, "Int64"))  # a tier stays 1 beside rows that have none
    table = table.assign(
        sense=matrix.sense,
        right_hand_side=matrix.rhs,
        binding=binding,
        slack=np.where(binding, 0.0, slack),
        unit=np.concatenate([rows.unit for rows in program.rows]),
        value_yuan_per_unit=more,
        value_of_less_yuan_per_unit=less,
        one_sided=_differ(more, less) | (found.more.next == UNKNOWN) | (found.less.next == UNKNOWN),
        holds_from=_finite(found.less.until),
        holds_to=_finite(found.more.until),
        next_binding=names_of(program, found.more.next),
        next_binding_below=names_of(program, found.less.next),
    )
    keys = [c for c in table.columns if c not in ("rule", *LAST)]
    return table[["rule", *keys, *LAST]]


def _differ(more: np.ndarray, less: np.ndarray) -> np.ndarray:
    one_missing = np.isnan(more) != np.isnan(less)
    return one_missing | (np.abs(more - less) > DIFFERENT * (1.0 + np.maximum(np.abs(more), np.abs(less))))


def _finite(figures: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(figures), figures, np.nan)


def names_of(program: Program, numbers: np.ndarray) -> list[str]:
    """What decision j or row i (as decisions + i) is called: its kind or rule, and its keys; nothing for a negative number."""
    starts = np.array([frame["column"].iloc[0] if len(frame) else -1 for frame in program.columns.frames.values()])
    kinds = [(kind, int(start)) for kind, start in zip(program.columns.frames, starts, strict=True) if start >= 0]
    names = dict.fromkeys(numbers.tolist(), "")
    for number in names:
        if number >= program.columns.count:
            position = max(at for at, start in program.first_row.items() if start <= number - program.columns.count)
            rows = program.rows[position]
            names[number] = _name(rows.rule, rows.keys.iloc[number - program.columns.count - program.first_row[position]])
        elif number >= 0:
            kind, start = max((pair for pair in kinds if pair[1] <= number), key=lambda pair: pair[1])
            names[number] = _name(kind, program.columns[kind][program.columns.names_of(kind)].iloc[number - start])
    return [names[number] for number in numbers.tolist()]


def _name(of: str, keys: pd.Series) -> str:
    return f"{of}({', '.join(f'{key}={value}' for key, value in keys.items())})"
