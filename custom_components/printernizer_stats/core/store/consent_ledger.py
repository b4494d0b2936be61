"""Consent ledger in the file: rows are only ever added, and each holds the hash of the one before.

SQLite refuses to change or delete a row. Whoever goes around SQLite breaks the chain, or contradicts the
head of it, which is kept outside of the file: both are shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
import hashlib
import json
from typing import Any, Final

from sqlalchemy import DDL, Connection, Row, event, insert, select, text

from ..timestamps import instant
from .settings import ERASED, get_setting, set_setting
from .tables import usage_consents

_GENESIS: Final = "0" * 64

_MEDDLED: Final = "consents_meddled"
"""Set once a decision was seen to be missing or changed; only deleting everything takes it back."""
_TRIGGERS: Final = {
    f"usage_consents_no_{change.lower()}": f"CREATE TRIGGER usage_consents_no_{change.lower()} "
    f"BEFORE {change} ON usage_consents "
    "BEGIN SELECT RAISE(ABORT, 'the ledger of consent is append-only'); END"
    for change in ("UPDATE", "DELETE")
}
for _statement in _TRIGGERS.values():
    event.listen(usage_consents, "after_create", DDL(_statement))  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentEntry:
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
        whole = json.dumps(content, sort_keys=True)
        return {**content, "sha256": hashlib.sha256(whole.encode()).hexdigest()}


def append(conn: Connection, entry: ConsentEntry) -> None:
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


def guard(conn: Connection) -> None:
    """Put back what makes SQLite refuse, and remember for good that it was missing or another one."""
    query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'usage_consents'")
    known = dict(conn.execute(query).tuples().all())
    if known == _TRIGGERS:
        return
    set_setting(conn, _MEDDLED, value=True)
    for name in known:
        conn.execute(text(f'DROP TRIGGER "{name}"'))
    for statement in _TRIGGERS.values():
        conn.execute(text(statement))


def head(conn: Connection) -> dict[str, Any]:
    """Return how many decisions there are, and the hash of the last: to be kept elsewhere, and compared."""
    known = list(_rows(conn))
    sha256 = known[-1][1].sha256 if known else _GENESIS
    return {"count": len(known), "sha256": sha256, "erased": get_setting(conn, ERASED)}


def note_head(conn: Connection, kept: Mapping[str, Any]) -> None:
    """Compare with the head that was kept elsewhere: once a decision is cut off or rewritten, it shows."""
    known = list(_rows(conn))
    count = kept["count"]
    if kept["erased"] != get_setting(conn, ERASED):
        return  # a person had everything deleted since
    if count and (len(known) < count or known[count - 1][1].sha256 != kept["sha256"]):
        set_setting(conn, _MEDDLED, value=True)


def start_over(conn: Connection) -> None:
    """Forget every decision, at a person's wish to have everything deleted."""
    usage_consents.drop(conn)
    usage_consents.create(conn)


def entries(conn: Connection) -> list[ConsentEntry]:
    """Return every decision, oldest first."""
    return [entry for entry, _ in _rows(conn)]


def ledger(conn: Connection) -> dict[str, Any]:
    """Return every decision with its hashes (JSON types), and whether the chain of them is whole."""
    known = list(_rows(conn))
    return {
        "intact": _is_whole(known) and not get_setting(conn, _MEDDLED),
        "entries": [{**entry.shown(row.previous_sha256), "sha256": row.sha256} for entry, row in known],
    }


def _is_whole(known: list[tuple[ConsentEntry, Row[Any]]]) -> bool:
    previous = _GENESIS
    for number, (entry, row) in enumerate(known, start=1):
        expected = (number, previous, entry.shown(previous)["sha256"])
        if (row.consent_id, row.previous_sha256, row.sha256) != expected:
            return False
        previous = row.sha256
    return True


def _rows(conn: Connection) -> Iterator[tuple[ConsentEntry, Row[Any]]]:
    for row in conn.execute(select(usage_consents).order_by(usage_consents.c.consent_id)):
        entry = ConsentEntry(
            at=row.decided_ts,
            decision=row.decision,
            version=row.version,
            categories=tuple(json.loads(row.categories)),
            text_sha256=row.text_sha256,
            language=row.language,
            includes_past=row.includes_past,
        )
        yield entry, row
