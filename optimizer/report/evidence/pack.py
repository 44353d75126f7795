"""The evidence pack: one folder with inputs, rule, run and outputs, hashed, described and chained to the run before."""

from __future__ import annotations

import hashlib
import shutil
import unicodedata
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from optimizer.problems import InputError, Problem
from optimizer.report.evidence.files import (
    CRATE,
    FORMAT,
    MANIFEST,
    PROV,
    SEAL,
    Entry,
    Manifest,
    inside,
    is_plain_file,
    is_safe,
    json_bytes,
    link_name,
    read_manifest,
    sha256_of,
)
from optimizer.report.evidence.records import prov, ro_crate
from optimizer.report.evidence.verify import Difference, chain_differences, open_manifest, seal_of, verify_pack
from optimizer.report.folder import written_whole
from optimizer.texts import say

__all__ = ["Difference", "verify_pack", "write_pack"]

FOLDERS = ("inputs", "rule", "run", "outputs")
FACTS = ("made_on", "tool", "version")
"""What ``run`` must tell; ``agents`` and ``activities`` may stand beside it, see records.prov."""

Content = Path | bytes | str


def write_pack(folder: Path, parts: Mapping[str, Content], run: Mapping[str, Any], previous: Path | None) -> str:
    """Write an evidence pack into a new or empty folder and return the SHA-256 of its manifest.

    ``parts``: name in the pack (``inputs/…``, ``rule/…``, ``run/…``, ``outputs/…``) to a file that is copied, bytes, or
    text; identity numbers in inputs are sealed by the caller. ``run``: facts of the run, at least ``FACTS``.
    ``previous``: the pack of the run before; its manifest and its chain come along under ``chain/``.

    The same arguments give the same bytes. Raises InputError, naming everything at once, for names that leave the folder,
    sources that are missing or links, a folder that is not empty, and a previous pack whose manifest or chain was changed;
    ValueError where ``run`` lacks a fact.
    """
    if missing := [fact for fact in FACTS if fact not in run]:
        raise ValueError(f"the run does not tell {', '.join(missing)}")
    _check(folder, parts)
    links = _earlier(previous) if previous else []
    with written_whole(folder) as draft:
        for name, content in sorted({**parts, **dict(links)}.items()):
            _write(draft / name, content)
        files = {name: _entry(draft / name) for name in [*parts, *dict(links)]}
        for name, record in ((PROV, prov), (CRATE, ro_crate)):
            _write(draft / name, json_bytes(record(files, run)))
            files[name] = _entry(draft / name)
        sha256 = _write_manifest(draft, files, run, links)
    return sha256


def _write_manifest(draft: Path, files: Mapping[str, Entry], run: Mapping[str, Any], links: list[tuple[str, bytes]]) -> str:
    content = json_bytes(
        {
            "format": FORMAT,
            "run": dict(run),
            "files": {name: {"sha256": entry.sha256, "bytes": entry.size} for name, entry in files.items()},
            "previous": hashlib.sha256(links[-1][1]).hexdigest() if links else None,
            "chain": len(links) + 1,
        }
    )
    sha256 = hashlib.sha256(content).hexdigest()
    _write(draft / MANIFEST, content)
    _write(draft / SEAL, seal_of(sha256))
    return sha256


def _write(target: Path, content: Content) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, Path):
        shutil.copyfile(content, target, follow_symlinks=False)
    else:
        target.write_bytes(content.encode() if isinstance(content, str) else content)


def _entry(path: Path) -> Entry:
    return Entry(sha256_of(path), path.stat().st_size)


def _check(folder: Path, parts: Mapping[str, Content]) -> None:
    """Raise InputError with all that keeps these parts from being written."""
    problems = []
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        problems.append(Problem(str(folder), None, "", say("found.other_folder"), say("evidence.expected.empty")))
    alike = Counter(_on_any_system(name) for name in parts)
    for name, content in parts.items():
        if not is_safe(name) or name.split("/")[0] not in FOLDERS or "/" not in name:
            problems.append(Problem(str(folder), None, "", name, say("evidence.expected.name", folders=", ".join(FOLDERS))))
        elif alike[_on_any_system(name)] > 1:
            problems.append(Problem(str(folder), None, "", name, say("evidence.expected.different")))
        elif isinstance(content, Path) and not is_plain_file(content):
            problems.append(Problem(str(content), None, "", say("evidence.found.no_file"), say("evidence.expected.file")))
    if problems:
        raise InputError(problems)


def _on_any_system(name: str) -> str:
    """Names that some system takes for the same one give the same text."""
    return unicodedata.normalize("NFC", name).casefold()


def _earlier(previous: Path) -> list[tuple[str, bytes]]:
    """Name and bytes of every manifest before this run, the oldest first; InputError where one was changed."""
    manifest, differences = open_manifest(previous)
    differences += chain_differences(previous, manifest) if manifest else []
    if differences or manifest is None:
        expected = say("evidence.expected.chain")
        raise InputError([Problem(str(previous), None, "", difference.sentence, expected) for difference in differences])
    return [*_links(previous, manifest), _own_link(previous, manifest)]


def _own_link(previous: Path, manifest: Manifest) -> tuple[str, bytes]:
    content = (previous / MANIFEST).read_bytes()
    return link_name(manifest.chain, hashlib.sha256(content).hexdigest()), content


def _links(previous: Path, manifest: Manifest) -> list[tuple[str, bytes]]:
    """The chain a pack holds, the oldest first; its links were checked before."""
    links: list[tuple[str, bytes]] = []
    before, number = manifest.previous, manifest.chain - 1
    while before is not None:
        path = inside(previous, link_name(number, before))
        assert path is not None
        content = path.read_bytes()
        links.insert(0, (link_name(number, before), content))
        before, number = read_manifest(content).previous, number - 1
    return links
