"""`python -m aggregation` starts the service."""

import logging
import sys
from typing import Any

import uvicorn

from aggregation.db import DatabaseError
from aggregation.main import create_app
from aggregation.settings import Settings, SettingsError

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
SHUTDOWN_SECONDS = 10


def server_options(settings: Settings) -> dict[str, Any]:
    """Return what uvicorn is told: nothing that writes the address of a client to the log."""
    return {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "log_level": settings.log_level,
        "access_log": False,
        "ws": "none",  # handshakes would be logged with the address
        "proxy_headers": False,
        "server_header": False,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }


def main() -> int:
    """Serve until a signal comes; return 2 when a setting is wrong."""
    try:
        settings = Settings.load()
        app = create_app(settings)
    except (SettingsError, DatabaseError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logging.basicConfig(level=settings.log_level.upper(), format=LOG_FORMAT)
    uvicorn.run(app, **server_options(settings))
    return 0


if __name__ == "__main__":
    sys.exit(main())
