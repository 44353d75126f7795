"""Is an evidence pack as it was written, and are the results still those it vouches for?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from optimizer.report.evidence.files import (
    LONGEST_MANIFEST,
    MANIFEST,
    SEAL,
    Entry,
    Manifest,
    files_in,
    inside,
    is_plain_file,
    link_name,
    read_manifest,
    sha256_of,
)
from optimizer.texts import say

OUTPUTS = "outputs/"


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that is not as the pack says: where, what was expected, what was found, and both in a sentence."""

    path: str
    expected: str
    found: str
    sentence: str

    def __str__(self) -> str:
        return self.sentence


def seal_of(sha256: str) -> bytes:
    """The content of manifest.sha256, as ``sha256sum --check`` reads it."""
    return f"{sha256}  {MANIFEST}\n".encode()


def verify_pack(folder: Path, results: Path) -> list[Difference]:
    """Every changed, missing or added byte of a pack and of the results it vouches for; empty if there is none.

    * the manifest against its own hash (``manifest.sha256``), every file against the manifest, and no file beside them;
    * the chain: each earlier manifest against the hash in its successor, down to the first run;
    * ``outputs/NAME`` of the pack stands for the file NAME in ``results``. In its folders nothing may be added; files beside
      them are not the pack's business.

    Names that lead out of a folder, and links, are reported and never followed. Whoever can rewrite the whole pack,
    manifest and chain included, is only found out by the hash of a manifest kept elsewhere: on the signed statement, or
    in the next pack.
    """
    manifest, problems = open_manifest(folder)
    if manifest is None:
        return problems
    for name, entry in manifest.files.items():
        problems += _compare(folder, name, entry, name)
        if name.startswith(OUTPUTS):
            below = name.removeprefix(OUTPUTS)
            problems += _compare(results, below, entry, (results / below).as_posix())
    problems += _added(folder, {MANIFEST, SEAL, *manifest.files})
    for top in sorted({name.split("/")[1] for name in manifest.files if name.startswith(OUTPUTS) and name.count("/") > 1}):
        inside = [name.removeprefix(f"{OUTPUTS}{top}/") for name in manifest.files if name.startswith(f"{OUTPUTS}{top}/")]
        problems += _added(results / top, set(inside), f"{(results / top).as_posix()}/")
    problems += chain_differences(folder, manifest)
    return sorted(set(problems))


def open_manifest(folder: Path) -> tuple[Manifest | None, list[Difference]]:
    """The manifest of a pack, if it can be read, and what is wrong with it or its seal."""
    content = _content(folder, MANIFEST)
    if content is None:
        return None, [_difference("evidence.missing", MANIFEST, "", "")]
    found = hashlib.sha256(content).hexdigest()
    seal = _content(folder, SEAL)
    problems = []
    if seal != seal_of(found):
        kept = "" if seal is None else seal.decode("ascii", "replace").split(" ")[0][:64]
        problems.append(_difference("evidence.seal", MANIFEST, kept, found))
    try:
        return read_manifest(content), problems
    except ValueError:
        return None, [*problems, _difference("evidence.no_manifest", MANIFEST, "", found)]


def chain_differences(folder: Path, manifest: Manifest) -> list[Difference]:
    """The first link of the chain, from the latest run back, that does not hold; empty if all do."""
    later, previous = MANIFEST, manifest.previous
    for number in range(manifest.chain - 1, 0, -1):
        if previous is None:
            return [_difference("evidence.chain_short", later, str(number), "0")]
        name = link_name(number, previous)
        content = _content(folder, name)
        if content is None:
            return [_difference("evidence.link_missing", name, previous, "")]
        found = hashlib.sha256(content).hexdigest()
        if found != previous:
            return [_difference("evidence.link", name, previous, found)]
        try:
            earlier = read_manifest(content)
        except ValueError:
            return [_difference("evidence.no_manifest", name, "", found)]
        if earlier.chain != number:
            return [_difference("evidence.link_number", name, str(number), str(earlier.chain))]
        later, previous = name, earlier.previous
    if previous is not None or manifest.chain < 1:
        return [_difference("evidence.chain_long", later, "", previous or "")]
    return []


def _content(folder: Path, name: str) -> bytes | None:
    """The bytes of a file of the pack; None where there is none to be read."""
    path = inside(folder, name)
    if path is None or not is_plain_file(path) or path.stat().st_size > LONGEST_MANIFEST:
        return None
    try:
        return path.read_bytes()
    except OSError:
        return None


def _compare(folder: Path, name: str, entry: Entry, shown: str) -> Iterator[Difference]:
    """What is wrong with one file of a folder, called ``shown``."""
    path = inside(folder, name)
    if path is None:
        yield _difference("evidence.outside", shown, entry.sha256, "")
    elif not is_plain_file(path):
        yield _difference("evidence.missing", shown, entry.sha256, "")
    else:
        try:
            found, size = sha256_of(path), path.stat().st_size
        except OSError as error:
            yield _difference("evidence.unreadable", shown, entry.sha256, error.strerror or "")
            return
        if found != entry.sha256:
            yield _difference("evidence.changed", shown, entry.sha256, found)
        elif size != entry.size:
            yield _difference("evidence.size", shown, str(entry.size), str(size))


def _added(folder: Path, known: set[str], shown: str = "") -> Iterator[Difference]:
    for name in files_in(folder):
        if name not in known:
            yield _difference("evidence.added", shown + name, "", "")


def _difference(key: str, path: str, expected: str, found: str) -> Difference:
    shown = path.encode("utf-8", "backslashreplace").decode()
    return Difference(shown, expected, found, say(key, path=shown, expected=expected, found=found))
