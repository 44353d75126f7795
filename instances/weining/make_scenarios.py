"""Write the tables of the uncertain season from the figures in inputs/: possible years, draws, insurance and promotion.

Run it again after changing a figure there:  python make_scenarios.py
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import correlation, fmean, stdev

from make_tables import CROPS, DRY_YIELD, PRICES, SEASONS, STAPLES, read, write

ROWS, STATES, COVERS, PROMOTIONS = map(read, ("price_rows", "yield_states", "covers", "promotions"))
OBSERVED = "guiyang"
"""Where prices are observed for target-price cover."""
PAPERS = "found: " + ", ".join(sorted({source.removeprefix("found: ") for source in ROWS["source"]}))
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")


def relative(product: str) -> list[float]:
    """The prices of the dated rows relative to their mean, so that the mean of the factors is 1."""
    figures = ROWS[product].astype(float)
    return [figure / fmean(figures) for figure in figures]


def years() -> Iterator[tuple[int, str, str, object]]:
    """Every price row with every state of the yields: number of the row, date, name, state."""
    for number, date in enumerate(ROWS["date"]):
        for state in STATES.itertuples():
            yield number, date, f"{date}_{state.state}", state


def scenarios() -> Iterator[dict[str, object]]:
    count = len(ROWS) * len(STATES)
    for number, date, name, state in years():
        year, month, day = date.split("-")
        yield {
            "scenario": name, "probability": f"1/{count}",
            "label": f"prices of {int(day)} {MONTHS[int(month) - 1]} {year}, {state.label}",
            "source": f"prices {ROWS['source'][number]}; all years equally likely: assumption",
        }  # fmt: skip


def scenario_factors() -> Iterator[dict[str, object]]:
    """Prices move in all open markets alike, yields of all crops alike; herbs and buckwheat keep their prices."""
    for number, _, name, state in years():
        yield _factor(name, "yield", "*", "*", state.factor, state.source)
        for product in STAPLES:
            mean = fmean(ROWS[product].astype(float))
            source = (
                f"computed: {ROWS[product][number]} of a mean of {mean:.3f} yuan per kg in Yunnan; price {ROWS['source'][number]}; "
                "that other markets move alike: assumption"
            )
            yield _factor(name, "price", product, "open", f"{relative(product)[number]:.6f}", source)


def _factor(scenario: str, figure: str, product: str, channel: str, factor: object, source: str) -> dict[str, object]:
    return {"scenario": scenario, "figure": figure, "product": product, "channel": channel, "factor": factor, "source": source}


def uncertainties() -> Iterator[dict[str, object]]:
    """The same figures as distributions, to draw more years from: prices lognormal, yields triangular."""
    for product in STAPLES:
        yield {
            "uncertainty": f"price_{product}", "figure": "price", "product": product, "channel": "open",
            "distribution": "lognormal", "mean": 1, "sd": f"{stdev(relative(product)):.3f}",
            "source": f"computed: standard deviation of ten prices relative to their mean ({PAPERS}); shape assumed",
        }  # fmt: skip
    low, usual, high = sorted(STATES["factor"].astype(float))
    yield {
        "uncertainty": "harvest", "figure": "yield", "product": "*", "channel": "*", "distribution": "triangular",
        "low": f"{low:g}", "mode": f"{usual:g}", "high": f"{high:g}", "source": STATES["source"][0],
    }  # fmt: skip


def correlations() -> Iterator[dict[str, object]]:
    for place, one in enumerate(STAPLES):
        for other in STAPLES[place + 1 :]:
            yield {
                "one": f"price_{one}", "other": f"price_{other}",
                "correlation": f"{correlation(relative(one), relative(other)):.3f}",
                "source": f"computed: of ten prices ({PAPERS})",
            }  # fmt: skip


def insurance() -> Iterator[dict[str, object]]:
    """One row for each activity and class of land, since each has its own normal yield."""
    for cover in COVERS.itertuples():
        for crop in CROPS[CROPS["product"].isin(cover.products.split())].itertuples():
            for land_class in crop.land_classes.split():
                normal = float(crop.yield_kg_per_mu) * (DRY_YIELD if land_class == "dry" else 1)
                target = {"product": "", "market": "", "period": "", "target_yuan_per_kg": ""}
                if cover.kind == "price":
                    target = _target(crop, float(cover.target_share))
                yield {
                    "cover": cover.cover, "activity": crop.activity, "land_class": land_class, "kind": cover.kind,
                    "normal_kg_per_mu": f"{normal:g}", "trigger_share": cover.trigger_share,
                    "cover_yuan_per_mu": cover.cover_yuan_per_mu, **target,
                    "premium_yuan_per_mu": cover.premium_yuan_per_mu, "subsidy_share": cover.subsidy_share,
                    "payer": "base", "active": "no", "source": cover.source,
                }  # fmt: skip


def _target(crop: object, share: float) -> dict[str, str]:
    """The target price: a share of the mean price where it is observed, over the twelve months."""
    product = crop.product  # type: ignore[attr-defined]
    index = SEASONS["potato" if product == "potato" else "whites"].astype(float)
    full = float(PRICES.set_index("market").loc[OBSERVED, product])
    return {"product": product, "market": OBSERVED, "period": "all", "target_yuan_per_kg": f"{full * fmean(index) * share:.2f}"}


def promotion() -> Iterator[dict[str, object]]:
    for own in PROMOTIONS.itertuples():
        for step, text in enumerate(own.steps.split(" | "), start=1):
            yuan, opens, price = text.replace(" at ", " x ").split(" x ")
            yield {
                "promotion": own.promotion, "step": step, "market": own.market, "product": own.product, "period": "all",
                "yuan_most": yuan, "t_per_yuan": opens, "price_yuan_per_kg": price, "fee_share": own.fee_share,
                "handling_yuan_per_t": own.handling_yuan_per_t, "payer": own.payer, "budget_yuan": own.budget_yuan,
                "active": "no", "source": own.source,
            }  # fmt: skip


if __name__ == "__main__":
    for table in (scenarios, scenario_factors, uncertainties, correlations, insurance, promotion):
        write(table.__name__, table())
