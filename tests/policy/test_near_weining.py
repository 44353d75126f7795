"""Near-equal plans of the reference county: what is promised holds at full size. It takes some minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

import optimizer
from optimizer.policy.near import near
from optimizer.policy.near_ground import figures_of, reached
from optimizer.report.near.writing import write_near

WEINING = Path(__file__).parent.parent.parent / "instances" / "weining"


@pytest.mark.slow
def test_weining_has_alternatives_within_two_percent_inside_the_ranges(tmp_path: Path) -> None:
    found = near(optimizer.load(WEINING))
    assert {one.kind for one in found.alternatives} == {
        "most_diversified", "most_jobs", "most_even", "most_to_households", "fewest_lanes",
    }  # fmt: skip
    ranges = {(row.kind, row.name, row.figure): row for row in found.ranges.itertuples(index=False)}
    for one in (found.plan, *found.alternatives):
        assert reached(found.instance, one.distribution) >= found.promised - 0.005
        assert one.distribution.unbalanced.empty
        plan = one.distribution.plan
        for figure in figures_of(plan.program):
            row, exact = ranges[figure.key], figure.of(plan.exact_values)
            room = 1e-6 * (1 + abs(exact))
            assert row.least - room <= exact <= row.most + room, (one.kind, figure.key)
    kinds = {one.kind: one.figures for one in found.alternatives}
    assert kinds["most_diversified"]["effective_products"] > found.plan.figures["effective_products"]
    assert kinds["most_jobs"]["labour_days"] > found.plan.figures["labour_days"]
    assert kinds["most_even"]["least_household_gain_yuan"] > found.plan.figures["least_household_gain_yuan"]
    assert kinds["most_to_households"]["household_gain_yuan"] > found.plan.figures["household_gain_yuan"]
    assert kinds["fewest_lanes"]["lanes"] < found.plan.figures["lanes"] / 2
    write_near(found, tmp_path / "near", tmp_path / "default")
    assert (tmp_path / "near" / "fewest_lanes" / "report.html").is_file()
