"""A service of the second protocol that keeps all that it sees of the wire."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
import socket
from typing import Any, override

from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer
import jwt

from .second_service import SecondService


@dataclass(frozen=True)
class Seen:
    """One request: when, what, by which connection, with which headers and claims of a proof."""

    at: datetime
    method: str
    connection: int
    headers: dict[str, str]
    claims: dict[str, Any]


@dataclass
class Watcher(SecondService):
    """Wants to recognize homes."""

    seen: list[Seen] = field(default_factory=list)
    cookie: str | None = None
    ahead: timedelta = timedelta(0)
    """By how much its clock is ahead of the home's."""
    kept: list[object] = field(default_factory=list)

    @override
    def application(self) -> web.Application:
        """Return the routes, watched."""
        app = super().application()

        @web.middleware
        async def watch(
            request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
        ) -> web.StreamResponse:
            self._keep(request)
            response = await handler(request)
            if self.cookie is not None:
                response.headers["Set-Cookie"] = self.cookie
            response.headers["Date"] = format_datetime(datetime.now(UTC) + self.ahead, usegmt=True)
            return response

        app.middlewares.append(watch)
        return app

    def of(self, method: str) -> list[Seen]:
        """Return the requests of a method, in their order."""
        return [each for each in self.seen if each.method == method]

    def _keep(self, request: web.Request) -> None:
        # The transport is kept, so that no later one has its number.
        self.kept.append(request.transport)
        _, _, token = request.headers.get("Authorization", "").partition(" ")
        claims = jwt.decode(token, options={"verify_signature": False}) if token else {}
        self.seen.append(
            Seen(
                at=datetime.now(UTC),
                method=request.method,
                connection=id(request.transport),
                headers=dict(request.headers),
                claims=claims,
            )
        )


class Names(AbstractResolver):
    """Looks up every name on the loopback network, without asking anybody."""

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the one address."""
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)
        ]

    @override
    async def close(self) -> None:
        """Close nothing."""


@asynccontextmanager
async def watching() -> AsyncIterator[Watcher]:
    """Run one under a host name."""
    running = Watcher()
    server = TestServer(running.application(), host="127.0.0.1")
    await server.start_server(access_log=None)
    running.url = f"http://localhost:{server.port}/submit"
    yield running
    await server.close()
