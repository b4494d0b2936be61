"""Run the tests of a room on each of its mutants; see script/mutate."""

import argparse
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
import importlib
from importlib.machinery import SourceFileLoader
import os
from pathlib import Path
import random
import signal
import sys
import time
import tomllib
from types import CodeType
from typing import Any, Final

import hypothesis
from mutants import Mutant, mutants

_ROOT: Final = Path(__file__).resolve().parent.parent
_GOAL: Final = 95.0
_PATIENCE: Final = 30.0
_TIMED_OUT: Final = 124
# Tests below this folder take milliseconds each.
_QUICK: Final = "tests/core/"
_SURVIVED: Final = ": survived: "
# What every mutant needs and none changes: imported once, before the processes part.
_OURS: Final = ("custom_components", "tests")
_PRELOADED: Final = (
    "pytest_homeassistant_custom_component.plugins",
    "homeassistant.components.recorder",
    "homeassistant.components.http",
    "homeassistant.helpers.update_coordinator",
    "custom_components.printernizer_stats.config_flow",
    "custom_components.printernizer_stats.sensor",
    "tests.replaying",
)
# Tests that use nothing of Home Assistant need none of its fixtures, which take longer than they do.
_PURE: Final = ("-c", os.devnull, "--rootdir", str(_ROOT), "--noconftest")


@dataclass
class Room:
    """A module, its tests, the changes that change nothing, and what came of the others.

    Tests that are `pure` use nothing of Home Assistant.
    """

    name: str
    file: Path
    tests: list[str]
    equivalent: dict[str, str]
    pure: bool = False
    killed: int = 0
    ignored: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    def names(self, mutant: Mutant) -> str:
        """Return the line that tells of a survivor."""
        return f"{self.file.relative_to(_ROOT)}:{mutant.line}{_SURVIVED}{mutant.what}"

    @property
    def percent(self) -> float:
        """How many of the mutants that change something were noticed."""
        tried = self.killed + len(self.survivors)
        return 100 * self.killed / tried if tried else 100.0

    def chosen(self, sample: int, seed: int, again: Container[str] | None) -> list[Mutant]:
        """Return the mutants to try, and count those that change nothing."""
        found = mutants(self.file.read_text(encoding="utf-8"))
        if again is not None:
            found = [each for each in found if self.names(each) in again]
        if sample and sample < len(found):
            found = random.Random(seed).sample(found, sample)
        tried = [each for each in found if each.what not in self.equivalent]
        self.ignored = len(found) - len(tried)
        return tried


def preload() -> None:
    """Import what no mutant changes, and with it what some do."""
    for module in _PRELOADED:
        importlib.import_module(module)


def forget(room: Room) -> None:
    """Forget what the room's mutants may change, so that it is imported anew, with the mutant.

    That is everything of ours; where the tests are pure, only they and what lies in the room's folder.
    """
    folder = ".".join(room.file.relative_to(_ROOT).parent.parts)
    ours = ("tests", folder) if room.pure else _OURS
    for module in [each for each in sys.modules if f"{each}.".startswith(tuple(f"{name}." for name in ours))]:
        del sys.modules[module]


def rooms(names: Sequence[str]) -> list[Room]:
    """Return the rooms with these names, without names all."""
    known: dict[str, Any] = tomllib.loads((_ROOT / "script" / "mutants.toml").read_text(encoding="utf-8"))
    return [
        Room(name, _ROOT / each["file"], each["tests"], each.get("equivalent", {}), each.get("pure", False))
        for name, each in ((name, known[name]) for name in names or known)
    ]


def replace(file: Path, source: str) -> None:
    """Let this process import a module from another source; the file stays as it is."""
    get_code = SourceFileLoader.get_code

    def mutated(self: SourceFileLoader, fullname: str) -> CodeType | None:
        if Path(self.path) != file:
            return get_code(self, fullname)
        return compile(source, str(file), "exec", dont_inherit=True)

    SourceFileLoader.get_code = mutated  # type: ignore[method-assign, assignment]


def start(room: Room, mutant: Mutant | None) -> int:
    """Run the room's tests in a process that has the mutant, or none; returns its number."""
    if process := os.fork():
        return process
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        import pytest  # noqa: PLC0415 - only in the process that is thrown away

        forget(room)
        if mutant:
            replace(room.file, mutant.source)
        options = ["-q", "-x", "--tb=no", "-p", "no:cacheprovider"]
        if room.pure:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
            options += _PURE
        else:
            options += ["-p", "no:randomly"]
        # One file after the other, if they are pure: what one notices costs no import of the others.
        together = [[test] for test in room.tests] if room.pure else [room.tests]
        runs = (int(pytest.main([*options, *tests])) for tests in together)
        code = next((code for code in runs if code), 0)
    except BaseException:  # noqa: BLE001 - whatever it was, the mutant was noticed
        code = 1
    os._exit(code)


def ended(processes: dict[int, float]) -> tuple[int, int]:
    """Wait for one of the processes, each with a time at which it is given up; returns it and its code."""
    while True:
        for process, until in processes.items():
            done, status = os.waitpid(process, os.WNOHANG)
            if done:
                return process, os.waitstatus_to_exitcode(status)
            if time.monotonic() > until:
                os.killpg(process, signal.SIGKILL)
                os.waitpid(process, 0)
                return process, _TIMED_OUT
        time.sleep(0.05)


def outcomes(room: Room, tried: list[Mutant], jobs: int, patience: float) -> Iterator[tuple[Mutant, int]]:
    """Yield the mutants with the exit codes of their runs, as they end."""
    waiting = list(reversed(tried))
    running: dict[int, Mutant] = {}
    limits: dict[int, float] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            mutant = waiting.pop()
            process = start(room, mutant)
            running[process], limits[process] = mutant, time.monotonic() + patience
        process, code = ended(limits)
        del limits[process]
        yield running.pop(process), code


def survivors(file: str) -> set[str]:
    """Return the lines of an earlier run that tell of survivors."""
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    return {each for each in lines if _SURVIVED in each}


def try_room(room: Room, arguments: argparse.Namespace) -> None:
    """Run the tests of a room on its mutants and tell of the survivors."""
    if arguments.quick:
        room.tests = [each for each in room.tests if each.startswith(_QUICK)]
    began = time.monotonic()
    _, code = ended({start(room, None): began + 10 * _PATIENCE})
    if code:
        raise SystemExit(f"error: the tests of {room.name} fail without a mutant ({code})")
    patience = _PATIENCE + 4 * arguments.jobs * (time.monotonic() - began)
    tried = room.chosen(arguments.sample, arguments.seed, arguments.again)
    for mutant, outcome in outcomes(room, tried, arguments.jobs, patience):
        if outcome:
            room.killed += 1
        else:
            room.survivors.append(mutant)
            print(room.names(mutant), flush=True)
    counts = f"{room.killed} of {len(tried)} killed, {room.ignored} ignored"
    print(f"{room.name}: {counts}: {room.percent:.1f} %", flush=True)


def main() -> int:
    """Try the rooms; returns 0 when each has its share of killed mutants."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rooms", nargs="*")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=survivors)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    os.chdir(_ROOT)
    hypothesis.settings.register_profile("any machine", deadline=None, derandomize=True)
    hypothesis.settings.load_profile("any machine")
    sys.path.insert(0, str(_ROOT))
    preload()
    tried = rooms(arguments.rooms)
    for room in tried:
        try_room(room, arguments)
    return int(any(room.percent < _GOAL for room in tried))


if __name__ == "__main__":
    sys.exit(main())
