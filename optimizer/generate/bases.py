"""Where things are grown: bases, their land, what each of them grows and how well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.generate.growing import Crop, Months
from optimizer.generate.sizes import Sizes, names
from optimizer.texts import say

MU_PER_HOUSEHOLD, LEAST_MU = 5.0, 50.0
"""Land: 65,000 mu and 13,000 households in instances/weining."""
CLASSES = ("irrigated", "dry")
IRRIGATED = (0.55, 0.85)
DRY_ONLY_SHARE = 0.2
"""Bases without any irrigated land."""
DRY_YIELD = 0.9
SUITED_SHARE, LEAST_SUITED = 0.7, 3
"""Of the products, those that a base knows how to grow; at least so many, so that no cap on one of them leaves its land idle."""
RENTS_YUAN_PER_MU = (300, 400, 500, 600)
HIRED_DAYS_PER_MU, HIRED_YUAN_PER_DAY = 1.5, 100
"""Workers from outside, per mu of the base and month."""
PACKED_T_PER_MU = 0.7
"""What a base's packhouse gets ready in a month, per mu of its land."""
MU_PER_TECHNICIAN, DAYS_PER_MONTH = 1_000, 22
BASES_PER_KM2 = 1 / 80
LEAST_RADIUS_KM, MOST_RADIUS_KM = 12.0, 180.0


@dataclass(frozen=True)
class Bases:
    """Arrays with one entry per base; ``suited`` has one column per product, ``place`` is km east and north of the county's seat,
    ``land_mu`` one column per class of CLASSES."""

    names: np.ndarray
    place: np.ndarray
    area_mu: np.ndarray
    land_mu: np.ndarray
    rent: np.ndarray
    yield_factor: np.ndarray
    suited: np.ndarray
    village: np.ndarray


def bases_of(sizes: Sizes, months: Months, crops: list[Crop]) -> Bases:
    """The bases: a few large ones and many small ones, about as much land as the households of their villages have."""
    rng, count = sizes.draw(2), sizes.bases
    radius = np.clip(np.sqrt(count / BASES_PER_KM2 / np.pi), LEAST_RADIUS_KM, MOST_RADIUS_KM)
    away, angle = radius * np.sqrt(rng.random(count)), rng.random(count) * 2 * np.pi
    spread = rng.lognormal(0, 0.5, count)
    area = np.maximum(np.round(spread / spread.mean() * MU_PER_HOUSEHOLD * sizes.households / count), LEAST_MU)
    on_dry = np.zeros(sizes.products, dtype=bool)
    on_dry[[crop.product for crop in crops if "dry" in crop.land_classes]] = True
    least = min(LEAST_SUITED, sizes.products)
    dry_only = (rng.random(count) < DRY_ONLY_SHARE) & (on_dry.sum() >= least)
    dry_only[0] &= not dry_only.all()  # crops that need water have some in every county
    irrigated = np.where(dry_only, 0, np.round(area * rng.uniform(*IRRIGATED, count)))
    return Bases(
        names=names("base", count),
        place=np.column_stack([away * np.cos(angle), away * np.sin(angle)]),
        area_mu=area,
        land_mu=np.column_stack([irrigated, area - irrigated]),
        rent=np.round(rng.choice(RENTS_YUAN_PER_MU, count) * months.year_share),
        yield_factor=rng.normal(1, 0.06, count).clip(0.9, 1.15),
        suited=_suited(rng, count, on_dry, dry_only),
        village=np.arange(count) % sizes.villages,
    )


def _suited(rng: np.random.Generator, count: int, on_dry: np.ndarray, dry_only: np.ndarray) -> np.ndarray:
    """Which products each base grows: bases × products. Every base has LEAST_SUITED that its land can bear (if there are so many),
    and every product has a base."""
    liking = rng.random((count, len(on_dry)))
    possible = on_dry[None, :] | ~dry_only[:, None]
    liking = np.where(possible, liking, 2)
    rank = liking.argsort(axis=1).argsort(axis=1)
    suited = possible & ((liking < SUITED_SHARE) | (rank < LEAST_SUITED))
    missing = ~suited.any(axis=0)
    suited[liking[:, missing].argmin(axis=0), np.flatnonzero(missing)] = True
    return suited


def tables(sizes: Sizes, bases: Bases, crops: list[Crop], products: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables companies, villages, bases, land, supply, node_capacity and yields."""
    companies, villages = names("company", sizes.companies), names("village", sizes.villages)
    yield "companies", labelled("company", companies)
    yield "villages", labelled("village", villages)
    by_place = np.lexsort((np.arange(sizes.bases), np.arctan2(bases.place[:, 1], bases.place[:, 0])))
    company = np.empty(sizes.bases, dtype=object)
    company[by_place] = companies[np.arange(sizes.bases) * sizes.companies // sizes.bases]  # neighbours share a company
    yield "bases", labelled("base", bases.names).assign(company=company, collective=villages[bases.village])
    base, land_class = np.nonzero(bases.land_mu)
    yield "land", pd.DataFrame({
        "base": bases.names[base], "land_class": np.array(CLASSES, dtype=object)[land_class],
        "area_mu": bases.land_mu[base, land_class], "rent_yuan_per_mu": bases.rent[base],
    })  # fmt: skip
    yield "supply", _supply(bases, any(crop.technician_days for crop in crops))
    packed = np.round(bases.area_mu * PACKED_T_PER_MU, 1)
    yield "node_capacity", pd.DataFrame({"node": bases.names, "product": "all", "throughput_t": packed})
    yield "yields", _yields(bases, crops, products)


def _supply(bases: Bases, has_technicians: bool) -> pd.DataFrame:
    hired = pd.DataFrame({
        "base": bases.names, "resource": "labour", "own": 0.0, "hire_limit": np.round(bases.area_mu * HIRED_DAYS_PER_MU),
        "hire_price_yuan": HIRED_YUAN_PER_DAY,
    })  # fmt: skip
    own = np.round(bases.area_mu / MU_PER_TECHNICIAN * DAYS_PER_MONTH, 1)
    technicians = pd.DataFrame({"base": bases.names, "resource": "technician", "own": own, "hire_limit": 0.0, "hire_price_yuan": 0})
    return pd.concat([hired, technicians]) if has_technicians else hired


def _yields(bases: Bases, crops: list[Crop], products: pd.DataFrame) -> pd.DataFrame:
    """A row for each month of harvest of each activity, on every base and class of land where it is grown."""
    parts = []
    for crop in crops:
        for number, land_class in enumerate(CLASSES):
            if land_class not in crop.land_classes:
                continue
            here = np.flatnonzero(bases.suited[:, crop.product] & (bases.land_mu[:, number] > 0))
            best = crop.yield_kg * bases.yield_factor[here] * (DRY_YIELD if land_class == "dry" else 1)
            for month in np.flatnonzero(crop.harvest_share):
                parts.append(pd.DataFrame({
                    "activity": crop.name, "base": bases.names[here], "land_class": land_class,
                    "product": products["product"].iloc[crop.product], "period": f"+{month}",
                    "yield_kg_per_mu": np.round(best * crop.harvest_share[month]),
                }))  # fmt: skip
    return pd.concat(parts)


def labelled(kind: str, made: np.ndarray) -> pd.DataFrame:
    """Names of one kind, each with a label that says it is made up."""
    labels = [say(f"generate.label_{kind}", number=number) for number in range(1, len(made) + 1)]
    return pd.DataFrame({kind: made, "label": labels})
