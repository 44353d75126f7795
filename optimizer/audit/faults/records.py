"""Faults of the records themselves (E01 to E03)."""

from __future__ import annotations

from optimizer.audit.books import Books
from optimizer.audit.faults.planting import Expected, Planter, Tables, pick

STORED_MORE_FEN = 777
"""What a planted figure of households.csv is off."""

OTHER = "0" * 64


def plant_source_changed(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """In a result: it was made from another version of one of its files (table ``inputs_sha256``: file, sha256)."""
    known = tables["inputs_sha256"]
    file = pick(known["file"], "E01", number)
    known.loc[known["file"] == file, "sha256"] = OTHER
    return (Expected("E01", 0, ("file", file)),)


def plant_posting_missing(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """A village where the pay list of one settlement was not posted."""
    postings = tables["postings"]
    village, period = pick(postings["village"] + "\x1f" + postings["period"], "E02", number).split("\x1f")
    tables["postings"] = postings[(postings["village"] != village) | (postings["period"] != period)].reset_index(drop=True)
    return (Expected("E02", 0, ("village", village)),)


def plant_not_reproducible(books: Books, tables: Tables, number: int) -> tuple[Expected, ...]:
    """In a result: 7.77 yuan more of dividend for one household than dividing gives it; its row still adds up."""
    stored = tables["households"]
    household = pick(stored["household"], "E03", number)
    mine = stored["household"] == household
    for column in ("dividend_fen", "gain_fen", "income_after_fen"):
        before = stored.loc[mine, column].iloc[0]
        stored.loc[mine, column] = str(int(before) + STORED_MORE_FEN) if before != "" else ""
    return (Expected("E03", STORED_MORE_FEN, ("household", household)),)


PLANTERS: dict[str, Planter] = {"E01": plant_source_changed, "E02": plant_posting_missing, "E03": plant_not_reproducible}
