"""A load generator: keeps connections busy with prepared requests and times every answer."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
import time
from typing import cast, override

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


@dataclass
class Result:
    """What came back: how many of each status, every latency in seconds, and how long it took."""

    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Return accepted requests in a second."""
        return self.statuses[200] / self.seconds

    def quantile(self, share: float) -> float:
        """Return the latency in milliseconds that a share of the answers kept within."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000


class _Connection(asyncio.Protocol):
    """One connection: the next request goes out as soon as an answer is in."""

    def __init__(self, requests: Iterator[bytes], result: Result, until: float) -> None:
        self._requests = requests
        self._result = result
        self._until = until
        self._answer = b""
        self._sent_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def _send(self) -> None:
        """Send the next request, or hang up at the end; the first goes out however long connecting took."""
        request = next(self._requests, None)
        now = time.perf_counter()
        if request is None or (self._sent_at and now > self._until):
            self._transport.close()
            return
        self._sent_at = now
        self._transport.write(request)

    @override
    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, end, body = self._answer.partition(_END)
        if not end:
            return
        lowered = head.lower()
        at = lowered.index(_LENGTH) + len(_LENGTH)
        if len(body) < int(lowered[at:].split(b"\r\n", 1)[0]):
            return
        self._result.latencies.append(time.perf_counter() - self._sent_at)
        self._result.statuses[int(head[9:12])] += 1
        self._answer = b""
        self._send()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if exc is not None:
            self._result.statuses[0] += 1
        if not self.done.done():
            self.done.set_result(None)


def load(ports: Sequence[int], requests: Sequence[bytes], connections: int, seconds: float) -> Result:
    """Send requests, each once, over so many connections in turn to each port.

    Stops when the requests or the seconds are over.
    """

    async def run() -> Result:
        result = Result()
        loop = asyncio.get_running_loop()
        source = iter(requests)
        began = time.perf_counter()
        opened = [
            await loop.create_connection(
                lambda: _Connection(source, result, began + seconds),
                "127.0.0.1",
                ports[number % len(ports)],
            )
            for number in range(connections)
        ]
        await asyncio.gather(*(protocol.done for _, protocol in opened))
        result.seconds = time.perf_counter() - began
        return result

    return uvloop.run(run())
