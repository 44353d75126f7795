"""From a folder to tables of text: instance.yaml and one CSV file per table."""

from __future__ import annotations

from pathlib import Path

from optimizer.instance.raw import MAIN_FILE, RawInstance
from optimizer.instance.reading_csv import read_csv
from optimizer.instance.reading_yaml import read_document
from optimizer.instance.registry import registry
from optimizer.problems import InputError, Problem
from optimizer.texts import say

OTHER_TABLE_FILES = (".xlsx", ".xls", ".ods", ".txt", ".tsv")
"""A table saved as one of these would be passed over in silence; it is refused instead."""


def read_folder(path: str | Path) -> RawInstance:
    """Read instance.yaml and all CSV tables of the folder ``path``.

    Raises InputError only if there is no instance.yaml; all else is collected in ``problems``.
    """
    folder = Path(path)
    if folder.name == MAIN_FILE:
        folder = folder.parent
    main = folder / MAIN_FILE
    if not main.is_file():
        raise InputError([Problem(str(folder), None, "", say("found.no_main"), say("expected.main", file=MAIN_FILE))])
    raw = RawInstance(name=folder.resolve().name, folder=folder)
    read_document(raw, main)
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() == ".csv":
            read_csv(raw, file)
        elif file.suffix.lower() in OTHER_TABLE_FILES and file.stem in registry():
            raw.problems.append(Problem(file.name, None, "", file.suffix, say("expected.csv_file", name=file.stem)))
            raw.lost.add(file.stem)
    return raw
