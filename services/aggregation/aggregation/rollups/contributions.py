"""What one installation adds to the sums of the week that its rows are about.

A pure function of its rows: rollups are plain sums of it, so that reports can be added in
any order and taken away again without a trace.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter

from aggregation.dictionary import DICTIONARY
from aggregation.rollups.bounds import (
    FLEET,
    MOST_ERRORS,
    MOST_JOBS,
    MOST_PRINTERS,
    Usage,
    bucket,
    capped_counts,
    capped_usage,
    clipped,
    hours_of_failed,
    in_proportion,
    success_band,
    told_once,
    week_errors,
    week_usage,
)
from aggregation.rollups.facts import DERIVED_PROTOCOL
from aggregation.rollups.properties import (
    NONE,
    Row,
    age,
    deployment,
    experiment,
    gap,
    migration,
    previous_version,
    printer_types,
    printernizer_version,
    scopes,
    version,
)
from aggregation.rollups.receipts import contribute_receipt
from aggregation.rollups.totals import Amount, Tally
from aggregation.rollups.values import OTHER, country, home_assistant_version, python_version
from aggregation.weeks import monday

EARLIEST_DELAY, LATEST_DELAY = -7, 35
FOUR_WEEKS = 4
_BY_TYPE = ("completed_by_type", "failed_by_type", "cancelled_by_type")
_TYPE_MEASURES = ("type_completed", "type_failed", "type_cancelled")


def contribute(tally: Tally, rows: Iterable[Row]) -> None:
    """Add what rows of one installation and week add up to."""
    group = sorted(rows, key=itemgetter("period_start"))
    contribute_week(tally, group)
    for row in group:
        contribute_receipt(tally, row)


def contribute_week(tally: Tally, group: Sequence[Row]) -> None:
    """Add what rows of one installation, in the order of their periods, add to the week they are about."""
    week, places = group[0]["week"], list(scopes(group))
    homes, amounts = list(_homes(group)), list(_printers(group[-1]))
    told = told_once(group)
    usage = week_usage(told)
    capped = capped_usage(usage)
    amounts += _errors(told, capped, homes)
    amounts += _usage(told, usage, capped, homes)
    tally.add(week, places, homes, [amount for amount in amounts if amount[1]])
    tally.add(week, places[:1], [f"delay:{_delay(group)}"])


def _homes(group: Sequence[Row]) -> Iterator[str]:
    """Yield what a home counts once for: its last state, its first facts."""
    first, last = group[0], group[-1]
    yield "active:"
    yield f"protocol:{last['protocol']}"
    yield f"app_version:{version(last)}"
    yield f"python_version:{python_version(last['python_version'])}"
    yield f"platform:{last['platform']}"
    if mode := deployment(last):
        yield f"deployment_mode:{mode}"
    if code := country(last["country_code"]):
        yield f"country:{code}"
    yield f"gap:{gap(first)}"
    yield f"age:{age(first)}"
    if first["first_report"]:
        yield "first_report:"
    if gap(first) != NONE:
        yield f"previous_version:{previous_version(first)}"
        yield f"migration:{migration(first, last)}"
    yield from _features(last)
    yield from _fleet(last)
    yield from _consent(last)


def _features(row: Row) -> Iterator[str]:
    """Yield what is in use, and what is around it."""
    for feature, enabled in (row["feature_usage"] or {}).items():
        yield f"feature_{'on' if enabled else 'off'}:{feature}"
    for feature in row.get("features_first_used") or ():
        yield f"feature_first:{feature}"
    if row.get("ha_version"):
        yield f"ha_version:{home_assistant_version(row['ha_version'])}"
    if row.get("printernizer_version"):
        yield f"printernizer_version:{printernizer_version(row)}"
    if row.get("printernizer_mode"):
        yield f"printernizer_mode:{row['printernizer_mode']}"
    if variant := experiment(row):
        yield f"experiment:{variant}"


def _consent(row: Row) -> Iterator[str]:
    """Yield what a person agreed to."""
    for category in row["consent_categories"] or ():
        yield f"consent:{category}"
    agreed = row["consent_version"]
    if agreed is not None:
        yield f"consent_version:{agreed if agreed <= DICTIONARY.version else OTHER}"


def _fleet(row: Row) -> Iterator[str]:
    """Yield how many printers a home has, and of which types."""
    if row["printer_count"] is not None:
        yield "printer_homes:"
        yield f"home_size:{min(row['printer_count'], MOST_PRINTERS)}"
    for kind in printer_types(row):
        yield f"printer_type_homes:{kind}"


def _printers(row: Row) -> Iterator[Amount]:
    """Yield the printers of a home."""
    if row["printer_count"] is not None:
        size = min(row["printer_count"], MOST_PRINTERS)
        yield "printers:", min(row["printer_count"], FLEET)
        yield "capped_printers:", size
        yield "capped_printers_squares:", size * size
    counts = row["printer_type_counts"] or {}
    for kind, count in capped_counts(counts, FLEET).items():
        yield f"printer_type:{kind}", count
    for kind, count in capped_counts(counts, MOST_PRINTERS).items():
        yield f"capped_printer_type:{kind}", count


def _usage(group: Sequence[Row], usage: Usage, capped: Usage, homes: list[str]) -> Iterator[Amount]:
    """Yield what was printed in a week; add to `homes` where the home is among others."""
    homes += [f"clipped:{why}" for why in clipped(group, usage, capped)]
    for name, amount in usage.items():
        yield f"usage:{name}", amount
    for name, amount in capped.items():
        yield f"capped_usage:{name}", amount
        yield f"capped_usage_squares:{name}", amount * amount
    if any(row["job_count"] is not None for row in group):
        homes += ["usage_homes:", f"jobs_homes:{bucket(usage['job_count'])}"]
    if any(row["print_hours"] is not None for row in group):
        homes.append(f"hours_homes:{bucket(usage['print_hours'])}")
    if band := success_band(usage):
        homes.append(f"success_homes:{band}")
    yield from _outcomes_by_type(group)


def _outcomes_by_type(group: Sequence[Row]) -> Iterator[Amount]:
    """Yield how prints ended by the type of printer, together no more than a home counts for."""
    ended = {
        f"{measure}:{kind}": count
        for column, measure in zip(_BY_TYPE, _TYPE_MEASURES, strict=True)
        for kind, count in _added(group, column).items()
    }
    yield from in_proportion(ended, MOST_JOBS).items()


def _errors(group: Sequence[Row], usage: Usage, homes: list[str]) -> Iterator[Amount]:
    """Yield the errors of a week; add to `homes` where the home is among others."""
    errors = week_errors(group)
    capped = capped_counts(errors, MOST_ERRORS)
    lost = hours_of_failed(usage) if errors else 0
    for kind, count in errors.items():
        yield f"errors:{kind}", count
        yield f"error_hours:{kind}", lost
        homes.append(f"error_homes:{kind}")
    for kind, count in capped.items():
        yield f"capped_errors:{kind}", count
        yield f"capped_errors_squares:{kind}", count * count
    if errors:
        homes.append("error_homes:")
        yield "capped_errors_squares:", sum(capped.values()) ** 2
    by_type = _added(group, "errors_by_type")
    homes += [f"type_error_homes:{kind}" for kind in by_type]
    for kind, count in capped_counts(by_type, MOST_ERRORS).items():
        yield f"type_errors:{kind}", count
    if any(row["error_summary"] is not None for row in group):
        homes += ["error_reporting:", f"errors_of_home:{bucket(sum(errors.values()))}"]
        homes += _errors_of_four_weeks(group[-1])


def _errors_of_four_weeks(row: Row) -> Iterator[str]:
    """Yield whether a home had an error in one of four weeks, where that is known."""
    weeks = row.get("weeks_since_error")
    if weeks is not None or row["protocol"] == DERIVED_PROTOCOL:
        yield "error_reporting_4w:"
    if weeks is not None and weeks < FOUR_WEEKS:
        yield "error_homes_4w:"


def _added(group: Sequence[Row], column: str) -> Mapping[str, int]:
    """Return a column of counts by name, added up over rows, without those of nothing."""
    counts: dict[str, int] = {}
    for row in group:
        for name, count in (row.get(column) or {}).items():
            counts[name] = counts.get(name, 0) + count
    return {name: count for name, count in counts.items() if count}


def _delay(group: Sequence[Row]) -> int:
    """Return how many days after the end of the week the first report about it came."""
    came: date = min(row["received_day"] for row in group)
    return min(LATEST_DELAY, max(EARLIEST_DELAY, (came - monday(group[0]["week"] + 1)).days))
