"""The findings on the audit's page: what was found, what could not be looked for, and what it all rests on."""

from __future__ import annotations

import pandas as pd

from optimizer.audit.audit import Audit
from optimizer.audit.catalogue import SEVERITIES, STOPPING
from optimizer.audit.finding import GONE
from optimizer.instance.privacy import masked
from optimizer.report.audit.tables import Tables
from optimizer.report.naming import Names
from optimizer.report.parts import Case, Cases, Cell, Part, Points, Section, Text, table
from optimizer.report.wording import exact, number
from optimizer.texts import say

MOST_FINDINGS = 200
MOST_ASIDE = 50
HASH_DIGITS = 16


def findings(audit: Audit, found: Tables, names: Names) -> Section:
    """Findings by severity, the gravest first, each with its evidence and what to do."""
    shown = ranked(audit)
    if shown.empty:
        return Section("findings", say("audited.title.findings"), (Text(say("audited.no_findings"), "good"),))
    parts: list[Part] = [_by_code(found["checks"])]
    looks_for = dict(found["checks"][["code", "looks_for"]].itertuples(index=False))
    parts.append(Cases(tuple(_case(row, looks_for) for row in shown.head(MOST_FINDINGS).to_dict("records"))))
    if len(shown) > MOST_FINDINGS:
        parts.append(Text(say("audited.more_findings", shown=MOST_FINDINGS, count=number(len(shown) - MOST_FINDINGS)), "notice"))
    return Section("findings", say("audited.title.findings"), tuple(parts))


def ranked(audit: Audit) -> pd.DataFrame:
    """Findings about what was audited that were found this time: by severity, those with most money first, settled ones last."""
    register = audit.findings[(audit.findings["about"] == audit.books.about) & (audit.findings["state"] != GONE)]
    settled = ~register["state"].isin(["open", "reopened"])
    order = register.assign(settled=settled, most=-register["counted_fen"])
    order["severity"] = pd.Categorical(order["severity"], SEVERITIES, ordered=True)
    columns = ["settled", "severity", "most", "code", "finding"]
    return register.loc[order.sort_values(columns, kind="stable").index].reset_index(drop=True)


def _by_code(checks: pd.DataFrame) -> Part:
    hit = checks[(checks["findings"] > 0).fillna(False)].sort_values(["severity", "code"], kind="stable")
    rows = [
        [
            Cell(say("audited.code", severity=r["severity"], code=r["code"]), "loss" if r["severity"] in STOPPING else ""),
            Cell(r["looks_for"]),
            Cell(number(r["findings"])),
            Cell(number(r["standing"])),
            Cell(exact(int(r["counted_fen"]))),
        ]
        for r in hit.to_dict("records")
    ]
    total = [number(int(hit["findings"].sum())), number(int(hit["standing"].sum())), exact(int(hit["counted_fen"].sum()))]
    rows.append([Cell(say("report.total"), "strong"), Cell(""), *(Cell(text, "strong") for text in total)])
    header = [say(f"audited.column.{c}") for c in ("code", "looks_for", "findings", "standing", "at_risk")]
    return table(header, rows, caption=say("audited.caption.by_code"), text_columns=2)


def _case(row: dict[str, str], looks_for: dict[str, str]) -> Case:
    """One finding; numbers that might be of an identity card, account or telephone are starred."""
    title = say("audited.case", severity=row["severity"], code=row["code"], what=looks_for.get(row["code"], row["class"]))
    risk = say("audited.at_risk", amount=exact(int(row["fen_at_risk"]))) if int(row["fen_at_risk"]) else say("audited.no_money")
    remark = say("audited.risk_and_state", risk=risk, state=row["state"])
    about = say("audited.subjects_in", subjects=row["subjects"], period=row["period"]) if row["period"] else row["subjects"]
    counted = say("audited.counted_under", finding=row["counts_under"]) if row["counts_under"] else ""
    decided = say("audited.decided", by=row["decided_by"], day=row["decided_on"], reason=row["reason"]) if row["decided_by"] else ""
    texts = {
        "about": about, "expected": row["expected"], "found": row["found"], "evidence": row["evidence"], "remedy": row["remedy"],
        "decision": decided, "counted": counted,
    }  # fmt: skip
    lines = [(say(f"audited.line_of.{name}"), masked(text)) for name, text in texts.items() if text]
    lines.append((say("audited.line_of.number"), row["finding"]))
    return Case(title, remark, tuple(lines), "bad" if row["severity"] in STOPPING and not decided else "")


def unchecked(audit: Audit, found: Tables, names: Names) -> Section | None:
    """What could not be looked for, and why: never the same as passed."""
    checks = found["checks"]
    undone = checks[checks["checked"] == "no"]
    parts: list[Part] = []
    if len(undone):
        rows = [
            [say("audited.code", severity=r["severity"], code=r["code"]), r["looks_for"], r["why_not"]] for r in undone.to_dict("records")
        ]
        header = [say(f"audited.column.{c}") for c in ("code", "looks_for", "why_not")]
        parts = [Text(say("audited.unchecked", count=len(undone)), "lead"), table(header, rows, text_columns=3)]
    return Section("unchecked", say("audited.title.unchecked"), (*parts, *_aside(audit))) if parts or len(_aside(audit)) else None


def _aside(audit: Audit) -> tuple[Part, ...]:
    """Broken rows that were left out, without numbers that should not be seen."""
    aside = audit.books.register.set_aside
    if aside.empty:
        return ()
    rows = [
        [str(r["file"]), number(r["row"]), *(masked(str(r[c])) for c in ("column", "found", "expected"))]
        for r in aside.head(MOST_ASIDE).to_dict("records")
    ]
    header = [say(f"audited.column.{c}") for c in ("file", "row", "column", "found", "expected")]
    caption = say("audited.caption.set_aside", count=number(len(aside)), shown=min(len(aside), MOST_ASIDE))
    return (table(header, rows, caption=caption, text_columns=5),)


def visits(audit: Audit, found: Tables, names: Names) -> Section | None:
    """What visits to households showed, or how many are still to be made."""
    if audit.visits is None:
        return None
    seed = Text(say("audited.visits_seed", seed=audit.visits.seed), "note")
    return Section("visits", say("audited.title.visits"), (Points(audit.visits.sentences), seed))


def evidence(audit: Audit, found: Tables, names: Names, previous_sha256: str = "") -> Section:
    """What was audited: the files read, by hash, and the evidence pack."""
    books = audit.books
    pack = say("audited.pack", sha256=previous_sha256) if previous_sha256 else say("audited.no_pack")
    facts = [Text(pack)]
    if books.as_of:
        facts.append(Text(say("audited.as_of", day=books.as_of.isoformat())))
    rows = [[name, digest[:HASH_DIGITS]] for name, digest in sorted(books.register.hashes.items())]
    part = table([say("audited.column.file"), say("audited.column.sha256")], rows, caption=say("audited.caption.files"), text_columns=2)
    return Section("evidence", say("audited.title.evidence"), (*facts, part, Text(say("audited.measures_remark"), "note")))
