"""The tables of an audit, as they are written to the results folder. Figures that do not exist are absent, never zero."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.audit.audit import Audit
from optimizer.audit.catalogue import catalogue
from optimizer.audit.finding import GONE, standing
from optimizer.audit.incomes import line_of
from optimizer.audit.matching import AGEING, KINDS
from optimizer.audit.statement import statement_table
from optimizer.household.measures import measures
from optimizer.household.per_head import PerHead
from optimizer.household.poverty import below
from optimizer.instance.instance import Instance
from optimizer.texts import say

FEN = 100
MOMENTS = ("before", "planned", "paid")
STAGES = ("planned", "due", "paid", "confirmed", "owed")
NO_DAY = "without_day"
MEASURES = ["measure", "form", "group_by", "group", "moment", "value", "unit", "line_year"]

Tables = Mapping[str, pd.DataFrame]


def tables(audit: Audit) -> dict[str, pd.DataFrame]:
    """Every table by name: findings, statement, reconciliation, statements, measures (where the register has a poverty
    line), checks; and of a year that was paid also ageing and matches."""
    found = {
        "findings": audit.findings,
        "statement": statement_table(audit.statement),
        "reconciliation": audit.reconciliation,
        "statements": statements(audit),
        "measures": measure_table(audit),
        "checks": checks(audit),
    }
    if audit.books.is_paid:
        found |= {"ageing": ageing(audit.books.cells), "matches": audit.books.cells}
    return {name: table for name, table in found.items() if name != "measures" or len(table)}


def ageing(cells: pd.DataFrame) -> pd.DataFrame:
    """Arrears per base and kind: base, kind, households, arrears_fen, and of these a column for each age in days
    (``age_0_30_fen`` …; ``age_without_day_fen`` where nobody knows when they fell due)."""
    late = cells[(cells["arrears_fen"] > 0).fillna(False)]
    keys = [late["base"], late["kind"]]
    frame = late.groupby(["base", "kind"])["household"].nunique().rename("households").to_frame()
    frame["arrears_fen"] = late["arrears_fen"].groupby(keys).sum().astype("int64")
    ages = late["ageing"].replace("", NO_DAY)
    for age in (*AGEING, NO_DAY):
        if age != NO_DAY or (ages == NO_DAY).any():
            amount = late["arrears_fen"].where(ages == age, 0).groupby(keys).sum()
            frame[f"age_{age.replace('-', '_')}_fen"] = amount.astype("int64")
    return frame.reset_index()


def statements(audit: Audit) -> pd.DataFrame:
    """One row per household of the register, as incomes are (audit/incomes.py).

    Columns: household, village, base, persons, linked · planned_fen, due_fen, paid_fen, asked_fen (paid, of the payments it
    was asked about), confirmed_fen, owed_fen (due and not settled, overdue or not), arrears_fen (overdue) · of each kind
    that occurs ``KIND_planned_fen`` … ``KIND_owed_fen`` · forgone, gain and income before, planned and paid ·
    ``per_head_MOMENT_fen`` (half up) · line_fen · ``gap_MOMENT_fen``: what lacks to the line · ``gap_closed_fen``: by how
    much the gap before became smaller. Gaps are rounded up where the line has a fraction of a fen.
    """
    people, cells = audit.incomes, audit.books.cells
    names = pd.Index(people["household"])
    frame = people[["household", "village", "base", "persons", "linked"]].copy()
    owed = owed_fen(cells)
    amounts = cells.assign(owed_fen=owed)
    totals = (*STAGES[:3], "asked", *STAGES[3:], "arrears")
    for stage in totals:
        frame[f"{stage}_fen"] = _by_household(amounts, stage, names)
    for kind in KINDS:
        mine = amounts[amounts["kind"] == kind]
        for stage in STAGES if len(mine) else ():
            frame[f"{kind}_{stage}_fen"] = _by_household(mine, stage, names)
    for figure in ("forgone", "gain"):
        for moment in MOMENTS[1:]:
            frame[f"{figure}_{moment}_fen"] = people[f"{figure}_{moment}_fen"]
    for moment in MOMENTS:
        frame[f"income_{moment}_fen"] = people[f"income_{moment}_fen"]
    return _beside_the_line(frame, line_of(audit.books.instance))


def owed_fen(cells: pd.DataFrame) -> pd.Series:
    """What of each cell's due is not settled by payments and deductions, overdue or not (absent in a plan)."""
    return (cells["due_fen"] - cells["paid_fen"] - cells["deducted_fen"]).clip(lower=0)


def _by_household(cells: pd.DataFrame, stage: str, names: pd.Index) -> pd.Series:
    """Sums per household; zero where it has nothing of a figure that exists, absent where the figure does not.

    What was confirmed exists only for households that were asked.
    """
    column = cells[f"{stage}_fen"]
    if column.isna().all():
        return pd.Series(pd.NA, index=range(len(names)), dtype="Int64")
    sums = column.groupby(cells["household"]).sum(min_count=1).reindex(names).astype("Int64").reset_index(drop=True)
    return sums if stage in ("confirmed", "asked") else sums.fillna(0)


def _beside_the_line(frame: pd.DataFrame, line_fen: Fraction | None) -> pd.DataFrame:
    """The statements with figures per head, the line and the gaps below it."""
    persons = frame["persons"]
    for moment in MOMENTS:
        income = frame[f"income_{moment}_fen"]
        frame[f"per_head_{moment}_fen"] = per_head(income, persons)
    if line_fen is None:
        return frame
    frame["line_fen"] = int(line_fen + Fraction(1, 2))
    whole, parts = line_fen.numerator, line_fen.denominator
    for moment in MOMENTS:
        missing = persons * whole - frame[f"income_{moment}_fen"] * parts
        frame[f"gap_{moment}_fen"] = -((-missing) // parts).clip(upper=0)
    reached = "paid" if frame["gap_paid_fen"].notna().any() else "planned"
    frame["gap_closed_fen"] = frame["gap_before_fen"] - frame[f"gap_{reached}_fen"]
    return frame


def per_head(income_fen: pd.Series, persons: pd.Series) -> pd.Series:
    """Income per head in whole fen, rounded half up on the magnitude."""
    sign = np.sign(income_fen)
    return (2 * income_fen.abs() + persons) // (2 * persons) * sign


def lines_of(instance: Instance) -> dict[int, Fraction]:
    """Every poverty line by year, in fen per head."""
    table = instance.table("poverty_lines")[["year", "line_yuan"]]
    return {int(year): Fraction(str(line)) * FEN for year, line in sorted(table.itertuples(index=False))}


def measure_table(audit: Audit) -> pd.DataFrame:
    """Columns MEASURES: all measures at the line of the settings' year, for everybody, per village and per base; and the
    headcount (poor and headcount) of everybody at the line of every year."""
    instance = audit.books.instance
    people, year = with_gains(audit.incomes), instance.settings.poverty_line_year
    line = line_of(instance)
    if people.empty:
        return pd.DataFrame(columns=MEASURES)
    parts = [] if line is None else [measures(people, line, ("village", "base")).assign(line_year=year)]
    rows = [
        (measure, "", "all", "all", moment, value, unit, other)
        for other, line in lines_of(instance).items()
        if other != year
        for moment, incomes in _moments(people).items()
        for measure, value, unit in _heads(incomes, line)
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(MEASURES)
    parts.append(pd.DataFrame({name: pd.Series(column, dtype=object) for name, column in zip(MEASURES, columns, strict=True)}))
    return pd.concat([part for part in parts if len(part)] or parts, ignore_index=True)


def with_gains(incomes: pd.DataFrame) -> pd.DataFrame:
    """Incomes as measures take them: the gains by kind that lead to what was paid (or planned), no base as no group."""
    reached = "paid" if incomes["income_paid_fen"].notna().any() else "planned"
    frame = incomes[["household", "persons", "village", *(f"income_{moment}_fen" for moment in MOMENTS)]].copy()
    frame["base"] = incomes["base"].where(incomes["base"] != "", None)
    for kind in KINDS:
        amounts = incomes[f"{kind}_{reached}_fen"]
        if amounts.notna().all() and amounts.any():
            frame[f"{kind}_fen"] = amounts.astype("int64")
    return frame


def _moments(people: pd.DataFrame) -> dict[str, PerHead]:
    """Incomes per head by moment, where all are known."""
    persons = people["persons"].to_numpy(dtype=np.int64)
    columns = {moment: people[f"income_{moment}_fen"] for moment in MOMENTS}
    known = {moment: column for moment, column in columns.items() if not column.isna().any()}
    return {moment: PerHead(column.to_numpy(dtype=np.int64), persons) for moment, column in known.items()}


def _heads(incomes: PerHead, line: Fraction) -> tuple[tuple[str, object, str], tuple[str, object, str]]:
    poor = below(incomes, line).poor_weight
    return ("poor", poor, "persons"), ("headcount", poor / incomes.total_weight, "share")


def checks(audit: Audit) -> pd.DataFrame:
    """Every code of the catalogue: code, severity (of the gravest found that stands, else of the gravest found, else the usual
    one), class, looks_for, checked (yes or no), why_not, findings and standing (how many were found and are not settled;
    absent where nobody looked), counted_fen (money at risk of those standing)."""
    register, about = audit.findings, audit.books.about
    mine = register[(register["about"] == about) & (register["state"] != GONE)]
    open_ = standing(register, about)
    count, left, fen = mine["code"].value_counts(), open_["code"].value_counts(), open_.groupby("code")["counted_fen"].sum()
    gravest = {**mine.groupby("code")["severity"].min(), **open_.groupby("code")["severity"].min()}
    done, undone = set(audit.checked.done), audit.checked.undone
    rows = []
    for code, entry in catalogue().items():
        is_done = code in done
        why = "" if is_done else undone.get(code, say("audited.not_run"))
        figures = [int(series.get(code, 0)) if is_done else pd.NA for series in (count, left, fen)]
        rows.append((code, gravest.get(code, entry.severity), entry.kind, entry.fires_when, "yes" if is_done else "no", why, *figures))
    columns = ["code", "severity", "class", "looks_for", "checked", "why_not", "findings", "standing", "counted_fen"]
    return pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[-3:], "Int64"))
