"""The tables of what each kind of rule and decision takes agree with the registry and the program."""

from __future__ import annotations

import pytest

from optimizer.instance.checks_rules import ALWAYS_TAKEN, DECISION_KEYS, FILTERS, NEEDED, TAKEN
from optimizer.instance.registry import registry

RULES = {attribute.column: attribute for attribute in registry()["rules"].attributes}
TERMS = {attribute.column: attribute for attribute in registry()["rule_terms"].attributes}


@pytest.mark.parametrize("table", [NEEDED, TAKEN])
def test_every_kind_of_rule_is_listed(table: dict[str, tuple[str, ...]]) -> None:
    assert set(table) == set(RULES["rule"].refers_to)


def test_columns_of_rules_exist() -> None:
    assert {column for columns in (*NEEDED.values(), *TAKEN.values()) for column in columns} <= set(RULES)


def test_every_column_of_rules_is_taken_by_some_rule() -> None:
    assert {c for columns in (*NEEDED.values(), *TAKEN.values()) for c in columns} == set(RULES) - set(ALWAYS_TAKEN)


def test_every_decision_is_listed() -> None:
    assert set(DECISION_KEYS) == set(TERMS["decision"].refers_to)


def test_every_filter_is_a_key_of_some_decision() -> None:
    assert (
        {key for keys in DECISION_KEYS.values() for key in keys} == set(FILTERS) == set(TERMS) - {"name", "decision", "coefficient", "lag"}
    )
