"""``audit_page``: everything a county auditor sees of an audit, as one page that opens offline and prints on A4."""

from __future__ import annotations

from optimizer.audit.audit import Audit
from optimizer.report.audit.labels import label, running_head
from optimizer.report.audit.sections_findings import evidence, findings, unchecked, visits
from optimizer.report.audit.sections_incomes import areas, incomes, measured
from optimizer.report.audit.sections_money import arrears, concentration, match, reconciliation, statement
from optimizer.report.audit.tables import Tables, tables
from optimizer.report.naming import Names
from optimizer.report.page import page
from optimizer.report.parts import Section
from optimizer.texts import say

SECTIONS = (statement, findings, unchecked, reconciliation, match, arrears, visits, incomes, measured, areas, concentration)
STYLES = """\
.notice { font-weight: 700; }
.case { border: 1px solid var(--line); border-left: 5px solid var(--quiet); padding: 6px 12px; margin: 10px 0; }
.case { break-inside: avoid; background: #fff; }
.case.bad { border-left-color: var(--loss); }
.case header { all: unset; display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 16px; }
.case header span { color: var(--quiet); font-variant-numeric: tabular-nums; }
.case dl { display: grid; grid-template-columns: 8.5em minmax(0, 1fr); gap: 1px 10px; margin: 4px 0 0; font-size: .9rem; }
.case dt { color: var(--quiet); }
.case dd { margin: 0; }
#statement table { width: 100%; }
#statement th, #statement td.word:not(.quiet) { min-width: 0; }
@media (max-width: 640px) { .case dl { grid-template-columns: minmax(0, 1fr); } .case dt { margin-top: 3px; } }
@media print {
  .case { padding: 3px 8px; margin: 5px 0; } .case dl { font-size: 8pt; } .lead { break-after: avoid; }
  #statement { break-after: page; } #statement .figures { grid-template-columns: repeat(4, 1fr); }
}
"""


def audit_page(audit: Audit, previous_sha256: str = "", found: Tables | None = None) -> str:
    """The audit's page as text; the same audit gives the same bytes.

    ``previous_sha256``: of the manifest of the audit before, '' for the first one. ``found``: tables(audit) where they were
    made already.
    """
    books, names = audit.books, Names(audit.books.instance)
    shown = sections(audit, names, tables(audit) if found is None else found, previous_sha256)
    return page(
        say("audited.page_title", title=books.instance.title),
        label(books),
        books.instance.changes,
        shown,
        kicker=say("audited.kicker"),
        footer=say("audited.footer"),
        styles=STYLES + running_head(books),
    )


def sections(audit: Audit, names: Names, found: Tables, previous_sha256: str = "") -> list[Section]:
    """The sections that have something to show, in order."""
    shown = [section(audit, found, names) for section in SECTIONS]
    return [*(section for section in shown if section is not None), evidence(audit, found, names, previous_sha256)]
