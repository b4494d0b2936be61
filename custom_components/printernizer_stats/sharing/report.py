"""The weekly report: from counters to the exact bytes that are shown, exported and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
import hashlib
import json
from typing import Any, Final

from ..const import HOUR_SECONDS
from ..counters import ERROR_PREFIX, PRINT_SECONDS, UPTIME_SECONDS, jobs_ended
from ..dictionary import DICTIONARY
from ..models import PrinterFleet

SCHEMA_VERSION: Final = "1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a report says of the installation beside its counters; all words of the dictionary."""

    app_version: str
    python_version: str
    platform: str
    deployment_mode: str
    country_code: str
    fleet: PrinterFleet
    features: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Canonical bytes and their SHA-256 (hex)."""

    body: bytes
    sha256: str
    start: date
    end: date


def build(facts: Facts, counts: Mapping[str, int], installation_id: str, start: date, end: date) -> Report:
    """Make the report of the days `[start, end)`; raises DictionaryError for anything undeclared."""
    content = _content(facts, counts, installation_id, start, end)
    DICTIONARY.check_report(content)
    body = canonical(content)
    return Report(body=body, sha256=hashlib.sha256(body).hexdigest(), start=start, end=end)


def canonical(content: Mapping[str, Any]) -> bytes:
    """Serialise so that equal content gives equal bytes: sorted keys, no spaces, ASCII, no floats."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _content(
    facts: Facts, counts: Mapping[str, int], installation_id: str, start: date, end: date
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "installation": {
            "installation_id": installation_id,
            "app_version": facts.app_version,
            "python_version": facts.python_version,
            "platform": facts.platform,
            "deployment_mode": facts.deployment_mode,
            "country_code": facts.country_code,
        },
        "period": {
            "start": _instant(start),
            "end": _instant(end),
            "duration_days": (end - start).days,
        },
        "printer_fleet": {
            "printer_count": facts.fleet.count,
            "printer_types": sorted(facts.fleet.types),
            "printer_type_counts": dict(facts.fleet.types),
        },
        "usage_stats": {
            "job_count": jobs_ended(counts),
            "completed_count": counts.get("job_completed", 0),
            "failed_count": counts.get("job_failed", 0),
            "cancelled_count": counts.get("job_cancelled", 0),
            "print_hours": counts.get(PRINT_SECONDS, 0) // HOUR_SECONDS,
            "file_count": counts.get("file_downloaded", 0),
            "upload_count": counts.get("file_uploaded", 0),
            "uptime_hours": counts.get(UPTIME_SECONDS, 0) // HOUR_SECONDS,
            "feature_usage": dict(facts.features),
        },
        "error_summary": {
            metric.removeprefix(ERROR_PREFIX): count
            for metric, count in counts.items()
            if metric.startswith(ERROR_PREFIX) and count
        },
    }


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
