"""What one installation adds to the rollups in one week.

A pure function of its rows: rollups are plain sums of it, so that reports can be added in
any order and taken away again without a trace.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from aggregation.dictionary import DICTIONARY
from aggregation.rollups.bounds import (
    FLEET,
    MOST_ERRORS,
    MOST_PRINTERS,
    bucket,
    capped_counts,
    capped_usage,
    week_errors,
    week_usage,
)
from aggregation.rollups.facts import DERIVED_PROTOCOL
from aggregation.rollups.values import OTHER, country, python_version
from aggregation.weeks import monday, week_of_day

type Row = Mapping[str, Any]
"""A row of `submissions` by column name."""
type Amount = tuple[str, int]
"""A metric with a value of it, "metric:value", and how much."""

ALL, APART = "all", "apart"
"""The scope of all homes, and that of those that are counted apart from them."""
NONE = "none"
MIGRATION = ">"
LONG_GAP_WEEKS = 14
LONG_GAP_DAYS = 31
ON_TIME_DAYS = 8
"""How long after its end a week is normally received."""
EARLIEST_DELAY, LATEST_DELAY = -7, 35
RECEIPTS = ("received", "received_errors", "new_homes", "seen")
"""The metrics of the day on which a report came; all others are of the week that it is about."""
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
    contribute_week(totals, group)
    for row in group:
        contribute_receipt(totals, row)


def contribute_week(totals: Totals, group: Sequence[Row]) -> None:
    """Add what rows of one installation, in the order of their periods, add to the week they are about."""
    scopes = list(_scopes(group))
    totals.add(group[0]["week"], scopes, [*_once(group), *_sums(group)])
    totals.add(group[0]["week"], scopes[:1], [(f"delay:{_delay(group)}", 1)])


def contribute_receipt(totals: Totals, row: Row) -> None:
    """Add what a row adds to the week in which it came."""
    scope = APART if row["is_apart"] else ALL
    totals.add(week_of_day(row["received_day"]), [(scope, "")], list(_receipt(row)))


def _scopes(group: Sequence[Row]) -> Iterator[tuple[str, str]]:
    """Yield what the installation can be filtered by; one that is counted apart is nowhere else."""
    if all(row["is_apart"] for row in group):
        yield APART, ""
        return
    last = group[-1]
    yield ALL, ""
    yield "protocol", last["protocol"]
    yield "app_version", _version(last)
    yield "deployment_mode", last["deployment_mode"] or OTHER
    yield "country", country(last["country_code"])
    yield "gap", _gap(group[0])
    yield "age", _age(group[0])
    for kind in _printer_types(last):
        yield "printer_type", kind


def _once(group: Sequence[Row]) -> Iterator[Amount]:
    """Yield what counts once for an installation and week: its last state, its first facts."""
    first, last = group[0], group[-1]
    yield "active:", 1
    yield f"protocol:{last['protocol']}", 1
    yield f"app_version:{_version(last)}", 1
    yield f"python_version:{python_version(last['python_version'])}", 1
    yield f"platform:{last['platform']}", 1
    yield f"deployment_mode:{last['deployment_mode'] or OTHER}", 1
    yield f"country:{country(last['country_code'])}", 1
    yield f"gap:{_gap(first)}", 1
    yield f"age:{_age(first)}", 1
    if first["first_report"]:
        yield "first_report:", 1
    if _gap(first) != NONE:
        yield f"previous_version:{_previous(first)}", 1
        yield f"migration:{_migration(first, last)}", 1
    yield from _printers(last)
    for feature, enabled in (last["feature_usage"] or {}).items():
        yield f"feature_{'on' if enabled else 'off'}:{feature}", 1
    yield from _consent(last)


def _consent(row: Row) -> Iterator[Amount]:
    """Yield what a person agreed to."""
    for category in row["consent_categories"] or ():
        yield f"consent:{category}", 1
    version = row["consent_version"]
    if version is not None:
        yield f"consent_version:{version if version <= DICTIONARY.version else OTHER}", 1


def _printers(row: Row) -> Iterator[Amount]:
    """Yield the printers of an installation."""
    if row["printer_count"] is not None:
        size = min(row["printer_count"], MOST_PRINTERS)
        yield "printers:", min(row["printer_count"], FLEET)
        yield "capped_printers:", size
        yield "capped_printers_squares:", size * size
        yield "printer_homes:", 1
        yield f"home_size:{size}", 1
    for kind in _printer_types(row):
        yield f"printer_type_homes:{kind}", 1
    counts = row["printer_type_counts"] or {}
    for kind, count in capped_counts(counts, FLEET).items():
        yield f"printer_type:{kind}", count
    for kind, count in capped_counts(counts, MOST_PRINTERS).items():
        yield f"capped_printer_type:{kind}", count


def _sums(group: Sequence[Row]) -> Iterator[Amount]:
    """Yield what is summed over the reports of a week."""
    usage = week_usage(group)
    for name, amount in usage.items():
        yield f"usage:{name}", amount
    for name, amount in capped_usage(usage).items():
        yield f"capped_usage:{name}", amount
        yield f"capped_usage_squares:{name}", amount * amount
    if any(row["job_count"] is not None for row in group):
        yield "usage_homes:", 1
        yield f"jobs_homes:{bucket(usage['job_count'])}", 1
    if any(row["print_hours"] is not None for row in group):
        yield f"hours_homes:{bucket(usage['print_hours'])}", 1
    errors = week_errors(group)
    for kind, count in errors.items():
        yield f"errors:{kind}", count
        yield f"error_homes:{kind}", 1
    capped = capped_counts(errors, MOST_ERRORS)
    for kind, count in capped.items():
        yield f"capped_errors:{kind}", count
        yield f"capped_errors_squares:{kind}", count * count
    if errors:
        yield "error_homes:", 1
        yield "capped_errors_squares:", sum(capped.values()) ** 2
    if any(row["error_summary"] is not None for row in group):
        yield "error_reporting:", 1


def _receipt(row: Row) -> Iterator[Amount]:
    """Yield what counts on the day on which a report came."""
    weekday = row["received_day"].weekday()
    yield f"received:{weekday}", 1
    errors = min(MOST_ERRORS, sum((row["error_summary"] or {}).values()))
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


def _delay(group: Sequence[Row]) -> int:
    """Return how many days after the end of the week the first report about it came."""
    came: date = min(row["received_day"] for row in group)
    return min(LATEST_DELAY, max(EARLIEST_DELAY, (came - monday(group[0]["week"] + 1)).days))


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


def _version(row: Row) -> str:
    """Return the version of an installation, as it is counted."""
    return OTHER if row["app_version_as"] == OTHER else row["app_version"] or OTHER


def _previous(row: Row) -> str:
    """Return the version of an installation in the report before, as it is counted."""
    return OTHER if row["previous_version_as"] == OTHER else row["previous_app_version"] or OTHER


def _migration(first: Row, last: Row) -> str:
    """Return from which version an installation came to which; only recent ones have names here."""
    before = OTHER if first["previous_version_as"] else _previous(first)
    return f"{before}{MIGRATION}{OTHER if last['app_version_as'] else _version(last)}"


def _printer_types(row: Row) -> list[str]:
    """Return the types of printers of an installation, each once."""
    counted = [kind for kind, count in (row["printer_type_counts"] or {}).items() if count]
    return sorted({*counted, *(row["printer_types"] or ())})
