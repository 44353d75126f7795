"""The county worked out by hand: every figure of the comment in instances/tiny/instance.yaml, to the fen."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from optimizer.household.distribution import Distribution, poverty_of

EXACT = 1e-9


def decided(tiny: Distribution, kind: str, *keys: str) -> dict[Any, float]:
    frame = tiny.plan.decisions(kind)
    return {tuple(key) if len(keys) > 1 else key[0]: value for *key, value in frame[[*keys, "value"]].itertuples(index=False)}


# --- the plan


def test_areas(tiny: Distribution) -> None:
    assert decided(tiny, "area", "base", "activity") == pytest.approx(
        {
            ("hill", "grow_cabbage"): 30,
            ("hill", "grow_potato"): 20,
            ("valley", "grow_cabbage"): 60,
            ("valley", "grow_radish"): 45,
            ("valley", "grow_potato"): 30,
        },
        abs=EXACT,
    )


def test_rented_land(tiny: Distribution) -> None:
    assert decided(tiny, "rented", "base") == pytest.approx({"hill": 50, "valley": 90}, abs=EXACT)


def test_days_worked(tiny: Distribution) -> None:
    days = tiny.plan.decisions("work").groupby("village")["value"].sum()
    assert days.to_dict() == pytest.approx({"hill_village": 500, "valley_village": 1350}, abs=EXACT)


def test_shipments(tiny: Distribution) -> None:
    assert decided(tiny, "ship", "origin", "product", "to_node") == pytest.approx(
        {
            ("hill", "cabbage", "near"): 120,
            ("hill", "potato", "near"): 40,
            ("valley", "cabbage", "far"): 240,
            ("valley", "radish", "far"): 100,
            ("valley", "radish", "near"): 125,
            ("valley", "potato", "near"): 60,
        },
        abs=EXACT,
    )


def test_sale_lines(tiny: Distribution) -> None:
    columns = ["base", "product", "market", "tier", "kg", "price_yuan_per_kg", "amount_fen"]
    assert tiny.sales[columns].to_numpy().tolist() == [
        ["hill", "cabbage", "near", 1, 100_000, 1.6, 16_000_000],
        ["hill", "cabbage", "near", 2, 20_000, 0.9, 1_800_000],
        ["hill", "potato", "near", 1, 40_000, 2.4, 9_600_000],
        ["valley", "cabbage", "far", 1, 160_000, 2.0, 32_000_000],
        ["valley", "cabbage", "far", 2, 32_000, 1.5, 4_800_000],
        ["valley", "potato", "near", 1, 60_000, 2.4, 14_400_000],
        ["valley", "radish", "far", 1, 80_000, 2.0, 16_000_000],
        ["valley", "radish", "near", 1, 125_000, 1.2, 15_000_000],
    ]


def test_value(tiny: Distribution) -> None:
    assert tiny.plan.objective_yuan == pytest.approx(519_950, abs=EXACT)


def test_nothing_is_lost_by_rounding(tiny: Distribution) -> None:
    assert tiny.plan.residues.empty


# --- prices


def price(tiny: Distribution, rule: str, **names: Any) -> float:
    rows = tiny.plan.shadow_prices
    rows = rows[rows["rule"] == rule]
    for key, value in names.items():
        rows = rows[rows[key] == value]
    assert len(rows) == 1
    return float(rows["value_yuan_per_unit"].iloc[0])


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        ("land_area", {"base": "hill"}, 300),
        ("land_area", {"base": "valley"}, 0),
        ("land", {"base": "hill", "period": "early"}, 700),
        ("land", {"base": "valley", "period": "early"}, 800),
        ("land", {"base": "hill", "period": "late"}, 0),
        ("max_share", {"within": "hill", "of": "cabbage"}, 520),
        ("max_share", {"within": "valley", "of": "cabbage"}, 960),
        ("tier", {"market": "near", "product": "cabbage", "tier": 1}, 665),
        ("tier", {"market": "far", "product": "cabbage", "tier": 1}, 475),
        ("tier", {"market": "near", "product": "radish"}, 770),
        ("tier", {"market": "far", "product": "radish"}, 1187.5),
        ("tier", {"market": "near", "product": "potato"}, 980),
        ("participation", {"party": "company"}, 0),
        ("participation", {"id": "hill"}, 0),
    ],
)
def test_shadow_price(tiny: Distribution, rule: str, names: dict[str, Any], expected: float) -> None:
    assert price(tiny, rule, **names) == pytest.approx(expected, abs=1e-7)


def test_priced_limits_sum_to_the_value(tiny: Distribution) -> None:
    limits = {"land": 50 * 300, "caps": 30 * 520 + 60 * 960, "markets": 665 * 100 + 475 * 160 + 770 * 125 + 1187.5 * 80 + 980 * 100}
    assert sum(limits.values()) == 519_950
    answer, matrix = tiny.plan.answer, tiny.plan.matrix
    assert float(answer.row_price @ matrix.rhs) == pytest.approx(519_950, abs=1e-6)


# --- the money


def test_split(tiny: Distribution) -> None:
    assert tiny.split == {
        "reading": "nested", "basis": "gross", "basis_fen": 109_600_000, "company_fen": 32_222_400, "household_fen": 21_481_600,
        "base_fen": 53_704_000, "collective_fen": 2_192_000, "government_fen": 0, "suspense_fen": 0,
    }  # fmt: skip


def test_the_other_reading(tiny: Distribution) -> None:
    found = tiny.split_of("points", "gross")
    assert found is not None
    assert (found["household_fen"], found["company_fen"]) == (43_840_000, 9_864_000)


def test_balances(tiny: Distribution) -> None:
    found = {(p.party, p.id): p.balance_fen for p in tiny.parties.itertuples()}
    assert found == {
        ("company", "leading"): 15_717_400,
        ("base", "hill"): 2_626_000,
        ("base", "valley"): 9_978_000,
        ("collective", "hill_village"): 548_000,
        ("collective", "valley_village"): 1_644_000,
    }


def test_costs_by_party(tiny: Distribution) -> None:
    costs = tiny.parties.set_index("id")[["freight_fen", "fees_fen", "inputs_fen", "labour_fen", "rent_fen"]]
    assert costs.loc["leading"].tolist() == [-11_025_000, -5_480_000, 0, 0, 0]
    assert costs.loc["hill"].tolist() == [0, 0, -4_800_000, -4_000_000, -2_000_000]
    assert costs.loc["valley"].tolist() == [0, 0, -12_300_000, -10_800_000, -7_200_000]


def test_every_account_money_passes_through_is_empty(tiny: Distribution) -> None:
    assert tiny.unbalanced.empty


def test_no_floor_is_broken(tiny: Distribution) -> None:
    assert tiny.floors_broken.empty


# --- the households


@pytest.mark.parametrize(
    ("household", "early", "late"),
    [
        ("H1", 1_550_578, 836_266),
        ("H2", 1_938_222, 1_045_334),
        ("H3", 3_934_255, 4_853_672),
        ("H4", 1_967_127, 2_426_837),
        ("H5", 1_311_418, 1_617_891),
    ],
)
def test_dividends_pot_by_pot(tiny: Distribution, household: str, early: int, late: int) -> None:
    lines = tiny.household_lines
    mine = lines[(lines["receiver_id"] == household) & (lines["account"] == "dividend")]
    assert dict(zip(mine["period"], mine["amount_fen"], strict=True)) == {"early": early, "late": late}


def test_household_accounts(tiny: Distribution) -> None:
    kinds = ["dividend_fen", "wage_fen", "rent_fen", "share_fen", "forgone_fen", "gain_fen"]
    expected = pd.DataFrame(
        [
            ("H1", 2_386_844, 2_000_000, 800_000, 0, 1_600_000, 3_586_844),
            ("H2", 2_983_556, 2_000_000, 1_200_000, 0, 1_900_000, 4_283_556),
            ("H3", 8_787_927, 7_200_000, 4_320_000, 0, 3_600_000, 16_707_927),
            ("H4", 4_393_964, 3_600_000, 0, 0, 1_800_000, 6_193_964),
            ("H5", 2_929_309, 0, 2_880_000, 0, 0, 5_809_309),
            ("H6", 0, 0, 0, 0, 0, 0),
        ],
        columns=["household", *kinds],
    )
    assert tiny.households[["household", *kinds]].to_numpy().tolist() == expected.to_numpy().tolist()


def test_all_gains_together(tiny: Distribution) -> None:
    assert tiny.households["gain_fen"].sum() == 36_581_600


def test_incomes_before_and_after(tiny: Distribution) -> None:
    found = tiny.households[["income_before_fen", "income_after_fen"]].to_numpy().tolist()
    assert found[0] == [1_000_000, 4_586_844]
    assert found[5] == [400_000, 400_000]


def test_poverty_counts(tiny: Distribution) -> None:
    assert poverty_of(tiny) == {"poverty_line_yuan": 3218.0, "line_year": 2019, "persons_below_before": 14, "persons_below_after": 2}
