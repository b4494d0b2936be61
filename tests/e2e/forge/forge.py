"""The forge as the tests use it."""

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import select
import subprocess
from typing import Final

from stack.process import StackError

PROGRAM: Final = Path(__file__).with_name("program.py")


class Copy:
    """A process that is the child of another one: what subprocess.Popen offers of it."""

    def __init__(self, pid: int) -> None:
        """Hold on to a process that runs."""
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    def __del__(self) -> None:
        """Let go of it."""
        os.close(self._descriptor)

    def poll(self) -> int | None:
        """Return a number once it has ended; with which code only its parent knows."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return code

    def _ended(self, timeout: float | None) -> int | None:
        readable, _, _ = select.select([self._descriptor], [], [], timeout)
        return 0 if readable else None


class Forge:
    """Starts programs of an environment with Home Assistant without the time that their imports take."""

    def __init__(self, python: Path, complaints: Path) -> None:
        """Start the process of which the others are copies; what they import is noted in the environment."""
        self._complaints = complaints
        noted = python.parent.parent / "imported.json"
        with complaints.open("ab") as log:
            self._process = subprocess.Popen(
                [python, PROGRAM, noted],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def start(
        self, command: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path
    ) -> Copy:
        """Start Home Assistant, or a file of Python, with this command line, which names it first."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {
            "command": command,
            "folder": str(folder),
            "environment": dict(environment),
            "output": str(output),
        }
        self._process.stdin.write(f"{json.dumps(wanted)}\n")
        self._process.stdin.flush()
        if not (answer := self._process.stdout.readline()):
            raise StackError(f"Nothing can be started: {self._complaints.read_text()}")
        return Copy(int(answer))

    def stop(self) -> None:
        """End it; the copies go on."""
        self._process.communicate()
