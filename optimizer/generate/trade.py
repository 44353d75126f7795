"""Where it is sold: markets, what each takes at which prices, who is registered there, and the roads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from optimizer.generate.bases import Bases, labelled
from optimizer.generate.growing import YEAR, Crop, Months, read_figures
from optimizer.generate.sizes import Sizes, names

NEAR, REGIONAL, FAR = 0, 1, 2
REGIONS = np.array(["in_county", "in_region", "far_away"], dtype=object)
STRAIGHT_KM = ((10, 70), (110, 480), (720, 1_050))
WEIGHT = (0.3, 1.0, 0.8)
TAKES_SHARE = (0.75, 0.65, 0.5)
"""By region: the distance of a market, how much it buys beside others, and which share of the products it takes."""
ROAD_PER_STRAIGHT = 1.3
COOLED_KM, YUAN_PER_T_KM, YUAN_PER_T_KM_COOLED, LOADING_YUAN_PER_T, KM_PER_HOUR = 700, 0.40, 0.58, 60, 65
"""Roads and freight as in instances/weining; beyond COOLED_KM goods travel cooled, and packed with ice."""
ICE_YUAN_PER_T = 120
FEE_SHARE = 0.05
FREIGHT_IN_PRICE = 0.9
"""Prices rise with the distance: by this share of what it costs to bring a tonne there from the county's seat."""
STRICT_SHARE, REGISTERED_SHARE, FILED_SHARE = 1 / 6, 0.4, 0.7
"""Markets that take from registered bases only (of three or more); bases registered there; products on their filed plans."""
STRICT_PRICE = 1.4
STEPS = ((0.4, 1.0), (0.3, 0.9), (0.3, 0.75))
"""Tiers: share of what the market takes in the month, and share of the full price paid for it."""
CROPS_PER_MU = 1.2
"""What all markets together take at any price: the harvest of so many crops on every mu and year."""


@dataclass(frozen=True)
class Markets:
    """Arrays with one entry per market; ``takes`` has one column per product; ``registered`` is bases × markets × products and true
    wherever a market asks for no registration."""

    names: np.ndarray
    region: np.ndarray
    strict: np.ndarray
    takes: np.ndarray
    km: np.ndarray
    size: np.ndarray
    registered: np.ndarray


def markets_of(sizes: Sizes, bases: Bases) -> Markets:
    """The markets: a quarter near, a quarter far away, the others between; some of the far ones ask for registration."""
    rng, count = sizes.draw(3), sizes.markets
    order = np.arange(count)
    region = np.where(order < -(-count // 4), NEAR, np.where(order < count - count // 4, REGIONAL, FAR))
    strict = order >= count - (max(1, round(count * STRICT_SHARE)) if count >= 3 else 0)
    takes = _takes(rng, np.array(TAKES_SHARE)[region], strict, sizes.products)
    low, high = np.array(STRAIGHT_KM)[region].T
    away, angle = rng.uniform(low, high), rng.random(count) * 2 * np.pi
    place = np.column_stack([away * np.cos(angle), away * np.sin(angle)])
    km = np.linalg.norm(bases.place[:, None, :] - place[None, :, :], axis=2) * ROAD_PER_STRAIGHT
    return Markets(
        names=names("market", count),
        region=region,
        strict=strict,
        takes=takes,
        km=np.round(np.maximum(km, 3)),
        size=np.array(WEIGHT)[region] * rng.lognormal(0, 0.4, count),
        registered=_registered(rng, bases, strict, takes),
    )


def _takes(rng: np.random.Generator, share: np.ndarray, strict: np.ndarray, products: int) -> np.ndarray:
    """Which products each market takes: markets × products. Every market takes one, every product finds a market that asks for no
    registration, and a market that could take more than two leaves one out."""
    liking = rng.random((len(share), products))
    takes = liking < share[:, None]
    takes[np.arange(len(share)), liking.argmin(axis=1)] = True
    if products > 2:
        takes[np.arange(len(share)), liking.argmax(axis=1)] = False
    missing = np.flatnonzero(~takes[~strict].any(axis=0))
    takes[liking[~strict][:, missing].argmin(axis=0), missing] = True  # markets without registration come first
    return takes


def _registered(rng: np.random.Generator, bases: Bases, strict: np.ndarray, takes: np.ndarray) -> np.ndarray:
    """bases × markets × products: who may deliver what. A strict market has registered some bases only, and at least one for each
    product that it takes."""
    count = len(bases.names)
    liking = rng.random((count, len(strict)))
    rank = liking.argsort(axis=0).argsort(axis=0)
    some = ((liking < REGISTERED_SHARE) | (rank == 0)) & ((rank < count - 1) | (count == 1))
    filed = rng.random((count, len(strict), takes.shape[1])) < FILED_SHARE
    sells = bases.suited[:, None, :] & takes[None, :, :]
    registered = np.where(strict[None, :, None], sells & filed & some[:, :, None], sells)
    market, product = np.nonzero(takes & ~registered.any(axis=0))
    first = np.where(bases.suited[:, product], liking[:, market], 2).argmin(axis=0)
    registered[first, market, product] = True
    return registered


def tables(
    sizes: Sizes, months: Months, bases: Bases, markets: Markets, crops: list[Crop], products: pd.DataFrame
) -> Iterator[tuple[str, pd.DataFrame]]:
    """Tables markets, registrations, lanes and demand."""
    strict = np.where(markets.strict, "yes", "no")
    yield "markets", labelled("market", markets.names).assign(region=REGIONS[markets.region], registered_only=strict)
    base, market, product = np.nonzero(markets.registered & markets.strict[None, :, None])
    named = products["product"].to_numpy()
    if len(base):
        yield "registrations", pd.DataFrame({"base": bases.names[base], "market": markets.names[market], "product": named[product]})
    yield "lanes", _lanes(bases, markets, products)
    yield "demand", _demand(sizes.draw(4), months, bases, markets, crops, products)


def freight_yuan_per_t(km: np.ndarray) -> np.ndarray:
    return km * np.where(km > COOLED_KM, YUAN_PER_T_KM_COOLED, YUAN_PER_T_KM) + LOADING_YUAN_PER_T


def _lanes(bases: Bases, markets: Markets, products: pd.DataFrame) -> pd.DataFrame:
    """A lane from every base to every market for each product that the one grows and the other takes from it."""
    base, market, product = np.nonzero(markets.registered)
    km = markets.km[base, market]
    daily = np.where(km > COOLED_KM, *(products[f"loss_per_day_{how}"].to_numpy()[product] for how in ("cooled", "ambient")))
    days = km / KM_PER_HOUR / 24
    arrives = (1 - products["handling_loss"].to_numpy()[product]) * (1 - daily) ** days
    return pd.DataFrame({
        "from": bases.names[base], "to": markets.names[market], "product": products["product"].to_numpy()[product],
        "cost_yuan_per_t": np.round(freight_yuan_per_t(km), 1), "arrives_share": np.round(arrives, 4), "days": np.round(days, 2),
        "distance_km": km,
    })  # fmt: skip


def _demand(
    rng: np.random.Generator, months: Months, bases: Bases, markets: Markets, crops: list[Crop], products: pd.DataFrame
) -> pd.DataFrame:
    """Tiers of falling price for every month, whether anything is harvested then or not."""
    market, product = np.nonzero(markets.takes)
    weight = markets.size[:, None] * markets.takes
    part = (weight / weight.sum(axis=0))[market, product]
    month_t = _tonnes_per_month(months, bases, crops, products)[product] * part
    seasons = read_figures("seasons").set_index("month")
    index = np.stack([seasons[name].to_numpy()[months.of_year - 1] for name in products["season"]])
    freight = freight_yuan_per_t(np.linalg.norm(markets.km, axis=0) / np.sqrt(len(bases.names)))[market] / 1000
    worth = products["price_yuan_per_kg"].to_numpy()[product] * rng.normal(1, 0.06, len(product)).clip(0.85, 1.15)
    full = worth[:, None] * index[product] + FREIGHT_IN_PRICE * freight[:, None]
    full = full * np.where(markets.strict[market], STRICT_PRICE, 1.0)[:, None]
    tonnes = month_t[:, None] * rng.uniform(0.85, 1.15, (len(product), months.count))
    share, paid = np.array(STEPS).T
    cells = (len(product), months.count, len(STEPS))
    row, period, tier = (axis.ravel() for axis in np.indices(cells))
    return pd.DataFrame({
        "market": markets.names[market[row]], "product": products["product"].to_numpy()[product[row]], "period": months.names[period],
        "tier": tier + 1, "quantity_t": np.maximum(np.round(tonnes[:, :, None] * share, 1), 0.1).ravel(),
        "price_yuan_per_kg": np.round(full[:, :, None] * paid, 2).ravel(), "fee_share": FEE_SHARE,
        "handling_yuan_per_t": np.where(markets.region[market[row]] == FAR, ICE_YUAN_PER_T, 0),
    })  # fmt: skip


def _tonnes_per_month(months: Months, bases: Bases, crops: list[Crop], products: pd.DataFrame) -> np.ndarray:
    """What all markets together take of each product in a month: its part of CROPS_PER_MU crops on all the land, spread over the
    months in which it can be harvested."""
    weight = products["land_weight"].to_numpy()
    mu = bases.area_mu.sum() * CROPS_PER_MU * weight / weight.sum() * months.count / YEAR
    kg_per_mu = np.array([np.mean([crop.yield_kg for crop in crops if crop.product == number]) for number in range(len(products))])
    harvests = [set().union(*(c.harvest_periods(months) for c in crops if c.product == number)) for number in range(len(products))]
    return mu * kg_per_mu / 1000 / np.array([len(periods) for periods in harvests])
