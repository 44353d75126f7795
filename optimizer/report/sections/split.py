"""How the sales are divided: the rule in words, the other reading and basis beside it, and what each leaves to whom."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from optimizer.instance.document import Branch, SplitRule
from optimizer.report.contents import Report
from optimizer.report.naming import Names
from optimizer.report.parts import Cell, Part, Section, Table, Text, table
from optimizer.report.wording import money, percent, table_money, with_unit
from optimizer.texts import say

SHARES = ("company", "household", "base", "collective", "government", "suspense")


def split(report: Report, names: Names) -> Section | None:
    rules = report.instance.split
    if not rules or not report.splits:
        return None
    parts: list[Part] = [Text(rule_in_words(rule)) for rule in rules]
    has_readings = any(branch.of_which for rule in rules for branch in rule.tree)
    if has_readings:
        parts.append(Text(say(f"report.reading.{rules[0].reading}"), "lead"))
    parts += [Text(say(f"report.basis.{rules[0].basis}", costs=say("report.separator").join(_costs(rules[0]))))]
    parts.append(comparison(report, has_readings))
    parts.append(Text(say("report.split_remark"), "note"))
    parts += [Text(sentence, "bad") for sentence in _shortages(report)]
    return Section("split", say("report.title.split"), tuple(parts))


def _costs(rule: SplitRule) -> list[str]:
    return [say(f"report.account.{name}") for name in rule.net_of if name in rule.costs_borne_by]


def rule_in_words(rule: SplitRule) -> str:
    """The tree of a rule as one sentence, with its dates and its reference."""
    branches = say("report.separator").join(_branch(branch) for branch in rule.tree)
    text = say("report.rule", name=rule.name, branches=branches)
    if rule.valid_from and rule.valid_to:
        text += " " + say("report.rule_between", begin=rule.valid_from, end=rule.valid_to)
    elif rule.valid_from:
        text += " " + say("report.rule_since", begin=rule.valid_from)
    return text + (" " + say("report.rule_reference", reference=rule.reference) if rule.reference else "")


def _branch(branch: Branch) -> str:
    text = say("report.branch", share=_exact(branch.share), party=say(f"report.branch_to.{branch.to}"))
    inner = [say("report.branch", share=_exact(b.share), party=say(f"report.branch_to.{b.to}")) for b in branch.of_which]
    return say("report.branch_of_which", branch=text, inner=say("report.separator").join(inner)) if inner else text


def _exact(share: Fraction) -> str:
    hundredths = share * 100
    return percent(float(share), 0 if hundredths.denominator == 1 else 2)


def comparison(report: Report, has_readings: bool) -> Table:
    """One row per reading and basis: what each receives, and what companies and bases keep after their costs."""
    force = report.summary["split"]
    rows = sorted(report.splits, key=lambda s: (s["basis"] != force["basis"], s["reading"] != force["reading"]))
    if not has_readings:
        rows = [row for row in rows if row["reading"] == force["reading"]]
    shown = [name for name in SHARES if any(row[f"{name}_fen"] for row in rows)]
    header = [say("report.column.reading"), say("report.column.divided"), *(say(f"report.column.to_{name}") for name in shown)]
    header += [say("report.column.company_left"), say("report.column.base_left")]
    lines = []
    for row in rows:
        in_force = (row["reading"], row["basis"]) == (force["reading"], force["basis"])
        name = say(f"report.split.{row['basis']}" if not has_readings else f"report.split.{row['reading']}.{row['basis']}")
        tone = "strong" if in_force else ""
        cells = [Cell(say("report.in_force", name=name) if in_force else name, tone), Cell(table_money(row["basis_fen"]), tone)]
        for party in shown:
            fen = row[f"{party}_fen"]
            share = percent(fen / row["basis_fen"], 1) if row["basis_fen"] else ""
            cells.append(Cell(say("report.amount_and_share", amount=table_money(fen), share=share), tone))
        for party in ("company", "base"):
            fen = left_after_costs(report, row, party)
            cells.append(Cell(table_money(fen), "loss" if fen < 0 else tone))
        lines.append(cells)
    return table(header, lines, caption=with_unit(say("report.caption.split"), say("report.table_money")))


def left_after_costs(report: Report, split: Mapping[str, Any], party: str) -> int:
    """Fen left to all companies (or bases) together if the same sales were divided that way: share and own incomes less the
    costs they bear; under ``net`` the listed costs have been reimbursed."""
    ledger = report.distribution.ledger
    bills = ledger[ledger["document"].str.startswith("B-")]
    if split["basis"] == "net":
        bills = bills[~(bills["account"].isin(report.instance.split[0].net_of) & (bills["base"] != ""))]
    paid = int(bills.loc[bills["payer"] == party, "amount_fen"].sum())
    earned = int(bills.loc[bills["receiver"] == party, "amount_fen"].sum())
    return int(split[f"{party}_fen"]) + earned - paid


def _shortages(report: Report) -> list[str]:
    """Whose share would not cover the costs under another reading or basis."""
    force = report.summary["split"]
    found = []
    for row in report.splits:
        if (row["reading"], row["basis"]) == (force["reading"], force["basis"]):
            continue
        for party in ("company", "base"):
            fen = left_after_costs(report, row, party)
            if fen < 0:
                found.append(
                    say(
                        "report.split_shortage",
                        name=say(f"report.split.{row['reading']}.{row['basis']}"),
                        party=say(f"report.column.to_{party}"),
                        amount=money(-fen),
                    )
                )
    return list(dict.fromkeys(found))
