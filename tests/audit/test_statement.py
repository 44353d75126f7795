"""Money in = money out at five levels: what holds, what one fen breaks, and what is not checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import by_hand
import pandas as pd
import pytest
from counties import distributed
from planted import books_of as books_in
from rules_tried import RULES, divided

import optimizer
from optimizer.audit.audit import books_of
from optimizer.audit.books import Books
from optimizer.audit.statement import BROKEN, HOLDS, NOT_CHECKED, Level, statement, statement_table

NAMES = ("buyers", "split", "pots", "pay_lists", "bank")


@pytest.fixture(scope="module")
def books(clean: Path) -> Books:
    return books_in(clean)


def changed(books: Books, **tables: pd.DataFrame) -> Books:
    """The same books, opened anew with other tables of the register (those that are None were not kept)."""
    kept = {name: table for name, table in tables.items() if table is not None}
    instance = replace(books.instance, tables={**books.instance.tables, **kept})
    given = books.register.given - (tables.keys() - kept.keys())
    return replace(books, register=replace(books.register, instance=instance, given=given))


def plus(table: pd.DataFrame, row: int, column: str, by_fen: int) -> pd.DataFrame:
    table = table.copy()
    table.loc[table.index[row], column] = round(table[column].iloc[row] + by_fen / 100, 2)
    return table


def bank_row(books: Books, row: int) -> int:
    """Where the bank's line of a payment stands."""
    payment = books.table("payments")["payment"].iloc[row]
    return int(books.table("bank_lines")["payment"].tolist().index(payment))


def states(books: Books) -> dict[str, tuple[str, int]]:
    return {level.name: (level.state, level.difference_fen) for level in statement(books) if level.state != HOLDS}


def part(books: Books, level: str, name: str) -> int | None:
    return next((dict(found.parts).get(name) for found in statement(books) if found.name == level), None)


def test_all_five_levels_hold_in_a_clean_year(books: Books) -> None:
    levels = statement(books)
    assert [(level.name, level.state, level.difference_fen) for level in levels] == [(name, HOLDS, 0) for name in NAMES]
    assert all(level.in_fen > 0 and sum(amount for _, amount in level.parts) == level.in_fen for level in levels)


def test_five_levels_by_hand(tmp_path: Path) -> None:
    """10,000 yuan: 49 of which 40 to dividends (1,960) and 49 of which a seventh to shares (700, nobody holds any)."""
    paid = by_hand.PAID + "".join(f"P{n},{n},dividend,hill,2020-01,{y},2020-02-01\n" for n, y in (("A", 196), ("B", 190), ("C", 400)))
    bank = "line,payment,credited_on,amount_yuan,account\n" + "B1,PA,2020-02-01,196,X\nB2,PB,2020-02-01,190,X\nB3,PC,2020-02-01,400,X\n"
    receipts = "receipt,sale,received_on,amount_yuan\nR1,S0,2020-01-12,9500\n"
    sold = by_hand.sold("2020-01").replace("amount_yuan", "amount_yuan,open_yuan").replace(",1,10000\n", ",1,10000,500\n")
    found = by_hand.books(tmp_path / "county", sales=sold, receipts=receipts, payments=paid, bank_lines=bank)
    levels = {level.name: level for level in statement(found)}
    assert levels["buyers"] == Level("buyers", 1_000_000, (("received", 950_000), ("open", 50_000)), HOLDS)
    assert (levels["split"].in_fen, levels["split"].state) == (1_000_000, NOT_CHECKED)
    assert levels["pots"] == Level("pots", 266_000, (("dividend", 196_000), ("suspense", 70_000)), HOLDS)
    parts = (("paid", 78_600), ("owed", 600 + 78_400 + 39_200), ("overpaid", -800))
    assert levels["pay_lists"] == Level("pay_lists", 196_000, parts, HOLDS)
    assert levels["bank"] == Level("bank", 78_600, (("credited", 78_600),), HOLDS)


@pytest.mark.parametrize("by", [1, -1, 12345])
@pytest.mark.parametrize(
    ("table", "column", "level", "sign"),
    [
        ("receipts", "amount_yuan", "buyers", -1),
        ("booked_splits", "amount_yuan", "split", -1),
        ("bank_lines", "amount_yuan", "bank", -1),
        ("payments", "amount_yuan", "bank", 1),
    ],
)
def test_one_fen_breaks_its_level_and_no_other(books: Books, table: str, column: str, level: str, sign: int, by: int) -> None:
    for row in (0, 11, len(books.table(table)) - 1):
        assert states(changed(books, **{table: plus(books.table(table), row, column, by)})) == {level: (BROKEN, sign * by)}


def test_one_fen_in_a_due_breaks_the_pots(books: Books) -> None:
    due = books.actual.due.copy()
    due.loc[due.index[due["pot"] != ""][0], "due_fen"] += 1
    assert states(replace(books, actual=replace(books.actual, due=due))) == {"pots": (BROKEN, -1)}


def test_a_payment_outside_every_cell_breaks_the_pay_lists(books: Books) -> None:
    made = changed(books)
    made.__dict__["cells"] = books.cells
    made.__dict__["payments"] = books.payments.assign(amount_fen=books.payments["amount_fen"] + (books.payments.index == 5), method="cash")
    assert states(made)["pay_lists"] == (BROKEN, -1)


def test_what_was_taken_off_is_a_part_of_its_own(books: Books) -> None:
    payments = plus(plus(books.table("payments"), 3, "amount_yuan", -500), 3, "deducted_yuan", 500)
    made = changed(books, payments=payments, bank_lines=plus(books.table("bank_lines"), bank_row(books, 3), "amount_yuan", -500))
    assert states(made) == {}
    assert part(made, "pay_lists", "deducted") == 500
    assert part(books, "pay_lists", "deducted") is None


def test_what_was_paid_beyond_the_due_is_taken_off_again(books: Books) -> None:
    bank = plus(books.table("bank_lines"), bank_row(books, 3), "amount_yuan", 700)
    made = changed(books, payments=plus(books.table("payments"), 3, "amount_yuan", 700), bank_lines=bank)
    assert states(made) == {}
    assert part(made, "pay_lists", "overpaid") == -700
    assert part(made, "pay_lists", "owed") == 0


def test_what_the_bank_sent_back_is_still_owed(books: Books) -> None:
    line = books.table("payments").iloc[3]
    event = {"payment": line["payment"], "event": "returned", "date": pd.Timestamp("2020-08-01"), "amount_yuan": line["amount_yuan"]}
    events = books.table("payment_events")
    made = changed(
        books, payment_events=pd.concat([events, pd.DataFrame([{**event, "bank_reference": "", "_row": 99}])], ignore_index=True)
    )
    assert states(made) == {}
    assert part(made, "pay_lists", "owed") == round(line["amount_yuan"] * 100)


def test_what_is_not_yet_due_is_owed_all_the_same(books: Books) -> None:
    early = replace(changed(books, payments=books.table("payments").iloc[:40]), as_of=date(2020, 1, 5))
    assert (early.cells["state"] == "not_yet_due").any()
    assert {name: found for name, found in states(early).items() if name != "bank"} == {}
    assert part(early, "pay_lists", "owed") == (early.cells["due_fen"] - early.cells["paid_fen"]).sum()


def test_a_pot_below_zero_is_a_claim_and_not_a_break(tmp_path: Path) -> None:
    taken_back = by_hand.SALES + "S1,hill,cabbage,2020-01,2020-01-10,-1000,1,-1000\n"
    paid = by_hand.PAID + "PA,A,dividend,hill,2020-01,0,2020-02-01\n"
    found = by_hand.books(tmp_path / "county", sales=taken_back, payments=paid)
    level = statement(found)[3]
    assert (level.in_fen, level.state, dict(level.parts)) == (-19600, HOLDS, {"paid": 0, "owed": 0, "overpaid": -19600})


@pytest.mark.parametrize("rule", RULES)
def test_a_plan_holds_under_every_rule(rule: str) -> None:
    levels = statement(books_of(divided(rule)))
    assert [level.state for level in levels] == [NOT_CHECKED, HOLDS, HOLDS, NOT_CHECKED, NOT_CHECKED]
    assert levels[2].in_fen > 0


@pytest.mark.parametrize(("table", "level"), [("receipts", "buyers"), ("booked_splits", "split"), ("bank_lines", "bank")])
def test_a_table_that_was_not_kept_is_not_checked_and_named(books: Books, table: str, level: str) -> None:
    made = changed(books, **{table: None})  # type: ignore[arg-type]
    (found,) = [one for one in statement(made) if one.state != HOLDS]
    assert (found.name, found.state) == (level, NOT_CHECKED)
    assert found.why.endswith(table)


def test_nothing_is_checked_where_no_rule_divides_the_sales() -> None:
    shifts = Path(__file__).parent.parent / "known" / "week_of_shifts"
    levels = statement(books_of(distributed(optimizer.load(shifts))))
    assert {level.state for level in levels} == {NOT_CHECKED}
    assert all(level.why for level in levels)
    assert statement_table(levels).empty


def test_the_table_states_every_part_and_no_figure_that_is_not_known(books: Books) -> None:
    table = statement_table(statement(books))
    for name, lines in table.groupby("level"):
        amounts = lines.set_index("line")["amount_fen"]
        assert amounts["in"] - amounts.drop(["in", "difference"]).sum() == amounts["difference"] == 0, name
    plan = statement_table(statement(changed(books, payments=None, receipts=None)))  # type: ignore[arg-type]
    assert set(plan.loc[plan["state"] == NOT_CHECKED, "line"]) <= {"in"}
