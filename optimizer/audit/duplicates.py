"""Who is probably one person entered twice: Fellegi–Sunter match weights over a register of people.

For two records γ is the list of which fields agree. With m the probability that a field agrees if both are one person, and u
that it agrees if they are two, an agreement weighs log2(m/u) bits and a disagreement log2((1−m)/(1−u)); a field that one of the
two lacks weighs nothing. The weights of the fields, taken as independent, add up with the prior log2(λ/(1−λ)), where λ is the
probability that two records drawn at random are one person; the sum is the logarithm of the odds that they are.
(I. P. Fellegi and A. B. Sunter, A theory for record linkage, Journal of the American Statistical Association 64 (328), 1969,
pp. 1183–1210; weights by value after W. E. Winkler, Bureau of the Census SRR 2000/06.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Field:
    """``m``: how often the field agrees for one person entered twice · ``by_chance``: how often it agrees for two people at
    the least. Where the register shows a value more often than that (a common name, a date typed for want of a better one),
    the share of other people who bear it is the u of an agreement on it."""

    name: str
    m: float
    by_chance: float


FIELDS = (
    Field("name", 0.95, 1 / 1000),
    Field("born_on", 0.97, 1 / (365.25 * 80)),
    Field("sex", 0.99, 1 / 2),
    Field("village", 0.8, 1 / 1000),
    Field("phone_tail", 0.7, 1 / 10_000),
    Field("account", 0.1, 1 / 100_000),
)
"""The m are assumptions: names and dates are copied from papers, telephones and villages change, and whoever is entered twice in
order to be paid twice mostly names another account. The chances are those of 80 years of birthdays, four digits, two sexes,
and no value being rarer than one in so many."""

TWICE_SHARE = 1 / 1000
"""Assumption: one person in a thousand is entered twice, hence λ = 2 · TWICE_SHARE / (number of records)."""

BLOCKS = (("name", "born_on"), ("born_on", "phone_tail"), ("name", "phone_tail"), ("name", "account"), ("born_on", "account"))
"""Only pairs that agree on both fields of a block are weighed: any two that agree on none of these stay far below zero."""

LARGEST_BLOCK = 60
"""A pair of values that more people bear tells nobody apart; its pairs are not weighed (they grow with the square)."""


def match_weights(people: pd.DataFrame, least_bits: float) -> pd.DataFrame:
    """Pairs of people of different households that weigh ``least_bits`` or more.

    ``people``: person, household, id_hash and the FIELDS as text ('' where unknown), index from 0. Pairs with one identity
    hash are left out: they are known to be one. Columns: one, other (places, one < other), prior, a column of bits per
    field (0 where unknown), weight; heaviest first.
    """
    pairs = _candidates(people)
    one, other = people.iloc[pairs["one"]], people.iloc[pairs["other"]]
    same_id = (one["id_hash"].to_numpy() == other["id_hash"].to_numpy()) & (one["id_hash"] != "").to_numpy()
    pairs = pairs[(one["household"].to_numpy() != other["household"].to_numpy()) & ~same_id]
    prior = 2 * TWICE_SHARE / max(len(people), 2)
    pairs = pairs.assign(prior=np.log2(prior / (1 - prior)))
    for field in FIELDS:
        pairs[field.name] = _bits(people[field.name], pairs, field)
    pairs["weight"] = pairs[["prior", *(field.name for field in FIELDS)]].sum(axis=1)
    pairs = pairs[pairs["weight"] >= least_bits]
    return pairs.sort_values(["weight", "one", "other"], ascending=[False, True, True], ignore_index=True)


def _candidates(people: pd.DataFrame) -> pd.DataFrame:
    """Pairs of places, one < other, that agree on both fields of a block."""
    found = [pd.DataFrame({"one": [], "other": []}, dtype="int64")]
    for block in BLOCKS:
        known = (people[list(block)] != "").all(axis=1)
        some = people.loc[known, list(block)].assign(place=np.flatnonzero(known))
        size = some.groupby(list(block))["place"].transform("size")
        some = some[(size > 1) & (size <= LARGEST_BLOCK)]
        pairs = some.merge(some, on=list(block), suffixes=("", "_other"))
        pairs = pairs[pairs["place"] < pairs["place_other"]]
        found.append(pd.DataFrame({"one": pairs["place"], "other": pairs["place_other"]}))
    return pd.concat(found, ignore_index=True).drop_duplicates(ignore_index=True)


def _bits(values: pd.Series, pairs: pd.DataFrame, field: Field) -> np.ndarray:
    """The weight of one field for each pair; the two records of a pair do not count as others who bear the value."""
    one, other = values.iloc[pairs["one"]].to_numpy(), values.iloc[pairs["other"]].to_numpy()
    borne = pd.Series(one).map(values.value_counts()).to_numpy(dtype=float)
    u = np.clip((borne - 2) / max(len(values) - 2, 1), field.by_chance, 0.99)
    agree, disagree = np.log2(field.m / u), np.log2((1 - field.m) / (1 - field.by_chance))
    return np.where((one == "") | (other == ""), 0.0, np.where(one == other, agree, disagree))
