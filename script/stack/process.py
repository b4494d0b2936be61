"""Child processes in groups of their own, ports, and waiting with a limit."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import count
import os
from pathlib import Path
import signal
import socket
import subprocess
import time
from typing import Protocol, Self

HOST = "127.0.0.1"
PATIENCE = 300.0
"""How long, in seconds, anything may take on a busy machine before one gives up."""
LOWEST_PORT, ABOVE_PORTS = 11_000, 32_768
"""Systems choose ports above, Linux from 32768 on."""
_NUMBERS = count(os.getpid() * 97)
"""Each process begins elsewhere, so that none takes what another one is about to use."""


class StackError(Exception):
    """A part of the stack failed; the text says which and why."""


def free_port() -> int:
    """Return a loopback port that nothing listens on, and that the system gives to nobody by itself."""
    for number in _NUMBERS:
        port = LOWEST_PORT + number % (ABOVE_PORTS - LOWEST_PORT)
        with suppress(OSError), socket.create_server((HOST, port)):
            return port
    raise AssertionError


def wait_until[T](
    what: str, probe: Callable[[], T | None], *, timeout: float = PATIENCE, interval: float = 0.2
) -> T:
    """Return the probe's first true answer; raises StackError after timeout seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if answer := probe():
            return answer
        time.sleep(interval)
    message = f"{what}: not within {timeout:.0f} seconds"
    raise StackError(message)


class Running(Protocol):
    """A process that was started, as subprocess has it."""

    pid: int

    def poll(self) -> int | None:
        """Return its code once it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; raises subprocess.TimeoutExpired."""


class Process:
    """One part of the stack: a process group whose output goes to a log file."""

    name = "process"

    def __init__(self, directory: Path, port: int) -> None:
        """Remember where the part keeps its files and where it listens."""
        self.directory = directory
        self.port = port
        self.url = f"http://{HOST}:{port}"
        self._process: Running | None = None

    @property
    def log(self) -> Path:
        """Return the file that holds the part's output."""
        return self.directory / "output.log"

    def command(self) -> Sequence[str | Path]:
        """Return the command line."""
        raise NotImplementedError

    def environment(self) -> Mapping[str, str]:
        """Return variables added to the environment."""
        return {}

    def prepare(self) -> None:
        """Write what the part reads at its start."""

    def ready(self) -> bool:
        """Tell whether the started part can be used."""
        raise NotImplementedError

    def launch(self) -> None:
        """Start the process; it need not be ready yet."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self.prepare()
        self.log.touch()
        command = [str(part) for part in self.command()]
        self._process = self.spawn(command, {**os.environ, **self.environment()})

    def spawn(self, command: Sequence[str], environment: Mapping[str, str]) -> Running:
        """Start a process in a group of its own."""
        with self.log.open("ab") as output:
            return subprocess.Popen(
                command,
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        """Wait until the part can be used; raises StackError with its last words."""

        def probe() -> bool:
            if not self.running:
                raise StackError(f"{self.name} ended by itself:\n{self.last_words()}")
            return self.ready()

        wait_until(f"{self.name} is ready", probe)

    def start(self) -> Self:
        """Start the part and wait until it can be used."""
        self.launch()
        self.wait_ready()
        return self

    @property
    def running(self) -> bool:
        """Tell whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def stop(self, timeout: float = 30) -> None:
        """End the whole process group, politely first; does nothing when it does not run."""
        if self._process is not None:
            _signal_group(self._process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
            self.kill()

    def kill(self) -> None:
        """End the whole process group at once, as a power cut would."""
        if self._process is not None:
            _signal_group(self._process, signal.SIGKILL)
            self._process.wait()
            self._process = None


def _signal_group(process: Running, number: signal.Signals) -> None:
    """Signal a child and its own children, if any of them is left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
