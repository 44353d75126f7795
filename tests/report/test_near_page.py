"""The page of near-equal plans on instances/tiny, and on a county whose names try to be markup."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest
from counties import FARM, TINY, county, with_parts
from rich.console import Console

import optimizer
from optimizer.policy.near import Near, near
from optimizer.report.near.charts import Span, spans
from optimizer.report.near.page import near_page
from optimizer.report.near.tables import alternatives_table, ranges_text
from optimizer.report.near.words import lead, share_text
from optimizer.report.near.writing import print_near, write_near

UNBROKEN = "\u00a0"
"""Stands between figures and their units, so that no line ends there."""

EVIL = "<b>bold</b> & </script><script>alert('x')</script> %{x} =1+1"


@pytest.fixture(scope="module")
def found() -> Near:
    return near(optimizer.load(TINY))


def test_the_page_says_what_may_be_given_up_and_what_stays(found: Near) -> None:
    page = near_page(found).replace(UNBROKEN, " ")
    for words in ("519,950 yuan", "10,399 yuan", "509,551 yuan", "cabbage (at least 76 mu)", "hill (at least 32 mu)"):
        assert words in page, words


def test_every_alternative_stands_in_the_table_with_a_link_and_those_that_are_not_there_with_a_reason(found: Near) -> None:
    page = near_page(found)
    for one in found.alternatives:
        assert f'href="{one.kind}/report.html"' in page
    assert "Most days of work: no measure counts days of work" in page


def test_the_same_plans_give_the_same_page_that_needs_no_network(found: Near) -> None:
    page = near_page(found)
    assert page == near_page(found)
    assert 'src="http' not in page and "default-src 'none'" in page


def test_a_bar_stands_from_the_least_to_the_most_and_marks_beside_each_other() -> None:
    rows = [
        Span("potato", 2.0, 5.0, 9.0, (3.0, 4.0), ("a", "b", "c", "d")),
        Span("herbs", 0.0, 0.0, np.inf, (0.0, 1.0), ("e", "f", "g", "h")),
    ]
    data, layout = spans(rows, ["one", "other"], "mu")
    bar, plan, one, other = data
    go.Figure(data, layout)  # plotly takes it
    assert (bar["base"], bar["x"][0]) == ([2.0, 0.0], 7.0)
    assert bar["x"][1] == pytest.approx(9.9)  # without a limit: a tenth beyond the largest figure
    assert (plan["x"], plan["y"]) == ([5.0, 0.0], [2.0, 1.0])
    assert one["x"] == [3.0, 0.0] and other["x"] == [4.0, 1.0]
    assert all(a > b for a, b in zip(one["y"], other["y"], strict=True))


def test_names_are_shown_as_they_are_written(tmp_path: Path) -> None:
    parts = {t: [{**row, "label": f"{row[t[:-1]]} {EVIL}"} for row in FARM[t]] for t in ("products", "bases", "markets")}
    evil = near(county(tmp_path / "evil", with_parts(FARM, title=EVIL, **parts)), 0.1)
    page = near_page(evil)
    assert "<script>alert" not in page and "<b>bold" not in page


def test_what_has_no_limit_says_so_in_the_table(found: Near) -> None:
    ranges = found.ranges.assign(most=[np.inf, *found.ranges["most"][1:]])
    table = ranges_text(replace(found, ranges=ranges))
    assert table["most"].tolist()[:2] == ["unlimited", found.ranges["most"][1]]
    assert "unlimited" in near_page(replace(found, ranges=ranges))


def test_the_changes_of_an_alternative_can_be_typed(found: Near) -> None:
    changes = alternatives_table(found).set_index("alternative")["changes"]
    assert changes["plan"] == ""
    assert changes["most_diversified"] == "--set 'rules[name=one_crop_cap].share=0.5148'"


def test_shares_have_as_many_decimals_as_they_need(found: Near) -> None:
    assert [share_text(share).replace(UNBROKEN, " ") for share in (0.02, 0.005, 0.0125)] == ["2 %", "0.5 %", "1.25 %"]
    assert "If at most 2 % of it" in lead(found).replace(UNBROKEN, " ")


def test_the_terminal_fits_its_width(found: Near) -> None:
    console = Console(file=io.StringIO(), width=80)
    print_near(found, console)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert max(map(len, text.splitlines())) <= 80
    header = next(line for line in text.splitlines() if line.startswith("Alternative"))
    assert header.split() == ["Alternative", "costs", "moved", "products", "days", "least", "gain", "lanes"]


def test_a_second_run_takes_the_place_of_the_first(found: Near, tmp_path: Path) -> None:
    for _ in range(2):
        write_near(found, tmp_path / "near", tmp_path / "result")
    assert {f.name for f in tmp_path.iterdir()} == {"near"}
    fewer = replace(found, alternatives=found.alternatives[:1])
    write_near(fewer, tmp_path / "near", tmp_path / "result")
    assert [f.name for f in (tmp_path / "near").iterdir() if f.is_dir()] == ["most_diversified"]
