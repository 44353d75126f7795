"""Every sentence a user reads stands in one folder per language; this module looks it up."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def catalogue(language: str = "en") -> dict[str, str]:
    """All sentences of one language, by key; a key stands in one file only."""
    found: dict[str, str] = {}
    for file in sorted(resources.files(__package__).joinpath(language).iterdir(), key=lambda file: file.name):
        for key, sentence in yaml.load(file.read_text(encoding="utf-8"), Loader=SafeLoader).items():
            assert key not in found, f"{key} stands in two files"
            found[str(key)] = str(sentence)
    return found


SafeLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The loader written in C where there is one: the catalogue is read at every start."""


def say(key: str, /, **values: Any) -> str:
    """The sentence ``key`` with ``values`` filled in; an unknown key is a programming error (KeyError)."""
    return catalogue()[key].format(**values)
