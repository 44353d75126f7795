"""Policies for an uncertain season in a comparison, and curves between mean and risk: the farmer of Birge & Louveaux."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.instance.loading import instance_of, read_given
from optimizer.policy.comparison import REFERENCE, Comparison, Frontier, InYear, Outcome, Weighed
from optimizer.policy.frontier import reached
from optimizer.policy.jobs import as_given
from optimizer.problems import InputError
from optimizer.program.live import Live
from optimizer.season.season import Season
from tests.season.farmers import farmer

WEIGHT = "settings.risk.weight"


def setting(policy: str, column: str, value: str) -> dict[str, str]:
    return {"policy": policy, "table": "settings", "column": column, "operator": "set", "value": value}


def curve(name: str, against: str, low: str, high: str, **more: str) -> dict[str, str]:
    row = {"frontier": name, "policy": "cautious", "maximise": "margin", "against": against, "from": low, "to": high, "points": "3"}
    return {**row, **more}


POLICIES = [setting("expected", "risk.measure", "expected"), setting("cautious", "risk.measure", "cvar")]
CURVES = [
    curve("weights", WEIGHT, "0", "1"),
    curve("limits", "settings.risk.limit_yuan", "48820", "59950", points="2"),
    curve("levels", "settings.risk.level", "0", "0.9", points="2"),
    curve("land", "land.area_mu", "400", "500", points="2"),
    curve("certain_land", "land.area_mu", "400", "500", points="2", policy="default"),
]


def document(**risk: str) -> dict[str, Any]:
    return {**farmer(**{"measure": "none", **risk}), "policies": POLICIES, "frontiers": CURVES}


def written(folder: Path, content: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "instance.yaml").write_text(json.dumps(content), encoding="utf-8")
    return folder


def shown(distribution: Distribution, season: Season | None) -> Mapping[str, str]:
    """What was handed over to make the files of a plan."""
    return {"years.txt": " ".join(year.scenario for year in season.years) if season else "none"}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return optimizer.compare(written(tmp_path_factory.mktemp("mean_risk") / "farm", document()), show=shown, seasons=0)


def named(compared: Comparison, name: str) -> Frontier:
    return next(frontier for frontier in compared.frontiers if frontier.name == name)


# --- figures of a policy


def test_figures_of_an_uncertain_policy_are_those_of_the_textbook(compared: Comparison) -> None:
    """RP 108 390, EVPI 7 016, VSS 1 150; the years bring 167 000, 109 350 and 48 820, so that the worst tenth is the bad year."""
    figures = compared.outcome("expected").figures
    assert (figures["expected_yuan"], figures["evpi_yuan"], figures["vss_yuan"]) == (108_390, 7_015.56, 1_150)
    assert (figures["cvar_yuan"], figures["worst_yuan"]) == (48_820, 48_820)
    assert figures["margin_yuan"] == 109_350, "the other figures are of the average year"


def test_the_objectives_of_an_uncertain_policy_are_means_over_its_years(compared: Comparison) -> None:
    """170 mu of wheat, 80 of corn and 250 of beets: 310, 225 or 140 t of wheat at 170 and 6 000, 5 000 or 4 000 t of beets at 36 are
    sold, and in the good year 48 t of corn at 150: 275 900, 218 250 or 167 800."""
    outcome = compared.outcome("expected")
    assert outcome.objectives["margin"] == pytest.approx(108_390)
    assert outcome.objectives["sales"] == pytest.approx((275_900 + 218_250 + 167_800) / 3)
    assert [year.scenario for year in outcome.years] == ["average", "bad", "good"]
    assert [year.measured_yuan for year in outcome.years] == pytest.approx([109_350, 48_820, 167_000])
    assert sum(year.probability for year in outcome.years) == pytest.approx(1)


def test_other_policies_have_no_figures_of_a_season(compared: Comparison) -> None:
    for policy in (REFERENCE, "uncoordinated", "coordinated"):
        outcome = compared.outcome(policy)
        assert outcome.is_plan and not outcome.is_uncertain
        assert not {"expected_yuan", "cvar_yuan", "worst_yuan", "evpi_yuan", "vss_yuan"} & set(outcome.figures)
        assert outcome.objectives["margin"] == pytest.approx(outcome.figures["margin_yuan"])


def test_what_makes_the_files_of_a_plan_is_given_its_years(compared: Comparison) -> None:
    assert compared.outcome("cautious").files == {"years.txt": "average bad good"}
    assert compared.outcome(REFERENCE).files == {"years.txt": "none"}
    assert named(compared, "weights").points[0].outcome.files == {"years.txt": "average bad good"}


def test_a_plan_for_all_years_says_why_it_was_not_made_from_the_last_one(compared: Comparison) -> None:
    assert compared.outcome("cautious").rebuilt_because == "all possible years are decided together"
    assert not compared.outcome("cautious").restarted
    assert compared.outcome("coordinated").restarted, "the plans between which it stands go on from each other"


def test_an_outcome_that_was_kept_is_the_one_that_was_made(tmp_path: Path) -> None:
    farm = written(tmp_path / "farm", document())
    first, again = (optimizer.compare(farm, ["cautious"], store=tmp_path / "store") for _ in range(2))
    assert first.outcomes == again.outcomes, "seconds included: nothing was solved again"


# --- an instance that is uncertain itself


def test_what_all_others_are_held_against_is_planned_for_the_data_as_given(compared: Comparison, tmp_path: Path) -> None:
    farm = written(tmp_path / "farm", document(measure="cvar"))
    found = optimizer.compare(farm, ["uncoordinated", "coordinated", "expected"])
    for policy in (REFERENCE, "uncoordinated", "coordinated"):
        assert found.outcome(policy).figures == compared.outcome(policy).figures
        assert found.outcome(policy).changes[-1] == "settings.risk.measure=none"
    assert found.outcome("expected").figures == compared.outcome("expected").figures
    assert any("measure of risk" in note for note in found.notes)
    assert compared.notes == ()


def test_an_instance_that_is_certain_already_is_not_changed(tmp_path: Path) -> None:
    given = read_given(written(tmp_path / "farm", document()))
    assert as_given(given).changes == ()
    assert as_given(given, "cautious").policy == "cautious"
    assert as_given(given, "cautious").settings.risk.measure == "none"


def test_a_live_solver_refuses_to_leave_risk_aside(tmp_path: Path) -> None:
    given = read_given(written(tmp_path / "farm", document()))
    with pytest.raises(AssertionError, match="decide_uncertain"):
        Live().decide(instance_of(given, "cautious"))


# --- curves


def test_the_curve_of_weights_runs_from_the_best_mean_to_the_best_bad_year(compared: Comparison) -> None:
    """Weight 0 is the textbook's plan: mean 108 390, bad year 48 820. Weight 1 at level 0.9 is the best bad year: 100 mu of
    wheat, 25 of corn and 375 of beets bring 216 000 − 37 800 − 118 250 = 59 950 in it, 86 600 and 113 250 in the others: mean 86 600.

    Weight 1/2 makes mean + bad year as great as possible: 100 mu of wheat, 100 of corn and 300 of beets (the quota of an average
    year) bring 147 000, 117 500 and 172 800 − 116 000 = 56 800: mean 107 100. Together 163 900, at the ends 157 210 and 146 550.
    """
    found = named(compared, "weights")
    assert [point.limit for point in found.points] == [0, 0.5, 1]
    assert [point.x for point in found.points] == pytest.approx([48_820, 56_800, 59_950])
    assert [point.y for point in found.points] == pytest.approx([108_390, 107_100, 86_600])
    assert not any(point.is_dominated for point in found.points)
    assert (found.policy, found.weighed, found.better) == ("cautious", Weighed("cvar", "margin", 0.9), "high")
    assert [point.outcome.parent for point in found.points] == ["cautious"] * 3


def test_points_carry_what_their_years_come_to(compared: Comparison) -> None:
    for point in named(compared, "weights").points:
        figures = point.outcome.figures
        assert (figures["cvar_yuan"], figures["expected_yuan"]) == (point.x, pytest.approx(point.y))


def test_limits_are_kept_and_end_where_weights_end(compared: Comparison) -> None:
    ends = [(48_820, 108_390), (59_950, 86_600)]
    assert [(point.x, point.y) for point in named(compared, "limits").points] == [pytest.approx(end) for end in ends]


def test_levels_are_judged_at_the_level_of_the_policy(compared: Comparison) -> None:
    """Level 0 makes the mean as great as possible. Its own CVaR would be that mean; at the policy's level 0.9 it is the bad year."""
    first, last = named(compared, "levels").points
    assert first.outcome.figures["cvar_yuan"] == 108_390
    assert (first.x, first.y) == pytest.approx((48_820, 108_390))
    assert (last.x, last.y) == pytest.approx((59_950, 86_600))


def test_no_curve_of_an_uncertain_plan_claims_to_be_concave(compared: Comparison) -> None:
    assert [named(compared, name).is_concave for name in ("weights", "limits", "levels", "land")] == [False] * 4
    assert named(compared, "certain_land").is_concave


def test_a_curve_along_anything_else_has_the_expectation_over_it(compared: Comparison) -> None:
    """All 500 mu: the mean of the plan with the best bad year. The same curve for the data as given ends at the textbook's 118 600."""
    land, certain = named(compared, "land"), named(compared, "certain_land")
    assert land.weighed is None
    assert (land.points[-1].x, land.points[-1].y) == (500, pytest.approx(86_600))
    assert (certain.policy, certain.points[-1].y) == (REFERENCE, pytest.approx(118_600))
    assert not certain.points[-1].outcome.is_uncertain


def test_what_is_reached_of_each_measure_by_hand() -> None:
    """100, 40 and −20 with 1/4, 1/2 and 1/4: mean 40, mean deviation (60 + 0 + 60) / 4 = 30; the worst half is −20 and 40."""
    years = (InYear("good", 0.25, 100.0), InYear("usual", 0.5, 40.0), InYear("bad", 0.25, -20.0))
    outcome = Outcome("p", "", "optimal", years=years)
    assert reached(outcome, Weighed("cvar", "margin", 0.5)) == 10
    assert reached(outcome, Weighed("worst", "margin", 0.5)) == -20
    assert reached(outcome, Weighed("deviation", "margin", 0.5)) == 30
    assert reached(Outcome("p", "", "no plan"), Weighed("worst", "margin", 0.5)) is None


def test_less_deviation_is_better(tmp_path: Path) -> None:
    """The textbook's years lie 58 610, 960 and 59 570 from their mean. With some weight on that, less of it is had for less mean:
    neither end beats the other."""
    content = document()
    content["policies"] = [setting("steady", "risk.measure", "deviation")]
    content["frontiers"] = [curve("steadiness", WEIGHT, "0", "0.5", policy="steady", points="2")]
    found = named(optimizer.compare(written(tmp_path / "farm", content), ["steadiness"]), "steadiness")
    first, last = found.points
    assert found.better == "low"
    assert (first.x, first.y) == (pytest.approx((58_610 + 960 + 59_570) / 3), pytest.approx(108_390))
    assert last.x is not None and last.y is not None and first.x is not None and first.y is not None
    assert last.x < first.x and last.y < first.y
    assert not first.is_dominated and not last.is_dominated


def test_a_limit_that_no_plan_can_keep_is_a_point_that_says_so(tmp_path: Path) -> None:
    content = document()
    content["frontiers"] = [curve("limits", "settings.risk.limit_yuan", "50000", "60000", points="2")]
    first, last = named(optimizer.compare(written(tmp_path / "farm", content), ["limits"]), "limits").points
    assert first.x == pytest.approx(50_000)
    assert (last.limit, last.x, last.y, last.outcome.is_plan) == (60_000, None, None, False)
    assert last.outcome.why


# --- what is refused


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"policy": "cautoius"}, "policy: found cautoius; expected one of default, uncoordinated, coordinated, cautious"),
        ({"policy": "default"}, "policy: found default; expected a policy whose settings.risk.measure is cvar, worst, deviation"),
        ({"policy": "expected"}, "(its measure is expected)"),
        ({"policy": "worst", "against": "settings.risk.level", "to": "0.9"}, "is cvar, which this attribute is of (its measure is worst)"),
        ({"to": "2"}, "to: found settings.risk.weight=2; expected a weight from 0 to 1"),
        ({"to": "1.5", "policy": "worst"}, "to: found settings.risk.weight=1.5; expected a weight from 0 to 1"),
        ({"policy": "grid"}, "policy: found grid; expected one of the 2 policies"),
    ],
)  # fmt: skip
def test_a_curve_that_makes_no_sense_is_refused_on_loading(row: dict[str, str], says: str, tmp_path: Path) -> None:
    content = document()
    content["policies"] = [*POLICIES, setting("worst", "risk.measure", "worst"), setting("grid", "risk.level", "0.5 | 0.9")]
    content["frontiers"] = [{**curve("f", WEIGHT, "0", "1"), **row}]
    with pytest.raises(InputError) as error:
        optimizer.load(written(tmp_path / "farm", content))
    assert len(error.value.problems) == 1
    assert says in str(error.value)


def test_a_curve_may_be_of_a_rule_that_only_its_policy_wants(tmp_path: Path) -> None:
    content = document()
    content["rules"] = [
        *content.get("rules", []),
        {"name": "cap", "rule": "max_share", "of": "each product", "within": "all", "share": "0.5", "active": "no"},
    ]
    content["policies"] = [
        {"policy": "capped", "table": "rules", "where": "name=cap", "column": "active", "operator": "set", "value": "yes"}
    ]
    content["frontiers"] = [curve("caps", "rules[name=cap].share", "0.4", "0.6", policy="capped")]
    assert len(optimizer.load(written(tmp_path / "farm", content)).table("frontiers")) == 1
    content["frontiers"][0]["policy"] = "default"
    with pytest.raises(InputError, match="a rule that is active"):
        optimizer.load(written(tmp_path / "farm", content))
