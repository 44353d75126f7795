"""Possible years: what their factors change, what stays one object, and the average of them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer
from optimizer.instance.factors import TOUCHED
from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import Scenario, average_year, of_factors, scenarios
from optimizer.problems import InputError

from .broken import build

Farm = Callable[..., Instance]
YEARS = """scenarios:
  - {scenario: dry, probability: 1/3, label: A dry year}
  - {scenario: even, probability: 1/3}
  - {scenario: wet, probability: 1/3}
"""
FACTORS = """scenario_factors:
  - {scenario: dry, figure: yield, factor: 0.8}
  - {scenario: wet, figure: yield, factor: 1.2}
  - {scenario: wet, figure: yield, product: cabbage, factor: 0.5}
"""


def with_rows(*rows: str, years: str = YEARS) -> dict[str, object]:
    """The farm with rows of scenario_factors."""
    return {"append": {"instance.yaml": years + "scenario_factors:\n" + "".join(f"  - {row}\n" for row in rows)}}


def figures(instance: Instance, table: str, column: str) -> list[float]:
    return [float(value) for value in instance.table(table)[column]]


def year(instance: Instance, name: str) -> Instance:
    return next(one.instance for one in scenarios(instance) if one.name == name)


def test_years_of_the_table(farm: Farm) -> None:
    """Cabbage yields 4000 kg and potato 2000: a dry year leaves 3200 and 1600; in a wet one cabbage has 1.2 x 0.5 of 4000."""
    found = scenarios(farm(append={"instance.yaml": YEARS + FACTORS}))
    assert [(one.name, one.label, one.probability) for one in found] == [
        ("dry", "A dry year", Fraction(1, 3)),
        ("even", "even", Fraction(1, 3)),
        ("wet", "wet", Fraction(1, 3)),
    ]
    assert [figures(one.instance, "yields", "yield_kg_per_mu") for one in found] == [
        pytest.approx([3200, 1600]),
        [4000, 2000],
        pytest.approx([2400, 2400]),
    ]


def test_what_a_year_leaves_alone_is_one_object(farm: Farm) -> None:
    instance = farm(append={"instance.yaml": YEARS + FACTORS})
    found = scenarios(instance)
    for one, touched in zip(found, ({"yields"}, set(), {"yields"}), strict=True):
        assert {name for name in instance.tables if one.instance.tables[name] is not instance.tables[name]} == touched
        assert one.instance.names is instance.names
        assert one.instance.policy == instance.policy
    assert {name for name in instance.tables if average_year(found).tables[name] is not instance.tables[name]} == {"yields"}


def test_average_year_by_hand(farm: Farm) -> None:
    """Cabbage (3200 + 4000 + 2400) / 3 = 3200, potato (1600 + 2000 + 2400) / 3 = 2000."""
    instance = farm(append={"instance.yaml": YEARS + FACTORS})
    assert figures(average_year(scenarios(instance)), "yields", "yield_kg_per_mu") == pytest.approx([3200, 2000])


def test_one_year_is_the_average_of_itself(farm: Farm) -> None:
    instance = farm(append={"instance.yaml": "scenarios: [{scenario: only, probability: 1}]\n"})
    (only,) = scenarios(instance)
    assert all(only.instance.tables[name] is instance.tables[name] for name in TOUCHED)
    assert all(average_year([only]).tables[name] is instance.tables[name] for name in TOUCHED)


def test_year_without_probability_is_left_out(farm: Farm) -> None:
    years = "scenarios:\n  - {scenario: dry, probability: 0}\n  - {scenario: even, probability: 100%}\n"
    assert [one.name for one in scenarios(farm(append={"instance.yaml": years + FACTORS.split("  - {scenario: wet")[0]}))] == ["even"]


@pytest.mark.parametrize(
    ("row", "table", "column", "before", "after"),
    [
        # cabbage 1.20 and 0.80, potato 2.50, each as many rows as there are tiers and periods
        ("{figure: price, product: potato, factor: 0.9}", "demand", "price_yuan_per_kg", [1.2, 0.8, 2.5], [1.2, 0.8, 2.25]),
        # 1.2 / 3, 0.8 / 3 and 2.5 / 3 to six decimals
        ("{figure: price, market: town, channel: open, factor: 0.3333333333}", "demand", "price_yuan_per_kg", [1.2, 0.8, 2.5],
         [0.4, 0.266667, 0.833333]),
        ("{figure: capacity, period: spring, factor: 0.5}", "demand", "quantity_t", [100, 100, 60], [50, 50, 60]),
        ("{figure: lane, product: cabbage, factor: 0}", "lanes", "capacity_t", [float("inf")] * 4, [0, 0, float("inf"), float("inf")]),
        ("{figure: lane, factor: 0.5}", "lanes", "capacity_t", [float("inf")] * 4, [float("inf")] * 4),
        ("{figure: freight, from: farm, period: autumn, factor: 1.5}", "lanes", "cost_yuan_per_t", [80] * 4, [120, 80, 120, 80]),
    ],
)  # fmt: skip
def test_each_figure(farm: Farm, row: str, table: str, column: str, before: list[float], after: list[float]) -> None:
    """Lanes are in the order of product and period: cabbage autumn, cabbage spring, potato autumn, potato spring."""
    change = with_rows(row.replace("{", "{scenario: dry, ", 1))
    instance = farm(**change)
    assert figures(instance, table, column) == before
    assert figures(year(instance, "dry"), table, column) == pytest.approx(after, abs=1e-12)


MORE_TRADE = """group_demand:
  - {market: town, product: all, quantity_t: 40, price_cut_yuan_per_kg: 0}
absorption:
  - {market: town, product: "*", absorbs_t: 1000}
purchases:
  - {node: town, product: potato, period: autumn, quantity_t: 5, price_yuan_per_kg: 3}
  - {node: farm, product: potato, period: autumn, quantity_t: 5, price_yuan_per_kg: 4}
"""


def test_shared_room_follows_only_if_all_are_meant(farm: Farm) -> None:
    """Less room for cabbage alone leaves what both products share; less room for both does not."""
    change = with_rows("{scenario: dry, figure: capacity, product: cabbage, factor: 0.5}", "{scenario: wet, figure: capacity, factor: 0.5}")
    change["append"]["instance.yaml"] += MORE_TRADE  # type: ignore[index]
    instance = farm(**change)
    dry, wet = year(instance, "dry"), year(instance, "wet")
    assert figures(dry, "group_demand", "quantity_t") == [40, 40]
    assert figures(wet, "group_demand", "quantity_t") == [20, 20]
    assert figures(dry, "absorption", "absorbs_t") == [500, 500, 1000, 1000]
    assert figures(wet, "absorption", "absorbs_t") == [500] * 4


def test_prices_of_purchases_at_one_node(farm: Farm) -> None:
    """The market column names the node that buys: only the town's offer changes."""
    change = with_rows("{scenario: dry, figure: purchase_price, market: town, factor: 2}")
    change["append"]["instance.yaml"] += MORE_TRADE  # type: ignore[index]
    instance = year(farm(**change), "dry")
    assert dict(zip(instance.table("purchases")["node"], figures(instance, "purchases", "price_yuan_per_kg"), strict=True)) == {
        "farm": 4,
        "town": 6,
    }
    assert figures(instance, "demand", "price_yuan_per_kg") == [1.2, 0.8, 2.5]


def test_capacity_shared_on_a_lane_follows_factors_of_all_products(farm: Farm) -> None:
    change = with_rows("{scenario: dry, figure: lane, product: cabbage, factor: 0.5}", "{scenario: wet, figure: lane, factor: 0.5}")
    change["replace"] = {"instance.yaml": [["cost_yuan_per_t: 80}", "cost_yuan_per_t: 80, shared_capacity_t: 30}"]]}
    instance = farm(**change)
    assert figures(year(instance, "dry"), "lanes", "shared_capacity_t") == [30] * 4
    assert figures(year(instance, "wet"), "lanes", "shared_capacity_t") == [15] * 4


def test_what_is_used_up_does_not_depend_on_the_weather(farm: Farm) -> None:
    change = with_rows("{scenario: dry, figure: yield, factor: 0.5}")
    change["replace"] = {
        "instance.yaml": [["yields:\n", "yields:\n  - {activity: grow_potato, product: potato, period: spring, yield_kg_per_mu: -150}\n"]]
    }
    assert figures(year(farm(**change), "dry"), "yields", "yield_kg_per_mu") == [2000, 1000, -150]


def test_sets_of_years_and_of_things(farm: Farm) -> None:
    """A set of years, and a set of products; a row without a year holds in all of them."""
    sets = {"instance.yaml": [["sets: {crops: [cabbage, potato]}", "sets: {crops: [cabbage, potato], bad: [dry, wet]}"]]}
    rows = ("{scenario: bad, figure: price, product: crops, factor: 0.5}", "{figure: freight, factor: 2}")
    instance = farm(**with_rows(*rows), replace=sets)
    assert figures(year(instance, "wet"), "demand", "price_yuan_per_kg") == [0.6, 0.4, 1.25]
    assert figures(year(instance, "even"), "demand", "price_yuan_per_kg") == [1.2, 0.8, 2.5]
    assert figures(year(instance, "even"), "lanes", "cost_yuan_per_t") == [160] * 4


def test_policies_change_years_too(farm: Farm) -> None:
    change = ("scenario_factors[scenario=dry].factor=0.5", "scenarios[scenario=dry].label=Drought")
    dry = scenarios(farm(append={"instance.yaml": YEARS + FACTORS}, set=change))[0]
    assert (dry.label, figures(dry.instance, "yields", "yield_kg_per_mu")) == ("Drought", [2000, 1000])


def test_no_years_at_all(farm: Farm) -> None:
    with pytest.raises(InputError, match="scenarios: found nothing; expected rows of table scenarios"):
        scenarios(farm())


def test_only_rows_of_the_year_count(farm: Farm) -> None:
    rows = pd.DataFrame(
        [{"scenario": "a", "figure": "yield", "factor": 0.5}, {"scenario": "*", "figure": "yield", "product": "potato", "factor": 0.5}]
    ).fillna("*")
    instance = farm()
    assert figures(of_factors(instance, "a", rows), "yields", "yield_kg_per_mu") == [2000, 500]
    assert figures(of_factors(instance, "b", rows), "yields", "yield_kg_per_mu") == [4000, 1000]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.fractions(0, 3, max_denominator=8)), min_size=1, max_size=5).filter(
        lambda ys: any(n for n, _ in ys)
    )
)
def test_average_is_the_weighted_mean(tmp_path_factory: pytest.TempPathFactory, years: list[tuple[int, Fraction]]) -> None:
    """Yields times random factors: the mean of 4000 and 2000 kg is that of the factors, in exact fractions."""
    instance = optimizer.load(build({"name": "farm"}, tmp_path_factory.mktemp("average")))
    whole = sum(weight for weight, _ in years)
    found = []
    for number, (weight, factor) in enumerate(years):
        year = of_factors(instance, "a", pd.DataFrame([{"figure": "yield", "factor": float(factor)}]))
        found.append(Scenario(str(number), "", Fraction(weight, whole), year))
    mean = sum((weight * factor for weight, factor in years), Fraction(0)) / whole
    assert figures(average_year(found), "yields", "yield_kg_per_mu") == pytest.approx([float(4000 * mean), float(2000 * mean)], rel=1e-12)


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    lines = FACTORS.splitlines(keepends=True)
    other = lines[0] + "".join(reversed(lines[1:]))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    first, second = (
        optimizer.load(build({"name": "farm", "append": {"instance.yaml": YEARS + text}}, tmp_path / name))
        for name, text in (("a", FACTORS), ("b", other))
    )
    assert [figures(one.instance, "yields", "yield_kg_per_mu") for one in scenarios(first)] == [
        figures(one.instance, "yields", "yield_kg_per_mu") for one in scenarios(second)
    ]
