"""What binds, in words."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizer.program.decisions import DECISIONS
from optimizer.report.contents import Report
from optimizer.report.explain.limits import BOOKKEEPING, limiting, named, place, said_next, strongest
from optimizer.report.explain.worth import effect, how_far, is_corner, sentence
from optimizer.report.naming import Names
from optimizer.report.sections.limits import limits
from optimizer.texts import catalogue, say

CHOICES = {"plant", "grow", "gather"}
"""Yes-or-no decisions, which stand as they were made and can be what binds nowhere."""


def row(more: float = 1.0, less: float = 1.0, **others: object) -> dict[str, object]:
    """A row of the shadow prices: at most 100 t, up to 120 and down to 90."""
    line = {
        "rule": "tier", "market": "near", "sense": "<=", "right_hand_side": 100.0, "binding": True, "slack": 0.0, "unit": "t",
        "value_yuan_per_unit": more, "value_of_less_yuan_per_unit": less, "one_sided": more != less, "holds_from": 90.0,
        "holds_to": 120.0, "next_binding": "land_area(base=valley, land_class=field, year=0)", "next_binding_below": "",
    }  # fmt: skip
    return {**line, **others}


def prices(*rows: tuple[str, float]) -> pd.DataFrame:
    return pd.DataFrame([row(price, price, rule=rule) for rule, price in rows])


def test_each_rule_has_its_turn() -> None:
    frame = prices(
        ("land", 800.0), ("workers", 1.0), ("workers", 9.0), ("tier", 5000.0), ("tier", 4000.0), ("tier", 3000.0), ("balance", 9999.0)
    )  # fmt: skip
    found = strongest(frame, most=3)
    assert list(zip(found["rule"], found["value_yuan_per_unit"], strict=True)) == [("tier", 5000.0), ("tier", 4000.0), ("workers", 9.0)]


def test_bookkeeping_and_loose_rows_are_left_out(tiny_report: Report) -> None:
    found = strongest(tiny_report.tables["shadow_prices"])
    assert found["binding"].all() and not found["rule"].isin(BOOKKEEPING).any()
    prices = {(line.rule, line.base) for line in found.itertuples()}
    assert ("land_area", "hill") in prices


@pytest.mark.parametrize(
    ("sense", "more", "less", "is_limit"),
    [("<=", 0.0, 5.0, False), ("<=", 5.0, 9.0, True), (">=", -9.0, 0.0, False), (">=", math.nan, -5.0, True), ("=", 0.0, 5.0, True)],
)
def test_only_what_more_room_would_help_holds_a_plan_back(sense: str, more: float, less: float, is_limit: bool) -> None:
    """A cap that is met exactly, of which more would change nothing, holds nothing back, though less of it would cost."""
    assert len(limiting(pd.DataFrame([row(more, less, sense=sense)]))) == is_limit


def test_prices_are_said_with_sign_and_unit() -> None:
    assert effect(row(300.0, 300.0, unit="mu"), "margin", True) == "one mu more would add 300 yuan to the margin"
    assert effect(row(-12.5, -12.5), "margin", True) == "one tonne more would take 12.5 yuan from the margin"
    assert effect(row(-0.25, -0.25, unit="yuan"), "margin", True) == "1,000 yuan more would take 250 yuan from the margin"
    assert effect(row(3.0, 3.0), "planted", False) == "one tonne more would add 3.00 to the planted"


@pytest.mark.parametrize(
    ("more", "less", "words"),
    [
        (270.0, 320.0, "one tonne more would add 270 yuan to the margin; one tonne less would take 320 yuan"),
        (0.0, 7.0, "one tonne more would change nothing; one tonne less would take 7.00 yuan"),
        (math.nan, -7.0, "no plan could meet one tonne more; one tonne less would add 7.00 yuan"),
        (-7.0, 0.0, "one tonne more would take 7.00 yuan from the margin; one tonne less would change nothing"),
        (7.0, math.nan, "one tonne more would add 7.00 yuan to the margin; no plan could do with one tonne less"),
    ],
)
def test_at_a_corner_both_sides_are_said(more: float, less: float, words: str) -> None:
    line = row(more, less)
    assert is_corner(line) and effect(line, "margin", True) == words


@pytest.mark.parametrize(
    ("others", "way", "words"),
    [
        ({}, "more", "for 20.0 t more, up to 120 t"),
        ({}, "less", "for 10.0 t less, down to 90 t"),
        ({"holds_to": 100.25}, "more", "for 0.250 t more, up to 100.25 t"),
        ({"right_hand_side": 0.0, "holds_to": 5.0, "unit": "mu"}, "more", "for 5.00 mu more"),
        ({"holds_to": math.nan}, "more", "for any amount more"),
        ({"holds_to": 100.0}, "more", "for no step that was worked out"),
        ({"value_yuan_per_unit": math.nan}, "more", ""),
    ],
)
def test_how_far_it_holds(others: dict[str, object], way: str, words: str) -> None:
    assert how_far(row(**others), way) == words


def test_what_counts_beyond_is_a_limit_or_a_decision(tiny_report: Report) -> None:
    names, rules = Names(tiny_report.instance), frozenset({"land_area", "tier", "own"})
    assert said_next("land_area(base=valley, land_class=field, year=0)", names, 1, rules) == (
        "Land there is to rent (valley, field) binds as well"
    )
    assert said_next("sell(origin=hill, product=cabbage, market=near, period=early, channel=open, tier=2)", names, 1, rules) == (
        "the sales of cabbage from hill at near (early, step 2) can change no further"
    )
    assert "used at hill in early" in said_next("own(base=hill, resource=labour, period=early)", names, 1, rules)
    assert "Own stock" in said_next("own(pool=hill, resource=labour, period=early)", names, 1, rules)
    assert said_next("", names, 1, rules) == ""


def test_a_name_is_taken_apart_though_it_holds_a_comma() -> None:
    found = named("linear(name=half, or so, period=a=b)")
    assert found is not None and found.keys == {"rule_name": "half, or so", "period": "a=b"}


NAME = st.text(min_size=1, max_size=12).filter(lambda text: ", " not in text)


@given(st.dictionaries(st.sampled_from(["base", "of", "within", "market", "period", "tier"]), NAME))
def test_a_name_is_taken_apart_as_it_was_put_together(keys: dict[str, str]) -> None:
    found = named(f"tier({', '.join(f'{key}={value}' for key, value in keys.items())})")
    assert found is not None and found.keys == keys


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_one_side_is_said_where_both_are_the_same_and_else_both(more: float, less: float) -> None:
    text = effect(row(more, less), "margin", True)
    assert ("; " in text) == (more != less)
    assert ("less would" in text) == (more != less)


def test_every_decision_that_may_bind_has_its_words() -> None:
    without = {"promote", "least", "set_apart"} | CHOICES
    assert {kind for kind in DECISIONS if f"explain.decision.{kind}" not in catalogue()} == without


def test_a_sentence_says_worth_range_and_what_comes_then(tiny_report: Report) -> None:
    """By hand (instances/tiny): a mu of hill more is worth 300 until the cap on potato binds at 60 mu."""
    table = tiny_report.tables["shadow_prices"]
    line = table[(table["rule"] == "land_area") & (table["base"] == "hill")].iloc[0].to_dict()
    assert sentence(line, Names(tiny_report.instance), "margin", True, frozenset(table["rule"])) == (
        "Land there is to rent (hill, field): one mu more would add 300 yuan to the margin. That holds for 10.0 mu more, up to 60 mu; "
        "beyond, Greatest share of the area (one crop cap, potato, hill) binds as well."
    )


def test_the_section_shows_range_and_what_comes_then(tiny_report: Report) -> None:
    section = limits(tiny_report, Names(tiny_report.instance))
    assert section is not None
    rows = [[cell.text for cell in line] for line in section.parts[1].rows]  # type: ignore[union-attr]
    land = next(line for line in rows if line[0] == say("report.limit.land_area"))
    assert land[3:] == ["for 10.0 mu more, up to 60 mu", "Greatest share of the area (one crop cap, potato, hill) binds as well"]


def test_a_corner_is_explained_once_where_there_is_one(tiny_report: Report) -> None:
    table = tiny_report.tables["shadow_prices"].copy()
    at = table.index[table["rule"] == "land_area"]
    table.loc[at, "value_of_less_yuan_per_unit"], table.loc[at, "one_sided"] = 900.0, True
    report = Report(**{**vars(tiny_report), "tables": {**tiny_report.tables, "shadow_prices": table}})
    texts = [[getattr(part, "text", "") for part in found.parts] for found in (limits(tiny_report, Names(tiny_report.instance)),
             limits(report, Names(report.instance))) if found]  # fmt: skip
    assert [part.count(say("report.limits_corner")) for part in texts] == [0, 1]


def test_places_are_named_as_the_planner_named_them(tiny_report: Report) -> None:
    names = Names(tiny_report.instance)
    assert place({"rule": "land", "base": "hill", "period": "early", "year": 0, "channel": "open"}, names, 1) == "hill, early"
