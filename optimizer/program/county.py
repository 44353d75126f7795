"""Whose a decision is, and which rows speak of several bases: what bases decide alone is told from what needs the county."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from optimizer.instance.instance import Instance
from optimizer.program.rows import Columns, Rows

NOBODY = 0
"""The number of nobody in particular, where the bases are numbered from 1 in their order."""


def owners(columns: Columns, instance: Instance) -> np.ndarray:
    """The number of the base each decision is of (its place among the bases, from 1), 0 where it is of none.

    A decision is of the base it is taken at. Goods are of the base they come from wherever they lie, goods bought in of
    their buyer if that is a base (what a base uses up of goods that are nobody's is its own decision). A contract is of a
    base if it names no other, cash of the base whose it is.
    """
    number = {base: place for place, base in enumerate(instance.universe("bases"), start=1)}
    buyer = number.get(next((b for b in instance.table("purchases")["buyer"] if b), ""), NOBODY)
    found = np.zeros(columns.count, dtype=np.int64)
    for kind, frame in columns.frames.items():
        if frame.empty:
            continue
        if kind == "shortfall":
            contracts = instance.table("contracts").set_index("contract")["base"]
            named = [instance.members("origins", contracts[contract]) for contract in frame["contract"]]
            owner = pd.Series([number.get(names[0], buyer) if len(names) == 1 else NOBODY for names in named])
        elif kind == "cash":
            owner = frame["id"].where(frame["party"] == "base", "").map(number)
        elif "origin" in frame:
            of_goods = frame["origin"].map(number).fillna(buyer)
            owner = of_goods.where(of_goods != NOBODY, frame["base"].map(number)) if kind == "consume" else of_goods
        elif kind == "buy":
            owner = pd.Series(buyer, index=frame.index)
        elif "base" in frame:
            owner = frame["base"].map(number)
        else:
            continue
        found[frame["column"]] = owner.fillna(NOBODY).to_numpy(dtype=np.int64)
    return found


def bases_spoken_of(rows: Rows, owner: np.ndarray) -> np.ndarray:
    """How many bases each row has terms of; ``owner`` is what ``owners`` gives."""
    pairs = np.unique(np.stack([rows.row, owner[rows.column]]), axis=1)
    return np.bincount(pairs[0][pairs[1] != NOBODY], minlength=len(rows))


def is_of_table_rules(rows: Rows) -> bool:
    """Whether the rows were made from table rules, whose rows alone have a name given to them there."""
    return "name" in rows.keys


def kept(rows: Rows, keep: np.ndarray) -> Rows:
    """The rows marked in ``keep``, with their terms, numbered anew."""
    inside = keep[rows.row]
    number = np.cumsum(keep) - 1
    keys = rows.keys[keep].reset_index(drop=True)
    terms = number[rows.row[inside]], rows.column[inside], rows.coefficient[inside]
    return Rows(rows.rule, rows.unit[keep], keys, rows.sense, rows.rhs[keep], *terms)


def base_level(rows: Sequence[Rows], columns: Columns, instance: Instance) -> list[Rows]:
    """``rows`` without those of table rules that speak of several bases together (``settings.county_rules: no``).

    A cap of each base stays; a cap over all bases, a share of what all bases grow, equal shares, the most bases that harvest
    a product and whatever else adds up decisions of more than one base goes. What is not from table rules stays.
    """
    owner = owners(columns, instance)
    return [kept(some, bases_spoken_of(some, owner) <= 1) if is_of_table_rules(some) else some for some in rows]
