"""Checks of the records themselves: sources unchanged, lists posted and approved, the stored result reproducible (E01 to E03)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.checks import NotChecked
from optimizer.audit.due import planned_due
from optimizer.audit.finding import Evidence, Finding, due_item, sale_item
from optimizer.audit.matching import KINDS
from optimizer.audit.result import RUN, SUMMARY, Result
from optimizer.revenue.fen import in_yuan, price_times_kg
from optimizer.texts import say

INPUTS = "inputs_sha256"
PACK = ("evidence", "manifest.json")
"""Where an audit leaves the manifest of its evidence pack, below the results folder."""

NOTE, MINOR = "S4", "S3"
SHORT = 12
"""So many digits of a hash are shown."""

ROUNDED_PRICE_FEN_PER_KG = 0.00005
"""An averaged price is written with six decimals: half a millionth of a yuan, in fen."""


def source_changed(books: Books) -> Iterator[Finding]:
    """E01: a file of the plan's instance is not the one the stored result was made from.

    Its SHA-256 in ``run.json`` and that of the file as it was read now differ, or only one of the two is there. Files of the
    register change legitimately while a year runs; where an evidence pack of an earlier audit of the same kind lies in the
    results folder, those that have changed since are listed as notes (S4), so that the change is on record.
    """
    known = books.result.run.get(INPUTS) if books.result is not None else None
    if not known:
        raise NotChecked(say("records.no_run"))
    found = set()
    for file, then, now in _changed(known, books.plan.hashes):
        found.add(file)
        yield _of_file(file, then, now, say("records.as_solved", sha256=then[:SHORT]) if then else say("records.no_such_input"))
    for file, then, now in _changed(_last_audited(books), books.register.hashes):
        if file not in found and books.plan.hashes.get(file) != now:
            yield _of_file(file, then, now, say("records.as_audited", sha256=then[:SHORT] or say("records.absent")), NOTE)


def _changed(then: Mapping[str, str], now: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Files with their hashes then and now ('' where absent), as far as these differ; none where nothing is known of then."""
    if not then:
        return []
    pairs = ((file, str(then.get(file, "")), str(now.get(file, ""))) for file in sorted({*then, *now}))
    return [pair for pair in pairs if pair[1] != pair[2]]


def _of_file(file: str, then: str, now: str, expected: str, severity: str = "") -> Finding:
    found = say("records.now", sha256=now[:SHORT] or say("records.absent"))
    hashes = say("records.hashes", then=then or say("records.absent"), now=now or say("records.absent"))
    return Finding("E01", (("file", file),), expected, found, (Evidence(RUN, None, hashes),), severity=severity)


def _last_audited(books: Books) -> Mapping[str, str]:
    """Hashes of what the last audit of this result and of the same kind read; none where there is no readable pack."""
    assert books.result is not None
    try:
        run = json.loads(books.result.folder.joinpath(*PACK).read_text(encoding="utf-8"))["run"]
        return dict(run[INPUTS]) if run.get("about") == books.about else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def voucher_or_posting_missing(books: Books) -> Iterator[Finding]:
    """E02: what makes a payment open to inspection is missing. Three things are looked at, none of which moves money (0 fen):

    - S3: payments were made to a village for a settlement whose pay list was not posted there (where postings are kept).
      A posting is for the pay list of exactly its periods; one whose periods are no pay list's is for all lists within them.
    - S3: a signed split agreement names no document or was not posted.
    - S2: a payment to a registered household went out beside the pay runs (no batch) without an approver, though others of
      its kind went out in a run on that day.

    Amounts that depart from what is due or listed are P01's, P02's and P12's, cash without a voucher is P11's.
    """
    if books.has("postings"):
        yield from _not_posted(books)
    agreements = books.table("agreements")
    unsupported = agreements[(agreements["kind"] == "split") & ((agreements["document"] == "") | agreements["posted_on"].isna())]
    for row in unsupported.itertuples():
        lacks = say("records.no_document") if row.document == "" else say("records.agreement_not_posted")
        evidence = (Evidence(books.instance.files["agreements"], int(agreements.at[row.Index, "_row"]), lacks),)
        yield Finding("E02", (("agreement", row.agreement),), say("records.agreement_open"), lacks, evidence, severity=MINOR)
    yield from _beside_the_runs(books)


def _not_posted(books: Books) -> Iterator[Finding]:
    village = books.table("households").set_index("household")["village"]
    lists = books.payments.assign(village=books.payments["household"].map(village)).dropna(subset=["village"])
    lists = (
        lists.groupby(["village", "settlement"])
        .agg(count=("payment", "size"), fen=("amount_fen", "sum"), first=("paid_on", "min"))
        .reset_index()
    )
    named = {label: frozenset(books.settlements.periods.get(label, (label,))) for label in lists["settlement"].unique()}
    posted: dict[str, set[frozenset[str]]] = {}
    for where, label in books.table("postings")[["village", "period"]].itertuples(index=False):
        posted.setdefault(where, set()).add(frozenset(books.instance.members("periods", label)))
    exact = set(named.values())
    for row in lists.itertuples():
        mine, there = named[row.settlement], posted.get(row.village, set())
        if mine in there or any(mine < periods and periods not in exact for periods in there):
            continue
        evidence = Evidence(
            books.instance.files["payments"],
            None,
            say("records.list", count=row.count, yuan=in_yuan(row.fen), day=f"{row.first:%Y-%m-%d}"),
        )
        yield Finding(
            "E02",
            (("village", row.village),),
            say("records.posted", period=row.settlement),
            say("records.not_posted"),
            (evidence,),
            row.settlement,
            severity=MINOR,
        )


def _beside_the_runs(books: Books) -> Iterator[Finding]:
    lines = books.payments
    in_runs = pd.MultiIndex.from_frame(lines.loc[lines["batch"] != "", ["paid_on", "kind"]].drop_duplicates())
    beside = lines[(lines["batch"] == "") & (lines["approved_by"] == "") & (lines["reverses"] == "")]
    beside = beside[pd.MultiIndex.from_frame(beside[["paid_on", "kind"]]).isin(in_runs)]
    for line in beside[beside["household"].isin(set(books.table("households")["household"]))].itertuples():
        says = say("records.line", yuan=in_yuan(line.amount_fen), day=f"{line.paid_on:%Y-%m-%d}")
        yield Finding(
            "E02",
            (("payment", line.payment), ("household", line.household), ("base", line.base), ("kind", line.kind)),
            say("records.in_a_run"),
            say("records.beside_the_runs"),
            (Evidence(line.file, int(line.row), says),),
            line.settlement,
            item=due_item(line.household, line.kind, line.base, line.settlement),
        )


def not_reproducible(books: Books) -> Iterator[Finding]:
    """E03: dividing the stored plan again gives another amount than the stored result.

    - A sale: amount ≠ kilograms × price, rounded once half up (averaged receipts: within what the rounded price explains).
      Fen: the difference.
    - A household: what it receives of each kind in households.csv ≠ what its pots, wages and rents come to anew; or its gain
      is not the sum of the kinds less what is forgone, or its income afterwards not that before and the gain. Fen: the
      differences of the kinds without their signs, else that of the gain or the income.
    - summary.json: the sales or the households' gain ≠ the sum of the tables.

    A sale whose stored amount is off is divided with kilograms × price, so that households are not found for its sake. Parts
    of a sale in ledger.csv that are not the rule's are R03's and C01's.
    """
    if books.result is None or books.planned is None:
        raise NotChecked(say("records.no_result"))
    off, due = _sales_off(books, books.result), books.planned.due
    if len(off):
        sales = books.result.table("sales").copy()
        sales.loc[off.index, "amount_fen"] = off["anew"]
        due = planned_due(books.plan, replace(books.result, tables={**books.result.tables, "sales": sales})).due
    yield from _of_sales(off)
    yield from _households_off(due, books.result.table("households"))
    yield from _summary_off(due, books.result)


def _sales_off(books: Books, result: Result) -> pd.DataFrame:
    """Sales that are not kilograms × price, with ``anew`` (what they come to), ``off`` (how far) and their ``row``."""
    sales = result.table("sales")
    anew = price_times_kg(sales["kg"].to_numpy(dtype=float), sales["price_yuan_per_kg"].to_numpy(dtype=float))
    off = (sales["amount_fen"] - anew).abs()
    if books.plan.settings.settlement == "average":
        off = off.where(off > 1 + sales["kg"] * ROUNDED_PRICE_FEN_PER_KG, 0)
    return sales.assign(anew=anew, off=off, row=sales.index + 2)[off > 0]


def _of_sales(off: pd.DataFrame) -> Iterator[Finding]:
    for row in off.itertuples():
        yield Finding(
            "E03",
            (("sale", row.sale), ("base", row.base)),
            say("records.sale_anew", yuan=in_yuan(row.anew)),
            say("records.stored", yuan=in_yuan(row.amount_fen)),
            (Evidence("sales.csv", row.row, say("records.sale", kg=f"{row.kg:g}", price=f"{row.price_yuan_per_kg:g}")),),
            row.period,
            int(row.off),
            sale_item(row.sale),
        )


def _households_off(due: pd.DataFrame, stored: pd.DataFrame) -> Iterator[Finding]:
    stored = stored.assign(row=stored.index + 2).set_index("household")
    anew = due.groupby(["household", "kind"])["due_fen"].sum().unstack("kind", fill_value=0) if len(due) else pd.DataFrame()
    names = stored.index.union(anew.index).rename("household")
    stored, anew = stored.reindex(names), anew.reindex(names)
    off = np.zeros(len(names), dtype=np.int64)
    columns: dict[str, Any] = {}
    for kind in KINDS:
        ought = anew[kind].fillna(0).astype("int64") if kind in anew else pd.Series(0, index=names)
        columns[kind] = stored[f"{kind}_fen"].fillna(0).astype("int64") - ought
        off += columns[kind].abs().to_numpy()
    within = _row_off(stored)
    differs = pd.DataFrame({**columns, "off": np.where(off > 0, off, within), "row": stored["row"]}, index=names)
    for household, row in differs[differs["off"] > 0].iterrows():
        kinds = [say("records.kind", kind=kind, yuan=in_yuan(int(row[kind]))) for kind in KINDS if row[kind]]
        place = None if pd.isna(row["row"]) else int(row["row"])
        yield Finding(
            "E03",
            (("household", str(household)),),
            say("records.divided_anew"),
            say("records.household_off", yuan=in_yuan(int(row["off"]))),
            (Evidence("households.csv", place, "; ".join(kinds) or say("records.row_off")),),
            fen=int(row["off"]),
        )


def _row_off(stored: pd.DataFrame) -> np.ndarray:
    """By how many fen a stored row does not add up within itself."""
    got = sum((stored[f"{kind}_fen"] for kind in KINDS), start=-stored["forgone_fen"])
    gain = (stored["gain_fen"] - got).abs().fillna(0).astype("int64").to_numpy()
    after = (stored["income_after_fen"] - stored["income_before_fen"] - stored["gain_fen"]).abs().fillna(0).astype("int64").to_numpy()
    return np.where(gain > 0, gain, after)


def _summary_off(due: pd.DataFrame, result: Result) -> Iterator[Finding]:
    households = result.table("households")
    told = {
        "sales_fen": (result.summary.get("sales_fen"), int(result.table("sales")["amount_fen"].sum())),
        "households.gain_fen": (
            (result.summary.get("households") or {}).get("gain_fen"),
            int(due["due_fen"].sum()) - int(households["forgone_fen"].sum()),
        ),
    }
    for key, (says, ought) in told.items():
        if says is not None and says != ought:
            yield Finding(
                "E03",
                (("file", SUMMARY),),
                say("records.figure", key=key, yuan=in_yuan(ought)),
                say("records.stored", yuan=in_yuan(int(says))),
                (Evidence(SUMMARY, None, f"{key} {says}"),),
                key,
                abs(int(says) - ought),
            )
