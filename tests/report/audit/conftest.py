"""Two audits: the plan of the county worked out by hand, and a year of payments with something wrong in it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from audits import audit_of, missing

from optimizer.audit.audit import Audit, books_of
from optimizer.audit.finding import Finding
from optimizer.household.distribution import Distribution

sys.path.append(str(Path(__file__).parents[2] / "audit"))  # the county of the audit's own tests
from county import RESULT, clean_year


@pytest.fixture(scope="session")
def planned(tiny: Distribution) -> Audit:
    return audit_of(books_of(tiny))


@pytest.fixture(scope="session")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a county with a clean year of payments."""
    folder = tmp_path_factory.mktemp("year") / "county"
    clean_year(folder)
    return folder


@pytest.fixture(scope="session")
def audited(year: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Audit]:
    """Audits that year, with its payments (text) changed by a function and with findings made by hand."""

    def audited(
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame, found: Sequence[Finding] = (), **more: object
    ) -> Audit:
        paid = tmp_path_factory.mktemp("paid") / "payments.csv"
        shutil.copyfile(year / "paid" / "payments.csv", paid)
        payments = pd.read_csv(paid, dtype=str, keep_default_na=False)
        change(payments).to_csv(paid, index=False, lineterminator="\n")
        return audit_of(books_of(year / RESULT, year / "register", [paid]), found, **more)  # type: ignore[arg-type]

    return audited


@pytest.fixture(scope="session")
def underpaid(audited: Callable[..., Audit]) -> Audit:
    """12.34 yuan of the first payment to H22 for shares of the first quarter were not paid."""

    def change(payments: pd.DataFrame) -> pd.DataFrame:
        mine = (payments["household"] == "H22") & (payments["kind"] == "share") & (payments["period"] == "first_quarter")
        assert mine.sum() == 1
        payments.loc[mine, "amount_yuan"] = f"{float(payments.loc[mine, 'amount_yuan'].iloc[0]) - 12.34:.2f}"
        return payments

    return audited(change, [missing()])
