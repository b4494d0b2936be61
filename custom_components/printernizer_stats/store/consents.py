"""The ledger of consent in the file: rows are only ever added, and each holds the hash of the one before.

SQLite refuses to change or delete a row; whoever goes around SQLite breaks the chain, and that is shown.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
import hashlib
import json
from typing import Any, Final

from sqlalchemy import DDL, Connection, Row, event, insert, select

from ..instants import instant
from .tables import usage_consents

_GENESIS: Final = "0" * 64

for _change in ("UPDATE", "DELETE"):
    event.listen(
        usage_consents,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]
            f"CREATE TRIGGER usage_consents_no_{_change.lower()} BEFORE {_change} ON usage_consents "
            "BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END"
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One decision: when (epoch seconds), which, on which dictionary version, and the text shown for it."""

    at: float
    decision: str
    version: int
    categories: tuple[str, ...]
    text_sha256: str
    language: str
    includes_past: bool = False

    def shown(self, previous: str) -> dict[str, Any]:
        """Return the entry as it is exported (JSON types), with the hash (hex) over it and the one before."""
        content: dict[str, Any] = {**asdict(self), "previous_sha256": previous}
        content |= {"decided": instant(content.pop("at")), "categories": list(self.categories)}
        text = json.dumps(content, sort_keys=True)
        return {**content, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def append(conn: Connection, entry: Entry) -> None:
    """Add a decision to the ledger."""
    newest = select(usage_consents.c.sha256).order_by(usage_consents.c.consent_id.desc()).limit(1)
    previous = conn.scalar(newest) or _GENESIS
    conn.execute(
        insert(usage_consents).values(
            decided_ts=entry.at,
            decision=entry.decision,
            version=entry.version,
            categories=json.dumps(entry.categories),
            text_sha256=entry.text_sha256,
            language=entry.language,
            includes_past=entry.includes_past,
            previous_sha256=previous,
            sha256=entry.shown(previous)["sha256"],
        )
    )


def begin_anew(conn: Connection) -> None:
    """Forget every decision, at a person's wish to have everything deleted."""
    usage_consents.drop(conn)
    usage_consents.create(conn)


def entries(conn: Connection) -> list[Entry]:
    """Return every decision, oldest first."""
    return [entry for entry, _ in _rows(conn)]


def ledger(conn: Connection) -> dict[str, Any]:
    """Return every decision with its hashes (JSON types), and whether the chain of them is whole."""
    known = list(_rows(conn))
    return {
        "intact": _is_whole(known),
        "entries": [{**entry.shown(row.previous_sha256), "sha256": row.sha256} for entry, row in known],
    }


def _is_whole(known: list[tuple[Entry, Row[Any]]]) -> bool:
    previous = _GENESIS
    for number, (entry, row) in enumerate(known, start=1):
        expected = (number, previous, entry.shown(previous)["sha256"])
        if (row.consent_id, row.previous_sha256, row.sha256) != expected:
            return False
        previous = row.sha256
    return True


def _rows(conn: Connection) -> Iterator[tuple[Entry, Row[Any]]]:
    for row in conn.execute(select(usage_consents).order_by(usage_consents.c.consent_id)):
        entry = Entry(
            at=row.decided_ts,
            decision=row.decision,
            version=row.version,
            categories=tuple(json.loads(row.categories)),
            text_sha256=row.text_sha256,
            language=row.language,
            includes_past=row.includes_past,
        )
        yield entry, row
