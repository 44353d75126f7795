"""What all policies of an instance have in common: its files, read, typed and written out, before any change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from optimizer.instance.document import Document
from optimizer.instance.grids import Policies
from optimizer.instance.names import Names
from optimizer.instance.periods import Periods
from optimizer.instance.raw import RawInstance
from optimizer.instance.remembering import Memory
from optimizer.problems import Problem


@dataclass(frozen=True, eq=False)
class Given:
    """The files of one folder, read once for all policies; ``loading.instance_of`` makes an instance of it.

    ``problems`` is everything found so far, except ``document_problems``: what is wrong with the structure of instance.yaml
    as it stands, since a change of settings or split may mend it. ``lost`` names the parts of instance.yaml, ``spoiled``
    the tables in which something is wrong already. ``active`` are the tables ``rules`` and ``rule_terms`` without inactive
    rules (nothing if there are none) and ``active_names`` the names without them, so that all policies share them. Nothing
    in it is changed after reading, but for ``memory``, which keeps what checks found on tables that several policies share.
    """

    raw: RawInstance
    document: Document
    periods: Periods
    names: Names
    tables: Mapping[str, pd.DataFrame]
    policies: Policies
    lost: frozenset[str] = frozenset()
    spoiled: frozenset[str] = frozenset()
    active: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    active_names: Names = field(default_factory=lambda: Names({}))
    document_problems: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    memory: Memory = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """What is sent to another process: all but the memory, which is larger than what it saves there."""
        return {**self.__dict__, "memory": {}}
