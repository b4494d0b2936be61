"""The weekly report: from counters to the exact bytes that are shown, exported and sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
import hashlib
import json
from typing import Any, Final
from uuid import UUID

from ..const import HOUR_SECONDS
from ..counters import ERROR_PREFIX, PRINT_SECONDS, UPTIME_SECONDS, jobs_ended
from ..dictionary import DICTIONARY, DictionaryError
from ..models import PrinterFleet

PROTOCOL_1: Final = "1.0"
PROTOCOL_2: Final = "2.0"
UNKNOWN_COUNTRY: Final = "XX"
_PRINTERS: Final = "printers"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What protocol 2 adds: the consent given, and what the service could else learn only by tracking."""

    consent_version: int
    categories: tuple[str, ...]
    text_sha256: str
    first_report: bool
    weeks_since_previous_report: str
    previous_app_version: str | None
    age_bucket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Whom a report is from, and by which protocol: the second if there is a supplement."""

    installation_id: str
    supplement: Supplement | None = None


def build(facts: Facts, counts: Mapping[str, int], author: Author, start: date, end: date) -> Report:
    """Make the report of the days `[start, end)`; raises DictionaryError for anything undeclared."""
    content = _content(facts, counts, author.installation_id, start, end)
    if author.supplement is not None:
        content = _supplemented(content, author.supplement)
    DICTIONARY.check_report(content)
    body = canonical(content)
    if len(body) > DICTIONARY.report_max_bytes:
        raise DictionaryError("too_long", "report")
    return Report(body=body, sha256=hashlib.sha256(body).hexdigest(), start=start, end=end)


def canonical(content: Mapping[str, Any]) -> bytes:
    """Serialise so that equal content gives equal bytes: sorted keys, no spaces, ASCII, no floats."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _content(
    facts: Facts, counts: Mapping[str, int], installation_id: str, start: date, end: date
) -> dict[str, Any]:
    return {
        "schema_version": PROTOCOL_1,
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


def _supplemented(content: dict[str, Any], supplement: Supplement) -> dict[str, Any]:
    """Add what protocol 2 adds, and leave out what was not agreed to or would link the weeks."""
    if _PRINTERS in supplement.categories:
        content = _country_or_printers(content)
    agreed: dict[str, Any] = {}
    for group, values in content.items():
        if group in DICTIONARY.report:
            if _category(group) in supplement.categories:
                agreed[group] = values
            continue
        agreed[group] = {
            name: value
            for name, value in values.items()
            if _category(f"{group}.{name}") in supplement.categories
        }
    return {
        **agreed,
        "schema_version": PROTOCOL_2,
        "consent": {
            "version": supplement.consent_version,
            "categories": sorted(supplement.categories),
            "text_sha256": supplement.text_sha256,
        },
        "history": {
            "first_report": supplement.first_report,
            "weeks_since_previous_report": supplement.weeks_since_previous_report,
            "previous_app_version": supplement.previous_app_version,
            "age_bucket": supplement.age_bucket,
        },
    }


def _country_or_printers(content: dict[str, Any]) -> dict[str, Any]:
    """Tell the country or the printers, never both in one week: together they are rare enough to link weeks.

    The week's random id is the coin, so that all reports of a week tell the same.
    """
    installation = content["installation"]
    if UUID(installation["installation_id"]).int % 2:
        return {**content, "printer_fleet": {}}
    return {**content, "installation": {**installation, "country_code": UNKNOWN_COUNTRY}}


def _category(path: str) -> str:
    return DICTIONARY.report[path].category


def protocol_of(body: bytes) -> str:
    """The protocol that a frozen report was made for."""
    return str(json.loads(body)["schema_version"])


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
