"""How the table of broken instances is read: from an entry of broken.yaml to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TINY = HERE.parents[1] / "instances" / "tiny" / "instance.yaml"


def entries() -> list[dict[str, Any]]:
    """All entries of broken.yaml."""
    return list(yaml.safe_load((HERE / "broken.yaml").read_text(encoding="utf-8")))


def sound_files(base: str) -> dict[str, str]:
    """The files of the instance that an entry breaks."""
    if base == "tiny":
        return {"instance.yaml": TINY.read_text(encoding="utf-8")}
    return dict(yaml.safe_load((HERE / "farm.yaml").read_text(encoding="utf-8")))


def build(entry: dict[str, Any], parent: Path) -> Path:
    """The broken instance as a folder in ``parent``."""
    files: dict[str, str | bytes] = dict(sound_files(entry.get("base", "farm")))
    for name, pairs in entry.get("replace", {}).items():
        for old, new in pairs:
            assert old in files[name], f"{entry['name']}: {old!r} does not occur in {name}"
            files[name] = files[name].replace(old, new)  # type: ignore[arg-type]
    for name, text in entry.get("append", {}).items():
        files[name] += text
    for old, new in entry.get("rename", {}).items():
        files[new] = files.pop(old)
    for name in entry.get("remove", []):
        del files[name]
    for name, content in entry.get("write", {}).items():
        files[name] = _content(content)
    folder = parent / entry.get("folder", entry.get("base", "farm"))
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    if "link" in entry:
        inside, outside = folder / entry["link"], parent / entry["link"]
        inside.rename(outside)
        inside.symlink_to(outside)
    if "folder_at" in entry:
        (folder / entry["folder_at"]).mkdir()
    return folder


def _content(content: dict[str, Any]) -> bytes:
    if "bytes" in content:
        return bytes.fromhex(str(content["bytes"]))
    if "repeat" in content:
        return (content["repeat"] * content["times"]).encode()
    return content["text"].encode(content.get("encoding", "utf-8"))
