"""Run the pytest suites of the integration and of the service, and sum them up."""

import argparse
import os
from pathlib import Path
import random
import sys
from typing import Optional

from bootstrap import ROOT, find_chromium, prepare
from bootstrap_debian import debian_program
from bootstrap_python import find_python
from bootstrap_tools import BootstrapError, say
from run_tests_moments import MOMENTS, Moment, moment_named
from run_tests_results import Results
from run_tests_suites import INTEGRATION, LINE, SERVICE, Run, Stage, Suite, scratch

DEPLOYED = {
    "prometheus": "promtool",
    "prometheus-alertmanager": "amtool",
    "caddy": "caddy",
}
"""Debian's packages, each with a program in it."""
FAST = ("PRINTERNIZER_FAST_PROOFS", "AGGREGATION_FAST_PROOFS")
"""What has the tests try less that try much."""
NEXT = ("-p", "tests.next_home_assistant")


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


def deployed_programs() -> "list[str]":
    """Return the folders of the programs that the service is deployed with."""
    folders = []
    for package, program in DEPLOYED.items():
        try:
            folders.append(str(debian_program(package, program).parent))
        except BootstrapError as error:
            say(f"not available: {package}: {error}")
    return folders


def chosen(arguments: "list[str]") -> "list[Suite]":
    """Return the suites that the paths among the arguments belong to; without paths both."""
    paths = [Path(argument.split("::")[0]).resolve() for argument in arguments]
    owners = [SERVICE.folder in (path, *path.parents) for path in paths if path.exists()]
    return [
        suite for suite, owner in ((INTEGRATION, False), (SERVICE, True)) if owner in (owners or (owner,))
    ]


def planned(asked: argparse.Namespace, arguments: "list[str]") -> "list[Run]":
    """Return the runs."""
    plugins = NEXT if asked.ha else ()
    if arguments:
        suites = [INTEGRATION] if asked.ha else chosen(arguments)
        return [Run(suite, arguments, plugins=plugins) for suite in suites]
    if asked.ha:
        return [Run(suite, suite.quick, plugins=plugins) for suite in (INTEGRATION, LINE)]
    if asked.fast:
        return [Run(suite, suite.quick) for suite in (INTEGRATION, SERVICE)]
    return [
        Run(INTEGRATION, INTEGRATION.quick, demanding=True),
        Run(SERVICE, demanding=True),
        Run(LINE, LINE.quick),
    ]


def prepared(runs: "list[Run]", asked: argparse.Namespace, python: Path) -> None:
    """Make the environments of the runs, and bring the real programs of those that need some."""
    for run in runs:
        run.python = prepare(run.suite.env, python, asked.ha)
    if asked.fast:
        return
    folders = {run.suite.folder for run in runs}
    if ROOT in folders:
        os.environ.update(real_parts(python, asked.ha))
    if SERVICE.folder in folders:
        os.environ["PATH"] = os.pathsep.join([*deployed_programs(), os.environ["PATH"]])


def parse_arguments() -> "tuple[argparse.Namespace, list[str]]":
    """Return our own arguments, and those that are pytest's."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--ha", default="")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--at", default="")
    return parser.parse_known_args()


def moments(asked: argparse.Namespace) -> "list[Optional[Moment]]":
    """Return the moments to run at; None is now."""
    if not asked.at:
        return [None]
    return list(MOMENTS) if asked.at == "all" else [moment_named(asked.at)]


def main() -> int:
    """Run what was asked for; returns 0 when all is green."""
    asked, arguments = parse_arguments()
    say(f"The order of the tests: --seed {asked.seed}")
    if asked.fast:
        os.environ.update(dict.fromkeys(FAST, "1"))
    results = Results()
    try:
        for moment in moments(asked):
            runs = planned(asked, arguments)
            prepared(runs, asked, find_python())
            with scratch() as folder:
                stage = Stage(asked.seed, moment, folder, results, again=asked.again, in_turn=asked.fast)
                stage.run(runs)
    except BootstrapError as error:
        say(f"error: {error}")
        return 1
    for line in results.lines:
        say(line)
    print(results.summary())
    return int(not results.green)


if __name__ == "__main__":
    sys.exit(main())
