"""What came of the runs: their counts, and what must not be."""

from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

EXPECTED_SKIPS = (
    "AGGREGATION_TEST_MSSQL_URL names no SQL Server",
    "root may write everywhere",
)
"""The reasons for which a test may be skipped; any other skip fails the run."""
LINES_OF_A_FAILURE = 30


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

    def add(self, name: str, code: int, report: Path) -> None:
        """Add a run: its exit code, and its JUnit file if it came that far."""
        bad = self.failed + len(self.complaints)
        if report.exists():
            for suite in ElementTree.parse(report).getroot().iter("testsuite"):
                self._add(suite)
        if code and self.failed + len(self.complaints) == bad:
            self.complaints.append(f"error: testing {name} ended with code {code}")

    def _add(self, suite: ElementTree.Element) -> None:
        self.tests += int(suite.get("tests", "0"))
        self.failed += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        self.skipped += int(suite.get("skipped", "0"))
        for case in suite.iter("testcase"):
            name, reason = f"{case.get('classname')}::{case.get('name')}", _skip(case)
            if failure := _failure(case):
                self.failures.append(f"failed: {name}\n{failure}")
            if reason and reason not in EXPECTED_SKIPS:
                self.complaints.append(f"error: nobody expects {name} to be skipped: {reason}")

    @property
    def green(self) -> bool:
        """Whether nothing failed and nothing was skipped without being expected to be."""
        return not self.failed and not self.complaints

    def summary(self) -> str:
        """Return the counts in one line."""
        passed = self.tests - self.failed - self.skipped
        return f"{passed} passed, {self.failed} failed, {self.skipped} skipped"
