"""Policies for an uncertain season where a comparison shows figures, and the picture of mean against risk; by hand."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from comparisons import outcome
from rich.console import Console

import optimizer
from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.policy.comparison import NO_PLAN, REFERENCE, Comparison, Frontier, InYear, Outcome, Point, Weighed
from optimizer.report.compare.labels import Labels
from optimizer.report.compare.page import comparison_page, sections_of
from optimizer.report.compare.plans import plan_files, policy_beneath
from optimizer.report.compare.sections_opening import sentences
from optimizer.report.compare.sections_tradeoffs import curve, frontier_parts
from optimizer.report.compare.tables import tables
from optimizer.report.compare.terminal import print_comparison
from optimizer.report.compare.workbook import write_comparison_workbook
from optimizer.season.seasons import season_of
from tests.counties import county
from tests.season.farmers import farmer

FIGURES = {"expected_yuan": 1_083_900.0, "cvar_yuan": 488_200.0, "worst_yuan": -412_300.0, "evpi_yuan": 70_155.6, "vss_yuan": 11_500.0}
YEARS = (InYear("good", 0.5, 2_580_100.0), InYear("bad", 0.5, -412_300.0))


def uncertain(instance: Instance, policy: str, seed: int) -> Outcome:
    made = outcome(instance, policy, seed)
    return replace(made, years=YEARS, figures={**made.figures, **FIGURES})


@pytest.fixture(scope="module")
def compared(tiny_instance: Instance) -> Comparison:
    """The uncertain policy has the greater margin, in its average year."""
    outcomes = (outcome(tiny_instance, REFERENCE, 1), uncertain(tiny_instance, "wary", 2))
    points = [
        Point(weight, x, y, False, uncertain(tiny_instance, f"weights-{number:02d}", 10 + number))
        for number, (weight, x, y) in enumerate([(0.0, 400_000.0, 1_500_000.0), (1.0, 900_000.0, 1_200_000.0)], start=1)
    ]
    points.append(Point(0.5, None, None, False, Outcome("weights-03", "wary", NO_PLAN, why=("No.",))))
    weights = Frontier("weights", "margin", "settings.risk.weight", "high", False, tuple(points), "wary", Weighed("cvar", "margin", 0.9))
    return Comparison(tiny_instance, outcomes, frontiers=(weights,))


def on_terminal(compared: Comparison) -> str:
    written = io.StringIO()
    print_comparison(compared, Console(file=written, width=80))
    return written.getvalue()


def test_table_has_the_figures_of_uncertain_policies_and_empty_cells_for_others(compared: Comparison) -> None:
    table = tables(compared)["comparison"].set_index("policy")
    assert table.loc["wary", list(FIGURES)].to_dict() == FIGURES
    assert table.loc[REFERENCE, list(FIGURES)].isna().all()
    assert "expected_yuan_change" not in table


def test_a_comparison_without_uncertain_policies_has_no_such_columns(compared: Comparison) -> None:
    certain = replace(compared, outcomes=compared.outcomes[:1], frontiers=())
    assert not set(FIGURES) & set(tables(certain)["comparison"])
    assert "Uncertain season" not in comparison_page(certain)
    assert "Uncertain season" not in on_terminal(certain)


def test_points_of_a_curve_have_their_years_in_the_table(compared: Comparison) -> None:
    table = tables(compared)["frontiers"]
    assert table["expected_yuan"].tolist()[:2] == [1_083_900.0] * 2
    assert table["cvar_yuan"].tolist()[:2] == [488_200.0] * 2
    assert table["curve_of"].tolist() == ["wary"] * 3
    assert table["measure"].tolist() == ["cvar"] * 3
    assert table["x"].isna().tolist() == [False, False, True]


def test_page_has_a_group_of_columns_and_says_what_the_others_are_of(compared: Comparison) -> None:
    policies = next(section for section in sections_of(compared) if section.key == "policies")
    table = policies.parts[1]
    assert ("Uncertain season", 5) in table.groups  # type: ignore[union-attr]
    page = comparison_page(compared)
    assert "their other figures are of the average year" in page


def test_a_figure_of_the_average_year_is_not_called_the_best(compared: Comparison) -> None:
    reference, wary = compared.outcomes
    assert wary.figures["margin_yuan"] > reference.figures["margin_yuan"]
    said = sentences(compared, Labels(compared))
    assert any(line.startswith("No policy has a greater margin than the plan in force") for line in said)
    assert any(line.startswith("Planned for all possible years, wary: 1.08 million yuan can be expected") for line in said), said


def test_terminal_has_a_table_of_its_own_that_fits_eighty_columns(compared: Comparison) -> None:
    lines = on_terminal(compared).splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("Uncertain season"))
    row = next(line for line in lines[head:] if line.startswith("wary"))
    assert len(row.split()) == 6
    assert max(map(len, lines)) <= 80


def test_workbook_has_the_columns(compared: Comparison, tmp_path: Path) -> None:
    write_comparison_workbook(compared, tables(compared), tmp_path / "c.xlsx")
    sheet = pd.read_excel(tmp_path / "c.xlsx", sheet_name="policies", header=None)
    text = " ".join(str(cell) for cell in sheet.to_numpy().ravel())
    assert "cvar" in text and "488200" in text


def test_the_picture_lays_the_measure_across_not_the_weight(compared: Comparison) -> None:
    labels, weights = Labels(compared), compared.frontiers[0]
    unit = labels.money_unit[0]
    chart = curve(weights, 0, weights.points[:2], labels)
    assert chart.data[1]["x"] == pytest.approx([400_000 / unit, 900_000 / unit])
    assert chart.data[1]["y"] == pytest.approx([1_500_000 / unit, 1_200_000 / unit])
    assert "margin in the worst 10 % of the years, on average" in str(chart.layout["xaxis"]).replace("\\xa0", " ")
    assert "expected margin" in str(chart.layout["yaxis"])
    assert "policy: wary" in chart.caption
    missed = frontier_parts(weights, 0, labels)[-1]
    assert "No plan is possible for weight of the measure at: 0.50" in str(missed)


# --- the plan behind a row


def test_a_page_of_a_plan_has_the_chapter_on_its_season(tmp_path: Path) -> None:
    row = {"policy": "wary", "table": "settings", "column": "risk.measure", "operator": "set", "value": "cvar"}
    curves = [{"frontier": "weights", "policy": "wary", "maximise": "margin", "against": "settings.risk.weight", "from": 0, "to": 1}]
    instance = county(tmp_path / "farm", {**farmer(measure="none"), "policies": [row], "frontiers": curves})
    given = optimizer.load(tmp_path / "farm", "wary")
    assert policy_beneath(replace(instance, policy="weights-03")) == "wary"
    assert policy_beneath(replace(instance, policy="coordinated")) == "coordinated"
    distribution: Distribution = optimizer.distribute(optimizer.solve(given))
    files = plan_files(distribution, season_of(distribution), tmp_path / "out")
    assert "An uncertain season" in files["report.html"]
    assert "scenarios.csv" in files
    assert "An uncertain season" not in plan_files(distribution, None, tmp_path / "out")["report.html"]
