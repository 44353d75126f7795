"""Names, years and last days of periods, for each kind of step."""

from __future__ import annotations

from datetime import date

import pytest

from optimizer.instance.document import PeriodsSpec
from optimizer.instance.periods import OUTSIDE, Periods, make_periods


def periods(step: str, start: str, count: int, cyclic: str = "no") -> Periods:
    return make_periods(PeriodsSpec.model_validate({"start": start, "count": count, "step": step, "cyclic": cyclic}))


@pytest.mark.parametrize(
    ("step", "start", "names", "last_days"),
    [
        ("month", "2019-11", ("2019-11", "2019-12", "2020-01"), (date(2019, 11, 30), date(2019, 12, 31), date(2020, 1, 31))),
        ("ten-day", "2020-02-d2", ("2020-02-d2", "2020-02-d3", "2020-03-d1"), (date(2020, 2, 20), date(2020, 2, 29), date(2020, 3, 10))),
        ("week", "2020-W53", ("2020-W53", "2021-W01"), (date(2021, 1, 3), date(2021, 1, 10))),
        (
            "season",
            "2019-autumn",
            ("2019-autumn", "2019-winter", "2020-spring"),
            (date(2019, 11, 30), date(2020, 2, 29), date(2020, 5, 31)),
        ),
        ("year", "2019", ("2019", "2020"), (date(2019, 12, 31), date(2020, 12, 31))),
    ],
)
def test_names_and_last_days(step: str, start: str, names: tuple[str, ...], last_days: tuple[date, ...]) -> None:
    found = periods(step, start, len(names))
    assert (found.names, found.last_days) == (names, last_days)


@pytest.mark.parametrize(
    ("step", "start", "count", "years"),
    [("month", "2019-06", 13, 2), ("ten-day", "2019-06-d1", 36, 1), ("season", "2019-spring", 5, 2), ("year", "2019", 3, 3)],
)
def test_years_are_counted_from_the_first_day(step: str, start: str, count: int, years: int) -> None:
    assert periods(step, start, count).year_count == years


@pytest.mark.parametrize(
    ("step", "start"),
    [
        ("month", "2019-13"),
        ("month", "2019-06-01"),
        ("ten-day", "2019-06-d4"),
        ("week", "2019-W54"),
        ("season", "2019-fall"),
        ("year", "MMXIX"),
    ],
)
def test_start_must_fit_the_step(step: str, start: str) -> None:
    with pytest.raises(ValueError, match=f"fits step {step}"):
        periods(step, start, 1)


def test_plain_list_is_one_year_without_dates() -> None:
    found = make_periods(PeriodsSpec(names=("early", "late")))
    assert (found.years, found.last_days) == ((0, 0), ())


def test_later_period_outside_the_horizon() -> None:
    assert periods("month", "2019-01", 3).shifted(2, 1) == OUTSIDE


def test_later_period_in_a_cycle() -> None:
    assert periods("month", "2019-01", 3, "yes").shifted(2, 1) == 0
