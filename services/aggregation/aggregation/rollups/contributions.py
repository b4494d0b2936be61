"""What one installation adds to the rollups in one week.

A pure function of its rows: rollups are plain sums of it, so that reports can be added in
any order and taken away again without a trace.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from aggregation.rollups.facts import DERIVED_PROTOCOL
from aggregation.rollups.weeks import monday, week_of_day

type Row = Mapping[str, Any]
"""A row of `submissions` by column name."""
type Amount = tuple[str, int]
"""A metric with a value of it, "metric:value", and how much."""

OTHER = "other"
NONE = "none"
MIGRATION = ">"
LONG_GAP_WEEKS = 14
MAX_HOME = 20
LONG_GAP_DAYS = 31
ON_TIME_DAYS = 8
"""How long after its end a week is normally received."""
USAGE = (
    "job_count",
    "completed_count",
    "failed_count",
    "cancelled_count",
    "print_hours",
    "file_count",
    "upload_count",
    "uptime_hours",
)
_GAP_DAYS = {"1": "7", "2-4": "14", "5-13": str(LONG_GAP_DAYS), "14+": str(LONG_GAP_DAYS)}
_AGE_BUCKETS = ((1, "0-1w"), (4, "1-4w"), (26, "1-6m"))


class RollupKey(NamedTuple):
    """The key of a row of `rollups`."""

    scope: str
    week: int
    scope_value: str


class Totals(defaultdict[RollupKey, Counter[str]]):
    """Sums by the rows of `rollups`, and in each by "metric:value"."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__(Counter)

    def add(self, week: int, scopes: Sequence[tuple[str, str]], amounts: Sequence[Amount]) -> None:
        """Add amounts to each of the scopes of a week."""
        for scope, scope_value in scopes:
            sums = self[RollupKey(scope, week, scope_value)]
            for name, amount in amounts:
                sums[name] += amount

    def add_all(self, other: Totals) -> None:
        """Add all of another."""
        for key, sums in other.items():
            self[key].update(sums)

    def subtract(self, other: Totals) -> None:
        """Take all of another away."""
        for key, sums in other.items():
            self[key].subtract(sums)


def contribute(totals: Totals, rows: Iterable[Row]) -> None:
    """Add what rows of one installation and week add up to."""
    group = sorted(rows, key=itemgetter("period_start"))
    scopes = list(_scopes(group))
    totals.add(group[0]["week"], scopes, [*_once(group), *_sums(group)])
    for row in group:
        totals.add(week_of_day(row["received_day"]), scopes[:1], list(_receipt(row)))


def _scopes(group: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield what the installation can be filtered by; first of all, not at all."""
    last = group[-1]
    yield "all", ""
    yield "protocol", last["protocol"]
    yield "app_version", last["app_version"] or OTHER
    yield "deployment_mode", last["deployment_mode"] or OTHER
    yield "country", last["country_code"]
    yield "gap", _gap(group[0])
    yield "age", _age(group[0])
    for kind in _printer_types(last):
        yield "printer_type", kind


def _once(group: Sequence[Row]) -> Iterator[Amount]:
    """Yield what counts once for an installation and week: its last state, its first facts."""
    first, last = group[0], group[-1]
    yield "active:", 1
    yield f"protocol:{last['protocol']}", 1
    yield f"app_version:{last['app_version'] or OTHER}", 1
    yield f"python_version:{last['python_version'] or OTHER}", 1
    yield f"platform:{last['platform']}", 1
    yield f"deployment_mode:{last['deployment_mode'] or OTHER}", 1
    yield f"country:{last['country_code']}", 1
    yield f"gap:{_gap(first)}", 1
    yield f"age:{_age(first)}", 1
    if first["first_report"]:
        yield "first_report:", 1
    if _gap(first) != NONE:
        yield f"migration:{_migration(first, last)}", 1
    yield from _printers(last)
    for feature, enabled in (last["feature_usage"] or {}).items():
        yield f"feature_{'on' if enabled else 'off'}:{feature}", 1
    for category in last["consent_categories"] or ():
        yield f"consent:{category}", 1
    if last["consent_version"] is not None:
        yield f"consent_version:{last['consent_version']}", 1


def _printers(row: Row) -> Iterator[Amount]:
    """Yield the printers of an installation."""
    if row["printer_count"] is not None:
        yield "printers:", row["printer_count"]
        yield "printer_homes:", 1
        yield f"home_size:{min(row['printer_count'], MAX_HOME)}", 1
    for kind in _printer_types(row):
        yield f"printer_type_homes:{kind}", 1
    for kind, count in (row["printer_type_counts"] or {}).items():
        yield f"printer_type:{kind}", count


def _sums(group: Sequence[Row]) -> Iterator[Amount]:
    """Yield what is summed over the reports of a week."""
    for name in USAGE:
        yield f"usage:{name}", sum(row[name] or 0 for row in group)
    if any(row["job_count"] is not None for row in group):
        yield "usage_homes:", 1
    errors: Counter[str] = Counter()
    for row in group:
        errors.update(row["error_summary"] or {})
    for kind, count in errors.items():
        if count:
            yield f"errors:{kind}", count
            yield f"error_homes:{kind}", 1
    if any(errors.values()):
        yield "error_homes:", 1
    if any(row["error_summary"] is not None for row in group):
        yield "error_reporting:", 1


def _receipt(row: Row) -> Iterator[Amount]:
    """Yield what counts on the day on which a report came."""
    weekday = row["received_day"].weekday()
    yield f"received:{weekday}", 1
    errors = sum((row["error_summary"] or {}).values())
    if errors:
        yield f"received_errors:{weekday}", errors
    days = _days_since_received(row)
    if days in {"new", "first"}:
        yield f"new_homes:{weekday}", 1
    if days not in {"0", "first"}:
        yield f"seen:{weekday}:{days}", 1


def _days_since_received(row: Row) -> str:
    """Return how long an installation was silent before a report; 0 is not seen anew.

    One of 2.0 changes its id each week. It is seen with the report that comes in time;
    a week that comes later was waiting, and comes together with others.
    """
    if row["protocol"] == DERIVED_PROTOCOL:
        days = row["days_since_received"]
        return "new" if days is None else str(min(days, LONG_GAP_DAYS))
    late = (row["received_day"] - monday(row["week"] + 1)).days > ON_TIME_DAYS
    if row["first_report"]:
        return "first" if late else "new"
    return "0" if late else _GAP_DAYS.get(row["weeks_since_previous_report"], str(LONG_GAP_DAYS))


def _gap(row: Row) -> str:
    """Return the weeks since the report before: exact in 1.0, a bucket in 2.0."""
    text: str = row["weeks_since_previous_report"] or NONE
    if text.isdecimal() and int(text) >= LONG_GAP_WEEKS:
        return f"{LONG_GAP_WEEKS}+"
    return text


def _age(row: Row) -> str:
    """Return how old an installation is, as the buckets of 2.0 say it."""
    text: str = row["age_bucket"] or "0"
    if not text.isdecimal():
        return text
    return next((name for weeks, name in _AGE_BUCKETS if int(text) < weeks), "6m+")


def _migration(first: Row, last: Row) -> str:
    """Return from which version an installation came to which."""
    return f"{first['previous_app_version'] or OTHER}{MIGRATION}{last['app_version'] or OTHER}"


def _printer_types(row: Row) -> list[str]:
    """Return the types of printers of an installation, each once."""
    counted = [kind for kind, count in (row["printer_type_counts"] or {}).items() if count]
    return sorted({*counted, *(row["printer_types"] or ())})
