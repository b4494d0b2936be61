"""What is logged and measured of each request: never who sent it, nor anything that was sent."""

from collections import Counter
from collections.abc import Callable, MutableMapping
from http import HTTPStatus
import logging
import os
import sys
import time
import traceback
from typing import Any, override

from starlette.types import ASGIApp, Message, Receive, Scope, Send
import structlog

from aggregation.dashboard.headers import headers_of
from aggregation.metrics import Metrics

LOGGER = logging.getLogger(__name__)
OTHER = "other"
FACTS = {"request", "route", "status", "error", "trace", "left_out"}
"""What a log entry may say beside its text."""
LINES_A_MINUTE = 60
MINUTE = 60.0
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
    handler.addFilter(Bounded())
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


class Bounded(logging.Filter):
    """Lets so many entries of one place in the code pass in a minute: strangers cause some of them."""

    def __init__(self, most: int = LINES_A_MINUTE, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how many entries pass, and a clock in seconds."""
        super().__init__()
        self._most = most
        self._clock = clock
        self._minute = clock() // MINUTE
        self._counts: Counter[tuple[str, int]] = Counter()
        self._left_out: Counter[tuple[str, int]] = Counter()

    @override
    def filter(self, record: logging.LogRecord) -> bool:
        """Count an entry; the first of a minute tells how many were left out before."""
        place = (record.pathname, record.lineno)
        minute = self._clock() // MINUTE
        if minute != self._minute:
            self._minute = minute
            self._left_out += Counter({at: count - self._most for at, count in self._counts.items()})
            self._counts.clear()
        self._counts[place] += 1
        if left_out := self._left_out.pop(place, 0):
            record.left_out = left_out
        return self._counts[place] <= self._most


class RequestLog:
    """Gives each request a number, logs and measures its answer, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Take the application and where to count."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = os.urandom(8).hex()
        status = 0
        began = time.perf_counter()

        async def numbered(message: Message) -> None:
            """Add the number of the request to the answer, and what a browser may do with it."""
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                policy = headers_of(scope["path"], status)
                message["headers"] = [*message["headers"], *policy, (b"x-request-id", number.encode())]
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
