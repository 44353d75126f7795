"""Who receives a pot: division keys, ties in force by date, carry from pot to pot, wages and rents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, with_parts

from optimizer.household.dividing import Shares, divide_pots, divide_rents, divide_wages
from optimizer.instance.instance import Instance
from optimizer.instance.pools import Ties
from optimizer.revenue.ledger import LANDHOLDERS, POT, WAGES

MONTHS: dict[str, Any] = {"start": "2019-01", "count": 3, "step": "month"}
LINE = [{"year": 2019, "line_yuan": 3000}]


def farm(folder: Path, key: Any = "per_head", links: list[dict[str, Any]] | None = None, **more: Any) -> Instance:
    split = {**SPLIT, "household_key": key, "carry": more.pop("carry", "yes")}
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


def _monthly(folder: Path, links: list[dict[str, Any]]) -> Instance:
    at = {"early": "2019-01", "late": "2019-03"}
    moved = {t: [{**row, "period": at.get(row.get("period", "*"), "*")} for row in FARM[t]] for t in ("activity_use", "yields", "demand")}
    return farm(folder, "per_household", links, periods=MONTHS, **moved)


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
