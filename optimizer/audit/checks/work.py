"""What work, land and capital earn: sheets, leases and share registers against what they may say."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import THOUSANDTHS, fen, rounded, wages_due
from optimizer.audit.finding import Finding, due_item
from optimizer.audit.spans import NEVER
from optimizer.revenue.fen import in_yuan
from optimizer.texts import say


def wage_arithmetic(books: Books) -> Iterator[Finding]:
    """W01: the wage on the slip is not days × rate, rounded once to the fen, half up. At risk is the difference."""
    records = _records(books)
    slips = records[records["due_yuan"].notna()]
    slip_fen = fen(slips["due_yuan"])
    wrong = slip_fen != slips["wage_fen"].to_numpy()
    for line, slip in zip(slips[wrong].itertuples(index=False), slip_fen[wrong], strict=True):
        yield Finding(
            "W01",
            (("record", line.record), ("household", line.household), ("base", line.base)),
            say(
                "check.wage_arithmetic.expected",
                days=f"{line.days:g}",
                rate=in_yuan(line.rate_fen),
                yuan=in_yuan(line.wage_fen),
            ),
            say("check.wage_arithmetic.found", yuan=in_yuan(slip)),
            (books.evidence("work_records", line.row, f"due_yuan {in_yuan(slip)}"),),
            line.period,
            abs(int(slip) - int(line.wage_fen)),
            line.item,
        )


def impossible_days(books: Books) -> Iterator[Finding]:
    """W02: days nobody can have worked.

    (1) a person's days in a period are more than its days: at risk are the days beyond, at the rate of the last line. (2) a
    person's lines of one date name two bases, or make more than one day: all lines but the longest. (3) a line dated on or
    after the person's death or leaving, or of a period that begins then: the line's wage. Lines without a person count for
    the household, and against all its persons together.
    """
    records = _records(books)
    records = records.assign(who=records["person"].where(records["person"] != "", records["household"]))
    yield from _too_many(books, records)
    yield from _two_places(books, records)
    yield from _after_the_end(books, records)


def _too_many(books: Books, records: pd.DataFrame) -> Iterator[Finding]:
    periods = books.instance.periods
    if not periods.last_days:
        return
    there = {name: (last - first).days + 1 for name, first, last in zip(periods.names, periods.first_days, periods.last_days, strict=True)}
    persons = books.table("households").set_index("household")["persons"]
    hands = records["household"].map(persons).fillna(1).where(records["person"] == "", 1)
    summed = records.assign(hands=hands).groupby(["household", "who", "period"], sort=False)
    sums = summed.agg(days=("days", "sum"), hands=("hands", "first")).reset_index()
    sums["most"] = sums["period"].map(there) * sums["hands"]
    for line in sums[sums["days"] > sums["most"]].itertuples(index=False):
        mine = records[(records["household"] == line.household) & (records["who"] == line.who) & (records["period"] == line.period)]
        beyond = round((line.days - line.most) * THOUSANDTHS)
        at_risk = rounded(beyond * int(mine["rate_fen"].iat[-1]), THOUSANDTHS)
        expected = say("check.impossible_days.expected", most=f"{line.most:g}", period=line.period)
        yield _days_finding(books, mine, expected, say("check.impossible_days.found", days=f"{line.days:g}"), int(at_risk))


def _two_places(books: Books, records: pd.DataFrame) -> Iterator[Finding]:
    dated = records[records["date"].notna() & (records["person"] != "")]
    days = dated.groupby(["who", "date"]).agg(bases=("base", "nunique"), days=("days", "sum"), lines=("base", "size"))
    for who, day in days.index[(days["lines"] > 1) & ((days["bases"] > 1) | (days["days"] > 1))]:
        mine = dated[(dated["who"] == who) & (dated["date"] == day)]
        at_risk = int(mine["wage_fen"].sum() - mine["wage_fen"].max())
        bases = ", ".join(mine["base"].unique())
        found = say("check.impossible_days.two_found", bases=bases, days=f"{mine['days'].sum():g}", day=f"{day:%Y-%m-%d}")
        yield _days_finding(books, mine, say("check.impossible_days.two_expected"), found, at_risk)


def _after_the_end(books: Books, records: pd.DataFrame) -> Iterator[Finding]:
    if not books.has("members"):
        return
    people = books.table("members").set_index("person")
    gone = pd.concat([people["died_on"].fillna(NEVER), people["left_on"].fillna(NEVER)], axis=1).min(axis=1)
    end = records["person"].map(gone).fillna(NEVER)
    first = dict(zip(books.instance.periods.names, map(pd.Timestamp, books.instance.periods.first_days), strict=False))
    worked_on = records["date"].fillna(pd.to_datetime(records["period"].map(first))) if first else records["date"]
    for index in records.index[worked_on >= end]:
        expected = say("check.impossible_days.gone_expected", day=f"{end[index]:%Y-%m-%d}")
        found = say("check.impossible_days.gone_found", yuan=in_yuan(records.at[index, "wage_fen"]))
        yield _days_finding(books, records.loc[[index]], expected, found, int(records.at[index, "wage_fen"]))


def _days_finding(books: Books, lines: pd.DataFrame, expected: str, found: str, at_risk: int) -> Finding:
    first = lines.iloc[0]
    who = ("person", first["person"]) if first["person"] else ("household", first["household"])
    subjects = (who, ("household", first["household"]), ("base", first["base"])) if first["person"] else (who, ("base", first["base"]))
    evidence = tuple(books.evidence("work_records", line.row, f"{line.base}, days {line.days:g}") for line in lines.itertuples(index=False))
    item = first["item"] if lines["item"].nunique() == 1 else ""
    return Finding("W02", subjects, expected, found, evidence, first["period"], max(0, at_risk), item)


def rate_below_agreed(books: Books) -> Iterator[Finding]:
    """W03: a line pays less for a day than the village's wage (table ``workers``, the least of its kinds of labour) or the
    legal minimum (``least_wage_yuan_per_day``), or lacks its foreman or the number of its sheet.

    At risk is days × shortfall, rounded once, half up; nothing for a missing field.
    """
    records = _records(books)
    villages = books.table("households").set_index("household")["village"]
    wages = books.table("workers").groupby(["village", "period"])["wage_yuan_per_day"].min()
    keys = pd.MultiIndex.from_arrays([records["household"].map(villages).fillna(""), records["period"]])
    agreed = wages.reindex(keys).fillna(0).to_numpy(dtype=float) if len(wages) else np.zeros(len(records))
    least = fen(pd.Series(np.maximum(agreed, books.limits.least_wage_yuan_per_day)))
    short = rounded(records["milli_days"].to_numpy() * np.maximum(least - records["rate_fen"].to_numpy(), 0), THOUSANDTHS)
    lines = records.assign(least=least, short=short)
    for line in lines[lines["rate_fen"] < lines["least"]].itertuples(index=False):
        expected = say("check.rate_below_agreed.expected", yuan=in_yuan(line.least))
        found = say("check.rate_below_agreed.found", yuan=in_yuan(line.rate_fen))
        yield _slip(books, line, expected, found, f"rate_yuan_per_day {in_yuan(line.rate_fen)}", abs(int(line.short)))
    for column in ("foreman", "sheet"):
        for line in lines[lines[column] == ""].itertuples(index=False):
            expected = say(f"check.rate_below_agreed.{column}")
            yield _slip(books, line, expected, say("check.rate_below_agreed.blank"), column, 0)


def _slip(books: Books, line: object, expected: str, found: str, says: str, at_risk: int) -> Finding:
    record, household, base, period, row, item = (getattr(line, name) for name in ("record", "household", "base", "period", "row", "item"))
    subjects = (("record", record), ("household", household), ("base", base))
    return Finding("W03", subjects, expected, found, (books.evidence("work_records", row, says),), period, at_risk, item)


def _records(books: Books) -> pd.DataFrame:
    """Work records with wage_fen (days × rate, as it is due), rate_fen, milli_days, row, and the item of each line's money."""
    table = books.table("work_records").rename(columns={"_row": "row"})
    settled = books.settlements.named(pd.Series("wage", index=table.index), table["period"])
    keys = zip(table["household"], table["base"], settled, strict=True)
    return table.assign(
        wage_fen=wages_due(books.instance)["due_fen"].to_numpy(),
        rate_fen=fen(table["rate_yuan_per_day"]),
        milli_days=np.rint(table["days"].to_numpy(dtype=float) * THOUSANDTHS).astype(np.int64),
        item=[due_item(household, "wage", base, settlement) for household, base, settlement in keys],
    )
