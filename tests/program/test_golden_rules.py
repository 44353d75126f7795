"""Every rule of the program has a small instance (rules/) and the rows it must give for it (golden/).

After a wanted change of a rule, write the golden files anew with ``OPTIMIZER_WRITE_GOLDEN=1`` in the environment and
read what changed against the equation in the rule's docstring.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from farms import farm

from optimizer.program.lp_text import lp_text
from optimizer.program.program import MONEY_RULES, RULES, build

HERE = Path(__file__).parent
FUNCTIONS = {function.__name__: function for function in (*RULES, *MONEY_RULES)}
WRITE = bool(os.environ.get("OPTIMIZER_WRITE_GOLDEN"))


def names(folder: str, ending: str) -> set[str]:
    return {path.stem for path in (HERE / folder).glob(f"*{ending}")}


def test_every_rule_has_golden_rows_and_no_golden_file_is_without_rule() -> None:
    assert names("rules", ".yaml") == set(FUNCTIONS)
    assert names("golden", ".lp") == set(FUNCTIONS)


def test_every_name_of_rows_stands_in_a_golden_file() -> None:
    for name, function in FUNCTIONS.items():
        text = (HERE / "golden" / f"{name}.lp").read_text(encoding="utf-8")
        for row_name in function.row_names:
            assert f" {row_name}(" in text, f"{name}: no row of {row_name}"


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_rule_gives_its_golden_rows(name: str, tmp_path: Path) -> None:
    program = build(farm(tmp_path, (HERE / "rules" / f"{name}.yaml").read_text(encoding="utf-8")))
    found = lp_text(program, FUNCTIONS[name].row_names)
    golden = HERE / "golden" / f"{name}.lp"
    if WRITE:
        golden.write_text(found, encoding="utf-8", newline="\n")
    assert found == golden.read_text(encoding="utf-8")
    assert {rows.rule for rows in program.rows} <= {row_name for function in FUNCTIONS.values() for row_name in function.row_names}


def test_no_two_rules_share_a_name_of_rows() -> None:
    declared = [row_name for function in FUNCTIONS.values() for row_name in function.row_names]
    assert len(declared) == len(set(declared))
