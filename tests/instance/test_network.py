"""Guards on the shipping network."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from optimizer.instance.instance import Instance
from optimizer.problems import InputError

Farm = Callable[..., Instance]
LANE = "{from: farm, to: town, cost_yuan_per_t: 80}"


def lanes(*rows: str) -> dict[str, list[list[str]]]:
    return {"instance.yaml": [[LANE, "\n  - ".join(rows)]]}


def test_cycle_that_loses_is_allowed(farm: Farm) -> None:
    assert farm(replace=lanes(LANE, "{from: town, to: farm, arrives_share: 0.9}")).warnings == ()


def test_gain_on_one_lane_is_allowed(farm: Farm) -> None:
    farm(replace=lanes("{from: farm, to: town, arrives_share: 1.5}"))


def test_limited_cycle_is_allowed(farm: Farm) -> None:
    farm(replace=lanes("{from: farm, to: town, arrives_share: 1.5, capacity_t: 9}", "{from: town, to: farm}"))


def test_subsidised_lane_is_allowed(farm: Farm) -> None:
    farm(replace=lanes("{from: farm, to: town, cost_yuan_per_t: -50}"))


def test_process_can_close_a_cycle_of_goods(farm: Farm) -> None:
    processes = """processes: [{process: dry, node: farm, product: potato}, {process: wet, node: farm, product: cabbage}]
process_outputs: [{process: dry, product: cabbage, t_per_t: 0.5}, {process: wet, product: potato, t_per_t: 3}]
"""
    with pytest.raises(InputError, match=r"here 1\.5 t for each tonne"):
        farm(append={"instance.yaml": processes})


def test_trade_that_just_breaks_even_is_a_warning(farm: Farm) -> None:
    purchases = "purchases: [{node: farm, product: potato, quantity_t: unlimited, price_yuan_per_kg: 2.42}]\n"
    unlimited = {"demand.csv": [["autumn,1,60", "autumn,1,unlimited"]]}
    assert farm(append={"instance.yaml": purchases}, replace=unlimited).warnings == (
        "this trade just breaks even without limit: potato: farm -> town",
    )


def test_limited_trade_that_pays_is_allowed(farm: Farm) -> None:
    farm(append={"instance.yaml": "purchases: [{node: farm, product: potato, quantity_t: 5, price_yuan_per_kg: 2}]\n"})


def test_market_is_reached_by_what_is_bought(farm: Farm) -> None:
    city = [["{market: town}", "{market: town}, {market: city}"]]
    rows = "purchases: [{node: city, product: potato, quantity_t: 5, price_yuan_per_kg: 2}]\n"
    farm(replace={"instance.yaml": city, "demand.csv": [["town,potato", "city,potato"]]}, append={"instance.yaml": rows})


def test_product_without_market_is_a_warning(farm: Farm) -> None:
    without = {"demand.csv": [["town,potato,autumn,1,60,2.50\n", ""]]}
    policies = {"instance.yaml": [["product=potato, column", "product=cabbage, column"]]}
    assert farm(replace={**without, **policies}).warnings == ("potato is grown, but no market, process or own use takes it",)
