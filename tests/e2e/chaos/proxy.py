"""Does to requests and answers what bad networks and broken servers do.

Run as a program: `proxy.py PORT UPSTREAM SEED`. `GET /chaos` tells how often it did what.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from random import Random
import sys
from typing import Final, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout, web

HOST: Final = "127.0.0.1"
KEPT: Final = ("Authorization", "Content-Type", "X-API-Key")
GARBAGE: Final = (b"", b"<html>Log in to this network</html>", b'{"submission_id": "one"', b"\x00\xff", b"[]")
HALF: Final = 0.5


class Upstream(NamedTuple):
    """What the service answered."""

    status: int
    headers: dict[str, str]
    body: bytes


class Chaos:
    """One in two requests goes through as it should."""

    def __init__(self, upstream: str, seed: int) -> None:
        """Forward to upstream; the same seed does the same things in the same order."""
        self.done: Counter[str] = Counter()
        self._upstream = upstream
        self._random = Random(seed)
        self._ways = (
            self._reset_before,
            self._reset_after,
            self._delay,
            self._double,
            self._refuse,
            self._garble,
            self._cut,
        )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Do to the request what the dice say."""
        way = self._pass if self._random.random() < HALF else self._random.choice(self._ways)
        self.done[way.__name__.lstrip("_")] += 1
        return await way(request)

    async def tell(self, _request: web.Request) -> web.Response:
        """Tell how often what was done."""
        return web.json_response(self.done)

    async def _pass(self, request: web.Request) -> web.StreamResponse:
        return _response(await self._forward(request))

    async def _reset_before(self, request: web.Request) -> web.StreamResponse:
        """Let the service know nothing of it."""
        return _hang_up(request)

    async def _reset_after(self, request: web.Request) -> web.StreamResponse:
        """Lose the answer."""
        await self._forward(request)
        return _hang_up(request)

    async def _delay(self, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(self._random.uniform(0.0, 0.1))
        return _response(await self._forward(request))

    async def _double(self, request: web.Request) -> web.StreamResponse:
        """Send it twice, at once or one after the other."""
        if self._random.random() < HALF:
            _, second = await asyncio.gather(self._forward(request), self._forward(request))
            return _response(second)
        await self._forward(request)
        return _response(await self._forward(request))

    async def _refuse(self, request: web.Request) -> web.StreamResponse:
        """Answer as an overloaded server does, whether or not the report went through."""
        if self._random.random() < HALF:
            await self._forward(request)
        status = self._random.choice((429, 500, 502, 503, 504))
        return web.Response(status=status, headers={"Retry-After": str(self._random.randint(0, 7200))})

    async def _garble(self, request: web.Request) -> web.StreamResponse:
        """Answer 200 with something else, whether or not the report went through."""
        if self._random.random() < HALF:
            await self._forward(request)
        return web.Response(body=self._random.choice(GARBAGE))

    async def _cut(self, request: web.Request) -> web.StreamResponse:
        """End the answer in the middle."""
        answer = await self._forward(request)
        broken = web.StreamResponse(status=answer.status, headers={"Content-Length": str(len(answer.body))})
        await broken.prepare(request)
        await broken.write(answer.body[: len(answer.body) // 2])
        return _hang_up(request)

    async def _forward(self, request: web.Request) -> Upstream:
        """Send the request on; a service that is just being killed is a bad gateway."""
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        with suppress(ClientError, TimeoutError):
            async with (
                ClientSession(timeout=ClientTimeout(total=10)) as session,
                session.request(
                    request.method,
                    f"{self._upstream}{request.path}",
                    data=await request.read(),
                    headers=headers,
                ) as answer,
            ):
                kind = answer.headers.get("Content-Type", "text/plain")
                return Upstream(answer.status, {"Content-Type": kind}, await answer.read())
        return Upstream(502, {}, b"")


def _response(answer: Upstream) -> web.Response:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


def _hang_up(request: web.Request) -> web.Response:
    """Reset the connection; what is returned gets nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def main() -> None:
    """Serve until killed."""
    port, upstream, seed = sys.argv[1:]
    chaos = Chaos(upstream, int(seed))
    app = web.Application()
    app.router.add_get("/chaos", chaos.tell)
    app.router.add_route("*", "/{path:.*}", chaos.answer)
    web.run_app(app, host=HOST, port=int(port), print=None, access_log=None)


if __name__ == "__main__":
    main()
