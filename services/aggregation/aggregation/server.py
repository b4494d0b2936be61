"""The server process: the application behind uvicorn."""

import ssl
from typing import Any

import uvicorn

from aggregation.garbage import collect_rarely
from aggregation.main import create_app
from aggregation.observability import configure_logging
from aggregation.settings import PREFIX, Settings, SettingsError
from aggregation.transport import HttpProtocol

SHUTDOWN_SECONDS = 10
HEADERS = [("X-Content-Type-Options", "nosniff"), ("X-Frame-Options", "DENY")]
"""What every answer says to a browser, beside what depends on its path (`dashboard.headers`)."""
ONLY_TLS = ("Strict-Transport-Security", "max-age=31536000")


def server_options(settings: Settings) -> dict[str, Any]:
    """Return what uvicorn is told: nothing that writes the address of a client to the log."""
    return {
        "host": settings.host,
        "port": settings.port,
        "http": HttpProtocol,
        "ssl_certfile": settings.tls_certificate,
        "ssl_keyfile": settings.tls_key,
        "log_config": None,
        "log_level": settings.log_level,
        "access_log": False,
        "ws": "none",  # handshakes would be logged with the address
        "proxy_headers": False,
        "server_header": False,
        "headers": [*HEADERS, ONLY_TLS] if settings.is_tls else HEADERS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


def serve(settings: Settings) -> int:
    """Serve until a signal comes; raises SettingsError and DatabaseError."""
    _check_certificate(settings)
    configure_logging(settings.log_level)
    app = create_app(settings, _announce, apart=True)
    collect_rarely()
    uvicorn.run(app, **server_options(settings))
    return 0


def _check_certificate(settings: Settings) -> None:
    """Refuse a certificate and a key that do not serve, before anything is made; raises SettingsError."""
    if settings.tls_certificate is None:
        return
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    except OSError as error:
        names = f"{PREFIX}TLS_CERTIFICATE, {PREFIX}TLS_KEY"
        raise SettingsError(f"{names}: they cannot be used ({error.strerror})") from None


def _announce(line: str) -> None:
    """Tell whoever started the service."""
    print(line, flush=True)  # noqa: T201
