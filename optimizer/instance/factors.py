"""What a possible year changes: factors on yields, prices, capacities, lanes and freight, row by row of their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.instance.names import Names

SELECTORS = {
    "activity": "activities",
    "base": "bases",
    "product": "products",
    "market": "nodes",
    "channel": "channels",
    "from": "nodes",
    "to": "nodes",
    "period": "periods",
}
"""The columns by which a row of factors says what it means, and the kind of names each takes."""

TAKEN = {
    "yield": ("activity", "base", "product", "period"),
    "price": ("market", "product", "channel", "period"),
    "purchase_price": ("market", "product", "channel", "period"),
    "capacity": ("market", "product", "channel", "period"),
    "lane": ("from", "to", "product", "period"),
    "freight": ("from", "to", "product", "period"),
}
"""The selectors that each figure looks at."""

TABLES = {
    "yield": (("yields", "yield_kg_per_mu"),),
    "price": (("demand", "price_yuan_per_kg"),),
    "purchase_price": (("purchases", "price_yuan_per_kg"),),
    "capacity": (("demand", "quantity_t"), ("group_demand", "quantity_t"), ("absorption", "absorbs_t")),
    "lane": (("lanes", "capacity_t"), ("lanes", "shared_capacity_t")),
    "freight": (("lanes", "cost_yuan_per_t"),),
}
"""The tables and columns that each figure stands in."""

TOUCHED = tuple(dict.fromkeys(table for places in TABLES.values() for table, _ in places))
"""Every table a possible year may change; all others are the instance's own in every year."""

COLUMN_OF = {("purchases", "market"): "node"}
PRICE_DECIMALS = 6
EVERYTHING = ("*", "all")
LANE = ["from", "to", "period"]


def of_factors(instance: Instance, name: str, factors: pd.DataFrame) -> Instance:
    """``instance`` in the possible year ``name``: its figures times the factors that hold in that year.

    ``factors``: rows of table ``scenario_factors`` (scenario, figure, selectors, factor; a selector that is missing means
    all). Factors that meet on a figure are multiplied. Only yields above 0 change, prices keep six decimals, what is
    unlimited stays so unless its factor is 0. Tables that nothing changes are the very same objects.
    """
    rows = factors if "scenario" not in factors else factors[meant(factors["scenario"], name, instance.names)]
    tables = dict(instance.tables)
    for figure, group in rows.groupby("figure", sort=True):
        for table, column in TABLES[str(figure)]:
            by = product_of(instance, table, group)
            if column == "shared_capacity_t":
                by = _agreed(tables[table], by)
            tables[table] = _multiplied(tables[table], column, by)
    return replace(instance, tables=tables)


def meant(cells: pd.Series, name: str, names: Names) -> np.ndarray:
    """Which of the cells of column ``scenario`` speak of the year ``name`` (by its name, a set it is in, or ``*``)."""
    sets = names.sets.get("scenarios", {})
    known = {text: _speaks(text, name, sets) for text in cells.unique()}
    return cells.map(known).to_numpy(dtype=bool)


def _speaks(text: str, name: str, sets: Mapping[str, Sequence[str]]) -> bool:
    return any(word in EVERYTHING or word == name or name in sets.get(word, ()) for word in text.split())


def product_of(instance: Instance, table: str, factors: pd.DataFrame) -> np.ndarray:
    """For every row of ``table`` the product of the factors that mean it; 1 where none does."""
    by = np.ones(len(instance.tables[table]))
    columns = _Cells(instance, table)
    for row in factors.to_dict("records"):
        by[columns.meant(row)] *= row["factor"]
    return by


def rows_meant(instance: Instance, row: Mapping[str, object]) -> int:
    """How many figures a row of factors speaks of."""
    figure = str(row["figure"])
    return sum(int(_Cells(instance, table).meant(row).sum()) for table in dict.fromkeys(table for table, _ in TABLES[figure]))


class _Cells:
    """The key columns of a table by codes, so that each selector is looked up among the distinct names only."""

    def __init__(self, instance: Instance, table: str) -> None:
        self.instance, self.table = instance, table
        self.frame = instance.tables[table]
        self.codes: dict[str, tuple[np.ndarray, pd.Index]] = {}

    def meant(self, row: Mapping[str, object]) -> np.ndarray:
        """Which rows of the table a row of factors means."""
        found = np.ones(len(self.frame), dtype=bool)
        for selector in TAKEN[str(row["figure"])]:
            text = str(row.get(selector, "*"))
            column = COLUMN_OF.get((self.table, selector), selector)
            if text in EVERYTHING or column not in self.frame:  # absorption knows no channels
                continue
            if column not in self.codes:
                self.codes[column] = pd.factorize(self.frame[column])
            codes, values = self.codes[column]
            found &= np.array([self._is_in(str(value), text, selector, column) for value in values], dtype=bool)[codes]
        return found

    def _is_in(self, value: str, text: str, selector: str, column: str) -> bool:
        """Whether a cell is meant; one that takes products together only if all of them are."""
        groups = self.instance.names.groups(SELECTORS[selector], text) or []
        members = {member for _, own in groups for member in own}
        if self.table == "group_demand" and column == "product":
            return set(self.instance.members("products", value)) <= members
        return value in members


def _multiplied(frame: pd.DataFrame, column: str, by: np.ndarray) -> pd.DataFrame:
    """The table with one column times ``by``; itself if that changes nothing."""
    old = frame[column].to_numpy(dtype=float)
    new = old.copy()
    moved = by != 1
    if column == "yield_kg_per_mu":
        moved &= old > 0
    with np.errstate(invalid="ignore"):
        new[moved] = np.where(by[moved] == 0, 0.0, old[moved] * by[moved])
    return with_figures(frame, column, new)


def with_figures(frame: pd.DataFrame, column: str, figures: np.ndarray) -> pd.DataFrame:
    """The table with ``figures`` in ``column`` (prices to six decimals); itself if they are what stands there."""
    if column == "price_yuan_per_kg":
        figures = np.round(figures, PRICE_DECIMALS)
    return frame if np.array_equal(figures, frame[column].to_numpy(dtype=float)) else frame.assign(**{column: figures})


def _agreed(lanes: pd.DataFrame, by: np.ndarray) -> np.ndarray:
    """By what the capacity that all products share on a lane changes: only by a factor that holds for all of them."""
    each = lanes[LANE].assign(by=by).groupby(LANE)["by"]
    return np.where(each.transform("min") == each.transform("max"), by, 1.0)
