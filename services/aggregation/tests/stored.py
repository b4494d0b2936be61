"""Whether everything that is stored is declared."""

from contextlib import closing
from datetime import date
import json
from pathlib import Path
import re
import sqlite3
from typing import Any

from aggregation.protocol.fields import members
from aggregation.protocol.strings import COUNTRY, SHA256, UUID, public_version
from aggregation.rollups.facts import COUNTED_AS
from aggregation.rollups.values import OLD, OTHER

VERSIONS = {"app_version", "python_version", "previous_app_version", "printernizer_version"}
DIGESTS = {"body_sha256", "content_sha256", "consent_text_sha256"}
ENUMS = {"platform": "platform", "deployment_mode": "deployment_mode"}
MAPS = {
    "printer_types": "printer_type",
    "printer_type_counts": "printer_type",
    "feature_usage": "feature",
    "error_summary": "error_type",
    "consent_categories": "category",
}
BUCKETS = {"weeks_since_previous_report": "weeks_since", "age_bucket": "age_bucket"}
TOKEN = re.compile(r"[A-Za-z0-9_-]{16}")


def undeclared(database: Path) -> list[tuple[str, object]]:
    """Return each stored value of a submission that the dictionary does not allow, with its column."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute("SELECT * FROM submissions")]
    return [
        (column, value)
        for row in rows
        for column, value in row.items()
        if value is not None and not is_declared(column, value)
    ]


def is_declared(column: str, value: Any) -> bool:
    """Tell whether a value may stand in a column."""
    if isinstance(value, int):
        return True
    if column in VERSIONS:
        return bool(public_version(value) == value)
    if column in ENUMS:
        return value in members(ENUMS[column]).values()
    if column in BUCKETS:
        return value in members(BUCKETS[column]) or value.isdigit()
    if column in MAPS:
        return all_declared(MAPS[column], json.loads(value))
    return is_of_form(column, value)


def all_declared(enum: str, value: Any) -> bool:
    """Tell whether a list or the keys of a map are members of an enum, and the values no text."""
    values = value.values() if isinstance(value, dict) else []
    return set(value) <= set(members(enum).values()) and not any(isinstance(one, str) for one in values)


def is_of_form(column: str, value: str) -> bool:
    """Tell whether a text has the one form that its column allows."""
    patterns = {"installation_id": UUID, "country_code": COUNTRY, "receipt_kid": TOKEN}
    if column in COUNTED_AS:
        return value in {OLD, OTHER}
    if column in DIGESTS:
        return SHA256.fullmatch(value) is not None
    if column in patterns:
        return patterns[column].fullmatch(value) is not None
    if column == "received_day":
        return date.fromisoformat(value) is not None
    return column == "protocol" and value in {"1.0", "2.0"}
