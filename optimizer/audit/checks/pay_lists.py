"""Pay lists held against what is due, line by line, and which finding owns a line that differs.

One fault gives one code, decided here for each pot (kind × base × settlement):

- **C01** owns what does not sum: the differing lines of a pot whose list comes to another total than is due.
- **R06** owns lines of a divided pot that differ by exactly one fen while these single fen cancel: the odd fen was steered.
- **R03** owns lines that differ by more while they cancel: somebody was listed with another's share.

Lines of one fen and larger ones are looked at apart, so that either is seen in a pot where the other spoils the sum; where
the whole pot sums, both are owned by the rule's codes. What was *paid* against what is due is for P01 and P02, which speak of
the same money (``due_item``). Left to others: who is not listed at all (P03), who is listed with nothing due (P04), two
lines for one thing (C05), and lines that do not state what is due, whose amount says it all (P01, P02).
"""

from __future__ import annotations

import pandas as pd

from optimizer.audit.books import Books, kept
from optimizer.audit.matching import CELL

POT = ["kind", "base", "settlement"]
DIVIDED = ("dividend", "share")
"""Kinds divided by claims; a wage or a rent has no odd fen to give."""

NOT_SUMMED, STEERED, NOT_AGREED = "C01", "R06", "R03"


@kept
def differing_lines(books: Books) -> pd.DataFrame:
    """Lines whose listed amount is not the due one: CELL, due_fen, listed_fen, off_fen, code (who owns it), file, row."""
    lines = _comparable(books)
    lines = lines.merge(_due_by_label(books, lines["household"]), on=[*CELL, "period"])
    lines = lines[lines["due_fen"] != 0]
    lines = lines.assign(off_fen=lines["listed_fen"] - lines["due_fen"])
    lines = lines[(lines["off_fen"] != 0) & ~_accrued(books, lines)].reset_index(drop=True)
    single = (lines["off_fen"].abs() == 1) & lines["kind"].isin(DIVIDED)
    pot_sums = lines.groupby(POT)["off_fen"].transform("sum") == 0
    alike_sum = lines["off_fen"].groupby([*(lines[c] for c in POT), single]).transform("sum") == 0
    owned = pot_sums | alike_sum
    code = single.map({True: STEERED, False: NOT_AGREED}).where(owned, NOT_SUMMED)
    return lines.assign(code=code)[[*CELL, "due_fen", "listed_fen", "off_fen", "code", "file", "row"]]


def _comparable(books: Books) -> pd.DataFrame:
    """Lines of cells listed otherwise than due, as far as they state what is due and stand alone for it: none that was taken
    back, none beside another for the same."""
    cells = books.cells
    odd = cells.loc[(cells["listed_fen"] != cells["due_fen"]) & (cells["due_fen"] != 0), CELL]
    lines = books.payments.merge(odd, on=CELL)
    stated = lines["payment"].map(books.table("payments").set_index("payment")["due_yuan"].notna()).astype(bool)
    taken_back = (lines["reverses"] != "") | lines["payment"].isin(lines.loc[lines["reverses"] != "", "reverses"])
    lines = lines[~taken_back].assign(stated=stated)
    own = (lines["period"] == lines["settlement"]).astype("int64")
    by_cell = [lines[column] for column in CELL]
    count = lines.groupby([*CELL, "period"])["payment"].transform("size")
    mixed = own.groupby(by_cell).transform("max").astype(bool) & (own.groupby(by_cell).transform("size") > 1)
    return lines.loc[lines["stated"] & (count == 1) & ~mixed, [*CELL, "period", "listed_fen", "file", "row"]]


def _due_by_label(books: Books, households: pd.Series) -> pd.DataFrame:
    """What is due to some households under the label of a settlement, and under that of a period within one."""
    cells = books.cells[books.cells["household"].isin(households)]
    whole = cells[[*CELL, "due_fen"]].assign(period=cells["settlement"])
    due = books.due[books.due["household"].isin(households)]
    due = due.assign(settlement=books.settlements.named(due["kind"], due["period"]))
    parts = due[due["settlement"] != due["period"]].groupby([*CELL, "period"], as_index=False)["due_fen"].sum()
    return pd.concat([whole, parts], ignore_index=True)


def _accrued(books: Books, lines: pd.DataFrame) -> pd.Series:
    """Lines of households whose dues were too small to be paid out at once, so that a later list carries them as well."""
    least = round(books.limits.least_payment_yuan * 100)
    if not least:
        return pd.Series(False, index=lines.index)
    cells = books.cells
    small = cells[(cells["due_fen"] != 0) & (cells["due_fen"].abs() < least)]
    who = ["household", "kind", "base"]
    return pd.Series(pd.MultiIndex.from_frame(lines[who]).isin(pd.MultiIndex.from_frame(small[who])), index=lines.index)


def pot_name(kind: str, base: str, settlement: str) -> str:
    """What is divided or owed together: kind, base and the periods settled together."""
    return f"{kind}/{base}/{settlement}"
