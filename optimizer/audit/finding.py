"""A finding: what was found where, what was expected, and how many fen are at risk; and the register of all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from optimizer.audit.catalogue import STOPPING, catalogue
from optimizer.texts import say

OPEN, REOPENED, GONE = "open", "reopened", "no longer found"
PLAN, YEAR = "plan", "year"
DECIDED = ("explained", "corrected", "accepted")
OWNERS = ("base", "company", "village")
"""Who answers for a finding: the first of its subjects that is one of these."""

COLUMNS = [
    "finding", "code", "severity", "class", "subjects", "period", "fen_at_risk", "counted_fen", "counts_under", "expected",
    "found", "evidence", "remedy", "owner", "state", "facts", "decided_by", "reason", "decided_on", "about",
]  # fmt: skip
JOINER = "; "
DIGITS = 12
"""Of the hashes that name findings and facts: enough for a county's findings to keep apart."""


@dataclass(frozen=True)
class Evidence:
    """A row that shows it: the file (or table of the result), its row there, and what it says."""

    file: str
    row: int | None
    says: str

    def __str__(self) -> str:
        place = self.file if self.row is None else say("problem.row", file=self.file, row=self.row)
        return f"{place}: {self.says}"


@dataclass(frozen=True)
class Finding:
    """``subjects``: (kind, name) pairs such as ("household", "H1"), most telling first. ``fen``: money at risk, never
    negative. ``item``: the money it speaks of (see ``due_item`` …); findings on one item count once. ``severity``
    only where it differs from the catalogue's."""

    code: str
    subjects: tuple[tuple[str, str], ...]
    expected: str
    found: str
    evidence: tuple[Evidence, ...] = ()
    period: str = ""
    fen: int = 0
    item: str = ""
    severity: str = ""

    @property
    def key(self) -> str:
        """Names the finding: the same subjects and period under the same code, whatever the facts."""
        return self.code + "-" + _digest([*(f"{kind} {name}" for kind, name in self.subjects), self.period])

    @property
    def facts(self) -> str:
        """Names what was found; it changes when the facts change."""
        return _digest([self.expected, self.found, str(self.fen), *(evidence.says for evidence in self.evidence)])


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:DIGITS]


def due_item(household: str, kind: str, base: str, settlement: str) -> str:
    """What a household is due of one kind from one base in the periods settled together."""
    return f"due {household}/{kind}/{base}/{settlement}"


def sale_item(sale: str) -> str:
    """The money of one sale."""
    return f"sale {sale}"


def register(
    found: Sequence[Finding], decisions: pd.DataFrame, before: pd.DataFrame | None = None, about: str = PLAN, done: Sequence[str] = ()
) -> pd.DataFrame:
    """The findings register, one row per finding (columns COLUMNS), gravest first, then by code and key.

    Money of one item counts under the finding with the most fen (then the gravest, then by key); the others point to
    it in ``counts_under``. ``decisions`` (table finding_decisions) settle a finding as long as its facts are those that
    were looked at; else it is reopened, and what had been decided stays beside it. ``about`` says whether the plan or the
    year paid was audited. Findings of the register ``before`` stay listed: those of codes that were looked for again
    (``done``) as no longer found and without money, the others and those about something else as they were.

    Sums of ``counted_fen`` are for one ``about``: a plan and its year speak of the same money. Two findings of one code with
    the same subjects and period and different facts are told apart by a number after the key (-2, -3 …, by facts).
    """
    rows = [_row(finding, about) for finding in found]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "item"]).drop_duplicates(["finding", "facts"])
    frame = _sorted(frame)
    again = frame.groupby("finding").cumcount()
    frame["finding"] = frame["finding"].where(again == 0, frame["finding"] + "-" + (again + 1).astype(str))
    frame = _decided(_counted_once(frame), decisions)
    if before is not None:
        kept = before[~(before["finding"].isin(frame["finding"]) & (before["about"] == about))]
        gone = (kept["about"] == about) & kept["code"].isin(done)
        kept = kept.assign(state=kept["state"].mask(gone, GONE), counted_fen=kept["counted_fen"].mask(gone, 0))
        kept["counts_under"] = kept["counts_under"].mask(gone, "")
        frame = _sorted(pd.concat([part for part in (frame, kept[COLUMNS]) if len(part)] or [frame]))
    return frame.astype({"fen_at_risk": "int64", "counted_fen": "int64"})[COLUMNS]


def _sorted(frame: pd.DataFrame) -> pd.DataFrame:
    """Gravest first, then by key (which begins with the code), by what was audited and by facts."""
    order = frame["severity"] + " " + frame["finding"] + " " + frame["about"] + " " + frame["facts"]
    return frame.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def _row(finding: Finding, about: str) -> tuple[object, ...]:
    """A finding as a row of the register: COLUMNS, then ``item`` (its own key where it names no money)."""
    entry = catalogue()[finding.code]
    subjects = JOINER.join(say(f"subject.{kind}", name=name) for kind, name in finding.subjects)
    owner = next((name for kind, name in finding.subjects if kind in OWNERS), "")
    evidence = JOINER.join(str(part) for part in finding.evidence)
    key = finding.key
    return (
        key, finding.code, finding.severity or entry.severity, entry.kind, subjects, finding.period, int(finding.fen), int(finding.fen),
        "", finding.expected, finding.found, evidence, entry.remedy, owner, OPEN, finding.facts, "", "", "", about, finding.item or key,
    )  # fmt: skip


def _counted_once(frame: pd.DataFrame) -> pd.DataFrame:
    ranked = frame.sort_values(["fen_at_risk", "severity", "finding"], ascending=[False, True, True])
    leader = ranked.groupby("item", sort=False)["finding"].transform("first")
    first = ~ranked.duplicated("item")
    ranked = ranked.assign(counts_under=leader.where(~first, ""), counted_fen=ranked["fen_at_risk"].where(first, 0))
    return ranked.sort_index().drop(columns="item")


def _decided(frame: pd.DataFrame, decisions: pd.DataFrame) -> pd.DataFrame:
    """The frame with what was decided: the state where the facts are those that were looked at, else reopened."""
    taken = decisions[["finding", "facts", "state", "decided_by", "reason", "decided_on"]].set_index("finding")
    found = taken.reindex(frame["finding"]).reset_index(drop=True)
    was, holds = found["facts"].notna(), found["facts"] == frame["facts"]
    days = pd.to_datetime(found["decided_on"]).dt.strftime("%Y-%m-%d")
    return frame.assign(
        state=frame["state"].mask(was, REOPENED).mask(holds, found["state"]),
        decided_by=found["decided_by"].fillna(""),
        reason=found["reason"].fillna(""),
        decided_on=days.fillna("").astype(object),
    )


def standing(register: pd.DataFrame, about: str) -> pd.DataFrame:
    """Findings about the plan (or the year) that nobody has settled and that are still there."""
    return register[register["state"].isin([OPEN, REOPENED]) & (register["about"] == about)]


def stops(register: pd.DataFrame, about: str) -> bool:
    """Whether a finding of a stopping severity stands."""
    return bool(standing(register, about)["severity"].isin(STOPPING).any())
