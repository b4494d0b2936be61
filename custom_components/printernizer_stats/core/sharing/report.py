"""Weekly report: from counters to the exact bytes that are shown, exported and sent."""

from collections.abc import Container, KeysView, Mapping
from dataclasses import dataclass, field
from datetime import date
import hashlib
import json
from typing import Any, Final
from uuid import UUID

from ...const import HOUR_SECONDS
from ..counters import ERROR_PREFIX, PRINT_SECONDS, UPTIME_SECONDS, counts_by_type, jobs_ended
from ..dictionary import DICTIONARY, DictionaryError, Field
from ..models import PrinterFleet
from .report_bytes import canonical, fitted

PROTOCOL_1: Final = "1.0"
PROTOCOL_2: Final = "2.0"
PROTOCOLS: Final = (PROTOCOL_1, PROTOCOL_2)
HOME_ASSISTANT: Final = "homeassistant"
"""The way of installing in a word of the first protocol."""
_BY_TYPE: Final = {
    "completed_by_type": "job_completed",
    "failed_by_type": "job_failed",
    "cancelled_by_type": "job_cancelled",
    "errors_by_type": "error_occurred",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationInfo:
    """What a report says of the installation beside its counters; all words of the dictionary."""

    app_version: str
    python_version: str
    platform: str
    deployment_mode: str
    country_code: str
    fleet: PrinterFleet
    ha_version: str
    """Year and month."""
    features: Mapping[str, bool] = field(default_factory=dict)
    """Those of Printernizer itself, where it is connected."""
    printernizer_version: str | None = None
    printernizer_mode: str | None = None
    """Which Printernizer is connected and how it runs; None where there is none, or what it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Canonical bytes and their SHA-256 (hex)."""

    body: bytes
    sha256: str
    start: date
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """The dictionary version and the categories that were agreed to, and the hash of the text shown."""

    version: int
    categories: tuple[str, ...]
    text_sha256: str

    def fields(self) -> KeysView[str]:
        """The dotted paths of everything that it covers."""
        return DICTIONARY.agreed(self.version, self.categories).keys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplement:
    """What protocol 2 adds of earlier weeks, which the service could else learn only by tracking."""

    first_report: bool
    weeks_since_previous_report: str
    previous_app_version: str | None
    age_bucket: str
    features: Mapping[str, bool] = field(default_factory=dict)
    features_first_used: tuple[str, ...] = ()
    experiment: str | None = None
    variant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportIdentity:
    """Whom a report is from, and by which protocol: the second if there is a supplement."""

    installation_id: str
    agreement: Agreement
    supplement: Supplement | None = None


def everything() -> Agreement:
    """What could be agreed to at most: for a preview before anything is."""
    return Agreement(
        version=DICTIONARY.version, categories=tuple(sorted(DICTIONARY.categories)), text_sha256="0" * 64
    )


def build(
    installation: InstallationInfo,
    counts: Mapping[str, int],
    author: ReportIdentity,
    start: date,
    end: date,
    understood: int = DICTIONARY.version,
) -> Report:
    """Make the report of the days `[start, end)`; raises DictionaryError for anything undeclared.

    What was not agreed to is left out, whatever the protocol; the groups that the first one requires are
    there, if need be empty. Nothing is newer than the version of the dictionary that is `understood`.
    """
    version = min(author.agreement.version, understood)
    agreed = DICTIONARY.agreed(version, author.agreement.categories)
    content = _content(installation, counts, author.installation_id, start, end)
    if author.supplement is not None:
        content = _in_turn(_extended(content, installation, counts, author.agreement, author.supplement))
    content = _in_words_of(_kept(content, agreed), agreed, understood)
    if author.supplement is not None:
        content = fitted(content)
    DICTIONARY.check_report(content, agreed)
    body = canonical(content)
    if len(body) > DICTIONARY.report_max_bytes:
        raise DictionaryError("too_long", "report")
    return Report(body=body, sha256=hashlib.sha256(body).hexdigest(), start=start, end=end)


def _content(
    installation: InstallationInfo, counts: Mapping[str, int], installation_id: str, start: date, end: date
) -> dict[str, Any]:
    return {
        "schema_version": PROTOCOL_1,
        "installation": {
            "installation_id": installation_id,
            "app_version": installation.app_version,
            "python_version": installation.python_version,
            "platform": installation.platform,
            "deployment_mode": HOME_ASSISTANT,
            "country_code": installation.country_code,
        },
        "period": {
            "start": _instant(start),
            "end": _instant(end),
            "duration_days": (end - start).days,
        },
        "printer_fleet": {
            "printer_count": installation.fleet.count,
            "printer_types": sorted(installation.fleet.types),
            "printer_type_counts": dict(installation.fleet.types),
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
            "feature_usage": dict(installation.features),
        },
        "error_summary": {
            metric.removeprefix(ERROR_PREFIX): count
            for metric, count in counts.items()
            if metric.startswith(ERROR_PREFIX) and count
        },
    }


def _extended(
    content: Mapping[str, Any],
    installation: InstallationInfo,
    counts: Mapping[str, int],
    agreement: Agreement,
    supplement: Supplement,
) -> dict[str, Any]:
    """Add what the second protocol adds; lists and counts of nothing are left out."""
    app = {
        "printernizer_version": installation.printernizer_version,
        "printernizer_mode": installation.printernizer_mode,
    }
    more = {
        "features_first_used": sorted(supplement.features_first_used),
        "experiment": supplement.experiment,
        "variant": supplement.variant,
        **{name: counts_by_type(counts, event) for name, event in _BY_TYPE.items()},
    }
    return {
        **content,
        "schema_version": PROTOCOL_2,
        "installation": {
            **content["installation"],
            "deployment_mode": installation.deployment_mode,
            "ha_version": installation.ha_version,
            **{name: value for name, value in app.items() if value is not None},
        },
        "usage_stats": {
            **content["usage_stats"],
            "feature_usage": {**installation.features, **supplement.features},
            **{name: value for name, value in more.items() if value},
        },
        "consent": {
            "version": agreement.version,
            "categories": sorted(agreement.categories),
            "text_sha256": agreement.text_sha256,
        },
        "history": {
            "first_report": supplement.first_report,
            "weeks_since_previous_report": supplement.weeks_since_previous_report,
            "previous_app_version": supplement.previous_app_version,
            "age_bucket": supplement.age_bucket,
        },
    }


def _in_turn(content: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what other weeks tell: country, printers, features and system are never told together.

    Together they are rare enough to link weeks. The week's random id draws the turn, so that all reports of a
    week tell the same.
    """
    number = UUID(content["installation"]["installation_id"]).int
    turn = DICTIONARY.turns[number % len(DICTIONARY.turns)]
    told: dict[str, Any] = {}
    for group, values in content.items():
        if group in DICTIONARY.report:
            told[group] = values
            continue
        level = told[group] = {}
        for name, value in values.items():
            declared = DICTIONARY.report[f"{group}.{name}"]
            if declared.turn in {None, turn}:
                level[name] = value
            elif declared.untold is not None:
                level[name] = declared.untold
    return told


def _kept(content: Mapping[str, Any], agreed: Container[str]) -> dict[str, Any]:
    """Leave out what was not agreed to."""
    kept: dict[str, Any] = {}
    for group, values in content.items():
        if group in DICTIONARY.report:
            if group in agreed:
                kept[group] = values
        else:
            kept[group] = {name: value for name, value in values.items() if f"{group}.{name}" in agreed}
    return kept


def _in_words_of(content: Mapping[str, Any], fields: Mapping[str, Field], version: int) -> dict[str, Any]:
    """Say it in the words of a version of the dictionary."""
    return {
        group: fields[group].told(values, version)
        if group in fields
        else {name: fields[f"{group}.{name}"].told(value, version) for name, value in values.items()}
        for group, values in content.items()
    }


def protocol_of(body: bytes) -> str:
    """The protocol that a frozen report was made for."""
    return str(json.loads(body)["schema_version"])


def _instant(day: date) -> str:
    return f"{day.isoformat()}T00:00:00Z"
