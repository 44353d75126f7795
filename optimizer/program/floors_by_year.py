"""Participation over several possible years: what each party is to keep in each, so that nobody loses on average."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from optimizer.program.practical import FEN_PER_LINE
from optimizer.program.program import Program

ROUNDED = 4.0
"""What a step of area more or less may cost a party, in terms of what it bears for it: its harvest is worth more."""

Floors = Mapping[tuple[str, str], float]
"""Yuan that a party is to keep in a year, by party and id."""


def floors_of(program: Program, values: np.ndarray) -> Floors | None:
    """What each party is to keep in a scenario of a joint program: what it is left with there. None where floors hold in every
    year."""
    if program.instance.settings.participation.under_scenarios == "each":
        return None
    allowed = rounding_allowance(program)
    return {key: left - allowed.get(key, 0.0) for key, left in left_to_each(program, values).items()}


def floors_apart(programs: Sequence[Program], values: Sequence[np.ndarray], probabilities: Sequence[float]) -> tuple[Floors | None, ...]:
    """What each party is to keep in each scenario: what it is left with there, less what it has beyond its floor on average (more,
    where it lacks something), and what rounding the lines of its account can cost."""
    if programs[0].instance.settings.participation.under_scenarios == "each":
        return (None,) * len(programs)
    left = [left_to_each(program, of) for program, of in zip(programs, values, strict=True)]
    asked = {key: floor + ROUNDED * rounding_yuan(programs[0], key) for key, floor in asked_of(programs[0]).items()}
    mean = {key: sum(p * one[key] for p, one in zip(probabilities, left, strict=True)) for key in asked}
    return tuple({key: one[key] - mean[key] + asked[key] for key in asked} for one in left)


def left_to_each(program: Program, values: np.ndarray) -> dict[tuple[str, str], float]:
    """The balance of each party that has a floor of participation, in yuan."""
    terms = program.parties
    yuan = pd.Series(terms["yuan"].to_numpy(dtype=float) * values[terms["column"]])
    left = yuan.groupby([terms["party"].to_numpy(), terms["id"].to_numpy()]).sum()
    return {key: float(left.get(key, 0.0)) for key in asked_of(program)}


def asked_of(program: Program) -> dict[tuple[str, str], float]:
    """The floors of participation, in yuan by party and id."""
    return {
        key: float(rhs)
        for rows in program.rows
        if rows.rule == "participation"
        for key, rhs in zip(zip(rows.keys["party"], rows.keys["id"], strict=True), rows.rhs, strict=True)
    }


def rounding_allowance(program: Program) -> dict[tuple[str, str], float]:
    """By so many yuan a party's floor in one scenario gives way to the first stage being put into practical units."""
    units = program.instance.settings.practical_units
    if not units.on:
        return {}
    terms = program.parties[program.parties["column"].isin(program.columns["area"]["column"])]
    per_mu = terms.assign(yuan=terms["yuan"].abs()).groupby(["party", "id"])["yuan"].sum()
    return {key: ROUNDED * float(units.mu) * float(yuan) for key, yuan in per_mu.items()}  # type: ignore[misc]


def rounding_yuan(program: Program, key: tuple[str, str]) -> float:
    """What rounding the sales of a party to whole kilograms and fen can cost it: two fen for each slot it may sell in."""
    if not program.instance.settings.practical_units.on:
        return 0.0
    terms = program.parties
    mine = terms[(terms["party"] == key[0]) & (terms["id"] == key[1]) & (terms["account"] == "split")]
    return FEN_PER_LINE * mine["column"].nunique()
