"""The trace of one household's money on a terminal, and its statement as a page and a table.

Nothing here needs the other pages, so that one household is answered at once.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.text import Text as Styled

from optimizer.audit.books import Books
from optimizer.audit.trace import Step, trace_table
from optimizer.problems import InputError, Problem
from optimizer.report.audit.labels import label, notices, running_head
from optimizer.report.folder import text_file
from optimizer.report.page import page
from optimizer.report.parts import Cell, Figure, Figures, Part, Section, Text, table
from optimizer.report.wording import exact, number
from optimizer.revenue.fen import half_up
from optimizer.texts import say

WIDEST = 100
AMOUNT = 17
LONGEST = {"sale": 3, "recipient": 6, "rest": 6, "shipment": 2, "activity": 3, "bill": 3, "payment": 12, "document": 6}
"""How many steps of a kind stand below one another on a terminal before the rest is summed up."""

ON_PAGE = {"sale": 40, "shipment": 4, "activity": 4}
"""The same on the page; the table holds every step."""

KINDS = ("dividend", "share", "wage", "rent")
FOLDER = "statements"
STYLES = """\
.notice { font-weight: 700; }
#lines table { width: 100%; } #lines th { max-width: none; }
@media print { .figures { grid-template-columns: repeat(4, 1fr); } }
"""


@dataclass
class Branch:
    """A step with the steps below it."""

    step: Step
    below: list[Branch] = field(default_factory=list)


def print_trace(steps: Sequence[Step], console: Console) -> None:
    """Print the steps as an indented tree with amounts at the right edge; long lists are summed up."""
    room = min(console.width, WIDEST)
    for level, text, amount_fen in shortened(steps, LONGEST):
        for line in _lines("  " * level, text, "" if amount_fen is None else exact(amount_fen), room):
            console.print(Styled(line.replace("−", "-").replace("\u00a0", " ")), soft_wrap=True)


def _lines(indent: str, text: str, amount: str, room: int) -> Iterator[str]:
    """The text in lines of at most ``room`` columns, the amount at the end of the first."""
    wide = max(room - AMOUNT - len(indent), 20)
    first, *rest = textwrap.wrap(text, wide, subsequent_indent="  ", break_on_hyphens=False) or [""]
    yield f"{indent}{first.ljust(wide)}{amount.rjust(AMOUNT)}".rstrip()
    for line in rest:
        yield indent + line


def shortened(steps: Sequence[Step], longest: dict[str, int]) -> Iterator[tuple[int, str, int | None]]:
    """Level, text and fen of every line of the tree; of a long list of like steps the first ones and the sum of the rest."""
    for branch in _trees(steps):
        yield from _shown(branch, longest)


def _trees(steps: Sequence[Step]) -> list[Branch]:
    roots: list[Branch] = []
    path: list[Branch] = []
    for step in steps:
        branch = Branch(step)
        del path[step.level :]
        (path[-1].below if path else roots).append(branch)
        path.append(branch)
    return roots


def _shown(branch: Branch, longest: dict[str, int]) -> Iterator[tuple[int, str, int | None]]:
    step = branch.step
    yield step.level, _says(step), step.amount_fen
    for kind, like in groupby(branch.below, key=lambda below: below.step.step):
        members = list(like)
        most = longest.get(kind, len(members))
        shown = members if len(members) <= most + 1 else members[:most]
        for member in shown:
            yield from _shown(member, longest)
        if left := [member.step.amount_fen for member in members[len(shown) :]]:
            amounts = [amount for amount in left if amount is not None]
            together = sum(amounts) if amounts else None
            key = "tracing.more" if together is None else "tracing.more_money"
            text = say(key, count=number(len(left)), amount=exact(together or 0))
            yield step.level + 1, text, together


def _says(step: Step) -> str:
    is_named = not step.says or step.says.startswith(step.name)
    text = (step.says or step.name) if is_named else say("tracing.step", name=step.name, says=step.says)
    return say("tracing.from", text=text, source=step.source) if step.source else text


# --- the household statement


@dataclass(frozen=True)
class Account:
    """What a household statement says in figures, in fen; what does not exist is absent (None).

    ``kinds``: per kind what is due, paid and still owed · ``received``: paid, or due where a plan is looked at.
    """

    kinds: tuple[tuple[str, int, int | None, int | None], ...]
    forgone: int | None
    before: int | None
    persons: int
    village: str
    line: Fraction | None

    @property
    def is_paid(self) -> bool:
        return any(paid is not None for _, _, paid, _ in self.kinds)

    @property
    def received(self) -> int:
        return sum(due if paid is None else paid for _, due, paid, _ in self.kinds)

    @property
    def owed(self) -> int | None:
        return sum(owed or 0 for *_, owed in self.kinds) if self.is_paid else None

    @property
    def gain(self) -> int | None:
        return None if self.forgone is None else self.received - self.forgone

    @property
    def after(self) -> int | None:
        return None if self.before is None or self.gain is None else self.before + self.gain

    def gap(self, income: int | None) -> int | None:
        """What lacks to the line for all persons, rounded up to a whole fen."""
        if income is None or self.line is None:
            return None
        missing = self.persons * self.line - income
        return max(-(-missing.numerator // missing.denominator), 0)


def account_of(books: Books, household: str) -> Account:
    """The account of one household, from its own rows only."""
    people = books.table("households")
    row = people[people["household"] == household].iloc[0]
    before = row["income_before_yuan"]
    year = books.instance.settings.poverty_line_year
    lines = dict(books.table("poverty_lines")[["year", "line_yuan"]].itertuples(index=False))
    return Account(
        kinds=tuple(_kinds(books, household)),
        forgone=_forgone(books, household),
        before=None if before != before else int(half_up([float(before)])[0]),
        persons=int(row["persons"]),
        village=books.instance.label("villages", row["village"]),
        line=Fraction(str(lines[year])) * 100 if year in lines else None,
    )


def _kinds(books: Books, household: str) -> Iterator[tuple[str, int, int | None, int | None]]:
    """Kind, due, paid and owed; kinds with nothing at all are left out."""
    due = books.due[books.due["household"] == household].groupby("kind")["due_fen"].sum()
    if not books.is_paid:
        yield from ((kind, int(due[kind]), None, None) for kind in KINDS if due.get(kind, 0))
        return
    mine = books.cells[books.cells["household"] == household]
    settled = mine["paid_fen"] + mine["deducted_fen"]
    owed = (mine["due_fen"] - settled).clip(lower=0).groupby(mine["kind"]).sum()
    paid = mine.groupby("kind")["paid_fen"].sum()
    for kind in KINDS:
        if kind in paid and (paid[kind] or due.get(kind, 0)):
            yield kind, int(due.get(kind, 0)), int(paid[kind]), int(owed[kind])


def _forgone(books: Books, household: str) -> int | None:
    if books.is_paid:
        from optimizer.audit.incomes import incomes

        found = incomes(books).set_index("household").loc[household, "forgone_paid_fen"]
        return None if found is None or found != found else int(found)
    if books.result is None:
        return None
    stored = books.result.table("households")
    found = stored.loc[stored["household"] == household, "forgone_fen"]
    return int(found.iloc[0]) if len(found) else None


def write_statement(books: Books, household: str, steps: Sequence[Step], folder: Path) -> Path:
    """Write ``folder``/statements/HOUSEHOLD.csv (the trace) and .html (the household's statement); the page's path.

    Raises InputError where they cannot be written.
    """
    target = folder / FOLDER
    account = account_of(books, household)
    text = page(
        say("tracing.title", household=household),
        label(books),
        (),
        [_summary(books, account), _by_line(steps)],
        kicker=books.instance.title,
        footer=say("tracing.footer", household=household),
        styles=STYLES + running_head(books),
    )
    try:
        target.mkdir(parents=True, exist_ok=True)
        text_file(target, f"{household}.csv", trace_table(tuple(steps)).to_csv(index=False, lineterminator="\n"))
        text_file(target, f"{household}.html", text)
    except OSError as error:
        raise InputError([Problem(str(target), None, "", error.strerror or str(error), say("expected.writable"))]) from error
    return target / f"{household}.html"


def _summary(books: Books, account: Account) -> Section:
    """Income before, gains by kind, income after, the line, and what is still owed."""
    parts: list[Part] = [Text(text, "notice") for text in notices(books)]
    parts += [Text(say("tracing.people", village=account.village, persons=account.persons), "lead"), _figures(account)]
    heads = [say("tracing.column.item"), say("tracing.column.due")]
    heads += [say("tracing.column.paid"), say("tracing.column.owed")] if account.is_paid else []
    rows: list[list[Cell | str]] = [
        [say(f"report.kind.{kind}"), *(_money(figure) for figure in (due, paid, owed)[: len(heads) - 1])]
        for kind, due, paid, owed in account.kinds
    ]
    due = sum(due for _, due, _, _ in account.kinds)
    total = (due, account.received, account.owed)[: len(heads) - 1]
    rows.append([Cell(say("report.total"), "strong"), *(Cell(_money(figure), "strong") for figure in total)])
    parts += [table(heads, rows, caption=say("tracing.caption.kinds")), _income(account)]
    return Section("summary", say("tracing.summary"), tuple(parts))


def _figures(account: Account) -> Figures:
    heads = {"before": account.before, "after": account.after}
    found = [(key, _per_head(income, account.persons), "tracing.per_head") for key, income in heads.items()]
    line = "" if account.line is None else _money(int(account.line + Fraction(1, 2)))
    found.append(("line", line, "tracing.per_head"))
    if account.owed is not None:
        found.append(("owed", _money(account.owed), "tracing.in_all"))
    return Figures(
        tuple(
            Figure(say(f"tracing.figure.{key}"), say("report.amount.yuan", amount=text), say(remark)) for key, text, remark in found if text
        )
    )


def _income(account: Account) -> Part:
    """From the income before to the income after, and the gap to the line."""
    gap, left = account.gap(account.before), account.gap(account.after)
    received = "received" if account.is_paid else "planned"
    lines = {
        "before": account.before,
        received: account.received,
        "forgone": None if account.forgone is None else -account.forgone,
        "after": account.after,
        "gap_before": gap,
        "gap_after": left,
        "gap_closed": None if gap is None or left is None else gap - left,
    }
    rows = []
    for name, figure in lines.items():
        if figure is not None:
            tone = "strong" if name in ("after", "gap_closed") else ""
            rows.append(
                [Cell(say(f"tracing.line.{name}"), tone), Cell(_money(figure), tone), Cell(_per_head(figure, account.persons), tone)]
            )
    header = [say("tracing.column.item"), say("tracing.column.household"), say("tracing.column.per_head")]
    return table(header, rows, caption=say("tracing.caption.income"))


def _by_line(steps: Sequence[Step]) -> Section:
    """The trace: each line to its source."""
    rows = [
        [
            Cell("\u2003" * level + text, "strong" if level <= 1 else ""),
            Cell("" if fen is None else exact(fen), "strong" if level <= 1 else ""),
        ]
        for level, text, fen in shortened(steps, ON_PAGE)
    ]
    part = table([say("tracing.column.line"), say("report.unit.yuan")], rows)
    return Section("lines", say("tracing.lines"), (Text(say("tracing.lines_remark"), "note"), part))


def _money(fen: int | None) -> str:
    return "" if fen is None else exact(fen)


def _per_head(fen: int | None, persons: int) -> str:
    """Per head in yuan, rounded half up to the fen."""
    if fen is None:
        return ""
    whole = (2 * abs(fen) + persons) // (2 * persons)
    return exact(whole if fen >= 0 else -whole)
