"""Requests that mean harm, as bytes on the wire: the same seed makes the same."""

from collections.abc import Callable
import copy
import json
import random
import string
from typing import Any

from tests.support import KEY, calling, encoded, report
from tests.v2 import WeeklyClient, canonical

METHODS = [
    "GET",
    "POST",
    "PUT",
    "DELETE",
    "HEAD",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PATCH",
    "PRI",
    "get",
    "A" * 99,
]
PATHS = [
    "/", "/submit", "/health", "/health/ready", "/metrics", "/openapi.json", "/docs", "/stats/overview",
    "/stats/summary", "/stats/weekly", "/stats/activity", "/stats/feature-trends", "/stats/version-migration",
    "/installation/x", "/installation/%00", "/../../etc/passwd", "//submit", "/submit/", "*", "http://other/submit",
    "/%ff%fe", "/\xe9", "/" + "a" * 9000, "/submit?x=1", "/submit#x", "", "/reports/weekly",
]  # fmt: skip
HEADERS = [
    "Host: x", "Host:", "Host: x\r\nHost: y", "Content-Length: 5", "Content-Length: -1", "Content-Length: +5",
    "Content-Length: 99999999999999999999", "Content-Length: 0x5", "Content-Length: 5\r\nContent-Length: 6",
    "Transfer-Encoding: chunked", "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity",
    "Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Type: text/plain", "Content-Type: \x00",
    "Content-Encoding: gzip", "Expect: 100-continue", "Connection: Upgrade\r\nUpgrade: websocket",
    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", "Authorization: Proof",
    "Authorization: Proof a.b.c",
    "Authorization: Bearer \xff", "X-API-Key: \xe9", "X-API-Key: ", "Origin: null", "Origin: https://a.example",
    "X-Forwarded-For: " + "1.2.3.4," * 500, "Cookie: " + "a=b;" * 2000, "A" * 5000 + ": x",
    "X: " + "y" * 30000,
    ": x", "X : y", " X: y", "X: a\r\n b", "Accept: */*;q=" + "9" * 400, "Range: bytes=0-", "TE: trailers",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, -1, 2**63, 10**300, 1e308, "", "\x00", "\ud800", "A" * 5000, "9" * 4000, [], {}, [[[[]]]],
    {"": 0}, "2026-02-30T00:00:00Z", "2026-11-22T00:00:00+99:99", "1!1.0", "../x", {"other": 10**9},
    ["other"] * 900,
]  # fmt: skip
QUERIES = [
    "days=0", "days=-1", "days=3660", "days=" + "9" * 500, "days=1e3", "days=\x00", "weeks=520", "weeks=521",
    "limit=0", "limit=" + "9" * 30, "metric=usage", "metric=%27", "scope=country&value=%00",
    "value=" + "a" * 4000, "from=9999-W99", "days=1&days=2", "%", "a[]=1", "days=%F0%9F%98%80",
]  # fmt: skip


DEEPER = 0.8
QUESTIONS = [path for path in PATHS if path.startswith(("/stats", "/health", "/reports"))]
CHUNKS = [
    b"5\r\nhello\r\n", b"0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"fffffffffffffffff\r\n", b"1;a=b\r\nx\r\n",
    b"1\r\nxy\r\n",
]  # fmt: skip


class Hostile:
    """Makes one request after the other."""

    def __init__(self, url: str, admin_key: str, seed: int) -> None:
        """Take where they go, a key that may read, and what they depend on."""
        self.chance = random.Random(seed)
        self._weekly = WeeklyClient(calling(url))
        self._admin_key = admin_key
        self._kinds: list[Callable[[], bytes]] = [
            self.noise,
            self.mutated,
            self.mutated,
            self.heads,
            self.heads,
            self.reports,
            self.reports,
            self.proofs,
            self.deletions,
            self.questions,
            self.chunks,
            self.floods,
        ]

    def next(self) -> bytes:
        """Return the next one."""
        return self.chance.choice(self._kinds)()

    def noise(self) -> bytes:
        """Return anything."""
        return self.chance.randbytes(self.chance.choice((1, 10, 100, 5000)))

    def mutated(self) -> bytes:
        """Return a good request in which something is changed, missing, doubled or cut off."""
        data = bytearray(request("POST", "/submit", encoded(), f"X-API-Key: {KEY}"))
        for _ in range(self.chance.randint(1, 4)):
            start = self.chance.randrange(len(data))
            end = min(len(data), start + self.chance.randint(1, 60))
            match self.chance.randrange(5):
                case 0:
                    data[start] = self.chance.randrange(256)
                case 1:
                    del data[max(1, start) : end]
                case 2:
                    data[start:start] = data[start:end]
                case 3:
                    data[start:start] = self.chance.randbytes(self.chance.randint(1, 20))
                case _:
                    del data[max(1, start) :]
        return bytes(data)

    def heads(self) -> bytes:
        """Return a head of odd parts."""
        chosen = self.chance.sample(HEADERS, self.chance.randint(0, 6))
        body = self.chance.choice((b"", b"hello", b"{}", b"5\r\nhello\r\n0\r\n\r\n"))
        version = self.chance.choice(("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9", ""))
        line = f"{self.chance.choice(METHODS)} {self.chance.choice(PATHS)} {version}"
        return "\r\n".join([line, *chosen, "", ""]).encode("latin-1") + body

    def reports(self) -> bytes:
        """Return a report of 1.0 with values that do not belong there."""
        return request("POST", "/submit", dumped(self._spoiled(report())), f"X-API-Key: {KEY}")

    def proofs(self) -> bytes:
        """Return a proven report with something wrong in it, or in its proof."""
        body = canonical(self._weekly.report())
        if self.chance.random() < 0.5:
            body = dumped(self._spoiled(self._weekly.report()))
        proof = self._weekly.proof(body, **self.chance.choice(({}, {"iat": 0}, {"iat": "x"}, {"jti": []})))
        cut = self.chance.randrange(len(proof))
        changed = self.chance.choice((proof, proof[:cut], proof[:cut] + "." + proof[cut:], "a" * 9000))
        return request("POST", "/submit", body, f"Authorization: Proof {changed}")

    def deletions(self) -> bytes:
        """Return a deletion of something."""
        letters = "".join(self.chance.choices(string.printable[:94], k=self.chance.randint(0, 60)))
        name = self.chance.choice((letters, "a" * 8000, self._weekly.id, "%00", "x/../y"))
        header = self.chance.choice(
            (f"X-API-Key: {KEY}", "X-API-Key: \xff", "Authorization: Proof x", "A: b")
        )
        return request("DELETE", f"/installation/{name.replace(' ', '')}", b"", header)

    def questions(self) -> bytes:
        """Return a question of somebody with a key."""
        path = self.chance.choice(QUESTIONS)
        query = "&".join(self.chance.sample(QUERIES, self.chance.randint(1, 3)))
        method = self.chance.choice(("GET", "GET", "POST"))
        return request(method, f"{path}?{query}", b"", f"X-API-Key: {self._admin_key}")

    def chunks(self) -> bytes:
        """Return a body in odd pieces."""
        head = f"POST /submit HTTP/1.1\r\nHost: x\r\nX-API-Key: {KEY}\r\nTransfer-Encoding: chunked\r\n\r\n"
        return head.encode() + b"".join(self.chance.choices(CHUNKS, k=self.chance.randint(1, 8)))

    def floods(self) -> bytes:
        """Return a head that is too long."""
        lines = self.chance.choice((b"a: b\r\n" * 9000, b"X: " + b"a" * 60000, b"A" * 60000))
        return b"GET / HTTP/1.1\r\nHost: x\r\n" + lines

    def _spoiled(self, document: dict[str, Any]) -> dict[str, Any]:
        """Change values of a document in some places."""
        for _ in range(self.chance.randint(1, 3)):
            level: Any = document
            while True:
                name = self.chance.choice(list(level))
                if not isinstance(level[name], dict) or not level[name] or self.chance.random() < 0.2:
                    level[name] = copy.deepcopy(self.chance.choice(VALUES))
                    break
                level = level[name]
        return document


def request(method: str, path: str, body: bytes, header: str) -> bytes:
    """Return a whole request."""
    head = [f"{method} {path} HTTP/1.1", "Host: x", "Content-Type: application/json", header]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode("latin-1", "replace") + body


def dumped(document: object) -> bytes:
    """Return JSON, whatever it holds."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
