"""docs/findings.md says everything there is, and is current."""

from __future__ import annotations

import inspect

import pytest

from optimizer.audit.catalogue import SEVERITIES, catalogue
from optimizer.audit.checks import check_of
from optimizer.audit.documentation import CHAPTERS, TARGET, findings_document
from optimizer.audit.finding import COLUMNS
from optimizer.audit.limits import limit_meanings
from optimizer.instance.registry import registry

DOCUMENT = TARGET.read_text(encoding="utf-8")


def test_it_is_current() -> None:
    assert findings_document() == DOCUMENT, "run: python -m optimizer.audit.documentation"


@pytest.mark.parametrize("code", catalogue())
def test_every_kind_of_finding_has_a_check_that_says_how_it_is_found(code: str) -> None:
    entry = catalogue()[code]
    assert (inspect.getdoc(check_of(entry)) or "").startswith(code)
    section = DOCUMENT.split(f"\n#### {code} — ")[1].split("\n#### ")[0]
    assert all(part in section for part in (entry.fires_when, entry.evidence, entry.remedy, f"**severity** {entry.severity}"))
    assert all(f"`{table}`" in section for table in entry.needs)


def test_the_catalogue_is_sound() -> None:
    for code, entry in catalogue().items():
        assert entry.severity in SEVERITIES and set(entry.needs) <= set(registry()) and code[0] in CHAPTERS


def test_every_column_and_limit_is_explained() -> None:
    assert all(f"| `{name}` |" in DOCUMENT for name in (*COLUMNS, *(name for name, *_ in limit_meanings())))
