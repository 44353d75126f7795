"""A01: outliers, repeated amounts, first digits and crowding, each from figures that can be reckoned by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planted import books_of, found_after

from optimizer.audit.checks.patterns import digit_shares, patterns
from optimizer.audit.limits import Limits

DAY = pd.Timestamp("2020-05-15")


def books(paid: list[int], due: list[int] | None = None, days: list[int] | None = None, visits: list[int] | None = None) -> Any:
    """Books of one pool of dividends: what the n-th household (of one person) is due, was paid, and how many days late;
    visits so many days after the due date."""
    due, days = due or paid, days or [0] * len(paid)
    names = [f"H{i}" for i in range(len(paid))]
    cell = {"household": names, "kind": "dividend", "base": "hill", "settlement": "2020-03"}
    late = [DAY + pd.Timedelta(days=day) for day in days]
    payments = pd.DataFrame({**cell, "payment": [f"P{i}" for i in range(len(paid))], "amount_fen": paid, "paid_on": late, "reverses": ""})
    tables = {
        "households": pd.DataFrame({"household": names, "persons": 1}),
        "confirmations": pd.DataFrame(
            {"channel": "visit", "confirmed_on": pd.to_datetime([DAY + pd.Timedelta(days=day) for day in visits or []])}
        ),
    }
    return SimpleNamespace(
        payments=payments.assign(file="payments.csv", row=range(2, len(paid) + 2)),
        cells=pd.DataFrame({**cell, "paid_fen": paid, "due_fen": due, "due_on": DAY}),
        table=tables.__getitem__,
        limits=Limits(),
        as_of=date(2020, 8, 23),
        instance=SimpleNamespace(files={"payments": "payments.csv", "confirmations": "confirmations.csv"}),
    )


def found(*args: Any, **more: Any) -> list[tuple[tuple[str, str], str]]:
    return [(one.subjects[0], one.found) for one in patterns(books(*args, **more))]


def test_the_planted_outlier_is_found_and_nothing_else_is(clean: Path, tmp_path: Path) -> None:
    subjects = {finding.subjects[0] for finding in patterns(books_of(clean))}
    expected, told = found_after(clean, tmp_path, ["A01"])
    assert {tuple(subject.split(" ", 1)) for *_, subject in expected}.isdisjoint(subjects)
    assert told == expected


# --- outliers


def test_a_payment_stands_out_beyond_six_robust_deviations() -> None:
    """Of 90, 95, 100, 105, 110 and x > 110 yuan the median is 102.50; the distances from it are 2.5, 2.5, 7.5, 7.5, 12.5
    and x − 102.5, their median 7.5: six deviations of 1.4826 × 7.5 reach up to 169.217 yuan."""
    others = [9000, 9500, 10000, 10500, 11000]
    assert found([*others, 16921]) == []
    assert found([*others, 16922])[0][0] == ("payment", "P5")


def test_an_odd_fen_among_equal_payments_is_no_outlier_and_seven_per_cent_are() -> None:
    """Where most are alike a deviation is one per cent of the median: six of them are six per cent."""
    assert found([10000] * 7 + [10001]) == []
    assert found([10000] * 7 + [10600]) == []
    assert found([10000] * 7 + [10601])[0][0] == ("payment", "P7")


def test_four_payments_are_no_peers() -> None:
    assert found([10000] * 3 + [90000]) == []


# --- repeated amounts


def test_the_same_amount_for_different_dues_is_a_pattern_from_five_on() -> None:
    due = [9100, 9200, 9300, 9400, 9500]
    assert found([9450] * 4, due[:4]) == []
    subject, says = found([9450] * 5, due)[0]
    assert subject == ("kind", "dividend") and says.startswith("94.50 yuan paid to 5 households")


def test_equal_amounts_that_are_due_are_none() -> None:
    assert found([9450] * 50) == []
    assert found([9400] * 50, [9450] * 50) == []


# --- first digits


def test_shares_of_first_digits() -> None:
    assert digit_shares(pd.Series([1, 19, 100, 25, 999])).tolist() == pytest.approx([0.6, 0.2, 0, 0, 0, 0, 0, 0, 0.2])


def test_first_digits_that_are_not_those_of_the_dues_are_told_from_a_thousand_amounts_on() -> None:
    """Dues of which each first digit is a ninth; 7 % of them paid with a first digit 9: the other eight lose 0.07/9 each, the
    nines gain 8 × that, so the mean deviation is 16/81 × 0.07 = 0.0138; with 8 % it is 0.0158 > 0.015."""

    def digits(count: int, nines: float) -> list[tuple[tuple[str, str], str]]:
        each = count // 9
        due = np.repeat(np.arange(1, 10), each) * 1000 + np.tile(np.arange(each), 9)
        moved = np.tile(np.arange(each) < nines * each, 9)
        return [one for one in found(np.where(moved, 9000 + due % 1000, due).tolist(), due.tolist()) if one[0][0] == "file"]

    assert digits(1800, 0.07) == []
    assert "0.0158" in digits(1800, 0.08)[0][1]
    assert digits(900, 0.5) == []


# --- crowding


def test_late_payments_just_before_a_visit_are_a_pattern() -> None:
    """A visit 60 days after the due date; the ten days before it and its own are 11 of 100 days. Of 20 late payments chance
    brings 2.2 ± 1.4 there, so 6 are within chance (2.2 + 3.09 × 1.40 = 6.5) and 7 are not."""
    spread = [10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34]
    within, beyond = [*spread, 36, *[55] * 6], [*spread, *[50] * 4, *[60] * 3]
    assert found([10000] * 20, days=within, visits=[60]) == []
    assert found([10000] * 20, days=beyond, visits=[60]) == [(("file", "confirmations.csv"), "7 late payments in these days")]
    assert found([10000] * 20, days=beyond) == []


def test_no_pattern_moves_money_and_there_are_few() -> None:
    many = list(patterns(books([9450] * 1200 + [99999], list(range(10_000, 11_201)), [55] * 1201, [60])))
    assert 1 <= len(many) <= 10
    assert {(one.code, one.fen) for one in many} == {("A01", 0)}


def test_limits_of_the_register_hold() -> None:
    strict = books([9000, 9500, 10000, 10500, 11000, 16000])
    strict.limits = replace(strict.limits, outlier_spread=3)
    assert len(list(patterns(strict))) == 1
