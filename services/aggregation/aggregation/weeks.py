"""Weeks as numbers: Mondays are counted from 1969-12-29, in UTC."""

from datetime import date, timedelta
from functools import lru_cache
import re

_NAME = re.compile(r"[0-9]{4}-W[0-9]{2}")
_DAY_SECONDS = 86_400
_EPOCH_MONDAY = date(1969, 12, 29)
_DAYS_TO_1970 = 3


def week_of(seconds: int) -> int:
    """Return the week of an instant in Unix seconds."""
    return (seconds // _DAY_SECONDS + _DAYS_TO_1970) // 7


def week_of_day(day: date) -> int:
    """Return the week of a day."""
    return (day - _EPOCH_MONDAY).days // 7


def week_named(name: str) -> int | None:
    """Return the week that ISO 8601 writes so; None where there is none."""
    try:
        return week_of_day(date.fromisoformat(f"{name}-1")) if _NAME.fullmatch(name) else None
    except ValueError:
        return None


def report_week(start: int, end: int) -> int:
    """Return the week that holds the middle of a period, in Unix seconds."""
    return week_of((start + end) // 2)


def monday(week: int) -> date:
    """Return the first day of a week."""
    return _EPOCH_MONDAY + timedelta(weeks=week)


def week_of_name(name: str) -> int | None:
    """Return the week that ISO 8601 writes so; None where there is none."""
    year, _, number = name.partition("-W")
    try:
        return week_of_day(date.fromisocalendar(int(year), int(number), 1))
    except ValueError:
        return None


@lru_cache(maxsize=4096)
def iso_name(week: int) -> str:
    """Return a week as ISO 8601 writes it, for example 2026-W47."""
    year, number, _ = monday(week).isocalendar()
    return f"{year}-W{number:02}"
