"""What homes told, week by week, and what is known of their past, of what they sent."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from aggregation.fleet.course import Course, Sent
from aggregation.weeks import report_week

AGES = ((1, "0-1w"), (4, "1-4w"), (13, "1-3m"), (26, "3-6m"), (52, "6-12m"), (104, "1-2y"))
HOUR = 3600

type Columns = Mapping[str, Any]


class Told:
    """What a home told of a week: its last state, all its reports, and what is known of those before."""

    def __init__(self, group: Sequence[Sent], week: int, before: Told | None, began: int) -> None:
        """Take the reports of an id about a week, those about the one before, and its first week."""
        self.sent = sorted(group, key=lambda sent: sent.report.period_start)
        self.home = group[0].home
        self.identifier = group[0].identifier
        self.week = week
        self.protocol = str(group[0].values["schema_version"])
        self.rows: list[Columns] = [sent.report.columns for sent in self.sent]
        self.first, self.last = self.rows[0], self.rows[-1]
        self.is_apart = all(sent.is_apart for sent in group)
        self.gap: int | None
        """Weeks since the report before; None before the first, 14 for all that is longer."""
        self.version_before: str | None
        self.weeks_since_error: int | None
        self.received: date = min(sent.received for sent in group)
        if self.protocol == "1.0":
            self.gap = None if before is None else min(14, week - before.week)
            self.age = next((name for end, name in AGES if week - began < end), "2y+")
            self.version_before = None if before is None else str(before.last["app_version"])
        else:
            text = str(self.first["weeks_since_previous_report"])
            self.gap = None if text == "none" else int(text.removesuffix("+"))
            self.age = str(self.first["age_bucket"])
            self.version_before = str(self.first["previous_app_version"] or self.first["app_version"])
        since = None if before is None else before.weeks_since_error
        if self.counts("error_summary"):
            self.weeks_since_error = 0
        else:
            self.weeks_since_error = None if since is None or before is None else since + week - before.week

    @cached_property
    def hours(self) -> int:
        """The hours that its reports are about."""
        seconds = (each.values["period.end"] - each.values["period.start"] for each in self.sent)
        return int(sum(seconds) / HOUR)

    def total(self, name: str) -> int:
        """Return a count of the week."""
        return sum(row.get(name) or 0 for row in self.rows)

    def counts(self, name: str) -> Counter[str]:
        """Return counts by kind of the week."""
        found: Counter[str] = Counter()
        for row in self.rows:
            found.update(row.get(name) or {})
        return +found

    def is_told(self, name: str) -> bool:
        """Tell whether a field is in a report of the week."""
        return any(row.get(name) is not None for row in self.rows)


def told(course: Course) -> Iterator[Told]:
    """Yield what is stored of a home, by id and week; an id of 1.0 is the same in all weeks."""
    groups: defaultdict[str, defaultdict[int, list[Sent]]] = defaultdict(lambda: defaultdict(list))
    for sent in course.sent:
        if sent.is_kept:
            week = report_week(sent.values["period.start"], sent.values["period.end"])
            groups[sent.identifier][week].append(sent)
    for by_week in groups.values():
        before: Told | None = None
        for week in sorted(by_week):
            before = Told(by_week[week], week, before, min(by_week))
            yield before
