"""Whom to visit in this audit: two samples of the year's payments, their sheets, and what the visits showed so far."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from optimizer.audit.books import Books
from optimizer.audit.due import fen
from optimizer.audit.sampling import MonetarySample, monetary_sample, stratified_sample, visit_sheets
from optimizer.audit.sampling_results import evaluate_monetary, evaluate_stratified
from optimizer.texts import say

SIZE, SEED = 60, "1"
TOLERABLE_PERCENT = 5
"""The share of all that was paid whose loss the monetary-unit sample would overlook one time in twenty at most."""


@dataclass(frozen=True)
class Visits:
    """``stratified``: payments drawn by base and amount · ``monetary``: payments drawn fen by fen · ``sheets``: of either, by
    village, what to ask (audit/sampling.py) · ``sentences``: what the visits showed, or how many are still to be made."""

    seed: str
    stratified: pd.DataFrame
    monetary: MonetarySample
    sheets: dict[str, dict[str, pd.DataFrame]]
    sentences: tuple[str, ...]


def visits(books: Books, size: int = SIZE, seed: str = SEED) -> Visits | None:
    """Draw both samples from the year's payments; None where a plan is audited or nothing was paid.

    Payments taken back, and the lines that take them back, are left out. ``size`` is raised to one visit a stratum.
    """
    if not books.is_paid or not books.has("payments"):
        return None
    taken_back = set(books.payments["reverses"])
    paid = books.payments[(books.payments["amount_fen"] > 0) & ~books.payments["payment"].isin(taken_back)]
    if paid.empty:
        return None
    paid = paid[["payment", "household", "base", "kind", "period", "amount_fen"]]
    strata = 4 * paid["base"].nunique()
    stratified = stratified_sample(paid, max(size, strata), seed)
    monetary = monetary_sample(paid, max(3, int(paid["amount_fen"].sum()) * TOLERABLE_PERCENT // 100), seed)
    households = books.table("households")
    drawn = {"stratified": stratified, "monetary": monetary.chosen}
    sheets = {name: visit_sheets(chosen, households) for name, chosen in drawn.items()}
    said = books.table("confirmations")
    said = said[["payment"]].assign(received_fen=fen(said["received_yuan"]))
    sentences = tuple(_so_far(name, chosen, said) for name, chosen in drawn.items() if not set(chosen["payment"]) <= set(said["payment"]))
    if set(stratified["payment"]) <= set(said["payment"]):
        sentences += (evaluate_stratified(stratified, said).sentence(),)
    if set(monetary.chosen["payment"]) <= set(said["payment"]):
        sentences += (evaluate_monetary(monetary, said).sentence(),)
    return Visits(seed, stratified, monetary, sheets, sentences)


def _so_far(name: str, chosen: pd.DataFrame, said: pd.DataFrame) -> str:
    done = int(chosen["payment"].isin(said["payment"]).sum())
    return say("audit.visits.open", sample=say(f"audit.visits.{name}"), count=len(chosen), done=done)
