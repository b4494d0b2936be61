"""The aggregation service on its embedded database."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import override

import httpx

from .process import HOST, Process

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
