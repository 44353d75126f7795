"""What ``*``, sets and offsets stand for, and which of two rows holds."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from optimizer.instance.instance import Instance

Farm = Callable[..., Instance]
HEADER = "market,product,period,quantity_t,price_yuan_per_kg\n"
SEASONS = {"instance.yaml": [["sets: {", "sets: {seasons: [spring, autumn], "]]}


def prices(instance: Instance) -> dict[tuple[str, str], float]:
    return instance.table("demand").set_index(["product", "period"])["price_yuan_per_kg"].to_dict()


def demand(*rows: str) -> dict[str, dict[str, str]]:
    return {"demand.csv": {"text": HEADER + "\n".join(rows) + "\n"}}


def test_star_stands_for_each(farm: Farm) -> None:
    found = prices(farm(write=demand("town,*,*,100,1")))
    assert set(found) == {("cabbage", "spring"), ("cabbage", "autumn"), ("potato", "spring"), ("potato", "autumn")}


def test_blank_takes_the_default_of_the_column(farm: Farm) -> None:
    assert set(prices(farm(write=demand("town,potato,,100,1")))) == {("potato", "spring"), ("potato", "autumn")}


def test_set_stands_for_its_members(farm: Farm) -> None:
    assert set(prices(farm(write=demand("town,crops,spring,100,1")))) == {("cabbage", "spring"), ("potato", "spring")}


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [("town,*,spring", "town,crops,spring"), ("town,crops,spring", "town,potato,spring"), ("town,potato,*", "town,potato,spring")],
)
def test_more_specific_row_holds(wide: str, narrow: str, farm: Farm) -> None:
    rows = [f"{wide},100,1", f"{narrow},100,2"]
    assert prices(farm(write=demand(*rows)))["potato", "spring"] == 2


def test_order_of_rows_changes_nothing(farm: Farm, tmp_path) -> None:
    rows = ["town,potato,spring,100,2", "town,*,*,100,1"]
    (tmp_path / "other").mkdir()
    first = farm(write=demand(*rows)).table("demand").drop(columns="_row")
    second = farm(write=demand(*reversed(rows)), folder="other/farm").table("demand").drop(columns="_row")
    assert first.equals(second)


def test_row_that_settles_two_equal_ones_is_enough(farm: Farm) -> None:
    rows = ["town,crops,spring,100,1", "town,potato,seasons,100,2", "town,potato,spring,100,3"]
    assert prices(farm(write=demand(*rows), replace=SEASONS))["potato", "spring"] == 3


def test_all_takes_names_together(farm: Farm) -> None:
    limit = "market_limits: [{market: town, product: all, period: spring, limit_t: 5}]\n"
    assert list(farm(append={"instance.yaml": limit}).table("market_limits")["product"]) == ["all"]


def test_each_repeats_a_row_that_takes_names_together(farm: Farm) -> None:
    limit = "market_limits: [{market: town, product: each product, period: spring, limit_t: 5}]\n"
    assert list(farm(append={"instance.yaml": limit}).table("market_limits")["product"]) == ["cabbage", "potato"]


def test_land_without_area_is_no_mistake(farm: Farm) -> None:
    land = "area_mu: 60}\n  - {base: farm, land_class: meadow, area_mu: 0}"
    assert farm(replace={"instance.yaml": [["area_mu: 60}", land]]}).table("land")["area_mu"].tolist() == [60, 0]


# --- starts ----------------------------------------------------------------------------------------------------

STARTS = [
    ["{activity: grow_cabbage, family", "{activity: grow_cabbage, starts: spring autumn, family"],
    ["land_class: field, period: spring", "land_class: field, period: +0"],
    ["{activity: grow_cabbage, period: spring", "{activity: grow_cabbage, period: +0"],
    ["product: cabbage, period: spring", "product: cabbage, period: +0"],
]


def test_offsets_count_from_each_start(farm: Farm) -> None:
    yields = farm(replace={"instance.yaml": STARTS}).table("yields")
    found = yields.loc[yields["product"] == "cabbage", ["activity", "period"]]
    assert found.values.tolist() == [["grow_cabbage@autumn", "autumn"], ["grow_cabbage@spring", "spring"]]


def test_offset_wraps_in_a_cycle(farm: Farm) -> None:
    cyclic = [["periods: [spring, autumn]", "periods: {names: [spring, autumn], cyclic: yes}"], *STARTS]
    later = [["product: cabbage, period: +0", "product: cabbage, period: +1"]]
    yields = farm(replace={"instance.yaml": cyclic + later}).table("yields")
    assert yields.set_index("activity")["period"]["grow_cabbage@autumn"] == "spring"


def test_history_of_an_activity_with_starts_stays_one_row(farm: Farm) -> None:
    history = "history: [{base: farm, land_class: field, activity: grow_cabbage, periods_ago: 1, area_mu: 7}]\n"
    found = farm(replace={"instance.yaml": STARTS}, append={"instance.yaml": history}).table("history")
    assert found[["activity", "area_mu"]].values.tolist() == [["grow_cabbage", 7]]


def test_family_means_every_start_of_its_activities(farm: Farm) -> None:
    members = farm(replace={"instance.yaml": STARTS}).members("activities", "crucifer")
    assert members == ("grow_cabbage@spring", "grow_cabbage@autumn")
