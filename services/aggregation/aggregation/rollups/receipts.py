"""What a report adds to the sums of the week in which it came, by weekday: of all homes, and by property."""

from collections.abc import Iterator

from aggregation.rollups.bounds import MOST_ERRORS
from aggregation.rollups.facts import DERIVED_PROTOCOL, is_told_again
from aggregation.rollups.properties import Row, filters
from aggregation.rollups.scopes import Scope
from aggregation.rollups.totals import Amount, Tally
from aggregation.weeks import monday, week_of_day

LONGEST_DAYS = 31
ON_TIME_DAYS = 8
"""How long after its end a week is normally received."""
COLUMNS = (
    "received_day",
    "protocol",
    "week",
    "period_start",
    "period_end",
    "told_from",
    "is_apart",
    "error_summary",
    "first_report",
    "weeks_since_previous_report",
    "days_since_received",
    "app_version",
    "app_version_as",
    "deployment_mode",
    "country_code",
    "printer_types",
    "printer_type_counts",
)
"""The columns that a receipt is counted from."""


def contribute_receipt(tally: Tally, row: Row) -> None:
    """Add what a row adds to the week in which it came."""
    week = week_of_day(row["received_day"])
    whose = Scope.APART.value if row["is_apart"] else ""
    seen = list(_seen(row))
    tally.add(week, [(Scope.RECEIVED, whose)], seen, list(_amounts(row)))
    if seen and not row["is_apart"]:
        tally.add(week, [(Scope.RECEIVED, f"{scope}={value}") for scope, value in filters(row)], seen)


def _amounts(row: Row) -> Iterator[Amount]:
    """Yield what counts on the day on which a report came."""
    weekday = row["received_day"].weekday()
    yield f"received:{weekday}", 1
    if _days_since_received(row) in {"new", "first"}:
        yield f"new_homes:{weekday}", 1
    told = sum((row["error_summary"] or {}).values())
    if errors := 0 if is_told_again(row) else min(MOST_ERRORS, told):
        yield f"received_errors:{weekday}", errors


def _seen(row: Row) -> Iterator[str]:
    """Yield the day on which a home is heard of, with the days since before; not where it was so that day."""
    days = _days_since_received(row)
    if days not in {"0", "first"}:
        yield f"seen:{row['received_day'].weekday()}:{days}"


def _days_since_received(row: Row) -> str:
    """Return how long a home was silent before a report; 0 is not seen anew.

    One of 2.0 changes its id each week. It is seen with the report that comes in time;
    a week that comes later was waiting, and comes together with others.
    """
    if row["protocol"] == DERIVED_PROTOCOL:
        days = row["days_since_received"]
        return "new" if days is None else str(min(days, LONGEST_DAYS))
    late = (row["received_day"] - monday(row["week"] + 1)).days > ON_TIME_DAYS
    if row["first_report"]:
        return "first" if late else "new"
    return "0" if late else str(_days_of_gap(row["weeks_since_previous_report"]))


def _days_of_gap(gap: str | None) -> int:
    """Return how many days a gap is at least."""
    weeks = (gap or "").removesuffix("+")
    return min(LONGEST_DAYS, 7 * int(weeks)) if weeks.isdecimal() else LONGEST_DAYS
