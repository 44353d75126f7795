"""Figures in words."""

from __future__ import annotations

import pytest

from optimizer.report.naming import width, wrapped
from optimizer.report.sections.households import nice_step
from optimizer.report.wording import brief, counted, listed, money, number, percent, table_money
from optimizer.texts import catalogue


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(1234567.0, 0, "1,234,567"), (-5.25, 1, "−5.2"), (-0.001, 1, "0.0"), (float("nan"), 0, ""), (float("inf"), 0, "unlimited")],
)
def test_numbers_have_separators_and_true_signs(value: float, decimals: int, text: str) -> None:
    assert number(value, decimals) == text


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00 yuan"), (99_999, "999.99 yuan"), (53_704_000, "537,040 yuan"), (50_940_137_615, "509.4 million yuan")]
)
def test_money_takes_the_unit_one_would_say(fen: int, text: str) -> None:
    assert money(fen).replace("\u00a0", " ") == text


def test_the_catalogue_decides_the_large_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = {**catalogue(), "report.large_money.yuan": "10000", "report.large_money": "{amount} 万元", "report.table_money.yuan": "10000"}
    monkeypatch.setattr("optimizer.texts.catalogue", lambda: changed)
    assert money(50_940_137_615) == "50,940 万元"
    assert table_money(-53_704_000) == "−54"


def test_a_balance_of_a_few_yuan_is_not_shown_as_zero() -> None:
    assert table_money(0) == "0"
    assert table_money(2_489) != "0" and table_money(-2_489).startswith("−")


def test_short_figures() -> None:
    assert [brief(v) for v in (12345.6, 123.4, 12.34, 1.234, 0.1234)] == ["12,346", "123", "12.3", "1.23", "0.123"]
    assert percent(0.196, 1).replace("\u00a0", " ") == "19.6 %"
    assert counted("bases", 1) == "1 base" and counted("bases", 7) == "7 bases"


def test_long_lists_are_counted() -> None:
    assert listed("abcde", 3) == "a, b, c and 2 more"


def test_lines_break_at_spaces_and_chinese_is_wide() -> None:
    assert width("ab大白") == 6
    assert wrapped("Lotus white 莲花白 · 5", 12) == ["Lotus white", "莲花白 · 5"]


def test_classes_are_round() -> None:
    assert [nice_step(span, 20) for span in (9_000, 21_000, 1, 130_000)] == [500.0, 2000.0, 0.05, 10_000.0]
