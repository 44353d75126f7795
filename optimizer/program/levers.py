"""Which figures of an instance loosen a row that cannot be met: the table, the place in it and the column, by the row's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from optimizer.instance.changes import Change
from optimizer.instance.promoting import promoted_channels
from optimizer.program.county import is_of_table_rules
from optimizer.program.giving_way import weights
from optimizer.program.program import Program
from optimizer.program.rows import Rows

UP, DOWN, EITHER = 1.0, -1.0, 0.0
"""Which way a figure must move so that its rows are loosened."""

FIGURE, RULE, SETTING, SWITCH, WHOLE = "figure", "rule", "setting", "switch", "whole"
"""What is changed: a figure of a table, of table rules or of the settings, a yes or no, or a whole row, which is left out."""


@dataclass(frozen=True)
class Source:
    """Where rows of one name have their figure: ``where`` gives for each column of ``table`` the key of the row.

    ``sign`` is the change of the right-hand side per unit of the figure, 0 where it stands among the coefficients.
    """

    table: str
    where: Mapping[str, str]
    column: str
    way: float
    sign: float = 1.0
    kind: str = FIGURE


def _rule(column: str, way: float, sign: float = 1.0) -> Source:
    return Source("rules", {"name": "name"}, column, way, sign, RULE)


LEFT_OUT = Source("rules", {"name": "name"}, "", EITHER, 0.0, WHOLE)
"""A rule of table rules that is left out."""

MULTIPLIED = {"safety_share", "least_gain", "max_share", "min_share"}
"""Names of rows whose figure is multiplied by what a market absorbs, by linked people or by land."""

PLACE = {"base": "base", "land_class": "land_class", "activity": "activity"}
LIMIT = {"market": "market", "product": "product", "period": "period", "channel": "channel", "direction": "direction"}
TOTAL = {"base": "base", "resource": "resource", "period": "period"}
POOL = {"base": "pool", "resource": "resource", "period": "period"}
SOLD = {"market": "market", "product": "product", "period": "period", "channel": "channel", "tier": "tier"}
BOUGHT = {"node": "node", "product": "product", "period": "period", "channel": "channel", "tier": "tier"}
GROUP = {"market": "market", "product": "group", "period": "period", "tier": "tier"}
LANE = {"from": "from_node", "to": "to_node", "period": "period"}
ROOM = {"node": "node", "product": "products", "period": "period"}
NEED = {"node": "node", "product": "need", "period": "when"}
STOCK = {"node": "node", "product": "product"}

SOURCES: dict[str, tuple[Source, ...]] = {
    "land_area": (Source("land", {"base": "base", "land_class": "land_class"}, "area_mu", UP),),
    "rotation": (_rule("count", DOWN, 0.0),),
    "max_crops": (_rule("count", UP, 0.0),),
    "own": (Source("supply", POOL, "own", UP),),
    "hire": (Source("supply", POOL, "hire_limit", UP),),
    "let": (Source("supply", POOL, "let_limit", UP),),
    "supply_own_total": (Source("supply_totals", TOTAL, "own_limit", UP),),
    "supply_hire_total": (Source("supply_totals", TOTAL, "hire_limit", UP),),
    "supply_use_total": (Source("supply_totals", TOTAL, "use_limit", UP),),
    "workers": (Source("workers", {"village": "village", "resource": "resource", "period": "period"}, "days", UP),),
    "lane_capacity": (Source("lanes", {**LANE, "product": "product"}, "capacity_t", UP),),
    "lane_shared_capacity": (Source("lanes", LANE, "shared_capacity_t", UP),),
    "throughput": (Source("node_capacity", ROOM, "throughput_t", UP),),
    "stock_capacity": (Source("node_capacity", ROOM, "stock_t", UP),),
    "closing_stock_min": (Source("storage", STOCK, "closing_min_t", DOWN),),
    "closing_stock_max": (Source("storage", STOCK, "closing_max_t", UP),),
    "process_capacity": (Source("processes", {"process": "process", "node": "node"}, "capacity_t", UP),),
    "tier": (Source("demand", SOLD, "quantity_t", UP),),
    "purchase": (Source("purchases", BOUGHT, "quantity_t", UP),),
    "group_tier": (Source("group_demand", GROUP, "quantity_t", UP),),
    "market_limit": (Source("market_limits", LIMIT, "limit_t", UP),),
    "contract": (Source("contracts", {"contract": "contract"}, "quantity_t", DOWN),),
    "contract_at_most": (Source("contracts", {"contract": "contract"}, "at_most_t", UP),),
    "own_use": (Source("own_use", NEED, "quantity_t", EITHER),),
    "own_use_at_most": (Source("own_use", NEED, "quantity_t", UP),),
    "safety_share": (_rule("share", UP),),
    "max_share": (_rule("share", UP, 0.0),),
    "min_share": (_rule("share", DOWN, 0.0),),
    "max_area": (_rule("quantity", UP),),
    "min_area": (_rule("quantity", DOWN),),
    "least_plot": (_rule("quantity", DOWN, 0.0),),
    "min_products": (_rule("share", DOWN, 0.0),),
    "min_products_count": (_rule("count", DOWN),),
    "max_bases_count": (_rule("count", UP),),
    "linear": (_rule("quantity", EITHER),),
    "least_gain": (_rule("quantity", DOWN),),
    "participation": (Source("settings", {"participation": "party"}, "participation", DOWN, 1.0, SETTING),),
    "objective_floor": (Source("settings", {"floors": "objective"}, "floors", DOWN, 1.0, SETTING),),
    "risk_limit": (Source("settings", {"risk": "measure"}, "risk.limit_yuan", EITHER, 1.0, SETTING),),
    "compulsory_cover": (Source("insurance", {"cover": "cover", **PLACE}, "compulsory", UP, 0.0, SWITCH),),
    "insured_most": (Source("insurance", {"cover": "cover", **PLACE}, "most_mu", UP),),
    "promotion_budget": (Source("promotion", {"promotion": "promotion"}, "budget_yuan", UP),),
    "promotion_step": (Source("promotion", {"promotion": "promotion", "step": "step"}, "yuan_most", UP),),
    "fixed_area": (Source("fixed_area", PLACE, "area_mu", EITHER),),
    "credit": (Source("cash", {"party": "party", "id": "id"}, "credit_yuan", UP, -1.0),),
}
"""Every name of rows that has a figure. Rules of table rules can also be left out, which is all there is for ``equal_share``,
``least_plot_most`` and ``max_bases``; ``net_basis`` has nothing of its own that could be changed, and laws have nothing at all."""

Place = tuple[tuple[str, str], ...]
"""A row of a table, by column and name, as the condition of a change states it."""


@dataclass(frozen=True)
class Lever:
    """One change of the data that loosens rows: a figure that moves ``way``, or where ``column`` is blank a rule left out.

    ``rows`` are the numbers of all rows the figure stands in and ``per`` the change of their right-hand sides per unit of it (0:
    it stands among the coefficients). ``weight``: yuan per unit by which a row of it gives way. ``unit`` is that of the rows.
    """

    rule: str
    table: str
    where: Place
    column: str
    old: float
    way: float
    unit: str
    weight: float
    kind: str
    rows: np.ndarray = field(compare=False, repr=False)
    per: np.ndarray = field(compare=False, repr=False)

    @property
    def is_plain(self) -> bool:
        """Whether the figure stands on right-hand sides alone, so that one decision can stand for its change."""
        return self.kind in (FIGURE, SETTING, RULE) and bool(self.column) and bool((self.per != 0).all())

    def change(self, value: str = "") -> Change:
        """The change as ``--set`` takes it; without a column the row is left out."""
        where = ", ".join(f"{column}={name}" for column, name in self.where)
        if not self.column:
            return Change(self.table, where, "", "remove", "", "--set", None)
        return Change(self.table, "" if self.kind == SETTING else where, self.column, "set", value, "--set", None)


@dataclass
class _Found:
    """What was gathered of one figure: the blocks it stands in, which rows of each, and the number of its first row."""

    source: Source
    parts: list[tuple[Rows, np.ndarray, int]]
    is_wanted: bool = False

    @property
    def rows(self) -> np.ndarray:
        return np.concatenate([start + at for _, at, start in self.parts])

    @property
    def rhs(self) -> np.ndarray:
        return np.concatenate([rows.rhs[at] for rows, at, _ in self.parts])


def levers(program: Program, blocks: Sequence[Rows], starts: np.ndarray, wanted: np.ndarray) -> list[Lever]:
    """The levers of the rows numbered ``wanted`` of ``blocks``, whose first rows are numbered ``starts``.

    Each holds every row that its figure stands in, whether wanted or not.
    """
    sought = np.zeros(int(starts[-1]), dtype=bool)
    sought[wanted] = True
    found: dict[tuple[str, str, Place], _Found] = {}
    for position, rows in enumerate(blocks):
        here = sought[starts[position] : starts[position + 1]]
        for source in (*SOURCES.get(rows.rule, ()), *((LEFT_OUT,) if is_of_table_rules(rows) else ())):
            for where, at in _places(rows, source.where):
                one = found.setdefault((source.table, source.column, where), _Found(source, []))
                one.parts.append((rows, at, int(starts[position])))
                one.is_wanted |= bool(here[at].any())
    made = (_lever(program, one, where) for (_, _, where), one in found.items() if one.is_wanted)
    return [lever for lever in made if lever is not None]


def _places(rows: Rows, where: Mapping[str, str]) -> Iterator[tuple[Place, np.ndarray]]:
    """The rows of a table that the rows stand for, and which rows those are."""
    keys = list(dict.fromkeys(where.values()))
    if not len(rows) or not set(keys) <= set(rows.keys):
        return
    for names, at in rows.keys.groupby(keys, sort=True).indices.items():
        named = dict(zip(keys, names if isinstance(names, tuple) else (names,), strict=True))
        yield tuple((column, str(named[key])) for column, key in where.items()), np.asarray(at)


def _lever(program: Program, found: _Found, where: Place) -> Lever | None:
    """The lever of one figure; None where the instance has no such figure to be changed."""
    source, (first, at, _) = found.source, found.parts[0]
    column, old = _figure(program, source, where)
    if old is None:
        return None
    return Lever(
        rule=first.rule,
        table=source.table,
        where=where,
        column=column,
        old=old,
        way=source.way,
        unit=str(first.unit[int(at[0])]),
        weight=weights(first)[int(at[0])],
        kind=source.kind,
        rows=found.rows,
        per=_per(program, found, old, where),
    )


def _per(program: Program, found: _Found, old: float, where: Place) -> np.ndarray:
    """The change of each right-hand side per unit of the figure: they are proportional where a year, a size or a number of people
    multiplies it. 0 where it stands among the coefficients, or nothing tells what multiplies it."""
    source, right = found.source, found.rhs
    rules = {rows.rule for rows, _, _ in found.parts}
    if source.kind in (SWITCH, WHOLE) or (source.sign == 0.0 and not _is_of_land(program, where)):
        return np.zeros(len(right))
    is_multiplied = bool(rules & MULTIPLIED) or any({"village", "scenario"} & set(rows.keys) for rows, _, _ in found.parts)
    if not is_multiplied:
        return np.full(len(right), source.sign)
    return right / old if old else np.zeros(len(right))


def _is_of_land(program: Program, where: Place) -> bool:
    """Whether a share is one of land, which is known before solving, so that it stands on the right-hand side."""
    rules = program.instance.table("rules")
    mine = rules[rules["name"] == dict(where).get("name", "")]
    return bool(mine["rule"].isin(["max_share", "min_share"]).any() and (mine["denominator"] == "land").all())


def _figure(program: Program, source: Source, where: Place) -> tuple[str, float | None]:
    """The column as a change names it, and the figure now (0 where it is none); None where there is none to be changed."""
    settings, names = program.instance.settings, dict(where)
    if source.column == "participation":
        floor = settings.participation.company if names["participation"] == "company" else settings.participation.base
        return f"participation.{names['participation']}", _number(floor)
    if source.column == "floors":
        known = {str(objective): floor for objective, floor in settings.floors.items()}
        return f"floors.{names['floors']}", _number(known.get(names["floors"]))
    if source.kind == SETTING:
        return source.column, _number(settings.risk.limit_yuan)
    table = program.instance.table(source.table)
    mine = np.ones(len(table), dtype=bool)
    for column, name in names.items():
        mine &= (table[column].astype(str) == name).to_numpy()
    opened = source.table == "demand" and names["channel"] in promoted_channels(program.instance)
    if not mine.any() or opened:
        return source.column, None
    if source.kind in (SWITCH, WHOLE):
        return source.column, 0.0
    return source.column, _number(table.loc[mine, source.column].iloc[0])


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) or not np.isfinite(float(value)) else float(value)
