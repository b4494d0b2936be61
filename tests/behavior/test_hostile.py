"""Whoever answers instead of the service gets no report: real servers that lie, lead away, or never end."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
import ssl
from threading import Thread
from typing import ClassVar

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from homeassistant.core import HomeAssistant
import pytest

from custom_components.printernizer_stats.core.sharing.api import (
    Answer,
    Credentials,
    Verdict,
    async_delete_installation,
    async_discover,
    async_probe,
    async_submit,
)
from custom_components.printernizer_stats.core.sharing.service_info import ServiceInfo

from ..background.test_report_scheduler import refused
from ..forms import async_open_options, sharing
from ..helpers import AGREED, CLIENT_KEY, async_act, async_setup, entity_state

KEY = Credentials(client_key="key")
BODY = b'{"a":1}'
ID = "550e8400-e29b-41d4-a716-446655440000"

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def _application(handler: Handler) -> web.Application:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    return app


def _certificate(folder: Path, host: str = "127.0.0.1", *, days: int = 7) -> Path:
    """Write a key and the certificate that it signed itself, good from a week ago for so many days."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a service")])
    begin = datetime.now(UTC) - timedelta(days=7)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / f"{host}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return file


class _Service(BaseHTTPRequestHandler):
    """Takes what anybody sends over TLS, in a thread: its own handshake errors are none of the client's."""

    received: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        """Acknowledge it."""
        self.received.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"submission_id": 1}')

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    """Closing the server waits for what is under way."""

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what is wanted here."""


@contextmanager
def _serving(file: Path) -> Iterator[str]:
    """Run a service with that certificate, and give its address."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    _Service.received.clear()
    server = _Server(("127.0.0.1", 0), _Service)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/submit"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("host", "days", "known", "verdict"),
    [
        ("127.0.0.1", 30, False, Verdict.UNTRUSTED),
        ("127.0.0.2", 30, True, Verdict.UNTRUSTED),
        ("127.0.0.1", 6, True, Verdict.UNTRUSTED),
        ("127.0.0.1", 30, True, Verdict.ACCEPTED),
    ],
    ids=["signed by nobody", "of another host", "expired", "good"],
)
async def test_certificates_are_never_skipped(
    socket_enabled: None, tmp_path: Path, host: str, days: int, known: bool, verdict: Verdict
) -> None:
    file = _certificate(tmp_path, host, days=days)
    context = ssl.create_default_context(cafile=file if known else None)
    with _serving(file) as url:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
            assert (await async_submit(session, ServiceInfo(endpoint=url), KEY, BODY)).verdict is verdict
            if verdict is Verdict.UNTRUSTED:
                assert await async_discover(session, url, "key") == Answer(verdict=verdict)
                assert await async_probe(session, url, "key") is verdict
    assert _Service.received == ([BODY] if verdict is Verdict.ACCEPTED else [])


async def test_a_certificate_error_is_shown_as_one(
    hass: HomeAssistant, socket_enabled: None, tmp_path: Path
) -> None:
    with _serving(_certificate(tmp_path, days=30)) as url:
        entry = await async_setup(hass, share=True, consent=AGREED, url=url, client_key=CLIENT_KEY)
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        with refused("submission_untrusted"):
            await async_act(hass, "submit_now")
        assert entity_state(hass, entry, "submission_status").state == "untrusted"
        page = await async_open_options(hass, entry, "sharing")
        form = await hass.config_entries.options.async_configure(page["flow_id"], sharing(url))
    assert form["errors"] == {"base": "untrusted"}
    assert _Service.received == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_led_to_another_host(socket_enabled: None, status: int) -> None:
    stolen: list[str] = []

    async def steal(request: web.Request) -> web.Response:
        stolen.append(request.method)
        return web.json_response({"submission_id": 1, "deleted_count": 1, "protocols": ["2.0"]})

    async with TestServer(_application(steal)) as thief, aiohttp.ClientSession() as session:
        elsewhere = str(thief.make_url("/submit")).replace("127.0.0.1", "localhost")

        async def lead_away(_request: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": elsewhere})

        async with TestServer(_application(lead_away)) as server:
            service = ServiceInfo(endpoint=str(server.make_url("/submit")))
            away = Answer(verdict=Verdict.UNREACHABLE, status=status)
            assert await async_submit(session, service, KEY, BODY) == away
            assert await async_delete_installation(session, service, KEY, ID) == away
            assert await async_discover(session, service.endpoint, "key") == away
            assert await async_probe(session, service.endpoint, "key") is Verdict.UNREACHABLE
    assert stolen == []


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.timeout(1200)
async def test_an_answer_without_an_end_is_cut_off(socket_enabled: None, packed: bool) -> None:
    """The server writes until the client hangs up; a packed answer is small on the wire only."""
    written: list[int] = []

    async def endless(request: web.Request) -> web.StreamResponse:
        await request.read()
        response = web.StreamResponse()
        if packed:
            response.enable_compression(web.ContentCoding.gzip)
        await response.prepare(request)
        sent = 0
        try:
            while sent < 100_000_000:
                await response.write(b" " * 65536)
                sent += 65536
        except ConnectionError:
            pass
        finally:
            written.append(sent)
        return response

    async with aiohttp.ClientSession() as session:
        server = TestServer(_application(endless))
        await server.start_server(access_log=None)
        service = ServiceInfo(endpoint=str(server.make_url("/submit")))
        answer = await async_submit(session, service, KEY, BODY)
        assert answer == Answer(verdict=Verdict.UNREACHABLE, status=200)
        await server.close()
    assert len(written) == 1
    assert written[0] < 100_000_000


@pytest.mark.parametrize("url", ["http://stats.example.com/submit", "http://8.8.8.8/submit"])
async def test_nothing_goes_through_the_open_unencrypted(url: str) -> None:
    """Without a socket: asking for one would fail the test."""
    async with aiohttp.ClientSession() as session:
        unreachable = Answer(verdict=Verdict.UNREACHABLE)
        assert await async_submit(session, ServiceInfo(endpoint=url), KEY, BODY) == unreachable
        assert await async_delete_installation(session, ServiceInfo(endpoint=url), KEY, ID) == unreachable
        assert await async_discover(session, url, "key") == unreachable
        assert await async_probe(session, url, "key") is Verdict.UNREACHABLE
