"""A deletion whose first answer is lost, between the real integration and the real service."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import sqlite3
import threading
from typing import Any, override

import httpx
import jwt
import pytest

from stack import standin
from stack.home_assistant import Json
from stack.integration import DOMAIN, Integration
from stack.process import PATIENCE

from .behind_proxy import ServiceBehindProxy
from .conftest import required
from .homes import Homes

HEADERS = ("Authorization", "Content-Type", "X-API-Key")


class LosingProxy(ThreadingHTTPServer):
    """Forwards to a service, and loses its answers to deletions until it is told not to."""

    def __init__(self, service: ServiceBehindProxy) -> None:
        """Listen where the service says that it is."""
        super().__init__(("127.0.0.1", service.proxy_port), _Handler)
        self.upstream = service.url
        self.loses = True
        self.receipts: list[bytes] = []
        """What the service answered to deletions that it did, lost ones too."""


class _Handler(BaseHTTPRequestHandler):
    server: LosingProxy

    def do_GET(self) -> None:
        self._forward()

    def do_POST(self) -> None:
        self._forward()

    def do_DELETE(self) -> None:
        self._forward()

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: self.headers[name] for name in HEADERS if name in self.headers}
        url = f"{self.server.upstream}{self.path}"
        answer = httpx.request(self.command, url, content=body, headers=headers, timeout=PATIENCE)
        if self.command == "DELETE":
            # The client's library asks a second time by itself, with a proof that was used.
            self.server.receipts += [answer.content] if answer.is_success else []
            if self.server.loses:
                self.close_connection = True
                return
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers["Content-Type"])
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceBehindProxy]:
    """Run a service that expects its clients to come by the proxy."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    running = ServiceBehindProxy(tmp_path / "service")
    yield running.start()
    running.stop()


@contextmanager
def _between(service: ServiceBehindProxy) -> Iterator[LosingProxy]:
    with LosingProxy(service) as proxy:
        thread = threading.Thread(target=proxy.serve_forever)
        thread.start()
        yield proxy
        proxy.shutdown()
        thread.join()


def test_the_receipt_of_a_repeated_deletion_tells_what_the_first_one_deleted(
    homes: Homes, service: ServiceBehindProxy
) -> None:
    home = homes.start(extra=standin.CONFIGURATION)
    client = Integration(home)
    with _between(service) as proxy:
        client.set_up(service)
        sent = client.ask("submit_now")["sha256"]
        assert _stored(service) == [sent]

        home.call_action(DOMAIN, "delete_data", {"confirm": True, "at_once": True})
        assert _stored(service) == [], "the service has deleted, and nobody knows"
        (waiting,) = client.ask("export_data")["deletions"]
        assert (waiting["confirmed"], waiting["receipt"]) == (None, None)

        proxy.loses = False
        home.call_action(DOMAIN, "delete_data", {"confirm": True, "at_once": True})
    (confirmed,) = client.ask("export_data")["deletions"]
    lost, repeated = proxy.receipts
    assert lost == repeated, "byte for byte"
    assert confirmed["confirmed"] is not None
    assert confirmed["receipt"]["deleted_count"] == 1
    assert _claims(service, confirmed["receipt"]["jws"])["deleted_count"] == 1
    home.stop()


def _stored(service: ServiceBehindProxy) -> list[str]:
    """Return the hash of each report that the service stored."""
    with closing(sqlite3.connect(service.directory / "aggregation.db")) as connection:
        return [row[0] for row in connection.execute("SELECT body_sha256 FROM submissions")]


def _claims(service: ServiceBehindProxy, token: str) -> Json:
    """Return what a receipt says, whose signature is by a key that the service publishes."""
    keys = {
        each["kid"]: each for each in httpx.get(f"{service.url}/", timeout=PATIENCE).json()["receipt_keys"]
    }
    key = jwt.PyJWK(keys[jwt.get_unverified_header(token)["kid"]], "EdDSA")
    claims: Json = jwt.decode(token, key, ["EdDSA"], options={"verify_iat": False})
    return claims
