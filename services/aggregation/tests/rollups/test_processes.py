"""Several processes that store and fold in one PostgreSQL, and one of them killed."""

from pathlib import Path
import subprocess
import sys

import pytest

from aggregation.storage.engine import Database
from aggregation.storage.schema import SUBMISSIONS
from tests.made import WEEK, count, fold_all, sums, verified
from tests.proofs import tries
from tests.support import ROOT, SECONDS

pytestmark = pytest.mark.programs

COUNT = tries(300, full=3000)


def started(url: str, number: int, how_many: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.rollups.processes", url, str(number), str(how_many)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def test_three_processes(postgres_url: str, tmp_path: Path) -> None:
    processes = [started(postgres_url, number, COUNT) for number in range(3)]
    victim = started(postgres_url, 3, 100_000)
    assert [said(process) for process in processes] == ["stored\n"] * 3
    victim.kill()
    for process in processes:
        process.communicate("\n", timeout=SECONDS)
        assert process.returncode == 0
    victim.wait(SECONDS)
    assert victim.stdout
    victim.stdout.close()
    assert victim.stdin
    victim.stdin.close()
    database = Database(postgres_url, 10)
    fold_all(database)
    found = verified(database)
    assert found.agrees, found
    assert count(database, SUBMISSIONS) == found.submissions
    own = sums(database)["active:"]
    assert own >= 3 * COUNT
    assert sums(database, WEEK + 1)["active:"] == 40
    database.close()
