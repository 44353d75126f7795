"""Risk: what is measured of every scenario, how the bad years weigh, and the rows that say so.

Conditional value at risk is that of Rockafellar and Uryasev (Optimization of conditional value-at-risk, Journal of Risk 2,
2000), written for gains; the mean absolute deviation is Hazell's MOTAD (American Journal of Agricultural Economics 53, 1971)
with probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from optimizer.instance.document import ObjectiveSpec, Risk
from optimizer.program.joint import JointProgram
from optimizer.program.money import vector
from optimizer.program.program import Program
from optimizer.program.rows import AT_LEAST, AT_MOST, EQUAL, Columns, Rows, gives, make_rows, terms_of

WEIGHED = "expectation_and_risk"
"""The objective of a program that weighs risk, beside those by name."""


def measured(program: Program, risk: Risk) -> np.ndarray:
    """Yuan per unit of each decision of what a measure is taken of: the chain's margin, the households' gain, or the balance
    of a party (``base``: of all bases, ``base:NAME``: of one)."""
    if risk.of in ("margin", "households"):
        return program.objective("margin" if risk.of == "margin" else "household_gain")
    party, name = risk.party
    terms = program.parties
    mine = terms[(terms["party"] == party) & ((terms["id"] == name) if name else True)]
    return vector(mine, program.columns.count)


def with_risk(program: JointProgram) -> JointProgram:
    """The joint program with the decisions and rows of its measure of risk; itself where only the expectation counts."""
    risk = program.instance.settings.risk
    if risk.measure in ("none", "expected"):
        return program
    columns = Columns(dict(program.columns.frames), dict(program.columns.units), program.columns.count)
    scenarios = pd.DataFrame({"scenario": [part.name for part in program.parts]}, dtype=object)
    columns.add("risk_level", "yuan", pd.DataFrame({"measure": [risk.measure]}, dtype=object), lower=-np.inf)
    columns.frames["below_level"] = scenarios.assign(
        upper=0.0 if risk.measure == "worst" else np.inf, lower=0.0, integer=False, column=columns.count + np.arange(len(scenarios))
    )
    columns.units["below_level"] = "yuan"
    columns.count += len(scenarios)
    rows = [row for rule in (below_level, mean_level, risk_limit) for row in rule(program, columns) if len(row)]
    objective = program.instance.settings.objective
    settings = program.instance.settings.model_copy(
        update={"objective": ObjectiveSpec(maximise=WEIGHED, then=objective.name, constant_yuan=objective.constant_yuan)}
    )
    grown = replace(program, instance=replace(program.instance, settings=settings), columns=columns, rows=(*program.rows, *rows))
    weight = float(risk.weighing)
    share, sign = (1.0, -1.0) if risk.measure == "deviation" else (1.0 - weight, 1.0)
    grown.known[WEIGHED] = share * grown.objective(objective.name) + sign * weight * figure(program, columns)
    return grown


def figure(program: JointProgram, columns: Columns) -> np.ndarray:
    """The measure itself as a sum over ``risk_level`` and ``below_level``: CVaR and the worst case in yuan of gain, the mean
    absolute deviation in yuan."""
    risk = program.instance.settings.risk
    found = np.zeros(columns.count)
    level, below = (columns[kind]["column"].to_numpy() for kind in ("risk_level", "below_level"))
    probability = np.array([part.probability for part in program.parts])
    if risk.measure == "deviation":
        found[below] = 2.0 * probability  # deviations below the mean are half of all
    else:
        found[level] = 1.0
        found[below] = -probability / (1.0 - float(risk.level))
    return found


@gives("below_level")
def below_level(program: JointProgram, columns: Columns) -> list[Rows]:
    """How far each scenario s falls below a level of what is measured, R:

    R_s + below_level[s] ≥ risk_level   (yuan, per scenario)

    CVaR at a level a: the greatest  risk_level − Σ_s p_s · below_level[s] / (1 − a).  Worst case: below_level = 0.  Mean
    absolute deviation: risk_level is the mean of R, and the deviation 2 Σ_s p_s · below_level[s].

    Shadow price: what one yuan more demanded in that scenario would add (a loss, so that the figure is not above 0).
    """
    risk = program.instance.settings.risk
    terms = [terms_of(columns["below_level"])]
    each = terms[0][["scenario"]]
    terms.append(terms_of(each.merge(columns["risk_level"], how="cross"), -1.0))
    for part in program.parts:
        terms.append(_terms(measured(part.program, risk), part.at).assign(scenario=part.name))
    return [make_rows("below_level", "yuan", ["scenario"], terms, AT_LEAST, each.assign(rhs=0.0), True)]


@gives("mean_level")
def mean_level(program: JointProgram, columns: Columns) -> list[Rows]:
    """For the mean absolute deviation the level is the mean:  Σ_s p_s · R_s − risk_level = 0   (yuan).

    Shadow price: what a mean reckoned one yuan higher would add.
    """
    risk = program.instance.settings.risk
    if risk.measure != "deviation":
        return []
    mean = program.expected([measured(part.program, risk) for part in program.parts])
    terms = [_terms(mean, np.arange(len(mean))).assign(measure=risk.measure), terms_of(columns["risk_level"], -1.0)]
    return [make_rows("mean_level", "yuan", ["measure"], terms, EQUAL, pd.DataFrame({"measure": [risk.measure], "rhs": [0.0]}), True)]


@gives("risk_limit")
def risk_limit(program: JointProgram, columns: Columns) -> list[Rows]:
    """A limit on the measure (``settings.risk.limit_yuan``):  CVaR or worst case ≥ limit,  deviation ≤ limit   (yuan).

    Shadow price: what a limit one yuan higher would add.
    """
    risk = program.instance.settings.risk
    if risk.limit_yuan is None:
        return []
    of = figure(program, columns)
    terms = [_terms(of, np.arange(len(of))).assign(measure=risk.measure)]
    limit = pd.DataFrame({"measure": [risk.measure], "rhs": [float(risk.limit_yuan)]})
    return [make_rows("risk_limit", "yuan", ["measure"], terms, AT_MOST if risk.measure == "deviation" else AT_LEAST, limit, True)]


def _terms(figures: np.ndarray, at: np.ndarray) -> pd.DataFrame:
    used = np.flatnonzero(figures)
    return pd.DataFrame({"column": at[used], "coefficient": figures[used]})


# --- figures of outcomes -------------------------------------------------------------------------------------------


def cvar(values: Sequence[float], probabilities: Sequence[float], level: float) -> float:
    """The mean of the worst ``1 − level`` of all years: level 0 is the mean, near 1 the worst case."""
    left, total = 1.0 - level, 0.0
    for value, probability in sorted(zip(values, map(float, probabilities), strict=True)):
        part = min(probability, left)
        total += part * value
        left -= part
    return total / (1.0 - level)


def deviation(values: Sequence[float], probabilities: Sequence[float]) -> float:
    """The mean absolute deviation from the mean."""
    middle = mean(values, probabilities)
    return mean([abs(value - middle) for value in values], probabilities)


def reached(measure: str, values: Sequence[float], probabilities: Sequence[float], level: float) -> float:
    """What values of all years come to under a measure: ``cvar`` at a level, ``worst`` or ``deviation``; else their mean."""
    if measure == "cvar":
        return cvar(values, probabilities, level)
    if measure == "worst":
        return min(values)
    return deviation(values, probabilities) if measure == "deviation" else mean(values, probabilities)


def mean(values: Sequence[float], probabilities: Sequence[float]) -> float:
    return sum(p * v for p, v in zip(map(float, probabilities), values, strict=True))
