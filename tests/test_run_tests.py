"""What script/test makes of its runs: what is green, what is not, and what the last line says."""

import json
from pathlib import Path
import sys
from threading import Barrier, BrokenBarrierError
from typing import Final

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "script"))

from bootstrap_debian import relocate
from run_tests_results import EXPECTED_SKIPS, LINES_OF_A_FAILURE, Results
from run_tests_suites import INTEGRATION, LINE, SERVICE, Run, Stage, Suite, forget_groups

REPORT: Final = """<testsuites><testsuite tests="3" failures="{failures}" errors="0" skipped="{skipped}">
<testcase classname="tests.a" name="one"/><testcase classname="tests.a" name="two"/>
<testcase classname="tests.a" name="three">{inside}</testcase></testsuite></testsuites>"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """Return where a JUnit file goes."""
    return tmp_path / "report.xml"


def added(report: Path, code: int = 0, inside: str = "", *, failures: int = 0, skipped: int = 0) -> Results:
    """Return the results of a run of three tests."""
    report.write_text(REPORT.format(inside=inside, failures=failures, skipped=skipped))
    results = Results()
    results.add("the integration", code, report)
    return results


def test_what_passed_is_green(report: Path) -> None:
    results = added(report)
    assert (results.green, results.summary()) == (True, "3 passed, 0 failed, 0 skipped")


@pytest.mark.parametrize("reason", EXPECTED_SKIPS)
def test_a_skip_that_is_expected_is_green(report: Path, reason: str) -> None:
    results = added(report, inside=f'<skipped message="{reason}"/>', skipped=1)
    assert (results.green, results.summary()) == (True, "2 passed, 0 failed, 1 skipped")


def test_any_other_skip_is_red_and_says_why(report: Path) -> None:
    results = added(report, inside='<skipped message="caddy is not installed"/>', skipped=1)
    assert (results.green, results.summary()) == (False, "2 passed, 0 failed, 1 skipped")
    assert results.complaints == [
        "error: nobody expects tests.a::three to be skipped: caddy is not installed"
    ]


@pytest.mark.parametrize("kind", ["failure", "error"])
def test_a_failure_is_red_and_told_with_the_end_of_its_report(report: Path, kind: str) -> None:
    text = "\n".join(f"line {number}" for number in range(100))
    results = added(report, 1, f"<{kind}>{text}</{kind}>", failures=1)
    assert (results.green, results.summary()) == (False, "2 passed, 1 failed, 0 skipped")
    assert results.complaints == []
    (told,) = results.failures
    lines = told.splitlines()
    assert (lines[0], lines[-1], len(lines)) == (
        "failed: tests.a::three",
        "    line 99",
        LINES_OF_A_FAILURE + 1,
    )


def test_a_run_that_ends_without_a_word_is_red(tmp_path: Path) -> None:
    results = Results()
    results.add("the service", 3, tmp_path / "none.xml")
    assert results.complaints == ["error: testing the service ended with code 3"]
    assert not results.green


def test_missing_coverage_is_red(report: Path) -> None:
    assert not added(report, 2).green


def test_tests_run_in_parallel_and_in_the_order_of_a_seed(report: Path) -> None:
    command = Run(SERVICE).command(17, report)
    assert {"-n", "--dist", "--randomly-seed=17"} <= set(command)
    assert {"--last-failed", "-n"} & set(Run(SERVICE).command(17, report, again=True)) == {"--last-failed"}
    one = Run(INTEGRATION, [__file__]).command(17, report)
    assert "-n" not in one
    assert one[-1] == __file__


@pytest.mark.parametrize("in_turn", [True, False])
def test_runs_in_turn_never_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, in_turn: bool) -> None:
    """And those that run at once do, however long either takes."""
    together = Barrier(2)

    def met(stage: Stage, run: Run, _output: object, *, again: bool = False) -> int:
        assert not again
        try:
            together.wait(0.1 if in_turn else 60)
        except BrokenBarrierError:
            return 1
        return 0

    monkeypatch.setattr(Stage, "_run", met)
    results = Results()
    Stage(1, None, tmp_path, results, in_turn=in_turn).run([Run(INTEGRATION), Run(SERVICE)])
    assert len(results.complaints) == (2 if in_turn else 0)


def test_what_runs_again_is_found_whatever_group_it_had(tmp_path: Path) -> None:
    failed = tmp_path / "lastfailed"
    names = ("a.py::one@a group", "a.py::two[x@y]", "a.py::two[x@y]@b", "a.py::three")
    failed.write_text(json.dumps(dict.fromkeys(names, True)))
    forget_groups(failed)
    assert [*json.loads(failed.read_text())] == ["a.py::one", "a.py::two[x@y]", "a.py::three"]


def test_what_fails_again_is_one_test_whatever_group_it_had(tmp_path: Path) -> None:
    case = '<s><testcase classname="a" name="{}"><failure>wrong</failure></testcase></s>'
    for file, name in (("first.xml", "one[x@y]@a group"), ("again.xml", "one[x@y]")):
        (tmp_path / file).write_text(case.format(name))
    results = Results()
    results.add("the integration", 1, tmp_path / "first.xml", tmp_path / "again.xml")
    assert (results.failed, results.unsteady, results.tests) == (1, [], 1)
    assert results.failures == ["failed: a::one[x@y]\n    wrong"]


TESTS: Final = """
import pathlib
import sys

def test_steady():
    assert not sys.dont_write_bytecode

def test_unsteady(request):
    seen = pathlib.Path(request.config.rootpath, "seen")
    before = seen.exists()
    seen.touch()
    assert before

def test_wrong():
    assert {right}
"""


@pytest.mark.parametrize(
    ("again", "right", "green", "summary"),
    [
        (True, True, True, "3 passed, 0 failed, 0 skipped, 1 passed only when run again"),
        (True, False, False, "2 passed, 1 failed, 0 skipped, 1 passed only when run again"),
        (False, True, False, "2 passed, 1 failed, 0 skipped"),
    ],
)
def test_what_failed_runs_again_only_where_that_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, again: bool, right: bool, green: bool, summary: str
) -> None:
    """And what passes then is named, and counts as passed."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "pytest.ini").write_text("[pytest]\n")
    (folder / "test_steadiness.py").write_text(TESTS.format(right=right))
    results = Results()
    suite = Suite("the suite", folder, "test", ())
    plugins = ("-p", "pytest_randomly", "-p", "xdist.plugin")
    run = Run(suite, ("-n", "0"), plugins=plugins, python=Path(sys.executable))
    Stage(1, None, tmp_path, results, again=again).run([run])
    assert (results.green, results.summary()) == (green, summary)
    unsteady = "passed only when run again: test_steadiness::test_unsteady"
    assert [line for line in results.lines if "again" in line] == ([unsteady] if again else [])


def test_the_names_of_what_failed_come_last(report: Path) -> None:
    results = added(report, 1, "<failure>a</failure>")
    results.add("the service", 1, report)
    results.complaints.append("error: something else")
    assert results.lines[-3:] == ["error: something else", *["failed: tests.a::three"] * 2]


def test_a_program_of_a_package_finds_its_files_where_it_was_unpacked(tmp_path: Path) -> None:
    work, folder = tmp_path / "work", tmp_path / "folder"
    shared = "/usr/share/prometheus/alertmanager"
    (work / shared[1:]).mkdir(parents=True)
    binary = work / "usr" / "bin" / "program"
    binary.parent.mkdir()
    binary.write_bytes(b"\0" + shared.encode() + b"\0")
    relocate(binary, work, folder)
    assert str(folder / shared[1:]) in binary.read_text()
    moved = (work / "usr" / "lib" / "program").read_bytes()
    assert len(moved) == len(shared) + 2
    assert moved.startswith(b"\0/proc/self/cwd/")


def test_real_programs_are_run_by_tests_of_one_folder() -> None:
    (folder,) = (Path(path) for path in LINE.quick)
    marked = [
        str(file)
        for file in Path(__file__).parent.rglob("*.py")
        if folder not in file.parents and "mark" + ".programs" in file.read_text(encoding="utf-8")
    ]
    assert folder.is_dir()
    assert marked == [], "the run of that folder alone would never see them"
