"""Why a plan is as it is, in sentences whose every figure was worked out on paper."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from counties import county, with_parts

import optimizer
from optimizer.instance.instance import Instance
from optimizer.problems import InputError
from optimizer.report.explain.asked import Asked, explain
from optimizer.report.explain.crops import change_of_price, crop_sentence, nearest_changes, one_line
from optimizer.report.explain.reading import Explained, read_explained
from optimizer.report.explain.told import Told, Topic
from optimizer.report.naming import Names
from optimizer.report.tables import tables
from optimizer.report.writing import report

TEN_MU: dict[str, Any] = yaml.safe_load("""
title: Ten mu, three crops, one market
periods: [summer]
settings: {practical_units: {"on": no}}
products: [{product: cabbage}, {product: radish, label: White radish 白萝卜}, {product: potato}]
activities: [{activity: grow_cabbage, input_cost_yuan_per_mu: 500}, {activity: grow_radish, input_cost_yuan_per_mu: 600},
             {activity: grow_potato, input_cost_yuan_per_mu: 500}]
occupancy: [{activity: "*", land_class: field, period: summer, land_share: 1}]
yields:
  - {activity: grow_cabbage, product: cabbage, period: summer, yield_kg_per_mu: 4000}
  - {activity: grow_radish, product: radish, period: summer, yield_kg_per_mu: 3000}
  - {activity: grow_potato, product: potato, period: summer, yield_kg_per_mu: 2000}
bases: [{base: hill, label: Hill 山}, {base: rock}]
land: [{base: hill, land_class: field, area_mu: 10}]
markets: [{market: town}]
lanes: [{from: hill, to: town}]
demand:
  - {market: town, product: cabbage, quantity_t: 20, price_yuan_per_kg: 1}
  - {market: town, product: radish, quantity_t: 60, price_yuan_per_kg: 0.5}
  - {market: town, product: potato, quantity_t: 60, price_yuan_per_kg: 0.6}
""")
"""Cabbage earns 4,000 − 500 = 3,500 yuan a mu, but the town takes 20 t of it, which are 5 mu. Radish earns 1,500 − 600 = 900, potato
1,200 − 500 = 700. So 5 mu of cabbage and 5 of radish: 17,500 + 4,500 = 22,000 yuan.

A mu more is worth 900, until radish fills its 60 t on 20 mu: up to 25 mu. A tonne more of cabbage takes a quarter of a mu from
radish: 1,000 − (500 + 900)/4 = 650, until no radish is left, 20 t more. Of cabbage the last mu brings 4,000 − 500 − 900 = 2,600 more
than radish: 0.65 yuan per kg, 65 %. The last mu of radish brings 900, 0.30 yuan per kg, 60 %: in its place stands potato, which
brings 700, so that 200 are left, 0.0667 yuan per kg, 13 %. Potato is 200 short: 0.10 yuan per kg, 17 %."""

CAP = [{"name": "radish_cap", "rule": "max_share", "of": "radish", "within": "all", "share": "0.4", "denominator": "land"}]
LOOSE = [{**CAP[0], "share": "0.9"}]


def told(instance: Instance) -> Told:
    found = tables(optimizer.distribute(optimizer.solve(instance)))
    return Told(Names(instance), found["shadow_prices"], found["activities"], "margin")


@pytest.fixture(scope="module")
def ten_mu(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return told(county(tmp_path_factory.mktemp("ten"), TEN_MU))


def explained(folder: Path, document: dict[str, Any], *changes: str) -> Explained:
    """The county solved, written and read again."""
    report(optimizer.distribute(optimizer.solve(county(folder / "county", document, *changes))), folder / "results")
    return read_explained(folder / "results", with_households=True)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    return explained(tmp_path_factory.mktemp("ten"), TEN_MU)


def line(told: Told, activity: str) -> dict[str, Any]:
    return {str(k): v for k, v in told.crops[told.crops["activity"] == activity].iloc[0].to_dict().items()}


def plainly(text: str) -> str:
    """With plain spaces, as a terminal shows it."""
    return text.replace("\u00a0", " ")


def said(topics: list[Topic]) -> str:
    return plainly("\n".join(text for topic in topics for text in (topic.title, *topic.lines)))


# --- activities


def test_what_is_planted_says_its_account_and_how_far_its_price_may_fall(ten_mu: Told) -> None:
    assert plainly(crop_sentence(ten_mu, line(ten_mu, "grow_cabbage"))) == (
        "grow cabbage (field, 5.00 mu): a mu brings 4,000 yuan at the field and takes 500 yuan in costs of its own, 900 yuan in land. "
        "The last mu leaves 2,600 yuan more than its next best use. It may bring 0.650 yuan per kg (65 %) less; below that none of it "
        "is planted."
    )


def test_the_next_best_use_of_land_is_what_it_takes(ten_mu: Told) -> None:
    assert plainly(crop_sentence(ten_mu, line(ten_mu, "grow_radish"))) == (
        "grow radish (field, 5.00 mu): a mu brings 1,500 yuan at the field and takes 600 yuan in costs of its own, 700 yuan in land. "
        "The last mu leaves 200 yuan more than its next best use. It may bring 0.067 yuan per kg (13 %) less; below that none of it "
        "is planted."
    )


def test_what_is_not_planted_says_what_would_bring_it_in(ten_mu: Told) -> None:
    assert plainly(crop_sentence(ten_mu, line(ten_mu, "grow_potato"), with_base=True)) == (
        "grow potato (Hill 山, field, not planted): a mu brings 1,200 yuan at the field and takes 500 yuan in costs of its own, 900 yuan "
        "in land. A first mu would cost 200 yuan more than it brings. It would pay if it brought 0.100 yuan per kg (17 %) more, or "
        "yielded 17 % more."
    )


def test_a_base_in_one_sentence(ten_mu: Told) -> None:
    assert plainly(one_line(ten_mu, "hill")) == "Hill 山 grows 10 mu: grow cabbage 5.00 mu, grow radish 5.00 mu."
    assert one_line(ten_mu, "rock") == "rock grows nothing."


def test_the_nearest_changes_come_first(ten_mu: Told) -> None:
    enter, *leave = nearest_changes(ten_mu)
    assert "grow potato" in enter and "0.100 yuan per kg" in enter
    assert "grow radish" in leave[0] and "grow cabbage" in leave[1]


@pytest.mark.parametrize(("gain", "words"), [(0.0, "neither add nor cost"), (math.nan, "no plan could have a first mu")])
def test_what_is_on_the_edge_or_unknown_is_said_so(ten_mu: Told, gain: float, words: str) -> None:
    potato = {**line(ten_mu, "grow_potato"), "gain": gain}
    assert words in crop_sentence(ten_mu, potato)


def test_prices_of_less_than_a_fen_keep_their_figures() -> None:
    per_mu = {"harvest_kg_per_mu": 3800.0, "worth": 1778.5}
    assert change_of_price(per_mu, 0.00126)[0] == "0.0013"
    assert change_of_price({**per_mu, "worth": 0.0}, 0.5) == ("0.500", "")


def test_figures_of_what_is_made_small_are_turned_so_that_more_is_better(tmp_path: Path, ten_mu: Told) -> None:
    """Told of an objective that is minimised, what the table counts as a rise is a cost."""
    small = county(tmp_path, with_parts(TEN_MU, settings={"objective": {"minimise": "margin"}}))
    turned = Told(Names(small), ten_mu.prices, ten_mu.activities, "margin")
    assert (turned.crops["worth"] == -ten_mu.crops["worth"]).all()


# --- a whole plan, a base, an activity


def test_the_whole_plan_names_its_limits_with_range(written: Explained) -> None:
    text = said(explain(written, Asked(), "results"))
    assert "Land there is to rent (Hill 山, field): one mu more would add 900 yuan to the margin of the whole chain" in text
    assert "for 15.0 mu more, up to 25 mu" in text
    assert "one tonne more would add 650 yuan" in text and "for 20.0 t more, up to 40 t" in text
    assert "Hill 山 grows 10 mu" in text


def test_a_base_by_its_label_or_half_of_it(written: Explained) -> None:
    texts = {name: said(explain(written, Asked(base=name), "results")) for name in ("hill", "Hill 山", "山", "HILL")}
    assert len(set(texts.values())) == 1
    text = texts["hill"]
    for words in ("Hill 山: what it grows, and why", "leaves 2,600 yuan", "would cost 200 yuan", "one mu more would add 900 yuan"):
        assert words in text


def test_a_base_with_nothing_says_so(written: Explained) -> None:
    assert "rock grows nothing." in said(explain(written, Asked(base="rock"), "results"))


def test_an_activity_says_where_it_stands_and_where_it_cannot(written: Explained) -> None:
    text = said(explain(written, Asked(activity="grow_radish"), "results"))
    assert "grow radish (Hill 山, field, 5.00 mu)" in text and "It cannot stand at rock" in text


def test_a_product_stands_for_all_that_yield_it(written: Explained) -> None:
    assert "grow radish (Hill 山, field, 5.00 mu)" in said(explain(written, Asked(activity="白萝卜"), "results"))


def test_a_base_and_an_activity_together_are_that_pair(written: Explained) -> None:
    topics = explain(written, Asked(base="hill", activity="grow_potato"), "results")
    assert topics[0].lines == ("It is planted nowhere that was asked for.",)
    assert [len(topic.lines) for topic in topics] == [1, 1] and "It would pay if" in topics[1].lines[0]


def test_all_names_that_are_not_known_are_told_at_once(written: Explained) -> None:
    with pytest.raises(InputError) as error:
        explain(written, Asked("hil", "grow_radisch", "teir", "H1"), "results")
    assert {(p.file, p.nearest) for p in error.value.problems} == {
        ("--base", "hill"), ("--activity", "grow_radish"), ("--rule", "tier"), ("--household", "")
    }  # fmt: skip


def test_a_name_that_may_stand_for_several_is_asked_about(tmp_path: Path) -> None:
    both = with_parts(TEN_MU, bases=[{"base": "hill", "label": "North"}, {"base": "rock", "label": "north"}])
    given = explained(tmp_path, both)
    with pytest.raises(InputError) as error:
        explain(given, Asked(base="NORTH"), "results")
    assert "hill, rock" in str(error.value)


# --- rules


def test_a_share_cap_in_percentage_points(tmp_path: Path) -> None:
    """Radish on 0.4 of 10 mu: 4 mu of it, and potato on the mu that is left. A mu of radish more takes one of potato: 900 − 700 =
    200, for the one mu that potato has; one point is 0.1 mu, hence 20 yuan, for 10 points."""
    text = said(explain(explained(tmp_path, with_parts(TEN_MU, rules=CAP)), Asked(rule="radish cap"), "results"))
    assert "one mu more would add 200 yuan" in text and "for 1.00 mu more, up to 5.0 mu" in text
    assert "the share is 40.0 %, one point is 0.100 mu, and one point more for this limit alone would add 20.0 yuan" in text
    assert "That holds for 10.0 points." in text


def test_a_share_of_what_is_planted_is_said_to_move(tmp_path: Path) -> None:
    """The same of planted mu, all 10 of them."""
    rule = [{**CAP[0], "denominator": "planted"}]
    text = said(explain(explained(tmp_path, with_parts(TEN_MU, rules=rule)), Asked(rule="radish_cap"), "results"))
    assert "one point is 0.100 mu" in text and "right for a small step" in text and "points." not in text.split("small step")[1]


def test_a_rule_that_does_not_bind_says_how_much_room_is_left(tmp_path: Path) -> None:
    text = said(explain(explained(tmp_path, with_parts(TEN_MU, rules=LOOSE)), Asked(rule="radish_cap"), "results"))
    assert "Limits of this kind: 1. Met exactly: 0." in text and "4.00 mu left" in text and "costs the plan nothing" in text


def test_a_rule_that_is_not_active_says_so(tmp_path: Path) -> None:
    rule = [{**CAP[0], "active": "no"}]
    text = said(explain(explained(tmp_path, with_parts(TEN_MU, rules=rule)), Asked(rule="radish_cap"), "results"))
    assert "limits nothing in this plan" in text


def test_a_kind_of_rule_by_name_and_by_what_the_report_calls_it(written: Explained) -> None:
    of_kind, of_label = (said(explain(written, Asked(rule=name), "results")) for name in ("land_area", "Land there is to rent"))
    assert of_kind == of_label and "one mu more would add 900 yuan" in of_kind


# --- reading


def test_what_was_written_reads_as_it_was(written: Explained) -> None:
    """Of an instance whose files are as they were only names and rules are read, which takes no time."""
    assert written.is_as_it_was and "demand" not in written.instance.tables


def test_an_instance_that_changed_since_is_noticed(tmp_path: Path) -> None:
    report(optimizer.distribute(optimizer.solve(county(tmp_path / "county", TEN_MU))), tmp_path / "results")
    county(tmp_path / "county", with_parts(TEN_MU, title="Another"))
    given = read_explained(tmp_path / "results", with_households=False)
    assert not given.is_as_it_was and "have changed since" in " ".join(given.notes)


def test_of_an_uncertain_season_it_is_said_what_the_figures_are(tmp_path: Path) -> None:
    years = [{"scenario": "dry", "probability": "0.5"}, {"scenario": "wet", "probability": "0.5"}]
    factors = [{"scenario": "dry", "figure": "yield", "factor": "0.8"}, {"scenario": "wet", "figure": "yield", "factor": "1.2"}]
    settings = {**TEN_MU["settings"], "risk": {"measure": "expected"}}
    of = with_parts(TEN_MU, scenarios=years, scenario_factors=factors, settings=settings)
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "instance.yaml").write_text(json.dumps(of), encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "optimizer.cli", "solve", "county"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    given = read_explained(tmp_path / "results" / "county" / "default", with_households=False)
    assert "made for an uncertain season" in given.notes[0] and "no plan could do with less" in said(explain(given, Asked(base="hill"), ""))


def test_a_plan_with_changes_is_explained_too(tmp_path: Path) -> None:
    given = explained(tmp_path, TEN_MU, "land[base=hill].area_mu=5")
    assert "Hill 山 grows 5 mu" in said(explain(given, Asked(), "results")).replace("5.00", "5")


def test_a_folder_from_before_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    explained(tmp_path, TEN_MU)
    folder = tmp_path / "results"
    (folder / "activities.csv").unlink()
    prices = pd.read_csv(folder / "shadow_prices.csv")
    prices.drop(columns=["one_sided", "holds_to"]).to_csv(folder / "shadow_prices.csv", index=False)
    with pytest.raises(InputError) as error:
        read_explained(folder, with_households=False)
    assert [Path(p.file).name for p in error.value.problems] == ["activities.csv", "shadow_prices.csv"]
    assert all("optimizer solve" in p.expected for p in error.value.problems)
    assert "one_sided, holds_to" in error.value.problems[1].found


def test_a_figure_that_is_none_is_told(tmp_path: Path) -> None:
    explained(tmp_path, TEN_MU)
    file = tmp_path / "results" / "activities.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("4000.0", "many"), encoding="utf-8")
    with pytest.raises(InputError) as error:
        read_explained(tmp_path / "results", with_households=False)
    assert {p.found for p in error.value.problems} == {"many"}
