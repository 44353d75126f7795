"""Every sentence a user reads stands in one catalogue per language; this module looks it up."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml


@cache
def catalogue(language: str = "en") -> dict[str, str]:
    """All sentences of one language, by key."""
    text = resources.files(__package__).joinpath(f"{language}.yaml").read_text(encoding="utf-8")
    return {str(key): str(value) for key, value in yaml.safe_load(text).items()}


def say(key: str, /, **values: Any) -> str:
    """The sentence ``key`` with ``values`` filled in; an unknown key is a programming error (KeyError)."""
    return catalogue()[key].format(**values)
