"""A stored plan in other years, against figures worked out by hand for the county of instances/tiny."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest
from counties import FARM, county, distributed, with_parts
from stored_plans import Kept, kept

from optimizer.household.distribution import Distribution
from optimizer.instance.scenarios import years_from
from optimizer.problems import InputError, NoPlan
from optimizer.program.rows import Columns
from optimizer.report.backtest import households_table, planned_fen, summary
from optimizer.report.season.tables import scenarios_table
from optimizer.season.backtest import Backtest, backtest
from optimizer.season.stored import FIRST_STAGE, require_known, targets

YEARS = """scenario,label,figure,market,product,base,factor
same,As planned,price,*,*,*,1
good,A good year,price,*,*,*,1.1
cheap,Cheap cabbage,price,*,cabbage,*,0.5
hail,Hail at hill,yield,*,*,hill,0.5
"""
# Areas stay as in instances/tiny: hill 30 mu of cabbage and 20 of potato, valley 60, 45 (radish) and 30. Inputs, labour and
# rent are 171000 + 148000 + 92000 = 411000 in every year; fees are 5 % of the sales.
# same    519950, as planned.
# good    At 1.1 times the price a tonne from hill earns 0.8*1425*1.1 - 400 = 854 in far's second tier and 855*1.1 - 100 = 840.50
#         in near's, so that 20 t go far: sales 1096000*1.1 + 20*(0.8*1650 - 990) = 1212200, freight 110250 + 20*300 = 116250:
#         1212200 - 411000 - 116250 - 60610 = 624340.
# cheap   Hill cannot reach its floor of 0: it misses least with all of its 120 t in first tiers (800 yuan a tonne at near, and
#         0.8*1000 at far): 49 % of 96000 + 96000 (potato) less 108000 of costs = -13920. Then the margin: 20 t of hill at far take
#         16 t of its tier, valley sends 180 t there for the other 144 t, and 60 t to near at 450 (which earns 427.50 - 50 against
#         0.8*712.50 - 250 = 320). Sales 192000 + 144000 + 27000 + 310000 + 144000 = 817000, freight 18000 + 48000 + 31250 + 7000 =
#         104250: 817000 - 411000 - 104250 - 40850 = 260900.
# hail    Hill: 60 t of cabbage at near and 20 t of potato: 49 % of 144000 less 108000 = -37440. Valley takes the 40 t left in
#         near's first tier and far's (200 t sent): sales 144000 + 64000 + 320000 + 310000 + 144000 = 982000, freight 94250:
#         982000 - 411000 - 94250 - 49100 = 427650.
MARGINS = {"same": 51995000, "good": 62434000, "cheap": 26090000, "hail": 42765000}
MISSED = {"cheap": 13920.0, "hail": 37440.0}


@pytest.fixture(scope="module")
def plan(tiny: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(tiny, tmp_path_factory.mktemp("kept") / "result")


@pytest.fixture(scope="module")
def found(plan: Kept, tmp_path_factory: pytest.TempPathFactory) -> Backtest:
    file = tmp_path_factory.mktemp("years") / "years.csv"
    file.write_text(YEARS, encoding="utf-8")
    return backtest(plan.instance, plan.stored, years_from(plan.instance, file))


def test_margins_are_those_worked_out_by_hand(found: Backtest) -> None:
    assert {year.scenario: year.margin_fen for year in found.years} == MARGINS
    assert found.expected_margin_fen == Fraction(sum(MARGINS.values()), 4)
    assert not found.without


def test_floors_that_a_year_does_not_allow_are_missed_by_as_little_as_can_be(found: Backtest) -> None:
    missed = {(y.scenario, m.party, m.id): m.missed_yuan for y in found.years for m in y.missed.itertuples()}
    assert missed == pytest.approx({(year, "base", "hill"): yuan for year, yuan in MISSED.items()})


def test_every_year_is_divided_to_the_fen(found: Backtest) -> None:
    for year in found.years:
        assert year.ledger_balanced
        assert sum(year.accounts.values()) == year.margin_fen


def test_households_below_the_line_are_counted_in_every_year(found: Backtest) -> None:
    # only H6 (2 people), whom nothing is tied to, stays below; before the plan H1, H3, H5 and H6 were
    assert found.households_before == 4
    table = households_table(found)
    county_rows = table[table["village"] == ""]
    assert county_rows["households_below"].tolist() == [1, 1, 1, 1]
    assert county_rows["persons_below"].tolist() == [2, 2, 2, 2]
    villages = table[table["village"] != ""].groupby("scenario", sort=False)["gain_yuan"].sum()
    assert villages.tolist() == pytest.approx(county_rows["gain_yuan"].tolist())


def test_tables_and_summary_hold_the_same_years(found: Backtest) -> None:
    table = scenarios_table(found.years)
    chain = table[table["party"] == "chain"].set_index("scenario")["balance_yuan"]
    assert (chain * 100).round().astype(int).to_dict() == MARGINS
    told = summary(found, 51995000)
    assert (told["planned_margin_yuan"], told["worst"]["scenario"], told["best"]["scenario"]) == (519950.0, "cheap", "good")
    assert {row["scenario"]: row["missed_yuan"] for row in told["missed"]} == MISSED
    assert planned_fen({"objectives": {"margin": 519950.0}}) == 51995000
    assert planned_fen({}) is None


def test_what_was_stored_is_what_was_decided(plan: Kept, tiny: Distribution) -> None:
    columns = plan.program.columns
    for kind in ("area", "rented", "harvest", "work", "ship", "sell"):
        frame = columns[kind]
        assert targets(plan.stored, columns, kind) == pytest.approx(tiny.plan.values[frame["column"]], abs=1e-6), kind
    assert plan.stored.first_stage()["area"]["value"].sum() == 185


def test_a_year_whose_promise_cannot_be_kept_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    # 10 mu at 1 t each, of which 9 t are promised; a yield of 0.8 leaves 8
    promise = {"contract": "school", "market": "town", "product": "cabbage", "period": "late", "quantity_t": 9, "hard": "yes"}
    promise |= {"price_yuan_per_kg": 2, "buyer": "leading"}
    instance = county(tmp_path / "farm", with_parts(FARM, contracts=[{k: v for k, v in promise.items() if k in PROMISE}]))
    plan = kept(distributed(instance), tmp_path / "result")
    file = tmp_path / "years.csv"
    file.write_text("scenario,label,figure,factor\ndry,A dry year,yield,0.8\nfair,A fair year,yield,0.95\n", encoding="utf-8")
    found = backtest(plan.instance, plan.stored, years_from(plan.instance, file))
    assert [year.scenario for year in found.years] == ["fair"]
    assert [year.scenario for year in found.without] == ["dry"]
    assert any("school" in line and "1 t" in line for line in found.without[0].lines)
    file.write_text("scenario,figure,factor\ndry,yield,0.8\n", encoding="utf-8")
    with pytest.raises(NoPlan, match="school"):
        backtest(plan.instance, plan.stored, years_from(plan.instance, file))


PROMISE = ("contract", "market", "product", "period", "quantity_t", "hard")


def test_a_plan_of_another_instance_is_refused_with_its_row(plan: Kept) -> None:
    frames = dict(plan.program.columns.frames)
    frames["area"] = frames["area"][frames["area"]["activity"] != "grow_potato"]
    fewer = Columns(frames=frames, units=plan.program.columns.units, count=plan.program.columns.count)
    with pytest.raises(InputError) as error:
        require_known(plan.stored, plan.instance, fewer, FIRST_STAGE)
    lines = pd.read_csv(plan.folder / "plan.csv")
    potato = lines.index[(lines["decision"] == "area") & (lines["activity"] == "grow_potato")] + 2
    assert [problem.row for problem in error.value.problems] == potato.tolist()
    assert all(problem.file.endswith("plan.csv") for problem in error.value.problems)
