"""Made-up counties: sound, worth planning, sparse as real ones are, and the same again for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optimizer
from optimizer.generate import people
from optimizer.generate.growing import Crop, Months, _pressed, crops_of, products_of, read_figures
from optimizer.generate.sizes import MOST, Sizes, check_sizes, names
from optimizer.generate.trade import freight_yuan_per_t
from optimizer.generate.writing import generate
from optimizer.household.distribution import Distribution
from optimizer.problems import InputError

VILLAGE = Sizes(bases=3, products=3, periods=6, markets=3, households=50, seed=7)
COUNTY = Sizes(bases=12, products=8, periods=12, markets=12, households=1_000, seed=7)
LARGE_COUNTY = Sizes(bases=300, products=12, periods=12, markets=16, households=3_000, seed=7)


def made(folder: Path, sizes: Sizes) -> Path:
    folder.mkdir(parents=True)
    generate(sizes, folder)
    return folder


def tables(folder: Path) -> dict[str, pd.DataFrame]:
    return {file.stem: pd.read_csv(file) for file in folder.glob("*.csv")}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("made") / "county", COUNTY)


@pytest.fixture(scope="module", params=[VILLAGE, COUNTY], ids=["village", "county"])
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Distribution:
    instance = optimizer.load(made(tmp_path_factory.mktemp("planned") / "made", request.param))
    return optimizer.distribute(optimizer.solve(instance))


# --- known answers


def test_a_year_begins_in_january_and_goes_round_and_a_season_begins_in_march() -> None:
    year, season = Months(12), Months(6)
    assert (year.start, year.is_cyclic, list(year.names[[0, 11]])) == ("2019-01", True, ["2019-01", "2019-12"])
    assert (season.start, season.is_cyclic, list(season.names[[0, 5]])) == ("2019-03", False, ["2019-03", "2019-08"])
    assert list(Months(24).names[[11, 12]]) == ["2019-12", "2020-01"]


def test_a_crop_begins_where_it_ends_within_the_plan() -> None:
    """Four months from March or April on end in June or July; from June on they end in September, after the season."""
    assert Months(6).starts((3, 4), 4) == [0, 1]
    assert Months(6).starts((6,), 4) == []
    assert Months(12).starts((11,), 6) == [10]  # November to April, over New Year
    assert Months(24).starts((3,), 4) == [2, 14]
    assert (Months(6).year_share, Months(12).year_share, Months(24).year_share) == (0.5, 1, 1)


def test_a_crop_without_room_is_pressed_into_the_months_there_are() -> None:
    long = Crop("long", 0, "", "", (), ("dry",), 1, 1.0, (0.75, 1, 1, 0.5), (4, 2, 0.25, 0.5), (0, 0, 0.4, 0.6), ())
    pressed = _pressed(long, Months(2))
    assert pressed.starts == (0,) and pressed.occupancy == (0.75, 1)
    assert pressed.labour_days == (4, 2.75) and pressed.harvest_share == (0, 1) and pressed.technician_days == ()


def test_freight_goes_by_the_kilometre_and_is_dearer_where_goods_must_be_cooled() -> None:
    assert list(freight_yuan_per_t(np.array([100.0, 1_000.0]))) == pytest.approx([100, 640])


def test_names_have_as_many_digits_as_the_last_needs() -> None:
    assert list(names("base", 10))[::9] == ["base_01", "base_10"]


def test_after_the_last_product_come_further_sorts() -> None:
    kinds = list(read_figures("products")["product"])
    further = list(products_of(Sizes(1, len(kinds) + 1, 12, 1, 1))["product"])
    assert further == [*kinds, "chinese_cabbage_2"]


def test_every_product_has_a_way_to_grow_on_dry_land_and_figures_that_add_up() -> None:
    sizes = Sizes(1, len(read_figures("products")), 12, 1, 1)
    crops = crops_of(sizes, Months(12), products_of(sizes))
    assert {crop.product for crop in crops if "dry" in crop.land_classes} == set(range(sizes.products))
    for crop in crops:
        assert sum(crop.harvest_share) == pytest.approx(1), crop.name
        assert len(crop.harvest_share) <= len(crop.occupancy) == len(crop.labour_days), crop.name


# --- sound and worth planning


def test_a_county_is_sound(county: Path) -> None:
    assert optimizer.load(county).warnings == ()


def test_markets_run_out_and_land_does_not(planned: Distribution) -> None:
    instance, sales = planned.plan.instance, planned.sales
    rented = planned.plan.program.columns["rented"]
    area = planned.plan.values[rented["column"]].sum()
    assert 0.3 < area / instance.table("land")["area_mu"].sum() < 0.9
    sold = sales.groupby(["market", "product", "period", "tier"])["kg"].sum() / 1000
    taken = instance.table("demand").set_index(["market", "product", "period", "tier"])["quantity_t"]
    is_full = (sold / taken.reindex(sold.index) > 0.999).groupby("tier").mean()
    assert is_full[1] > 0.8 and is_full[1] > is_full[3]
    assert set(sales["base"]) == set(instance.universe("bases"))
    assert set(sales["product"]) == set(instance.universe("products"))
    assert set(sales["market"]) == set(instance.universe("markets"))


def test_linked_households_gain_and_nobody_loses(planned: Distribution) -> None:
    linked = set(planned.plan.instance.table("links")["household"])
    gains = planned.households.set_index("household")["gain_fen"]
    assert 0.85 < len(linked) / len(gains) <= 1
    assert (gains[gains.index.isin(linked)] > 0).all() and (gains[~gains.index.isin(linked)] == 0).all()
    assert (planned.parties["balance_fen"] >= 0).all()


# --- sparse as real counties are


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sparsity(tmp_path: Path, seed: int) -> None:
    sizes = Sizes(bases=40, products=12, periods=12, markets=12, households=400, seed=seed)
    found = tables(made(tmp_path / "county", sizes))
    harvests = found["yields"].groupby("activity")["period"].nunique()
    assert harvests.between(1, 3).all()
    assert found["occupancy"].groupby("activity")["period"].nunique().between(3, 9).all()
    takes = found["demand"].groupby("market")["product"].nunique()
    assert takes.between(1, 11).all() and 0.35 < takes.mean() / 12 < 0.8
    grows = found["yields"].groupby("base")["product"].nunique()
    assert grows.between(3, 12).all() and 0.5 < grows.mean() / 12 < 0.9
    strict = set(found["markets"].query("registered_only == 'yes'")["market"])
    registered = found["registrations"].groupby("market")["base"].nunique()
    assert set(registered.index) == strict and len(strict) == 2 and registered.between(1, 39).all()
    assert len(found["lanes"]) < 0.6 * 40 * 12 * 12


def test_prices_fall_from_tier_to_tier(county: Path) -> None:
    prices = tables(county)["demand"].pivot(index=["market", "product", "period"], columns="tier", values="price_yuan_per_kg")
    assert list(prices.columns) == [1, 2, 3] and (prices[1] > prices[2]).all() and (prices[2] > prices[3]).all()


def test_lanes_lead_from_those_who_grow_to_those_who_take(county: Path) -> None:
    found = tables(county)
    lanes = found["lanes"]
    grown = set(map(tuple, found["yields"][["base", "product"]].to_numpy()))
    taken = set(map(tuple, found["demand"][["market", "product"]].to_numpy()))
    strict = set(found["markets"].query("registered_only == 'yes'")["market"])
    filed = set(map(tuple, found["registrations"][["base", "market", "product"]].to_numpy()))
    for row in lanes.itertuples():
        assert (row._1, row.product) in grown and (row.to, row.product) in taken
        assert row.to not in strict or (row._1, row.to, row.product) in filed
    assert set(map(tuple, lanes[["to", "product"]].to_numpy())) == taken
    assert lanes.sort_values("distance_km")["cost_yuan_per_t"].is_monotonic_increasing


def test_everything_says_that_it_is_synthetic(county: Path) -> None:
    instance = optimizer.load(county)
    assert "SYNTHETIC" in instance.title and "SYNTHETIC" in instance.notice
    for name, table in tables(county).items():
        assert (table["source"] == "synthetic").all(), name
        if name in ("bases", "companies", "villages", "markets"):
            assert table["label"].str.endswith("(synthetic)").all(), name


# --- people


def test_households_look_like_a_county(tmp_path: Path) -> None:
    """About 4.2 persons in each, and three in ten persons below the line of 3,218 yuan."""
    found = tables(made(tmp_path / "county", Sizes(12, 3, 6, 3, 20_000, 1)))
    households, links = found["households"], found["links"]
    assert households["persons"].mean() == pytest.approx(4.25, abs=0.1)
    assert (households["workers"] <= households["persons"]).all()
    poor = households["income_before_yuan"] < 3_218 * households["persons"]
    assert 0.25 < households.loc[poor, "persons"].sum() / households["persons"].sum() < 0.35
    leased, land = links.groupby("to")["area_mu"].sum(), found["land"].groupby("base")["area_mu"].sum()
    assert (leased < 0.9 * land).all() and leased.sum() / land.sum() == pytest.approx(0.6 * 0.95 * 0.55, abs=0.01)


def test_households_are_whole_whatever_the_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "CHUNK", 10)
    found = tables(made(tmp_path / "village", Sizes(3, 3, 6, 3, 45, 1)))
    households, links = found["households"], found["links"]
    assert list(households["household"]) == [f"H{number:02d}" for number in range(1, 46)]
    assert households["village"].is_monotonic_increasing and households["village"].nunique() == 3
    assert links["household"].is_monotonic_increasing
    first = households.groupby("village")["household"].first()
    assert first.isin(links.query("kind == 'dividend'")["household"]).all()
    working = links.query("kind == 'wage'").merge(households, on="household").groupby("village")["weight"].sum()
    assert (found["workers"].set_index("village")["days"] == working * 22).all()


def test_fewer_households_than_bases_share_in_several(tmp_path: Path) -> None:
    found = tables(made(tmp_path / "county", Sizes(7, 3, 6, 3, 3, 1)))
    assert len(found["villages"]) == 3
    assert set(found["links"].query("kind == 'dividend'")["to"]) == set(found["bases"]["base"])


# --- sizes and seeds


@pytest.mark.parametrize("sizes", [VILLAGE, COUNTY, LARGE_COUNTY])
def test_sizes_hold(tmp_path: Path, sizes: Sizes) -> None:
    found = tables(made(tmp_path / "made", sizes))
    for table, count in (
        ("bases", sizes.bases), ("products", sizes.products), ("markets", sizes.markets), ("households", sizes.households),
    ):  # fmt: skip
        assert len(found[table]) == count, table
    assert found["demand"]["period"].nunique() == sizes.periods


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, county: Path) -> None:
    assert bytes_of(made(tmp_path / "again", COUNTY)) == bytes_of(county)


def test_another_seed_gives_other_figures_of_the_same_kind(tmp_path: Path, county: Path) -> None:
    other = tables(made(tmp_path / "other", Sizes(12, 8, 12, 12, 1_000, 8)))
    own = tables(county)
    assert {name: list(table.columns) for name, table in own.items()} == {name: list(table.columns) for name, table in other.items()}
    for name, column in (
        ("land", "area_mu"), ("yields", "yield_kg_per_mu"), ("lanes", "distance_km"), ("demand", "price_yuan_per_kg"),
        ("households", "income_before_yuan"), ("links", "area_mu"), ("activities", "input_cost_yuan_per_mu"),
    ):  # fmt: skip
        assert not np.array_equal(own[name][column], other[name][column]), name
        assert 0.7 < own[name][column].mean() / other[name][column].mean() < 1.4, name


def problems(**changes: int) -> list[str]:
    sizes = Sizes(**{"bases": 3, "products": 3, "periods": 6, "markets": 3, "households": 50, **changes})
    with pytest.raises(InputError) as caught:
        check_sizes(sizes)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", MOST)
@pytest.mark.parametrize("beyond", [0, -3, 1])
def test_a_size_that_cannot_be_is_refused(name: str, beyond: int) -> None:
    count = beyond if beyond <= 0 else MOST[name] + 1
    assert problems(**{name: count}) == [f"--{name}: found {count}; expected a whole number of {name} from 1 to {MOST[name]:,}"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(bases=0, markets=-1, seed=-1)
    assert [line.split(":")[0] for line in found] == ["--bases", "--markets", "--seed"]


def test_sizes_that_are_too_large_together_are_refused() -> None:
    assert problems(bases=10_000, products=120, markets=1_000, periods=1) == [
        "--bases --markets --products: found 1,200,000,000; expected at most 20,000,000 for bases × markets × products; "
        "make one of them smaller"
    ]


# --- any size


def test_crops_that_need_water_have_some_in_every_county(tmp_path: Path) -> None:
    """Both bases of this seed would have dry land alone."""
    instance = optimizer.load(made(tmp_path / "made", Sizes(bases=2, products=1, periods=5, markets=1, households=1, seed=430)))
    assert set(instance.table("land")["land_class"]) == {"irrigated", "dry"}


@given(
    sizes=st.builds(
        Sizes,
        bases=st.integers(1, 6),
        products=st.integers(1, 14),
        periods=st.integers(1, 14),
        markets=st.integers(1, 7),
        households=st.integers(1, 40),
        seed=st.integers(0, 1_000),
    )
)
@settings(max_examples=12, deadline=None)
def test_a_county_of_any_size_and_seed_is_sound_and_sells(tmp_path_factory: pytest.TempPathFactory, sizes: Sizes) -> None:
    instance = optimizer.load(made(tmp_path_factory.mktemp("any") / "made", sizes))
    divided = optimizer.distribute(optimizer.solve(instance))
    assert instance.warnings == ()
    assert divided.sales["amount_fen"].sum() > 0
    assert (divided.households["gain_fen"] >= 0).all() and (divided.parties["balance_fen"] >= 0).all()
