"""What is due, reckoned anew: the plan's figures once more, one household alone, and sheets, leases and sales by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from by_hand import EVERYBODY, PEOPLE, SALES, TIED, books
from counties import county, with_parts
from county import SPLIT, document
from hypothesis import given, settings
from hypothesis import strategies as st
from planted import books_of as books_in
from rules_tried import RULES, divided

from optimizer.audit.audit import audit, plan_books
from optimizer.audit.books import open_books
from optimizer.audit.due import actual_due, planned_due, rents_due, rounded, wages_due
from optimizer.audit.result import result_of
from optimizer.household.distribution import Distribution
from optimizer.instance.instance import Instance
from optimizer.instance.register import load_register
from optimizer.revenue.ledger import GUARANTEE

KEYS = ["household", "kind", "base", "period", "pot", "key", "weight"]


def sorted_lines(due: pd.DataFrame) -> pd.DataFrame:
    return due.sort_values(KEYS, ignore_index=True)


# --- the plan once more


@pytest.mark.parametrize("rule", RULES)
def test_the_plan_reckoned_anew_is_its_division(rule: str) -> None:
    distribution = divided(rule)
    found = planned_due(distribution.instance, result_of(distribution))
    again = distribution.entitlements.assign(kind=distribution.entitlements["kind"].replace(GUARANTEE, "dividend"))
    columns = [*KEYS, "part_fen", "weight_sum", "floor_fen", "carry_in", "claim", "extra", "carry_out", "capped_fen"]
    left, right = (sorted_lines(frame) for frame in (found.due.assign(amount_fen=found.due["due_fen"]), again))
    pd.testing.assert_frame_equal(
        left[[*columns, "amount_fen"]], right[[*columns, "amount_fen"]], check_dtype=False, check_categorical=False
    )
    assert found.ledger["amount_fen"].sum() == distribution.ledger.query("account != 'sale'")["amount_fen"].sum()


@pytest.mark.parametrize("rule", [*RULES, "tiny"])
def test_one_household_alone_has_the_same_lines(rule: str, tiny: Distribution) -> None:
    distribution = tiny if rule == "tiny" else divided(rule)
    instance, result = distribution.instance, result_of(distribution)
    whole = planned_due(instance, result).due
    for name in instance.table("households")["household"]:
        alone = planned_due(instance, result, name).due
        left, right = (sorted_lines(due[due["household"] == name]) for due in (alone, whole))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)


def test_a_household_that_does_not_exist_is_due_nothing(tiny: Distribution) -> None:
    assert planned_due(tiny.instance, result_of(tiny), "nobody").due.query("household == 'nobody'").empty


# --- the plan's own sales as the year's


def as_register(distribution: Distribution) -> Instance:
    """The instance with the plan's sales as those really made, row by row."""
    instance, sales = distribution.instance, distribution.sales
    table = sales[["sale", "base", "product", "period", "kg", "price_yuan_per_kg"]].assign(
        sold_on=pd.NaT, buyer=sales["market"], amount_yuan=sales["amount_fen"] / 100, deducted_yuan=0.0, deduction="", open_yuan=0.0,
        delivery_note="", reverses="", _row=np.arange(len(sales)) + 2,
    )  # fmt: skip
    return replace(instance, tables={**instance.tables, "sales": table})


@pytest.mark.parametrize("rule", RULES)
def test_the_plans_own_sales_come_to_what_was_planned(rule: str) -> None:
    distribution = divided(rule)
    planned = planned_due(distribution.instance, result_of(distribution))
    actual = actual_due(as_register(distribution), frozenset({"sales"}), planned)
    pd.testing.assert_frame_equal(sorted_lines(actual.due), sorted_lines(planned.due), check_dtype=False)
    assert actual.rest["amount_fen"].sum() == planned.rest["amount_fen"].sum()
    assert actual.sources == {"dividend": "sales", "share": "sales", "wage": "plan", "rent": "plan"}


def test_days_on_sheets_take_the_place_of_planned_ones(tmp_path: Path) -> None:
    """Half the pot of 196,000 fen by days (1 and 3) and half by heads (1 and 1)."""
    sheets = "record,household,base,period,days,rate_yuan_per_day\nR1,A,hill,2020-01,1,80\nR2,B,hill,2020-01,3,80\n"
    sold = SALES + "S1,hill,cabbage,2020-01,2020-01-10,10000,1,10000\n"
    links = TIED + "A,dividend,hill,1,0,,,\nB,dividend,hill,1,0,,,\n"
    key = {"labour_days": "1/2", "per_household": "1/2"}
    found = books(tmp_path / "county", key, households=PEOPLE, links=links, sales=sold, work_records=sheets)
    due = found.due.query("kind == 'dividend'").groupby("household")["due_fen"].sum()
    assert due.to_dict() == {"A": 98000 // 4 + 49000, "B": 98000 * 3 // 4 + 49000}


@settings(deadline=None, max_examples=15)
@given(st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_the_files_they_stand_in_matter(random: object) -> None:
    distribution = divided("all_promises")
    instance = as_register(distribution)
    planned = planned_due(instance, result_of(distribution))
    shuffled = {
        name: instance.table(name).sample(frac=1, random_state=random.randrange(2**32))  # type: ignore[attr-defined]
        for name in ("sales", "links", "households", "expenses", "work_records", "leases")
    }
    other = replace(instance, tables={**instance.tables, **shuffled})
    given_ = frozenset({"sales"})
    left, right = (actual_due(which, given_, planned).due for which in (instance, other))
    pd.testing.assert_frame_equal(sorted_lines(left), sorted_lines(right))


def test_payments_in_two_files_are_those_of_one(clean: Path, tmp_path: Path) -> None:
    whole = audit(clean / "result", payments=[clean / "paid" / "payments.csv"])
    head, *lines = (clean / "paid" / "payments.csv").read_text(encoding="utf-8").splitlines()
    files = [tmp_path / "odd.csv", tmp_path / "even.csv"]
    for file, some in zip(files, (lines[1::2], lines[::2]), strict=True):
        file.write_text("\n".join([head, *reversed(some), ""]), encoding="utf-8")
    parts = audit(clean / "result", payments=files)
    assert parts.statement == whole.statement
    pd.testing.assert_frame_equal(parts.books.cells, whole.books.cells)
    pd.testing.assert_frame_equal(parts.reconciliation, whole.reconciliation)


# --- sheets and leases


def test_wages_are_days_times_rate_rounded_once(tmp_path: Path) -> None:
    """Half days; 1.005 days at 1.00 yuan is 1.005 yuan, half up 1.01; taken back with a minus it is −1.01."""
    rows = (("R1", 10.5, "83.33"), ("R2", -10.5, "83.33"), ("R3", 1.005, "1"), ("R4", -1.005, "1"), ("R5", 0.5, "0.01"), ("R6", 0, "80"))
    sheets = "record,household,base,period,days,rate_yuan_per_day\n"
    sheets += "".join(f"{name},A,hill,2020-02,{days},{rate}\n" for name, days, rate in rows)
    found = wages_due(books(tmp_path / "county", work_records=sheets).instance)
    assert found.set_index("document")["due_fen"].to_dict() == {"R1": 87497, "R2": -87497, "R3": 101, "R4": -101, "R5": 1, "R6": 0}
    assert found["row"].tolist() == [2, 3, 4, 5, 6, 7]
    assert set(found["kind"]) == {"wage"}


LEASES = "lease,household,base,area_mu,rate_yuan_per_mu,valid_from,valid_to\n"


def leased(folder: Path, start: str, count: int, *spans: tuple[str, str]) -> pd.DataFrame:
    """Rents of leases of 3.5 mu at 400 yuan each with these spans, in a county that begins so."""
    months = pd.period_range(start, periods=count, freq="M").astype(str).tolist()
    described = with_parts(document(), households=None, links=None, split={**SPLIT, "valid_from": "2019-01-01"})
    described |= {"periods": {"start": start, "count": count, "step": "month"}, "sets": {}}
    described["occupancy"] = [{"activity": "radish", "land_class": "terrace", "period": "*", "land_share": 1}]
    described["activities"] = [{"activity": "radish"}]
    described["activity_use"] = []
    described["yields"] = [{"activity": "radish", "product": "radish", "period": months[-1], "yield_kg_per_mu": 900}]
    described["demand"] = [{"market": "near", "product": "radish", "period": "*", "quantity_t": 20, "price_yuan_per_kg": "1"}]
    instance = county(folder, described)
    (folder / "register").mkdir()
    text = LEASES + "".join(f"L{i},A,hill,3.5,400,{begin},{end}\n" for i, (begin, end) in enumerate(spans))
    for name, content in {"households": PEOPLE, "links": EVERYBODY, "leases": text}.items():
        (folder / "register" / f"{name}.csv").write_text(content, encoding="utf-8")
    return rents_due(load_register(instance, folder / "register").instance)


def test_a_lease_is_paid_by_the_days_of_the_year_on_which_it_runs(tmp_path: Path) -> None:
    """3.5 mu × 400 = 1,400 yuan. 2019 has 365 days; January has 31, and a lease that ends on a day no longer has it."""
    spans = (("", ""), ("2019-01-01", "2019-02-01"), ("2019-12-31", ""), ("2020-01-01", ""), ("", "2019-01-01"))
    found = leased(tmp_path / "county", "2019-01", 12, *spans)
    assert found.set_index("document")["due_fen"].to_dict() == {"L0": 140000, "L1": 11890, "L2": 384}
    assert set(found["period"]) == {"2019-01"}


def test_a_leap_year_has_a_day_more(tmp_path: Path) -> None:
    """29 of 366 days: 1,400 × 29/366 = 110.9290 yuan; 31 of 366: 118.5792."""
    found = leased(tmp_path / "county", "2020-01", 12, ("2020-02-01", "2020-03-01"), ("2020-01-01", "2020-02-01"))
    assert found.set_index("document")["due_fen"].to_dict() == {"L0": 11093, "L1": 11858}


def test_a_lease_over_two_years_is_paid_in_each(tmp_path: Path) -> None:
    found = leased(tmp_path / "county", "2019-01", 24, ("2019-07-02", "2020-07-01"), ("", ""))
    lines = found.set_index(["document", "period"])["due_fen"].to_dict()
    assert lines == {
        ("L0", "2019-01"): 70192,  # 183 of 365 days: 701.9178 yuan
        ("L0", "2020-01"): 69617,  # 182 of 366 days: 696.1749 yuan
        ("L1", "2019-01"): 140000,
        ("L1", "2020-01"): 140000,
    }


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_is_half_up_on_the_magnitude(numerator: int, denominator: int) -> None:
    found = rounded(numerator, denominator)
    assert abs(found * denominator - numerator) * 2 <= denominator
    assert found == -rounded(-numerator, denominator) == int(rounded(np.array([numerator]), denominator)[0])
    if 2 * abs(numerator) % denominator == 0 and (2 * abs(numerator) // denominator) % 2:
        assert abs(found) * 2 * denominator > 2 * abs(numerator)


# --- net of what was really spent


def test_a_net_split_takes_off_the_expenses_of_the_register(tmp_path: Path) -> None:
    """10,000 of sales in two months less 3,000 of inputs (company 1,000, base 2,000): 19.6 % of 7,000 is 1,372 yuan."""
    described = with_parts(document(), households=None, links=None, split={**SPLIT, "basis": "net"})
    instance = county(tmp_path / "county", described)
    register = tmp_path / "county" / "register"
    register.mkdir()
    sold = SALES + "S1,hill,cabbage,2020-01,2020-01-10,6000,1,6000\nS2,hill,cabbage,2020-02,2020-02-10,4000,1,4000\n"
    spent = "expense,base,period,account,party,amount_yuan\nE1,hill,2020-01,inputs,company,1000\nE2,hill,2020-03,inputs,base,2000\n"
    for name, text in {"households": PEOPLE, "links": EVERYBODY, "sales": sold, "expenses": spent}.items():
        (register / f"{name}.csv").write_text(text, encoding="utf-8")
    found = open_books(instance, load_register(instance, register), None)
    ledger = found.actual.ledger
    pots = ledger[ledger["receiver"] == "pot"].set_index("receiver_id")["amount_fen"]
    assert pots.to_dict() == {"dividend/hill/2020-06": 137200, "share/hill/2020-06": 49000}
    back = ledger[ledger["account"] == "reimbursed_inputs"].set_index("receiver_id")["amount_fen"]
    assert back.to_dict() == {"north": 100000, "hill": 200000}
    assert found.due["due_fen"].sum() == 137200


def test_one_household_of_a_folder_has_the_lines_of_all(clean: Path) -> None:
    whole = books_in(clean).planned
    assert whole is not None
    for name in ("H01", "H14"):
        alone = plan_books(clean / "result", name).due
        left, right = (sorted_lines(due[due["household"] == name]) for due in (alone, whole.due))
        pd.testing.assert_frame_equal(left, right, check_dtype=False)
