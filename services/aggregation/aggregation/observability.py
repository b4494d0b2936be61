"""What is logged and measured of each request: never who sent it, nor anything that was sent."""

from collections.abc import MutableMapping
from http import HTTPStatus
from itertools import count
import logging
import secrets
import sys
import time
import traceback
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
import structlog

from aggregation.metrics import Metrics

LOGGER = logging.getLogger(__name__)
OTHER = "other"
FACTS = {"request", "route", "status", "error", "trace"}
"""What a log entry may say beside its text."""
_FAILURES = {
    "/submit": b'{"detail":"Failed to process submission"}',
    "/installation/{installation_id}": b'{"detail":"Failed to delete data"}',
}
_FAILURE = b'{"detail":"Internal server error"}'


def configure_logging(level: str) -> None:
    """Write one JSON object a line to standard error, whichever library logs."""
    prepare: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=FACTS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=prepare,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _without_values,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _without_values(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception, whose text may hold values, by its type and the lines of code."""
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[0] is not None:
        event["error"] = error[0].__name__
        event["trace"] = "".join(traceback.format_tb(error[2]))
    return event


class RequestLog:
    """Gives each request a number, logs and measures its answer, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Take the application and where to count."""
        self._app = app
        self._metrics = metrics
        self._prefix = secrets.token_hex(4)
        self._numbers = count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = f"{self._prefix}{next(self._numbers):x}"
        status = 0
        began = time.perf_counter()

        async def numbered(message: Message) -> None:
            """Add the number of the request to the answer."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", number.encode())]
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        except Exception as error:  # noqa: BLE001 - nothing of it may leak into answer or log
            trace = "".join(traceback.format_tb(error.__traceback__))
            facts = {"request": number, "error": type(error).__name__, "trace": trace}
            LOGGER.error("Request failed", extra=facts)  # noqa: TRY400
            if not status:
                await _fail(route_of(scope), numbered)
        route = route_of(scope)
        self._metrics.observe(route, status, time.perf_counter() - began)
        level = logging.INFO if status >= HTTPStatus.BAD_REQUEST else logging.DEBUG
        if LOGGER.isEnabledFor(level):
            LOGGER.log(level, "Request", extra={"request": number, "route": route, "status": status})


def failure(route: str) -> bytes:
    """Return the body of a 500, which tells nothing."""
    return _FAILURES.get(route, _FAILURE)


async def _fail(route: str, send: Send) -> None:
    """Send a 500."""
    body = failure(route)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def route_of(scope: Scope) -> str:
    """Return the declared path of a request, never the one that was sent."""
    if scope["path"] == "/submit":
        return "/submit"
    route = scope.get("route")
    return str(getattr(route, "path", OTHER))
