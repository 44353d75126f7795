"""Faults planted in a copy of a clean county: each, alone or with another, is found with its code and exact amount."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from planted import books_of, clean_books, found_after

from optimizer.audit.books import Books
from optimizer.audit.catalogue import catalogue
from optimizer.audit.faults import plant as planting
from optimizer.audit.faults.plant import plant
from optimizer.audit.faults.planters import OF_RESULTS, planters
from optimizer.audit.faults.planting import Expected, Tables
from optimizer.audit.incomes import incomes
from optimizer.instance.register import REGISTER_FOLDER
from optimizer.problems import InputError

CODES = list(planters())
TOGETHER = 8
OUTLIER = "A01"
"""Tells of the most striking payment of a kind only, so that it goes together with few others."""

WITH_OUTLIER = 5


def groups(codes: list[str], size: int) -> list[tuple[str, ...]]:
    """Groups of codes in which every pair of codes occurs together at least once."""
    left, found = set(itertools.combinations(codes, 2)), []
    while left:
        group = list(min(left))
        while len(group) < size:
            news = {code: sum(tuple(sorted((code, other))) in left for other in group) for code in codes if code not in group}
            group.append(max(news, key=lambda code: news[code]))
        left -= set(itertools.combinations(sorted(group), 2))
        found.append(tuple(sorted(group)))
    return found


OTHERS = [code for code in CODES if code not in (*OF_RESULTS, OUTLIER)]
GROUPS = [
    *((OUTLIER, *OTHERS[first : first + WITH_OUTLIER]) for first in range(0, len(OTHERS), WITH_OUTLIER)),
    *groups(OTHERS, TOGETHER),
]
FEW = random.Random(3).sample(GROUPS, 8)


@pytest.fixture(scope="module", autouse=True)
def books_stay_as_they_were(clean: Path) -> Iterator[None]:
    """All faults are planted from the same open books; at the end they must still be those of the clean county."""
    yield
    used, fresh = clean_books(clean), books_of(clean)
    for name, table in fresh.instance.tables.items():
        pd.testing.assert_frame_equal(used.table(name), table, obj=name)
    for name in ("sales", "due", "payments", "cells", "split", "booked"):
        pd.testing.assert_frame_equal(getattr(used, name), getattr(fresh, name), obj=name)
    pd.testing.assert_frame_equal(incomes(used), incomes(fresh))


def test_every_kind_of_finding_can_be_planted() -> None:
    assert set(planters()) == set(catalogue())


def test_every_two_faults_are_planted_together_somewhere() -> None:
    together = {pair for group in GROUPS for pair in itertools.combinations(sorted(group), 2)}
    assert together == set(itertools.combinations(sorted((*OTHERS, OUTLIER)), 2))


@pytest.mark.parametrize("code", CODES)
def test_a_fault_is_found_with_its_code_and_amount_and_nothing_else_is(clean: Path, tmp_path: Path, code: str) -> None:
    expected, found = found_after(clean, tmp_path, [code])
    assert code in {name for name, *_ in expected}
    assert found == expected


@pytest.mark.parametrize("codes", FEW, ids="-".join)
def test_faults_are_found_side_by_side(clean: Path, tmp_path: Path, codes: tuple[str, ...]) -> None:
    expected, found = found_after(clean, tmp_path, codes)
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("codes", [group for group in GROUPS if group not in FEW], ids="-".join)
def test_any_two_faults_are_found_side_by_side(clean: Path, tmp_path: Path, codes: tuple[str, ...]) -> None:
    """Several at a time, so that every pair occurs together somewhere."""
    expected, found = found_after(clean, tmp_path, codes)
    assert found == expected


@pytest.mark.slow
@pytest.mark.parametrize("code", OTHERS)
def test_a_fault_planted_twice_is_found_twice(clean: Path, tmp_path: Path, code: str) -> None:
    """But for the outlier, of which only the most striking one is told."""
    expected, found = found_after(clean, tmp_path, [code, code])
    assert found == expected
    assert len({subject for name, _, subject in expected if name == code}) > 1


# --- the planting itself, with a planter of its own


def plant_account(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """The account of the number-th household in another name, and a table that was not there."""
    household = sorted(tables["accounts"]["household"])[number]
    mine = tables["accounts"]["household"] == household
    tables["accounts"].loc[mine, "holder"] = "nobody"
    tables["finding_decisions"] = pd.DataFrame({"finding": ["X"], "facts": ["x"]})
    return (Expected("P05", 100 + number, ("household", household)),)


def plant_first(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """Another fault that meets the same households in the same order."""
    household = sorted(tables["households"]["household"])[number]
    tables["households"].loc[tables["households"]["household"] == household, "status"] = "other"
    return (Expected("L01", 0, ("household", household)),)


def plant_and_stop(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    raise OSError(28, "No space left on device")


@pytest.fixture
def two_planters(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known = {"P05": plant_account, "L01": plant_first, "C04": plant_and_stop}
    monkeypatch.setattr(planting, "planters", lambda: known)
    yield


@pytest.mark.usefixtures("two_planters")
def test_a_code_given_twice_meets_another_household(clean: Path, tmp_path: Path) -> None:
    planted = plant(clean, tmp_path / "out", ["P05", "P05"])
    assert list(planted["subject"]) == ["household H01", "household H02"]
    assert list(planted["fen_at_risk"]) == [100, 101]
    accounts = pd.read_csv(tmp_path / "out" / REGISTER_FOLDER / "accounts.csv", dtype=str)
    assert list(accounts.loc[accounts["holder"] == "nobody", "household"]) == ["H01", "H02"]


@pytest.mark.usefixtures("two_planters")
def test_two_codes_meet_two_households(clean: Path, tmp_path: Path) -> None:
    planted = plant(clean, tmp_path / "out", ["P05", "L01"])
    assert list(planted["subject"]) == ["household H01", "household H02"]


@pytest.mark.usefixtures("two_planters")
def test_the_list_of_what_was_planted_lies_beside_the_tables(clean: Path, tmp_path: Path) -> None:
    planted = plant(clean, tmp_path / "out", ["P05"])
    stored = pd.read_csv(tmp_path / "out" / "planted" / "planted.csv")
    assert list(stored.columns) == ["code", "expected_code", "fen_at_risk", "subject", "says"]
    assert stored.to_dict("list") == planted.to_dict("list")


@pytest.mark.usefixtures("two_planters")
def test_only_changed_tables_differ_from_the_clean_ones(clean: Path, tmp_path: Path) -> None:
    plant(clean, tmp_path / "out", ["P05", "L01"])
    before = {file.relative_to(clean): file.read_bytes() for file in clean.rglob("*") if file.is_file()}
    after = {file.relative_to(tmp_path / "out"): file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert {file.name for file in after if after[file] != before.get(file)} == {
        "accounts.csv", "finding_decisions.csv", "households.csv", "planted.csv",
    }  # fmt: skip
    assert set(before) <= set(after)


@pytest.mark.usefixtures("two_planters")
def test_the_same_faults_give_the_same_bytes(clean: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        plant(clean, tmp_path / name, ["P05", "L01", "P05"])
    files = [file.relative_to(tmp_path / "one") for file in (tmp_path / "one").rglob("*.csv")]
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


@pytest.mark.usefixtures("two_planters")
def test_an_unknown_code_is_refused_with_the_nearest_known_one(clean: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        plant(clean, tmp_path / "out", ["PO5", "P05"])
    assert [(problem.found, problem.nearest) for problem in refused.value.problems] == [("PO5", "P05")]
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("two_planters")
def test_a_folder_that_holds_something_is_not_planted_into(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(InputError):
        plant(clean, tmp_path / "out", ["P05"])
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["letter.txt"]


@pytest.mark.usefixtures("two_planters")
def test_a_folder_is_not_copied_into_itself(clean: Path) -> None:
    with pytest.raises(InputError):
        plant(clean, clean / "out", ["P05"])
    assert not (clean / "out").exists()


@pytest.mark.usefixtures("two_planters")
def test_an_empty_folder_is_taken(clean: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    plant(clean, tmp_path / "out", ["P05"])
    assert (tmp_path / "out" / "planted" / "planted.csv").is_file()


@pytest.mark.usefixtures("two_planters")
def test_a_folder_without_a_register_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError):
        plant(tmp_path / "in", tmp_path / "out", ["P05"])


@pytest.mark.usefixtures("two_planters")
def test_nothing_is_left_behind_when_planting_fails(clean: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No space left"):
        plant(clean, tmp_path / "out", ["P05", "C04"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("code", OF_RESULTS)
def test_a_fault_of_a_result_is_not_planted_in_a_register(clean: Path, tmp_path: Path, code: str) -> None:
    with pytest.raises(InputError):
        plant(clean, tmp_path / "out", [code])
