"""ClickHouse's engine behind the part of its HTTP interface that the driver speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
import re
import tempfile
from threading import Lock, Thread
from urllib.parse import parse_qs, urlsplit

import chdb

INSERT = re.compile(rb"(INSERT INTO .*?)\s+FORMAT Native\n(.*)", re.DOTALL)
FORMAT = re.compile(r"\s+FORMAT (\w+)\s*$")


class Engine:
    """One database of the engine; it answers one query at a time."""

    def __init__(self, database: str) -> None:
        self._connection = chdb.connect(":memory:")
        self._connection.query(f"USE {database}")
        self._lock = Lock()

    def run(self, options: dict[str, str], body: bytes) -> bytes:
        """Return what a request of the driver gets."""
        values = {
            name.removeprefix("param_"): value for name, value in options.items() if name.startswith("param_")
        }
        with self._lock:
            if insert := INSERT.fullmatch(body):
                return self._insert(insert[1].decode(), insert[2])
            text = (options.get("query", "") + body.decode()).strip()
            found = FORMAT.search(text)
            kind = found[1] if found else "TabSeparated"
            return bytes(self._connection.query(FORMAT.sub("", text), kind, params=values).bytes())

    def close(self) -> None:
        """Let go of the engine."""
        self._connection.close()

    def _insert(self, statement: str, data: bytes) -> bytes:
        """Take in rows, from a file as the engine wants it."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rows"
            file.write_bytes(data)
            self._connection.query(f"{statement} FROM INFILE '{file}' FORMAT Native")
        return b""


@contextmanager
def served(database: str, user: str) -> Iterator[str]:
    """Serve a database on loopback, and give its address; `user` is what Basic authentication must say."""
    engine = Engine(database)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            options = {name: value[0] for name, value in parse_qs(urlsplit(self.path).query).items()}
            status, answer = 403, b"Code: 516. DB::Exception: Authentication failed"
            body = self._body()
            if self.headers.get("Authorization") == f"Basic {user}":
                try:
                    status, answer = 200, engine.run(options, body)
                except RuntimeError as error:
                    status, answer = 500, str(error).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def _body(self) -> bytes:
            if "Transfer-Encoding" not in self.headers:
                return self.rfile.read(int(self.headers["Content-Length"] or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    engine.close()
