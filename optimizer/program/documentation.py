"""Writes docs/formulation.md from docs/formulation.in.md and the docstrings of the rules:

python -m optimizer.program.documentation
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from pathlib import Path

from optimizer.program import (
    balance,
    cash,
    choices,
    diversification,
    floors,
    insurance,
    land,
    linear,
    market,
    parties,
    promotion,
    resources,
    risk,
    rotation,
)
from optimizer.program.decisions import DECISIONS
from optimizer.program.objectives import ACCOUNTS, HOUSEHOLD_ACCOUNTS, OBJECTIVES
from optimizer.program.program import MONEY_RULES, RULES, Rule

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATE, TARGET = DOCS / "formulation.in.md", DOCS / "formulation.md"
NOTICE = "<!-- Written by `python -m optimizer.program.documentation` from formulation.in.md and the rules; edit those. -->\n\n"
CHAPTERS = (land, rotation, resources, balance, market, diversification, choices, linear, insurance, promotion, parties, floors, cash)

RISK_RULES: tuple[Rule, ...] = (risk.below_level, risk.mean_level, risk.risk_limit)
"""The rules that a program of all possible years has beside those of ``RULES`` and ``MONEY_RULES``."""

RISK_DECISIONS = {
    "risk_level": ("measure", "yuan", "the level that bad years are told by; free"),
    "below_level": ("scenario", "yuan", "how far a year falls below that level; 0 for the worst case"),
}
"""The decisions that a measure of risk brings, as ``DECISIONS``."""


def formulation() -> str:
    """The text of docs/formulation.md."""
    parts = {
        "decisions": decisions(),
        "rules": rules(),
        "objectives": objectives(),
        "accounts": accounts(),
        "risk_decisions": decisions(RISK_DECISIONS),
        "risk_rules": "\n\n".join(_rule(rule) for rule in RISK_RULES),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    return NOTICE + re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def decisions(found: Mapping[str, tuple[str, str, str]] = DECISIONS) -> str:
    lines = [f"| `{kind}{f'[{keys}]' if keys else ''}` | {unit} | {meaning} |" for kind, (keys, unit, meaning) in found.items()]
    return "\n".join(["| decision | unit | what it is |", "|---|---|---|", *lines])


def rules() -> str:
    """All rules, a chapter per file, each from its docstring."""
    found = []
    for chapter in CHAPTERS:
        title = (inspect.getdoc(chapter) or "").splitlines()[0].rstrip(".")
        found.append(f"### {title}")
        found += [_rule(rule) for rule in (*RULES, *MONEY_RULES) if inspect.getmodule(rule) is chapter]
    return "\n\n".join(found)


def _rule(rule: Rule) -> str:
    text = inspect.getdoc(rule) or ""
    names = " · ".join(f"`{name}`" for name in rule.row_names)  # type: ignore[attr-defined]
    text = re.sub(r"``([^`]+)``", r"`\1`", text)
    return f"#### {names}\n\n{text}"


def objectives() -> str:
    found = []
    for name, objective in OBJECTIVES.items():
        lines = [f"| {whose} | `{account}` | {'+' if sign > 0 else '−'} | {holds} |" for whose, account, sign, holds in objective.signed]
        found.append(
            "\n".join(
                [f"### `{name}`", "", objective.meaning, "", "| whose | account | sign | what it holds |", "|---|---|---|---|", *lines]
            )
        )
    return "\n\n".join(found)


def accounts() -> str:
    both = {**ACCOUNTS, **{f"{name} (households)": text for name, text in HOUSEHOLD_ACCOUNTS.items()}}
    return "\n".join(["| account | what it holds |", "|---|---|", *(f"| {name} | {text} |" for name, text in both.items())])


if __name__ == "__main__":
    TARGET.write_text(formulation(), encoding="utf-8", newline="\n")
