"""What a comparison keeps of a plan, on the county worked out by hand in instances/tiny/instance.yaml."""

from __future__ import annotations

import pytest

from optimizer.household.distribution import Distribution
from optimizer.policy.outcome import outcome_of


def test_figures_of_tiny_are_those_worked_out_by_hand(tiny: Distribution) -> None:
    """Below the full price: 20 t of cabbage near and 32 t far. Only H6 with two of 22 people stays below the line."""
    figures = dict(outcome_of(tiny, "", 1.0).figures)
    planted = {"cabbage": 90, "radish": 45, "potato": 50}
    herfindahl = sum(mu**2 for mu in planted.values()) / sum(planted.values()) ** 2
    assert figures.pop("herfindahl") == pytest.approx(herfindahl, abs=1e-6)
    assert figures.pop("effective_products") == pytest.approx(1 / herfindahl, abs=1e-6)
    assert figures == {
        "sales_yuan": 1_096_000,
        "margin_yuan": 519_950,
        "household_gain_yuan": 365_816,
        "county_income_yuan": 519_950 + 148_000 + 92_000 - 15_000 - 74_000,
        "least_household_gain_yuan": pytest.approx(min((35_868.44 + 42_835.56) / 9, (167_079.27 + 61_939.64 + 58_093.09) / 11), abs=0.01),
        "company_balance_yuan": 157_174,
        "worst_company_balance_yuan": 157_174,
        "base_balance_yuan": 26_260 + 99_780,
        "worst_base_balance_yuan": 26_260,
        "collective_income_yuan": 21_920,
        "households_above_line": 5,
        "persons_above_line": 20,
        "unsold_t": 0,
        "below_full_price_t": 52,
        "labour_days": 1_850,
    }


def test_accounts_sum_to_margin_and_gain_and_exact_values_to_the_objectives(tiny: Distribution) -> None:
    outcome = outcome_of(tiny, "", 1.0)
    assert sum(outcome.money.values()) == 51_995_000
    assert sum(outcome.household_money.values()) == 36_581_600
    assert outcome.objectives["margin"] == pytest.approx(519_950)
    assert outcome.objectives["household_gain"] == pytest.approx(365_816)
    assert sum(area.mu for area in outcome.areas) == pytest.approx(185)
    assert sum(sold.amount_fen for sold in outcome.sold) == 109_600_000
    assert (outcome.expected, outcome.realised) == ({}, {})
