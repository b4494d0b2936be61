"""The suites, and how their runs share the machine: all at once, or in turn."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
import json
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
from threading import Lock
from typing import IO, Optional

from bootstrap import ROOT
from bootstrap_tools import say
from run_tests_moments import Moment
from run_tests_results import Results, failures_in, without_group

FLOWS = "custom_components/printernizer_stats/config_flow.py,custom_components/printernizer_stats/flows/*"
NOTHING_COLLECTED = 5
OWN_PROCESSES = ("-n", "--numprocesses", "--pdb")
FAILED = ("--last-failed", "--last-failed-no-failures=none")
MOST_AGAIN = 20
"""Of more tests that failed nobody can say that they are unsteady."""
PROCESSORS = max(2, os.cpu_count() or 2)
MEMORY = Path("/dev/shm")
ROOM = 4_000_000_000
"""Bytes that must be free there."""
REACHABLE = 0o711
"""PostgreSQL, which never runs as root, has its files in a folder below."""
_OUTPUT = Lock()


@dataclass(frozen=True)
class Suite:
    """Tests of one environment: where, the quick part, options for coverage, what must be covered wholly."""

    name: str
    folder: Path
    env: str
    quick: "tuple[str, ...]"
    coverage: "tuple[str, ...]" = ()
    whole: str = ""
    workers: int = PROCESSORS
    workers_in_turn: int = PROCESSORS
    """Where no other suite keeps the processors busy while its tests wait."""


_WITHOUT_PROGRAMS = ("-m", "not programs")
INTEGRATION = Suite(
    "the integration", ROOT, "test", _WITHOUT_PROGRAMS, ("--cov", "--cov-config=setup.cfg"), FLOWS
)
LINE = Suite(
    "the integration with real programs",
    ROOT,
    "test",
    (str(ROOT / "tests" / "e2e"),),
    workers=PROCESSORS + 1,
)
"""Its tests mostly wait for their programs; each worker reads the files of no others."""
SERVICE = Suite(
    "the service",
    ROOT / "services" / "aggregation",
    "service_test",
    _WITHOUT_PROGRAMS,
    ("--cov",),
    workers=PROCESSORS + 1,
    workers_in_turn=2 * PROCESSORS + 1,
)


def memory() -> "Optional[str]":
    """Return a folder in memory, if there is room for what tests write: nothing of it has to reach a disk."""
    return str(MEMORY) if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


@contextmanager
def scratch() -> "Iterator[Path]":
    """Give a folder for the results of runs, and for all that tests and their programs write."""
    folder = Path(tempfile.mkdtemp(dir=memory()))
    folder.chmod(REACHABLE)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def inherited(folder: Path) -> "dict[str, str]":
    """Return our variables, for tests that write to this folder; what pytest keeps of failures outlives it.

    What is compiled is kept, whatever the variables say: tests start many processes.
    """
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    variables.setdefault("PYTEST_DEBUG_TEMPROOT", memory() or tempfile.gettempdir())
    return {**variables, "TMPDIR": str(folder)}


@dataclass
class Run:
    """One pytest run of a suite; a demanding one wants its coverage too."""

    suite: Suite
    arguments: "list[str] | tuple[str, ...]" = ()
    demanding: bool = False
    plugins: "tuple[str, ...]" = ()
    python: Path = Path()

    def command(self, seed: int, report: Path, *, again: bool = False, in_turn: bool = False) -> "list[str]":
        """Return the command, with the order that comes of seed and the results in report, a JUnit file.

        With `again` it runs what failed the last time, in one process.
        """
        command = [str(self.python), "-m", "pytest", "-rs", f"--randomly-seed={seed}", f"--junitxml={report}"]
        command += [*self.plugins, "-o", f"cache_dir={report.parent / self.suite.name}"]
        command += FAILED if again else () if self._alone() else self._parallel(in_turn=in_turn)
        if self.demanding:
            command += [*self.suite.coverage, *(["--cov-append"] if again else ())]
        return command + [absolute(argument) for argument in self.arguments]

    def _parallel(self, *, in_turn: bool) -> "tuple[str, ...]":
        workers = self.suite.workers_in_turn if in_turn else self.suite.workers
        return ("-n", str(workers), "--dist", "loadgroup")

    def _alone(self) -> bool:
        """Whether one process will do: single files were named, or the arguments say how many."""
        if any(argument.startswith(OWN_PROCESSES) for argument in self.arguments):
            return True
        paths = [Path(argument.split("::")[0]) for argument in self.arguments]
        named = [path for path in paths if path.exists()]
        return bool(named) and all(path.is_file() for path in named)


def absolute(argument: str) -> str:
    """Return a path argument in a form that holds in every working directory."""
    path, separator, rest = argument.partition("::")
    return str(Path(path).resolve()) + separator + rest if Path(path).exists() else argument


def forget_groups(failed: Path) -> None:
    """Name what failed as one process does."""
    names = json.loads(failed.read_text(encoding="utf-8"))
    failed.write_text(json.dumps({without_group(name): True for name in names}), encoding="utf-8")


@dataclass
class Stage:
    """What all runs of a stage share: the seed of their order, the moment, a folder for their results.

    In turn they use less: runs that all keep the processors busy cost each other time.
    """

    seed: int
    moment: "Optional[Moment]"
    folder: Path
    results: Results
    again: bool = False
    in_turn: bool = False

    def run(self, runs: "list[Run]") -> None:
        """Run all; where several run at once, what a run says is shown at its end."""
        at_once = 1 if self.in_turn else len(runs)
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            codes = list(pool.map(lambda run: self._run_logged(run, shown=at_once == 1), runs))
        for run, code in zip(runs, codes):
            self._judge(run, code)

    def _run_logged(self, run: Run, *, shown: bool) -> int:
        """Run one run, whose words go to the terminal at once or at its end; returns its exit code."""
        say(f"\nTesting {self._name(run)} ...")
        if shown:
            return self._run(run, None)
        log = self._file(run, "log")
        with log.open("wb") as file:
            code = self._run(run, file)
        with _OUTPUT:
            sys.stdout.write(log.read_text(encoding="utf-8", errors="replace"))
        return code

    def _judge(self, run: Run, code: int) -> None:
        """Add what came of a run; what failed may show first whether it fails alone, too."""
        again = None
        if self.again and 0 < failures_in(self._file(run, "xml")) <= MOST_AGAIN:
            say(f"\nTesting again what failed of {self._name(run)} ...")
            forget_groups(self.folder / run.suite.name / "v" / "cache" / "lastfailed")
            code = self._run(run, None, again=True)
            again = self._file(run, "again.xml")
        self.results.add(self._name(run), code, self._file(run, "xml"), again)

    def _name(self, run: Run) -> str:
        return run.suite.name + (f" at {self.moment.name}" if self.moment else "")

    def _file(self, run: Run, end: str) -> Path:
        return self.folder / f"{run.suite.name}.{end}"

    def _run(self, run: Run, output: "Optional[IO[bytes]]", *, again: bool = False) -> int:
        """Run one run; returns its exit code."""
        variables = self.moment.variables() if self.moment else {}

        def code_of(command: "list[str]") -> int:
            return subprocess.run(
                command,
                cwd=run.suite.folder,
                env={**inherited(self.folder), **variables},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output and subprocess.STDOUT,
                check=False,
            ).returncode

        report = self._file(run, "again.xml" if again else "xml")
        code = code_of(run.command(self.seed, report, again=again, in_turn=self.in_turn))
        if run.suite.whole and run.demanding:
            demanded = ["--rcfile=setup.cfg", f"--include={run.suite.whole}", "--fail-under=100"]
            code = code_of([str(run.python), "-m", "coverage", "report", *demanded]) or code
        return 0 if run.arguments and code == NOTHING_COLLECTED else code
