"""The Beancount files prove that no fen was lost, and fail when one was."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from beancount import loader
from beancount.core.data import Open
from counties import FARM, SPLIT, county, distributed, with_parts
from one_base import (
    BALANCE,
    BASE,
    BASE_FIRST,
    COMPANY,
    COMPANY_FIRST,
    POSTING,
    VILLAGE,
    bumped,
    check_files,
    divided,
    errors,
    files_of,
    one_base,
    payment,
    rule,
)

from optimizer.household.distribution import Distribution
from optimizer.report.ledger.given import planned_input

PAID = pd.DataFrame(
    [payment("P1", "H001", 65_334), payment("P2", "H002", 65_333), payment("P3", "H002", -65_333, "2020-10-09", "P2"),
     payment("P4", "H003", 60_000)]
)  # fmt: skip
EVIL = 'x" ^y\n2020-01-01 open Assets:Evil CNY\r\n;\u2028include "/etc/passwd"\\'


# --- the ledger worked out by hand


@pytest.mark.parametrize("unit", ["yuan", "fen"])
@pytest.mark.parametrize(("parts", "tree"), [(COMPANY_FIRST, (COMPANY, BASE, VILLAGE)), (BASE_FIRST, (BASE, COMPANY, VILLAGE))])
def test_the_ledger_worked_out_by_hand_passes(parts: dict[str, int], tree: tuple, unit: str) -> None:
    assert [errors(text) for text in files_of(one_base(parts, rule(*tree), unit=unit))] == [[], []]


@pytest.mark.parametrize(("parts", "company", "base"), [(COMPANY_FIRST, "2940.01", "4900.00"), (BASE_FIRST, "2940.00", "4900.01")])
def test_whoever_is_listed_first_holds_the_odd_fen(parts: dict[str, int], company: str, base: str) -> None:
    text = files_of(one_base(parts))[1]
    for line in (f"Expenses:Company:C01  {company}", f"Expenses:Base:B001  {base}", "Expenses:Village:V01  200.00",
                 "Liabilities:Pot:B001:2020-09:Dividend  1960.00", "Liabilities:Due:H001  -653.34", "Liabilities:Due:H002  -653.33",
                 "Assets:Clearing:B001  10000.01", "Income:Sale:B001  -10000.01"):  # fmt: skip
        assert f"  {line} CNY\n" in text


@pytest.mark.parametrize("unit", ["yuan", "fen"])
@pytest.mark.parametrize("file", [0, 1], ids=["county", "base"])
def test_a_fen_more_or_less_in_any_posting_or_proof_is_an_error(file: int, unit: str) -> None:
    text = files_of(one_base(payments=PAID, unit=unit))[file]
    matches = [*POSTING.finditer(text), *BALANCE.finditer(text)]
    assert len(matches) > 15
    for match in matches:
        for fen in (1, -1):
            assert errors(bumped(text, match, fen)), match[0]


def test_a_fen_moved_from_one_account_to_another_is_an_error() -> None:
    text = files_of(one_base(payments=PAID))[1]
    for entry in re.finditer(r"^\d{4}-\d\d-\d\d \*.*\n(?:  .*\n)+", text, re.MULTILINE):
        first, *others = POSTING.finditer(text, entry.start(), entry.end())
        for other in others:
            assert errors(bumped(bumped(text, other, -1), first, 1)), entry[0]


def test_a_fen_left_in_a_pot_is_an_error() -> None:
    given = one_base(entitlements=divided(196_000, {"H001": 1, "H002": 1, "H003": 1}).assign(amount_fen=[65_333] * 3))
    assert any("Liabilities:Pot:B001:2020-09:Dividend" in error for error in errors(files_of(given)[1]))


def test_a_false_share_passes_here_and_is_left_to_the_recheck() -> None:
    assert errors(files_of(one_base({"company": 293_901, "pot": 196_000, "base": 490_000, "collective": 20_100}))[1]) == []


# --- what is owed and paid


def test_the_balance_of_a_household_is_what_it_is_still_owed() -> None:
    text = files_of(one_base(payments=PAID))[1]
    for household, arrears in (("H001", "0.00"), ("H002", "-653.33"), ("H003", "-53.33")):
        assert re.search(rf"balance Liabilities:Due:{household} {arrears} ~ 0 CNY", text)
    assert "balance Assets:Bank:B001 706.66 ~ 0 CNY" in text
    assert "  Liabilities:Due:H003  600.00 CNY ; P4\n" in text


def test_dues_without_a_pot_are_owed_too() -> None:
    wages = pd.DataFrame([{"household": "H001", "kind": "wage", "base": "B001", "period": "2020-09", "amount_fen": 8_000}])
    text = files_of(one_base(entitlements=pd.concat([one_base().entitlements, wages])))[1]
    assert errors(text) == []
    assert "balance Liabilities:Due:H001 -733.34 ~ 0 CNY" in text
    assert "balance Expenses:Wage:B001 80.00 ~ 0 CNY" in text


def test_each_year_of_a_base_stands_alone() -> None:
    given, later = one_base(), {"period": "2021-01"}
    old = given.ledger
    ledger = pd.concat([old, old.assign(document="S2", receiver_id=old["receiver_id"].str.replace("2020-09", "2021-01"), **later)])
    given = replace(
        given,
        sales=pd.concat([given.sales, given.sales.assign(sale="S2", sold_on=pd.Timestamp("2021-01-07"), **later)]),
        ledger=ledger,
        entitlements=pd.concat([given.entitlements, given.entitlements.assign(pot="dividend/B001/2021-01", **later)]),
        last_days={**given.last_days, "2021-01": date(2021, 1, 31)},
        rule_names={**given.rule_names, "2021-01": "weining-49-49-2"},
    )
    texts = files_of(given)
    assert [errors(text) for text in texts] == [[], [], []]
    assert "S2" not in texts[1]
    assert '2021-01-07 * "Sale S2' in texts[2]


# --- words of the tables


def test_no_word_of_the_tables_becomes_a_directive() -> None:
    given = one_base(title=EVIL, payments=pd.DataFrame([payment(EVIL, EVIL, 65_334)]), rules={EVIL: rule()}, rule_names={"2020-09": EVIL})
    given = replace(
        given,
        sales=given.sales.assign(sale=EVIL, product=EVIL, market=EVIL),
        ledger=given.ledger.assign(document=EVIL),
        entitlements=given.entitlements.replace({"household": {"H001": EVIL}}),
    )
    for text, honest in zip(files_of(given), files_of(one_base(payments=PAID.head(1))), strict=True):
        entries, found, _ = loader.load_string(text)
        assert found == []
        assert [type(entry) for entry in entries] == [type(entry) for entry in loader.load_string(honest)[0]]
        assert "Assets:Evil" not in {entry.account for entry in entries if isinstance(entry, Open)}


# --- whole counties


def test_the_tiny_county_passes(tiny: Distribution, tmp_path: Path) -> None:
    assert check_files(planned_input(tiny), tmp_path) > 100
    text = (tmp_path / "base-Hill-2000.beancount").read_text(encoding="utf-8")
    for proof in ("Expenses:Base:Hill 26260.00", "Liabilities:Due:H1 -51868.44", "Expenses:Village:Hill-village 5480.00"):  # by hand
        assert f"balance {proof} ~ 0 CNY" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "base-Hill-2000.beancount", "base-Valley-2000.beancount", "control.beancount", "recheck", "recheck.sql", "theory.journal",
    ]  # fmt: skip


def test_the_county_s_file_is_the_sum_of_the_bases(tiny: Distribution) -> None:
    def sums(text: str) -> pd.Series:
        found = re.findall(r"balance (\S+) (-?[\d.]+) ~", text)
        return pd.Series({account: round(float(figure) * 100) for account, figure in found})

    whole, *bases = (sums(text) for text in files_of(planned_input(tiny)))
    for root in ("Liabilities:Due:", "Expenses:Company:", "Income:Sale:", "Assets:Bank:"):
        assert whole[whole.index.str.startswith(root)].sum() == sum(base[base.index.str.startswith(root)].sum() for base in bases)


@pytest.mark.parametrize(
    "parts",
    [
        {"split": {**SPLIT, "basis": "net", "net_of": ["inputs", "freight"]}},
        {"split": {**SPLIT, "household_key": {"labour_days": "0.3", "per_head": "0.7"}}},
        {"split": None, "households": None, "links": None},
        {"links": []},
    ],
    ids=["net", "two keys", "no split", "nobody tied"],
)
def test_other_counties_pass(tmp_path: Path, parts: dict) -> None:
    assert check_files(planned_input(distributed(county(tmp_path / "in", with_parts(FARM, **parts)))), tmp_path / "out") > 0


def test_a_county_where_nothing_pays_has_files_without_entries(tmp_path: Path) -> None:
    nothing = distributed(county(tmp_path / "in", FARM, "activities.input_cost_yuan_per_mu=90000"))
    assert check_files(planned_input(nothing), tmp_path / "out") == 0
