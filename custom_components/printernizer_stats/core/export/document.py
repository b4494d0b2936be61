"""JSON document of the export, written piece by piece."""

from collections.abc import Iterator
import json
from typing import Any

from sqlalchemy import Connection

from .fields import SECTIONS
from .sections import head, rows


def document(conn: Connection, now: float, *, identity: bool = False) -> Iterator[bytes]:
    """Yield the whole export; memory does not grow with the number of rows."""
    settings = {row["key"]: row["value"] for row in rows(conn, "settings", identity=identity)}
    yield _dump({**head(conn, now), "settings": settings})[:-1]
    for section in SECTIONS:
        if section == "settings":
            continue
        yield f',\n"{section}": ['.encode()
        separator = b""
        for row in rows(conn, section, identity=identity):
            yield separator + _dump(row)
            separator = b",\n"
        yield b"]"
    yield b"}\n"


def response(conn: Connection, now: float, limit: int) -> dict[str, Any]:
    """Return the export as an action's response, with the first `limit` events."""
    exported: dict[str, Any] = head(conn, now)
    for section in SECTIONS:
        found = rows(conn, section)
        if section == "settings":
            exported[section] = {row["key"]: row["value"] for row in found}
        elif section == "events":
            events = [row for _, row in zip(range(limit + 1), found, strict=False)]
            exported |= {section: events[:limit], "truncated": len(events) > limit}
        else:
            exported[section] = list(found)
    return exported


def _dump(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()
