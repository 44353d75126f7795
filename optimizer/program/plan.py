"""A plan: what was decided, in practical units, with the prices of all rules and how it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.phases import Phase
from optimizer.program.rows import AT_LEAST, NUMERIC_KEYS

if TYPE_CHECKING:  # an audit reads plans without waiting for the solvers to load
    from optimizer.program.program import Program
    from optimizer.program.solver import Answer, Matrix
    from optimizer.program.uncertain import Uncertain

BINDING = 1e-6


@dataclass(frozen=True)
class Plan:
    """The decided plan.

    ``objective_yuan`` is the program's optimum (in the unit of a measure, if one is the objective), ``values`` the
    practical figures of all decisions, ``exact_values`` the program's own. ``answer`` holds the prices of the first
    objective. ``unprotected`` holds what companies and bases would be left with by the plan of greatest sales without
    participation (party, id, balance_yuan; empty where nothing is divided, or where nobody asked for it). ``restarted``
    says that the solver went on from another plan's last basis, ``rebuilt_because`` why it could not, and ``expected``
    what each base counted on where each planned alone (base, sales_yuan, margin_yuan; else empty). Where the season is
    uncertain, the plan is that of the average year with the first stage of ``uncertain``, which is decided for all years.
    """

    program: Program
    matrix: Matrix
    status: str
    objective_yuan: float
    values: np.ndarray
    exact_values: np.ndarray
    answer: Answer
    residues: pd.DataFrame
    unprotected: pd.DataFrame
    solver: str
    notes: tuple[str, ...]
    phases: dict[str, Phase]
    restarted: bool = False
    rebuilt_because: str = ""
    expected: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["base", "sales_yuan", "margin_yuan"]))
    uncertain: Uncertain | None = None

    @property
    def instance(self) -> Instance:
        return self.program.instance

    @property
    def is_empty(self) -> bool:
        """Nothing pays under these rules: nothing is grown and nothing is sold."""
        columns = self.program.columns
        used = [self.values[columns[kind]["column"]] for kind in ("area", "sell", "buy")]
        return not any((part > BINDING).any() for part in used)

    def decisions(self, kind: str, exact: bool = False) -> pd.DataFrame:
        """All non-zero decisions of a kind (area, sell, ship …): its key columns and ``value`` in its unit."""
        columns = self.program.columns
        frame = columns[kind]
        value = (self.exact_values if exact else self.values)[frame["column"]]
        return frame[columns.keys_of(kind)].assign(value=value)[np.abs(value) > 1e-9].reset_index(drop=True)

    def amounts(self, terms: pd.DataFrame) -> pd.DataFrame:
        """Money terms with the yuan they come to under this plan, zero ones left out."""
        yuan = terms["yuan"].to_numpy(dtype=float) * self.values[terms["column"]]
        return terms.assign(value=self.values[terms["column"]], amount_yuan=yuan)[np.abs(yuan) > 1e-12]

    def objective_of(self, name: str) -> float:
        """What the practical plan comes to under another objective, by the program's own terms."""
        return float(self.program.objective(name) @ self.values)

    @cached_property
    def shadow_prices(self) -> pd.DataFrame:
        """Every row of every rule: ``rule``, the names it stands for, ``binding``, ``slack``, ``unit`` and
        ``value_yuan_per_unit``, the change of the objective per unit more on the right-hand side."""
        left = self.matrix.activity(self.answer.values)
        slack = np.where(self.matrix.sense == AT_LEAST, left - self.matrix.rhs, self.matrix.rhs - left)
        frames = []
        for position, rows in enumerate(self.program.rows):
            span = slice(self.program.first_row[position], self.program.first_row[position] + len(rows))
            tolerance = BINDING * (1 + np.abs(rows.rhs))
            names = rows.keys.rename(columns={"name": "rule_name"})
            frames.append(
                names.assign(
                    rule=rows.rule,
                    sense=rows.sense,
                    binding=np.abs(slack[span]) <= tolerance,
                    slack=np.where(np.abs(slack[span]) <= tolerance, 0.0, slack[span]),
                    unit=rows.unit,
                    value_yuan_per_unit=self.answer.row_price[span] + 0.0,
                )
            )
        if not frames:
            return pd.DataFrame(columns=["rule", "sense", "binding", "slack", "unit", "value_yuan_per_unit"])
        table = pd.concat(frames, ignore_index=True)
        whole = [c for c in table.columns if NUMERIC_KEYS.get(c) == "int64"]
        table = table.astype(dict.fromkeys(whole, "Int64"))  # a tier stays 1 beside rows that have none
        last = ["sense", "binding", "slack", "unit", "value_yuan_per_unit"]
        keys = [c for c in table.columns if c not in ("rule", *last)]
        return table[["rule", *keys, *last]]
