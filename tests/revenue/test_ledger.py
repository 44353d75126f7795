"""The ledger: sales divided line by line, costs booked to who bears them, and nothing left on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from counties import FARM, SPLIT, county, distributed, with_parts

from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.revenue.ledger import split_entries, unbalanced

THREE = [{"village": "upper"}, {"village": "lower"}, {"village": "far"}]
COST = ["document", "account", "payer", "payer_id", "receiver", "receiver_id", "base", "period", "amount_fen"]


def sale(*amounts: int) -> pd.DataFrame:
    lines = [(f"S{n}", "hill", "late", amount) for n, amount in enumerate(amounts, start=1)]
    return pd.DataFrame(lines, columns=["sale", "base", "period", "amount_fen"])


def costs(*rows: tuple[str, str, str, int]) -> pd.DataFrame:
    """(account, payer, its id, fen) each as a bill of the base."""
    return pd.DataFrame([("B", account, payer, name, "x", "", "hill", "late", fen) for account, payer, name, fen in rows], columns=COST)


def received(instance: Instance, sales: pd.DataFrame, bills: pd.DataFrame) -> dict[tuple[str, str], int]:
    """What each account and receiver gets of the split, summed."""
    entries = split_entries(instance, sales, bills, instance.split)
    return {key: int(fen) for key, fen in entries.groupby(["account", "receiver"])["amount_fen"].sum().items()}


def split(**more: Any) -> dict[str, Any]:
    return {**SPLIT, **more}


# --- the split


def test_the_worked_example_line_by_line(tmp_path: Path) -> None:
    entries = split_entries(county(tmp_path, FARM), sale(1_000_001), costs(), county(tmp_path, FARM).split)
    assert dict(zip(entries["receiver"], entries["amount_fen"], strict=True)) == {
        "pot": 196_000, "company": 294_001, "base": 490_000, "collective": 20_000
    }  # fmt: skip


def test_each_sale_is_divided_on_its_own(tmp_path: Path) -> None:
    found = received(county(tmp_path, FARM), sale(1, 1, 1), costs())
    assert found == {("split", "company"): 3}  # the odd fen of each goes to the branch listed first, never 49 % of the sum


def test_a_collective_of_several_villages_shares_equally(tmp_path: Path) -> None:
    bases = [{"base": "hill", "company": "leading", "collective": "all_three"}]
    instance = county(tmp_path, with_parts(FARM, villages=THREE, bases=bases, sets={"all_three": ["upper", "far", "lower"]}))
    entries = split_entries(instance, sale(1_000_000), costs(), instance.split)
    villages = entries[entries["receiver"] == "collective"]
    assert dict(zip(villages["receiver_id"], villages["amount_fen"], strict=True)) == {"upper": 6667, "far": 6667, "lower": 6666}


def test_a_net_split_reimburses_and_divides_the_rest_once_a_year(tmp_path: Path) -> None:
    instance = county(tmp_path, with_parts(FARM, split=split(basis="net")))
    found = received(
        instance, sale(700_001, 300_000), costs(("inputs", "base", "hill", 100_000), ("freight", "company", "leading", 50_000))
    )
    assert found == {  # 850,001 fen: 416,500.49 / 416,500.49 / 17,000.02 → the odd fen to the company; 40 % of 416,501
        ("reimbursed_inputs", "base"): 100_000,
        ("reimbursed_freight", "company"): 50_000,
        ("split", "pot"): 166_600,
        ("split", "company"): 249_901,
        ("split", "base"): 416_500,
        ("split", "collective"): 17_000,
    }


def test_costs_that_are_not_listed_are_not_deducted(tmp_path: Path) -> None:
    instance = county(tmp_path, with_parts(FARM, split=split(basis="net", net_of=["freight"])))
    found = received(instance, sale(1_000_000), costs(("inputs", "base", "hill", 100_000)))
    assert ("reimbursed_inputs", "base") not in found
    assert sum(found.values()) == 1_000_000


def test_a_deficit_is_a_claim_on_the_base_and_divides_nothing(tmp_path: Path) -> None:
    instance = county(tmp_path, with_parts(FARM, split=split(basis="net")))
    found = received(instance, sale(60_000), costs(("inputs", "base", "hill", 100_000)))
    assert found == {("reimbursed_inputs", "base"): 100_000, ("deficit_claim", "clearing"): 40_000}


def test_without_sales_nothing_is_written(tmp_path: Path) -> None:
    assert received(county(tmp_path, FARM), sale(), costs()) == {}


# --- a whole farm


@pytest.fixture
def farm(tmp_path: Path) -> Distribution:
    return distributed(county(tmp_path, FARM))


def balances(distribution: Distribution) -> dict[str, int]:
    return {f"{p.party} {p.id}": int(p.balance_fen) for p in distribution.parties.itertuples()}


def test_party_accounts_of_the_farm(farm: Distribution) -> None:
    # sales 20,000: company 9,800 (of it 3,920 to the pot) less freight 100 and fees 1,000; base 9,800 less inputs 1,000,
    # labour 1,500 and rent 2,000; collective 400
    assert balances(farm) == {"company leading": 478_000, "base hill": 530_000, "collective upper": 40_000, "collective lower": 0}


def test_a_balance_is_income_less_costs_and_the_sum_of_its_accounts(farm: Distribution) -> None:
    accounts = farm.parties.drop(columns=["party", "id", "income_fen", "costs_fen", "balance_fen"])
    assert (farm.parties["income_fen"] - farm.parties["costs_fen"] == farm.parties["balance_fen"]).all()
    assert (accounts.sum(axis=1) == farm.parties["balance_fen"]).all()


def test_accounts_money_passes_through_come_out_empty(farm: Distribution) -> None:
    assert farm.unbalanced.empty


def test_a_missing_line_is_noticed(farm: Distribution) -> None:
    pot = farm.household_lines[farm.household_lines["payer"] == "pot"].head(1)
    found = unbalanced(farm.ledger, farm.household_lines.drop(pot.index))
    assert found.to_dict() == {("pot", str(pot["payer_id"].iloc[0])): int(pot["amount_fen"].iloc[0])}


@pytest.mark.parametrize(
    ("account", "bearer", "expected"),
    [
        ("freight", "base", {"company leading": 488_000, "base hill": 520_000}),
        ("rent", "company", {"company leading": 278_000, "base hill": 730_000}),
        ("labour", "government", {"base hill": 680_000, "government government": -150_000}),
    ],
)
def test_who_bears_a_cost_is_data(tmp_path: Path, account: str, bearer: str, expected: dict[str, int]) -> None:
    document = with_parts(FARM, split=split(costs_borne_by={**SPLIT["costs_borne_by"], account: bearer}))
    found = balances(distributed(county(tmp_path, document)))
    assert {key: found[key] for key in expected} == expected


def test_a_pot_nobody_is_tied_to_waits_by_name_and_never_falls_to_the_company(tmp_path: Path) -> None:
    lone = distributed(county(tmp_path, with_parts(FARM, links=None)))
    orphans = lone.household_lines[lone.household_lines["payer"] == "pot"]
    assert orphans[["receiver", "receiver_id", "amount_fen"]].to_numpy().tolist() == [["suspense", "dividend/hill/late", 392_000]]
    assert balances(lone)["company leading"] == 478_000
    assert lone.unbalanced.empty


def test_without_a_split_there_are_no_parties(tmp_path: Path) -> None:
    plain = distributed(county(tmp_path, with_parts(FARM, split=None, links=None, households=None)))
    assert plain.parties.empty
    assert plain.split is None
    assert plain.floors_broken.empty


# --- settlement

TWO_BASES = with_parts(
    FARM,
    bases=[{"base": b, "company": "leading", "collective": "upper"} for b in ("hill", "valley")],
    land=[{"base": b, "land_class": "field", "area_mu": 10, "rent_yuan_per_mu": r} for b, r in (("hill", 200), ("valley", 600))],
    lanes=[{"from": "hill", "to": "town", "cost_yuan_per_t": 10}, {"from": "valley", "to": "town", "cost_yuan_per_t": 400}],
    demand=[{"market": "town", "product": "cabbage", "period": "late", "quantity_t": 10, "price_yuan_per_kg": 2},
            {"market": "town", "product": "cabbage", "period": "late", "tier": 2, "quantity_t": 10, "price_yuan_per_kg": "0.8"}],
    workers=[{"village": "*", "resource": "labour", "days": 60, "wage_yuan_per_day": 10}],
    commutes=[{"village": "*", "base": "*"}],
    settings={"objective": {"maximise": "sales"}},
)  # fmt: skip
"""Valley's rent is dear: 1,000 + 300 + 6,000 yuan of costs, which 49 % of its ten tonnes bear only at the dear tier."""


def test_averaged_receipts_have_the_same_total_and_one_price(tmp_path: Path) -> None:
    slots = distributed(county(tmp_path, TWO_BASES))
    average = distributed(county(tmp_path, TWO_BASES, "settings.settlement=average"))
    assert slots.sales["amount_fen"].sum() == average.sales["amount_fen"].sum() == 2_800_000
    assert slots.sales["price_yuan_per_kg"].nunique() == 2
    assert average.sales.groupby("base")["amount_fen"].sum().to_dict() == {"hill": 1_400_000, "valley": 1_400_000}
    assert average.unbalanced.empty


def test_floors_hold_under_slots(tmp_path: Path) -> None:
    assert distributed(county(tmp_path, TWO_BASES)).floors_broken.empty


def test_floors_that_averaging_breaks_are_listed(tmp_path: Path) -> None:
    average = distributed(county(tmp_path, TWO_BASES, "settings.settlement=average"))
    # valley: 49 % of 14,000 is 6,860, less 7,300; its two lines of 8,052.80 and 5,947.20 are divided one by one: 3,945.872
    # and 2,914.128, of which the odd fen of the first goes to the company and that of the second to valley
    assert average.floors_broken.to_dict("records") == [{"party": "base", "id": "valley", "floor_fen": 0, "balance_fen": -44_000}]


def test_no_floor_no_check(tmp_path: Path) -> None:
    changes = ("settings.settlement=average", "settings.participation.base=none")
    assert distributed(county(tmp_path, TWO_BASES, *changes)).floors_broken.empty
