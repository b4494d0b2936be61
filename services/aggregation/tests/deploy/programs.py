"""Real programs for the tests of what is deployed: Debian's, or those of wheels."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
import shutil
import subprocess
import sys

import pytest

from tests.support import ROOT, SECONDS

DEPLOY = ROOT / "deploy"
MONITORING = DEPLOY / "monitoring"


def program(*names: str) -> str:
    """Return the path of a program under the first name that there is, or skip."""
    folders = f"{Path(sys.executable).parent}"
    for name in names:
        if found := shutil.which(name) or shutil.which(name, path=folders):
            return found
    pytest.skip(f"{names[0]} is not installed")


def run(
    *command: str, folder: Path = DEPLOY, env: dict[str, str] | None = None, seconds: float = SECONDS
) -> str:
    """Run a command that must succeed and return what it says."""
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=folder, env=env, timeout=seconds
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout + result.stderr


@dataclass
class Running:
    """A server that runs, and the file that holds what it says."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def log(self) -> str:
        """Return all that was said so far."""
        return self.file.read_text()


@contextmanager
def running(log: Path, *command: str, env: dict[str, str] | None = None) -> Iterator[Running]:
    """Run a server until the end of the block; what it says goes to a file."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env, cwd=log.parent)
        try:
            yield Running(process, log)
        finally:
            process.terminate()
            process.wait(SECONDS)
