"""docs/performance.md and docs/national.md are made from what was measured, whatever of it is there."""

from __future__ import annotations

import xml.etree.ElementTree
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from tests.benchmarks.__main__ import RESULTS
from tests.benchmarks.figure import LINE, Panel, apart, picture, ticks
from tests.benchmarks.growth import AXES, write
from tests.benchmarks.page import DOCS, NOT_MEASURED, Found, cell, everything, per_million, run, seconds, table

PAGES = everything(RESULTS)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_it_is_current(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name], "run: python -m tests.benchmarks page"


def test_no_picture_is_left_over() -> None:
    there = {f"pictures/{file.name}" for file in (DOCS / "pictures").glob("growth_*.svg")}
    assert there == {name for name in PAGES if name.endswith(".svg")}


def test_without_any_figures_it_says_so(tmp_path: Path) -> None:
    pages = everything(tmp_path)
    assert set(pages) == {"performance.md", "national.md"}
    assert NOT_MEASURED in pages["performance.md"]
    assert NOT_MEASURED in pages["national.md"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """Bases were measured, with one point too many; time goes with the square, memory in proportion."""
    rows = [
        {"axis": axis, "at": at, "runs": 1, "decisions": 10 * at, "rows": at, "terms": 20 * at, "load_s": 0.01, "check_s": 0.02 * at,
         "solve_s": 0.1 * at**2, "divide_s": 1e-6 * at, "total_s": 0.1 * at**2 + 0.02 * at, "peak_mb": 100.0 + at, "own_mb": 1.0 * at}
        for axis in ("bases", "households")
        for at in (10, 20, 40)
    ]  # fmt: skip
    write(pd.DataFrame([*rows, {"axis": "bases", "at": 80, "note": "not done within 120 s"}]), tmp_path)
    return tmp_path


def test_exponents_are_those_of_the_points(results: Path) -> None:
    found = pd.read_csv(results / "exponents.csv").set_index(["axis", "what"])
    assert found.loc[("bases", "solve"), "exponent"] == pytest.approx(2.0)
    assert found.loc[("bases", "own_mb"), "exponent"] == pytest.approx(1.0)
    assert found.loc[("bases", "solve"), "further_s"] == pytest.approx(160 * 100)
    assert pd.isna(found.loc[("bases", "load"), "exponent"])


def test_the_bottleneck_is_named(results: Path) -> None:
    page = everything(results)["performance.md"]
    assert "| bases | 10 … 40 | 3 |" in page
    assert "| solve (100 %) | solve |" in page


def test_pictures_are_whole_and_linked(results: Path) -> None:
    pages = everything(results)
    for axis in ("bases", "households"):
        name = f"pictures/growth_{axis}.svg"
        xml.etree.ElementTree.fromstring(pages[name])
        assert f"({name})" in pages["performance.md"]
    assert "growth_markets" not in pages["performance.md"]


def test_quick_pages_stay_out_of_docs(results: Path) -> None:
    before = (DOCS / "performance.md").read_bytes()
    run(results, quick=True)
    assert (DOCS / "performance.md").read_bytes() == before
    assert (results / "performance.md").is_file()


def test_households_are_told_by_the_last_step(results: Path) -> None:
    assert per_million(Found(results)) == pytest.approx(0.02e6 + 1.0)


def test_seconds_are_unknown_where_one_phase_is(tmp_path: Path) -> None:
    rows = [("county", "load", 1.5), ("county", "check", 0.5), ("county", "solve", None)]
    pd.DataFrame(rows, columns=["size", "phase", "seconds"]).to_csv(tmp_path / "sizes.csv", index=False)
    assert seconds(Found(tmp_path), "county", ("load", "check")) == 2.0
    assert seconds(Found(tmp_path), "county", ("load", "solve")) is None


def test_a_table_shows_the_rows_and_columns_asked_for(tmp_path: Path) -> None:
    (tmp_path / "peers.csv").write_text("tool,total_s,run\nours,1.25,1\nlinopy,12.5,median\n", encoding="utf-8")
    shown = table(Found(tmp_path), "peers", {"tool": "tool", "total_s": "seconds"}, {"run": "median"})
    assert shown.splitlines() == ["| tool | seconds |", "| --- | ---: |", "| linopy | 12.5 |"]


@pytest.mark.parametrize(
    ("value", "column", "text"),
    [
        (1234567.0, "", "1,234,567"),
        (0.123456, "", "0.123"),
        (3e-9, "", "3e-09"),
        (0.254, "share", "25 %"),
        (None, "", ""),
        ("yes", "", "yes"),
    ],
)
def test_figures_are_written_to_be_read(value: object, column: str, text: str) -> None:
    assert cell(value, column) == text


def test_every_axis_has_a_chapter() -> None:
    page = (DOCS / "performance.in.md").read_text(encoding="utf-8")
    assert all(f'"{axis}"' in page for axis in AXES)


def test_a_power_is_a_straight_line() -> None:
    drawn = xml.etree.ElementTree.fromstring(picture("bases", [1, 10, 100], [Panel("seconds", {"solve": [1.0, 100.0, 10_000.0]})]))
    [line] = drawn.iter("{http://www.w3.org/2000/svg}polyline")
    (x1, y1), (x2, y2), (x3, y3) = (map(float, place.split(",")) for place in line.attrib["points"].split())
    assert (y2 - y1) / (x2 - x1) == pytest.approx((y3 - y2) / (x3 - x2), abs=0.01)


def test_labels_keep_apart() -> None:
    places = [y for y, _, _ in apart([(50.0, "one", ""), (51.0, "other", ""), (52.0, "third", "")])]
    assert all(below - above >= LINE for above, below in pairwise(places))


def test_an_axis_has_more_than_one_figure() -> None:
    assert ticks(0.9, 1100) == [1, 10, 100, 1000]
    assert ticks(3, 30) == [5, 10, 20]
