"""Writes docs/findings.md from docs/findings.in.md, the catalogue of findings, the checks' docstrings and the limits:

python -m optimizer.audit.documentation
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from optimizer.audit.catalogue import SEVERITIES, Entry, catalogue
from optimizer.audit.checks import check_of
from optimizer.audit.finding import COLUMNS, DECIDED, GONE, OPEN, REOPENED
from optimizer.audit.limits import limit_meanings
from optimizer.texts import say

DOCS = Path(__file__).parents[2] / "docs"
TEMPLATE, TARGET = DOCS / "findings.in.md", DOCS / "findings.md"
NOTICE = "<!-- Written by `python -m optimizer.audit.documentation` from findings.in.md, the catalogue and the checks; edit those. -->\n\n"
CHAPTERS = "CRLPWIYEA"
"""First letters of the codes, in order."""


def findings_document() -> str:
    """The text of docs/findings.md."""
    entries = catalogue()
    parts = {
        "count": str(len(entries)),
        "severities": _table(("severity", "meaning"), [(name, say(f"severity.{name}")) for name in SEVERITIES]),
        "classes": _table(("class", "meaning"), [(kind, say(f"class.{_key(kind)}")) for kind in _classes()]),
        "columns": _table(("column", "meaning"), [(f"`{column}`", say(f"finding.{column}")) for column in COLUMNS]),
        "states": _table(("state", "meaning"), [(name, say(f"state.{_key(name)}")) for name in (OPEN, *DECIDED, REOPENED, GONE)]),
        "decided": ", ".join(f"`{state}`" for state in DECIDED),
        "limits": _table(
            ("limit", "usual", "meaning"), [(f"`{name}`", f"{value:g}", meaning) for name, value, meaning in limit_meanings()]
        ),
        "findings": "\n\n".join(_chapter(letter) for letter in CHAPTERS),
    }
    template = TEMPLATE.read_text(encoding="utf-8")
    return NOTICE + re.sub(r"\{\{(\w+)\}\}", lambda match: parts[match[1]], template)


def _classes() -> list[str]:
    return sorted({entry.kind for entry in catalogue().values()})


def _key(name: str) -> str:
    return name.replace(" ", "_")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _chapter(letter: str) -> str:
    found = [entry for entry in catalogue().values() if entry.code.startswith(letter)]
    title = f"### {say(f'chapter.{letter}')}"
    overview = _table(("code", "severity", "class", "fires when"), [(e.code, e.severity, e.kind, e.fires_when) for e in found])
    return "\n\n".join([title, overview, *(_finding(entry) for entry in found)])


def _finding(entry: Entry) -> str:
    """One kind of finding: what the catalogue says of it, and how exactly it is found (the docstring of its check)."""
    needs = ", ".join(f"`{table}`" for table in entry.needs) or say("finding.needs_nothing")
    facts = {"severity": entry.severity, "class": entry.kind, "needs": needs, "evidence": entry.evidence, "remedy": entry.remedy}
    told = " · ".join(f"**{name}** {value}" for name, value in facts.items())
    text = re.sub(r"``([^`]+)``", r"`\1`", inspect.getdoc(check_of(entry)) or "")
    text = re.sub(rf"^{entry.code}[:.]\s*", "", text)
    return f"#### {entry.code} — {entry.fires_when}\n\n{told}\n\n{text[:1].upper()}{text[1:]}"


if __name__ == "__main__":
    TARGET.write_text(findings_document(), encoding="utf-8", newline="\n")
