"""Weining's comparison: the committed tables are what a run gives, and the README says what they say."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import optimizer
from optimizer.instance.grids import named
from optimizer.instance.loading import instance_of, read_given
from optimizer.program.program import build, has_the_same_goods

ROOT = Path(__file__).parent.parent
WEINING = ROOT / "instances" / "weining"
MILLION = 1_000_000
SHOWN = ("margin_yuan", "household_gain_yuan", "company_balance_yuan", "worst_base_balance_yuan")


@pytest.fixture(scope="module")
def committed() -> pd.DataFrame:
    return pd.read_csv(ROOT / "results" / "weining" / "compare" / "comparison.csv").set_index("policy")


def test_every_policy_of_the_county_has_a_row(committed: pd.DataFrame) -> None:
    policies = read_given(WEINING).policies
    own = [one.policy for policy in policies.rows for one in named(policy, policies)]
    assert list(committed.index) == ["default", *own, "uncoordinated", "coordinated"]


def test_the_table_in_the_readme_is_that_of_the_comparison(committed: pd.DataFrame) -> None:
    lines = [line.strip("| ").split(" | ") for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines()]
    rows = {cells[0]: cells[1:] for cells in lines if len(cells) == 6 and cells[0] in committed.index}
    assert len(rows) >= 10
    for policy, cells in rows.items():
        figures = committed.loc[policy]
        assert [float(cell) for cell in cells[:-1]] == pytest.approx([figures[name] / MILLION for name in SHOWN], abs=0.051), policy
        assert float(cells[-1]) == pytest.approx(figures["effective_products"], abs=0.0051), policy


def test_the_reference_row_is_the_committed_plan(committed: pd.DataFrame) -> None:
    parties = pd.read_csv(ROOT / "results" / "weining" / "default" / "parties.csv")
    reference = committed.loc["default"]
    assert round(100 * reference["company_balance_yuan"]) == parties.loc[parties["party"] == "company", "balance_fen"].sum()
    assert round(100 * reference["base_balance_yuan"]) == parties.loc[parties["party"] == "base", "balance_fen"].sum()


def test_points_of_the_trade_offs_are_never_dominated_and_concave_where_theory_says_so() -> None:
    points = pd.read_csv(ROOT / "results" / "weining" / "compare" / "frontiers.csv")
    curve = points[(points["frontier"] == "margin_or_gain") & ~points["dominated"]].sort_values("x")
    assert len(curve) == 11
    assert (curve["y"].diff().dropna() < 0).all()
    slopes = curve["y"].diff().dropna().to_numpy() / curve["x"].diff().dropna().to_numpy()
    assert (slopes[1:] <= slopes[:-1] + 1e-4).all()


def test_a_policy_that_moves_a_cap_shares_every_other_table_so_that_its_program_is_not_built_anew() -> None:
    given = read_given(WEINING)
    own, moved = instance_of(given), instance_of(given, "share_cap-0.30")
    assert [name for name in own.tables if own.tables[name] is not moved.tables[name]] == ["rules"]
    assert has_the_same_goods(moved, build(own))


@pytest.mark.slow
def test_a_run_gives_the_committed_figures(committed: pd.DataFrame) -> None:
    names = ["no_diversification", "share_cap-0.30", "potato_quota", "rule_2019", "uncoordinated", "coordinated"]
    compared = optimizer.compare(WEINING, names)
    assert [outcome.policy for outcome in compared.outcomes] == ["default", *names]
    for outcome in compared.outcomes:
        known = committed.loc[outcome.policy]
        for name in ("sales_yuan", "margin_yuan", "household_gain_yuan"):
            assert outcome.figures[name] == pytest.approx(known[name], rel=1e-4), (outcome.policy, name)
    assert sum(outcome.restarted for outcome in compared.outcomes) >= 3
