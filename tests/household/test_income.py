"""What a household gains, what it forgoes for that, and who stands below the poverty line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counties import FARM, county, distributed, with_parts

from optimizer.household.distribution import Distribution, poverty_of
from optimizer.household.income import poverty

TIES = [
    {"household": "A", "kind": "dividend", "to": "hill"},
    {"household": "A", "kind": "wage", "to": "hill"},
    {"household": "B", "kind": "rent", "to": "hill", "area_mu": 4, "forgone_yuan_per_mu": 150},
]
REGISTER = {"links": TIES, "poverty_lines": [{"year": 2019, "line_yuan": 3000}], "settings": {"poverty_line_year": 2019}}


@pytest.fixture
def farm(tmp_path: Path) -> Distribution:
    return distributed(county(tmp_path, with_parts(FARM, **REGISTER, commutes=[{"village": "upper", "base": "hill"}],
                                                   workers=[{"village": "upper", "resource": "labour", "days": 30,
                                                             "wage_yuan_per_day": 50, "reservation_yuan_per_day": 10}])))  # fmt: skip


def row(distribution: Distribution, household: str) -> dict[str, Any]:
    frame = distribution.households.set_index("household")
    return frame.loc[household].drop(["village", "persons"]).to_dict()


def test_dividend_and_wage_less_the_worth_of_the_days(farm: Distribution) -> None:
    # the pot of 3,920 and thirty days at 50, each worth 10 at home
    assert row(farm, "A") == {
        "linked": True, "dividend_fen": 392_000, "wage_fen": 150_000, "rent_fen": 0, "share_fen": 0, "forgone_fen": 30_000,
        "gain_fen": 512_000, "income_before_fen": 100_000, "income_after_fen": 612_000,
    }  # fmt: skip


def test_rent_less_what_the_land_would_have_earned(farm: Distribution) -> None:
    assert (row(farm, "B")["rent_fen"], row(farm, "B")["forgone_fen"], row(farm, "B")["gain_fen"]) == (80_000, 60_000, 20_000)


def test_land_the_base_does_not_rent_is_not_forgone(tmp_path: Path) -> None:
    demand = [{**FARM["demand"][0], "quantity_t": 5}]
    half = distributed(county(tmp_path, with_parts(FARM, **REGISTER, demand=demand)))
    assert (row(half, "B")["rent_fen"], row(half, "B")["forgone_fen"]) == (40_000, 30_000)


def test_a_household_without_ties_is_in_the_table_and_gains_nothing(farm: Distribution) -> None:
    assert (row(farm, "C")["linked"], row(farm, "C")["gain_fen"]) == (False, 0)


def test_entitlements_are_the_sum_of_the_households_lines(farm: Distribution) -> None:
    lines = farm.household_lines[farm.household_lines["receiver"] == "household"]
    kinds = [f"{kind}_fen" for kind in ("dividend", "wage", "rent", "share")]
    assert lines["amount_fen"].sum() == farm.households[kinds].to_numpy().sum()


def test_people_below_the_line_before_and_after(farm: Distribution) -> None:
    # before: A (1 head, 1,000) and C (4 heads, 3,000 together); B has 4,500 a head. After: C only
    assert poverty_of(farm) == {"poverty_line_yuan": 3000.0, "line_year": 2019, "persons_below_before": 5, "persons_below_after": 4}


@pytest.mark.parametrize(("income_fen", "below"), [(599_999, 2), (600_000, 0), (600_001, 0)])
def test_at_the_line_is_not_below_it(farm: Distribution, income_fen: int, below: int) -> None:
    households = pd.DataFrame({"persons": [2], "income_before_fen": [income_fen], "income_after_fen": [0]}, dtype="Int64")
    assert poverty(farm.instance, households)["persons_below_before"] == below


def test_a_line_with_half_a_fen_is_not_rounded(tmp_path: Path) -> None:
    line = {"poverty_lines": [{"year": 2019, "line_yuan": "3000.005"}]}
    instance = county(tmp_path, with_parts(FARM, **{**REGISTER, **line}))
    households = pd.DataFrame({"persons": [1], "income_before_fen": [300_000], "income_after_fen": [300_001]}, dtype="Int64")
    found = poverty(instance, households)
    assert (found["persons_below_before"], found["persons_below_after"]) == (1, 0)


def test_incomes_that_are_not_given_stay_absent(tmp_path: Path) -> None:
    households = [{k: v for k, v in row.items() if k != "income_before_yuan"} for row in FARM["households"]]
    unknown = distributed(county(tmp_path, with_parts(FARM, **REGISTER, households=households)))
    assert unknown.households[["income_before_fen", "income_after_fen"]].isna().all(axis=None)
    assert unknown.households["gain_fen"].sum() > 0
    assert poverty_of(unknown) == {}


def test_without_households_there_are_no_rows(tmp_path: Path) -> None:
    empty = distributed(county(tmp_path, with_parts(FARM, households=None, links=None)))
    assert empty.households.empty
    assert poverty_of(empty) == {}


def test_without_a_split_there_are_no_pots(tmp_path: Path) -> None:
    plain = distributed(county(tmp_path, with_parts(FARM, split=None, links=None, households=None)))
    assert not (plain.household_lines["payer"] == "pot").any()
    assert plain.unbalanced.empty


def test_a_lease_that_has_ended_pays_no_rent_and_forgoes_nothing(tmp_path: Path) -> None:
    at = {"early": "2019-01", "late": "2019-02"}
    moved = {t: [{**r, "period": at.get(r.get("period", "*"), "*")} for r in FARM[t]] for t in ("activity_use", "yields", "demand")}
    ties = [{**TIES[2], "valid_to": "2019-01-15"}, TIES[0]]
    document = with_parts(FARM, periods={"start": "2019-01", "count": 2, "step": "month"}, links=ties, **moved)
    assert row(distributed(county(tmp_path, document)), "B")["forgone_fen"] == 0
