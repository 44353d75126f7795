"""Floors under objectives: so much must come of another objective, whatever is made as great as possible."""

from __future__ import annotations

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.objectives import yuan_of
from optimizer.program.parties import linked_persons, require_known_keys
from optimizer.program.rows import AT_LEAST, Columns, Rows, gives, make_rows


@gives("objective_floor")
def objective_floor(instance: Instance, columns: Columns, money: pd.DataFrame, households: pd.DataFrame) -> list[Rows]:
    """An objective comes to at least so much (``settings.floors``), with its accounts as in the chapter on objectives:

    Σ signed accounts of the objective ≥ floor   (yuan)

    For ``least_household_gain`` the floor is in yuan per linked person and holds in every village with linked people:

    Σ dividends + shares + wages + rent − forgone ≥ floor · linked persons   (yuan, per village)

    The program's own figures keep the floor; those in practical units may miss it by what rounding costs.

    Shadow price: what one yuan more demanded of that objective (or for that village) would add.
    """
    found = []
    for name, floor in sorted(instance.settings.floors.items()):
        if name == "least_household_gain":
            require_known_keys(instance, name)
            persons = linked_persons(instance)
            limits = pd.DataFrame({"village": persons.index, "rhs": persons.to_numpy(dtype=float) * float(floor)})
            keys, terms = ["objective", "village"], households.rename(columns={"yuan": "coefficient"})
        else:
            yuan = yuan_of(name, columns.count, money, households)
            used = np.flatnonzero(yuan)
            limits = pd.DataFrame({"rhs": [float(floor)]})
            keys, terms = ["objective"], pd.DataFrame({"column": used, "coefficient": yuan[used]})
        found.append(
            make_rows("objective_floor", "yuan", keys, [terms.assign(objective=name)], AT_LEAST, limits.assign(objective=name), True)
        )
    return found
