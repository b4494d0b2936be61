"""ISO weeks: they begin on Monday."""

from datetime import date, timedelta


def monday(day: date) -> date:
    """Return the first day of the week that a day lies in."""
    return day - timedelta(days=day.weekday())
