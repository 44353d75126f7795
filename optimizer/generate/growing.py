"""What can be grown: the months of the plan, the products, and the ways to grow them, from the figures in products.csv and crops.csv."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from importlib import resources

import numpy as np
import pandas as pd

from optimizer.generate.sizes import Sizes

YEAR, FIRST_YEAR = 12, 2019
JANUARY, MARCH = 1, 3
SPREAD = 0.08
"""Costs and yields of a crop lie this far (standard deviation) around the figures of crops.csv."""


@dataclass(frozen=True)
class Months:
    """The periods: whole years go round from January on, with crops that stand over New Year; any other count of months is one
    season or more that begins in March, with the growing year, and ends for good."""

    count: int

    @property
    def is_cyclic(self) -> bool:
        return self.count % YEAR == 0

    @property
    def first(self) -> int:
        return JANUARY if self.is_cyclic else MARCH

    @property
    def year_share(self) -> float:
        """How much of a year's rent is due: what falls into a season that is shorter than a year."""
        return min(1.0, self.count / YEAR)

    @property
    def start(self) -> str:
        return f"{FIRST_YEAR}-{self.first:02d}"

    @cached_property
    def of_year(self) -> np.ndarray:
        """The month of the year, 1 to 12, of each period."""
        return (np.arange(self.count) + self.first - 1) % YEAR + 1

    @cached_property
    def names(self) -> np.ndarray:
        months = np.arange(self.count) + self.first - 1
        return np.array([f"{FIRST_YEAR + month // YEAR}-{month % YEAR + 1:02d}" for month in months], dtype=object)

    def starts(self, months: tuple[int, ...], length: int) -> list[int]:
        """The periods in which a crop of ``length`` months may begin so that it ends within the plan."""
        fits = np.isin(self.of_year, months) & (self.is_cyclic | (np.arange(self.count) + length <= self.count))
        return [int(start) for start in np.flatnonzero(fits & (length <= self.count))]


@dataclass(frozen=True)
class Crop:
    """One activity. Figures by month count from its start; ``labour_days`` without the harvest, which goes by the tonne."""

    name: str
    product: int
    family: str
    label: str
    starts: tuple[int, ...]
    land_classes: tuple[str, ...]
    input_cost: int
    yield_kg: float
    occupancy: tuple[float, ...]
    labour_days: tuple[float, ...]
    harvest_share: tuple[float, ...]
    technician_days: tuple[float, ...]

    def harvest_periods(self, months: Months) -> set[int]:
        offsets = np.flatnonzero(self.harvest_share)
        return {int(start + offset) % months.count for start in self.starts for offset in offsets}


def read_figures(name: str) -> pd.DataFrame:
    """A table of figures that lies beside this module."""
    with resources.files(__package__).joinpath(f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file, dtype={"months": str, "technician_days": str}, keep_default_na=False)


def products_of(sizes: Sizes) -> pd.DataFrame:
    """As many products as asked for, in the order of products.csv; after the last one begins again with further sorts of each.

    Beside the columns of products.csv ``kind``, the product of the file that each is a sort of.
    """
    figures = read_figures("products")
    made = figures.iloc[np.arange(sizes.products) % len(figures)].reset_index(drop=True)
    sorts = (np.arange(sizes.products) // len(figures) + 1).tolist()
    made["kind"] = made["product"]
    for column, between in (("product", "_"), ("label", " ")):
        made[column] = [name if sort == 1 else f"{name}{between}{sort}" for name, sort in zip(made[column], sorts, strict=True)]
    return made


def crops_of(sizes: Sizes, months: Months, products: pd.DataFrame) -> list[Crop]:
    """Every way to grow the products that has room in the plan. A product for which none has gets the first of its ways, pressed
    into the months there are."""
    rng, figures = sizes.draw(1), read_figures("crops")
    crops: list[Crop] = []
    for number, (kind, product) in enumerate(zip(products["kind"], products["product"], strict=True)):
        own = [
            _crop(row, number, product.removeprefix(kind), months, rng) for row in figures[figures["product"] == kind].to_dict("records")
        ]
        crops += [crop for crop in own if crop.starts] or [_pressed(own[0], months)]
    return crops


def _crop(row: dict[str, str], product: int, suffix: str, months: Months, rng: np.random.Generator) -> Crop:
    cost, harvest = rng.normal(1, SPREAD, 2).clip(1 - 2 * SPREAD, 1 + 2 * SPREAD)
    occupancy = _by_month(row["occupancy"])
    return Crop(
        name=f"{row['activity']}{suffix}",
        product=product,
        family=row["family"],
        label=f"{row['label']}{suffix.replace('_', ' ')}",
        starts=tuple(months.starts(tuple(map(int, row["months"].split())), len(occupancy))),
        land_classes=tuple(row["land_classes"].split()),
        input_cost=round(float(row["input_cost_yuan_per_mu"]) * cost),
        yield_kg=float(row["yield_kg_per_mu"]) * harvest,
        occupancy=occupancy,
        labour_days=_by_month(row["labour_days"]),
        harvest_share=_by_month(row["harvest_share"]),
        technician_days=_by_month(row["technician_days"]),
    )


def _by_month(text: str) -> tuple[float, ...]:
    return tuple(map(float, text.split()))


def _pressed(crop: Crop, months: Months) -> Crop:
    """A crop that stands from the first month to the last at most, its work done and all of it harvested by then."""
    last = min(len(crop.occupancy), months.count) - 1

    def pressed(days: tuple[float, ...]) -> tuple[float, ...]:
        return (*days[:last], round(sum(days[last:]), 6)) if days else ()

    return replace(
        crop,
        starts=(0,),
        occupancy=crop.occupancy[: last + 1],
        labour_days=pressed(crop.labour_days),
        harvest_share=(*(0.0 for _ in range(last)), 1.0),
        technician_days=pressed(crop.technician_days),
    )


def tables(crops: list[Crop], months: Months, products: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables products, activities, occupancy, activity_use, resources and harvest_use."""
    yield "products", products[["product", "group", "label", "harvest_cost_yuan_per_t"]]
    yield (
        "activities",
        pd.DataFrame(
            [(c.name, c.family, c.label, " ".join(months.names[list(c.starts)]), c.input_cost) for c in crops],
            columns=["activity", "family", "label", "starts", "input_cost_yuan_per_mu"],
        ),
    )
    yield (
        "occupancy",
        pd.DataFrame(
            [(c.name, land, f"+{month}", share) for c in crops for land in c.land_classes for month, share in enumerate(c.occupancy)],
            columns=["activity", "land_class", "period", "land_share"],
        ),
    )
    used = [("labour", "day", "labour_days", "labour"), ("technician", "day", "technician_days", "inputs")]
    use = [
        (crop.name, f"+{month}", resource, days)
        for crop in crops
        for resource, _, figure, _ in used
        for month, days in enumerate(getattr(crop, figure))
        if days
    ]
    yield "activity_use", pd.DataFrame(use, columns=["activity", "period", "resource", "use_per_mu"])
    needed = {resource for _, _, resource, _ in use}
    yield (
        "resources",
        pd.DataFrame(
            [(resource, unit, account) for resource, unit, _, account in used if resource in needed],
            columns=["resource", "unit", "account"],
        ),
    )
    harvest = products[["product", "harvest_days_per_t"]].rename(columns={"harvest_days_per_t": "use_per_t"})
    harvest.insert(1, "resource", "labour")
    yield "harvest_use", harvest
