"""The clean county, written once for all tests of the audit; tests copy it before they change anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from county import clean_year


@pytest.fixture(scope="session")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a county whose year of payments has nothing to find: instance, ``result``, ``register``, ``paid``."""
    folder = tmp_path_factory.mktemp("clean") / "county"
    clean_year(folder)
    return folder
