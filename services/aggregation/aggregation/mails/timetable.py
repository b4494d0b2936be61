"""Timetable: when mails are sent, and about which week. Pure.

On the chosen weekday, at the chosen hour where the readers are. Which week a mail is about follows from the
date there alone, so that neither end of daylight saving time skips one or has it twice.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from aggregation.analytics.completeness import SETTLED_WEEKS
from aggregation.settings import Settings
from aggregation.weeks import monday, week_of_day

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LATEST: Final = timedelta(days=6)
"""A mail comes up to so much late, after an outage, and then no more: the next one is about to come."""


class Timetable(NamedTuple):
    """A weekday (0 is Monday) and an hour in a time zone."""

    weekday: int
    hour: int
    zone: ZoneInfo

    def moment(self, week: int) -> datetime:
        """Return when (UTC) the mail about a week is to be sent."""
        day = monday(week + SETTLED_WEEKS) + timedelta(days=self.weekday)
        return datetime.combine(day, time(self.hour), self.zone).astimezone(UTC)

    def week(self, now: datetime) -> int:
        """Return the week that the last mail is about, be it due or sent."""
        week = week_of_day(now.astimezone(self.zone).date()) - SETTLED_WEEKS
        return week if self.moment(week) <= now else week - 1

    def due(self, now: datetime) -> int | None:
        """Return the week that a mail is due about, unless it is too late for it."""
        week = self.week(now)
        return week if now <= self.moment(week) + LATEST else None


def timetable_of(settings: Settings) -> Timetable:
    """Return when mails are sent."""
    weekday = WEEKDAYS.index(settings.mail_weekday)
    return Timetable(weekday, settings.mail_hour, ZoneInfo(settings.mail_time_zone))


def ends_month(week: int) -> bool:
    """Tell whether a week is the last that begins in its month."""
    return monday(week).month != monday(week + 1).month


def month_of(week: int) -> date:
    """Return the first day of the month that a week begins in."""
    return monday(week).replace(day=1)
