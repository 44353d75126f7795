"""Who lives there: households and their ties to the bases, made and written a chunk at a time, so that ten million are no special
case. Nobody in them exists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.generate.bases import DAYS_PER_MONTH, Bases
from optimizer.generate.sizes import Sizes, names

CHUNK = 100_000
PERSONS = np.array([0.05, 0.12, 0.18, 0.24, 0.20, 0.12, 0.05, 0.03, 0.01])
"""Shares of the households with 1, 2 … 9 persons: 4.2 on average."""
WORKERS = np.array([0.09, 0.24, 0.42, 0.18, 0.07])
"""Shares with 0, 1 … 4 members able to work."""
INCOME_YUAN_PER_HEAD, INCOME_SPREAD = 4_200.0, 0.5
"""Median net income per head and its spread (sd of the logarithm): about three in ten lie below the line of 2019."""
LINE_YEAR, LINE_YUAN = 2019, 3_218
LINKED_SHARE, LEASING_SHARE, WORKING_SHARE = 0.95, 0.55, 0.7
"""Households with a dividend; of these, those that lease land, and (of those with workers) those whose workers go to the base."""
LEASED_SHARE, LEASE_SPREAD = 0.6, (0.5, 1.5)
"""Land of a base that its village's households would lease if all did, and how leases differ: never more than 0.9 of the land."""
FORGONE_SHARE = (0.35, 0.9)
"""What leased land would have earned the household, as a share of the rent."""
WAGE_YUAN, RESERVATION_YUAN = 80, 40
KINDS = np.array(["dividend", "rent", "wage"], dtype=object)
DIVIDEND, RENT, WAGE = range(3)


@dataclass(frozen=True)
class People:
    """A chunk of households as rows of tables households and links, and the workers of each village who go to its bases."""

    households: pd.DataFrame
    links: pd.DataFrame
    workers: np.ndarray


def chunks(sizes: Sizes, bases: Bases) -> Iterator[People]:
    """All households, CHUNK at a time, in the order of their villages."""
    area = np.bincount(bases.village, weights=bases.area_mu, minlength=sizes.villages)
    counts = 1 + sizes.draw(5).multinomial(sizes.households - sizes.villages, area / area.sum())
    ends = np.cumsum(counts)
    villages = names("village", sizes.villages)
    for number, start in enumerate(range(0, sizes.households, CHUNK)):
        index = np.arange(start, min(start + CHUNK, sizes.households))
        village = np.searchsorted(ends, index, side="right")
        is_first = index == (ends - counts)[village]
        yield _people(sizes, bases, sizes.draw(6, number), index, villages, village, is_first, counts)


def _people(
    sizes: Sizes, bases: Bases, rng: np.random.Generator, index: np.ndarray, villages: np.ndarray, village: np.ndarray,
    is_first: np.ndarray, counts: np.ndarray,
) -> People:  # fmt: skip
    count, width = len(index), len(str(sizes.households))
    persons = rng.choice(len(PERSONS), count, p=PERSONS) + 1
    workers = np.minimum(persons, np.maximum(rng.choice(len(WORKERS), count, p=WORKERS), is_first))
    per_head = INCOME_YUAN_PER_HEAD * np.exp(rng.normal(0, INCOME_SPREAD, count))
    name = np.array([f"H{number:0{width}d}" for number in (index + 1).tolist()], dtype=object)
    households = pd.DataFrame({
        "household": name, "village": villages[village], "persons": persons, "workers": workers,
        "income_before_yuan": np.round(per_head * persons).astype(np.int64),
    })  # fmt: skip
    linked, leasing, working = (rng.random(count) < share for share in (LINKED_SHARE, LEASING_SHARE, WORKING_SHARE))
    linked |= is_first  # every village has someone who shares in what its bases earn, and someone who works there
    ties = np.column_stack([linked, linked & leasing, linked & (working | is_first) & (workers > 0)])
    going = np.bincount(village[ties[:, WAGE]], weights=workers[ties[:, WAGE]], minlength=len(villages)).astype(np.int64)
    return People(households, _links(rng, bases, name, village, workers, ties, counts), going)


def _links(
    rng: np.random.Generator, bases: Bases, name: np.ndarray, village: np.ndarray, workers: np.ndarray, ties: np.ndarray,
    counts: np.ndarray,
) -> pd.DataFrame:  # fmt: skip
    """Every tie of every household, to each base of its village: base v, v + V, v + 2V … of V villages."""
    row, kind = np.nonzero(ties)
    bases_of_village = (len(bases.names) - village[row] - 1) // len(counts) + 1
    tie = np.repeat(np.arange(len(row)), bases_of_village)
    order = np.arange(len(tie)) - np.repeat(np.cumsum(bases_of_village) - bases_of_village, bases_of_village)
    row, kind = row[tie], kind[tie]
    base = village[row] + order * len(counts)
    is_rent = kind == RENT
    area = bases.area_mu[base] * LEASED_SHARE / counts[village[row]] * rng.uniform(*LEASE_SPREAD, len(row))
    forgone = bases.rent[base] * rng.uniform(*FORGONE_SHARE, len(row))
    return pd.DataFrame({
        "household": name[row], "kind": KINDS[kind], "to": bases.names[base],
        "weight": np.where(kind == WAGE, workers[row], 1),
        "area_mu": np.where(is_rent, np.maximum(np.floor(area * 100) / 100, 0.01), 0),
        "forgone_yuan_per_mu": np.where(is_rent, np.floor(forgone), 0),
    })  # fmt: skip


def tables(sizes: Sizes, bases: Bases, going: np.ndarray) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables workers, commutes and poverty_lines; ``going`` has the workers of each village who go to its bases."""
    villages = names("village", sizes.villages)
    yield "workers", pd.DataFrame({
        "village": villages, "resource": "labour", "days": going * DAYS_PER_MONTH, "wage_yuan_per_day": WAGE_YUAN,
        "reservation_yuan_per_day": RESERVATION_YUAN,
    })  # fmt: skip
    yield "commutes", pd.DataFrame({"village": villages[bases.village], "base": bases.names})
    yield "poverty_lines", pd.DataFrame({"year": [LINE_YEAR], "line_yuan": [LINE_YUAN]})
