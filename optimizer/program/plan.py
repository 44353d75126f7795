"""A plan: what was decided, in practical units, with the prices of all rules and how it was found."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.phases import Phase

if TYPE_CHECKING:  # an audit reads plans without waiting for the solvers to load
    from optimizer.program.answer import Answer
    from optimizer.program.basis import Basis
    from optimizer.program.matrix import Matrix
    from optimizer.program.program import Program
    from optimizer.program.uncertain import Uncertain

BINDING = 1e-6


@dataclass(frozen=True)
class Plan:
    """The decided plan.

    ``objective_yuan`` is the program's optimum (in the unit of a measure, if one is the objective), ``values`` the
    practical figures of all decisions, ``exact_values`` the program's own. ``answer`` holds the prices of the first
    objective, ``basis`` where the solver stood at ``exact_values`` (None where it does not say). ``unprotected`` holds what
    companies and bases would be left with by the plan of greatest sales without participation (party, id, balance_yuan; empty
    where nothing is divided, or where nobody asked for it). ``restarted`` says that the solver went on from another plan's
    last basis, ``rebuilt_because`` why it could not, and ``expected`` what each base counted on where each planned alone (base,
    sales_yuan, margin_yuan; else empty). Where the season is uncertain, the plan is that of the average year with the first
    stage of ``uncertain``, which is decided for all years.
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
    basis: Basis | None = None

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
    def linear(self) -> Matrix:
        """The program with yes-or-no choices held as they were made, of which prices hold."""
        if not self.matrix.integer.any():
            return self.matrix
        linear = replace(self.matrix)
        linear.hold_choices(self.exact_values)
        return linear

    @cached_property
    def shadow_prices(self) -> pd.DataFrame:
        """What binds: one line per row of every rule (``optimizer.program.prices``)."""
        from optimizer.program.prices import shadow_prices

        return shadow_prices(self)

    @cached_property
    def activities(self) -> pd.DataFrame:
        """Why each activity stands where it does, or does not (``optimizer.program.activities``)."""
        from optimizer.program.activities import activities

        return activities(self)
