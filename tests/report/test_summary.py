"""The figures of summary.json on the county worked out by hand, and that each is a sum of ledger lines."""

from __future__ import annotations

import pytest

from optimizer.household.distribution import Distribution
from optimizer.household.figures import diversity, objectives, oversupply
from optimizer.report.summary import summarise
from optimizer.report.tables import tables


def test_objectives_come_from_the_ledger(tiny: Distribution) -> None:
    assert objectives(tiny) == {
        "sales": 1096000.0,
        "margin": 519950.0,
        "household_gain": 365816.0,
        # margin + wages 148000 + rent of leased land 92000 − forgone 89000
        "county_income": 519950.0 + 148000.0 + 92000.0 - 89000.0,
        # hill: (35868.44 + 42835.56) yuan for 9 linked heads
        "least_household_gain": round((35868.44 + 42835.56) / 9, 2),
    }


def test_diversity_is_of_planted_mu(tiny: Distribution) -> None:
    index = (90**2 + 45**2 + 50**2) / 185**2
    assert diversity(tiny.plan) == {"effective_products": round(1 / index, 6), "herfindahl": round(index, 6)}


def test_below_full_price_is_what_is_sold_in_later_tiers(tiny: Distribution) -> None:
    below, total = 20 + 32, 120 + 192 + 125 + 80 + 100
    assert oversupply(tiny) == {"unsold_t": 0.0, "sold_below_full_price_share": round(below / total, 6)}


def test_summary_has_every_key_of_the_contract(tiny: Distribution) -> None:
    summary = summarise(tiny)
    assert {"instance", "policy", "status", "objective", "objectives", "sales_fen", "split", "alternative_split", "parties",
            "households", "diversity", "oversupply", "ledger", "solver"} <= set(summary)  # fmt: skip
    assert summary["split"]["reading"] == "nested"
    assert summary["alternative_split"]["reading"] == "points"
    parts = ("company_fen", "household_fen", "base_fen", "collective_fen", "government_fen", "suspense_fen")
    for split in (summary["split"], summary["alternative_split"]):
        assert sum(split[part] for part in parts) == split["basis_fen"] == summary["sales_fen"]


def test_every_account_of_a_party_sums_to_its_balance(tiny: Distribution) -> None:
    parties = tables(tiny)["parties"]
    accounts = [c for c in parties.columns if c.endswith("_fen") and c not in ("income_fen", "costs_fen", "balance_fen")]
    assert (parties[accounts].sum(axis=1) == parties["balance_fen"]).all()


@pytest.mark.parametrize("name", ["plan", "shipments", "sales", "parties", "households", "shadow_prices", "activities"])
def test_tables_keep_their_first_columns(tiny: Distribution, name: str) -> None:
    first = {
        "plan": ["decision"],
        "shipments": ["origin", "product", "from", "to", "period", "sent_t", "arrives_t"],
        "sales": ["sale", "base", "product", "period", "market", "channel", "tier", "kg", "price_yuan_per_kg", "amount_fen"],
        "parties": ["party", "id", "income_fen", "costs_fen", "balance_fen"],
        "households": ["household", "village", "persons", "dividend_fen", "wage_fen", "rent_fen", "share_fen", "forgone_fen",
                       "gain_fen", "income_before_fen", "income_after_fen"],
        "shadow_prices": ["rule"],
        "activities": ["base", "land_class", "activity", "planted", "area_mu", "harvest_kg_per_mu", "worth_yuan_per_mu"],
    }  # fmt: skip
    assert list(tables(tiny)[name].columns)[: len(first[name])] == first[name]
