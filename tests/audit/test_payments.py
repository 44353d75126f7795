"""Payments: to the day, to the fen and to the account; all cases worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from by_hand import PAID, books, sold, told
from planted import books_of, found_after

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.links import link_out_of_force
from optimizer.audit.checks.payments_accounts import account_changed_late, account_mismatch, account_shared
from optimizer.audit.checks.payments_amounts import ghost_payee, overpaid, paid_after_end, returned_not_repaid, underpaid, unpaid_or_late
from optimizer.audit.checks.payments_proof import bank_differs, cash_without_proof, confirmed_not_paid, deduction_unauthorised, structuring
from optimizer.audit.finding import due_item

CHECKS = (
    underpaid, overpaid, unpaid_or_late, ghost_payee, account_mismatch, account_shared, account_changed_late, paid_after_end,
    returned_not_repaid, bank_differs, cash_without_proof, deduction_unauthorised, structuring, confirmed_not_paid,
)  # fmt: skip
WAGES = "household,kind,to,valid_from,valid_to\n"
DUE_DATES = "kind,period,due_on\nwage,2020-01,2020-02-10\n"
EVENTS = "payment,event,date,amount_yuan\n"
LINES = "line,payment,credited_on,amount_yuan,account\n"
ACCOUNTS = "account,household,number_hash,number_tail,holder,pooled,valid_from,valid_to\n"


def wages(*households: str) -> str:
    """A day's wage of 100 yuan in January for each."""
    rows = [f"R{i},{name},hill,2020-01,1,100\n" for i, name in enumerate(households)]
    return "record,household,base,period,days,rate_yuan_per_day\n" + "".join(rows)


def pay_list(columns: str, *lines: str) -> str:
    """January's wages at the base hill: number, household, amount, day, and further columns."""
    rows = [[part.strip() for part in line.split(",")] for line in lines]
    return f"kind,base,period,payment,household,amount_yuan,paid_on,{columns}\n".replace(",\n", "\n") + "".join(
        ",".join(["wage", "hill", "2020-01", *row]) + "\n" for row in rows
    )


def january(folder: Path, payments: str, as_of: date = date(2020, 9, 1), due_to: str = "ABCDE", **tables: str) -> Books:
    """A county in which only wages of January are due."""
    links = WAGES + "".join(f"{name},wage,hill,,\n" for name in "ABCDE")
    given = {"links": links, "due_dates": DUE_DATES, "work_records": wages(*due_to), **tables}
    return replace(books(folder, payments=payments, **given), as_of=as_of)


def test_a_clean_county_has_no_fault_of_payments(clean: Path) -> None:
    county = books_of(clean)
    assert [told(check, county) for check in CHECKS] == [[]] * len(CHECKS)


@pytest.mark.parametrize("code", [f"P{number:02d}" for number in range(1, 15)])
def test_three_planted_faults_of_a_code_are_found_with_their_amounts_and_nothing_else(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code] * 3)
    assert len(expected) >= 3 and {name for name, *_ in expected} == {code}
    assert found == expected


# --- P01, P02, P03: amounts and days


def test_a_fen_too_little_or_too_much_counts_and_a_reversal_is_taken_off(tmp_path: Path) -> None:
    paid = pay_list(
        "reverses", "P1,A,99.99,2020-02-01,", "P2,B,100.01,2020-02-01,", "P3,C,100,2020-02-01,", "P4,D,100,2020-02-01,",
        "P5,D,100,2020-02-01,", "P6,D,-100,2020-02-03,P5",
    )  # fmt: skip
    county = january(tmp_path / "county", paid)
    assert told(underpaid, county) == [("household A", 1)]
    assert told(overpaid, county) == [("household B", 1)]
    assert told(unpaid_or_late, county) == [("household E", 10000)]
    (finding,) = underpaid(county)
    assert (finding.period, finding.item) == ("2020-01", due_item("A", "wage", "hill", "2020-01"))
    assert "99.99 yuan paid, 0.01 yuan missing" in finding.found and "2020-02-10" in finding.expected
    assert [str(row.row) for row in finding.evidence] == ["2", "2"]  # the foreman's line and the payment


def test_nothing_is_missing_on_the_last_day_and_all_is_on_the_next(tmp_path: Path) -> None:
    county = january(tmp_path / "county", pay_list("", "P1,A,60,2020-02-01"), due_to="AB")
    on_the_day, after = (replace(county, as_of=date(2020, 2, day)) for day in (10, 11))
    assert told(underpaid, on_the_day) + told(unpaid_or_late, on_the_day) == []
    assert told(underpaid, after) + told(unpaid_or_late, after) == [("household A", 4000), ("household B", 10000)]


def test_late_is_told_with_nothing_at_risk(tmp_path: Path) -> None:
    county = january(tmp_path / "county", pay_list("", "P1,A,100,2020-02-10", "P2,B,100,2020-02-11"), due_to="AB")
    assert told(unpaid_or_late, county) == [("household B", 0)]
    assert [finding.found for finding in unpaid_or_late(county)] == ["paid in full on 2020-02-11 only, 1 days late"]


# --- P04 and its neighbours


def test_who_is_paid_with_nothing_due_is_told_once_by_the_right_code(tmp_path: Path) -> None:
    links = "household,kind,to,valid_from\nA,dividend,hill,\nB,dividend,hill,2020-02-01\nC,dividend,valley,\nD,dividend,north,\n"
    names = ["A", "B", "C", "D", "nobody"]
    paid = PAID + "".join(f"P{i},{name},dividend,hill,2020-01,10,2020-02-01\n" for i, name in enumerate(names))
    county = january(tmp_path / "county", paid, links=links, due_to="")
    assert told(overpaid, county) == [("household A", 1000), ("household D", 1000)]  # linked to the base, or to its company
    assert told(ghost_payee, county) == [("household nobody", 1000), ("household C", 1000)]
    assert told(link_out_of_force, county) == [("household B", 1000)]  # linked, but not yet


def test_a_ghost_whose_payment_was_taken_back_is_gone(tmp_path: Path) -> None:
    paid = pay_list("reverses", "P1,nobody,10,2020-02-01,", "P2,nobody,-10,2020-02-02,P1")
    assert told(ghost_payee, january(tmp_path / "county", paid, due_to="")) == []


# --- P05, P06, P07: accounts

OWN = ACCOUNTS + "KA,A,h1,11,Wang  Fang,no,2018-01-01,\nKB,B,h2,22,Li Na,no,2018-01-01,2020-02-01\nKC,B,h3,33,Li Na,no,2020-02-01,\n"


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("A,100,2020-02-01,bank,KA,wang fang", False),  # spaces and capitals are not compared
        ("A,100,2020-02-01,bank,KA,ＷＡＮＧ　ＦＡＮＧ", False),  # wide letters are the same letters
        ("A,100,2020-02-01,bank,KA,", False),
        ("A,100,2020-02-01,bank,KA,Wang Fan", True),
        ("A,100,2020-02-01,bank,KX,Wang Fang", True),
        ("A,100,2020-02-01,bank,KC,Li Na", True),
        ("A,100,2020-02-01,bank,,", True),
        ("A,100,2017-12-31,bank,KA,", True),
        ("A,100,2018-01-01,bank,KA,", False),
        ("B,100,2020-01-31,bank,KB,", False),
        ("B,100,2020-02-01,bank,KB,", True),
        ("A,100,2020-02-01,cash,,", False),
        ("nobody,100,2020-02-01,bank,KX,", False),  # a ghost is P04's
        ("A,-100,2020-02-01,bank,KX,", False),
    ],
)
def test_money_goes_to_an_account_of_the_payee_in_use_on_the_day(tmp_path: Path, line: str, is_found: bool) -> None:
    paid = pay_list("method,account,holder", f"P1,{line}", "P2,B,100,2020-02-02,bank,KC,Li Na")
    county = january(tmp_path / "county", paid, accounts=OWN)
    assert told(account_mismatch, county) == ([("household A" if line[0] == "A" else "household B", 10000)] if is_found else [])


def test_pay_lists_without_accounts_cannot_be_held_against_accounts(tmp_path: Path) -> None:
    county = january(tmp_path / "county", pay_list("", "P1,A,100,2020-02-01"), accounts=OWN)
    with pytest.raises(NotChecked):
        list(account_mismatch(county))


@pytest.mark.parametrize(
    ("rows", "at_risk"),
    [
        (["K1,A,h,no,2018-01-01,", "K2,B,h,no,2019-01-01,"], 200),
        (["K1,A,h,no,2019-01-01,", "K2,B,h,no,2018-01-01,"], 100),
        (["K1,A,h,no,2018-01-01,2019-01-01", "K2,B,h,no,2019-01-01,"], None),  # one after the other
        (["K1,A,h,no,2018-01-01,", "K2,A,h,no,2019-01-01,"], None),
        (["K1,A,h,yes,,", "K2,B,h,yes,,", "K3,C,h,yes,,"], None),
        (["K1,A,h,yes,,", "K2,B,h,yes,,", "K3,C,h,yes,,", "K4,D,h,yes,,"], 200 + 400 + 800),
        (["K1,A,h,yes,,", "K2,B,h,no,,"], 200),  # pooled only where all say so
    ],
)
def test_an_account_number_serves_as_many_households_as_allowed(tmp_path: Path, rows: list[str], at_risk: int | None) -> None:
    paid = pay_list("account", "P1,A,1,2020-02-01,K1", "P2,B,2,2020-02-01,K2", "P3,C,4,2020-02-01,K3", "P4,D,8,2020-02-01,K4")
    accounts = "account,household,number_hash,pooled,valid_from,valid_to\n" + "".join(f"{row}\n" for row in rows)
    found = told(account_shared, january(tmp_path / "county", paid, accounts=accounts))
    assert [fen for _, fen in found] == ([] if at_risk is None else [at_risk])


@pytest.mark.parametrize(("day", "is_found"), [("2020-02-01", True), ("2020-02-11", True), ("2020-02-12", False), ("2020-01-31", False)])
def test_an_account_changed_within_ten_days_before_a_payment_is_looked_at(tmp_path: Path, day: str, is_found: bool) -> None:
    paid = pay_list("account", f"P1,B,100,{day},KC", "P2,A,100,2018-01-02,KA")  # A never had another account
    assert told(account_changed_late, january(tmp_path / "county", paid, accounts=OWN)) == ([("household B", 10000)] if is_found else [])


# --- P08: the end of a household

BORN = "person,household,died_on,left_on\n"
DIVIDENDS = "household,kind,to\n" + "".join(f"{name},dividend,hill\n" for name in "ABCDE")


@pytest.mark.parametrize(
    ("members", "is_found"),
    [
        (["1,A,2020-02-29,", "2,A,,2020-01-01"], True),  # the last day of February: nobody is left in March
        (["1,A,2020-03-01,", "2,A,,2020-01-01"], False),
        (["1,A,2020-02-29,", "2,A,,"], False),
        (["1,A,,2020-03-01"], True),
        (["1,A,,2020-03-02"], False),
    ],
)
def test_nothing_is_owed_for_a_time_that_begins_after_the_last_member_is_gone(tmp_path: Path, members: list[str], is_found: bool) -> None:
    paid = (
        "payment,household,kind,base,period,amount_yuan,paid_on\nP1,A,wage,hill,2020-03,5,2020-04-01\nP2,A,wage,hill,2020-01,5,2020-04-01\n"
    )
    county = january(tmp_path / "county", paid, due_to="", members=BORN + "".join(f"{row}\n" for row in members))
    assert told(paid_after_end, county) == ([("household A", 500)] if is_found else [])
    assert told(overpaid, county) == [("household A", 500)] * (1 if is_found else 2)  # what P08 tells, P02 does not


@pytest.mark.parametrize(("days", "is_found"), [(30, True), (31, False), (1826, False)])
def test_dividends_go_on_for_the_transition_and_wages_for_ever(tmp_path: Path, days: int, is_found: bool) -> None:
    exits = "household,exited_on,income_yuan\nA,2020-01-30,9000\n"  # 31 days before the first day of March
    paid = PAID + "P1,A,dividend,hill,2020-03,5,2020-04-01\nP2,A,wage,hill,2020-03,5,2020-04-01\n"
    county = books(
        tmp_path / "county", links=DIVIDENDS, sales=sold("2020-03"), payments=paid, exits=exits,
        audit_limits=f"limit,value\ntransition_days,{days}\n",
    )  # fmt: skip
    assert told(paid_after_end, county) == ([("household A", 500)] if is_found else [])


# --- P09: returns


@pytest.mark.parametrize(
    ("events", "again", "expected"),
    [
        (["P1,returned,2020-02-02,100"], [], [("household A", 10000)]),
        (["P1,returned,2020-02-02,100"], ["P2,A,100,2020-03-03"], []),
        (["P1,returned,2020-02-02,100"], ["P2,A,100,2020-03-04"], []),  # the 31st day is the last one; see below
        (["P1,returned,2020-02-02,100"], ["P2,A,100,2020-03-05"], [("household A", 0)]),
        (["P1,returned,2020-02-02,100"], ["P2,A,70,2020-02-03"], [("household A", 3000)]),
        (["P1,returned,2020-02-02,100", "P1,repaid,2020-03-03,100"], [], []),
        (["P1,returned,2020-02-02,100", "P1,repaid,2020-03-04,100"], [], []),
        (["P1,returned,2020-02-02,100", "P1,repaid,2020-03-05,100"], [], [("household A", 0)]),
        (["P1,returned,2020-02-02,100", "P1,repaid,2020-02-03,60"], [], [("household A", 4000)]),
        (["P1,returned,2020-02-02,100", "P1,repaid,2020-02-03,100", "P1,returned,2020-02-05,100"], [], [("household A", 10000)]),
    ],
)
def test_what_the_bank_sent_back_is_paid_again_in_time(tmp_path: Path, events: list[str], again: list[str], expected: list) -> None:  # type: ignore[type-arg]
    limits = "limit,value\nrepay_days,31\n"
    table = EVENTS + "".join(f"{event}\n" for event in events)
    county = january(
        tmp_path / "county", pay_list("", "P1,A,100,2020-02-01", *again), due_to="A", payment_events=table, audit_limits=limits
    )
    assert told(returned_not_repaid, county) == expected
    assert told(underpaid, county) + told(unpaid_or_late, county) + told(overpaid, county) == []


def test_what_was_never_sent_and_what_came_back_are_told_apart(tmp_path: Path) -> None:
    paid = pay_list("", "P1,A,30,2020-02-01", "P2,A,40,2020-02-01")
    county = january(tmp_path / "county", paid, due_to="A", payment_events=EVENTS + "P2,returned,2020-02-02,40\n")
    assert (told(underpaid, county), told(returned_not_repaid, county)) == ([("household A", 3000)], [("household A", 4000)])


def test_a_return_is_no_finding_before_the_days_are_over(tmp_path: Path) -> None:
    events = EVENTS + "P1,returned,2020-02-02,100\n"
    county = january(tmp_path / "county", pay_list("", "P1,A,100,2020-02-01"), due_to="A", payment_events=events)
    assert told(returned_not_repaid, replace(county, as_of=date(2020, 3, 3))) == []
    assert told(returned_not_repaid, replace(county, as_of=date(2020, 3, 4))) == [("household A", 10000)]


# --- P10: the bank


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["L1,P1,2020-02-04,100,KA"], []),
        (["L1,P1,2020-01-29,60,KA", "L2,P1,2020-02-01,40,"], []),
        (["L1,P1,2020-02-01,99.99,KA"], [("household A", 1)]),
        (["L1,P1,2020-02-01,100,KB"], [("household A", 10000)]),
        (["L1,P1,2020-02-05,100,KA"], [("household A", 0)]),
        ([], [("household A", 10000)]),
        (["L1,P1,2020-02-01,100,KA", "L2,P1,2020-02-01,100,KA"], [("household A", 10000)]),
        (["L1,P1,2020-02-01,100,KA", "L2,,2020-02-01,7,KA"], [("bank_line L2", 700)]),
        (["L1,P1,2020-02-01,100,KA", "L2,P9,2020-02-01,7,KA"], [("bank_line L2", 700)]),
        (["L1,P1,2020-02-01,100,KA", "L2,P2,2020-02-01,5,"], [("bank_line L2", 500)]),  # a payment in cash has no line
    ],
)
def test_the_bank_says_what_the_pay_list_says(tmp_path: Path, lines: list[str], expected: list[tuple[str, int]]) -> None:
    paid = pay_list("account,method", "P1,A,100,2020-02-01,KA,bank", "P2,B,5,2020-02-01,,cash")
    county = january(tmp_path / "county", paid, bank_lines=LINES + "".join(f"{line}\n" for line in lines))
    assert told(bank_differs, county) == expected


@pytest.mark.parametrize("lines", [["100"], ["100", "-100"], ["100", "-100", "100"], ["100", "100"]])
def test_a_statement_may_show_returns_and_repeats_or_not(tmp_path: Path, lines: list[str]) -> None:
    days = ["2020-02-01", "2020-03-01", "2020-03-20"] if len(lines) > 2 or "-100" in lines else ["2020-02-01", "2020-03-20"]
    shown = LINES + "".join(f"L{i},P1,{day},{amount},\n" for i, (day, amount) in enumerate(zip(days, lines, strict=False)))
    events = EVENTS + "P1,returned,2020-03-01,100\nP1,repaid,2020-03-20,100\n"
    county = january(tmp_path / "county", pay_list("", "P1,A,100,2020-02-01"), payment_events=events, bank_lines=shown)
    assert told(bank_differs, county) == []


def test_a_statement_that_shows_a_return_and_a_repeat_in_part_is_added_up(tmp_path: Path) -> None:
    shown = LINES + "L1,P1,2020-02-01,100,\nL2,P1,2020-03-01,-100,\nL3,P1,2020-03-20,60,\n"
    events = EVENTS + "P1,returned,2020-03-01,100\nP1,repaid,2020-03-20,60\n"
    county = january(tmp_path / "county", pay_list("", "P1,A,100,2020-02-01"), payment_events=events, bank_lines=shown)
    assert told(bank_differs, county) == []


def test_a_payment_taken_back_before_it_reached_the_bank_needs_no_line_and_a_young_one_none_yet(tmp_path: Path) -> None:
    paid = pay_list("reverses", "P1,A,100,2020-02-01,", "P2,A,-100,2020-02-01,P1", "P3,B,100,2020-08-29,")
    county = january(tmp_path / "county", paid, bank_lines=LINES)
    assert told(bank_differs, county) == []
    assert told(bank_differs, replace(county, as_of=date(2020, 9, 2))) == [("household B", 10000)]


# --- P11 to P14: proof


def test_cash_and_goods_need_a_voucher(tmp_path: Path) -> None:
    lines = ("P1,A,1,2020-02-01,cash,", "P2,B,2,2020-02-01,in_kind,", "P3,C,4,2020-02-01,cash,V1", "P4,D,8,2020-02-01,bank,")
    county = january(tmp_path / "county", pay_list("method,voucher", *lines))
    assert told(cash_without_proof, county) == [("household A", 100), ("household B", 200)]


@pytest.mark.parametrize(
    ("line", "at_risk"),
    [
        ("90,2020-02-01,100,10,yes", None),
        ("90,2020-02-01,100,10,no", 1000),
        ("89.99,2020-02-01,100,10,yes", 1),
        ("89,2020-02-01,100,10,no", 1100),
        ("90,2020-02-01,,10,yes", None),
        ("90,2020-02-01,100,0,no", None),  # takes nothing off: what is missing is P01's
    ],
)
def test_a_pay_list_takes_off_what_was_agreed(tmp_path: Path, line: str, at_risk: int | None) -> None:
    county = january(tmp_path / "county", pay_list("due_yuan,deducted_yuan,consented", f"P1,A,{line}"), due_to="A")
    assert told(deduction_unauthorised, county) == ([] if at_risk is None else [("household A", at_risk)])


def test_a_deduction_settles_and_is_taken_back_with_its_payment(tmp_path: Path) -> None:
    paid = pay_list(
        "due_yuan,deducted_yuan,consented,reverses", "P1,A,90,2020-02-01,100,10,yes,", "P2,A,-90,2020-02-02,,,,P1",
        "P3,A,90,2020-02-03,100,10,yes,",
    )  # fmt: skip
    county = january(tmp_path / "county", paid, due_to="A")
    assert [told(check, county) for check in (underpaid, overpaid, unpaid_or_late, deduction_unauthorised)] == [[]] * 4


@pytest.mark.parametrize(
    ("amounts", "is_found"),
    [
        (["45000", "49999.99", "47000"], True),
        (["44999.99", "49999.99", "47000"], False),  # more than a tenth below the limit of 50,000
        (["50000", "49999.99", "47000"], False),  # a second signature was needed
        (["49000", "49000"], False),
    ],
)
def test_payments_just_below_the_approval_limit_are_a_pattern_from_three_on(tmp_path: Path, amounts: list[str], is_found: bool) -> None:
    lines = [f"P{i},A,{amount},2020-02-01,B1" for i, amount in enumerate(amounts)]
    county = january(tmp_path / "county", pay_list("batch", *lines, "P8,A,48000,2020-02-01,B2", "P9,B,48000,2020-02-01,B1"))
    assert told(structuring, county) == ([("household A", 14199999)] if is_found else [])


def test_runs_without_a_name_are_told_by_their_day(tmp_path: Path) -> None:
    lines = [f"P{i},A,4800{i},2020-02-01," for i in range(3)] + ["P7,A,48000,2020-02-02,"]
    (finding,) = structuring(january(tmp_path / "county", pay_list("batch", *lines)))
    assert (finding.subjects, finding.period, finding.fen) == ((("household", "A"),), "2020-02-01", 14400300)


def test_a_household_that_received_less_than_was_paid_says_so(tmp_path: Path) -> None:
    said = "payment,channel,received_yuan\nP1,visit,99.99\nP1,phone,100\nP2,visit,100\nP3,visit,0\nP4,visit,120\n"
    paid = pay_list("", *(f"P{i},{name},100,2020-02-01" for i, name in enumerate("ABCD", start=1)))
    events = EVENTS + "P3,returned,2020-02-02,100\n"
    county = january(tmp_path / "county", paid, confirmations=said, payment_events=events)
    assert told(confirmed_not_paid, county) == [("household A", 1)]
