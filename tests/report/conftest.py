"""Reports that several tests read."""

from __future__ import annotations

from typing import Any

import pytest
from bundles import bundle
from counties import FARM, county, distributed, with_parts

from optimizer.household.distribution import Distribution
from optimizer.report.contents import Report

EVIL = "<b>bold</b> & </script><script>alert('x')</script> %{x} =1+1"


@pytest.fixture(scope="session")
def tiny_report(tiny: Distribution) -> Report:
    both = tiny.parties[tiny.parties["party"].isin(["company", "base"])][["party", "id", "balance_fen"]].reset_index(drop=True)
    return bundle(tiny, without_participation=both.assign(balance_without_fen=both["balance_fen"] - 20_000_000))


@pytest.fixture(scope="session")
def evil_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A county whose every label tries to be markup, a template or a formula."""
    parts: dict[str, Any] = {"title": EVIL, "notice": EVIL}
    for table in ("products", "activities", "bases", "companies", "villages", "markets"):
        parts[table] = [{**row, "label": f"{row[table_key(table)]} {EVIL}"} for row in FARM.get(table, [])]
    return bundle(distributed(county(tmp_path_factory.mktemp("evil"), with_parts(FARM, **parts))), notes=(EVIL,), versions={"a": EVIL})


def table_key(table: str) -> str:
    return {"companies": "company", "activities": "activity", "bases": "base"}.get(table, table[:-1])


@pytest.fixture(scope="session")
def empty_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A county where nothing pays."""
    return bundle(distributed(county(tmp_path_factory.mktemp("empty"), FARM, "activities.input_cost_yuan_per_mu=90000")))


@pytest.fixture(scope="session")
def plain_report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A county without split, households or more than one period."""
    document = with_parts(
        FARM,
        split=None,
        households=None,
        links=None,
        poverty_lines=None,
        periods=["year"],
        settings={},
        activity_use=[{"activity": "grow", "period": "year", "resource": "labour", "use_per_mu": 3}],
        yields=[{"activity": "grow", "product": "cabbage", "period": "year", "yield_kg_per_mu": 1000}],
        demand=[{"market": "town", "product": "cabbage", "period": "year", "quantity_t": 100, "price_yuan_per_kg": "2"}],
    )
    return bundle(distributed(county(tmp_path_factory.mktemp("plain"), document)))
