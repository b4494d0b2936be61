"""Benchmarks run: each in its smallest size, with whatever figures; those that miss a target say so."""

import os
from pathlib import Path
import subprocess
import sys
from typing import Final

import pytest

from tests.support import live_server, settings_for

pytestmark = pytest.mark.programs

BENCHMARKS: Final = Path(__file__).parents[3] / "benchmarks"
SMALLEST: Final = (
    "ingest --seconds 0.2 --rounds 1",
    "attack --homes 20 --flood 3",
    "attack_rules --homes 60 --weeks 16 --seeds 1",
    "dashboard --reports 100 --weeks 3 --rounds 1 --rate 20",
    "questions --reports 100 --weeks 3 --rounds 1",
    "retention --rows 100 --weeks 4 --rounds 1 --seconds 0.2",
    "verdicts --worlds 1",
)
MISSED: Final = 1
"""A target is not met: no wonder in this size."""


@pytest.mark.parametrize("command", SMALLEST)
def test_benchmark_runs(command: str) -> None:
    name, *options = command.split()
    run = subprocess.run(
        [sys.executable, BENCHMARKS / f"{name}.py", *options], capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.stdout
    assert run.returncode in {0, MISSED}


def test_benchmark_that_is_refused_measures_nothing() -> None:
    """A rate of zero is no figure: the run ends with what the requests were answered."""
    code = (
        "import collections, ingest;"
        "ingest.load = lambda *_: ingest.Result(collections.Counter({422: 200}));"
        "ingest.warm_up(ingest.OURS[1], [1])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=BENCHMARKS, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert run.stderr.strip() == "ours v2: the requests are refused: {422: 200}"


def test_a_machine_that_is_slow_to_connect_measures_something(database: Path) -> None:
    """However long that took, each connection sends a request."""
    with live_server(settings_for(database)) as url:
        port = url.rpartition(":")[2]
        code = (
            "import ingest, ingest_load, ingest_requests;"
            f"found = ingest_load.load([{port}], ingest_requests.v1({port}, 8), 4, 0.0);"
            "print(found.statuses.total(), len(found.latencies))"
        )
        run = subprocess.run(
            [sys.executable, "-c", code], cwd=BENCHMARKS, capture_output=True, text=True, check=False
        )
    assert (run.stdout, run.stderr) == ("4 4\n", "")


def test_sums_of_a_fleet_of_copies_are_what_a_recount_says(tmp_path: Path) -> None:
    code = (
        "import datetime, pathlib, fleets;"
        "fleets.MOST_SIMULATED = 300;"
        "print(fleets.fleet(pathlib.Path('.'), 900, 8, datetime.date(2026, 11, 26)))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(BENCHMARKS)},
        capture_output=True,
        text=True,
        check=True,
    )
    url = f"sqlite:///{tmp_path / made.stdout.strip()}"
    recount = subprocess.run(
        [sys.executable, "-m", "aggregation", "verify-rollups"],
        cwd=BENCHMARKS.parent / "services" / "aggregation",
        env=os.environ | {"AGGREGATION_DATABASE_URL": url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (recount.stderr, recount.returncode) == ("", 0), recount.stdout
    assert recount.stdout.endswith(" 0 sums wrong\n")
    assert int(recount.stdout.split()[0]) % 3 == 0
