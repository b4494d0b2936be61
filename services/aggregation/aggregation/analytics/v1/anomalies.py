"""What protocol 1.0 calls anomalies: fixed thresholds on whole days and weeks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

type Anomaly = dict[str, Any]

CHECKS = [
    "active_users_week_over_week",
    "daily_submission_volume",
    "error_spike_detection",
    "installation_error_rate",
]
DROP, DEEP_DROP, RISE = -20.0, -50.0, 50.0
FEWEST_HOMES = 10
"""Of fewer nothing is said: two of three homes are no rate."""
SPIKE_FACTOR = 3
QUIET_SHARE, BUSY_MEAN = 0.2, 5
HIGH_RISE = 100.0
ERROR_RATE, HIGH_ERROR_RATE = 30.0, 50.0


def find_anomalies(
    *,
    active: tuple[int, int],
    received_today: int,
    received_before: Sequence[int],
    errors: Mapping[str, Any],
    homes: int,
    checked_at: str,
) -> dict[str, Any]:
    """Return the answer about anomalies.

    `active` is the homes of seven days and of the seven before, `received_before` the reports of days up
    to yesterday, `errors` the answer about errors, `homes` how many tell of theirs.
    """
    found = [
        *_active(*active),
        *_volume(received_today, received_before),
        *_errors(errors),
        *_error_rate(errors["installations_with_errors"], homes),
    ]
    return {"anomalies": found, "checked_at": checked_at, "checks_performed": CHECKS}


def _active(current: int, previous: int) -> Iterator[Anomaly]:
    """Compare the homes of seven days with those of the seven before."""
    if previous < FEWEST_HOMES:
        return
    change = round(100 * (current - previous) / previous, 1)
    facts = {"current": current, "previous": previous, "change_percent": change}
    if change < DROP:
        yield {
            "type": "active_users_drop",
            "severity": "high" if change < DEEP_DROP else "medium",
            "message": f"Active users decreased {abs(change)}% compared to last week",
            **facts,
        }
    elif change > RISE:
        message = f"Active users increased {change}% compared to last week"
        yield {"type": "active_users_spike", "severity": "info", "message": message, **facts}


def _volume(today: int, before: Sequence[int]) -> Iterator[Anomaly]:
    """Compare the reports of a day with the mean: today's for too many, yesterday's for too few."""
    mean = sum(before) / len(before)
    average = round(mean, 1)
    if mean and today > SPIKE_FACTOR * mean:
        message = f"Unusually high submissions today ({today} vs avg {average})"
        facts = {"current": today, "average": average}
        yield {"type": "submission_spike", "severity": "info", "message": message, **facts}
    yesterday = before[-1]
    if mean > BUSY_MEAN and yesterday < QUIET_SHARE * mean:
        message = f"Unusually low submissions yesterday ({yesterday} vs avg {average})"
        facts = {"current": yesterday, "average": average}
        yield {"type": "submission_drop", "severity": "medium", "message": message, **facts}


def _errors(errors: Mapping[str, Any]) -> Iterator[Anomaly]:
    """Tell of errors that have become many more."""
    change = errors["error_change_percent"]
    if errors["has_spike"]:
        yield {
            "type": "error_spike",
            "severity": "high" if change > HIGH_RISE else "medium",
            "message": f"Error rate increased {change}% compared to last week",
            "this_week": errors["this_week_errors"],
            "last_week": errors["last_week_errors"],
            "change_percent": change,
            "error_types": errors["error_types"],
        }


def _error_rate(affected: int, homes: int) -> Iterator[Anomaly]:
    """Tell of errors that very many homes have."""
    rate = round(100 * affected / homes, 1) if homes >= FEWEST_HOMES else 0.0
    if rate > ERROR_RATE:
        yield {
            "type": "high_error_rate",
            "severity": "high" if rate > HIGH_ERROR_RATE else "medium",
            "message": f"{rate}% of installations reporting errors",
            "installations_with_errors": affected,
            "total_installations": homes,
            "error_rate": rate,
        }
