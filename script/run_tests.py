"""Run the pytest suites of the integration and of the service, and sum them up."""

from dataclasses import dataclass
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from xml.etree import ElementTree

from bootstrap import ROOT, find_chromium, prepare
from bootstrap_python import find_python
from bootstrap_tools import BootstrapError, debian_program, say

SERVICE = ROOT / "services" / "aggregation"
FLOWS = "custom_components/printernizer_stats/config_flow.py,custom_components/printernizer_stats/flows/*"
NOTHING_COLLECTED = 5
DEPLOYED = {
    "prometheus": "promtool",
    "prometheus-alertmanager": "amtool",
    "caddy": "caddy",
}
"""Debian's packages, each with a program in it."""


@dataclass
class Suite:
    """One pytest run: its name, folder, environment, options for coverage, what must be covered wholly."""

    name: str
    folder: Path
    env: str
    coverage: "tuple[str, ...]"
    whole: str = ""
    plugins: "tuple[str, ...]" = ()


SUITES = (
    Suite("the integration", ROOT, "test", ("--cov", "--cov-config=setup.cfg"), FLOWS),
    Suite("the service", SERVICE, "service_test", ("--cov",)),
)

AHEAD = Suite(
    "the integration on another Home Assistant", ROOT, "test", (), plugins=("-p", "tests.next_home_assistant")
)


def real_parts(python: Path, home_assistant: str) -> "dict[str, str]":
    """Return the variables that tell the end-to-end tests which real programs there are."""
    variables = {}
    for env, version in (("hass", home_assistant), ("service", ""), ("octoprint", "")):
        try:
            variables[f"PRINTERNIZER_{env.upper()}_PYTHON"] = str(prepare(env, python, version))
        except BootstrapError as error:
            say(f"not available: {env}: {error}")
    chromium = find_chromium()
    return {**variables, "PRINTERNIZER_CHROMIUM": chromium} if chromium else variables


def deployed_programs() -> str:
    """Return the folders, as in PATH, of the programs that the service is deployed with."""
    folders = []
    for package, program in DEPLOYED.items():
        try:
            folders.append(str(debian_program(package, program).parent))
        except BootstrapError as error:
            say(f"not available: {package}: {error}")
    return os.pathsep.join(folders)


def chosen(arguments: "list[str]") -> "list[Suite]":
    """Return the suites that the paths among the arguments belong to; without paths all."""
    paths = [Path(argument.split("::")[0]).resolve() for argument in arguments]
    owners = [SERVICE in path.parents or path == SERVICE for path in paths if path.exists()]
    if not owners:
        return list(SUITES)
    return [suite for suite, owner in zip(SUITES, (False, True)) if owner in owners]


def absolute(argument: str) -> str:
    """Return a path argument in a form that holds in every working directory."""
    path, separator, rest = argument.partition("::")
    return str(Path(path).resolve()) + separator + rest if Path(path).exists() else argument


def run_suite(suite: Suite, python: Path, arguments: "list[str]", report: Path) -> int:
    """Run one suite with its results in report, a JUnit file; returns pytest's exit code."""
    say(f"\nTesting {suite.name} ...")
    options = [absolute(argument) for argument in arguments] or [*suite.coverage]
    module = [str(python), "-m"]
    code = run_in(suite, [*module, "pytest", "-rs", f"--junitxml={report}", *suite.plugins, *options])
    if suite.whole and not arguments:
        demanded = ["--rcfile=setup.cfg", f"--include={suite.whole}", "--fail-under=100"]
        code = run_in(suite, [*module, "coverage", "report", *demanded]) or code
    return 0 if arguments and code == NOTHING_COLLECTED else code


def run_in(suite: Suite, command: "list[str]") -> int:
    """Run a command in the suite's folder; returns its exit code."""
    return subprocess.run(command, cwd=suite.folder, stdin=subprocess.DEVNULL, check=False).returncode


def summary(reports: "list[Path]") -> str:
    """Return the summed-up counts of JUnit files."""
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for report in reports:
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            for key in totals:
                totals[key] += int(suite.get(key, "0"))
    failed = totals["failures"] + totals["errors"]
    passed = totals["tests"] - failed - totals["skipped"]
    return f"{passed} passed, {failed} failed, {totals['skipped']} skipped"


def asked_version(arguments: "list[str]") -> "tuple[str, list[str]]":
    """Return the version of Home Assistant that --ha asks for, and the arguments that are left."""
    if "--ha" not in arguments:
        return "", arguments
    place = arguments.index("--ha")
    return "".join(arguments[place + 1 : place + 2]), arguments[:place] + arguments[place + 2 :]


def main() -> int:
    """Run the chosen suites; returns 0 when all are green."""
    version, arguments = asked_version(sys.argv[1:])
    try:
        python = find_python()
        suites = [AHEAD] if version else chosen(arguments)
        if suites[0].folder == ROOT:
            os.environ.update(real_parts(python, version))
        with tempfile.TemporaryDirectory() as folder:
            reports = [Path(folder) / f"{suite.env}.xml" for suite in suites]
            codes = [
                run_suite(suite, prepare(suite.env, python, version), arguments, report)
                for suite, report in zip(suites, reports)
            ]
            print(summary([report for report in reports if report.exists()]))
    except BootstrapError as error:
        say(f"error: {error}")
        return 1
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
