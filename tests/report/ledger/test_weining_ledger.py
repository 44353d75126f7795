"""The ledger of the reference county, at its full size."""

from __future__ import annotations

from pathlib import Path

import pytest
from one_base import POSTING, bumped, check_files, errors, recheck

import optimizer
from optimizer.report.ledger.given import LedgerInput, planned_input
from optimizer.report.ledger.recheck import recheck_tables

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weining() -> LedgerInput:
    folder = Path(__file__).parents[3] / "instances" / "weining"
    return planned_input(optimizer.distribute(optimizer.solve(optimizer.load(folder))))


def test_weining_passes_and_fails_by_a_fen(weining: LedgerInput, tmp_path: Path) -> None:
    assert check_files(weining, tmp_path) > 200_000
    text = (tmp_path / "base-Shanqiao-2019.beancount").read_text(encoding="utf-8")
    matches = list(POSTING.finditer(text))
    for match in matches[:: len(matches) // 4]:
        assert errors(bumped(text, match, 1)), match[0]


def test_weining_agrees_and_a_false_fen_is_found(weining: LedgerInput) -> None:
    tables = recheck_tables(weining)
    assert recheck(tables) == []
    changed = tables["entitlements"].copy()
    changed.loc[123_456, "amount_fen"] += 1
    assert {rule for rule, *_ in recheck({**tables, "entitlements": changed})} == {
        "a pot (or a key's part of it) is divided wholly",
        "an entitlement is its floor, a left-over fen, less what a cap holds back",
        "every pot is paid out",
    }
