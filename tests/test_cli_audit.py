"""The commands of an audit as an auditor types them: exit status, messages, what is written, and what never is."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent / "audit"))  # the county of the audit's own tests
from county import clean_year

from optimizer.cli import app

ROOT = Path(__file__).parent.parent
TABLES = {"findings.csv", "statement.csv", "reconciliation.csv", "statements.csv", "measures.csv", "checks.csv"}
OF_A_YEAR = {"ageing.csv", "matches.csv"}
OTHERS = {"audit.html", "posting.html", "posting", "audit.xlsx", "ledger", "evidence"}
PAID = ("--payments", "paid/payments.csv")
IDENTITY, ACCOUNT, SALT = "11010519491231002X", "6222020012345678841", "q7Zk29fLmT40xWbc"
HOSTILE = "<script>alert('x')</script>"


def typed(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command as typed, in a process of its own."""
    command = [sys.executable, "-m", "optimizer.cli", *words]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The same in this process, where nothing has to be imported anew; what is not caught fails the test."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
        app(words, prog_name="optimizer")
    return subprocess.CompletedProcess(words, int(ended.value.code or 0), out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean") / "county"
    clean_year(folder)
    return folder


@pytest.fixture(scope="module")
def year(clean: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clean county after the audit of its year of payments; tests copy it before they change anything."""
    folder = tmp_path_factory.mktemp("year") / "county"
    shutil.copytree(clean, folder)
    done = typed("audit", "result", *PAID, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def copied(folder: Path, target: Path) -> Path:
    shutil.copytree(folder, target / "county")
    return target / "county"


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def write(file: Path, lines: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        table = csv.DictWriter(text, list(lines[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(lines)


def underpay(county: Path, fen: int = 1234) -> str:
    """Pay one household less than it is due; its name."""
    lines = rows(county / "paid/payments.csv")
    line = next(line for line in lines if line["kind"] == "share" and float(line["amount_yuan"]) > fen / 100 + 1)
    line["amount_yuan"] = f"{float(line['amount_yuan']) - fen / 100:.2f}"
    write(county / "paid/payments.csv", lines)
    return line["household"]


def content(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_years_audit_writes_every_file_of_the_contract(year: Path, clean: Path) -> None:
    added = {file.name for file in (year / "result").iterdir()} - {file.name for file in (clean / "result").iterdir()}
    assert added == TABLES | OF_A_YEAR | OTHERS | {"visits"}
    for folder, pattern in (("ledger", "*.beancount"), ("posting", "*.csv"), ("visits", "*.csv"), ("evidence", "manifest.json")):
        assert list((year / "result" / folder).glob(pattern)), folder


def test_a_plans_audit_writes_no_table_of_payments(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    done = run("audit", "result", cwd=county)
    assert done.returncode == 0, done.stderr
    assert "PLANNED FIGURES" in done.stdout
    added = {file.name for file in (county / "result").iterdir()} - {file.name for file in (clean / "result").iterdir()}
    assert added == TABLES | OTHERS


def test_what_solve_wrote_stays_as_it_was(year: Path, clean: Path) -> None:
    after = content(year / "result")
    assert {name: after[name] for name in content(clean / "result")} == content(clean / "result")


def test_a_grave_finding_ends_with_4_and_stays_listed_once_it_is_gone(year: Path, clean: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    first = (county / "result/evidence/manifest.sha256").read_text(encoding="utf-8").split()[0]
    household = underpay(county)
    done = run("audit", "result", *PAID, cwd=county)
    assert done.returncode == 4
    assert "S1 or S2" in done.stderr
    found = [row for row in rows(county / "result/findings.csv") if row["code"] == "P01"]
    assert [(row["fen_at_risk"], f"household {household};" in row["subjects"], row["state"]) for row in found] == [("1234", True, "open")]
    shutil.copyfile(clean / "paid/payments.csv", county / "paid/payments.csv")
    again = run("audit", "result", *PAID, cwd=county)
    assert again.returncode == 0, again.stdout
    left = [row for row in rows(county / "result/findings.csv") if row["code"] == "P01"]
    assert [(row["finding"], row["state"], row["counted_fen"]) for row in left] == [(found[0]["finding"], "no longer found", "0")]
    manifest = json.loads((county / "result/evidence/manifest.json").read_text(encoding="utf-8"))
    assert manifest["chain"] == 3
    assert any(first[:8] in file.name for file in (county / "result/evidence/chain").iterdir())
    assert run("audit", "result", "--verify", cwd=county).returncode == 0


def test_a_settled_finding_does_not_stop_the_command(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    underpay(county)
    run("audit", "result", *PAID, cwd=county)
    grave = [row for row in rows(county / "result/findings.csv") if row["severity"] in ("S1", "S2")]
    settled = {"state": "explained", "decided_by": "Li Wei", "reason": "-2+3 paid in cash", "decided_on": "2020-08-05"}
    write(county / "register/finding_decisions.csv", [{"finding": row["finding"], "facts": row["facts"], **settled} for row in grave])
    done = run("audit", "result", *PAID, cwd=county)
    assert done.returncode == 0, done.stdout + done.stderr
    row = next(row for row in rows(county / "result/findings.csv") if row["code"] == "P01")
    assert (row["state"], row["decided_by"], row["reason"]) == ("explained", "Li Wei", "'-2+3 paid in cash")


def test_notes_are_not_shown_as_grave_findings(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    with (county / "register/officials.csv").open("a", encoding="utf-8") as file:
        file.write("\n")  # another file than at the audit before: a note, though E01 is S1 for a plan's own files
    done = run("audit", "result", *PAID, cwd=county)
    assert done.returncode == 0, done.stdout
    assert "S4 E01" in done.stdout
    assert "S1 E01" not in done.stdout


def test_a_policy_and_the_folder_above_the_policies(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    (county / "results").mkdir()
    for name in ("default", "cautious"):
        shutil.copytree(county / "result", county / "results" / name)
        run_json = county / "results" / name / "run.json"
        run_json.write_text(run_json.read_text(encoding="utf-8").replace('"instance_folder": ".."', '"instance_folder": "../.."'))
    assert run("audit", "results/cautious", cwd=county).returncode == 0
    assert (county / "results/cautious/audit.html").is_file()
    assert not (county / "results/default/audit.html").exists()
    done = run("audit", "results", cwd=county)
    assert done.returncode == 0, done.stderr
    assert (county / "results/default/audit.html").is_file()


def test_the_same_pay_list_twice_counts_once_and_is_told_of(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    done = run("audit", "result", *PAID, *PAID, cwd=county)
    assert done.returncode == 0, done.stdout + done.stderr
    told = "payments.csv"
    assert told in done.stdout
    assert "same" in re.sub(r"\s+", " ", done.stdout)
    assert "same" in (county / "result/audit.html").read_text(encoding="utf-8")


def test_rows_set_aside_are_told_of_everywhere(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    lines = rows(county / "register/confirmations.csv")
    lines[0]["asked_on" if "asked_on" in lines[0] else next(c for c in lines[0] if c.endswith("_on"))] = "=NOW()"
    write(county / "register/confirmations.csv", lines)
    assert run("audit", "result", *PAID, cwd=county).returncode == 2
    done = run("audit", "result", *PAID, "--set-aside", cwd=county)
    assert done.returncode in (0, 4), done.stderr
    assert "left out of every figure here: 1" in re.sub(r"\s+", " ", done.stdout)
    for page in ("audit.html", "posting.html"):
        assert "left out of every figure here: 1" in (county / "result" / page).read_text(encoding="utf-8"), page
    aside = rows(county / "result/set_aside.csv")
    assert [(row["file"], row["row"], row["found"]) for row in aside] == [("confirmations.csv", "2", "'=NOW()")]
    done = run("audit", "result", *PAID, "--set-aside", "--household", "H01", cwd=county)
    assert done.returncode == 0, done.stderr
    assert "left out of every figure here: 1" in (county / "result/statements/H01.html").read_text(encoding="utf-8")


def test_a_trace_of_a_household_and_of_a_sale(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    done = run("audit", "result", "--household", "H01", cwd=county)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("H01")
    assert (county / "result/statements/H01.html").is_file()
    both = run("audit", "result", "--household", "H01", "--sale", "S000001", cwd=county)
    assert both.returncode == 0, both.stderr
    assert "S000001" in both.stdout


def test_a_later_audit_takes_statements_of_earlier_books_away(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    run("audit", "result", "--household", "H01", cwd=county)
    assert run("audit", "result", "--verify", cwd=county).returncode == 0
    run("audit", "result", *PAID, cwd=county)
    assert not (county / "result/statements").exists()
    run("audit", "result", *PAID, "--household", "H01", cwd=county)
    assert run("audit", "result", "--verify", cwd=county).returncode == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("audit", "register"), "expected a results folder"),
        (("audit", "nowhere"), "expected a results folder"),
        (("audit", "result", "--register", "nowhere"), "no such folder"),
        (("audit", "result", "--payments", "nowhere.csv"), "no such file"),
        (("audit", "result", "--payments", "picture.jpg"), "picture.jpg"),
        (("audit", "result", "--household", "H1"), "nearest known name: H"),
        (("audit", "result", "--sale", "S1"), "expected the number of a sale"),
        (("audit", "result", "--as-of", "31.3.2020"), "--as-of: found 31.3.2020; expected a date such as"),
        (("audit", "result", "--verify"), "no audit there"),
        (("plant-faults", "paid", "planted", "--code", "P01"), "an instance's folder"),
        (("plant-faults", ".", "../planted", "--code", "P99"), "nearest known name: P09"),
        (("plant-faults", ".", "paid", "--code", "P01"), "new or empty"),
    ],
)
def test_wrong_words_end_with_2_and_change_nothing(words: tuple[str, ...], told: str, clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    (county / "picture.jpg").write_bytes(bytes(range(256)) * 9)
    before = content(tmp_path)
    done = run(*words, cwd=county)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert content(tmp_path) == before


def test_every_mistake_of_a_register_is_one_line(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    leases, members = rows(county / "register/leases.csv"), rows(county / "register/members.csv")
    leases[1]["area_mu"], members[2]["household"] = "four", "H99"
    write(county / "register/leases.csv", leases)
    write(county / "register/members.csv", members)
    before = content(county)
    done = run("audit", "result", *PAID, cwd=county)
    assert done.returncode == 2
    assert "leases.csv row 3, area_mu: found four" in done.stderr
    assert "members.csv row 4, household: found H99" in done.stderr
    assert done.stderr.rstrip().endswith("Nothing was written.")
    assert content(county) == before


def test_a_result_that_was_moved_or_is_incomplete_is_refused(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    shutil.move(county / "result", tmp_path / "elsewhere")
    done = run("audit", "elsewhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "expected the instance's folder" in done.stderr
    (tmp_path / "elsewhere/ledger.csv").unlink()
    (tmp_path / "elsewhere/run.json").write_text("{", encoding="utf-8")
    done = run("audit", "elsewhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "ledger.csv" in done.stderr
    assert "run.json" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for child processes")
def test_an_interrupt_leaves_the_earlier_audit_as_it_was(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    before = content(county)
    command = [sys.executable, "-m", "optimizer.cli", "audit", "result", *PAID]
    process = subprocess.Popen(command, cwd=county, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and not list(county.glob(".result.writing-*/ledger")):
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert content(county) == before


# --- has anything changed -----------------------------------------------------------------------------------------------


def test_verify_names_a_changed_byte_a_removed_and_an_added_file(year: Path, tmp_path: Path) -> None:
    county = copied(year, tmp_path)
    result = county / "result"
    changed = bytearray((result / "statement.csv").read_bytes())
    changed[-2] ^= 1
    (result / "statement.csv").write_bytes(bytes(changed))
    (result / "reconciliation.csv").unlink()
    (result / "evidence/outputs/more.csv").write_text("x\n", encoding="utf-8")
    done = typed("audit", "result", "--verify", cwd=county)
    assert done.returncode == 4
    lines = done.stderr.splitlines()
    assert len(lines) == 3
    assert all(any(name in line for line in lines) for name in ("statement.csv", "reconciliation.csv", "more.csv"))


# --- what must not get out ----------------------------------------------------------------------------------------------


def numbered(clean: Path, target: Path, is_in_yaml: bool) -> Path:
    """The county with identity and account numbers in plain and a salt; members in tables or in instance.yaml."""
    county = copied(clean, target)
    members, accounts = rows(county / "register/members.csv"), rows(county / "register/accounts.csv")
    plain = {"members": ("id_hash", "id_tail", "id_check", "id_number"), "accounts": ("number_hash", "number_tail", "number")}
    for name, lines, number in (("members", members, IDENTITY), ("accounts", accounts, ACCOUNT)):
        kept = [{column: cell for column, cell in line.items() if column not in plain[name]} for line in lines]
        kept = [line | {plain[name][-1]: number if place == 0 else ""} for place, line in enumerate(kept)]
        if is_in_yaml and name == "members":
            (county / "register/members.csv").unlink()
            described = json.loads((county / "instance.yaml").read_text(encoding="utf-8"))
            described["members"] = [{column: cell for column, cell in line.items() if cell} for line in kept]
            (county / "instance.yaml").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
        else:
            write(county / f"register/{name}.csv", kept)
    for place in (county, county / "register"):
        (place / "salt.txt").write_text(SALT, encoding="utf-8")
    return county


def everything(folder: Path) -> bytes:
    """Every byte below a folder, those within workbooks unpacked."""
    parts = []
    for file in folder.rglob("*"):
        if file.is_file():
            parts.append(file.read_bytes())
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as packed:
                    parts += [packed.read(name) for name in packed.namelist()]
    return b"\n".join(parts)


@pytest.mark.parametrize("is_in_yaml", [False, True])
def test_no_number_of_a_register_gets_out(is_in_yaml: bool, clean: Path, tmp_path: Path) -> None:
    county = numbered(clean, tmp_path, is_in_yaml)
    done = [typed("solve", ".", "--out", "result", cwd=county)] if is_in_yaml else []
    done += [typed("audit", "result", *PAID, cwd=county), typed("audit", "result", *PAID, "--household", "H01", cwd=county)]
    assert done[-1].returncode == 0, done[-1].stderr
    assert (county / "result/evidence/manifest.json").is_file(), done[-2].stderr
    written = everything(county / "result") + "".join(each.stdout + each.stderr for each in done).encode()
    for secret in (IDENTITY, ACCOUNT, SALT):
        assert secret.encode() not in written
    assert b"8841" in written  # the last digits of the account, which a bank slip shows too


def test_hostile_texts_are_shown_and_never_run(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    accounts, work = rows(county / "register/accounts.csv"), rows(county / "register/work_records.csv")
    for account in accounts:
        account["holder"] = f"+1+{HOSTILE}"
    for record in work:
        record["foreman"] = f"@SUM(1){HOSTILE}"
    write(county / "register/accounts.csv", accounts)
    write(county / "register/work_records.csv", work)
    done = run("audit", "result", *PAID, cwd=county)
    assert done.returncode in (0, 4), done.stderr
    run("audit", "result", *PAID, "--household", "H01", cwd=county)
    for page in (county / "result").rglob("*.html"):
        assert HOSTILE not in page.read_text(encoding="utf-8"), page
    with zipfile.ZipFile(county / "result/audit.xlsx") as packed:
        sheets = [packed.read(name) for name in packed.namelist() if name.startswith("xl/worksheets/")]
    assert sheets
    assert not any(b"<f>" in sheet for sheet in sheets)
    for table in [county / "result/findings.csv", *(county / "result/visits").glob("*.csv")]:
        for row in rows(table):
            assert not [cell for cell in row.values() if re.match(r"[=@]|[+-][^\d]", cell)], table


@pytest.mark.parametrize("command", ["audit", "plant-faults"])
def test_the_example_of_the_help_runs(command: str, clean: Path, tmp_path: Path) -> None:
    words = typed(command, "--help", cwd=ROOT).stdout
    plain = re.sub(r"[│\s]+", " ", re.sub(r"\x1b\[[0-9;]*m", "", words))
    example = re.search(rf"Example: optimizer ({command} .+)", plain)
    assert example, words
    shutil.copytree(clean, tmp_path / "instances/weining")  # the words, on the small county
    assert typed("solve", "instances/weining", cwd=tmp_path).returncode == 0
    done = typed(*example[1].split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_what_planting_says_to_type_finds_what_was_planted(clean: Path, tmp_path: Path) -> None:
    county = copied(clean, tmp_path)
    done = typed("plant-faults", "county", "planted", "--code", "P01", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    planted = rows(tmp_path / "planted/planted/planted.csv")[0]
    assert planted["subject"] in done.stdout
    said = re.search(r"optimizer (audit RESULTS .*)", done.stdout)
    assert said, done.stdout
    found = typed(*said[1].replace("RESULTS", "county/result").split(), cwd=tmp_path)
    assert found.returncode == 4, found.stderr
    told = [row for row in rows(county / "result/findings.csv") if row["severity"] != "S4"]
    assert [(row["code"], row["fen_at_risk"]) for row in told] == [(planted["expected_code"], planted["fen_at_risk"])]
