"""Who receives a pot: division keys, ties in force by date, carry from pot to pot, wages and rents."""

from __future__ import annotations

import itertools
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, with_parts
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.household.dividing import Shares, divide_pots, divide_rents, divide_wages, household_entries
from optimizer.instance.document import PeriodsSpec, SplitRule
from optimizer.instance.instance import Instance
from optimizer.instance.periods import make_periods
from optimizer.instance.pools import Ties, first_day
from optimizer.revenue.ledger import LANDHOLDERS, POT, WAGES

MONTHS: dict[str, Any] = {"start": "2019-01", "count": 3, "step": "month"}
MONTH_NAMES = ("2019-01", "2019-02", "2019-03")
LINE = [{"year": 2019, "line_yuan": 3000}]


def farm(folder: Path, key: Any = "per_head", links: list[dict[str, Any]] | None = None, **more: Any) -> Instance:
    split = {**SPLIT, "household_key": key, "carry": more.pop("carry", "yes"), "prorate": more.pop("prorate", "none")}
    links = FARM["links"] if links is None else links
    return county(folder, with_parts(FARM, split=split, links=links, **more))


def money(*rows: tuple[str, str, str, str, int]) -> pd.DataFrame:
    """Ledger lines (receiver, its id, base, period, fen) that fill pots, wages or rents."""
    return pd.DataFrame(rows, columns=["receiver", "receiver_id", "base", "period", "amount_fen"])


def pot(*amounts: int, period: str = "late", periods: tuple[str, ...] = ()) -> pd.DataFrame:
    named = periods or (period,) * len(amounts)
    return money(*((POT, f"dividend/hill/{p}", "hill", p, fen) for p, fen in zip(named, amounts, strict=True)))


def days(**worked: float) -> pd.DataFrame:
    rows = [(name, "hill", "late", d) for name, d in worked.items()]
    return pd.DataFrame(rows, columns=["household", "base", "period", "days"])


def dividends(instance: Instance, ledger: pd.DataFrame, worked: pd.DataFrame | None = None) -> dict[str, dict[str, int]]:
    """Per period, what each household receives."""
    shares = Shares(Ties(instance))
    divide_pots(instance, ledger, days() if worked is None else worked, shares)
    given = shares.entitlements().groupby(["period", "household"])["amount_fen"].sum()
    return {period: part.droplevel("period").to_dict() for period, part in given.groupby(level="period")}


def tie(household: str, to: str = "hill", kind: str = "dividend", **more: Any) -> dict[str, Any]:
    return {"household": household, "kind": kind, "to": to, **more}


# --- keys (A has 1 head and 1,000 yuan, B 2 and 9,000, C 4 and 3,000; the line is 3,000 a head)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("per_head", {"A": 10_000, "B": 20_000, "C": 40_000}),
        ("per_household", {"A": 23_334, "B": 23_333, "C": 23_333}),
        ("need", {"A": 12_727, "C": 57_273}),  # gaps of 2,000, none and 9,000
        ("weight", {"A": 35_000, "B": 17_500, "C": 17_500}),
        ("land", {"B": 52_500, "C": 17_500}),
        ("labour_days", {"A": 56_000, "C": 14_000}),
        ({"per_household": "3/7", "per_head": "4/7"}, {"A": 10_000 + 5_714, "B": 10_000 + 11_429, "C": 10_000 + 22_857}),
    ],
)
def test_each_key_divides_by_its_own_weights(tmp_path: Path, key: Any, expected: dict[str, int]) -> None:
    links = [tie("A", weight=2), tie("B"), tie("C"), tie("B", kind="rent", area_mu=6), tie("C", kind="rent", area_mu=2)]
    instance = farm(tmp_path, key, links, poverty_lines=LINE, settings={"poverty_line_year": 2019})
    assert dividends(instance, pot(70_000), days(A=4.0, C=1.0))["late"] == expected


def test_a_key_nobody_has_a_weight_under_leaves_its_part_waiting(tmp_path: Path) -> None:
    instance = farm(tmp_path, {"labour_days": "0.3", "per_head": "0.7"})
    shares = Shares(Ties(instance))
    divide_pots(instance, pot(1_000), days(), shares)
    assert shares.orphans == [(POT, "dividend/hill/late", "hill", "late", 300)]
    assert shares.entitlements()["amount_fen"].sum() == 700


def test_a_household_tied_to_base_and_company_counts_once(tmp_path: Path) -> None:
    links = [tie("A"), tie("A", to="leading"), tie("B", to="leading")]
    assert dividends(farm(tmp_path, "per_household", links), pot(1_000))["late"] == {"A": 500, "B": 500}


# --- from pot to pot


def test_fractions_are_carried_to_the_next_pot(tmp_path: Path) -> None:
    found = dividends(farm(tmp_path, "per_household"), pot(100, 100, periods=("early", "late")))
    assert found == {"early": {"A": 34, "B": 33, "C": 33}, "late": {"A": 33, "B": 34, "C": 33}}


def test_without_carry_every_pot_stands_alone(tmp_path: Path) -> None:
    found = dividends(farm(tmp_path, "per_household", carry="no"), pot(100, 100, periods=("early", "late")))
    assert found["early"] == found["late"] == {"A": 34, "B": 33, "C": 33}


def test_what_is_carried_ends_with_the_tie(tmp_path: Path) -> None:
    away = [tie("A"), tie("B", valid_to="2019-02-01"), tie("C")]
    back = [tie("A"), tie("B", valid_to="2019-02-01"), tie("C"), tie("B", to="leading", valid_from="2019-03-01")]
    months = ("2019-01", "2019-02", "2019-03")
    found = dividends(_monthly(tmp_path / "away", away), pot(100, 100, 100, periods=months))
    assert found["2019-02"] == {"A": 50, "C": 50}
    # after January A is owed −0.67 and C 0.33; February leaves that; B begins anew, so that March's fen is C's
    found = dividends(_monthly(tmp_path / "back", back), pot(100, 100, 100, periods=months))
    assert found["2019-03"] == {"A": 33, "B": 33, "C": 34}


def _monthly(folder: Path, links: list[dict[str, Any]], key: Any = "per_household", **more: Any) -> Instance:
    at = {"early": "2019-01", "late": "2019-03"}
    moved = {t: [{**row, "period": at.get(row.get("period", "*"), "*")} for row in FARM[t]] for t in ("activity_use", "yields", "demand")}
    return farm(folder, key, links, periods=MONTHS, **{**moved, **more})


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ({}, {"2019-01", "2019-02", "2019-03"}),
        ({"valid_from": "2019-02-28"}, {"2019-02", "2019-03"}),  # in force on the last day of February
        ({"valid_from": "2019-03-01"}, {"2019-03"}),
        ({"valid_to": "2019-02-28"}, {"2019-01"}),  # the first day no longer in force
        ({"valid_to": "2019-03-01"}, {"2019-01", "2019-02"}),
    ],
)
def test_a_tie_counts_in_periods_on_whose_last_day_it_is_in_force(tmp_path: Path, dates: dict[str, str], expected: set[str]) -> None:
    instance = _monthly(tmp_path, [tie("A", **dates), tie("B")])
    found = dividends(instance, pot(100, 100, 100, periods=("2019-01", "2019-02", "2019-03")))
    assert {period for period, got in found.items() if "A" in got} == expected


# --- the workings of every entitlement


def test_a_household_that_receives_nothing_this_time_is_still_among_the_entitlements(tmp_path: Path) -> None:
    shares = Shares(Ties(farm(tmp_path, "per_household")))
    divide_pots(shares.ties.instance, pot(2, 1, periods=("early", "late")), days(), shares)
    found = shares.entitlements()
    assert list(found.columns) == [
        "household", "kind", "base", "period", "pot", "key", "amount_fen", "part_fen", "weight", "weight_sum", "floor_fen",
        "carry_in", "claim", "extra", "carry_out", "capped_fen",
    ]  # fmt: skip
    late = found.loc[found["period"] == "late", ["household", *found.columns[6:14]]]
    assert late.to_numpy().tolist() == [
        ["A", 0, 1, 1, 3, 0, -333_334, -1, 0],
        ["B", 0, 1, 1, 3, 0, -333_334, -1, 0],
        ["C", 1, 1, 1, 3, 0, 666_666, 999_999, 1],
    ]  # fmt: skip
    assert set(found.dtypes[found.columns[6:]].astype(str)) == {"int64"}


def test_lines_are_written_only_for_money(tmp_path: Path) -> None:
    shares = Shares(Ties(farm(tmp_path, "per_household")))
    divide_pots(shares.ties.instance, pot(2), days(), shares)
    assert household_entries(shares, shares.entitlements())["receiver_id"].tolist() == ["A", "B"]


def test_no_pot_gives_no_entitlement(tmp_path: Path) -> None:
    found = Shares(Ties(farm(tmp_path))).entitlements()
    assert (len(found), str(found["amount_fen"].dtype)) == (0, "int64")


@st.composite
def pools(draw: st.DrawFn) -> tuple[list[dict[str, Any]], dict[str, str], pd.DataFrame]:
    """Links of five households to two bases and their company, a division key, and pots of three months."""
    dates = [None, "2019-01-15", "2019-02-10", "2019-03-01"]
    links = []
    for household, to in itertools.product("ABCDE", ("hill", "dale", "leading")):
        if draw(st.booleans()):
            begins, ends = draw(st.sampled_from(dates)), draw(st.sampled_from(dates))
            more = {"valid_from": begins, "valid_to": ends if not (begins and ends and ends <= begins) else None}
            links.append(tie(household, to, weight=draw(st.integers(0, 9)), **{k: v for k, v in more.items() if v}))
    key = draw(st.sampled_from([{"per_head": "1"}, {"weight": "1"}, {"per_household": "1/3", "weight": "2/3"}]))
    fen = st.integers(-50, 10_000)
    rows = [(POT, f"dividend/{b}/{m}", b, m, draw(fen)) for b in ("hill", "dale") for m in MONTH_NAMES]
    return links, key, money(*rows)


def two_bases(folder: Path, links: list[dict[str, Any]], key: Any, **more: Any) -> Instance:
    more = {
        "bases": [{"base": b, "company": "leading", "collective": "upper"} for b in ("hill", "dale")],
        "land": [{**FARM["land"][0], "base": b} for b in ("hill", "dale")],
        "lanes": [{**FARM["lanes"][0], "from": b} for b in ("hill", "dale")],
        "commutes": [{"village": "*", "base": b} for b in ("hill", "dale")],
        "households": [{"household": h, "village": "upper", "persons": 1 + i, "workers": 1} for i, h in enumerate("ABCDE")],
        **more,
    }
    return _monthly(folder, links, key, **more)


def divided(instance: Instance, ledger: pd.DataFrame) -> pd.DataFrame:
    shares = Shares(Ties(instance))
    divide_pots(instance, ledger, days(), shares)
    return shares.entitlements()


def bytes_of(found: pd.DataFrame) -> bytes:
    return found.to_csv(index=False).encode()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return two_bases(tmp_path_factory.mktemp("bare"), [], "per_head")


def tied(bare: Instance, links: list[dict[str, Any]], key: Any, prorate: str) -> Instance:
    """The bare instance with these links and this rule, without loading it anew."""
    frame = pd.DataFrame(links, columns=["household", "kind", "to", "weight", "valid_from", "valid_to"]).assign(area_mu=0.0)
    frame = frame.assign(**{day: pd.to_datetime(frame[day]) for day in ("valid_from", "valid_to")}, weight=frame["weight"].astype(float))
    split = SplitRule.model_validate({**SPLIT, "household_key": key, "prorate": prorate})
    return replace(bare, tables={**bare.tables, "links": frame}, split=(split,))


@settings(max_examples=60, deadline=None)
@given(pools(), st.sampled_from(["none", "days"]))
def test_pots_and_workings_add_up_and_chunks_change_no_byte(bare: Instance, drawn: Any, prorate: str) -> None:
    links, key, ledger = drawn
    instance = tied(bare, links, key, prorate)
    shares = Shares(Ties(instance))
    divide_pots(instance, ledger, days(), shares)
    found = shares.entitlements()
    entries = household_entries(shares, found)
    filled = ledger.groupby("receiver_id")["amount_fen"].sum()
    assert (entries.groupby("payer_id")["amount_fen"].sum().reindex(filled.index, fill_value=0) == filled).all()
    of_part = found.groupby(["pot", "key"])
    assert (of_part["amount_fen"].sum() == of_part["part_fen"].first()).all()
    assert (of_part["weight"].sum() == of_part["weight_sum"].first()).all()
    assert (found["amount_fen"] == found["floor_fen"] + found["extra"]).all()
    assert (found["carry_out"] == found["claim"] - 10**6 * found["extra"]).all()
    exact = found["part_fen"].abs() * found["weight"]
    assert (found["floor_fen"].abs() == exact // found["weight_sum"]).all()
    fraction = 10**6 * (exact % found["weight_sum"]) // found["weight_sum"]
    assert ((found["claim"] - found["carry_in"]).abs() == fraction).all()

    parts = [divided(instance, part) for _, part in ledger.groupby("base")]
    again = pd.concat(parts).sort_values(["period", "pot"], kind="stable", ignore_index=True)
    assert bytes_of(again) == bytes_of(found)


def test_another_process_divides_the_same_bytes(tmp_path: Path) -> None:
    links = [tie(h, to, weight=i + 1) for i, h in enumerate("ABCDE") for to in ("hill", "leading")]
    instance = two_bases(tmp_path, links, "weight")
    ledger = money(*((POT, f"dividend/{b}/{m}", b, m, 1_001 + i) for i, m in enumerate(MONTH_NAMES) for b in ("dale", "hill")))
    chunks = [part for _, part in ledger.groupby("base")]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(divided, [instance] * len(chunks), chunks))
    again = pd.concat(parts).sort_values(["period", "pot"], kind="stable", ignore_index=True)
    assert bytes_of(again) == bytes_of(divided(instance, ledger))


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_rows_in_the_tables_changes_no_byte(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    households = [{"household": h, "village": "upper", "persons": 2, "workers": 1} for h in "ABCDE"]
    links = [tie(h, to, weight=i + 1) for i, h in enumerate("ABCDE") for to in ("hill", "leading")]
    members = [{"person": f"{h}{i}", "household": h, "joined_on": f"2019-0{1 + i}-10"} for h in "ABCDE" for i in range(3)]
    ledger = money(*((POT, f"dividend/{b}/{m}", b, m, 1_001) for m in MONTH_NAMES for b in ("dale", "hill")))
    straight = two_bases(tmp_path / "a", links, {"per_head": "1/2", "weight": "1/2"}, households=households, members=members)
    for rows in (households, links, members):
        random.shuffle(rows)
    shuffled = two_bases(tmp_path / "b", links, {"per_head": "1/2", "weight": "1/2"}, households=households, members=members)
    mixed = ledger.sample(frac=1, random_state=seed)
    assert bytes_of(divided(shuffled, mixed)) == bytes_of(divided(straight, ledger))


# --- carries that end


def ended(instance: Instance, ledger: pd.DataFrame) -> list[list[Any]]:
    shares = Shares(Ties(instance))
    divide_pots(instance, ledger, days(), shares)
    return shares.carries_ended().to_numpy().tolist()


def test_a_carry_that_ends_with_its_tie_is_reported(tmp_path: Path) -> None:
    instance = _monthly(tmp_path, [tie("A"), tie("B", valid_to="2019-02-01"), tie("C")])
    assert ended(instance, pot(100, 100, periods=("2019-01", "2019-02"))) == [
        ["dividend", "hill", "per_household", "B", 333_333, "2019-01"]
    ]


def test_a_tie_that_ends_after_the_last_pot_ends_its_carry_too(tmp_path: Path) -> None:
    instance = _monthly(tmp_path, [tie("A", valid_to="2019-03-01"), tie("B"), tie("C")])
    assert ended(instance, pot(100, periods=("2019-01",))) == [["dividend", "hill", "per_household", "A", -666_667, "2019-01"]]


def test_carries_of_standing_ties_do_not_end(tmp_path: Path) -> None:
    assert ended(_monthly(tmp_path, [tie("A"), tie("B"), tie("C")]), pot(100, periods=("2019-01",))) == []


# --- members and days in force

PEOPLE = [
    {"person": "a1", "household": "A"},
    {"person": "a2", "household": "A", "joined_on": "2019-02-28"},
    {"person": "a3", "household": "A", "joined_on": "2019-01-01", "died_on": "2019-03-31"},
    {"person": "b1", "household": "B", "left_on": "2019-02-28"},
    {"person": "b2", "household": "B", "joined_on": "2019-04-01"},
    {"person": "b3", "household": "B"},
]


def test_heads_are_the_members_on_the_last_day_of_the_period(tmp_path: Path) -> None:
    instance = _monthly(tmp_path, [tie("A"), tie("B")], "per_head", members=PEOPLE)
    found = dividends(instance, pot(1_200, 1_200, 1_200, periods=MONTH_NAMES))
    assert found == {"2019-01": {"A": 600, "B": 600}, "2019-02": {"A": 900, "B": 300}, "2019-03": {"A": 800, "B": 400}}


def test_without_members_heads_are_the_persons_of_the_register(tmp_path: Path) -> None:
    assert dividends(_monthly(tmp_path, [tie("A"), tie("B")], "per_head"), pot(300, periods=("2019-01",)))["2019-01"] == {
        "A": 100,
        "B": 200,
    }


def test_a_pot_all_of_whose_heads_have_gone_waits_by_name(tmp_path: Path) -> None:
    instance = _monthly(tmp_path, [tie("A")], "per_head", members=[{**PEOPLE[0], "died_on": "2019-02-01"}])
    shares = Shares(Ties(instance))
    divide_pots(instance, pot(100, 100, periods=MONTH_NAMES[:2]), days(), shares)
    assert shares.orphans == [(POT, "dividend/hill/2019-02", "hill", "2019-02", 100)]


@pytest.mark.parametrize(
    ("key", "links", "weights"),
    [
        # January has 31 days
        ("per_household", [tie("A", valid_from="2019-01-17"), tie("B")], {"A": 15, "B": 31}),
        ("per_household", [tie("A", valid_to="2019-01-17"), tie("B")], {"A": 16, "B": 31}),
        ("per_head", [tie("A", valid_to="2019-01-17"), tie("B")], {"A": 16, "B": 62}),
        # 16 days with the weight 2 and 15 with 5; with both at once the greater one counts
        ("weight", [tie("A", weight=2, valid_to="2019-01-17"), tie("A", weight=5, valid_from="2019-01-17")], {"A": 107_000_000}),
        ("weight", [tie("A", weight=2), tie("A", to="leading", weight=5, valid_from="2019-01-17")], {"A": 107_000_000}),
        ("land", [tie("B"), tie("B", kind="rent", area_mu=2, valid_from="2019-01-31"), tie("A")], {"B": 2_000}),
    ],
)  # fmt: skip
def test_ties_weigh_by_their_days_in_force(tmp_path: Path, key: str, links: list[dict[str, Any]], weights: dict[str, int]) -> None:
    found = divided(_monthly(tmp_path, links, key, prorate="days"), pot(10_000, periods=("2019-01",)))
    assert dict(zip(found["household"], found["weight"], strict=True)) == weights


def test_members_weigh_by_their_days_in_force(tmp_path: Path) -> None:
    people = [{"person": "a1", "household": "A", "joined_on": "2019-02-15"}, {"person": "a2", "household": "A", "died_on": "2019-02-02"}]
    instance = _monthly(tmp_path, [tie("A"), tie("B")], "per_head", prorate="days", members=[*people, {"person": "b1", "household": "B"}])
    found = divided(instance, pot(10_000, periods=("2019-02",)))
    assert dict(zip(found["household"], found["weight"], strict=True)) == {"A": 14 + 1, "B": 28}


def test_ties_of_a_whole_period_weigh_the_same_with_or_without_days(tmp_path: Path) -> None:
    found = [
        divided(_monthly(tmp_path / f"by_{way}", [tie("A"), tie("B")], "per_head", prorate=way), pot(10_001, periods=("2019-01",)))
        for way in ("none", "days")
    ]
    assert found[0]["amount_fen"].tolist() == found[1]["amount_fen"].tolist()


@pytest.mark.parametrize(
    ("spec", "first"),
    [
        ({"start": "2019-02", "step": "month"}, "2019-02-01"),
        ({"start": "2019-W05", "step": "week"}, "2019-01-28"),
        ({"start": "2019-02-d2", "step": "ten-day"}, "2019-02-11"),
        ({"start": "2019-02-d3", "step": "ten-day"}, "2019-02-21"),
        ({"start": "2019-winter", "step": "season"}, "2019-12-01"),
        ({"start": "2019", "step": "year"}, "2019-01-01"),
    ],
)
def test_the_first_day_of_a_period(spec: dict[str, str], first: str) -> None:
    periods = make_periods(PeriodsSpec(count=2, **spec))
    assert str(first_day(periods, 0)) == first
    assert first_day(periods, 1) == periods.last_days[0] + timedelta(days=1)


# --- wages and rents


def paid(instance: Instance, kind: str, amount: int, village: str = "upper") -> tuple[dict[str, int], Shares]:
    shares = Shares(Ties(instance))
    if kind == "wage":
        divide_wages(instance, money((WAGES, f"{village}/hill/late", "hill", "late", amount)), shares)
    else:
        divide_rents(instance, money((LANDHOLDERS, "hill/early", "hill", "early", amount)), shares)
    given = shares.entitlements()
    return dict(zip(given["household"], given["amount_fen"], strict=True)), shares


def test_wages_go_by_the_wage_links_of_the_village(tmp_path: Path) -> None:
    links = [tie("A", kind="wage", weight=1), tie("B", kind="wage", weight=3), tie("C", kind="wage", weight=9)]
    assert paid(farm(tmp_path, links=links), "wage", 1_001)[0] == {"A": 250, "B": 751}


def test_wages_of_a_village_without_wage_links_wait_by_name(tmp_path: Path) -> None:
    found, shares = paid(farm(tmp_path, links=[tie("A", kind="wage")]), "wage", 1_000, village="lower")
    assert found == {}
    assert shares.orphans == [(WAGES, "lower/hill/late", "hill", "late", 1_000)]


def test_rent_goes_by_leased_area_and_the_rest_to_other_landholders(tmp_path: Path) -> None:
    links = [tie("A", kind="rent", area_mu=1), tie("C", kind="rent", area_mu=3)]
    found, shares = paid(farm(tmp_path, links=links), "rent", 100_000)
    assert found == {"A": 10_000, "C": 30_000}
    assert shares.others == [("hill/early", "hill", "early", 60_000)]


def test_households_that_lease_all_land_receive_all_rent(tmp_path: Path) -> None:
    links = [tie("A", kind="rent", area_mu="3.333"), tie("B", kind="rent", area_mu="3.333"), tie("C", kind="rent", area_mu="3.334")]
    found, shares = paid(farm(tmp_path, links=links), "rent", 100)
    assert (sum(found.values()), shares.others) == (100, [])
