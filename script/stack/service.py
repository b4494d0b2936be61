"""The aggregation service on its embedded database."""

from collections.abc import Mapping, Sequence
import os
from pathlib import Path
import subprocess
from typing import override

import httpx

from .process import HOST, Process, StackError

READER = "dashboard"
SOURCE = Path(__file__).resolve().parents[2] / "services" / "aggregation"


class AggregationService(Process):
    """One service process that keeps its reports in its own folder."""

    name = "The aggregation service"

    def __init__(self, directory: Path, port: int, python: Path, api_key: str) -> None:
        """Use the service's own Python and one API key."""
        super().__init__(directory, port)
        self._python = python
        self.api_key = api_key

    @property
    def submit_url(self) -> str:
        """Return the address that reports are sent to."""
        return f"{self.url}/submit"

    @property
    def dashboard_url(self) -> str:
        """Return the address of the maintainers' dashboard."""
        return f"{self.url}/dashboard"

    def run(self, *arguments: str) -> str:
        """Run a command of the service on its database and return what it prints; raises StackError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            [self._python, "-m", "aggregation", *arguments],
            cwd=self.directory,
            env=os.environ | self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StackError(f"{self.name}: {arguments[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    def reading_key(self) -> str:
        """Return a new key that opens the dashboard; the one before it ends."""
        try:
            return self.run("keys", "create", READER, "--scope", "read")
        except StackError:  # a kept folder has one already
            return self.run("keys", "rotate", READER)

    @override
    def command(self) -> Sequence[str | Path]:
        return [self._python, "-m", "aggregation"]

    @override
    def environment(self) -> Mapping[str, str]:
        return {
            "PYTHONPATH": str(SOURCE),
            "AGGREGATION_HOST": HOST,
            "AGGREGATION_PORT": str(self.port),
            "AGGREGATION_API_KEY": self.api_key,
            "AGGREGATION_DATABASE_URL": f"sqlite:///{self.directory / 'aggregation.db'}",
        }

    @override
    def ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).is_success
        except httpx.TransportError:
            return False
