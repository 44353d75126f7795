"""Results folders are written whole or not at all: to a temporary neighbour first, then renamed."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from optimizer.problems import InputError, Problem
from optimizer.texts import say

SUMMARY = "summary.json"

_swapping = threading.Lock()
"""Held while a complete folder takes the place of the earlier one, which must not be cut off half way."""


def check_target(target: Path) -> None:
    """Raise InputError unless ``target`` is new, empty or an earlier results folder: nothing else is ever replaced."""
    if target.exists() and not (target.is_dir() and ((target / SUMMARY).is_file() or not any(target.iterdir()))):
        raise InputError([Problem(str(target), None, "", say("found.other_folder"), say("expected.new_folder"))])


@contextlib.contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A folder to write into that takes the place of ``target`` when everything went well, and vanishes otherwise.

    Raises InputError where the place cannot be written (a file open in another program, say).
    """
    check_target(target)
    draft, old = draft_of(target), target.with_name(f".{target.name}.old-{os.getpid()}")
    try:
        draft.mkdir(parents=True)
        yield draft
        with _swapping:
            _swap(draft, target, old)
    except OSError as error:
        raise InputError([Problem(str(target), None, "", error.strerror or str(error), say("expected.writable"))]) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _swap(draft: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    try:
        draft.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


@contextlib.contextmanager
def added_whole(target: Path, stale: Iterable[str]) -> Iterator[Path]:
    """A copy of the results folder ``target``, without the ``stale`` files and folders of an earlier audit, to add to; it
    takes the place of ``target`` when everything went well, and vanishes otherwise.

    Raises InputError where it cannot be written, before anything is copied: the copy of a folder nobody may write into
    could not be removed again.
    """
    if not os.access(target, os.W_OK):
        raise InputError([Problem(str(target), None, "", say("found.read_only"), say("expected.writable"))])
    with written_whole(target) as draft:
        shutil.copytree(target, draft, dirs_exist_ok=True, ignore=lambda folder, _: set(stale) if Path(folder) == target else set())
        yield draft


def draft_of(target: Path) -> Path:
    """Where the results of this process lie until they are complete."""
    return target.with_name(f".{target.name}.writing-{os.getpid()}")


def give_up(target: Path) -> None:
    """Remove what is being written, from beside the thread that writes it; the process must end at once after this.

    The lock stays held, so that nothing takes the place of the earlier results any more. The thread may go on writing,
    hence the new name, under which it finds nothing.
    """
    _swapping.acquire()
    draft = draft_of(target)
    gone = draft.with_name(f"{draft.name}.stopped")
    with contextlib.suppress(OSError):
        draft.rename(gone)
    for folder in (gone, draft):
        shutil.rmtree(folder, ignore_errors=True)


def text_file(folder: Path, name: str, text: str) -> None:
    """Write text as UTF-8 with plain line ends, the same on every system."""
    (folder / name).write_text(text, encoding="utf-8", newline="\n")
