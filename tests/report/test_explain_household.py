"""What a household is told, with the figures of the tiny county by hand (instances/tiny/instance.yaml)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from counties import FARM, TINY, county, distributed, with_parts

import optimizer
from optimizer.report.explain.asked import Asked, explain
from optimizer.report.explain.reading import Explained, read_explained
from optimizer.report.explain.told import Topic
from optimizer.report.writing import report


def said(topics: list[Topic]) -> str:
    return "\n".join(text for topic in topics for text in (topic.title, *topic.lines)).replace("\u00a0", " ")


@pytest.fixture(scope="module")
def tiny_read(tmp_path_factory: pytest.TempPathFactory) -> Explained:
    folder = tmp_path_factory.mktemp("tiny") / "results"
    report(distributed(optimizer.load(TINY)), folder)
    return read_explained(folder, with_households=True)


def told(given: Explained, household: str) -> str:
    return said(explain(given, Asked(household=household), "results/tiny"))


def farm(folder: Path, **parts: Any) -> Explained:
    report(distributed(county(folder / "county", with_parts(FARM, **parts))), folder / "results")
    return read_explained(folder / "results", with_households=True)


def test_what_it_gains_and_from_what(tiny_read: Explained) -> None:
    assert (
        "H1 (hill village, 4 people) gains 35,868.44 yuan by the plan: dividends 23,868.44, wages 20,000.00, rent 8,000.00, "
        "less 16,000.00 that its land and its days would have earned otherwise."
    ) in told(tiny_read, "H1")


def test_how_its_pot_is_divided(tiny_read: Explained) -> None:
    """34,888 + 18,816 yuan come to the pots of hill, for 4 + 5 people."""
    text = told(tiny_read, "H1")
    assert "hill, dividends: 53,704 yuan come together in the year and are divided per head among 2 households." in text
    assert "As ties stand in late, 44.4 % of what comes in is this household's." in text


def test_what_more_sales_would_bring_it(tiny_read: Explained) -> None:
    """0.49 of 0.40 of 10,000 yuan are 1,960; 4 of 9 heads are 871.11."""
    assert "Of every 10,000 yuan more that hill sells, it would receive 871 yuan as dividends." in told(tiny_read, "H1")


def test_what_more_work_and_land_would_bring(tiny_read: Explained) -> None:
    text = told(tiny_read, "H1")
    assert "A day more of work brings 80.0 yuan; 40.0 are forgone elsewhere, 40.0 are gained." in text
    assert "A mu more leased to hill brings 400 yuan of rent, if the base rents it; 300 are forgone." in text


def test_days_that_are_left_are_no_limit(tiny_read: Explained) -> None:
    """hill has 1,000 days in each period and works 400 in early and 100 in late."""
    text = told(tiny_read, "H1")
    assert "hill village offers more days than the plan needs, 600 at the least in every period" in text
    assert "No company or base it is tied to is held to its floor." in text


def test_days_that_bind_say_what_one_more_is_worth(tmp_path: Path) -> None:
    """A mu sells for 2,000 − 100 fees − 10 freight, costs 100 and 200 rent, and takes 3 days at 50: with 4 + 4 days only 8/3 mu are
    grown, and a day more is worth (1,590 − 150)/3 = 480."""
    links = [*FARM["links"], {"household": "A", "kind": "wage", "to": "hill"}]
    workers = [{**FARM["workers"][0], "days": 4}]
    text = told(farm(tmp_path, links=links, workers=workers), "A")
    assert "All days that upper offers are worked in 1 of 2 periods." in text and "one day more would add 480 yuan" in text


def test_it_points_to_the_trace_and_does_not_repeat_it(tiny_read: Explained) -> None:
    text = told(tiny_read, "H1")
    assert "optimizer audit results/tiny --household H1" in text and "S000001" not in text


def test_a_household_without_a_tie_is_told_so(tiny_read: Explained) -> None:
    assert "tied to no base or company" in told(tiny_read, "H6") and "nothing reaches it" in told(tiny_read, "H6")


@pytest.mark.parametrize(("promised", "words"), [(100_000, "more sales first take the place of the top-up"), (1, "does not count")])
def test_a_guarantee_says_whether_it_counts(tmp_path: Path, promised: int, words: str) -> None:
    split = {**FARM["split"], "guarantee_yuan": promised, "guarantee_paid_by": "government"}
    assert words in told(farm(tmp_path, split=split), "A")


def test_a_key_known_only_after_solving_gives_no_share(tmp_path: Path) -> None:
    text = told(farm(tmp_path, split={**FARM["split"], "household_key": "labour_days"}), "A")
    assert "divided by days worked among" in text and "of what comes in" not in text and "Of every" not in text


def test_long_numbers_are_starred(tmp_path: Path) -> None:
    number = "110105194912310021"
    households = [{**FARM["households"][0], "household": number}]
    links = [{"household": number, "kind": "dividend", "to": "hill"}]
    topics = explain(farm(tmp_path, households=households, links=links), Asked(household=number), "results")
    assert all(number not in text for topic in topics[:-1] for text in (topic.title, *topic.lines))
