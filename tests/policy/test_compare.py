"""Policies side by side: rows in a fixed order, the same whoever did the work, and none missing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from counties import FARM, with_parts

import optimizer
from optimizer.instance.loading import read_given
from optimizer.policy import chain
from optimizer.policy.comparison import NO_PLAN, OPTIMAL, REFUSED, Comparison, Outcome
from optimizer.problems import InputError


def row(
    policy: str, table: str = "", where: str = "", column: str = "", operator: str = "", value: str = "", extends: str = ""
) -> dict[str, str]:
    cells = {"policy": policy, "extends": extends, "table": table, "where": where, "column": column, "operator": operator, "value": value}
    return {name: cell for name, cell in cells.items() if cell}


POLICIES = [
    row("same", "demand", "", "quantity_t", "multiply", "1"),
    row("price", "demand", "", "price_yuan_per_kg", "set", "1.5 | 2.5"),
    row("impossible", "settings", "", "participation.company", "set", "1000000"),
    row("senseless", "rules", "name=cap", "share", "set", "0.4"),
    row("closed", "demand", "", "quantity_t", "multiply", "0"),
    row("cheap_and_dear", "lanes", "", "cost_yuan_per_t", "multiply", "2", extends="same"),
]
RULES = [{"name": "cap", "rule": "max_share", "of": "each product", "within": "each base", "share": "1"}]


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compare") / "farm"
    folder.mkdir()
    (folder / "instance.yaml").write_text(json.dumps(with_parts(FARM, policies=POLICIES, rules=RULES)), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def compared(farm: Path) -> Comparison:
    return optimizer.compare(farm)


def without_times(outcome: Outcome) -> dict[str, Any]:
    return {**dataclasses.asdict(outcome), "solve_seconds": None}


def test_every_policy_is_a_row_the_reference_first(compared: Comparison) -> None:
    names = [
        "default",
        "same",
        "price-1.5",
        "price-2.5",
        "impossible",
        "senseless",
        "closed",
        "cheap_and_dear",
        "uncoordinated",
        "coordinated",
    ]
    assert [outcome.policy for outcome in compared.outcomes] == names
    assert [outcome.parent for outcome in compared.outcomes] == ["", *["default"] * 6, "same", "default", "default"]


def test_a_policy_that_changes_nothing_gives_the_figures_of_the_reference_exactly(compared: Comparison) -> None:
    own = {"policy", "parent", "changes", "solve_seconds", "restarted", "rebuilt_because"}
    same, reference = (dataclasses.asdict(compared.outcome(name)) for name in ("same", "default"))
    assert {k: v for k, v in same.items() if k not in own} == {k: v for k, v in reference.items() if k not in own}
    assert compared.outcome("same").restarted


def test_figures_are_those_of_the_plan_worked_out_by_hand(compared: Comparison) -> None:
    """10 t at 2 yuan/kg: sales 20,000, fees 1,000, freight 100, inputs 1,000, labour 30 days at 50, rent 2,000."""
    figures = compared.reference.figures
    assert figures["sales_yuan"] == 20_000
    assert figures["margin_yuan"] == 20_000 - 1_000 - 100 - 1_000 - 1_500 - 2_000
    assert figures["labour_days"] == 30
    assert figures["company_balance_yuan"] == 0.49 * 0.6 * 20_000 - 1_100
    assert figures["base_balance_yuan"] == 0.49 * 20_000 - 4_500
    assert figures["collective_income_yuan"] == 400
    assert (figures["effective_products"], figures["herfindahl"]) == (1, 1)
    assert "households_above_line" not in figures, "the county has no poverty line"


def test_a_policy_without_a_plan_is_a_row_that_says_why(compared: Comparison) -> None:
    assert compared.outcome("impossible").status == NO_PLAN
    assert any("leading" in line for line in compared.outcome("impossible").why)
    assert compared.outcome("senseless").status == REFUSED
    assert any("cap" in line for line in compared.outcome("senseless").why)
    assert compared.outcome("impossible").figures == {}
    assert compared.outcome("closed").status == OPTIMAL, "growing nothing is a plan"


def test_one_base_alone_in_one_market_loses_nothing_by_planning_alone(compared: Comparison) -> None:
    alone, together = compared.outcome("uncoordinated"), compared.outcome("coordinated")
    assert alone.figures["margin_yuan"] == together.figures["margin_yuan"] == alone.figures["planned_margin_yuan"]


def test_results_are_the_same_however_many_workers_there_are(farm: Path, compared: Comparison) -> None:
    shared = optimizer.compare(farm, workers=2)
    assert list(map(without_times, shared.outcomes)) == list(map(without_times, compared.outcomes))
    assert shared.seasons == compared.seasons
    assert shared.wholes == compared.wholes


@pytest.mark.slow
def test_a_cluster_gives_the_same_also_where_one_of_its_workers_is_killed(farm: Path, compared: Comparison) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        killed = []

        def kill_one(finished: int, count: int) -> None:
            if not killed:
                killed.append(True)
                next(iter(cluster.workers.values())).process.process.kill()

        shared = optimizer.compare(farm, scheduler=cluster.scheduler_address, done=kill_one)
    assert killed
    assert list(map(without_times, shared.outcomes)) == list(map(without_times, compared.outcomes))


def test_an_interrupted_comparison_goes_on_where_it_stopped(farm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = optimizer.compare(farm, ["same", "price"], store=tmp_path / "store")
    for place in sorted((tmp_path / "store").iterdir())[:2]:
        place.unlink()
    made: list[str] = []
    solve = chain.Runner._made

    def counted(self: chain.Runner, instance: Any, parent: str) -> Outcome:
        made.append(instance.policy)
        return solve(self, instance, parent)

    monkeypatch.setattr(chain.Runner, "_made", counted)
    again = optimizer.compare(farm, ["same", "price"], store=tmp_path / "store")
    assert len(made) == 2
    assert list(map(without_times, again.outcomes)) == list(map(without_times, whole.outcomes))


def test_single_names_are_compared_with_the_reference_and_nothing_else(farm: Path) -> None:
    compared = optimizer.compare(farm, ["price-2.5", "coordinated"])
    assert [outcome.policy for outcome in compared.outcomes] == ["default", "price-2.5", "coordinated"]
    assert compared.seasons == () and compared.wholes == ()


def test_unknown_names_are_refused_all_at_once(farm: Path) -> None:
    with pytest.raises(InputError) as error:
        optimizer.compare(farm, ["prise", "closed", "nothing"])
    assert [problem.found for problem in error.value.problems] == ["nothing", "prise"]
    assert {problem.nearest for problem in error.value.problems} == {"price", ""}


def test_a_huge_grid_is_refused_unless_one_is_sure(tmp_path: Path) -> None:
    values = " | ".join(f"{i / 1000:.3f}" for i in range(1, 400))
    rows = [row("huge", "demand", "", "price_yuan_per_kg", "set", values), row("huge", "lanes", "", "cost_yuan_per_t", "set", values)]
    (tmp_path / "instance.yaml").write_text(json.dumps(with_parts(FARM, policies=rows)), encoding="utf-8")
    with pytest.raises(InputError, match="159203 policies") as error:
        optimizer.compare(read_given(tmp_path))
    assert "--yes" in str(error.value)
