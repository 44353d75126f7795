"""What binds, in words."""

from __future__ import annotations

import pandas as pd

from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.sections.limits import BOOKKEEPING, effect, place, strongest


def test_each_rule_has_its_turn() -> None:
    rows = [("land", 800.0), ("workers", 1.0), ("workers", 9.0), ("tier", 5000.0), ("tier", 4000.0), ("tier", 3000.0), ("balance", 9999.0)]
    frame = pd.DataFrame(rows, columns=["rule", "value_yuan_per_unit"]).assign(binding=True)
    found = strongest(frame, most=3)
    assert list(zip(found["rule"], found["value_yuan_per_unit"], strict=True)) == [("tier", 5000.0), ("tier", 4000.0), ("workers", 9.0)]


def test_bookkeeping_and_loose_rows_are_left_out(tiny_report: Report) -> None:
    found = strongest(tiny_report.tables["shadow_prices"])
    assert found["binding"].all() and not found["rule"].isin(BOOKKEEPING).any()
    prices = {(line.rule, line.base) for line in found.itertuples()}
    assert ("land_area", "hill") in prices


def test_prices_are_said_with_sign_and_unit(tiny_report: Report) -> None:
    more = effect({"value_yuan_per_unit": 300.0, "unit": "mu"}, "margin", True)
    less = effect({"value_yuan_per_unit": -12.5, "unit": "t"}, "margin", True)
    assert "mu more would add 300" in more and "tonne more would take 12.5" in less


def test_places_are_named_as_the_planner_named_them(tiny_report: Report) -> None:
    names = Names(tiny_report.instance)
    assert place({"rule": "land", "base": "hill", "period": "early", "year": 0, "channel": "open"}, names, 1) == "hill, early"
