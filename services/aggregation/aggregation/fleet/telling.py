"""Report of a simulated week: its declared values, the document that is sent, and the row that is kept."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from msgspec.json import encode

from aggregation.dictionary import DICTIONARY
from aggregation.fleet.homes import Home
from aggregation.fleet.life import Outcomes, Week
from aggregation.protocol.columns import columns_of_values
from aggregation.protocol.fields import V1, V2, V2_FIELDS
from aggregation.storage.records import Report
from aggregation.weeks import monday

type Values = dict[str, Any]
"""The values of a report by dotted path, as a reader of the protocol returns them."""

KID = "simulated-fleet0"
"""The key that is said to have signed the receipts: there is none of that name."""
TEXT_SHA256 = sha256(b"simulated").hexdigest()
WEEK_DAYS = 7
DAY_SECONDS = 86_400
LONGEST_GAP = 13
_AGES = ((1, "0-1w"), (4, "1-4w"), (13, "1-3m"), (26, "3-6m"), (52, "6-12m"), (104, "1-2y"))
_OLDEST = "2y+"
_UNTOLD = {path: spec.untold for path, spec in V2_FIELDS.items() if spec.untold is not None}
_INSTANTS = ("period.start", "period.end")


class Part(NamedTuple):
    """The days of a week that a report is about, both counted from Monday; the second is not in it."""

    first: int = 0
    end: int = WEEK_DAYS

    def of(self, count: int) -> int:
        """Return what falls into it of a count of the week: parts add up to the whole."""
        return count * self.end // WEEK_DAYS - count * self.first // WEEK_DAYS


class Past(NamedTuple):
    """What a home knows of the report before: its week and version; None before the first."""

    week: int | None = None
    version: str | None = None


def values_of(home: Home, week: Week, identifier: str, past: Past, part: Part) -> Values:
    """Return what a home tells of a part of a week, as far as it agreed to."""
    start = day_seconds(monday(week.week)) + part.first * DAY_SECONDS
    values = {
        "schema_version": week.protocol,
        "installation.installation_id": identifier,
        "installation.app_version": week.version,
        "installation.python_version": f"{home.python}.0",
        "installation.platform": home.platform,
        "installation.deployment_mode": home.own_mode if week.protocol == V2 else home.mode,
        "installation.country_code": home.country,
        "period.start": start,
        "period.end": start + (part.end - part.first) * DAY_SECONDS,
        "period.duration_days": part.end - part.first,
        **_fleet(week),
        **_usage(week, part),
        "error_summary": _parts_of(week.errors, part),
    }
    if week.protocol == V1:
        return values
    values |= _second(home, week, past, part)
    allowed = _allowed(home.categories)
    return {path: value for path, value in _in_turn(values).items() if path in allowed}


def _fleet(week: Week) -> Values:
    """Return the printers."""
    return {
        "printer_fleet.printer_count": sum(week.printers.values()),
        "printer_fleet.printer_types": sorted(week.printers),
        "printer_fleet.printer_type_counts": dict(week.printers),
    }


def _usage(week: Week, part: Part) -> Values:
    """Return the counts."""
    ends = {name: part.of(count) for name, count in week.outcomes._asdict().items()}
    return {
        "usage_stats.job_count": sum(ends.values()),
        **{f"usage_stats.{name}_count": count for name, count in ends.items()},
        "usage_stats.print_hours": part.of(week.print_hours),
        "usage_stats.file_count": part.of(week.file_count),
        "usage_stats.upload_count": part.of(week.upload_count),
        "usage_stats.uptime_hours": part.of(week.uptime_hours),
        "usage_stats.feature_usage": dict(week.features),
    }


def _second(home: Home, week: Week, past: Past, part: Part) -> Values:
    """Return what protocol 2.0 adds; lists and counts of nothing are left out."""
    before = None if past.version == week.version else past.version
    name, variant = week.experiment or (None, None)
    more = {
        "usage_stats.experiment": name,
        "usage_stats.variant": variant,
        "usage_stats.features_first_used": sorted(home.first_used_in(week.week)),
        "usage_stats.errors_by_type": _parts_of(week.errors_by_type, part),
        **{
            f"usage_stats.{name}_by_type": _parts_of(
                {kind: getattr(outcomes, name) for kind, outcomes in week.prints.items()}, part
            )
            for name in Outcomes._fields
        },
    }
    return {
        **{path: value for path, value in more.items() if value},
        "installation.ha_version": home.ha_version_in(week.week),
        **_beside(home, week),
        "consent.version": DICTIONARY.version,
        "consent.categories": list(home.categories),
        "consent.text_sha256": TEXT_SHA256,
        "history.first_report": past.week is None,
        "history.weeks_since_previous_report": gap(past.week, week.week),
        "history.previous_app_version": before,
        "history.age_bucket": next((name for most, name in _AGES if week.week - home.begin < most), _OLDEST),
    }


def _beside(home: Home, week: Week) -> Values:
    """Return which Printernizer is connected to the integration, and how it runs."""
    if week.printernizer is None:
        return {}
    return {
        "installation.printernizer_version": week.printernizer,
        "installation.printernizer_mode": home.app_mode_in(week.week),
    }


def _parts_of(counts: Mapping[str, int], part: Part) -> dict[str, int]:
    """Return what falls into a part of the week of each count that is not nothing."""
    return {name: part.of(count) for name, count in counts.items() if part.of(count)}


def gap(before: int | None, week: int) -> str:
    """Return the weeks since the report before, as it is told."""
    if before is None:
        return "none"
    return str(week - before) if week - before <= LONGEST_GAP else f"{LONGEST_GAP + 1}+"


@lru_cache(maxsize=64)
def _allowed(categories: tuple[str, ...]) -> frozenset[str]:
    """Return the fields that these categories cover."""
    return frozenset(
        path
        for path, spec in V2_FIELDS.items()
        if {spec.category, spec.also or spec.category} <= {*categories}
    )


def _in_turn(values: Values) -> Values:
    """Leave out what other weeks tell, as the week's id draws it."""
    turns = DICTIONARY.report.turns
    turn = turns[UUID(values["installation.installation_id"]).int % len(turns)]
    told = {path: value for path, value in values.items() if V2_FIELDS[path].turn in {None, turn}}
    return {path: told.get(path, V2_FIELDS[path].untold) for path in values if path in told | _UNTOLD}


def document(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON document of a report."""
    found: dict[str, Any] = {}
    if values["schema_version"] == V2:
        found |= {"printer_fleet": {}, "usage_stats": {}}
    for path, value in values.items():
        group, _, name = path.rpartition(".")
        level = found.setdefault(group, {}) if group else found
        level[name] = _instant(value) if path in _INSTANTS else value
    return found


def body(values: Mapping[str, Any]) -> bytes:
    """Return the canonical bytes of a report."""
    return encode(document(values), order="sorted")


def kept(values: Mapping[str, Any], received: date, *, is_apart: bool = False) -> Report:
    """Return a report as it is stored: what the service makes of its bytes."""
    protocol = values["schema_version"]
    columns = columns_of_values(protocol, values)
    digest = sha256(body(values)).hexdigest()
    content = sha256(encode(columns, order="sorted")).hexdigest() if protocol == V1 else digest
    return Report(
        installation_id=values["installation.installation_id"],
        period_start=values["period.start"],
        protocol=protocol,
        body_sha256=digest,
        content_sha256=content,
        received_day=received,
        receipt_kid=KID,
        columns=columns | ({"is_apart": True} if is_apart else {}),
    )


def day_seconds(day: date) -> int:
    """Return the first instant of a day in Unix seconds."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@lru_cache(maxsize=4096)
def _instant(seconds: int) -> str:
    """Return an instant as reports write it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
