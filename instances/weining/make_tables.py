"""Write the computed tables of this instance from the figures in inputs/.

Run it again after changing a figure there:  python make_tables.py
Every rule of calculation is one function; constants that are assumptions stand at the top.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pandas as pd

HERE = Path(__file__).parent
WHITES = ("chinese_cabbage", "lotus_white", "white_radish")
STAPLES = (*WHITES, "potato")
HUB = "wuligang_hub"

DAYS_PER_MONTH = 30
STEPS = ((0.05, 1.00), (0.05, 0.92), (0.10, 0.80), (0.15, 0.60))
"""Tiers: share of what the market turns over in a month, and share of the full price paid for it."""
GROUP_STEPS = ((0.10, 0.00), (0.05, 0.05), (0.10, 0.12))
"""Tiers of the three whites together: share of their common turnover, and cut of every price in yuan per kg."""
THIN_STEPS = ((1, 1.00), (1, 0.90), (2, 0.75))
"""Tiers of herbs and buckwheat: multiples of the monthly quantity, and share of the full price."""
FEE_SHARE = 0.05
BOX_AND_ICE_YUAN_PER_T = 120
FAR_KM = 700
"""From here on produce travels cooled and in boxes with ice."""
YUAN_PER_T_KM = {"ambient": 0.40, "reefer": 0.58}
LOADING_YUAN_PER_T = 60
HERB_MARKETS = ("weining", "guiyang", "chengdu")
REGISTERED_BASES = ("wuligang", "xiaohai")
IRRIGATED_SHARE = 0.7
DRY_YIELD = 0.9
DAYS_PER_WORKER = 22
REGISTERED_WORKERS = 10_000
MU_PER_TECHNICIAN = 1_000


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "inputs" / f"{name}.csv", dtype=str, keep_default_na=False)


CROPS, PRODUCTS, MARKETS, PRICES, SEASONS, BASES = map(read, ("crops", "products", "markets", "prices", "seasons", "bases"))
VOLUMES, THIN, VILLAGES = map(read, ("daily_volumes", "thin_markets", "villages"))


def write(name: str, rows: Iterator[dict[str, object]]) -> None:
    frame = pd.DataFrame(list(rows))
    frame.to_csv(HERE / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")
    print(f"{name}.csv: {len(frame)} rows")


def by_offset(text: str) -> list[float]:
    """Figures of the months +0, +1, … counted from the start of an activity."""
    return [float(word) for word in text.split()]


# --- growing -----------------------------------------------------------------------------------------------------


def activities() -> Iterator[dict[str, object]]:
    for crop in CROPS.itertuples():
        yield {
            "activity": crop.activity, "family": crop.family, "label": crop.label, "starts": crop.starts,
            "input_cost_yuan_per_mu": crop.input_cost_yuan_per_mu,
            "source": f"{crop.source_inputs}; starts: {crop.source_calendar}",
        }  # fmt: skip


def occupancy() -> Iterator[dict[str, object]]:
    """The first month counts three quarters (preparing the land, planting in mid-month), the last one half."""
    for crop in CROPS.itertuples():
        for land_class in crop.land_classes.split():
            for month, share in enumerate(by_offset(crop.occupancy)):
                yield {
                    "activity": crop.activity, "land_class": land_class, "period": f"+{month}",
                    "land_share": f"{share:g}", "source": crop.source_calendar,
                }  # fmt: skip


def yields() -> Iterator[dict[str, object]]:
    for crop in CROPS.itertuples():
        for land_class in crop.land_classes.split():
            factor, dry = (DRY_YIELD, f"; dry land {DRY_YIELD:g} of it assumed") if land_class == "dry" else (1.0, "")
            for month, share in enumerate(by_offset(crop.harvest_share)):
                if share:
                    kg = float(crop.yield_kg_per_mu) * share * factor
                    yield {
                        "activity": crop.activity, "land_class": land_class, "product": crop.product,
                        "period": f"+{month}", "yield_kg_per_mu": f"{kg:g}", "source": crop.source_yield + dry,
                    }  # fmt: skip


def activity_use() -> Iterator[dict[str, object]]:
    """Labour of the month less what harvesting takes (that goes by the tonne), and technicians for herbs."""
    days_per_t = dict(zip(PRODUCTS["product"], PRODUCTS["harvest_days_per_t"].astype(float), strict=True))
    for crop in CROPS.itertuples():
        harvest = by_offset(crop.harvest_share)
        for month, days in enumerate(by_offset(crop.labour_days)):
            share = harvest[month] if month < len(harvest) else 0
            growing = round(days - share * float(crop.yield_kg_per_mu) / 1000 * days_per_t[crop.product], 6)
            assert growing >= 0, (crop.activity, month)
            if growing:
                yield _use(crop, month, "labour", growing, f"{crop.source_labour}; less harvest days")
        for month, days in enumerate(by_offset(crop.technician_days)):
            yield _use(crop, month, "technician", days, crop.source_labour)


def _use(crop: object, month: int, resource: str, days: float, source: str) -> dict[str, object]:
    return {
        "activity": crop.activity, "period": f"+{month}", "resource": resource, "use_per_mu": f"{days:g}",
        "source": source,
    }  # fmt: skip


def harvest_use() -> Iterator[dict[str, object]]:
    for product in PRODUCTS.itertuples():
        yield {
            "product": product.product, "resource": "labour", "use_per_t": product.harvest_days_per_t,
            "source": product.source,
        }  # fmt: skip


# --- bases, land, people -----------------------------------------------------------------------------------------


def bases() -> Iterator[dict[str, object]]:
    for base in BASES.itertuples():
        yield {
            "base": base.base, "company": base.company, "collective": base.collective, "label": base.label,
            "source": base.source_area,
        }  # fmt: skip


def land() -> Iterator[dict[str, object]]:
    for base in BASES.itertuples():
        for land_class, share in (("irrigated", IRRIGATED_SHARE), ("dry", 1 - IRRIGATED_SHARE)):
            yield {
                "base": base.base, "land_class": land_class, "area_mu": f"{float(base.area_mu) * share:g}",
                "rent_yuan_per_mu": base.rent_yuan_per_mu,
                "source": f"area: {base.source_area}; {IRRIGATED_SHARE:.0%} irrigable assumed; rent: {base.source_rent}",
            }  # fmt: skip


def workers() -> Iterator[dict[str, object]]:
    """Registered workers in proportion to registered people; largest remainders make the sum exact."""
    counts = workers_per_village()
    for village, number in counts.items():
        yield {
            "village": village, "resource": "labour", "days": number * DAYS_PER_WORKER, "wage_yuan_per_day": 80,
            "reservation_yuan_per_day": 40,
            "source": f"computed: {number} of {REGISTERED_WORKERS} workers (more than 10000 found: S4) x "
                      f"{DAYS_PER_WORKER} days (S24); wage 80 found: S23, S4, S24; reservation value assumed",
        }  # fmt: skip


def workers_per_village() -> dict[str, int]:
    persons = VILLAGES.assign(persons=VILLAGES["persons"].astype(int)).groupby("village", sort=False)["persons"].sum()
    return shared_out(REGISTERED_WORKERS, persons.to_dict())


def shared_out(total: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole numbers in proportion to ``weights`` that sum to ``total`` (largest remainders)."""
    whole = {name: Fraction(total * weight, sum(weights.values())) for name, weight in weights.items()}
    floors = {name: int(value) for name, value in whole.items()}
    left = total - sum(floors.values())
    for name in sorted(whole, key=lambda n: (floors[n] - whole[n], n))[:left]:
        floors[name] += 1
    return floors


def supply() -> Iterator[dict[str, object]]:
    yield {
        "base": "all", "resource": "labour", "own": 0, "hire_limit": 4000 * DAYS_PER_WORKER, "hire_price_yuan": 100,
        "source": "assumption: 4000 more workers from outside x 22 days for all bases together; "
                  "day wage 80-120 found: S39",
    }  # fmt: skip
    for base in BASES.itertuples():
        days = float(base.area_mu) / MU_PER_TECHNICIAN * DAYS_PER_WORKER
        yield {
            "base": base.base, "resource": "technician", "own": f"{days:g}", "hire_limit": 0, "hire_price_yuan": 0,
            "source": "assumption: one technician per 1000 mu, paid by the county; few technicians found (paper)",
        }  # fmt: skip


# --- markets -----------------------------------------------------------------------------------------------------


def daily_volumes() -> dict[tuple[str, str], tuple[float, str]]:
    """Tonnes of each staple a market turns over in a day, and where the figure comes from."""
    volumes = {(row.market, row.product): (float(row.t_per_day), row.source) for row in VOLUMES.itertuples()}
    for market in MARKETS.to_dict("records"):
        for product in STAPLES:
            share = float(market[f"share_{product}"] or 0)
            if share:
                tonnes = float(market["vegetables_t_per_day"]) * share
                source = f"{market['source_volume']}; {share:.0%} of {market['vegetables_t_per_day']} t a day"
                volumes[market["market"], product] = (tonnes, source)
    return volumes


def markets() -> Iterator[dict[str, object]]:
    for market in MARKETS.itertuples():
        yield {
            "market": market.market, "label": market.label, "region": market.region,
            "registered_only": market.registered_only,
            "source": "found: licence only for registered bases and filed crops (S30, S31)"
            if market.registered_only == "yes" else "found: sold there (paper, S11, S12)",
        }  # fmt: skip


def absorption() -> Iterator[dict[str, object]]:
    for (market, product), (tonnes, source) in daily_volumes().items():
        yield {
            "market": market, "product": product, "absorbs_t": round(tonnes * DAYS_PER_MONTH),
            "source": f"{source}; x {DAYS_PER_MONTH} days",
        }  # fmt: skip


def demand() -> Iterator[dict[str, object]]:
    volumes = daily_volumes()
    prices = PRICES.set_index("market")
    far = {m.market for m in MARKETS.itertuples() if float(m.road_km) > FAR_KM}
    for (market, product), (tonnes, source) in volumes.items():
        full = prices.loc[market, product]
        if not full:
            continue
        for month in SEASONS.itertuples():
            index = float(month.potato if product == "potato" else month.whites)
            for tier, (share, paid) in enumerate(STEPS, start=1):
                yield {
                    "market": market, "product": product, "period": month.month, "tier": tier,
                    "quantity_t": round(tonnes * DAYS_PER_MONTH * share),
                    "price_yuan_per_kg": f"{float(full) * index * paid:.2f}", "fee_share": FEE_SHARE,
                    "handling_yuan_per_t": BOX_AND_ICE_YUAN_PER_T if market in far else 0,
                    "source": f"computed: mean price {full} x month {index:g} x tier {paid:g}; price: "
                              f"{prices.loc[market, 'source']}; volume: {source}; tiers and fee assumed",
                }  # fmt: skip
    for thin in THIN.itertuples():
        for tier, (times, paid) in enumerate(THIN_STEPS, start=1):
            yield {
                "market": thin.market, "product": thin.product, "period": "*", "tier": tier,
                "quantity_t": f"{float(thin.quantity_t_per_month) * times:g}",
                "price_yuan_per_kg": f"{float(thin.price_yuan_per_kg) * paid:.2f}", "fee_share": FEE_SHARE,
                "handling_yuan_per_t": 0, "source": f"{thin.source}; tiers and fee assumed",
            }  # fmt: skip


def group_demand() -> Iterator[dict[str, object]]:
    """The three whites replace one another: together they find less room than one by one."""
    volumes = daily_volumes()
    for market in MARKETS.itertuples():
        if market.shared_by_whites == "yes":
            together = sum(volumes[market.market, product][0] for product in WHITES)
            for tier, (share, cut) in enumerate(GROUP_STEPS, start=1):
                yield {
                    "market": market.market, "product": "three_whites", "tier": tier,
                    "quantity_t": round(together * DAYS_PER_MONTH * share), "price_cut_yuan_per_kg": cut,
                    "source": f"assumption: {share:.0%} of the three whites' {together:g} t a day x {DAYS_PER_MONTH}",
                }  # fmt: skip


def registrations() -> Iterator[dict[str, object]]:
    for market in MARKETS.itertuples():
        if market.registered_only == "yes":
            for base in REGISTERED_BASES:
                yield {
                    "base": base, "market": market.market, "product": "three_whites",
                    "source": "assumption: which bases hold a registration is not known (rule: S30, S31)",
                }  # fmt: skip


# --- moving and keeping ------------------------------------------------------------------------------------------


def lanes() -> Iterator[dict[str, object]]:
    sold = {(row["market"], row["product"]) for row in demand()}
    products = {row.product: row for row in PRODUCTS.itertuples()}
    for base in BASES.itertuples():
        for product in STAPLES:
            yield _lane(base.base, HUB, products[product], float(base.km_to_county_seat), 0.5, half=True)
    for sender, extra_km in [(b.base, float(b.km_to_county_seat)) for b in BASES.itertuples()] + [(HUB, 0.0)]:
        for market in MARKETS.itertuples():
            if market.registered_only == "yes" and sender not in (*REGISTERED_BASES, HUB):
                continue
            for name, product in products.items():
                if (market.market, name) in sold and (sender != HUB or name in STAPLES):
                    yield _lane(
                        sender, market.market, product, float(market.road_km) + extra_km,
                        float(market.hours) + extra_km / 50, border=float(market.border_yuan_per_t),
                        source=market.source_distance,
                    )  # fmt: skip


def _lane(
    sender: str, receiver: str, product: object, km: float, hours: float, border: float = 0, half: bool = False,
    source: str = "",
) -> dict[str, object]:  # fmt: skip
    """A lane by road over the county seat; a leg to the hub loses half the handling loss."""
    mode = "reefer" if km > FAR_KM and product.product in STAPLES else "ambient"
    rate = YUAN_PER_T_KM[mode] + float(product.toll_yuan_per_t_km)
    daily = float(product.loss_per_day_reefer if mode == "reefer" else product.loss_per_day_ambient)
    arrives = (1 - float(product.handling_loss) * (0.5 if half else 1)) * (1 - daily) ** (hours / 24)
    return {
        "from": sender, "to": receiver, "product": product.product,
        "cost_yuan_per_t": f"{km * rate + LOADING_YUAN_PER_T + border:.1f}", "arrives_share": f"{arrives:.4f}",
        "days": f"{hours / 24:.2f}", "distance_km": f"{km:g}",
        "source": f"computed: {km:g} km x {rate:g} + {LOADING_YUAN_PER_T} loading + {border:g} border ({mode}); "
                  f"rates and losses assumed; distance: {source or 'assumption'}",
    }  # fmt: skip


def node_capacity() -> Iterator[dict[str, object]]:
    yield {
        "node": HUB, "product": "all", "throughput_t": 2667, "stock_t": 1600,
        "source": "assumption: 8000 t planned, a fifth of it in the first year; throughput 20 fills a year as found "
                  "for a 1000 t store (S98), over 12 months",
    }  # fmt: skip
    for base in BASES.itertuples():
        yield {
            "node": base.base, "product": "all",
            "throughput_t": f"{float(base.packhouse_t_per_day) * DAYS_PER_MONTH:g}", "stock_t": "unlimited",
            "source": f"assumption: packhouse of {base.packhouse_t_per_day} t a day x {DAYS_PER_MONTH}",
        }  # fmt: skip
        yield {
            "node": base.base, "product": "potato", "throughput_t": "unlimited", "stock_t": base.potato_store_t,
            "source": "assumption: clamps and cellars, a tenth of a tonne per mu of land",
        }  # fmt: skip


def storage() -> Iterator[dict[str, object]]:
    for product in PRODUCTS.itertuples():
        if product.product in STAPLES:
            keeps = (1 - float(product.loss_per_day_reefer)) ** DAYS_PER_MONTH
            yield {
                "node": HUB, "product": product.product, "keeps_share": f"{keeps:.4f}", "cost_yuan_per_t": 66,
                "source": f"computed: daily loss {product.loss_per_day_reefer} over {DAYS_PER_MONTH} days; "
                          "2.2 yuan a tonne and day assumed; keeping qualities found: S70, S71, S73, S74",
            }  # fmt: skip
    potato = PRODUCTS.set_index("product").loc["potato"]
    keeps = (1 - float(potato["loss_per_day_ambient"])) ** DAYS_PER_MONTH
    for base in BASES["base"]:
        yield {
            "node": base, "product": "potato", "keeps_share": f"{keeps:.4f}", "cost_yuan_per_t": 15,
            "source": f"computed: daily loss {potato['loss_per_day_ambient']} over {DAYS_PER_MONTH} days; "
                      "0.5 yuan a tonne and day assumed",
        }  # fmt: skip


if __name__ == "__main__":
    for table in (
        activities, occupancy, yields, activity_use, harvest_use, bases, land, workers, supply, markets, absorption,
        demand, group_demand, registrations, lanes, node_capacity, storage,
    ):  # fmt: skip
        write(table.__name__, table())
