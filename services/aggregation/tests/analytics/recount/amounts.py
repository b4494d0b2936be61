"""Measures that add up: what each home can have done, and the most of it that it counts for."""

from collections.abc import Callable, Mapping
from functools import lru_cache

from aggregation.rollups.measures import Measure
from tests.analytics.recount.told import Told

WEEK_HOURS = 168
ENDS = ("completed_count", "failed_count", "cancelled_count")
FILES = ("file_count", "upload_count")
MOST_PRINTS, MOST_HOURS, MOST_FILES, MOST_ERRORS, MOST_PRINTERS, FLEET = 24, 96, 48, 10, 20, 100
"""What a home counts for at most in a week; so many printers of it at all."""

type Amounts = dict[str, int]


@lru_cache(maxsize=4)
def usage(each: Told) -> Amounts:
    """Return what was done in the week, no more than its printers can do: only made-up homes tell more."""
    counts = [row["printer_count"] for row in each.rows if row.get("printer_count") is not None]
    printers = min(FLEET, max(1, *counts)) if counts else 24
    most = 12 * printers * each.hours
    found = _prints(each.total("job_count"), {name: each.total(name) for name in ENDS}, most)
    found |= {name: min(most, each.total(name)) for name in FILES}
    found["print_hours"] = min(each.total("print_hours"), printers * (each.hours + WEEK_HOURS))
    return found | {"uptime_hours": min(each.total("uptime_hours"), each.hours + 24)}


@lru_cache(maxsize=4)
def capped_usage(each: Told) -> Amounts:
    """Return what of it a home counts for."""
    found = usage(each)
    capped = _prints(found["job_count"], {name: found[name] for name in ENDS}, MOST_PRINTS)
    capped |= {name: min(MOST_FILES, found[name]) for name in FILES}
    return capped | {
        "print_hours": min(MOST_HOURS, found["print_hours"]),
        "uptime_hours": found["uptime_hours"],
    }


def _prints(jobs: int, ends: Amounts, most: int) -> Amounts:
    """Return prints and how they ended, all in proportion where they are too many."""
    if jobs <= most:
        return {"job_count": jobs, **ends}
    return {"job_count": most, **{name: count * most // jobs for name, count in ends.items()}}


def possible_errors(each: Told) -> Amounts:
    """Return errors by kind: one a minute at most."""
    return {kind: min(60 * each.hours, count) for kind, count in each.counts("error_summary").items()}


def largest(counts: Mapping[str, int], most: int) -> Amounts:
    """Return so many at most: of the largest first, of equal ones by name."""
    found: Amounts = {}
    for name in sorted(counts, key=lambda name: (-counts[name], name)):
        if left := most - sum(found.values()):
            found[name] = min(left, counts[name])
    return found


def capped_errors(each: Told) -> Amounts:
    """Return the errors that a home counts for."""
    return largest(possible_errors(each), MOST_ERRORS)


def squared_errors(each: Told) -> Amounts:
    """Return their squares, and under no name that of all together."""
    found = capped_errors(each)
    squares = {kind: count * count for kind, count in found.items()}
    return {**squares, "": sum(found.values()) ** 2}


def lost_hours(each: Told) -> Amounts:
    """Return for each kind of error the hours of failed prints, which are as long as the others."""
    found = capped_usage(each)
    ended = sum(found[name] for name in ENDS)
    lost = found["print_hours"] * found["failed_count"] // ended if ended else 0
    return dict.fromkeys(each.counts("error_summary"), lost)


def by_type(each: Told, end: str) -> Amounts:
    """Return how many prints ended so by type of printer, in proportion where all are too many."""
    ends = {name: each.counts(f"{name}_by_type") for name in ("completed", "failed", "cancelled")}
    all_ = sum(sum(counts.values()) for counts in ends.values())
    return {kind: count * MOST_PRINTS // max(MOST_PRINTS, all_) for kind, count in ends[end].items()}


def printers(each: Told, most: int, power: int = 1) -> Amounts:
    """Return the printers of a home."""
    count = each.last.get("printer_count")
    return {} if count is None else {"": min(most, count) ** power}


def printers_by_type(each: Told, most: int) -> Amounts:
    """Return the printers of a home by type."""
    return largest(each.last.get("printer_type_counts") or {}, most)


AMOUNTS: dict[Measure, Callable[[Told], Mapping[str, int]]] = {
    Measure.PRINTERS: lambda each: printers(each, FLEET),
    Measure.CAPPED_PRINTERS: lambda each: printers(each, MOST_PRINTERS),
    Measure.CAPPED_PRINTERS_SQUARES: lambda each: printers(each, MOST_PRINTERS, 2),
    Measure.PRINTER_TYPE: lambda each: printers_by_type(each, FLEET),
    Measure.CAPPED_PRINTER_TYPE: lambda each: printers_by_type(each, MOST_PRINTERS),
    Measure.USAGE: usage,
    Measure.CAPPED_USAGE: capped_usage,
    Measure.CAPPED_USAGE_SQUARES: lambda each: {
        name: count * count for name, count in capped_usage(each).items()
    },
    Measure.ERRORS: possible_errors,
    Measure.CAPPED_ERRORS: capped_errors,
    Measure.CAPPED_ERRORS_SQUARES: squared_errors,
    Measure.ERROR_HOURS: lost_hours,
    Measure.TYPE_COMPLETED: lambda each: by_type(each, "completed"),
    Measure.TYPE_FAILED: lambda each: by_type(each, "failed"),
    Measure.TYPE_CANCELLED: lambda each: by_type(each, "cancelled"),
    Measure.TYPE_ERRORS: lambda each: largest(each.counts("errors_by_type"), MOST_ERRORS),
}


def adds_up_to(each: Told) -> Mapping[Measure, Mapping[str, int]]:
    """Return what a home adds to each measure that adds up."""
    return {measure: amounts(each) for measure, amounts in AMOUNTS.items()}
