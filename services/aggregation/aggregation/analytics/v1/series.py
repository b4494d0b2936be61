"""Metrics over ISO weeks."""

from collections.abc import Mapping

from aggregation.analytics.numbers import median_bucket, middle_success
from aggregation.analytics.question import Weeks
from aggregation.analytics.v1.stats import Answer, Stats
from aggregation.weeks import iso_name

LONGEST = 13
"""Over so many weeks homes are counted once."""


def series(stats: Stats, metric: str, scope: str, scope_value: str, weeks: int) -> Answer:
    """Return a metric of so many weeks, the running one the last, for homes of one kind."""
    asked = stats.weeks(weeks)
    found = stats.reader.sums.weeks(scope, scope_value, Weeks(asked[0], asked[-1]))
    nothing: Mapping[str, int] = {}
    return {
        "metric": metric,
        "scope": scope,
        "scope_value": scope_value,
        "weeks": [
            {
                "week": iso_name(week),
                "values": dict(found.get(week, {}).get(metric, nothing)),
                "complete": stats.is_complete(week),
            }
            for week in asked
        ],
    }


def activity(stats: Stats, weeks: int) -> Answer:
    """Return the active homes of so many weeks, the running one the last."""
    reader, asked = stats.reader, stats.weeks(weeks)
    reader.read(Weeks(asked[0] - LONGEST + 1, asked[-1]))
    return {
        "weeks": [
            {
                "week": iso_name(week),
                "active": reader.values("active", week).get("", 0),
                "active_4w": reader.active(week, 4),
                "active_13w": reader.active(week, LONGEST),
                "new": reader.values("first_report", week).get("", 0),
                "median_prints": median_bucket(reader.values("jobs_homes", week)),
                "median_hours": median_bucket(reader.values("hours_homes", week)),
                "middle_success": middle_success(reader.values("success_homes", week)),
                "complete": stats.is_complete(week),
            }
            for week in asked
        ]
    }
