"""The file of a sweep: one line per policy and year."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from optimizer.policy.sweep import Optimum
from optimizer.problems import InputError, Problem
from optimizer.texts import say


def check_file(target: Path) -> None:
    """Raise InputError unless ``target`` is new or the file of an earlier sweep: nothing else is ever replaced."""
    if not target.exists():
        return
    header = ",".join(Optimum._fields).encode()
    if target.is_dir() or target.read_bytes()[: len(header)] != header:
        raise InputError([Problem(str(target), None, "", say("sweep.found_other"), say("sweep.expected_file"))])


def write_sweep(found: Sequence[Optimum], target: Path) -> None:
    """Write the optima as a table, whole or not at all. Raises InputError where the place cannot be written."""
    check_file(target)
    rows = [{**one._asdict(), "changes": "; ".join(one.changes), "restarted": "yes" if one.restarted else "no"} for one in found]
    draft = target.with_name(f".{target.name}.writing")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(rows, columns=list(Optimum._fields)).to_csv(draft, index=False, lineterminator="\n")
        draft.replace(target)
    except OSError as error:
        raise InputError([Problem(str(target), None, "", error.strerror or str(error), say("expected.writable"))]) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
