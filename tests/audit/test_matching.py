"""The four-way match: every state, by hand; sums and days against a slow reference; labels of periods paid together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from by_hand import books
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.audit.books import Books
from optimizer.audit.matching import AGEING, CELL, STATES, Settlements, matched
from optimizer.problems import InputError

DUE_DATES = "kind,period,due_on\nwage,2020-01,2020-02-10\nwage,second_quarter,2020-10-01\n"
WORK = "record,household,base,period,days,rate_yuan_per_day\n"
LIST = "payment,household,kind,base,period,amount_yuan,deducted_yuan,paid_on,reverses\n"
EVENTS = "payment,event,date,amount_yuan\n"


def worked(*lines: str) -> str:
    """Days at 100 yuan: one hundredth of a day is a yuan due."""
    rows = [f"R{i},{household},hill,{period},{days},100\n" for i, (household, period, days) in enumerate(map(str.split, lines))]
    return WORK + "".join(rows)


def paid(*lines: str) -> str:
    """Wages: number, household, amount, deducted, day of 2020, and the payment taken back; for January unless a period is given."""
    rows = []
    for line in lines:
        name, household, amount, deducted, day, *more = line.split()
        period = next((word for word in more if word[0] != "P"), "2020-01")
        back = next((word for word in more if word[0] == "P"), "")
        rows.append(f"{name},{household},wage,hill,{period},{amount},{deducted},2020-{day},{back}\n")
    return LIST + "".join(rows)


def people(names: str) -> str:
    return "household,village,persons\n" + "".join(f"{name},upper,2\n" for name in names)


def on(county: Books, day: date) -> Books:
    return replace(county, as_of=day)


def by_household(county: Books, column: str) -> dict[str, object]:
    values = county.cells.set_index("household")[column]
    return {str(name): None if pd.isna(value) else value for name, value in values.items()}


@pytest.fixture(scope="module")
def sixteen(tmp_path_factory: pytest.TempPathFactory) -> Books:
    """One cell for each thing that can happen to a wage of 100 yuan for January, due by 10 February."""
    names = "ABCDEFGHIJKLMNOP"
    work = [f"{name} 2020-01 1" for name in names if name not in "KLN"]
    county = books(
        tmp_path_factory.mktemp("sixteen") / "county",
        households=people(names),
        links="household,kind,to\n" + "".join(f"{name},wage,hill\n" for name in names),
        due_dates=DUE_DATES,
        work_records=worked(*work, "L 2020-01 -0.3", "N 2020-05 1"),
        payments=paid(
            "P01 A 100 0 02-10", "P02 B 100 0 02-11", "P03 C 60 0 02-05", "P05 E 120 0 02-05",
            "P06 F 100 0 02-05", "P07 F 100 0 02-20", "P08 F -100 0 03-01 P07",
            "P09 G 90 10 02-05", "P10 G -90 0 02-08 P09", "P11 G 100 0 02-20",
            "P12 H 100 0 02-05", "P13 I 100 0 02-05", "P14 J 90 10 02-05", "P15 K 50 0 02-05",
            "P16 M 40 0 02-05", "P17 M 60 0 02-09", "P18 O 100 0 02-05", "P19 O 100 0 02-25", "P20 P 100 0 02-05",
        ),
        payment_events=EVENTS
        + "P12,returned,2020-02-07,100\nP13,returned,2020-02-07,100\nP13,repaid,2020-02-09,100\nP18,returned,2020-02-07,100\n",
        confirmations="payment,channel,received_yuan\nP20,visit,80\nP20,phone,90\nP16,visit,40\n",
    )  # fmt: skip
    return on(county, date(2020, 9, 1))


def test_every_state_by_hand(sixteen: Books) -> None:
    expected = {
        "A": "paid", "B": "late", "C": "underpaid", "D": "unpaid", "E": "overpaid", "F": "paid", "G": "late", "H": "returned",
        "I": "paid", "J": "paid", "K": "nothing_due", "L": "claim", "M": "paid", "N": "not_yet_due", "O": "paid", "P": "paid",
    }  # fmt: skip
    assert by_household(sixteen, "state") == expected


def test_every_figure_by_hand(sixteen: Books) -> None:
    cells = sixteen.cells.set_index("household")
    paid_fen = {"C": 6000, "D": 0, "E": 12000, "G": 10000, "H": 0, "J": 9000, "K": 5000, "L": 0, "N": 0}
    assert cells["paid_fen"].to_dict() == {name: paid_fen.get(name, 10000) for name in cells.index}
    assert {n: f for n, f in cells["arrears_fen"].items() if f} == {"C": 4000, "D": 10000, "H": 10000}
    assert {n: f for n, f in cells["excess_fen"].items() if f} == {"E": 2000, "K": 5000}
    assert {n: f for n, f in cells["returned_fen"].items() if f} == {"H": 10000, "O": 10000}
    assert {n: f for n, f in cells["deducted_fen"].items() if f} == {"J": 1000}
    assert (cells.at["L", "due_fen"], cells.at["K", "due_fen"], cells.at["N", "settlement"]) == (-3000, 0, "second_quarter")


def test_what_households_say_is_held_against_the_payments_they_were_asked_about(sixteen: Books) -> None:
    asked = dict.fromkeys(sixteen.cells["household"], (None, None)) | {"P": (8000, 10000), "M": (4000, 4000)}
    confirmed, paid_fen = by_household(sixteen, "confirmed_fen"), by_household(sixteen, "asked_fen")
    assert {name: (confirmed[name], paid_fen[name]) for name in confirmed} == asked


def test_a_wage_is_paid_in_full_on_the_day_from_which_it_stayed_so(sixteen: Books) -> None:
    days = by_household(sixteen, "paid_in_full_on")
    expected = {"A": "02-10", "B": "02-11", "F": "02-05", "G": "02-20", "M": "02-09", "O": "02-05", "C": None, "D": None, "K": None}
    assert {name: days[name] for name in expected} == {n: d and pd.Timestamp(f"2020-{d}") for n, d in expected.items()}


@pytest.mark.parametrize(
    ("day", "state", "ageing"),
    [
        (0, "not_yet_due", ""), (1, "unpaid", "0-30"), (30, "unpaid", "0-30"), (31, "unpaid", "31-90"), (90, "unpaid", "31-90"),
        (91, "unpaid", "91-180"), (180, "unpaid", "91-180"), (181, "unpaid", "over_180"),
    ],
)  # fmt: skip
def test_arrears_age_from_the_day_after_the_due_date(sixteen: Books, day: int, state: str, ageing: str) -> None:
    county = on(sixteen, date(2020, 2, 10) + timedelta(days=day))
    assert (by_household(county, "state")["D"], by_household(county, "ageing")["D"]) == (state, ageing)
    assert by_household(county, "arrears_fen")["D"] == (0 if day == 0 else 10000)


def test_days_of_grace_and_dues_too_small_to_be_paid_at_once(tmp_path: Path) -> None:
    county = books(
        tmp_path / "county",
        households=people("ABCD"),
        links="household,kind,to\nA,wage,hill\n",
        due_dates=DUE_DATES,
        work_records=worked("A 2020-01 1", "B 2020-01 1", "C 2020-01 0.099", "D 2020-01 0.1"),
        payments=paid("P1 A 100 0 02-15", "P2 B 100 0 02-16"),
        audit_limits="limit,value\nlate_days,5\nleast_payment_yuan,10\n",
    )
    assert by_household(on(county, date(2020, 2, 15)), "state") == {"A": "paid", "B": "late", "C": "not_yet_due", "D": "not_yet_due"}
    assert by_household(on(county, date(2020, 2, 16)), "state") == {"A": "paid", "B": "late", "C": "not_yet_due", "D": "unpaid"}
    assert by_household(county, "due_on")["C"] == pd.Timestamp("2020-10-01")
    assert by_household(on(county, date(2020, 10, 6)), "state")["C"] == "not_yet_due"
    assert by_household(on(county, date(2020, 10, 7)), "state")["C"] == "unpaid"


def test_what_is_due_is_held_against_the_plan() -> None:
    known = Settlements({("wage", "early"): "early"}, {}, {"early": 0}, {"early": ("early",)}, {})
    lines = [("A", 100), ("B", 100), ("C", 100), ("D", 100), ("F", 0)]
    due = pd.DataFrame([(h, "wage", "hill", "early", fen) for h, fen in lines], columns=["household", "kind", "base", "period", "due_fen"])
    plan = due.assign(household=["A", "B", "C", "E", "F"], due_fen=[100, 101, 99, 5, 0])
    cells = matched(due, plan, None, known, None)
    assert cells["against_plan"].tolist() == ["as_planned", "less", "more", "not_planned", "less", "as_planned"]
    assert set(cells["state"]) == {"planned"} and cells["paid_fen"].isna().all() and cells["arrears_fen"].isna().all()
    assert set(matched(due, None, None, known, None)["against_plan"]) == {""}


# --- labels


def test_a_label_is_a_settlement_a_period_or_a_set_within_one(sixteen: Books) -> None:
    known = sixteen.settlements
    kinds, periods = pd.Series(["wage"] * 3 + ["rent"]), pd.Series(["second_quarter", "2020-05", "2020-02", "2020-05"])
    assert known.named(kinds, periods).tolist() == ["second_quarter", "second_quarter", "2020-02", "2020-05"]
    assert known.due_on["wage", "2020-02"] == date(2020, 4, 29)  # 60 days after the end of February
    assert known.named(pd.Series(["wage"]), pd.Series(["never"])).tolist() == [""]


def test_a_payment_for_periods_that_are_not_paid_together_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        books(
            tmp_path / "county",
            due_dates=DUE_DATES,
            payments=paid("P1 A 1 0 02-15", "P2 A 1 0 02-15 first_quarter", "P3 A 1 0 02-15 2020-04", "P4 A 1 0 02-15 second_quarter"),
        )
    (problem,) = refused.value.problems
    assert (problem.row, problem.column, problem.found, problem.nearest) == (3, "period", "first_quarter", "2020-01")
    assert problem.file.endswith("payments.csv")


def test_a_period_that_two_rows_settle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        books(tmp_path / "county", due_dates=DUE_DATES + "wage,2020-06,2020-08-01\nrent,2020-06,2020-08-01\n")
    (problem,) = refused.value.problems
    assert (problem.row, problem.column, problem.found) in {(4, "period", "2020-06"), (3, "period", "second_quarter")}
    assert "2020-06" in problem.expected or "second_quarter" in problem.expected


# --- against a slow reference

NAMES = st.sampled_from(["A", "B"])
PERIODS = st.sampled_from(["early", "late"])
FEN = st.integers(-300, 300)
LINES = st.lists(st.tuples(NAMES, PERIODS, FEN), max_size=8)
PAYMENTS = st.lists(st.tuples(NAMES, PERIODS, FEN, st.integers(0, 50), st.integers(1, 9)), max_size=8)
KNOWN = Settlements(
    {("wage", name): name for name in ("early", "late")},
    {("wage", "early"): date(2020, 1, 4), ("wage", "late"): date(2020, 1, 6)},
    {"early": 0, "late": 1},
    {name: (name,) for name in ("early", "late")},
    {},
)


def frames(lines: list[tuple[str, str, int]], payments: list[tuple[str, str, int, int, int]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    due = pd.DataFrame(lines, columns=["household", "period", "due_fen"]).astype({"due_fen": "int64"}).assign(kind="wage", base="hill")
    columns = ["household", "settlement", "amount_fen", "deducted_fen", "day"]
    paid_lines = pd.DataFrame(payments, columns=columns).astype(dict.fromkeys(columns[2:], "int64")).assign(kind="wage", base="hill")
    paid_lines["paid_on"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(paid_lines["day"] - 1, unit="D")
    nothing = pd.array([pd.NA] * len(paid_lines), dtype="Int64")
    return due, paid_lines.assign(listed_fen=paid_lines["amount_fen"], returned_fen=0, confirmed_fen=nothing)


@settings(deadline=None)
@given(LINES, PAYMENTS)
def test_sums_and_days_are_those_of_a_slow_reference(
    lines: list[tuple[str, str, int]], payments: list[tuple[str, str, int, int, int]]
) -> None:
    cells = matched(*_with_plan(*frames(lines, payments)), KNOWN, date(2020, 1, 5)).set_index(["household", "settlement"])
    due: dict[tuple[str, str], int] = defaultdict(int)
    for household, period, fen in lines:
        due[household, period] += fen
    assert set(cells.index) == set(due) | {payment[:2] for payment in payments}
    for name, cell in cells.iterrows():
        own = sorted((payment for payment in payments if payment[:2] == name), key=lambda payment: payment[-1])
        settled, full = 0, None
        for _, _, amount, deducted, day in own:
            if settled < due[name] <= settled + amount + deducted and due[name] > 0:
                full = pd.Timestamp(2020, 1, day)
            settled += amount + deducted
        assert (cell["due_fen"], cell["paid_fen"] + cell["deducted_fen"]) == (due[name], settled)
        assert (None if pd.isna(cell["paid_in_full_on"]) else cell["paid_in_full_on"]) == full
        is_overdue = name[1] == "early"
        assert cell["arrears_fen"] == (max(due[name] - settled, 0) if is_overdue else 0)
        assert cell["excess_fen"] == max(settled - max(due[name], 0), 0)
        assert cell["state"] in STATES and (cell["ageing"] in AGEING) == (cell["arrears_fen"] > 0)


@settings(deadline=None)
@given(LINES, PAYMENTS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(lines: list, payments: list, chance) -> None:  # type: ignore[no-untyped-def,type-arg]
    one = matched(*_with_plan(*frames(lines, payments)), KNOWN, date(2020, 1, 5))
    chance.shuffle(lines)
    rows = np.argsort([payment[-1] for payment in payments], kind="stable")  # payments of one day keep their order
    other = matched(*_with_plan(*frames(lines, [payments[i] for i in rows])), KNOWN, date(2020, 1, 5))
    pd.testing.assert_frame_equal(one, other)
    assert one[CELL].apply(tuple, axis=1).is_monotonic_increasing if len(one) else True


def _with_plan(due: pd.DataFrame, payments: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    return due, due, payments
