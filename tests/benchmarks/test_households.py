"""The data of the households' benchmark, and the rule the engines are held to: our own division, to the fen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.report.streamed import FILE, divide_and_write
from tests.benchmarks import households as benchmark

HOUSEHOLDS, BASES = 120, 4


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """What our division writes of the small county."""
    folder = tmp_path_factory.mktemp("ours")
    instance, ledger = benchmark.county(benchmark.made(HOUSEHOLDS, BASES), folder / "county")
    assert divide_and_write(benchmark.Decided(instance), ledger, folder).broken == ()
    return pd.read_csv(folder / FILE)


@pytest.mark.parametrize("engine", benchmark.ENGINES)
def test_engines_come_to_our_fen(ours: pd.DataFrame, engine: str) -> None:
    pytest.importorskip(engine)
    fen = {kind: ours[f"{kind}_fen"].to_numpy(dtype=np.int64) for kind in ("dividend", "wage", "rent")}
    assert benchmark.divided_by(engine, HOUSEHOLDS, BASES)["digest"] == benchmark.digest(fen)


def test_every_fen_of_the_pots_reaches_somebody(ours: pd.DataFrame) -> None:
    pots = benchmark.made(HOUSEHOLDS, BASES).pots
    assert ours["dividend_fen"].sum() == pots["dividend"].sum()
    assert ours["wage_fen"].sum() == pots["wage"].sum()
    assert 0 < ours["rent_fen"].sum() < pots["rent"].sum(), "others hold land too"


def test_digests_tell_a_fen_moved_from_one_household_to_another() -> None:
    fen = {"wage": np.array([3, 4]), "rent": np.array([0, 1])}
    assert benchmark.digest(fen) != benchmark.digest({**fen, "wage": np.array([4, 3])})


def test_an_engine_that_comes_to_other_fen_is_no_yardstick() -> None:
    rows = [("ours", "dividing", 6.0), ("polars", "dividing", 1.0), ("duckdb", "dividing", 3.0)]
    table = pd.DataFrame(rows, columns=["by", "phase", "seconds"])
    found = benchmark.compared(table, {"ours": "a", "polars": "b", "duckdb": "a"})
    assert found["ratio_to_fastest_engine"].tolist() == [2.0, 0.333, 1.0]
    assert found["same_fen"].tolist() == ["", "no", "yes"]


def test_without_an_engine_there_are_no_ratios() -> None:
    table = pd.DataFrame([("ours", "dividing", 6.0), ("polars", "dividing", None)], columns=["by", "phase", "seconds"])
    found = benchmark.compared(table, {"ours": "a"})
    assert found["ratio_to_fastest_engine"].isna().all()
    assert found["same_fen"].tolist() == ["", ""]


def test_all_that_is_measured_is_in_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "QUICK", (HOUSEHOLDS, BASES))
    benchmark.run(tmp_path, quick=True)
    table = pd.read_csv(tmp_path / "households.csv", keep_default_na=False)
    ours = table[table["by"] == "ours"]
    assert ours["phase"].tolist() == ["index", "divide", "check", "accounts", "write", "dividing", "all"]
    assert set(table.loc[table["seconds"] != "", "same_fen"]) <= {"", "yes"}
    assert ours["note"].tolist()[-1] == "0 divisions found wrong"
