"""Sections of the export, read from the file."""

from collections.abc import Callable, Iterator, Mapping
import json
from typing import Any, Final

from sqlalchemy import Connection, Select, select

from ..dictionary import DICTIONARY
from ..sharing.identity import SECRETS
from ..store.queries import iter_events
from ..store.settings import ORIGIN, all_settings, get_setting
from ..store.tables import (
    schema_changes,
    usage_aggregates,
    usage_consents,
    usage_deletions,
    usage_imports,
    usage_intervals,
    usage_last_prints,
    usage_printers,
    usage_reports,
    usage_sessions,
)
from ..timestamps import instant
from .fields import SECTIONS, VERSION

type Row = dict[str, Any]

_CHUNK: Final = 1000
_COUNTER: Final = ("scope", "period", "metric", "value")
_QUERIES: Final[Mapping[str, Select[Any]]] = {
    "printers": select(usage_printers.c.printer_key.label("printer")).order_by(usage_printers.c.printer_id),
    "intervals": select(
        usage_intervals.c.interval_id.label("id"),
        usage_intervals.c.start_day.label("start"),
        usage_intervals.c.end_day.label("end"),
        usage_intervals.c.state,
    ).order_by(usage_intervals.c.interval_id),
    "counters": select(
        usage_aggregates.c.printer_key.label("printer"), *(usage_aggregates.c[name] for name in _COUNTER)
    ),
    "imports": select(
        usage_imports.c.printer_key.label("printer"),
        usage_imports.c.origin,
        *(usage_imports.c[name] for name in _COUNTER),
    ),
    "last_prints": select(
        usage_last_prints,
        usage_last_prints.c.printer_key.label("printer"),
        usage_last_prints.c.ended_ts.label("ended"),
    ).order_by(usage_last_prints.c.printer_key),
    "sessions": select(usage_sessions.c.printer_key.label("printer"), usage_sessions.c.state).order_by(
        usage_sessions.c.printer_key
    ),
    "reports": select(
        usage_reports.c.interval_id.label("interval"),
        usage_intervals.c.start_day.label("start"),
        usage_intervals.c.end_day.label("end"),
        usage_reports.c.state,
        usage_reports.c.body,
        usage_reports.c.body_sha256.label("sha256"),
        usage_reports.c.attempts,
        usage_reports.c.answer_status.label("status"),
        usage_reports.c.answered_ts.label("answered"),
        usage_reports.c.receipt,
        usage_reports.c.endpoint,
    )
    .join_from(usage_reports, usage_intervals)
    .order_by(usage_reports.c.report_id),
    "consents": select(usage_consents, usage_consents.c.decided_ts.label("decided")).order_by(
        usage_consents.c.consent_id
    ),
    "deletions": select(
        usage_deletions.c.installation_id,
        usage_deletions.c.endpoint,
        usage_deletions.c.client_key,
        usage_deletions.c.week_day.label("week"),
        usage_deletions.c.key_seed.label("key"),
        usage_deletions.c.requested_ts.label("requested"),
        usage_deletions.c.confirmed_ts.label("confirmed"),
        usage_deletions.c.receipt,
    ).order_by(usage_deletions.c.requested_ts, usage_deletions.c.installation_id),
    "schema_changes": select(
        schema_changes.c.change_id.label("id"),
        schema_changes.c.schema_version.label("version"),
        schema_changes.c.changed_ts.label("changed"),
    ).order_by(schema_changes.c.change_id),
}
_SHOWN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "categories": json.loads,
    "instant": instant,
    "key": bytes.hex,
    "object": json.loads,
    "report": bytes.decode,
}


def head(conn: Connection, now: float) -> Row:
    """Return what the export says of itself; `now` in epoch seconds."""
    return {
        "export_version": VERSION,
        "dictionary_version": DICTIONARY.version,
        "created": instant(now // 1),
        "origin": get_setting(conn, ORIGIN),
    }


def rows(conn: Connection, section: str, *, identity: bool = False) -> Iterator[Row]:
    """Yield the rows of a section as JSON types, streamed; with `identity` also what proves who we are."""
    if section == "settings":
        for key, value in sorted(all_settings(conn).items()):
            if identity or key not in SECRETS:
                yield {"key": key, "value": value}
        return
    if section == "events":
        yield from iter_events(conn)
        return
    fields = SECTIONS[section].fields
    with conn.execution_options(yield_per=_CHUNK).execute(_QUERIES[section]) as found:
        for row in found.mappings():
            yield {
                name: None if field.secret and not identity else _shown(field.type, row[name])
                for name, field in fields.items()
            }


def _shown(kind: str, value: Any) -> Any:
    return value if value is None or kind not in _SHOWN else _SHOWN[kind](value)
