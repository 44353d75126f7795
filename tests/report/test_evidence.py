"""An evidence pack: the same inputs give the same bytes, and not one of them can change unseen."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.problems import InputError
from optimizer.report.evidence.files import is_safe, json_bytes, link_name
from optimizer.report.evidence.pack import verify_pack, write_pack

RUN = {
    "made_on": date(2020, 9, 30),
    "tool": "optimizer",
    "version": "0.1.0",
    "agents": {"rule_author": "County office", "bank": "Rural bank", "approver": "Li"},
    "seed": 7,
}
FINDINGS, PLAN = b"code,severity\n", b"base,mu\nwuligang,5600\n"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    (folder / "ledger").mkdir(parents=True)
    (folder / "findings.csv").write_bytes(FINDINGS)
    (folder / "plan.csv").write_bytes(PLAN)
    (folder / "ledger" / "五里岗.beancount").write_text("; 五里岗\n", encoding="utf-8")
    return folder


def parts(results: Path) -> dict[str, Path | bytes | str]:
    return {
        "outputs/plan.csv": results / "plan.csv",
        "outputs/findings.csv": results / "findings.csv",
        "outputs/ledger/五里岗.beancount": results / "ledger" / "五里岗.beancount",
        "inputs/households.csv": "household,village\nH1,wuligang\n",
        "inputs/payments.csv": b"payment,amount_yuan\r\nP1,653.34\r\n",
        "rule/split.yaml": "49/49/2\n",
        "run/run.json": json_bytes({"seed": 7}),
    }


@pytest.fixture
def pack(tmp_path: Path, results: Path) -> Path:
    """The third pack of a chain."""
    folders = [tmp_path / f"pack{number}" for number in (1, 2, 3)]
    for folder, previous in zip(folders, [None, *folders], strict=False):
        write_pack(folder, {**parts(results), "run/run.json": json_bytes({"pack": folder.name})}, RUN, previous)
    return folders[2]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def paths(pack: Path, results: Path) -> set[str]:
    return {difference.path for difference in verify_pack(pack, results)}


# --- what is written


def test_the_manifest_by_hand(tmp_path: Path) -> None:
    found = write_pack(tmp_path / "pack", {"inputs/a.csv": "a\n", "rule/r.yaml": b"r", "outputs/o.csv": ""}, RUN, None)
    files = contents(tmp_path / "pack")
    manifest = json.loads(files["manifest.json"])
    assert found == sha256(files["manifest.json"])
    assert files["manifest.sha256"] == f"{found}  manifest.json\n".encode()
    assert list(manifest["files"]) == sorted(set(files) - {"manifest.json", "manifest.sha256"})
    # the hashes of "a\n" and of nothing, as any sha256sum prints them
    a = "87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7"
    assert manifest["files"]["inputs/a.csv"] == {"sha256": a, "bytes": 2}
    nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert manifest["files"]["outputs/o.csv"] == {"sha256": nothing, "bytes": 0}
    assert (manifest["previous"], manifest["chain"]) == (None, 1)
    assert manifest["run"] == {**RUN, "made_on": "2020-09-30"}


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, results: Path) -> None:
    one = write_pack(tmp_path / "one", parts(results), RUN, None)
    backwards = dict(reversed(parts(results).items()))
    assert write_pack(tmp_path / "other", backwards, dict(reversed(RUN.items())), None) == one
    assert contents(tmp_path / "one") == contents(tmp_path / "other")


def test_the_chain_keeps_every_earlier_manifest(pack: Path) -> None:
    first, second, third = (contents(pack.with_name(f"pack{number}")) for number in (1, 2, 3))
    one, two = sha256(first["manifest.json"]), sha256(second["manifest.json"])
    assert third[f"chain/1-{one[:8]}.json"] == first["manifest.json"]
    assert third[f"chain/2-{two[:8]}.json"] == second["manifest.json"]
    manifest = json.loads(third["manifest.json"])
    assert (manifest["previous"], manifest["chain"]) == (two, 3)
    assert json.loads(second["manifest.json"])["previous"] == one


def test_the_crate_says_what_went_in_with_what_and_what_came_out(pack: Path) -> None:
    """Required by RO-Crate 1.1 (root data entity) and Process Run Crate 0.5."""
    crate = json.loads((pack / "ro-crate-metadata.json").read_bytes())
    things = {thing["@id"]: thing for thing in crate["@graph"]}
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    assert things["ro-crate-metadata.json"]["about"] == {"@id": "./"}
    assert things["ro-crate-metadata.json"]["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root, run = things["./"], things["#run"]
    assert root["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert root["datePublished"] == run["endTime"] == "2020-09-30"
    assert root["mentions"] == [{"@id": "#run"}]
    assert {"name", "description", "license"} <= set(root)
    assert things[run["instrument"]["@id"]]["softwareVersion"] == "0.1.0"
    assert [each["@id"] for each in run["object"]] == ["inputs/households.csv", "inputs/payments.csv", "rule/split.yaml"]
    assert {each["@id"] for each in run["result"]} == {
        "outputs/findings.csv",
        "outputs/plan.csv",
        "outputs/ledger/%E4%BA%94%E9%87%8C%E5%B2%97.beancount",
    }
    listed = {each["@id"] for each in root["hasPart"]}
    assert listed == {thing["@id"] for thing in crate["@graph"] if thing["@type"] == "File"}
    assert things["outputs/plan.csv"]["sha256"] == sha256(PLAN)
    assert all(reference["@id"] in things for thing in crate["@graph"] for value in thing.values() for reference in links(value))


def links(value: object) -> list[dict[str, str]]:
    """References of a crate's entity to others of the crate."""
    found = [value] if isinstance(value, dict) else [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return [each for each in found if "@id" in each and each["@id"] != "https://w3id.org/ro/crate/1.1"]


def test_provenance_names_files_activities_and_agents(pack: Path) -> None:
    prov = json.loads((pack / "prov.json").read_bytes())
    used = {(each["prov:activity"], each["prov:entity"]) for each in prov["used"].values()}
    made = {each["prov:entity"]: each["prov:activity"] for each in prov["wasGeneratedBy"].values()}
    assert ("run:split", "pack:rule/split.yaml") in used
    assert ("run:match", "pack:inputs/payments.csv") in used
    assert ("run:split", "pack:inputs/payments.csv") not in used
    assert made["pack:inputs/payments.csv"] == "run:pay_run"
    assert made["pack:outputs/plan.csv"] == "run:split"
    assert made["pack:outputs/findings.csv"] == "run:match"
    assert ("run:match", "pack:outputs/findings.csv") not in used
    assert len(made) == len(prov["wasGeneratedBy"])  # nothing is made twice
    who = {(each["prov:activity"], each["prov:agent"]) for each in prov["wasAssociatedWith"].values()}
    assert who == {("run:split", "run:tool"), ("run:match", "run:tool"), ("run:pay_run", "run:bank"), ("run:pay_run", "run:approver")}
    derived = [(each["prov:generatedEntity"], each["prov:usedEntity"]) for each in prov["wasDerivedFrom"].values()]
    assert ("pack:outputs/plan.csv", "pack:rule/split.yaml") in derived
    assert sum(after == "pack:manifest.json" or after.startswith("pack:chain/") for after, _ in derived) == 2
    assert prov["wasAttributedTo"]["_:t1"] == {"prov:entity": "pack:rule/split.yaml", "prov:agent": "run:rule_author"}
    named = {name for part in ("entity", "activity", "agent") for name in prov[part]}
    relations = ("used", "wasGeneratedBy", "wasAssociatedWith", "wasAttributedTo", "wasDerivedFrom")
    ends = {end for part in relations for each in prov[part].values() for end in each.values() if isinstance(end, str)}
    assert ends <= named


# --- what is refused


@pytest.mark.parametrize(
    "name",
    [
        "../x.csv",
        "inputs/../../x.csv",
        "/etc/passwd",
        "inputs//x",
        "inputs/./x",
        "inputs/",
        "inputs",
        "",
        "inputs\\x.csv",
        "C:/x.csv",
        "inputs/a\nb",
        "inputs/a\0b",
        "inputs/a.",
        "outside/x.csv",
        "manifest.json",
        "chain/1-00000000.json",
        "prov.json",
    ],
)
def test_a_name_outside_the_four_folders_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError):
        write_pack(tmp_path / "pack", {name: "x"}, RUN, None)
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "nowhere")
    wrong = {"../a": "", "inputs/b.csv": tmp_path / "absent.csv", "inputs/c.csv": tmp_path / "link.csv", "run/D": "", "run/d": ""}
    with pytest.raises(InputError) as caught:
        write_pack(tmp_path / "pack", wrong, RUN, None)
    assert len(caught.value.problems) == 5


def test_a_folder_that_holds_something_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError):
        write_pack(tmp_path, {"inputs/a": ""}, RUN, None)
    assert (tmp_path / "summary.json").exists()


def test_a_run_without_its_facts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="made_on, version"):
        write_pack(tmp_path / "pack", {"inputs/a": ""}, {"tool": "optimizer"}, None)


@pytest.mark.parametrize("name", ["manifest.json", "chain/1"])
def test_no_pack_is_chained_to_one_that_was_changed(pack: Path, results: Path, name: str) -> None:
    target = next(path for path in pack.rglob("*.json") if path.relative_to(pack).as_posix().startswith(name))
    target.write_bytes(target.read_bytes().replace(b'"seed": 7', b'"seed": 8'))
    with pytest.raises(InputError, match=r"manifest|chain"):
        write_pack(pack.with_name("next"), parts(results), RUN, pack)
    assert not pack.with_name("next").exists()


# --- what is found


def test_a_pack_as_written_has_no_difference(pack: Path, results: Path) -> None:
    assert verify_pack(pack, results) == []


def test_any_changed_byte_of_the_pack_is_found(pack: Path, results: Path) -> None:
    for name, content in contents(pack).items():
        for place in sorted({0, len(content) // 2, len(content) - 1}):
            changed = bytearray(content)
            changed[place] ^= 1
            (pack / name).write_bytes(changed)
            found = verify_pack(pack, results)
            assert name in {difference.path for difference in found} or name == "manifest.sha256"
            assert found and all(difference.path in difference.sentence for difference in found)
        (pack / name).write_bytes(content)
    assert verify_pack(pack, results) == []


def test_a_missing_and_an_added_byte_are_found(pack: Path, results: Path) -> None:
    for name, content in contents(pack).items():
        for changed in (content[:-1], content + b"\n"):
            (pack / name).write_bytes(changed)
            assert verify_pack(pack, results)
        (pack / name).unlink()
        assert verify_pack(pack, results)
        (pack / name).write_bytes(content)
    assert verify_pack(pack, results) == []


def test_an_added_file_is_found_wherever_it_lies(pack: Path, results: Path) -> None:
    for name in ("x", "inputs/x", "chain/3-00000000.json", "new/x"):
        (pack / name).parent.mkdir(exist_ok=True)
        (pack / name).write_bytes(b"")
        assert name in paths(pack, results)
        (pack / name).unlink()


def test_a_changed_or_missing_result_is_found_and_other_results_are_no_matter(pack: Path, results: Path) -> None:
    (results / "report.html").write_text("not vouched for")
    assert verify_pack(pack, results) == []
    (results / "plan.csv").write_bytes(PLAN.replace(b"5600", b"5601"))
    (results / "findings.csv").unlink()
    assert paths(pack, results) == {(results / "plan.csv").as_posix(), (results / "findings.csv").as_posix()}


def forged(pack: Path, **changes: object) -> None:
    """Rewrite the manifest of a pack, and its seal with it, as someone would who knows how."""
    content = json_bytes({**json.loads((pack / "manifest.json").read_bytes()), **changes})
    (pack / "manifest.json").write_bytes(content)
    (pack / "manifest.sha256").write_bytes(f"{sha256(content)}  manifest.json\n".encode())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_names_that_lead_out_of_the_pack_are_reported_and_not_opened(pack: Path, results: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    os.mkfifo(secret)  # whoever opens it waits forever
    names = ["../secret", str(secret), "outputs/../../secret", "inputs\\..\\..\\secret"]
    files = json.loads((pack / "manifest.json").read_bytes())["files"]
    forged(pack, files={**files, **{name: {"sha256": "0" * 64, "bytes": 0} for name in names}})
    assert set(names) <= paths(pack, results)


def test_links_are_reported_and_not_followed(pack: Path, results: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.move(pack / "inputs", copy / "inputs")
    (pack / "inputs").symlink_to(copy / "inputs")  # the same bytes, elsewhere
    shutil.move(results / "plan.csv", copy / "plan.csv")
    (results / "plan.csv").symlink_to(copy / "plan.csv")
    assert paths(pack, results) == {"inputs", "inputs/households.csv", "inputs/payments.csv", (results / "plan.csv").as_posix()}


def test_a_link_within_the_pack_is_not_followed_either(pack: Path, results: Path) -> None:
    shutil.move(pack / "inputs", pack / "kept")
    (pack / "inputs").symlink_to("kept")
    listed = {"inputs/households.csv", "inputs/payments.csv"}
    assert paths(pack, results) == {"inputs", *listed, "kept/households.csv", "kept/payments.csv"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"files": 1}',
        b'{"format": "optimizer evidence pack 1", "files": {}, "previous": 5, "chain": 1}',
    ],
)
def test_a_file_that_is_no_manifest_is_said_to_be_none(pack: Path, results: Path, content: bytes) -> None:
    (pack / "manifest.json").write_bytes(content)
    (pack / "manifest.sha256").write_bytes(f"{sha256(content)}  manifest.json\n".encode())
    assert [difference.path for difference in verify_pack(pack, results)] == ["manifest.json"]


def test_a_manifest_forged_with_its_seal_breaks_the_chain_of_the_next(pack: Path, results: Path) -> None:
    second = pack.with_name("pack2")
    forged(second, run={"made_on": "2020-09-29"})
    assert verify_pack(second, results) == []  # nothing inside can tell
    original = next(pack.glob("chain/2-*.json"))
    original.write_bytes((second / "manifest.json").read_bytes())
    found = verify_pack(pack, results)
    assert any("chain is broken" in difference.sentence for difference in found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"chain": 2}, "missing"),
        ({"chain": 4}, "missing"),
        ({"chain": 1}, "names one before it"),
        ({"previous": None}, "names no run before it"),
        ({"previous": "0" * 64}, "missing"),
    ],
)
def test_a_chain_cut_or_drawn_out_is_found(pack: Path, results: Path, changes: dict[str, object], said: str) -> None:
    forged(pack, **changes)
    assert any(said in difference.sentence for difference in verify_pack(pack, results))


def test_a_link_that_gives_itself_another_number_is_found(pack: Path, results: Path) -> None:
    first = {**json.loads((pack.with_name("pack1") / "manifest.json").read_bytes()), "chain": 7}
    content = json_bytes(first)
    forged(pack, previous=sha256(content), chain=2)
    (pack / link_name(1, sha256(content))).write_bytes(content)
    assert any("calls itself run 7" in difference.sentence for difference in verify_pack(pack, results))


NAMES = st.lists(st.sampled_from(["..", ".", "", "a", "五", "b c", "C:", "\\", "~", "a."]), min_size=1, max_size=4).map("/".join)


@given(NAMES)
def test_a_safe_name_stays_inside(name: str) -> None:
    if is_safe(name):
        assert Path("/pack", name).resolve().is_relative_to("/pack") and Path("/pack", name) != Path("/pack")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from([f"{f}/{n}" for f in ("inputs", "rule", "run", "outputs") for n in "ab"]), st.binary(max_size=20)),
    st.data(),
)
def test_what_is_written_is_verified_until_one_byte_changes(content: dict[str, bytes], data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as place:
        pack, results = Path(place, "pack"), Path(place, "pack", "outputs")
        write_pack(pack, content, RUN, None)
        assert verify_pack(pack, results) == []
        name = data.draw(st.sampled_from(sorted(contents(pack))))
        before = (pack / name).read_bytes()
        cut = data.draw(st.integers(0, len(before)))
        (pack / name).write_bytes(before[:cut] + b"\x00" + before[cut + 1 :])
        assert verify_pack(pack, results) or (pack / name).read_bytes() == before


def test_a_file_added_to_a_folder_of_the_results_is_found(pack: Path, results: Path) -> None:
    (results / "ledger" / "another.beancount").write_text("", encoding="utf-8")
    (results / "beside.txt").write_text("not the pack's business", encoding="utf-8")
    assert paths(pack, results) == {(results / "ledger" / "another.beancount").as_posix()}
