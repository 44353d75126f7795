"""``audit``: from a result and a register to findings, each with its evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from optimizer.audit.books import Books, open_books
from optimizer.audit.checks import Checked, run_checks
from optimizer.audit.finding import register as findings_register
from optimizer.audit.finding import stops
from optimizer.audit.incomes import incomes
from optimizer.audit.reconciliation import reconciliation
from optimizer.audit.result import instance_of, proven_instance_of, read_findings, read_result, result_of, results_folder
from optimizer.audit.statement import Level, statement
from optimizer.audit.visits import SEED, SIZE, Visits, visits
from optimizer.instance.register import Register, load_register

if TYPE_CHECKING:
    from optimizer.household.distribution import Distribution


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    ``findings``: the findings register (audit/finding.py) · ``checked``: which codes were looked for and which could not
    be · ``statement``: money in = money out at five levels · ``reconciliation``: per base and period · ``incomes``: per
    household, before, as planned and as paid · ``visits``: whom to visit (None where nothing was paid yet).
    """

    books: Books
    checked: Checked
    findings: pd.DataFrame
    statement: tuple[Level, ...]
    reconciliation: pd.DataFrame
    incomes: pd.DataFrame
    visits: Visits | None

    @property
    def is_stopped(self) -> bool:
        """Whether a finding of severity S1 or S2 stands."""
        return stops(self.findings, self.books.about)


def audit(
    given: Distribution | str | Path,
    register: str | Path | None = None,
    payments: Sequence[str | Path] = (),
    as_of: date | None = None,
    is_setting_aside: bool = False,
    visit_count: int = SIZE,
    seed: str = SEED,
) -> Audit:
    """Audit a result: the division of its plan, or with ``payments`` (pay lists as CSV) what was really paid.

    ``given`` is a distribution, or the folder of a result. ``register`` names the folder with the register's tables; by
    default it is looked for in the instance. ``as_of`` is the day of the audit (default: the last day of the books).
    With ``is_setting_aside`` broken rows of the register are left out and listed instead of refused. ``visit_count``
    payments are drawn for visits with ``seed``, so that anybody can draw the same again. Raises InputError
    with every problem of the register.
    """
    books = books_of(given, register, payments, as_of, is_setting_aside)
    checked = run_checks(books)
    before = read_findings(results_folder(given)) if isinstance(given, (str, Path)) else None
    return Audit(
        books=books,
        checked=checked,
        findings=findings_register(checked.findings, books.table("finding_decisions"), before, books.about, checked.done),
        statement=statement(books),
        reconciliation=reconciliation(books),
        incomes=incomes(books),
        visits=visits(books, visit_count, seed),
    )


def plan_books(folder: Path, household: str | None = None) -> Books:
    """The books of a plan alone, without its register; with ``household`` only what concerns that household.

    An instance whose files are still those the result was made from needs no second check, which makes this quick.
    """
    result = read_result(folder)
    plan = proven_instance_of(result) or instance_of(result)
    register = Register(plan, frozenset(name for name, table in plan.tables.items() if len(table)), plan.hashes, pd.DataFrame(), ())
    return open_books(plan, register, result, household=household)


def books_of(
    given: Distribution | str | Path,
    register: str | Path | None = None,
    payments: Sequence[str | Path] = (),
    as_of: date | None = None,
    is_setting_aside: bool = False,
) -> Books:
    """The books of a result and its register; arguments and errors as for ``audit``."""
    if not isinstance(given, (str, Path)):
        result, plan = result_of(given), given.instance
    else:
        result = read_result(results_folder(given))
        plan = instance_of(result)
    folder = None if register is None else Path(register)
    return open_books(plan, load_register(plan, folder, [Path(file) for file in payments], is_setting_aside), result, as_of)
