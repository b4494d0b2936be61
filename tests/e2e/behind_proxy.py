"""The real service behind a proxy that a test runs."""

from collections.abc import Mapping
from pathlib import Path
from typing import override

from stack.parts import interpreter
from stack.process import free_port
from stack.service import AggregationService

from .conftest import CLIENT_KEY


class ServiceBehindProxy(AggregationService):
    """A service whose address is the proxy's, and that lets all come from one network; without alarms."""

    def __init__(self, directory: Path) -> None:
        """Take ports for both; `proxy_port` is where the proxy has to listen."""
        super().__init__(directory, free_port(), interpreter("service"), CLIENT_KEY)
        self.proxy_port = free_port()
        self.public_url = f"http://127.0.0.1:{self.proxy_port}"

    @property
    @override
    def submit_url(self) -> str:
        return f"{self.public_url}/submit"

    @override
    def environment(self) -> Mapping[str, str]:
        return {
            **super().environment(),
            "AGGREGATION_PUBLIC_URL": self.public_url,
            "AGGREGATION_NETWORK_PER_MINUTE": "0",
            "AGGREGATION_INSIGHT": "false",
        }
