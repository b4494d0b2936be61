"""Moments at which the tests can run, and how their clock is set to one."""

from dataclasses import dataclass
from datetime import datetime
import os
from pathlib import Path

from bootstrap_tools import BootstrapError, tool_folder

PACKAGE = "libfaketime"
LIBRARY = f"{PACKAGE}==3.0.1"
"""PyPI's: it gives every process below it another time, SQLite's too. Python cannot sleep with Debian's."""
PLUGIN = "restart_clock"


@dataclass(frozen=True)
class Moment:
    """A local time in a zone, at which each test begins."""

    name: str
    text: str
    zone: str = "UTC"

    def variables(self) -> "dict[str, str]":
        """Return the variables with which a pytest run, and what it starts, has that time."""
        plugins = " ".join(filter(None, (os.environ.get("PYTEST_ADDOPTS"), f"-p {PLUGIN}")))
        path = os.pathsep.join(filter(None, (str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))
        return {
            "TZ": self.zone,
            "LD_PRELOAD": str(library()),
            "FAKETIME": "+0",
            # Python asks for the monotonic clock to wait: it goes on as it does.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Threads wait for the interpreter's lock by it too, and libfaketime forgets that there:
            # they would ask for it without end. As long as they wait else, in milliseconds.
            "FAKETIME_WAIT_MS": "5",
            "FAKETIME_NO_CACHE": "1",
            "PRINTERNIZER_TEST_MOMENT": self.text,
            "PYTEST_ADDOPTS": plugins,
            "PYTHONPATH": path,
        }


MOMENTS = (
    Moment("sunday", "2026-11-29T23:59:58"),
    Moment("week-53", "2026-12-31T23:59:58"),
    Moment("leap-day", "2028-02-29T23:59:58"),
    # The zone that Home Assistant's own tests are set to.
    Moment("spring", "2027-03-14T01:59:58", "America/Los_Angeles"),
    Moment("autumn", "2027-11-07T01:59:58", "America/Los_Angeles"),
    Moment("two-years-on", "2028-11-26T12:00:00"),
)


def moment_named(name: str) -> Moment:
    """Return the moment with that name, or the one that it is the ISO form of; raises BootstrapError."""
    for moment in MOMENTS:
        if moment.name == name:
            return moment
    try:
        return Moment(name, datetime.fromisoformat(name).replace(tzinfo=None).isoformat())
    except ValueError as error:
        names = ", ".join(moment.name for moment in MOMENTS)
        raise BootstrapError(f"--at takes all, {names} or a moment such as 2028-02-29T23:59:58") from error


def library() -> Path:
    """Return libfaketime, downloaded into the cache; raises BootstrapError."""
    return tool_folder(PACKAGE, LIBRARY) / PACKAGE / "vendor" / PACKAGE / "src" / f"{PACKAGE}.so.1"
