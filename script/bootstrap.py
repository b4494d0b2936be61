#!/usr/bin/env python3
"""Prepare the project's Python environments and print where they are.

Usage: python3 script/bootstrap.py [--python] [--chromium] [--ha VERSION] [ENV ...]

ENV is one of test, hass, service, service_test, octoprint. For each, in the order
given, one line with the path of the environment's Python is printed; --python prints
the Python 3.14 interpreter itself, --chromium the browser of the end-to-end tests (an
empty line where there is none). With --ha the environments have that version of Home
Assistant; there is a file in script/requirements for each. Progress goes to standard
error.

Runs on any Python >= 3.9 with the standard library only. Everything is kept in
$PRINTERNIZER_STATS_CACHE, else ${XDG_CACHE_HOME:-~/.cache}/printernizer-stats, and is
shared by all checkouts.
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
import hashlib
from pathlib import Path
import shutil
import sys

from bootstrap_python import find_python
from bootstrap_tools import (
    BootstrapError,
    cache_root,
    install_system_packages,
    locked,
    run,
    say,
    uv_command,
)

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = {
    "test": ["requirements_test.txt"],
    "hass": ["script/requirements/hass.txt"],
    "service": ["services/aggregation/requirements.txt"],
    "service_test": [
        "services/aggregation/requirements.txt",
        "services/aggregation/requirements_test.txt",
    ],
    "octoprint": ["script/requirements/octoprint.txt"],
}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
CHROMIUM_PACKAGES = ["chromium", "chromium-driver", "fonts-dejavu-core", "fonts-noto-core"]
MARKER = ".complete"


def requirement_files(env: str) -> "list[Path]":
    """Return the requirement files of an environment; raises BootstrapError when one is missing."""
    files = [ROOT / name for name in REQUIREMENTS[env]]
    for file in files:
        if not file.is_file():
            raise BootstrapError(f"environment {env}: {file.relative_to(ROOT)} does not exist")
    return files


def fingerprint(files: "list[Path]", python: Path) -> str:
    """Return a short hash of what an environment is made of."""
    version = run([str(python), "-c", "import sys; print(sys.version)"], capture=True)
    texts = [file.read_text(encoding="utf-8") for file in files]
    return hashlib.sha256("\0".join([str(python), version, *texts]).encode()).hexdigest()[:12]


def build_variables(python: Path) -> "dict[str, str]":
    """Return the variables with which compiled packages find an unpacked Python's headers."""
    include = python.parent.parent / "include"
    return {"CPATH": str(include)} if cache_root() in python.parents else {}


def override_files(home_assistant: str) -> "list[Path]":
    """Return the file that replaces pinned versions; raises BootstrapError for an unknown version."""
    if not home_assistant:
        return []
    file = ROOT / "script" / "requirements" / f"{home_assistant}.txt"
    if not file.is_file():
        raise BootstrapError(f"no {file.relative_to(ROOT)}: this version of Home Assistant is not known")
    return [file]


def build(env: str, files: "list[Path]", overrides: "list[Path]", python: Path, target: Path) -> None:
    """Create one environment in target, complete or not at all."""
    say(f"Preparing environment {env} ...")
    if env == "hass" and not shutil.which("g++"):
        install_system_packages(["g++"], "two packages of Home Assistant are compiled from C++")
    shutil.rmtree(target, ignore_errors=True)
    uv = uv_command()
    run([*uv, "venv", "--quiet", "--python", str(python), str(target)])
    command = [*uv, "pip", "install", "--quiet", "--compile-bytecode"]
    command += ["--python", str(target / "bin" / "python")]
    for option, named in (("-r", files), ("--override", overrides)):
        for file in named:
            command += [option, str(file)]
    run(command, env=build_variables(python))
    (target / MARKER).touch()


def prepare(env: str, python: Path, home_assistant: str = "") -> Path:
    """Return the Python of a complete environment, making it first where needed."""
    files, overrides = requirement_files(env), override_files(home_assistant)
    name = f"{env}-{fingerprint([*files, *overrides], python)}"
    target = cache_root() / "environments" / name
    if not (target / MARKER).exists():
        with locked(name):
            if not (target / MARKER).exists():
                build(env, files, overrides, python, target)
    return target / "bin" / "python"


def chromium_on_path() -> str:
    """Return the path of an installed Chromium, or an empty string."""
    paths = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in paths if path), "")


def find_chromium() -> str:
    """Return the path of Chromium, installed first on Debian as root, or an empty string."""
    try:
        if not chromium_on_path():
            install_system_packages(CHROMIUM_PACKAGES, "end-to-end tests use a browser")
    except BootstrapError as error:
        say(str(error))
    return chromium_on_path()


def parse_arguments() -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", action="store_true", help="print the Python 3.14 interpreter")
    parser.add_argument("--chromium", action="store_true", help="print the browser's path")
    parser.add_argument("--ha", default="", metavar="VERSION", help="the version of Home Assistant")
    parser.add_argument("envs", nargs="*", metavar="ENV")
    arguments = parser.parse_args()
    for env in arguments.envs:
        if env not in REQUIREMENTS:
            parser.error(f"unknown environment {env}; there are {', '.join(REQUIREMENTS)}")
    return arguments


def main() -> int:
    """Prepare what was asked for and print one path per line."""
    arguments = parse_arguments()
    try:
        python = find_python()
        if arguments.python:
            print(python)
        with ThreadPoolExecutor(max_workers=2) as pool:
            for path in list(pool.map(lambda env: prepare(env, python, arguments.ha), arguments.envs)):
                print(path)
        if arguments.chromium:
            print(find_chromium())
    except BootstrapError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
