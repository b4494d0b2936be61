"""The server process: the application behind uvicorn."""

import gc
from typing import Any

import uvicorn

from aggregation.main import create_app
from aggregation.observability import configure_logging
from aggregation.settings import Settings
from aggregation.transport import HttpProtocol

SHUTDOWN_SECONDS = 10
YOUNG_OBJECTS = 50_000
"""How many objects may be made before cycles among them are looked for; requests make none."""


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
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


def serve(settings: Settings) -> int:
    """Serve until a signal comes; raises DatabaseError."""
    configure_logging(settings.log_level)
    app = create_app(settings, _announce, apart=True)
    _settle()
    uvicorn.run(app, **server_options(settings))
    return 0


def _announce(line: str) -> None:
    """Tell whoever started the service."""
    print(line, flush=True)  # noqa: T201


def _settle() -> None:
    """Let the garbage collector pass over what stays as long as the process, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
