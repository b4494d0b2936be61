"""The table in ClickHouse: one row for each report, the newest version of it counts.

Ask `SELECT ... FROM reports FINAL`: until ClickHouse merges them a report may be there in several versions.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from clickhouse_connect.driver import create_client
from clickhouse_connect.driver.client import Client

TABLE = "reports"

_WORD = "LowCardinality(Nullable(String))"
_COUNT = "Nullable(Int64)"
_LIST, _COUNTS = "Array(String)", "Map(String, Int64)"
COLUMNS = {
    "id": "UInt64",
    "installation_id": "String",
    "period_start": "DateTime('UTC')",
    "period_end": "DateTime('UTC')",
    "week": "Int32",
    "protocol": "LowCardinality(String)",
    "received_day": "Date",
    "app_version": _WORD,
    "python_version": _WORD,
    "platform": _WORD,
    "deployment_mode": _WORD,
    "country_code": _WORD,
    "printer_count": _COUNT,
    "printer_types": _LIST,
    "printer_type_counts": _COUNTS,
    "job_count": _COUNT,
    "completed_count": _COUNT,
    "failed_count": _COUNT,
    "cancelled_count": _COUNT,
    "print_hours": _COUNT,
    "file_count": _COUNT,
    "upload_count": _COUNT,
    "uptime_hours": _COUNT,
    "feature_usage": "Map(String, Bool)",
    "error_summary": _COUNTS,
    "consent_version": _COUNT,
    "consent_categories": _LIST,
    "first_report": "Nullable(Bool)",
    "weeks_since_previous_report": _WORD,
    "previous_app_version": _WORD,
    "age_bucket": _WORD,
    "ha_version": _WORD,
    "printernizer_version": _WORD,
    "printernizer_mode": _WORD,
    "features_first_used": _LIST,
    "completed_by_type": _COUNTS,
    "failed_by_type": _COUNTS,
    "cancelled_by_type": _COUNTS,
    "errors_by_type": _COUNTS,
    "experiment": _WORD,
    "variant": _WORD,
    "is_apart": "Nullable(Bool)",
}
"""The columns of SUBMISSIONS that answer questions; hashes and keys of receipts stay where they are."""

_EMPTY: dict[str, object] = {
    name: [] if kind == _LIST else {} for name, kind in COLUMNS.items() if kind.startswith(("Array", "Map"))
}
_VERSIONED = {**COLUMNS, "version": "UInt64"}
_TIMES = ("period_start", "period_end")


class ClickHouse:
    """One table; connects when it is first needed. Every method blocks, and raises what the driver raises."""

    def __init__(self, url: str) -> None:
        """Take where it is: http, https or chdb."""
        self._url = url
        self._client: Client | None = None

    def empty(self) -> None:
        """Make the table anew."""
        columns = ", ".join(f"{name} {kind}" for name, kind in _VERSIONED.items())
        self._command(f"DROP TABLE IF EXISTS {TABLE} SYNC")
        self._command(f"CREATE TABLE {TABLE} ({columns}) ENGINE = ReplacingMergeTree(version) ORDER BY id")

    def write(self, rows: Iterable[Mapping[str, Any]], versions: Mapping[int, int]) -> None:
        """Add rows in a version each; a row that is there in it already changes nothing."""
        data = [[*_values(row), versions[row["id"]]] for row in rows]
        if data:
            names, kinds = list(_VERSIONED), list(_VERSIONED.values())
            self._connected().insert(TABLE, data, column_names=names, column_type_names=kinds)

    def erase(self, numbers: Sequence[int]) -> None:
        """Remove all versions of some reports; returns after they are off the disk's live parts."""
        if numbers:
            statement = f"ALTER TABLE {TABLE} DELETE WHERE id IN {{ids:Array(UInt64)}}"
            self._command(statement, {"ids": list(numbers)})

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def _command(self, statement: str, parameters: dict[str, Any] | None = None) -> None:
        """Run a statement, and wait for what it does to rows."""
        self._connected().command(statement, parameters, settings={"mutations_sync": 2})

    def _connected(self) -> Client:
        """Return the connection."""
        if self._client is None:
            scheme = urlsplit(self._url).scheme
            interface = None if scheme == "chdb" else scheme
            self._client = create_client(dsn=self._url, interface=interface)
        return self._client


def _values(row: Mapping[str, Any]) -> list[object]:
    """Return the values of a row as the driver takes them."""
    times = {name: datetime.fromtimestamp(row[name], UTC) for name in _TIMES}
    empty = {name: value for name, value in _EMPTY.items() if row[name] is None}
    return [{**row, **times, **empty}[name] for name in COLUMNS]
