"""What came of the runs: their counts, and what must not be."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional
from xml.etree import ElementTree

EXPECTED_SKIPS = (
    "AGGREGATION_TEST_MSSQL_URL names no SQL Server",
    "root may write everywhere",
)
"""The reasons for which a test may be skipped; any other skip fails the run."""
LINES_OF_A_FAILURE = 30


def cases_of(report: Path) -> "list[ElementTree.Element]":
    """Return the tests of a JUnit file; none of a run that did not come that far."""
    return list(ElementTree.parse(report).getroot().iter("testcase")) if report.exists() else []


def without_group(name: str) -> str:
    """Return the name of a test as one process gives it: pytest-xdist adds the group of a test to it."""
    return name[: name.rfind("@")] if name.rfind("@") > name.rfind("]") else name


def _name(case: ElementTree.Element) -> str:
    return without_group(f"{case.get('classname')}::{case.get('name')}")


def _failed(cases: "list[ElementTree.Element]") -> "set[str]":
    """Return the names of the tests that failed."""
    return {_name(case) for case in cases if _failure(case)}


def failures_in(report: Path) -> int:
    """Return how many tests of a JUnit file failed."""
    return len(_failed(cases_of(report)))


def _skip(case: ElementTree.Element) -> str:
    """Return why a test was skipped, or an empty string."""
    skipped = case.find("skipped")
    return "" if skipped is None else skipped.get("message") or "without a reason"


def _failure(case: ElementTree.Element) -> str:
    """Return how a test failed, the last lines of its report, or an empty string."""
    for kind in ("failure", "error"):
        if (found := case.find(kind)) is not None:
            report = (found.text or found.get("message") or "").rstrip().splitlines()
            return "\n".join(f"    {line}" for line in report[-LINES_OF_A_FAILURE:])
    return ""


@dataclass
class Results:
    """The counts of all runs, what failed and how, and a line for each other thing that makes them red."""

    tests: int = 0
    failed: int = 0
    skipped: int = 0
    failures: "list[str]" = field(default_factory=list)
    complaints: "list[str]" = field(default_factory=list)
    unsteady: "list[str]" = field(default_factory=list)

    def add(self, name: str, code: int, report: Path, again: "Optional[Path]" = None) -> None:
        """Add a run: its exit code, and its JUnit file if it came that far.

        Where the tests that failed ran again, code and the second file say what has failed;
        what failed only the first time is unsteady.
        """
        bad = self.failed + len(self.complaints)
        first = cases_of(report)
        self._count(first)
        last = first if again is None else cases_of(again)
        self._judge(last)
        if again is not None:
            self.unsteady += sorted(_failed(first) - _failed(last))
        if code and self.failed + len(self.complaints) == bad:
            self.complaints.append(f"error: testing {name} ended with code {code}")

    def _count(self, cases: "list[ElementTree.Element]") -> None:
        self.tests += len({_name(case) for case in cases})
        for case in cases:
            if reason := _skip(case):
                self.skipped += 1
                if reason not in EXPECTED_SKIPS:
                    self.complaints.append(f"error: nobody expects {_name(case)} to be skipped: {reason}")

    def _judge(self, cases: "list[ElementTree.Element]") -> None:
        self.failed += len(_failed(cases))
        for case in cases:
            if failure := _failure(case):
                self.failures.append(f"failed: {_name(case)}\n{failure}")

    @property
    def lines(self) -> "list[str]":
        """Return what there is to say: the reports of what failed, complaints, the names once more."""
        names = [failure.splitlines()[0] for failure in self.failures]
        unsteady = [f"passed only when run again: {name}" for name in self.unsteady]
        return [*self.failures, *self.complaints, *unsteady, *(names if len(names) > 1 else ())]

    @property
    def green(self) -> bool:
        """Whether nothing failed and nothing was skipped without being expected to be."""
        return not self.failed and not self.complaints

    def summary(self) -> str:
        """Return the counts in one line."""
        passed = self.tests - self.failed - self.skipped
        counts = f"{passed} passed, {self.failed} failed, {self.skipped} skipped"
        return f"{counts}, {len(self.unsteady)} passed only when run again" if self.unsteady else counts
