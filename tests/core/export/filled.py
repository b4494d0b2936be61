"""A statistics file with something in every table, and its export."""

from datetime import date
import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert

from custom_components.printernizer_stats.core.export.document import document
from custom_components.printernizer_stats.core.models import PrinterFleet, UsageEvent, Value
from custom_components.printernizer_stats.core.report_intervals import utc_day
from custom_components.printernizer_stats.core.sharing import identity, outbox
from custom_components.printernizer_stats.core.sharing.report import (
    InstallationInfo,
    Report,
    ReportIdentity,
    build,
    everything,
)
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.consent_ledger import ConsentEntry, append
from custom_components.printernizer_stats.core.store.queries import purge
from custom_components.printernizer_stats.core.store.report_intervals import cut
from custom_components.printernizer_stats.core.store.settings import set_setting
from custom_components.printernizer_stats.core.store.tables import usage_deletions, usage_imports

ZONE: Final = ZoneInfo("Europe/Amsterdam")
NOON: Final = 1795345200.0  # 2026-11-22 11:00 UTC, a Sunday
DAY: Final = 86400.0
FACTS: Final = InstallationInfo(
    app_version="0.1.0",
    python_version="3.14",
    platform="linux",
    deployment_mode="homeassistant",
    country_code="NL",
    fleet=PrinterFleet(types={"prusa": 1}),
    ha_version="2026.11",
)

type Json = dict[str, Any]


def open_store(file: Path, now: float = NOON) -> UsageStore:
    """Open a store on the file."""
    store = UsageStore(file, ZONE, lambda _: None, lambda: now)
    store.open(now)
    return store


def printed(at: float, printer: str = "a1", seconds: int = 3600, kind: str = "job_completed") -> UsageEvent:
    """A print that ended."""
    data: dict[str, Value] = {"printer_type": "prusa", "duration_seconds": seconds, "filament_mm": 900}
    return UsageEvent(type=kind, at=at, printer=printer, data=data)


def fill(store: UsageStore) -> None:
    """Put something into every table: sent and unsent weeks, purged events, a waiting deletion."""
    store.record((UsageEvent(type="app_start", at=NOON - 3 * DAY), printed(NOON - 2 * DAY + 0.1234567)))
    store.record(
        (printed(NOON - DAY), printed(NOON - DAY), printed(NOON - DAY, "b2", 60, "job_failed")),
        sessions={"a1": {"connected": True, "job": None}},
        amounts={"uptime_seconds": 900},
    )
    store.run(lambda conn: _sent(conn, outbox.ReportState.ACKNOWLEDGED)).result()
    store.record(
        (printed(NOON), UsageEvent(type="error_occurred", at=NOON, data={"error_type": "print_failed"}))
    )
    store.run(_more).result()
    store.run(lambda conn: purge(conn, NOON - 2.5 * DAY)).result()
    store.flush().result()


def agree(conn: Connection) -> None:
    """Write into the ledger of consent that sharing was agreed to."""
    append(
        conn,
        ConsentEntry(
            at=NOON,
            decision="agreed",
            version=1,
            categories=("base", "usage"),
            text_sha256="ab" * 32,
            language="en",
        ),
    )


def export(store: UsageStore, *, identity: bool = False, now: float = NOON) -> Json:
    """Return the export as its reader sees it."""
    with store.reader() as conn:
        exported: Json = json.loads(b"".join(document(conn, now, identity=identity)))
    return exported


def _sent(conn: Connection, state: outbox.ReportState) -> None:
    """Close the running week, and have its report answered."""

    def make(counts: Any, start: date, end: date) -> Report:
        author = ReportIdentity(installation_id=identity.weekly(conn, start).id, agreement=everything())
        return build(FACTS, counts, author, start, end)

    assert cut(conn, utc_day(NOON)) is not None
    outbox.freeze_closed(conn, make)
    (report,) = outbox.pending(conn)
    receipt = {"submission_id": 7, "jws": "e30.e30.e30"}
    outbox.note_answer(conn, report.id, state=state, at=NOON, status=200, receipt=receipt)


def _more(conn: Connection) -> None:
    conn.execute(
        insert(usage_imports).values(
            origin="0123456789abcdef",
            scope="total",
            period="",
            printer_key="",
            metric="job_completed",
            value=1,
        )
    )
    set_setting(conn, "maintenance.a1", {"interval_hours": 100, "done_seconds": 60})
    agree(conn)
    set_setting(conn, "first_run_date", "2026-11-19")
    waiting = {
        "installation_id": str(UUID(int=7)),
        "key_seed": bytes(range(32)),
        "requested_ts": NOON,
        "client_key": "k",
    }
    conn.execute(insert(usage_deletions).values(receipt='{"deleted_count": 1}', **waiting))
    identity.weekly(conn, utc_day(NOON))
