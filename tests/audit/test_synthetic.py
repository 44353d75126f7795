"""The made-up year: clean, repeatable, and what the plan comes to."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from counties import FARM, county, distributed, with_parts
from county import RESULT, SEED, SPLIT, clean_year, document, half_by_need
from planted import audited, books_of

import optimizer
from optimizer.audit.due import fen
from optimizer.audit.reconciliation import reconciliation
from optimizer.audit.result import read_result
from optimizer.audit.synthetic import PAID_FOLDER, PAYMENTS_FILE, payments, write_year
from optimizer.audit.synthetic.people import signed_shares
from optimizer.audit.synthetic.trade import MOST_DAYS
from optimizer.household.distribution import Distribution
from optimizer.instance.document import SplitRule
from optimizer.instance.loading import load
from optimizer.instance.register import REGISTER_FOLDER
from optimizer.instance.registry import registry


def by_rule(**parts: Any) -> dict[str, Any]:
    return with_parts(document(), split={**copy.deepcopy(SPLIT), **parts})


OTHERS = {
    "need": half_by_need(),
    "net": by_rule(basis="net"),
    "points": by_rule(reading="points"),
    "days": by_rule(prorate="days"),
    "labour_days": by_rule(household_key="labour_days"),
    "reserve": by_rule(reserve_share="0.1"),
}


def test_the_clean_county_gives_no_finding_of_severity_s1_to_s3(clean: Path) -> None:
    assert audited(clean).told == frozenset()


@pytest.mark.parametrize("name", OTHERS)
def test_nor_does_a_county_with_another_rule(name: str, tmp_path: Path) -> None:
    clean_year(tmp_path / name, OTHERS[name])
    assert audited(tmp_path / name).told == frozenset()


def test_a_county_whose_periods_have_no_dates_is_as_clean_as_its_links(tiny: Distribution, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    shutil.copytree(tiny.instance.folder, folder)
    optimizer.report(tiny, folder / RESULT)
    write_year(load(folder), read_result(folder / RESULT), folder, SEED)
    assert audited(folder).told == {("L01", 0, "household H6")}, "H6 is linked to nothing in instances/tiny"


def written(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for part in (REGISTER_FOLDER, PAID_FOLDER) for file in sorted((folder / part).iterdir())}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(clean: Path, tmp_path: Path) -> None:
    instance, result = load(clean), read_result(clean / RESULT)
    write_year(instance, result, tmp_path / "again", SEED)
    write_year(instance, result, tmp_path / "other", SEED + 1)
    assert written(tmp_path / "again") == written(clean)
    assert written(tmp_path / "other")[PAYMENTS_FILE] != written(clean)[PAYMENTS_FILE]


def test_every_row_says_that_it_is_synthetic_and_no_number_is_in_plain(clean: Path) -> None:
    for name, content in written(clean).items():
        lines = content.decode("utf-8").splitlines()
        assert lines[0].endswith(",source"), name
        assert all(line.endswith(",synthetic") for line in lines[1:]), name
        assert b"\r" not in content
        assert "id_number" not in lines[0] and ",number," not in lines[0]


def test_every_household_has_its_people_and_one_account_in_its_heads_name(clean: Path) -> None:
    books = books_of(clean)
    households, members = books.table("households").set_index("household"), books.table("members")
    assert members.groupby("household").size().to_dict() == households["persons"].to_dict()
    assert members["id_hash"].is_unique
    assert not members.duplicated(["household", "name"]).any()
    assert (members["born_on"] <= members["joined_on"]).all()
    heads = members.drop_duplicates("household").set_index("household")["name"]
    accounts = books.table("accounts").set_index("household")
    assert accounts["holder"].to_dict() == heads.to_dict()
    assert accounts["number_hash"].is_unique


def test_sales_are_a_few_per_cent_off_the_plan_and_fully_received(clean: Path) -> None:
    books = books_of(clean)
    assert books.result is not None
    keys = ["base", "product", "period", "market"]
    plan = books.result.table("sales").groupby(keys)["kg"].sum()
    real = books.sales.set_index(keys)["kg"]
    assert set(real.index) == set(plan.index)
    assert 0 < (real / plan - 1).abs().max() < 0.08
    total, planned = books.sales.groupby("base")["amount_fen"].sum(), books.result.table("sales").groupby("base")["amount_fen"].sum()
    assert ((total / planned).between(1.0, 1.02)).all()
    received = books.table("receipts").merge(books.sales[["sale", "sold_on", "amount_fen"]], on="sale")
    paid_in = pd.Series(fen(received["amount_yuan"])).groupby(received["sale"]).sum()
    assert paid_in.to_dict() == books.sales.set_index("sale")["amount_fen"].to_dict()
    assert (received["received_on"] - received["sold_on"]).dt.days.between(1, 20).all()
    assert received["sale"].duplicated().any()


def test_days_on_the_sheets_are_the_plans_in_half_days_and_nobody_works_more_than_there_are(clean: Path) -> None:
    books = books_of(clean)
    assert books.result is not None
    plan = books.result.table("plan")
    work = plan[plan["decision"] == "work"].groupby(["base", "period"])["value"].sum()
    records = books.table("work_records")
    given = records.groupby(["base", "period"])["days"].sum()
    assert ((given - work[work > 0]).abs() <= 0.25 + 1e-9).all()
    assert (records["days"] * 2 % 1 == 0).all()
    assert records.groupby(["person", "period"])["days"].sum().max() <= MOST_DAYS
    people = records.groupby("household")["person"].nunique()
    able = books.table("households").set_index("household")["workers"]
    assert (people <= able.reindex(people.index)).all()


def test_households_are_paid_to_the_fen_what_they_are_due(clean: Path) -> None:
    books = books_of(clean)
    due = books.due.groupby(["household", "kind"])["due_fen"].sum()
    paid = books.payments.groupby(["household", "kind"])["amount_fen"].sum()
    assert paid.to_dict() == due[due > 0].to_dict()
    assert set(books.cells["state"]) == {"paid"}
    assert set(books.payments["period"]) >= {"first_quarter", "second_quarter", "2020-01", "2020-06"}


def test_balances_roll_forward_from_nothing_to_nothing(clean: Path) -> None:
    books = books_of(clean)
    balances, reckoned = books.table("balances"), reconciliation(books)
    figures = {c: fen(balances[f"{c}_yuan"]) for c in ("opening", "due", "paid", "returned", "closing")}
    assert (figures["opening"] + figures["due"] - figures["paid"] + figures["returned"] == figures["closing"]).all()
    assert np.array_equal(figures["closing"], reckoned["closing_fen"].to_numpy(dtype="int64"))
    last = balances["period"] == "2020-06"
    assert figures["paid"].sum() == figures["due"].sum()
    assert (figures["closing"][last] == 0).all()


def test_the_tables_an_audit_can_use_are_all_there(clean: Path) -> None:
    other = {"expenses", "finding_decisions", "audit_limits"}
    there = {file.stem for file in (clean / REGISTER_FOLDER).iterdir()}
    wanted = {name for name, table in registry().items() if table.part == REGISTER_FOLDER} - {"payments"} - other
    assert wanted <= there


@pytest.mark.parametrize(
    ("reading", "expected"),
    [
        ("nested", [("company", "all", "0.49"), ("households", "company", "0.4"), ("base", "all", "0.49"), ("collective", "all", "0.02")]),
        ("points", [("company", "all", "0.09"), ("households", "all", "0.4"), ("base", "all", "0.49"), ("collective", "all", "0.02")]),
    ],
)
def test_a_rule_is_signed_as_it_reads(reading: str, expected: list[tuple[str, str, str]]) -> None:
    """49 % of which 40 %: of the company's part, or of the whole, of which the company then keeps 9."""
    tree = [
        {"to": "company", "share": "0.49", "of_which": [{"to": "households", "share": "0.40"}]},
        {"to": "base", "share": "0.49"},
        {"to": "collective", "share": "0.02"},
    ]
    assert signed_shares(SplitRule.model_validate({"reading": reading, "tree": tree})) == expected


@pytest.mark.parametrize("left_out", [("links",), ("links", "households")])
def test_where_nothing_is_due_to_households_the_sales_are_written_and_no_payments(left_out: tuple[str, ...], tmp_path: Path) -> None:
    instance = county(tmp_path / "farm", with_parts(FARM, **dict.fromkeys(left_out)))
    optimizer.report(distributed(instance), tmp_path / "farm" / RESULT)
    write_year(instance, read_result(tmp_path / "farm" / RESULT), tmp_path / "farm", SEED)
    there = {file.stem for file in (tmp_path / "farm" / REGISTER_FOLDER).iterdir()}
    assert {"sales", "receipts", "booked_splits", "agreements"} <= there
    assert not (tmp_path / "farm" / PAID_FOLDER).exists()


def test_a_year_that_is_paid_late_is_not_clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(payments, "DAYS_BEFORE", (-3, -1))
    clean_year(tmp_path / "late")
    assert "P03" in {code for code, *_ in audited(tmp_path / "late").told}
