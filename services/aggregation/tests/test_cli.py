from collections.abc import Callable
import csv
from datetime import date
import io
from pathlib import Path
import re

import pytest
from sqlalchemy import delete, insert, select

from aggregation import cli
from aggregation.storage.changes import begin
from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate, revisions
from aggregation.storage.schema import CHANGES, MIRRORS, PENDING, ROLLUPS, SUBMISSIONS
from tests.made import count, folded, made, sums

SIMULATE = ("simulate", "--processes", "1")
FEW = (*SIMULATE, "--homes", "5", "--weeks", "1", "--until", "2026-11-25")
"""What a few homes send depends on the week."""

type Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(no_database: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Give what runs a command on a database and returns its exit code, output and errors."""
    monkeypatch.setenv("AGGREGATION_DATABASE_URL", f"sqlite:///{no_database}")

    def command(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["aggregation", *arguments])
        code = cli.main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return command


def test_life_of_a_database(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run("migrate") == (0, f"{revisions()[-1]}\n", "")
    code, out, _ = run(*SIMULATE, "--homes", "50", "--weeks", "4")
    reports = int(out.split()[0])
    assert (code, 90 < reports <= 200) == (0, True)
    assert run("purge")[0] == 0
    code, out, _ = run("verify-rollups")
    assert (code, out.split(",")[0]) == (0, f"{reports} submissions")
    backup = tmp_path / "backup"
    assert run("backup", str(backup))[0] == 0
    assert run("restore", str(backup)) == (2, "", "the database is not empty\n")
    other = tmp_path / "other.db"
    monkeypatch.setenv("AGGREGATION_DATABASE_URL", f"sqlite:///{other}")
    code, out, _ = run("restore", str(backup))
    assert (code, out.endswith("rows, 0 submissions deleted again\n")) == (0, True)
    assert run("verify-rollups")[0] == 0
    opened = Database(f"sqlite:///{other}", 1)
    assert count(opened, SUBMISSIONS) == reports
    opened.close()


def test_mirror_is_forgotten(run: Run, database: Path) -> None:
    run(*FEW)
    opened = Database(f"sqlite:///{database}", 1)
    with opened.writing() as connection:
        begin(connection, date(2026, 11, 22))
    assert count(opened, CHANGES) > 0
    assert run("forget-mirror") == (0, "", "")
    assert (count(opened, CHANGES), count(opened, MIRRORS)) == (0, 0)
    opened.close()


def test_export_writes_as_many_weeks_as_asked_for(run: Run) -> None:
    run(*SIMULATE, "--homes", "20", "--weeks", "6")
    rows = csv.DictReader(io.StringIO(run("export", "--weeks", "3")[1]))
    assert len({row["week"] for row in rows}) == 3


def test_version_is_counted_by_name_once_it_is_added(run: Run, database: Path) -> None:
    opened = Database(f"sqlite:///{database}", 1)
    migrate(opened)
    folded(opened, made(app_version="2.43.0"), made(app_version="2.43.1"))
    assert sums(opened)["app_version:other"] == 2
    assert run("versions", "add", "v2.43", "2.42.0") == (0, "1 submissions counted anew\n", "")
    assert (sums(opened)["app_version:other"], sums(opened)["app_version:2.43.0"]) == (1, 1)
    opened.close()
    lines = run("versions", "list")[1].splitlines()
    assert [line.partition("\t")[0] for line in lines] == ["2.43.0", "2.42.0"]
    assert run("versions", "add", "2.43.0") == (0, "0 submissions counted anew\n", "")
    assert run("versions", "add", "newest") == (2, "", "newest is no version number\n")


def test_sums_are_rebuilt(run: Run, database: Path) -> None:
    run(*FEW)
    opened = Database(f"sqlite:///{database}", 1)
    with opened.writing() as connection:
        connection.execute(delete(ROLLUPS))
    opened.close()
    code, out, _ = run("rebuild")
    assert (code, out.startswith("0 submissions counted anew, ")) == (0, True)
    assert run("verify-rollups")[0] == 0
    assert run("rebuild")[1] == "0 submissions counted anew, 0 sums corrected\n"


def test_export_is_csv_of_sums(run: Run) -> None:
    run(*SIMULATE, "--homes", "20", "--weeks", "2")
    code, out, _ = run("export", "--weeks", "4")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    active = [row for row in rows if (row["scope"], row["metric"]) == ("all", "active")]
    assert [re.fullmatch(r"\d{4}-W\d\d", row["week"]) is not None for row in active] == [True, True]
    assert all(int(row["total"]) <= 20 for row in active)


def test_fleet_is_the_same_with_the_same_seed_and_day(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = []
    for name in ("a", "b"):
        monkeypatch.setenv("AGGREGATION_DATABASE_URL", f"sqlite:///{tmp_path / name}")
        truth = tmp_path / f"{name}.jsonl"
        options = (
            "--homes",
            "8",
            "--weeks",
            "3",
            "--seed",
            "5",
            "--until",
            "2026-11-25",
            "--truth",
            str(truth),
        )
        code, out, _ = run(*SIMULATE, *options)
        found.append((code, out, run("export")[1], truth.read_text()))
    assert found[0] == found[1]
    assert re.fullmatch(r"\d+ reports of 8 simulated homes over 3 weeks, seed 5\n", found[0][1])


def test_fleet_does_not_go_beside_reports(run: Run) -> None:
    assert run(*SIMULATE, "--homes", "3", "--weeks", "3")[0] == 0
    message = "there are reports in the database; simulated ones do not go beside them\n"
    assert run(*SIMULATE) == (2, "", message)


def test_wrong_rollups_are_an_exit_code(run: Run, database: Path) -> None:
    run(*FEW)
    opened = Database(f"sqlite:///{database}", 1)
    with opened.writing() as connection:
        connection.exec_driver_sql("DELETE FROM rollups WHERE scope = 'protocol'")
    opened.close()
    code, out, _ = run("verify-rollups")
    assert code == 1
    assert "differs: protocol=2.0 week" in out


def test_keys(run: Run) -> None:
    code, first, _ = run("keys", "create", "grafana", "--scope", "read")
    assert (code, first.startswith("psk_read_")) == (0, True)
    assert run("keys", "create", "grafana", "--scope", "read") == (
        2,
        "",
        "there is a key named grafana, or was\n",
    )
    code, second, _ = run("keys", "rotate", "grafana")
    assert (code, second.startswith("psk_read_"), first != second) == (0, True, True)
    _, listed, _ = run("keys", "list")
    assert listed.startswith("grafana\tread\t")
    assert listed.endswith("in use\n")
    assert "psk_" not in listed
    assert run("keys", "revoke", "grafana")[0] == 0
    for command in ("revoke", "rotate"):
        assert run("keys", command, "grafana") == (2, "", "no key in use is named grafana\n")
    assert "revoked" in run("keys", "list")[1]


def test_receipt_keys(run: Run) -> None:
    _, first, _ = run("keys", "rotate-receipts")
    _, second, _ = run("keys", "rotate-receipts")
    lines = {line.split("\t")[0]: line for line in run("keys", "list")[1].splitlines()}
    assert "retired" in lines[first.strip()]
    assert lines[second.strip()].endswith("in use")


def test_sql_is_printed(run: Run) -> None:
    code, out, _ = run("migrate", "--sql", "mssql")
    assert code == 0
    assert "CREATE TABLE submissions" in out
    assert "IDENTITY" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["keys", "create", "x", "--scope", "all"], "Invalid value for '--scope'"),
        (["keys", "create", "", "--scope", "read"], "the name of a key has 1 to 50 letters"),
        (["keys", "create", "a\tb", "--scope", "read"], "the name of a key has 1 to 50 letters"),
        (["keys", "create", "a" * 51, "--scope", "read"], "the name of a key has 1 to 50 letters"),
        (["restore", "/nowhere/backup"], "/nowhere/backup: No such file or directory"),
        (["restore", "/dev/null"], "/dev/null is no backup, or not a whole one"),
        (["migrate", "--to", "0000"], "0000"),
    ],
)
def test_wrong_arguments_are_one_line(run: Run, arguments: list[str], message: str) -> None:
    code, out, errors = run(*arguments)
    assert (code, out, errors.count("\n")) == (2, "", 1)
    assert message in errors


def test_wrong_settings_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGGREGATION_PORT", "eighty")
    for command in ((), ("serve",), ("purge",)):
        code, _, errors = run(*command)
        assert (code, errors.count("\n")) == (2, 1)
        assert errors.startswith("AGGREGATION_PORT: ")


def test_database_that_cannot_be_used(run: Run, database: Path) -> None:
    database.write_bytes(b"something else, long enough for a header" * 10)
    assert run("verify-rollups") == (
        2,
        "",
        "AGGREGATION_DATABASE_URL: the database cannot be used (SQLITE_NOTADB)\n",
    )
    assert run("migrate") == (2, "", "the database cannot be used (SQLITE_NOTADB)\n")


@pytest.mark.parametrize("answer", ["n\n", "\n", ""])
def test_way_back_that_drops_keys_is_asked_for(
    run: Run, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    run("keys", "create", "a", "--scope", "read")
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    code, out, _ = run("migrate", "--to", "base")
    assert (code, "keys of receipts" in out) == (1, True)
    assert "a\tread" in run("keys", "list")[1]


def test_way_back_that_was_agreed_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("migrate")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run("migrate", "--to", "0001")[1].endswith("0001\n")
    assert run("migrate", "--to", "base", "--yes")[0] == 0
    assert run("migrate", "--to", "0001") == (0, "0001\n", "")


def test_reports_put_aside_are_shown_and_tried_again(run: Run, database: Path) -> None:
    run(*FEW)
    opened = Database(f"sqlite:///{database}", 1)
    with opened.writing() as connection:
        number, protocol = connection.execute(select(SUBMISSIONS.c.id, SUBMISSIONS.c.protocol)).fetchall()[0]
        connection.execute(delete(PENDING))
        aside = {"submission_id": number, "since": 1, "put_aside": "LookupError"}
        connection.execute(insert(PENDING), aside)
    code, out, _ = run("put-aside")
    assert (code, out.startswith(f"{number}\t{protocol}\t2"), out.endswith("\tLookupError\n")) == (
        0,
        True,
        True,
    )
    assert run("put-aside", "--retry") == (0, "1 reports wait again\n", "")
    assert run("put-aside") == (0, "", "")
    opened.close()
