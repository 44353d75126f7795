"""R01 to R08: what was planted is found to the fen and nothing beside it; and each check at its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted import audited, books_of, found_after

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.checks.bookings import agreed_lines, rule_shares, says_the_same, signed_shares, unsound_parts, with_signed_shares
from optimizer.audit.checks.promises import cooperative_minimum_missed, guarantee_missed
from optimizer.audit.checks.rules import (
    applied_not_agreed,
    basis_eroded,
    extra_fen_steered,
    no_rule_or_two,
    rule_changed,
    shares_not_whole,
)
from optimizer.instance.document import SplitRule
from optimizer.instance.pools import party_shares
from optimizer.revenue.split import divide_by_tree

CODES = tuple(f"R0{number}" for number in range(1, 9))
NESTED = SplitRule.model_validate(
    {"tree": [{"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]}, {"to": "base", "share": "0.49"},
              {"to": "collective", "share": "0.02"}]}
)  # fmt: skip
SIGNED = {
    ("all", "company"): Fraction(49, 100), ("company", "households"): Fraction(2, 5), ("all", "base"): Fraction(49, 100),
    ("all", "collective"): Fraction(1, 50),
}  # fmt: skip


@pytest.fixture(scope="module")
def books(clean: Path) -> Books:
    return books_of(clean)


def changed(books: Books, given: frozenset[str] | None = None, **tables: pd.DataFrame) -> Books:
    """The same books with other tables of the register."""
    instance = replace(books.instance, tables={**books.instance.tables, **tables})
    return replace(books, register=replace(books.register, instance=instance, given=given or books.register.given))


def with_rule(books: Books, **options: object) -> Books:
    """The same books under a split rule with other options."""
    rule = books.instance.split[0].model_copy(update=options)
    return replace(books, register=replace(books.register, instance=replace(books.instance, split=(rule,))))


def agreement(books: Books, **columns: object) -> pd.DataFrame:
    """The agreements with one column of the split agreement changed."""
    table = books.table("agreements").copy()
    for column, value in columns.items():
        table.loc[table["kind"] == "split", column] = value
    return table


def agreed(books: Books, shares: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """The agreed shares with some of them changed; by (of, recipient)."""
    table = books.table("agreed_shares").copy()
    for (of, recipient), share in shares.items():
        row = table.index[(table["of"] == of) & (table["recipient"] == recipient)]
        assert len(row) == 1
        table.at[row[0], "share"] = Fraction(share)
    return table


def with_sales(books: Books, **columns: object) -> Books:
    """The same books with columns of the first sale changed."""
    sales = books.sales.copy()
    for column, value in columns.items():
        sales.loc[sales.index[0], column] = value
    return replace(books, actual=replace(books.actual, sales=sales))


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


@pytest.mark.parametrize(
    ("shares", "parts"),
    [
        (SIGNED, {}),
        ({**SIGNED, ("all", "base"): Fraction(48, 100)}, {"all": Fraction(99, 100)}),
        ({**SIGNED, ("all", "government"): Fraction(1, 10**9)}, {"all": 1 + Fraction(1, 10**9)}),
        ({**SIGNED, ("company", "households"): Fraction(1)}, {}),
        ({**SIGNED, ("company", "households"): Fraction(1), ("company", "base"): Fraction(1, 100)}, {"company": Fraction(101, 100)}),
        ({**SIGNED, ("government", "households"): Fraction(1, 2)}, {"government": Fraction(1, 2)}),
    ],
)
def test_shares_of_the_whole_sum_to_one_and_those_of_a_part_to_one_at_most(shares: dict, parts: dict) -> None:
    assert unsound_parts(shares) == parts


def test_an_unsound_agreement_is_told_once_and_not_compared(books: Books) -> None:
    unsound = changed(books, agreed_shares=agreed(books, {("all", "collective"): "0.03"}))
    assert brief(shares_not_whole(unsound)) == [("R01", 0, ("agreement", "G01"))]
    assert list(rule_changed(unsound)) == list(applied_not_agreed(unsound)) == []


def test_a_sale_falls_under_one_agreement_from_its_first_day_to_the_day_before_it_ends(books: Books) -> None:
    day, sale = books.sales["sold_on"].iloc[0], books.sales["sale"].iloc[0]
    one = pd.Timedelta(days=1)
    later, amount = books.sales["sold_on"] > day, int(books.sales["amount_fen"].iloc[0])
    assert later.iloc[1:].all()
    missed = [("R02", amount, ("sale", sale))]
    assert brief(no_rule_or_two(changed(books, agreements=agreement(books, valid_from=day)))) == []
    assert brief(no_rule_or_two(changed(books, agreements=agreement(books, valid_from=day + one)))) == missed
    assert len(list(no_rule_or_two(changed(books, agreements=agreement(books, valid_to=day + one))))) == len(books.sales) - 1
    assert len(list(no_rule_or_two(changed(books, agreements=agreement(books, valid_to=day))))) == len(books.sales)


@pytest.mark.parametrize(("to", "is_found"), [("", True), ("base", True), ("company", True), ("nobody", False)])
def test_two_agreements_for_one_base_are_found_without_fen(books: Books, to: str, is_found: bool) -> None:
    sale = books.sales.iloc[0]
    company = books.table("bases").set_index("base")["company"][sale["base"]]
    names = {"base": sale["base"], "company": company}
    table = books.table("agreements")
    second = table[table["kind"] == "split"].assign(
        agreement="G02", to=names.get(to, to), valid_from=sale["sold_on"], valid_to=sale["sold_on"] + pd.Timedelta(days=1)
    )
    found = list(no_rule_or_two(changed(books, agreements=pd.concat([table, second], ignore_index=True))))
    assert brief(found) == ([("R02", 0, ("sale", sale["sale"]))] if is_found else [])
    assert [finding.subjects[1:] for finding in found] == ([(("agreement", "G01"), ("agreement", "G02"))] if is_found else [])


def test_one_fen_from_one_party_to_another_is_found_at_its_sale(books: Books) -> None:
    booked = books.table("booked_splits").copy()
    sale = booked["sale"].iloc[0]
    for recipient, by in (("company", 0.01), ("households", -0.01)):
        row = (booked["sale"] == sale) & (booked["recipient"] == recipient)
        booked.loc[row, "amount_yuan"] = (booked.loc[row, "amount_yuan"] + by).round(2)
    (finding,) = applied_not_agreed(changed(books, booked_splits=booked))
    assert brief([finding]) == [("R03", 1, ("sale", sale))]
    assert finding.item == f"sale {sale}"


def test_bookings_without_a_name_go_to_the_only_party_of_their_kind(books: Books) -> None:
    silent = changed(books, booked_splits=books.table("booked_splits").assign(to=""))
    assert list(applied_not_agreed(silent)) == []


def test_sales_are_divided_anew_with_the_shares_as_signed(books: Books) -> None:
    """Signed 50 % of the company's part where the rule gives 40 %: the households lack a tenth of the company's 49 %.

    Sale S01 of 97,953.63 yuan: 49 % are 47,997.2787 (floor 47,997.27), as much for the base, 1,959.0726 for the collective
    (floor 1,959.07); the two odd fen go to company and base. Households 50 % of 47,997.28 = 23,998.64 in place of 40 % =
    19,198.912, which is 19,198.91: they lack 4,799.73, which the company keeps.
    """
    other = changed(books, agreed_shares=agreed(books, {("company", "households"): "0.5"}))
    assert int(books.sales["amount_fen"].iloc[0]) == 9_795_363
    found = list(applied_not_agreed(other))
    assert len(found) == len(books.sales)
    assert brief(found[:1]) == [("R03", 479_973, ("sale", "S01"))]
    assert brief(rule_changed(other)) == [("R04", 0, ("agreement", "G01"))]


def test_what_was_taken_off_is_divided_no_more(books: Books) -> None:
    lines = agreed_lines(with_sales(books, deducted_fen=10_000)).groupby("sale")["amount_fen"].sum()
    assert lines[books.sales["sale"].iloc[0]] == books.sales["amount_fen"].iloc[0] - 10_000
    assert lines[books.sales["sale"].iloc[1]] == books.sales["amount_fen"].iloc[1]


@pytest.mark.parametrize(
    ("recorded", "approved", "is_found"),
    [("2020-01-01", "", False), ("2020-01-02", "", True), ("2020-01-02", "Zhou Min", False)],
)
def test_an_agreement_recorded_after_it_began_needs_an_approver(books: Books, recorded: str, approved: str, is_found: bool) -> None:
    table = agreement(books, valid_from=pd.Timestamp("2020-01-01"), recorded_on=pd.Timestamp(recorded), approved_by=approved)
    assert brief(rule_changed(changed(books, agreements=table))) == ([("R04", 0, ("agreement", "G01"))] if is_found else [])


def test_an_agreement_on_another_rule_than_the_one_in_force_is_found(books: Books) -> None:
    (finding,) = rule_changed(changed(books, agreements=agreement(books, rule="seed_rule")))
    assert finding.subjects == (("agreement", "G01"), ("rule", books.instance.split[0].name))


@pytest.mark.parametrize(
    ("options", "account", "is_found"),
    [
        ({"basis": "gross"}, "freight", True), ({"basis": "net", "net_of": ("freight",)}, "freight", False),
        ({"basis": "net", "net_of": ("freight",)}, "fees", True), ({"basis": "net", "net_of": ("freight",)}, "", True),
    ],
)  # fmt: skip
def test_only_listed_costs_are_taken_off_before_a_net_split_and_none_before_a_gross_one(
    books: Books, options: dict, account: str, is_found: bool
) -> None:
    found = brief(basis_eroded(with_sales(with_rule(books, **options), deducted_fen=1, deduction=account)))
    assert found == ([("R05", 1, ("sale", books.sales["sale"].iloc[0]))] if is_found else [])


def test_the_odd_fen_given_to_another_is_shown_with_both_claims(books: Books) -> None:
    table = books.table("payments").copy()
    for household, off in (("H01", 0.01), ("H02", -0.01)):
        row = (table["household"] == household) & (table["kind"] == "dividend") & (table["period"] == "second_quarter")
        table.loc[row, "due_yuan"] = (table.loc[row, "due_yuan"] + off).round(2)
    found = list(extra_fen_steered(changed(books, payments=table)))
    assert brief(found) == [("R06", 1, ("household", "H01")), ("R06", 1, ("household", "H02"))]
    assert found[0].item == "due H01/dividend/hill/second_quarter"
    assert {part.file for part in found[0].evidence} == {"payments.csv", *(f"dividend/hill/2020-0{month}" for month in (4, 5, 6))}


def promised(books: Books, household: str, **columns: object) -> Books:
    row = {"_row": 9, "agreement": "P1", "kind": "guarantee", "rule": "", "household": household, "to": "", "valid_from": pd.NaT,
           "valid_to": pd.NaT, "approved_by": "", **columns}  # fmt: skip
    return changed(books, agreements=pd.DataFrame([row]).astype({"valid_from": "datetime64[s]", "valid_to": "datetime64[s]"}))


def test_a_guarantee_is_missed_by_a_fen_and_only_after_the_last_due_date(books: Books) -> None:
    cells = books.cells[(books.cells["kind"] == "dividend") & (books.cells["household"] == "H01")]
    paid = int(cells["paid_fen"].sum())
    assert brief(guarantee_missed(promised(books, "H01", guaranteed_yuan=paid / 100))) == []
    missed = promised(books, "H01", guaranteed_yuan=(paid + 1) / 100)
    assert brief(guarantee_missed(missed)) == [("R07", 1, ("household", "H01"))]
    with pytest.raises(NotChecked):
        list(guarantee_missed(replace(missed, as_of=cells["due_on"].max().date())))


def test_a_guarantee_for_all_counts_every_household_tied_to_the_base(books: Books) -> None:
    tied = books.table("links")
    tied = set(tied.loc[(tied["kind"] == "dividend") & (tied["to"] == "hill"), "household"])
    found = list(guarantee_missed(promised(books, "", to="hill", guaranteed_yuan=1_000_000.0)))
    assert {finding.subjects[0][1] for finding in found} == tied
    paid = books.cells[(books.cells["kind"] == "dividend") & (books.cells["base"] == "hill")]["paid_fen"].sum()
    assert sum(finding.fen for finding in found) == 100_000_000 * len(tied) - paid
    assert brief(guarantee_missed(promised(books, "", to="hill", guaranteed_yuan=9e5, valid_to=pd.Timestamp(2020, 6, 30)))) == []


@pytest.mark.parametrize(("by_trade", "fen"), [(60.02, 0), (60.01, 1), (0.0, 6002)])
def test_a_cooperative_gives_back_three_fifths_of_its_surplus_by_trade(books: Books, by_trade: float, fen: int) -> None:
    """60 % of 100.02 yuan are 60.012 yuan, hence 60.02."""
    table = pd.DataFrame([{"_row": 2, "to": "hill", "surplus_yuan": 100.02, "by_trade_yuan": by_trade}])
    assert brief(cooperative_minimum_missed(changed(books, surpluses=table))) == ([("R08", fen, ("base", "hill"))] if fen else [])


def test_an_agreement_says_the_same_part_by_part_or_as_shares_of_the_whole() -> None:
    assert rule_shares(NESTED) == SIGNED
    whole = {("all", party): share for party, share in party_shares(NESTED).items()}
    points = SplitRule.model_validate(
        {"reading": "points", "tree": [{"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
                                       {"to": "base", "share": "0.49"}, {"to": "collective", "share": "0.02"}]}
    )  # fmt: skip
    assert says_the_same(NESTED, SIGNED) and says_the_same(NESTED, whole)
    assert not says_the_same(points, SIGNED) and not says_the_same(points, whole)
    assert says_the_same(points, {**SIGNED, ("company", "households"): Fraction(40, 49)})


@given(st.lists(st.integers(1, 40), min_size=3, max_size=3), st.integers(0, 12), st.integers(-(10**9), 10**9))
def test_a_sale_divided_by_signed_shares_gives_each_party_its_share_within_a_fen_a_level(top: list, twelfths: int, amount: int) -> None:
    shares = {("all", name): Fraction(part, sum(top)) for name, part in zip(("company", "base", "collective"), top, strict=True)}
    shares["company", "households"] = Fraction(twelfths, 12)
    rule = with_signed_shares(NESTED, shares)
    parts = divide_by_tree(np.array([amount]), rule).iloc[0]
    assert parts.sum() == amount
    assert rule_shares(rule) == shares
    for party, share in party_shares(rule).items():
        leaf = "households.dividend" if party == "households" else party
        assert abs(parts[leaf] - share * amount) < 2


def test_the_signed_shares_of_the_county_are_those_of_its_rule(books: Books) -> None:
    assert says_the_same(books.instance.split[0], signed_shares(books)["G01"])
    assert agreed_lines(books) is books.split
