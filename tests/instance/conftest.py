"""A small instance in a folder, changed as each test needs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import optimizer
from optimizer.instance.instance import Instance

from .broken import build


@pytest.fixture
def farm(tmp_path: Path) -> Callable[..., Instance]:
    """Load the farm of farm.yaml after some changes, written as in broken.yaml; ``policy`` and ``set`` as keywords."""

    def load(policy: str = "default", set: tuple[str, ...] = (), **change: object) -> Instance:
        folder = build({"name": "farm", **change}, tmp_path)
        return optimizer.load(folder, policy, set)

    return load
