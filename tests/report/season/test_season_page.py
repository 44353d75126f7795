"""The chapter on the uncertain season, the terminal and the page of a backtest, on years made by hand."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest
from rich.cells import cell_len
from rich.console import Console
from seasons import many_years, season, three_years, year

from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.report.charts import to_json
from optimizer.report.contents import Report
from optimizer.report.html import sections_of, to_html
from optimizer.report.naming import Names
from optimizer.report.page import plotly_js
from optimizer.report.parts import Chart, Section, Table, Text
from optimizer.report.season.page import backtest_page, sections
from optimizer.report.season.parties import solvency
from optimizer.report.season.years import MOST_POINTS, MOST_ROWS
from optimizer.report.terminal import print_summary
from optimizer.report.wording import percent
from optimizer.report.writing import contents
from optimizer.season.season import Season
from optimizer.texts import say


@pytest.fixture(scope="module")
def plain(tiny: Distribution) -> Report:
    return contents(tiny)


def chapter(plain: Report, of: Season) -> Section:
    return next(s for s in sections_of(replace(plain, season=of)) if s.key == "season")


def charts(section: Section) -> dict[str, Chart]:
    return {part.name: part for part in section.parts if isinstance(part, Chart)}


def texts(section: Section) -> str:
    return " ".join(part.text for part in section.parts if isinstance(part, Text))


def table_named(section: Section, caption: str) -> Table:
    return next(part for part in section.parts if isinstance(part, Table) and part.caption.startswith(say(caption)))


def test_there_is_no_chapter_without_a_season(plain: Report) -> None:
    assert "season" not in [section.key for section in sections_of(plain)]
    assert say("season.title") not in to_html(plain)


def test_the_lead_says_what_to_expect_and_names_the_worst_years(plain: Report) -> None:
    lead = chapter(plain, season()).parts[0]
    assert isinstance(lead, Text)
    for words in ("5,000 yuan", "a poor year (−2,000 yuan)", "a good year (10,000 yuan)"):
        assert words in lead.text


def test_what_knowing_and_planning_are_worth_is_said(plain: Report) -> None:
    page = to_html(replace(plain, season=season()))
    assert "750.00 yuan" in page and "250.00 yuan" in page
    idle = to_html(replace(plain, season=season(evpi_yuan=0.0, vss_yuan=1e-7)))
    assert say("season.evpi_nothing") in idle and say("season.vss_nothing") in idle
    absent = to_html(replace(plain, season=season(evpi_yuan=None, vss_yuan=None)))
    assert say("season.figure.evpi") not in absent and say("season.evpi_nothing") not in absent


def test_the_fan_of_the_chain_holds_every_year_and_the_plans_beside_it(plain: Report) -> None:
    *bands, middle, average, years = charts(chapter(plain, season()))["season-chain"].data
    everything, eight, half = bands
    # in thousand yuan; rows: this plan, planted for the average year alone, the year known before planting
    assert everything["base"] == [-2, -4, -1] and everything["x"] == [12, 14, 12]
    assert half["base"] == [-2, -4, -1] and half["x"] == [8, 10.5, 7.5]
    assert middle["x"] == [6, 6.5, 6.5]
    assert average["x"] == [5, 4.75, 5.75]  # by 1/4, 1/2, 1/4
    assert years["x"] == [-2, 6, 10, -4, 6.5, 10, -1, 6.5, 11]
    assert eight["x"] == everything["x"]  # a quarter of the years is more than a tenth


def test_plans_of_another_objective_are_not_drawn_beside_the_margin(plain: Report) -> None:
    settings = plain.instance.settings
    other = settings.model_copy(update={"objective": settings.objective.model_copy(update={"maximise": "household_gain"})})
    changed = replace(plain.instance, settings=other)
    plan = replace(plain.distribution.plan, program=replace(plain.distribution.plan.program, instance=changed))
    report = replace(plain, distribution=replace(plain.distribution, plan=plan))
    assert len(charts(chapter(report, season()))["season-chain"].data[3]["x"]) == 1


def test_every_kind_of_party_has_a_fan(plain: Report) -> None:
    found = charts(chapter(plain, season()))
    assert found["season-company"].data[0]["base"] == [0]
    assert found["season-base"].data[0]["base"] == [-1, -1] and found["season-base"].data[0]["x"] == [3, 5]


def test_losses_and_missed_floors_are_named(plain: Report) -> None:
    words = texts(chapter(plain, season()))
    assert say("season.loses", party="hill", share=percent(0.25), amount="1,000 yuan", year="a poor year") in words
    assert say("season.misses", party="hill", share=percent(0.25), amount="1,000 yuan", year="a poor year") in words
    fine = [replace(y, probability=y.probability * 2) for y in three_years()[1:2]]
    assert [part.text for part in solvency(fine, Names(plain.instance)) if isinstance(part, Text)] == [say("season.no_losses")]


def test_floors_of_nothing_are_not_told_twice(plain: Report) -> None:
    poor, usual, good = three_years()
    missed = pd.DataFrame({"party": ["base", "base"], "id": ["hill", "valley"], "missed_yuan": [1000.0, 1000.0]})
    words = texts(chapter(plain, season((replace(poor, missed=missed), usual, good))))
    assert say("season.missed_same") in words and "ends below its floor" not in words


def test_a_far_line_of_before_is_left_to_the_sentence(plain: Report) -> None:
    near = tuple(replace(y, households_below=2 * n) for n, y in enumerate(three_years()))
    # 4 households before: as many as the most of the one, four times the most of the other
    assert charts(chapter(plain, season(near)))["season-below"].layout["shapes"][0]["x0"] == 4
    few = tuple(replace(y, households_below=min(n, 1)) for n, y in enumerate(three_years()))
    assert "shapes" not in charts(chapter(plain, season(few)))["season-below"].layout


def test_households_below_the_line_stand_by_year_the_most_first(plain: Report) -> None:
    section = chapter(plain, season())
    below = charts(section)["season-below"]
    assert below.data[0]["x"] == [4, 2, 1]
    assert below.layout["yaxis"]["ticktext"] == ["a poor year", "a usual year", "a good year"]
    # before, H1 (10,000 yuan for 4), H3 (12,000 for 6), H5 (5,000 for 2) and H6 (4,000 for 2) have less than 3,218 yuan a head
    assert say("season.below_before", count=4) in texts(section)


def test_the_same_number_below_in_every_year_needs_no_picture(plain: Report) -> None:
    same = tuple(replace(y, households_below=2) for y in three_years())
    section = chapter(plain, season(same))
    assert "season-below" not in charts(section)
    assert say("season.below_always", count=2) in texts(section)


def test_absent_households_are_absent(plain: Report) -> None:
    nobody = tuple(
        replace(y, households_below=None, persons_below=None, household_gain_fen=None, villages=y.villages.iloc[:0]) for y in three_years()
    )
    section = chapter(plain, season(nobody))
    assert not {"season-below", "season-villages"} & set(charts(section))
    header = table_named(section, "season.caption.years").header
    assert say("season.column.below") not in header and say("season.column.gain") not in header


def test_a_year_is_shown_with_and_without_insurance(plain: Report) -> None:
    section = chapter(plain, season())
    _, without, held = charts(section)["season-insurance"].data
    # the poor year less 2,400 of payouts and 400 of premiums; the others less the premiums
    assert without["x"] == [-4, 6.4, 10.4] and held["x"] == [-2, 6, 10]
    rows = table_named(section, "season.caption.insured_parties").rows
    # hill: balances -1,000, 1,000, 2,000 with it, and -2,000, 1,200, 2,200 without: means 750 and 650
    assert [cell.text for cell in rows[0]][:5] == ["hill", "0.7", "0.8", "−2.0", "−1.0"]


def test_sales_by_promotion_are_held_against_its_cost(plain: Report) -> None:
    chart = charts(chapter(plain, season()))["season-promotion"]
    assert chart.data[0]["x"] == [0, 0.3, 0.6]
    assert chart.layout["shapes"][0]["x0"] == 0.1


def test_without_insurance_and_promotion_nothing_is_said_of_them(plain: Report) -> None:
    section = chapter(plain, many_years(5))
    assert not {"season-insurance", "season-promotion"} & set(charts(section))
    assert say("season.insurance_remark") not in texts(section) and say("season.promotion_remark") not in texts(section)


def test_the_table_ends_with_the_mean(plain: Report) -> None:
    table = table_named(chapter(plain, season()), "season.caption.years")
    assert [row[0].text for row in table.rows] == ["a poor year", "a usual year", "a good year", say("season.mean")]
    assert table.rows[-1][2].text == "5.0"


def test_a_ledger_that_does_not_balance_is_named(plain: Report) -> None:
    poor, usual, good = three_years()
    words = texts(chapter(plain, season((poor, replace(usual, ledger_balanced=False), good))))
    assert say("season.unbalanced", years="a usual year") in words and say("season.balanced") not in words


def test_many_years_stay_readable(plain: Report) -> None:
    section = chapter(plain, many_years(1000))
    found = charts(section)
    assert len(found["season-years"].data[0]["x"]) == MOST_POINTS
    assert all(chart.layout["height"] <= 1000 for chart in found.values())
    assert len(table_named(section, "season.caption.years").rows) == MOST_ROWS + 1
    # what is drawn reaches from the worst to the best
    margins = [y.margin_fen / 100_000 for y in many_years(1000).years]
    drawn = found["season-years"].data[0]["x"]
    assert (drawn[0], drawn[-1]) == (round(min(margins), 2), round(max(margins), 2))


@pytest.mark.parametrize("of", [season(), many_years(1), many_years(70)], ids=["three", "one", "seventy"])
def test_every_chart_is_one_plotly_knows(plain: Report, of: Season) -> None:
    for chart in charts(chapter(plain, of)).values():
        go.Figure({"data": json.loads(to_json(chart.data)), "layout": chart.layout})


def test_names_of_years_are_no_markup(plain: Report) -> None:
    evil = "<b>bold</b> & </script><script>alert('x')</script>"
    years = tuple(replace(y, label=f"{evil} {y.scenario}") for y in three_years())
    page = to_html(replace(plain, season=season(years))).replace(plotly_js(), "")
    assert "<b>bold" not in page and "<script>alert" not in page
    assert page == to_html(replace(plain, season=season(years))).replace(plotly_js(), "")


def test_the_reader_sees_no_gaps_of_the_program(plain: Report) -> None:
    for of in (season(), many_years(2), season(evpi_yuan=None, average_plan=(), wait_and_see=())):
        page = to_html(replace(plain, season=of)).replace(plotly_js(), "")
        words = re.sub(r"<script.*?</script>|<style.*?</style>|<[^>]+>", " ", page, flags=re.S).split()
        assert not {"nan", "NaN", "None", "inf", "<NA>"} & set(words)


# --- terminal


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_says_the_same(plain: Report, width: int) -> None:
    console = Console(file=io.StringIO(), width=width)
    print_summary(replace(plain, season=season()), console)
    text = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert say("season.terminal.title", count=3) in text
    assert max(cell_len(line) for line in text.splitlines()) <= min(width, 100)
    assert "a poor year" in " ".join(text.split()) and "750.00 yuan" in " ".join(text.split())


# --- backtest


@pytest.fixture(scope="module")
def names(tiny: Distribution) -> Names:
    instance: Instance = tiny.instance
    return Names(instance)


def test_a_backtest_has_a_section_for_all_it_knows(names: Names) -> None:
    found = sections(three_years(), names, (), 100_000, 5)
    assert [section.key for section in found] == ["years", "parties", "households", "remedies", "table"]
    bare = year(
        "dry", three_years()[0].probability * 4, 5, parties=three_years()[0].parties.iloc[:0], villages=three_years()[0].villages.iloc[:0]
    )
    bare = replace(bare, households_below=None, household_gain_fen=None)
    assert [section.key for section in sections((bare,), names, (), None, None)] == ["years", "table"]


def test_a_backtest_counts_probabilities_in_proportion(names: Names) -> None:
    page = backtest_page(three_years()[:2], names)
    # a poor year 1/3, a usual one 2/3: (-2,000 + 2 x 6,000) / 3
    assert "3,333 yuan" in page


def test_notes_of_a_backtest_come_first_and_stand_alone_without_years(names: Names) -> None:
    page = backtest_page((), names, subtitle="Policy: default", notes=("No plan in a year of ruin.",))
    assert "No plan in a year of ruin." in page and "Policy: default" in page
