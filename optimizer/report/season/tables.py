"""The tables of an uncertain season, one per file and sheet, as docs/results.md describes their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from optimizer.season.season import Risk, Season, Year

SCENARIOS = ("scenario", "label", "probability", "party", "id", "income_yuan", "costs_yuan", "balance_yuan", "missed_yuan")
CHAIN, HOUSEHOLDS = "chain", "households"
FEN = 100
DECIMALS = 6
RISK = ("scenarios", "measure", "level", "of", "expected_yuan", "cvar_yuan", "worst_yuan", "deviation_yuan", "evpi_yuan", "vss_yuan", "gap")

Line = tuple[object, ...]


def season_tables(season: Season | None) -> dict[str, pd.DataFrame]:
    """Every table by its name; insurance, promotion and households only where there are any, none without a season."""
    if season is None:
        return {}
    found = {"scenarios": scenarios_table(season.years), "expected_ledger": season.expected_ledger}
    some = {"household_seasons": season.household_gains, "insurance": season.insured, "promotion_plan": season.promoted}
    return found | {name: _rounded(table) for name, table in some.items() if len(table)}


def scenarios_table(years: Sequence[Year]) -> pd.DataFrame:
    """What every year brings to whom: a row for the chain (its margin), for every party, and for the linked households of
    every village (their gain). Columns as SCENARIOS; what does not exist is absent: costs of households, a floor missed."""
    rows = [(year.scenario, year.label, float(year.probability), *line) for year in years for line in _lines(year)]
    return pd.DataFrame(rows, columns=list(SCENARIOS))


def _lines(year: Year) -> Iterator[Line]:
    income = sum(fen for fen in year.accounts.values() if fen > 0)
    costs = -sum(fen for fen in year.accounts.values() if fen < 0)
    yield CHAIN, "", income / FEN, costs / FEN, year.margin_fen / FEN, None
    missed = {(m.party, m.id): m.missed_yuan for m in year.missed.itertuples()}
    for party in year.parties.itertuples():
        figures = (party.income_fen / FEN, party.costs_fen / FEN, party.balance_fen / FEN)
        short = missed.get((party.party, party.id))
        yield party.party, party.id, *figures, None if short is None else round(float(short), DECIMALS)
    for village in year.villages.itertuples():
        yield HOUSEHOLDS, village.village, None, None, village.gain_fen / FEN, None


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """The table with floats rounded so that the last bits of the solver do not show."""
    return table.assign(**{c: table[c].round(DECIMALS) + 0.0 for c in table.columns if pd.api.types.is_float_dtype(table[c])})


def risk_of(risk: Risk) -> dict[str, object]:
    """``risk`` of summary.json; what was not worked out is absent."""
    figures = {name: getattr(risk, name) for name in RISK}
    return {
        name: round(value, DECIMALS) + 0.0 if isinstance(value, float) else value for name, value in figures.items() if value is not None
    }
