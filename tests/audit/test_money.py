"""C01 to C07: what was planted is found to the fen and nothing beside it; and each check at its limit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import audited, books_of, found_after

from optimizer.audit.books import Books
from optimizer.audit.checks.entries import negative_unexplained, posted_twice, sale_not_received
from optimizer.audit.checks.money import pot_not_conserved, roll_forward_broken, sale_and_split_apart
from optimizer.audit.checks.parked import lying, money_parked
from optimizer.audit.checks.pay_lists import differing_lines
from optimizer.audit.finding import Finding
from optimizer.audit.limits import Limits

CODES = ("C01", "C02", "C03", "C04", "C05", "C06", "C07")


@pytest.fixture(scope="module")
def books(clean: Path) -> Books:
    return books_of(clean)


def changed(books: Books, given: frozenset[str] | None = None, **tables: pd.DataFrame) -> Books:
    """The same books with other tables of the register."""
    instance = replace(books.instance, tables={**books.instance.tables, **tables})
    return replace(books, register=replace(books.register, instance=instance, given=given or books.register.given))


def with_cell(table: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    table = table.copy()
    table.loc[table.index[row], column] = value
    return table


def plus(table: pd.DataFrame, row: int, column: str, by: float) -> pd.DataFrame:
    return with_cell(table, row, column, round(table[column].iloc[row] + by, 2))


def brief(findings: object) -> list[tuple[str, int, tuple[str, str]]]:
    return [(f.code, f.fen, f.subjects[0]) for f in findings]  # type: ignore[attr-defined]


def test_faults_of_all_codes_at_once_are_found_to_the_fen_and_nothing_else(clean: Path, tmp_path: Path) -> None:
    expected, found = found_after(clean, tmp_path, CODES)
    assert set(CODES) <= {code for code, *_ in expected}
    assert found == expected


def test_a_clean_year_has_no_such_finding(clean: Path) -> None:
    checked = audited(clean).checked
    assert set(CODES) <= set(checked.done)
    assert not [finding for finding in checked.findings if finding.code in CODES]


@pytest.mark.parametrize("by", [1, -1, 250])
def test_one_fen_on_any_booked_line_breaks_the_sale(books: Books, by: int) -> None:
    booked = books.table("booked_splits")
    for row in (0, 7, len(booked) - 1):
        found = list(pot_not_conserved(changed(books, booked_splits=plus(booked, row, "amount_yuan", by / 100))))
        assert brief(found) == [("C01", abs(by), ("sale", booked["sale"].iloc[row]))]
        assert found[0].item == f"sale {booked['sale'].iloc[row]}"


def test_the_stored_result_of_a_plan_is_added_up_as_well(books: Books) -> None:
    plan = changed(books, given=frozenset({"households", "links"}))
    plan = replace(plan, actual=books.planned)
    assert list(pot_not_conserved(plan)) == list(sale_and_split_apart(plan)) == []
    ledger = books.result.table("ledger").copy()
    row = ledger.index[ledger["account"] == "split"][3]
    ledger.loc[row, "amount_fen"] += 1
    mutated = replace(plan, result=replace(books.result, tables={**books.result.tables, "ledger": ledger}))
    (finding,) = pot_not_conserved(mutated)
    assert brief([finding]) == [("C01", 1, ("sale", ledger.loc[row, "document"]))]
    assert {part.file for part in finding.evidence} == {"ledger.csv"}
    lost = ledger["document"].eq(ledger.loc[row, "document"]) & ledger["account"].eq("split")
    unsplit = replace(plan, result=replace(books.result, tables={**books.result.tables, "ledger": ledger[~lost]}))
    assert brief(sale_and_split_apart(unsplit)) == [
        ("C02", int(ledger.loc[lost, "amount_fen"].sum()) - 1, ("sale", ledger.loc[row, "document"]))
    ]


def listed(books: Books, offs: dict[str, int], kind: str = "dividend") -> Books:
    """The pay list of one pot with lines changed by so many fen; ``offs`` by household."""
    table = books.table("payments").copy()
    for household, off in offs.items():
        row = (table["household"] == household) & (table["kind"] == kind) & (table["period"].isin(["first_quarter", "2020-01"]))
        assert row.sum() == 1
        table.loc[row, "due_yuan"] = (table.loc[row, "due_yuan"] + off / 100).round(2)
    return changed(books, payments=table)


@pytest.mark.parametrize(
    ("offs", "kind", "owners"),
    [
        ({"H01": 500}, "dividend", {"H01": "C01"}),
        ({"H01": 1}, "dividend", {"H01": "C01"}),
        ({"H01": 500, "H02": -500}, "dividend", {"H01": "R03", "H02": "R03"}),
        ({"H01": 1, "H02": -1}, "dividend", {"H01": "R06", "H02": "R06"}),
        ({"H01": 1, "H02": -1, "H03": 500}, "dividend", {"H01": "R06", "H02": "R06", "H03": "C01"}),
        ({"H01": 1, "H02": 1, "H03": -2}, "dividend", {"H01": "R06", "H02": "R06", "H03": "R03"}),
        ({"H01": 1, "H03": -1}, "wage", {"H01": "R03", "H03": "R03"}),
    ],
)  # fmt: skip
def test_each_line_of_a_pay_list_is_owned_by_one_code(books: Books, offs: dict[str, int], kind: str, owners: dict[str, str]) -> None:
    lines = differing_lines(listed(books, offs, kind))
    assert dict(zip(lines["household"], lines["code"], strict=True)) == owners
    assert dict(zip(lines["household"], lines["off_fen"], strict=True)) == offs


def test_a_pot_of_a_pay_list_that_does_not_sum_names_its_worst_line(books: Books) -> None:
    (finding,) = pot_not_conserved(listed(books, {"H01": 500, "H02": -300}))
    assert brief([finding]) == [("C01", 200, ("pot", "dividend/hill/first_quarter"))]
    assert finding.item == "due H01/dividend/hill/first_quarter"


def test_a_list_that_does_not_state_what_is_due_is_left_to_the_payments(books: Books) -> None:
    table = listed(books, {"H01": 500}).table("payments").assign(due_yuan=np.nan)
    assert differing_lines(changed(books, payments=table)).empty


@pytest.mark.parametrize(("days", "is_found"), [(30, False), (31, True)])
def test_a_sale_is_divided_within_the_days_allowed(books: Books, days: int, is_found: bool) -> None:
    receipts = books.table("receipts")
    row = receipts.loc[receipts["sale"].drop_duplicates(keep=False).index[0]]
    booked = books.table("booked_splits")
    without = changed(books, booked_splits=booked[booked["sale"] != row["sale"]])
    without = replace(without, as_of=(row["received_on"] + pd.Timedelta(days=days)).date())
    expected = [("C02", round(row["amount_yuan"] * 100), ("sale", row["sale"]))] if is_found else []
    assert brief(sale_and_split_apart(without)) == expected


def test_a_split_of_a_sale_that_is_not_there_is_found_with_what_was_booked(books: Books) -> None:
    booked = books.table("booked_splits")
    stray = booked.head(1).assign(sale="S99", amount_yuan=12.34)
    found = brief(sale_and_split_apart(changed(books, booked_splits=pd.concat([booked, stray]))))
    assert found == [("C02", 1234, ("sale", "S99"))]
    assert list(pot_not_conserved(changed(books, booked_splits=pd.concat([booked, stray])))) == []


def sale_row(**columns: object) -> dict[str, object]:
    usual = {"_row": 2, "sale": "S1", "base": "hill", "product": "cabbage", "period": "2020-01", "sold_on": pd.Timestamp(2020, 1, 5),
             "buyer": "near", "kg": 333.0, "price_yuan_per_kg": 1.015, "amount_yuan": 338.0, "deducted_yuan": 0.0, "deduction": "",
             "open_yuan": 0.0, "delivery_note": "N1", "reverses": ""}  # fmt: skip
    return {**usual, **columns}


def receipt_row(**columns: object) -> dict[str, object]:
    usual = {
        "_row": 2,
        "receipt": "R1",
        "sale": "S1",
        "received_on": pd.Timestamp(2020, 1, 9),
        "amount_yuan": 338.0,
        "bank_reference": "B1",
    }
    return {**usual, **columns}


def traded(books: Books, sales: list[dict[str, object]], receipts: list[dict[str, object]]) -> Books:
    return changed(books, sales=pd.DataFrame(sales), receipts=pd.DataFrame(receipts))


@pytest.mark.parametrize(
    ("sales", "receipts", "expected"),
    [
        # 333 kg at 1.015 yuan are 337.995 yuan, half up 338.00
        ([sale_row()], [receipt_row()], []),
        ([sale_row(amount_yuan=337.99)], [receipt_row(amount_yuan=337.99)], [("C03", 1, ("sale", "S1"))]),
        ([sale_row(open_yuan=100.0)], [receipt_row(amount_yuan=238.0)], []),
        ([sale_row()], [receipt_row(amount_yuan=337.99)], [("C03", 1, ("sale", "S1"))]),
        ([sale_row()], [receipt_row(), receipt_row(receipt="R2", sale="S7", amount_yuan=5.0)], [("C03", 500, ("receipt", "R2"))]),
        ([sale_row(), sale_row(sale="S2", kg=-333.0, amount_yuan=-338.0, reverses="S1")],
         [receipt_row(), receipt_row(receipt="R2", sale="S2", amount_yuan=-338.0)], []),
        ([sale_row(), sale_row(sale="S2", kg=-333.0, amount_yuan=-338.0, reverses="S1")], [receipt_row()],
         [("C03", 33800, ("sale", "S1"))]),
    ],
)  # fmt: skip
def test_receipts_and_open_invoice_make_up_a_sale(books: Books, sales: list, receipts: list, expected: list) -> None:
    assert brief(sale_not_received(traded(books, sales, receipts))) == expected


@pytest.mark.parametrize(
    ("column", "row", "fen"),
    [("closing_yuan", 2, 100), ("opening_yuan", 2, 100), ("paid_yuan", 4, 100), ("due_yuan", 0, 100), ("opening_yuan", 0, 100)],
)
def test_one_wrong_figure_of_the_balances_is_one_finding(books: Books, column: str, row: int, fen: int) -> None:
    balances = books.table("balances")
    (finding,) = roll_forward_broken(changed(books, balances=plus(balances, row, column, fen / 100)))
    assert brief([finding]) == [("C04", fen, ("base", balances["base"].iloc[row]))]
    assert finding.period == balances["period"].iloc[row]


def test_a_balance_that_does_not_take_over_the_one_before_is_found_once(books: Books) -> None:
    balances = books.table("balances").copy()
    later = (balances["base"] == "hill") & (balances["period"] >= "2020-03")
    balances.loc[later, ["opening_yuan", "closing_yuan"]] = (balances.loc[later, ["opening_yuan", "closing_yuan"]] + 0.01).round(2)
    (finding,) = roll_forward_broken(changed(books, balances=balances))
    assert (finding.period, finding.fen) == ("2020-03", 1)


@pytest.mark.parametrize(
    ("second", "is_copy"),
    [
        ({}, True), ({"delivery_note": "N2"}, False), ({"kg": 332.0}, False), ({"sold_on": pd.NaT}, False),
        ({"reverses": "S1", "kg": -333.0}, False),
    ],
)  # fmt: skip
def test_a_sale_entered_twice_is_found_by_its_natural_key(books: Books, second: dict, is_copy: bool) -> None:
    found = brief(posted_twice(traded(books, [sale_row(), sale_row(sale="S2", **second)], [receipt_row()])))
    assert found == ([("C05", 33800, ("sale", "S2"))] if is_copy else [])


def test_a_receipt_entered_twice_is_found_and_two_instalments_are_not(books: Books) -> None:
    twice = traded(books, [sale_row()], [receipt_row(), receipt_row(receipt="R2")])
    assert brief(posted_twice(twice)) == [("C05", 33800, ("receipt", "R2"))]
    apart = traded(books, [sale_row()], [receipt_row(), receipt_row(receipt="R2", bank_reference="B2")])
    assert brief(posted_twice(apart)) == []


def test_a_pay_run_posted_again_under_another_name_and_day_is_found_line_by_line(books: Books) -> None:
    table = books.table("payments")
    run = table[table["batch"] == "B1"]
    assert len(run) > 1
    again = run.assign(payment=run["payment"] + "-2", batch="B77", paid_on=run["paid_on"] + pd.Timedelta(days=40), account="")
    found = list(posted_twice(changed(books, payments=pd.concat([table, again], ignore_index=True))))
    assert {f.subjects[0][1] for f in found} == set(again["payment"])
    assert sum(f.fen for f in found) == round(run["amount_yuan"].sum() * 100)


def test_two_like_payments_within_what_is_due_are_no_copies(books: Books) -> None:
    table = books.table("payments")
    halved = table.head(1).assign(amount_yuan=(table["amount_yuan"].iloc[0] / 2).round(2), due_yuan=np.nan)
    both = pd.concat([halved, halved.assign(payment="P999"), table.iloc[1:]], ignore_index=True)
    assert list(posted_twice(changed(books, payments=both))) == []


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ({"amount_yuan": -338.0, "reverses": "S1"}, []),
        ({"amount_yuan": -338.0, "reverses": ""}, [("C06", 33800, ("sale", "S2"))]),
        ({"amount_yuan": -337.99, "reverses": "S1"}, [("C06", 33799, ("sale", "S2"))]),
        ({"amount_yuan": -338.0, "reverses": "S5"}, [("C06", 33800, ("sale", "S2"))]),
    ],
)
def test_a_negative_amount_names_an_original_of_the_opposite_amount(books: Books, back: dict, expected: list) -> None:
    sales = [sale_row(), sale_row(sale="S2", **back)]
    assert brief(negative_unexplained(traded(books, sales, [receipt_row()]))) == expected


def test_one_original_is_taken_back_once_and_a_refund_follows_its_sale(books: Books) -> None:
    sales = [sale_row(), *(sale_row(sale=name, amount_yuan=-338.0, reverses="S1") for name in ("S2", "S3"))]
    refund = receipt_row(receipt="R2", sale="S2", amount_yuan=-338.0)
    assert brief(negative_unexplained(traded(books, sales, [receipt_row(), refund]))) == [("C06", 33800, ("sale", "S3"))]


def days(*amounts: tuple[int, int]) -> pd.DataFrame:
    return pd.DataFrame([(pd.Timestamp(2020, 1, 1) + pd.Timedelta(days=day), fen) for day, fen in amounts], columns=["day", "fen"])


def test_the_oldest_money_goes_first() -> None:
    came, went = days((0, 100), (50, 200)), days((60, 150), (300, 150))
    assert lying(came, went, 240)[0] == 150  # of day 50, paid on day 300; the 100 of day 0 and 50 of day 50 went on day 60
    assert lying(came, went, 250)[0] == 0
    assert lying(came, went, 249)[0] == 150
    assert lying(came, days((241, 30)), 240)[0] == 30


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 50)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 90), st.integers(1, 50)), min_size=1, max_size=8),
    st.integers(0, 60),
)
def test_lying_money_is_that_of_a_queue_of_single_fen(came: list, went: list, limit: int) -> None:
    arrivals = sorted(day for day, fen in came for _ in range(fen))
    departures = sorted(day for day, fen in went for _ in range(fen))
    slow = sum(out - into > limit for into, out in zip(arrivals, departures, strict=False))
    assert lying(days(*came), days(*went), limit)[0] == slow


def test_money_of_a_pot_not_yet_due_is_parked_and_an_overdue_one_is_not(books: Books) -> None:
    limits = replace(Limits(), parked_days=60)
    table = books.table("payments")
    none = changed(books, payments=table[table["kind"] != "dividend"])
    due = sorted(day for (kind, _), day in books.settlements.due_on.items() if kind == "dividend")[0]
    on_the_day = replace(none, limits=limits, as_of=due)
    found = [f for f in money_parked(on_the_day) if f.subjects[0][1].startswith("dividend")]
    assert {f.period for f in found} == {"first_quarter"} and all(f.fen > 0 for f in found)
    overdue = replace(none, limits=limits, as_of=date.fromordinal(due.toordinal() + 1))
    assert not [f for f in money_parked(overdue) if f.subjects[0][1].startswith("dividend") and f.period == "first_quarter"]


def test_findings_of_one_sale_speak_of_the_same_money(books: Books) -> None:
    twice = traded(books, [sale_row()], [receipt_row(), receipt_row(receipt="R2")])
    findings: list[Finding] = [*posted_twice(twice), *sale_not_received(twice)]
    assert {finding.item for finding in findings} == {"sale S1"} and {finding.fen for finding in findings} == {33800}
