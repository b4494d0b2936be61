"""Starts programs as copies of this process, which has imported already what they import.

Run as a program by a Python that has Home Assistant: `program.py FILE`. A line on its standard input is the
JSON of what to start: Home Assistant, or a file of Python. A copy that begins answers with a line that holds
its process id. What a copy had imported at its end is noted in the file, and imported here before the next
one is started: importing takes ten times as long as all else that Home Assistant does at its start.
"""

from contextlib import suppress
import gc
import importlib
import json
import os
from pathlib import Path
import runpy
import signal
import sys
from typing import Any

# Before anything else, as it wants to be: it puts other modules into the place of some.
from homeassistant.__main__ import main as run_home_assistant

OWN = ("__main__", "custom_components")
"""What each imports itself: the integration under test is the one of its configuration folder."""


def serve(noted: Path) -> None:
    """Start what the lines ask for, until there are no more."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody here waits for the copies
    for line in sys.stdin:
        import_what_is(noted)
        if os.fork() == 0:
            become(json.loads(line), noted)


def import_what_is(noted: Path) -> None:
    """Import what the last one had imported, in its order."""
    names = json.loads(noted.read_text(encoding="ascii")) if noted.exists() else []
    for name in names:
        with suppress(Exception):  # a few modules exist only within others
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def become(wanted: dict[str, Any], noted: Path) -> None:
    """Be what is wanted, as if it had been started by itself."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    answers = os.dup(sys.stdout.fileno())
    output = os.open(wanted["output"], os.O_WRONLY | os.O_APPEND)
    for number, source in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(source, number)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])
    sys.argv = wanted["command"]
    os.write(answers, f"{os.getpid()}\n".encode())
    os.close(answers)
    code = run()
    note(noted)
    sys.exit(code)


def run() -> int:
    """Do what the command line says."""
    if not sys.argv[0].endswith(".py"):
        return run_home_assistant()
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0


def note(noted: Path) -> None:
    """Write down what this process has imported, in its order; Home Assistant complains of open()."""
    names = [name for name in sys.modules if not name.startswith(OWN)]
    partly = noted.with_suffix(f".{os.getpid()}")
    file = os.open(partly, os.O_WRONLY | os.O_CREAT)
    os.write(file, json.dumps(names).encode())
    os.close(file)
    partly.rename(noted)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
