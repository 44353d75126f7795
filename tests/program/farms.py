"""Small instances for the tests of the program: written as text, loaded like any other."""

from __future__ import annotations

from pathlib import Path

import optimizer
from optimizer.instance.instance import Instance


def farm(folder: Path, text: str, *changes: str) -> Instance:
    """The instance that ``text`` describes, written into ``folder`` and loaded."""
    (folder / "instance.yaml").write_text(text, encoding="utf-8")
    return optimizer.load(folder, changes=changes)
