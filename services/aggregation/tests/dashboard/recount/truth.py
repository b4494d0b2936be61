"""What homes told, week by week, and the shares of it: nothing here reads a sum."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from math import sqrt
from typing import Any

from aggregation.fleet.course import Course, Sent
from aggregation.fleet.plan import Plan, all_versions
from aggregation.weeks import iso_name, report_week, week_of_day

OTHER = "other"
POOLED = 4
SETTLED = 2
UNKNOWN = "unknown"
AGES = ((1, "0-1w"), (4, "1-4w"), (13, "1-3m"), (26, "3-6m"), (52, "6-12m"), (104, "1-2y"))
OLDEST = "2y+"
MOST_PRINTS, MOST_HOURS, MOST_ERRORS, MOST_PRINTERS = 24, 96, 10, 20
"""So much of a home is counted in a week."""
CARRIED_HOURS = 168

type Row = Mapping[str, Any]
type Counted = tuple[int, int, int]
"""A part, the whole, and how many homes that is."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a home told of a week: all its reports, the oldest first, and what that says of its past."""

    home: int
    identifier: str
    week: int
    rows: Sequence[Row]
    received: Sequence[date]
    is_apart: bool
    is_first: bool
    gap: str
    """Weeks since the report before, 14+ at most; none before the first."""
    age: str
    before: str
    """The version in the report before."""
    released: frozenset[str]

    @property
    def last(self) -> Row:
        """Return the last report."""
        return self.rows[-1]

    def known(self, version: str) -> str:
        """Return a version that was released; one that somebody made up is another one."""
        return version if version in self.released else OTHER

    @property
    def version(self) -> str:
        """Return its version as it is counted."""
        return self.known(self.last["app_version"])

    @property
    def protocol(self) -> str:
        """Return the protocol: only the second has a consent."""
        return "2.0" if self.last.get("consent_version") is not None else "1.0"

    @property
    def mode(self) -> str | None:
        """Return its deployment; none of 2.0 about a week in which it was not told."""
        mode: str = self.last["deployment_mode"]
        return None if self.protocol == "2.0" and mode == "homeassistant" else mode

    @property
    def country(self) -> str | None:
        """Return its country; none if it was not told."""
        code: str = self.last["country_code"]
        return None if code == "XX" else code

    @cached_property
    def types(self) -> list[str]:
        """The types of its printers."""
        counted = [kind for kind, count in (self.last.get("printer_type_counts") or {}).items() if count]
        return sorted({*counted, *(self.last.get("printer_types") or ())})

    @cached_property
    def shares_errors(self) -> bool:
        """Whether it tells of errors."""
        return any(row.get("error_summary") is not None for row in self.rows)

    @cached_property
    def errors(self) -> dict[str, int]:
        """Its errors by kind, the most frequent first, ten together at most."""
        return capped(self.added("error_summary"), MOST_ERRORS)

    @cached_property
    def kinds(self) -> set[str]:
        """All its kinds of error, also those beyond the ten."""
        return set(self.added("error_summary"))

    @cached_property
    def shares_use(self) -> bool:
        """Whether it tells of prints."""
        return any(row.get("job_count") is not None for row in self.rows)

    def use(self, name: str) -> int:
        """Return what it counts for: prints in proportion to all of them, hours if possible."""
        total: int = sum(row.get(name) or 0 for row in self.rows)
        if name == "print_hours":
            hours: int = sum((row["period_end"] - row["period_start"]) // 3600 for row in self.rows)
            printers: int = max((row.get("printer_count") or 1 for row in self.rows), default=1)
            return min(total, MOST_HOURS, printers * (hours + CARRIED_HOURS))
        prints = sum(row.get("job_count") or 0 for row in self.rows)
        return total * MOST_PRINTS // max(prints, MOST_PRINTS)

    def added(self, column: str) -> dict[str, int]:
        """Return a column of counts over all its reports."""
        found: defaultdict[str, int] = defaultdict(int)
        for row in self.rows:
            for name, count in (row.get(column) or {}).items():
                found[name] += count
        return {name: count for name, count in found.items() if count}

    def features(self, is_on: bool) -> set[str]:
        """Return the features that are on, or off."""
        return {name for name, enabled in (self.last.get("feature_usage") or {}).items() if enabled is is_on}

    @property
    def first_used(self) -> set[str]:
        """Return the features that it used for the first time."""
        return set(self.last.get("features_first_used") or ())


def capped(counts: Mapping[str, int], most: int) -> dict[str, int]:
    """Return counts that are so many together at most: of the largest first, equal ones by name."""
    found: dict[str, int] = {}
    for name, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        found[name] = min(count, most - sum(found.values()))
    return {name: count for name, count in found.items() if count}


@dataclass(frozen=True)
class Truth:
    """All that homes told, and which of them a view is about."""

    plan: Plan
    every: Sequence[Told]
    weeks: int = 26
    is_of_view: Callable[[Told], bool] = field(default=lambda _: True)

    @property
    def running(self) -> int:
        """Return the week of the day."""
        return week_of_day(self.plan.until)

    @property
    def week(self) -> int:
        """Return the newest week that is complete."""
        return self.running - SETTLED

    @property
    def recent(self) -> list[int]:
        """Return the four weeks up to that one."""
        return list(range(self.week - POOLED + 1, self.week + 1))

    @property
    def shown(self) -> list[int]:
        """Return the weeks of the view."""
        return list(range(self.running - self.weeks + 1, self.running + 1))

    @cached_property
    def _by_week(self) -> Mapping[int, list[Told]]:
        """The homes by week."""
        found: defaultdict[int, list[Told]] = defaultdict(list)
        for one in self.every:
            if not one.is_apart:
                found[one.week].append(one)
        return found

    def all_at(self, *weeks: int) -> list[Told]:
        """Return what all homes told of some weeks."""
        return [one for week in weeks for one in self._by_week.get(week, ())]

    def at(self, *weeks: int) -> list[Told]:
        """Return what the homes of the view told of some weeks."""
        return [one for one in self.all_at(*weeks) if self.is_of_view(one)]

    def named(self, name: str) -> int:
        """Return the week of a name, of those shown."""
        return next(week for week in self.shown if iso_name(week) == name)

    def state(self, week: int) -> str:
        """Tell whether the reports about a week have come in."""
        if week == self.running:
            return "running"
        return "complete" if week <= self.week else "incomplete"


def truth_of(plan: Plan, found: Iterable[Course]) -> Truth:
    """Return what the homes of a plan told, as far as it is kept."""
    released = frozenset(all_versions(plan))
    every = [one for course in found for one in _told(course, released)]
    return Truth(plan, every)


def _told(course: Course, released: frozenset[str]) -> Iterable[Told]:
    """Yield what a home told, week by week."""
    groups: defaultdict[tuple[str, int], list[Sent]] = defaultdict(list)
    for sent in course.sent:
        if sent.is_kept:
            end = sent.report.columns["period_end"]
            assert isinstance(end, int)
            groups[sent.identifier, report_week(sent.report.period_start, end)].append(sent)
    first: dict[str, int] = {}
    previous: dict[str, tuple[int, str]] = {}
    for (identifier, week), group in sorted(groups.items(), key=lambda item: item[0][1]):
        sent_in_order = sorted(group, key=lambda sent: sent.report.period_start)
        rows = [{**sent.report.columns, "period_start": sent.report.period_start} for sent in sent_in_order]
        past = previous.get(identifier)
        told = rows[0].get("weeks_since_previous_report")
        gap = str(told) if told else str(week - past[0]) if past else "none"
        weeks = week - first.setdefault(identifier, week)
        yield Told(
            home=course.home.number,
            identifier=identifier,
            week=week,
            rows=rows,
            received=[sent.received for sent in sent_in_order],
            is_apart=all(sent.is_apart for sent in group),
            is_first=bool(rows[0]["first_report"]) if told else past is None,
            gap="14+" if gap.isdecimal() and int(gap) >= 14 else gap,
            age=str(rows[0].get("age_bucket") or next((name for most, name in AGES if weeks < most), OLDEST)),
            before=str(rows[0].get("previous_app_version") or (past[1] if past else rows[0]["app_version"])),
            released=released,
        )
        previous[identifier] = (week, str(rows[-1]["app_version"]))


def some(told: Iterable[Told], holds: Callable[[Told], bool]) -> int:
    """Return of how many something holds."""
    return sum(map(holds, told))


def percents(counted: Counted) -> tuple[float, float, float]:
    """Return a share in percent with Wilson's interval at 95 %; of nothing it may be anything."""
    part, whole, homes = counted
    number = min(whole, homes)
    if number <= 0:
        return 0.0, 0.0, 100.0
    z = 1.959964
    share = part / whole
    middle = share + z * z / (2 * number)
    half = z * sqrt(share * (1 - share) / number + z * z / (4 * number**2))
    low, high = ((middle + sign * half) / (1 + z * z / number) for sign in (-1, 1))
    return 100 * share, max(0.0, 100 * low), min(100.0, 100 * high)


def of_homes(told: Sequence[Told], holds: Callable[[Told], bool]) -> Counted:
    """Return the homes of one week of which something holds."""
    return some(told, holds), len(told), len(told)


def with_error(told: Iterable[Told], kind: str = "") -> Counted:
    """Return the weekly reports with an error, of those that share errors; homes of the largest week."""
    sharing = [one for one in told if one.shares_errors]
    weeks = {one.week for one in sharing}
    homes = max((sum(one.week == week for one in sharing) for week in weeks), default=0)
    return some(sharing, lambda one: kind in one.kinds if kind else bool(one.kinds)), len(sharing), homes


def shares(counted: Counted, names: Sequence[str] = ("percent", "low", "high")) -> dict[str, float]:
    """Return a share as the columns of a panel have it."""
    return dict(zip(names, percents(counted), strict=True))
