"""SIGKILL at random moments under load; PRINTERNIZER_FULL_PROOFS=1 makes it 200 of them."""

from pathlib import Path
import subprocess
import sys

from ...proofs import tries

ROUNDS = tries(20, fast=5, full=200)


def test_no_kill_loses_or_doubles_an_event(file: Path) -> None:
    program = Path(__file__).with_name("crashing.py")
    run = subprocess.run(
        [sys.executable, str(program), str(file), str(ROUNDS), "1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(f"{ROUNDS} kills, ")
    after_an_acknowledgement = int(run.stdout.split()[2])
    assert after_an_acknowledgement >= ROUNDS // 2
