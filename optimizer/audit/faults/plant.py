"""``plant``: a copy of a register with stated faults in it, and the list of what an audit must find there."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from optimizer.audit.books import Books, open_books
from optimizer.audit.catalogue import catalogue
from optimizer.audit.faults.apart import changed, plant_apart
from optimizer.audit.faults.planters import OF_RESULTS, planters
from optimizer.audit.faults.planting import Tables
from optimizer.audit.result import RUN, SUMMARY, Result, instance_of, read_result
from optimizer.audit.synthetic import PAID_FOLDER, PAYMENTS_FILE
from optimizer.audit.synthetic.writing import as_text
from optimizer.instance.loading import load
from optimizer.instance.raw import MAIN_FILE, RawInstance, decoded
from optimizer.instance.register import PAYMENTS, PEOPLE, REGISTER_FOLDER, load_register
from optimizer.instance.registry import registry
from optimizer.problems import InputError, Problem, nearest
from optimizer.texts import say

PLANTED_FOLDER = "planted"
RESULT_TABLES = ("households", "sales", "ledger")
INPUTS = "inputs_sha256"
"""Tables of a result that planters may change; the inputs' hashes (file, sha256) are those of run.json."""

COLUMNS = ["code", "expected_code", "fen_at_risk", "subject", "says"]


def plant(folder: Path, out: Path, codes: Sequence[str], result: Result | None = None, books: Books | None = None) -> pd.DataFrame:
    """Copy ``folder`` to ``out``, plant one fault per code (a code may come several times) and say what must be found.

    ``folder``: an instance with ``register/`` and ``paid/``, both clean, or a results folder for the codes OF_RESULTS.
    ``result``: the instance's result, for faults that set what was paid against what was planned. ``books``: those of the
    instance with its result, where they are open already (whoever plants often in the same folder opens them once).
    The table returned, one row per finding, is also ``out/planted/planted.csv``: code (planted), expected_code, fen_at_risk,
    subject, says. Raises InputError for an unknown code, a folder of another kind or a target that is in use; ``out``
    then is not there.
    """
    _check_codes(folder, codes)
    if out.resolve().is_relative_to(folder.resolve()):
        raise InputError([Problem(str(out), None, "", say("found.within", folder=folder), say("expected.empty_folder"))])
    with _written_whole(out) as draft:
        shutil.copytree(folder, draft)
        is_result = (folder / SUMMARY).is_file()
        planted = (
            _in_results(folder, draft, out, codes) if is_result else _in_register(folder, draft, codes, books or _books(folder, result))
        )
        _write(planted, draft / PLANTED_FOLDER / "planted.csv")
    return planted


def _check_codes(folder: Path, codes: Sequence[str]) -> None:
    known = planters()
    problems = [
        Problem("--code", None, "", code, say("expected.fault_code", codes=", ".join(known)), nearest(code, known))
        for code in dict.fromkeys(codes)
        if code not in known
    ]
    is_result = (folder / SUMMARY).is_file()
    of_results = ", ".join(OF_RESULTS)
    if not is_result and not ((folder / MAIN_FILE).is_file() and (folder / REGISTER_FOLDER).is_dir()):
        problems.append(Problem(str(folder), None, "", say("found.no_register"), say("expected.register_to_plant", codes=of_results)))
    elif not problems:
        wrong = [code for code in dict.fromkeys(codes) if (code in OF_RESULTS) != is_result]
        expected = say("expected.fault_of_results" if is_result else "expected.fault_of_register", codes=of_results)
        problems += [Problem(str(folder), None, "", code, expected) for code in wrong]
    if problems:
        raise InputError(problems)


def _books(folder: Path, result: Result | None) -> Books:
    instance = load(folder)
    return open_books(instance, load_register(instance, folder / REGISTER_FOLDER, _payments(folder)), result)


def _payments(folder: Path) -> list[Path]:
    return [file for file in [folder / PAID_FOLDER / PAYMENTS_FILE] if file.is_file()]


def _in_register(folder: Path, draft: Path, codes: Sequence[str], books: Books) -> pd.DataFrame:
    tables = {name: as_text(books.plan.table(name)[list(registry()[name].columns)]) for name in PEOPLE}
    files = {file.stem: file.relative_to(folder) for file in (*sorted((folder / REGISTER_FOLDER).glob("*.csv")), *_payments(folder))}
    tables |= {name: _read(folder / file) for name, file in files.items()}
    before = {name: table.copy() for name, table in tables.items()}
    planted = _planted(books, tables, codes)
    for name in changed(before, tables):
        _write(tables[name], draft / files.get(name, _place(name)))
    return planted


def _place(name: str) -> Path:
    """Where a table that was not there before is written."""
    return Path(PAID_FOLDER, PAYMENTS_FILE) if name == PAYMENTS else Path(REGISTER_FOLDER, f"{name}.csv")


def _in_results(folder: Path, draft: Path, out: Path, codes: Sequence[str]) -> pd.DataFrame:
    result = read_result(folder)
    instance = instance_of(result)
    tables = {name: _read(folder / f"{name}.csv") for name in RESULT_TABLES}
    tables[INPUTS] = pd.DataFrame(list(result.run[INPUTS].items()), columns=["file", "sha256"], dtype=object)
    before = {name: table.copy() for name, table in tables.items()}
    planted = _planted(open_books(instance, load_register(instance), result), tables, codes)
    for name in set(changed(before, tables)) - {INPUTS}:
        _write(tables[name], draft / f"{name}.csv")
    place = os.path.relpath(instance.folder.resolve(), out.resolve())
    inputs = dict(tables[INPUTS].itertuples(index=False, name=None))
    run = {**result.run, "instance_folder": Path(place).as_posix(), INPUTS: inputs}
    (draft / RUN).write_text(json.dumps(run, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n")
    return planted


def _planted(books: Books, tables: Tables, codes: Sequence[str]) -> pd.DataFrame:
    """Plant in ``tables`` and list what must be found."""
    planted = zip(codes, plant_apart(books, tables, codes, planters()), strict=True)
    rows = [
        (code, each.code, each.fen, " ".join(each.subject), catalogue()[each.code].fires_when)
        for code, expected in planted
        for each in expected
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _read(file: Path) -> pd.DataFrame:
    text = decoded(RawInstance(name=file.stem, folder=file.parent), file)
    assert text is not None, "the register was read before"
    return pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False).astype(object)


def _write(table: pd.DataFrame, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    table.fillna("").to_csv(file, index=False, lineterminator="\n", encoding="utf-8")


@contextlib.contextmanager
def _written_whole(out: Path) -> Iterator[Path]:
    """A place to write to that becomes ``out`` when everything went well and vanishes otherwise."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError([Problem(str(out), None, "", say("found.not_empty"), say("expected.empty_folder"))])
    draft = out.with_name(f".{out.name}.planting-{os.getpid()}")
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        yield draft
        if out.exists():
            out.rmdir()
        draft.rename(out)
    except OSError as error:
        raise InputError([Problem(str(out), None, "", error.strerror or str(error), say("expected.writable"))]) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
