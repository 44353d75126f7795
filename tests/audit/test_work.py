"""Sheets, leases and share registers: amounts worked out by hand, limits to the day, the mu and the fen."""

from __future__ import annotations

from pathlib import Path

import pytest
from by_hand import EVERYBODY, PAID, books, sold, told
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import books_of, found_after

from optimizer.audit.checks.property import lease_unsound, shares_not_capital
from optimizer.audit.checks.work import impossible_days, rate_below_agreed, wage_arithmetic

CHECKS = (wage_arithmetic, impossible_days, rate_below_agreed, lease_unsound, shares_not_capital)
SHEET = "record,household,person,base,period,date,days,rate_yuan_per_day,due_yuan,foreman,sheet\n"
LEASES = "lease,household,base,parcel,area_mu,rate_yuan_per_mu,agreed_rate_yuan_per_mu,valid_from,valid_to\n"
PARCELS = "parcel,household,area_mu\nK1,A,10\n"
SHARES = "holding,household,to,units,par_yuan,valid_from,valid_to\n"


def sheet(*lines: str) -> str:
    """Lines from household to due_yuan, of one foreman and sheet."""
    return SHEET + "".join(f"W{i},{line},Zhou,F1\n" for i, line in enumerate(lines, 1))


def test_a_clean_county_has_no_fault_of_work_land_or_capital(clean: Path) -> None:
    county = books_of(clean)
    assert [told(check, county) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize("code", ["W01", "W02", "W03", "W04", "W05"])
def test_a_planted_fault_is_found_with_its_amount_and_nothing_else(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code, code] if code != "W05" else [code])
    assert {name for name, *_ in expected} == {code}
    assert found == expected


# --- W01


@pytest.mark.parametrize(
    ("days", "rate", "slip", "off"),
    [
        ("24.5", "80.05", "1961.23", 0),  # 1,961.225 is rounded up
        ("24.5", "80.05", "1961.22", 1),
        ("24.5", "80.05", "1961.24", 1),
        ("-24.5", "80.05", "-1961.23", 0),  # a line taken back, rounded as its magnitude
        ("3", "80", "250", 1000),
        ("3", "80", "", 0),  # no slip
    ],
)
def test_a_slip_is_days_times_rate_rounded_half_up(tmp_path: Path, days: str, rate: str, slip: str, off: int) -> None:
    county = books(tmp_path, work_records=sheet(f"A,a,hill,2020-02,,{days},{rate},{slip}"))
    assert told(wage_arithmetic, county) == [("record W1", off)] * (off > 0)


# --- W02


@pytest.mark.parametrize(("days", "found"), [(("20", "9"), []), (("20", "9.5"), [("person a", 4250)])])
def test_nobody_works_more_days_than_february_has(tmp_path: Path, days: tuple[str, str], found: list[tuple[str, int]]) -> None:
    """29 days in February 2020; the half day beyond at the 85 yuan of the last line."""
    lines = (f"A,a,hill,2020-02,,{days[0]},80,", f"A,a,valley,2020-02,,{days[1]},85,")
    assert told(impossible_days, books(tmp_path, work_records=sheet(*lines))) == found


@pytest.mark.parametrize(("days", "is_found"), [("58", False), ("59", True)])
def test_lines_without_a_person_are_held_against_all_of_the_household(tmp_path: Path, days: str, is_found: bool) -> None:
    county = books(tmp_path, work_records=sheet(f"C,,hill,2020-02,,{days},80,"))
    assert told(impossible_days, county) == [("household C", 8000)] * is_found


@pytest.mark.parametrize(
    ("second", "found"),
    [
        ("A,a,valley,2020-02,2020-02-03,0.5,80,", [("person a", 4000)]),  # two bases on a day
        ("A,a,hill,2020-02,2020-02-03,0.5,80,", []),  # two half days at one
        ("A,a,hill,2020-02,2020-02-03,1,80,", [("person a", 4000)]),  # a day and a half
        ("A,a,valley,2020-02,2020-02-04,0.5,80,", []),
    ],
)
def test_nobody_is_at_two_bases_on_one_day(tmp_path: Path, second: str, found: list[tuple[str, int]]) -> None:
    county = books(tmp_path, work_records=sheet("A,a,hill,2020-02,2020-02-03,0.5,80,", second))
    assert told(impossible_days, county) == found


@pytest.mark.parametrize(
    ("died", "left", "date", "is_found"),
    [
        ("2020-02-03", "", "2020-02-03", True),
        ("2020-02-04", "", "2020-02-03", False),
        ("", "2020-02-03", "2020-02-03", True),
        ("2020-02-01", "", "", True),  # before the period began
        ("2020-02-02", "", "", False),
    ],
)
def test_nobody_works_after_death_or_leaving(tmp_path: Path, died: str, left: str, date: str, is_found: bool) -> None:
    members = f"person,household,died_on,left_on\na,A,{died},{left}\n"
    county = books(tmp_path, members=members, work_records=sheet(f"A,a,hill,2020-02,{date},1,80,"))
    assert told(impossible_days, county) == [("person a", 8000)] * is_found


# --- W03


@pytest.mark.parametrize(("rate", "found"), [("80", []), ("79.99", [("record W1", 25)]), ("70", [("record W1", 24500)])])
def test_a_rate_below_the_villages_wage_puts_the_shortfall_at_risk(tmp_path: Path, rate: str, found: list[tuple[str, int]]) -> None:
    """24.5 days at a fen below 80 yuan: 24.5 fen, rounded half up."""
    assert told(rate_below_agreed, books(tmp_path, work_records=sheet(f"A,a,hill,2020-02,,24.5,{rate},"))) == found


def test_the_legal_minimum_holds_where_the_village_pays_less(tmp_path: Path) -> None:
    limits = "limit,value\nleast_wage_yuan_per_day,90\n"
    county = books(tmp_path, work_records=sheet("A,a,hill,2020-02,,2,85,"), audit_limits=limits)
    assert told(rate_below_agreed, county) == [("record W1", 1000)]


def test_a_sheet_without_foreman_or_number_is_incomplete(tmp_path: Path) -> None:
    lines = "W1,A,a,hill,2020-02,,2,80,160,,F1\nW2,A,a,hill,2020-03,,2,80,160,Zhou,\n"
    assert told(rate_below_agreed, books(tmp_path, work_records=SHEET + lines)) == [("record W1", 0), ("record W2", 0)]


# --- W04


@pytest.mark.parametrize(
    ("leases", "found"),
    [
        (("A,hill,K1,6,400,,,", "B,hill,K1,4,400,,,"), []),  # let in parts that fit
        (("A,hill,K1,6,400,,,", "B,hill,K1,4.5,400,,,"), [("parcel K1", 20000)]),  # half a mu beyond
        (("A,hill,K1,6,400,,2020-04-01,", "B,hill,K1,6,400,,2020-04-01,"), [("parcel K1", 40000)]),  # 2 mu in 91 of 182 days
        (("A,hill,K1,10,400,,,2020-04-01", "B,hill,K1,10,400,,2020-04-01,"), []),  # one after the other
        (("A,hill,K1,10,400,,,2020-04-01", "B,hill,K1,10,400,,2020-03-31,"), [("parcel K1", 2198)]),  # a day of 182
        (("A,hill,K1,10.5,400,,,",), [("parcel K1", 20000)]),  # larger than its parcel
        (("A,hill,K2,3,400,,,", "B,hill,K2,3,400,,,"), [("parcel K2", 120000)]),  # a parcel nobody measured
        (("A,hill,,3,400,,,", "B,hill,,3,400,,,"), []),  # no parcel named
    ],
)
def test_a_parcel_is_let_once(tmp_path: Path, leases: tuple[str, ...], found: list[tuple[str, int]]) -> None:
    lines = "".join(f"L{i},{line}\n" for i, line in enumerate(leases))
    assert told(lease_unsound, books(tmp_path, leases=LEASES + lines, parcels=PARCELS)) == found


@given(st.lists(st.integers(1, 8), min_size=1, max_size=5))
@settings(max_examples=15, deadline=None)
def test_leases_go_beyond_a_parcel_by_what_they_sum_to_beyond_it(tmp_path_factory: pytest.TempPathFactory, areas: list[int]) -> None:
    lines = "".join(f"L{i},A,hill,K1,{area},100,,,\n" for i, area in enumerate(areas))
    county = books(tmp_path_factory.mktemp("leases"), leases=LEASES + lines, parcels=PARCELS)
    assert sum(fen for _, fen in told(lease_unsound, county)) == max(0, sum(areas) - 10) * 10000


@pytest.mark.parametrize(("rate", "found"), [("400", []), ("450", []), ("399.99", [("lease L1", 2)]), ("399", [("lease L1", 250)])])
def test_a_rent_below_the_agreed_rate_puts_the_difference_at_risk(tmp_path: Path, rate: str, found: list[tuple[str, int]]) -> None:
    """2.5 mu: 1,000.00 at the agreed 400; at a fen less 999.975, which is rounded up to 999.98."""
    assert told(lease_unsound, books(tmp_path, leases=LEASES + f"L1,A,hill,K1,2.5,{rate},400,,\n")) == found


# --- W05


@pytest.mark.parametrize(
    ("end", "capital", "found"),
    [
        ("", "500", []),
        ("", "499.99", [("base hill", 1)]),
        ("2020-07-01", "500", []),  # still held on the last day
        ("2020-06-30", "500", [("base hill", 20000)]),
    ],
)
def test_units_make_up_the_capital_at_the_end(tmp_path: Path, end: str, capital: str, found: list[tuple[str, int]]) -> None:
    shares = SHARES + f"E1,A,hill,3,100,,\nE2,B,hill,2,100,,{end}\n"
    assert told(shares_not_capital, books(tmp_path, shares=shares, capital=f"to,capital_yuan\nhill,{capital}\n")) == found


@pytest.mark.parametrize(
    ("end", "other", "found"),
    [
        ("2020-02-29", "", [("household A", 35000)]),  # given back before the last day of February
        ("2020-03-01", "", []),
        ("2020-02-29", "E3,A,north,1,100,2020-02-01,\n", []),  # units of the base's company
    ],
)
def test_units_that_went_back_earn_no_more(tmp_path: Path, end: str, other: str, found: list[tuple[str, int]]) -> None:
    shares = SHARES + f"E1,A,hill,1,100,,{end}\nE2,B,hill,1,100,,\n{other}"
    ties = EVERYBODY + "A,share,hill,1,0,,,\nB,share,hill,1,0,,,\n"
    capital = "to,capital_yuan\nhill,100\nnorth,100\n" if other else "to,capital_yuan\nhill,100\n"
    pay = PAID + "P1,A,share,hill,2020-02,350,2020-03-20\n"
    county = books(tmp_path, links=ties, shares=shares, capital=capital, sales=sold("2020-02"), payments=pay)
    assert [line for line in told(shares_not_capital, county) if line[0].startswith("household")] == found
