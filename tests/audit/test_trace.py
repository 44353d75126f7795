"""The trace: tiny's households by hand, sums at every step, and backward and forward as inverses of one another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import by_hand
import pandas as pd
import pytest
from counties import FARM, county, distributed, with_parts
from planted import books_of as books_in
from rules_tried import RULES, divided

from optimizer.audit.audit import books_of
from optimizer.audit.books import Books
from optimizer.audit.trace import Step, recipients_of, sales_of, trace_household, trace_sale, trace_table
from optimizer.household.distribution import Distribution
from optimizer.problems import InputError


def parts_that_do_not_sum(steps: tuple[Step, ...]) -> list[tuple[Step, int]]:
    """Steps whose parts do not sum to them, with the sum; only what has parts is looked at."""
    path: list[tuple[Step, list[int]]] = []
    wrong: list[tuple[Step, int]] = []

    def close(level: int) -> None:
        while len(path) > level:
            step, parts = path.pop()
            if parts and sum(parts) != step.amount_fen:
                wrong.append((step, sum(parts)))

    for step in steps:
        close(step.level)
        assert len(path) == step.level, f"{step} hangs in the air"
        if path and step.is_part:
            assert step.amount_fen is not None
            path[-1][1].append(step.amount_fen)
        path.append((step, []))
    close(0)
    return wrong


def told(steps: tuple[Step, ...], *kinds: str) -> list[tuple[int, str, str, int | None]]:
    return [(s.level, s.step, s.name, s.amount_fen) for s in steps if not kinds or s.step in kinds]


def every_trace(books: Books) -> Iterator[tuple[Step, ...]]:
    yield from (trace_household(books, name) for name in books.table("households")["household"])
    yield from (trace_sale(books, name) for name in books.sales["sale"])


def assert_inverse(books: Books) -> None:
    forward = {sale: recipients_of(trace_sale(books, sale)) for sale in books.sales["sale"]}
    backward = {name: sales_of(trace_household(books, name)) for name in books.table("households")["household"]}
    assert {(h, s) for s, reached in forward.items() for h in reached} == {(h, s) for h, sales in backward.items() for s in sales}


@pytest.fixture(scope="module")
def tiny_books(tiny: Distribution) -> Books:
    return books_of(tiny)


@pytest.fixture(scope="module")
def paid(clean: Path) -> Books:
    return books_in(clean)


# --- known answers


def test_h1_of_tiny_step_by_step(tiny_books: Books) -> None:
    """The figures of instances/tiny/instance.yaml: 15505.78 + 8362.66 of dividends; 40 % of 49 % of each sale."""
    sales = tiny_books.sales[tiny_books.sales["base"] == "hill"].set_index(["product", "price_yuan_per_kg"])["sale"]
    dear, cheap, potato = sales["cabbage", 1.6], sales["cabbage", 0.9], sales["potato", 2.4]
    money = ("household", "kind", "due", "pot", "sale", "bill")
    assert told(trace_household(tiny_books, "H1"), *money) == [
        (0, "household", "H1", 2386844 + 800000 + 2000000),
        (1, "kind", "dividend/hill", 2386844),
        (2, "due", "dividend/hill/early", 1550578),
        (3, "pot", "dividend/hill/early", 3488800),
        (4, "sale", dear, 3136000),
        (4, "sale", cheap, 352800),
        (2, "due", "dividend/hill/late", 836266),
        (3, "pot", "dividend/hill/late", 1881600),
        (4, "sale", potato, 1881600),
        (1, "kind", "rent/hill", 800000),
        (2, "due", "rent/hill/early", 800000),
        (3, "pot", "hill/early", 2000000),
        (4, "bill", "B-rent-hill-early", 2000000),
        (1, "kind", "wage/hill", 2000000),
        (2, "due", "wage/hill/early", 1600000),
        (3, "pot", "hill_village/hill/early", 3200000),
        (4, "bill", "B-labour-hill-early", 3200000),
        (2, "due", "wage/hill/late", 400000),
        (3, "pot", "hill_village/hill/late", 800000),
        (4, "bill", "B-labour-hill-late", 800000),
    ]


def test_the_working_of_a_due_shows_exact_share_floor_claim_and_carry(tiny_books: Books) -> None:
    early, late = (s.says for s in trace_household(tiny_books, "H1") if s.name.startswith("dividend/hill/") and s.step == "due")
    assert early == (
        "34,888.00 divided by per_head: weight 4 of 9 is 15,505.777778 exactly; floor 15,505.77, carried in +0.000000, "
        "claim +0.777777, odd fen 1, carried on -0.222223"
    )
    assert "weight 4 of 9 is 8,362.666667 exactly; floor 8,362.66, carried in -0.222223, claim +0.444443, odd fen 0" in late


def test_fields_and_shipments_behind_a_sale(tiny_books: Books) -> None:
    steps = trace_household(tiny_books, "H1")
    assert [(s.step, s.name, s.says) for s in steps if s.step in ("shipment", "activity")] == [
        ("shipment", "hill-near", "120.000 t cabbage sent from hill to near"),
        ("activity", "grow_cabbage", "grow_cabbage on 30.00 mu at hill, 4,000 kg/mu harvested in early"),
        ("shipment", "hill-near", "40.000 t potato sent from hill to near"),
        ("activity", "grow_potato", "grow_potato on 20.00 mu at hill, 2,000 kg/mu harvested in late"),
    ]
    first = next(s for s in steps if s.step == "sale")
    assert first.says == "49/100 × 2/5 of 100,000 kg cabbage at near in early, 1.6 yuan/kg, 160,000.00 yuan"


def test_one_sale_of_tiny_forward(tiny_books: Books) -> None:
    """40 t potato of the hill: 96,000 yuan to company 28,224, pot 18,816, base 47,040, collective 1,920."""
    sale = tiny_books.sales.query("base == 'hill' and product == 'potato'")["sale"].iloc[0]
    steps = trace_sale(tiny_books, sale)
    assert sorted(told(steps)) == sorted(
        [
            (0, "sale", sale, 9600000),
            (1, "company", "leading", 2822400),
            (1, "pot", "dividend/hill/late", 1881600),
            (2, "whole_pot", "dividend/hill/late", 1881600),
            (3, "recipient", "H1", 836266),
            (3, "recipient", "H2", 1045334),
            (1, "base", "hill", 4704000),
            (1, "collective", "hill_village", 192000),
        ]
    )


def test_a_pot_of_1960_yuan_among_three(tmp_path: Path) -> None:
    """Sales of 10,000 yuan: a pot of 1,960.00, a third of which is 653.33⅓; the odd fen goes to the first name."""
    people = "household,village,persons,status\n" + "".join(f"{name},upper,2,registered\n" for name in "ABC")
    links = by_hand.TIED + "".join(f"{name},dividend,hill,1,0,,,\n" for name in "ABC")
    books = by_hand.books(tmp_path / "county", households=people, links=links, sales=by_hand.sold("2020-03"))
    dues = {name: next(s for s in trace_household(books, name) if s.step == "due") for name in "ABC"}
    assert {name: step.amount_fen for name, step in dues.items()} == {"A": 65334, "B": 65333, "C": 65333}
    assert "weight 2 of 6 is 653.333333 exactly; floor 653.33" in dues["A"].says
    assert "odd fen 1, carried on -0.666667" in dues["A"].says
    assert Fraction(196000, 3) == Fraction("65333") + Fraction(1, 3)


# --- sums and inverses over everything


@pytest.mark.parametrize("rule", RULES)
def test_parts_sum_to_the_step_above_under_every_rule(rule: str) -> None:
    books = books_of(divided(rule))
    assert [(wrong, steps[0].name) for steps in every_trace(books) for wrong in parts_that_do_not_sum(steps)] == []


@pytest.mark.parametrize("rule", RULES)
def test_backward_and_forward_are_inverse_under_every_rule(rule: str) -> None:
    assert_inverse(books_of(divided(rule)))


@pytest.mark.parametrize("which", ["tiny", "paid"])
def test_the_same_of_tiny_and_of_a_year_that_was_paid(which: str, tiny_books: Books, paid: Books) -> None:
    books = tiny_books if which == "tiny" else paid
    assert [(wrong, steps[0].name) for steps in every_trace(books) for wrong in parts_that_do_not_sum(steps)] == []
    assert_inverse(books)
    for name, due in books.due.groupby("household")["due_fen"].sum().items():
        assert trace_household(books, str(name))[0].amount_fen == due


# --- a year that was paid


def test_wages_and_rents_of_a_year_go_back_to_sheets_and_leases(paid: Books) -> None:
    name = next(iter(set(paid.table("leases")["household"]) & set(paid.table("work_records")["household"])))
    documents = {s.name: s for s in trace_household(paid, name) if s.step == "document"}
    for table, column in (("leases", "lease"), ("work_records", "record")):
        mine = paid.table(table)
        for row in mine[mine["household"] == name].to_dict("records"):
            assert documents[row[column]].source == f"{table}.csv:{row['_row']}"
    record = paid.table("work_records").query("household == @name").iloc[0]
    assert documents[record["record"]].amount_fen == round(record["days"] * record["rate_yuan_per_day"] * 100)


def test_payments_are_listed_and_not_summed(paid: Books) -> None:
    for name in paid.payments["household"].unique():
        listed = [s for s in trace_household(paid, name) if s.step == "payment"]
        assert sorted(s.name for s in listed) == sorted(paid.payments.loc[paid.payments["household"] == name, "payment"])
        assert not any(s.is_part for s in listed)


def with_payment(books: Books, **cells: object) -> Books:
    """The books with the first payment changed."""
    payments = books.payments.copy()
    for column, value in cells.items():
        payments.loc[payments.index[0], column] = value
    made = replace(books)
    made.__dict__["payments"] = payments
    return made


def test_money_paid_where_nothing_is_due_is_listed_as_well(paid: Books) -> None:
    name = paid.payments["household"].iloc[0]
    steps = trace_household(with_payment(paid, kind="rent", base="valley" if name < "H13" else "hill"), name)
    assert next(s for s in steps if s.name.startswith("rent/") and s.amount_fen == 0).step == "kind"
    assert paid.payments["payment"].iloc[0] in {s.name for s in steps if s.step == "payment"}
    assert parts_that_do_not_sum(steps) == []


def test_what_the_bank_sent_back_is_said(paid: Books) -> None:
    line = paid.payments.iloc[0]
    steps = trace_household(with_payment(paid, returned_fen=int(line["amount_fen"])), line["household"])
    assert "came back from the bank" in next(s.says for s in steps if s.name == line["payment"])
    assert not any("came back" in s.says for s in trace_household(paid, line["household"]))


# --- rules


def test_a_reserve_a_cap_and_a_guarantee_show_up() -> None:
    reserve, capped, guaranteed = (books_of(divided(rule)) for rule in ("reserve", "cap", "guarantee"))
    pot = reserve.actual.rest.query("account == 'reserve'").iloc[0]
    name = reserve.due.loc[reserve.due["pot"] == pot["payer_id"], "household"].iloc[0]
    assert (3, "reserve", pot["base"], pot["amount_fen"]) in told(trace_household(reserve, name), "reserve")
    forward = trace_sale(reserve, reserve.sales.query("base == @pot.base and period == @pot.period")["sale"].iloc[0])
    assert (3, "rest", pot["base"], pot["amount_fen"]) in told(forward, "rest")
    line = capped.due[capped.due["capped_fen"] > 0].iloc[0]
    assert any(f"held back beyond the cap {line['capped_fen'] / 100:,.2f}" in s.says for s in trace_household(capped, line["household"]))
    line = guaranteed.due[guaranteed.due["pot"].str.startswith("guarantee/")].iloc[0]
    steps = trace_household(guaranteed, line["household"])
    place = next(i for i, s in enumerate(steps) if s.name == line["pot"])
    assert steps[place].amount_fen == line["part_fen"]
    assert steps[place + 1].says == "guaranteed dividends topped up, paid by north"


def test_a_net_split_goes_through_the_year_and_its_costs() -> None:
    """What is divided is the sales of base and year less what is paid back; each pot has its share of that."""
    books = books_of(divided("net"))
    sales = books.sales[books.sales["base"] == "hill"]
    ledger = books.actual.ledger
    back = ledger[(ledger["document"] == "N-hill-2020-06") & ledger["account"].str.startswith("reimbursed_")]
    left = int(sales["amount_fen"].sum() - back["amount_fen"].sum())
    steps = trace_household(books, "H01")
    assert (5, "divided", "N-hill-2020-06", left) in told(steps, "divided")
    assert {s.name for s in steps if s.step == "sale"} == set(sales["sale"])
    assert -sum(s.amount_fen or 0 for s in steps if s.step == "cost" and s.level == 6) % back["amount_fen"].sum() == 0
    of_pot = next(s for s in steps if s.step == "net")
    assert of_pot.says == "49/100 × 2/5 of what is left of the year's sales:"
    assert abs(Fraction(of_pot.amount_fen or 0) - left * Fraction(49, 100) * Fraction(2, 5)) < 2
    forward = trace_sale(books, sales["sale"].iloc[0])
    assert told(forward)[:2] == [(0, "sale", sales["sale"].iloc[0], sales["amount_fen"].iloc[0]), (1, "net", "N-hill-2020-06", left)]
    assert sum(s.amount_fen or 0 for s in forward if s.level == 2 and s.is_part) == left


def test_shares_are_those_of_the_rule_under_both_readings() -> None:
    def says(rule: str, pot: str) -> set[str]:
        steps = trace_household(books_of(divided(rule)), "H01")
        place = next(i for i, s in enumerate(steps) if s.step == "pot" and s.name.startswith(pot))
        return {s.says.partition(" of ")[0] for s in steps[place + 1 : place + 2]}

    assert says("gross", "dividend/") == {"49/100 × 2/5"}
    assert says("gross", "share/") == {"49/100 × 1/7"}
    assert says("points", "dividend/") == {"2/5"}


# --- names


def test_a_pot_with_nobody_to_receive_it_goes_forward_to_suspense(tmp_path: Path) -> None:
    books = books_of(distributed(county(tmp_path / "farm", with_parts(FARM, links=None, households=None))))
    steps = trace_sale(books, books.sales["sale"].iloc[0])
    assert told(steps, "rest") == [(3, "rest", "dividend/hill/late", 392000)]
    assert next(s for s in steps if s.step == "rest").says == "nobody is there to receive it"
    assert parts_that_do_not_sum(steps) == []


def test_names_in_chinese_and_with_dots_and_dashes(tmp_path: Path) -> None:
    people = [{**row, "household": name} for row, name in zip(FARM["households"], ("张三", "N-hill-late", "a.b-c_d"), strict=True)]
    links = [{"household": row["household"], "kind": "dividend", "to": "hill"} for row in people]
    books = books_of(distributed(county(tmp_path / "farm", with_parts(FARM, households=people, links=links))))
    assert [trace_household(books, row["household"])[0].name for row in people] == [row["household"] for row in people]
    assert_inverse(books)


def test_unknown_names_are_refused_with_the_nearest_known_one(tiny_books: Books) -> None:
    for trace, name, near in ((trace_household, "H11", "H1"), (trace_sale, "S00001", "S000001")):
        with pytest.raises(InputError) as error:
            trace(tiny_books, name)
        (problem,) = error.value.problems
        assert (problem.found, problem.nearest) == (name, near)


def test_the_table_has_one_row_a_step_and_no_amount_where_there_is_none(tiny_books: Books) -> None:
    steps = trace_household(tiny_books, "H1")
    table = trace_table(steps)
    assert len(table) == len(steps)
    assert table["amount_fen"].dtype == pd.Int64Dtype()
    assert set(table.loc[table["amount_fen"].isna(), "step"]) == {"shipment", "activity"}
