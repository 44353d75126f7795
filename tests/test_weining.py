"""The reference county: the committed result is what a clean run gives."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.program.through_pulp import has_cbc
from optimizer.report.provenance import versions
from optimizer.report.summary import summarise
from optimizer.report.tables import tables

ROOT = Path(__file__).parent.parent
COMMITTED = ROOT / "results" / "weining" / "default"
FIGURES = ("pulp", "highspy", "numpy", "pandas")
"""Packages whose version can change a figure."""


@pytest.fixture(scope="module")
def weining() -> Distribution:
    return optimizer.distribute(optimizer.solve(optimizer.load(ROOT / "instances" / "weining")))


def committed(name: str) -> dict:
    return json.loads((COMMITTED / name).read_text(encoding="utf-8"))


def test_the_committed_result_is_of_these_tables(weining: Distribution) -> None:
    assert committed("run.json")["inputs_sha256"] == dict(sorted(weining.instance.hashes.items()))


def test_tables_are_reproduced_byte_by_byte_with_the_same_versions(weining: Distribution) -> None:
    then, now = committed("run.json")["versions"], versions()
    if any(then[name] != now[name] for name in FIGURES):
        pytest.skip("other versions of the solver or the table library; the optimum is compared below")
    for name, table in tables(weining).items():
        assert table.to_csv(index=False, lineterminator="\n") == (COMMITTED / f"{name}.csv").read_text(encoding="utf-8"), name


def test_the_optimum_is_the_same_with_any_versions(weining: Distribution) -> None:
    then, now = committed("summary.json"), summarise(weining)
    assert now["objective"]["value_yuan"] == pytest.approx(then["objective"]["value_yuan"], rel=1e-6)
    assert now["objective"]["plan_yuan"] == pytest.approx(now["objective"]["value_yuan"], rel=1e-4)


def test_the_ledger_is_balanced(weining: Distribution) -> None:
    assert weining.unbalanced.empty


def test_nobody_takes_part_at_a_loss(weining: Distribution) -> None:
    parties = weining.parties
    assert (parties.loc[parties["party"].isin(["company", "base"]), "balance_fen"] >= 0).all()


def test_household_pots_are_paid_out_to_the_fen(weining: Distribution) -> None:
    split = weining.split
    assert split is not None
    assert weining.households["dividend_fen"].sum() == split["household_fen"]
    assert split["suspense_fen"] == 0


def test_no_base_grows_more_of_a_crop_than_the_cap(weining: Distribution) -> None:
    area = weining.plan.decisions("area")
    cap = weining.instance.table("rules").set_index("name")["share"]["one_crop_cap"]
    yields = weining.instance.table("yields")[["activity", "product"]].drop_duplicates()
    joined = area.merge(yields, left_on="data_activity", right_on="activity", suffixes=("", "_data"))
    centimu = (joined["value"] * 100).round().astype("int64")
    of_product = centimu.groupby([joined["base"], joined["product"]]).sum()
    planted = (area["value"] * 100).round().astype("int64").groupby(area["base"]).sum()
    for (base, _product), units in of_product.items():
        assert int(units) * cap.denominator <= int(planted[base]) * cap.numerator


def test_the_register_is_the_one_described() -> None:
    households = pd.read_csv(ROOT / "instances" / "weining" / "households.csv")
    assert len(households) == 13078
    assert households["persons"].sum() == 65000


@pytest.mark.slow
@pytest.mark.skipif(not has_cbc(), reason="CBC is not installed")
def test_a_second_opinion_plants_the_same(weining: Distribution) -> None:
    other = optimizer.solve(weining.instance, solver="cbc")
    assert other.objective_yuan == pytest.approx(weining.plan.objective_yuan, rel=1e-9)
    assert other.decisions("area")["value"].tolist() == weining.plan.decisions("area")["value"].tolist()
