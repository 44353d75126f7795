"""Problems of the literature as instances: each folder beside this file is one, and holds what must come out.

See README.md for how to add one; no code is needed.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

import optimizer

HERE = Path(__file__).parent
PROBLEMS = sorted(folder.parent.name for folder in HERE.glob("*/instance.yaml"))
KEYS = {"value_yuan", "status", "tolerance", "plan", "shadow_prices"}
RELATIVE = 1e-9
ABSOLUTE = 1e-6


def number(value: Any) -> float:
    """A figure of expected.yaml: 12, 0.5, or a fraction such as "1400/51" where decimals would not end."""
    above, _, below = str(value).partition("/")
    return float(Fraction(above) / Fraction(below or 1))


def expectation(problem: str) -> dict[str, Any]:
    return yaml.safe_load((HERE / problem / "expected.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=PROBLEMS)
def solved(request: pytest.FixtureRequest) -> tuple[dict[str, Any], Any]:
    """What is expected of a problem, and its solution."""
    instance = optimizer.load(HERE / request.param)
    return expectation(request.param), optimizer.solve(instance)


def matching(frame: pd.DataFrame, keys: dict[str, Any]) -> pd.DataFrame:
    unknown = set(keys) - set(frame.columns)
    assert not unknown, f"no such columns: {sorted(unknown)}; there are {list(frame.columns)}"
    for key, value in keys.items():
        if isinstance(value, int):  # a tier; beside rows without one its column holds floats
            frame = frame[pd.to_numeric(frame[key], errors="coerce") == value]
        else:
            frame = frame[frame[key].astype(str) == str(value)]
    return frame


def test_folders_are_complete() -> None:
    """A case without its story, or with a misspelt key, would test less than it seems to."""
    for problem in PROBLEMS:
        assert (HERE / problem / "README.md").is_file(), f"{problem}: README.md is missing"
        expected = expectation(problem)
        assert not set(expected) - KEYS, f"{problem}: unknown keys {sorted(set(expected) - KEYS)}"
        assert {"value_yuan", "status"} <= set(expected), f"{problem}: value_yuan or status is missing"
        assert f"[{problem}]({problem}/README.md)" in (HERE / "README.md").read_text(encoding="utf-8"), problem


def test_optimum(solved: tuple[dict[str, Any], Any]) -> None:
    expected, plan = solved
    assert plan.status == expected["status"]
    value = number(expected["value_yuan"])
    tolerance = number(expected.get("tolerance", 0)) or RELATIVE * max(1.0, abs(value))
    assert plan.objective_yuan == pytest.approx(value, rel=0, abs=tolerance)


def test_plan(solved: tuple[dict[str, Any], Any]) -> None:
    """Each line of ``plan`` names decisions by some of their keys; together they have the value."""
    expected, plan = solved
    for line in expected.get("plan", []):
        keys = {key: value for key, value in line.items() if key not in ("decision", "value")}
        found = matching(plan.decisions(line["decision"]), keys)["value"].sum()
        assert found == pytest.approx(number(line["value"]), rel=1e-6, abs=ABSOLUTE), line


def test_shadow_prices(solved: tuple[dict[str, Any], Any]) -> None:
    expected, plan = solved
    for line in expected.get("shadow_prices", []):
        keys = {key: value for key, value in line.items() if key != "value_yuan_per_unit"}
        rows = matching(plan.shadow_prices, keys)
        assert len(rows) == 1, f"{line}: {len(rows)} rows match"
        found = float(rows["value_yuan_per_unit"].iloc[0])
        assert found == pytest.approx(number(line["value_yuan_per_unit"]), rel=1e-6, abs=ABSOLUTE), line
