"""Ten million households: each pot is divided, checked and added to the accounts, and forgotten; then the accounts are written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from optimizer.household.dividing import Decided, Part, Shares, by_days, days_worked, divide_rents, divide_wages
from optimizer.household.expecting import Expected
from optimizer.household.guarantees import divide_with_promises
from optimizer.household.income import Accounts, Sums, forgone
from optimizer.household.rechecking import Broken, Recheck
from optimizer.household.writing import csv_lines
from optimizer.instance.pools import Ties
from optimizer.phases import Phase, peak_memory_mb, phase

FILE = "households.csv"
COLUMNS = (
    "household", "village", "persons", "dividend_fen", "wage_fen", "rent_fen", "share_fen", "forgone_fen", "gain_fen",
    "income_before_fen", "income_after_fen", "linked",
)  # fmt: skip
"""The columns of households.csv (docs/results.md)."""
CHUNK = 50_000


AHEAD = 4
"""So many pieces wait at most, so that what is ahead takes little memory."""


class InTurn:
    """Pieces of work done by threads beside what gives them; the results go to ``use`` in the order they were given in.

    What a piece raises is raised where a later one is given, or at the end. ``seconds``: what all pieces took together.
    """

    def __init__(self, work: Callable[[Any], Any], threads: int, use: Callable[[Any], Any] = lambda result: None) -> None:
        self.work, self.use = work, use
        self.pool = ThreadPoolExecutor(threads)
        self.waiting: deque[Future[tuple[Any, float]]] = deque()
        self.seconds = 0.0

    def __enter__(self) -> InTurn:
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            while self.waiting and kind is None:
                self._use_next()
        finally:
            self.pool.shutdown(cancel_futures=True)

    def give(self, piece: Any) -> None:
        """Have a piece worked on, once few enough are waiting."""
        while len(self.waiting) >= AHEAD:
            self._use_next()
        self.waiting.append(self.pool.submit(self._timed, piece))

    def _timed(self, piece: Any) -> tuple[Any, float]:
        begun = time.perf_counter()
        return self.work(piece), time.perf_counter() - begun

    def _use_next(self) -> None:
        result, seconds = self.waiting.popleft().result()
        self.seconds += seconds
        self.use(result)


@dataclass(frozen=True)
class Streamed:
    """What was divided and checked.

    ``households`` and ``linked``: how many of them · ``parts`` and ``entitlements``: divisions of a pot (or of the part of
    it that one key divides), and households with a weight in one · ``paid_fen``: to all households, by kind ·
    ``carries_ended``: fractions of a fen written off with a tie (columns: ``Shares.carries_ended``) · ``broken``: what the
    check found wrong; nothing is written then · ``phases``: index, divide, check (the seconds it took, most of them beside the
    division), accounts, write, all.
    """

    households: int
    linked: int
    parts: int
    entitlements: int
    paid_fen: dict[str, int]
    carries_ended: pd.DataFrame
    broken: tuple[Broken, ...]
    phases: dict[str, Phase]


def divide_streamed(plan: Decided, ledger: pd.DataFrame, folder: Path, changed: Callable[[Part], Part] = lambda part: part) -> Streamed:
    """Divide the pots, wages and rents of a ledger among the households of a plan's instance, check every division, and
    write households.csv into ``folder``. What guarantees cost is found anew: the ledger has no lines of them yet.

    The division is the one of ``distribute``, and so is the file. Memory goes with the number of households and links, not
    with the number of pots; where a rule has a cap or a guarantee, which count all pots of a year together, all parts are
    kept until they are known. Each part is checked beside the division of the next ones. ``changed`` stands between division
    and check, so that a test can plant an error.
    """
    phases: dict[str, Phase] = {}
    begun, instance = time.perf_counter(), plan.instance
    with phase("index", phases):
        ties = Ties(instance)
        days = days_worked(plan, ties) if by_days(instance) else pd.DataFrame(columns=["household", "base", "period", "days"])
    sums, check = Sums(ties), Recheck(instance, Expected(instance, ties), len(ties.register))
    with InTurn(check.part, threads=1) as checks:

        def take(part: Part) -> None:
            part = changed(part)
            sums.add(part)
            checks.give(part)

        whole = any(rule.cap_yuan is not None or rule.guarantee_yuan is not None for rule in instance.split)
        shares = Shares(ties, hand_on=None if whole else take)
        with phase("divide", phases):
            promised = divide_with_promises(instance, ledger, days, shares)
            divide_wages(instance, ledger, shares)
            divide_rents(instance, ledger, shares)
            for part in shares.parts:
                take(part)
    with phase("check", phases):
        check.pots(pd.concat([ledger, promised]) if len(promised) else ledger, shares)
        check.accounts(sums)
    phases["check"] = replace(phases["check"], seconds=round(phases["check"].seconds + checks.seconds, 3))
    with phase("accounts", phases):
        accounts = Accounts(ties, sums, forgone(plan, ties), ties.linked())
    if not check.broken:
        with phase("write", phases):
            write_accounts(accounts, folder)
    phases["all"] = Phase(round(time.perf_counter() - begun, 3), peak_memory_mb())
    paid_fen = {kind: int(fen[:-1].sum()) for kind, fen in sums.by_kind.items()}
    linked, ended = int(accounts.linked.sum()), shares.carries_ended()
    return Streamed(check.size, linked, check.parts, check.entitlements, paid_fen, ended, tuple(check.broken), phases)


def write_accounts(accounts: Accounts, folder: Path) -> None:
    """Write households.csv, some households at a time; the file appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, columns = folder / f".{FILE}.writing", list(COLUMNS)
    try:
        with draft.open("wb") as file, InTurn(lambda span: csv_lines(accounts.table(span)[columns]), 2, file.write) as lines:
            file.write((",".join(columns) + "\n").encode("ascii"))
            for start in range(0, len(accounts.ties.register), CHUNK):
                lines.give(slice(start, start + CHUNK))
        draft.replace(folder / FILE)
    finally:
        draft.unlink(missing_ok=True)
