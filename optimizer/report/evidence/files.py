"""The files of an evidence pack: which names are allowed, what is followed, what the manifest says of them."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST, SEAL, CRATE, PROV, CHAIN = "manifest.json", "manifest.sha256", "ro-crate-metadata.json", "prov.json", "chain"
FORMAT = "optimizer evidence pack 1"
SHA256 = re.compile(r"[0-9a-f]{64}")
LONGEST_MANIFEST = 256 * 2**20
"""Bytes of a manifest above which it is not read: no pack has that many files."""


@dataclass(frozen=True)
class Entry:
    """What a manifest says of one file."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """A manifest as read: the files it vouches for, the hash of the manifest before it, its place in the chain (from 1)."""

    files: Mapping[str, Entry]
    previous: str | None
    chain: int


def json_bytes(content: Any) -> bytes:
    """JSON that is the same bytes for the same content: sorted keys, UTF-8, plain line ends; dates as text."""
    text = json.dumps(content, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False, default=str)
    return (text + "\n").encode()


def read_manifest(content: bytes) -> Manifest:
    """The manifest in these bytes; ValueError where they are none."""
    try:
        found = json.loads(content)
        files = {str(path): Entry(entry["sha256"], entry["bytes"]) for path, entry in found["files"].items()}
        manifest = Manifest(files, found["previous"], found["chain"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("no manifest") from error
    hashes = [entry.sha256 for entry in manifest.files.values()] + ([] if manifest.previous is None else [manifest.previous])
    numbers = [manifest.chain, *(entry.size for entry in manifest.files.values())]
    hashes_fit = all(isinstance(value, str) and SHA256.fullmatch(value) for value in hashes)
    if found.get("format") != FORMAT or not hashes_fit or any(type(value) is not int or value < 0 for value in numbers):
        raise ValueError("no manifest")
    return manifest


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_safe(name: str) -> bool:
    """Whether a name, with / between its parts, stays inside a folder on every system."""
    parts = name.split("/")
    return name.isprintable() and not any(part in ("", ".", "..") or part[-1] in " ." or set(part) & set('\\:*?"<>|') for part in parts)


def inside(folder: Path, name: str) -> Path | None:
    """Where a file of the folder lies; None where the name leads out of it or over a link, which is never followed."""
    if not is_safe(name):
        return None
    path = folder
    for part in name.split("/"):
        path = path / part
        if path.is_symlink():
            return None
    return path if path.resolve().is_relative_to(folder.resolve()) else None


def is_plain_file(path: Path) -> bool:
    """Whether there is a regular file: no folder, link or device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def files_in(folder: Path) -> Iterator[str]:
    """Names of everything in a folder that is not a folder itself, links included and not followed, sorted."""
    found = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        links = [name for name in folders if (here / name).is_symlink()]
        found += [(here / name).relative_to(folder).as_posix() for name in files + links]
    yield from sorted(found)


def link_name(number: int, sha256: str) -> str:
    """Where a pack keeps the manifest of an earlier run."""
    return f"{CHAIN}/{number}-{sha256[:8]}.json"
