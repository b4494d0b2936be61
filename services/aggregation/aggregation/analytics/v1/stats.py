"""The statistics of protocol 1.0's dashboard, in its shapes."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from babel import Locale
from sqlalchemy import Connection

from aggregation.analytics.numbers import age_of_version, change, now, percent, ranked
from aggregation.analytics.question import Weeks
from aggregation.analytics.v1.anomalies import find_anomalies
from aggregation.analytics.v1.reader import Reader
from aggregation.rollups.values import OTHER
from aggregation.weeks import week_of_day

type Answer = dict[str, Any]

WINDOW_WEEKS = 5
"""A home is active while it has a report about one of the last weeks, the running one included."""
SETTLED_WEEKS = 2
SHOWN_VERSIONS = 10
ENOUGH_SHARE, ENOUGH_HOMES, ENOUGH_OF_FEW = 0.01, 5, 0.1
"""A version is in use with 1 % of the homes, and five: more than a network can make up in a day."""
DISPLAY_NAMES = {
    "homeassistant": "Home Assistant",
    "docker": "Docker",
    "standalone": "Standalone",
    "pi": "Raspberry Pi",
}
SPIKE_PERCENT = 50.0
_COUNTRIES = Locale("en").territories


class Stats:
    """All statistics at one moment."""

    def __init__(self, connection: Connection, today: date) -> None:
        """Take a connection that sees one state of the whole, and the day (UTC)."""
        self.reader = Reader(connection)
        self._today = today
        self._week = week_of_day(today)

    def summary(self) -> Answer:
        """Return what there is in all."""
        latest = self.reader.latest_day()
        return {
            "total_submissions": self.reader.ever("received"),
            "unique_installations": self.reader.ever("new_homes"),
            "latest_submission_at": f"{latest}T00:00:00" if latest else None,
            "timestamp": now(),
        }

    def overview(self, *, versions: int = 10, countries: int = 20) -> Answer:
        """Return everything at once, and up to when all reports are in it."""
        return self._parts(versions, countries) | {"last_updated": self._until()}

    def export(self) -> Answer:
        """Return everything at once, for keeping."""
        return {"exported_at": now()} | self._parts(20, 50)

    def installations(self, days: int = 30) -> Answer:
        """Return how many homes there are, and how many each day."""
        shown = self._days(days)
        since = Weeks(week_of_day(shown[0]), self._week + 1) if shown else Weeks(1, 0)
        new, seen = self.reader.days.of(since, "new_homes"), self.reader.days.of(since, "seen")
        ever = self.reader.ever("new_homes")
        total = ever - sum(count for day, count in new.items() if day >= shown[0])
        trend = []
        for day in shown:
            total += new[day]
            trend.append({"date": str(day), "total": total, "active": seen[day]})
        return {
            "total": ever,
            "active_7d": self.active_days(7),
            "active_30d": self.active_days(30),
            "growth_7d_percent": change(self.active_days(7), self.active_days(7, ago=7)),
            "trend": trend,
        }

    def active_days(self, days: int, *, ago: int = 0) -> int:
        """Return how many homes sent a report in so many days; the last of them may be days ago."""
        last = self._today - timedelta(days=ago)
        return self.reader.days.active(last, days)

    def deployment_modes(self) -> Answer:
        """Return how the active homes run it."""
        modes = self._active("deployment_mode")
        return {
            "total": modes.total(),
            "breakdown": dict(sorted(modes.items())),
            "percentages": {mode: percent(count, modes.total()) for mode, count in sorted(modes.items())},
            "display_names": DISPLAY_NAMES,
        }

    def versions(self, limit: int = 10) -> Answer:
        """Return the versions of the active homes; the latest is the newest that enough of them have."""
        versions = self._versions(self._week)
        total = versions.total()
        enough = max(ENOUGH_SHARE * total, min(ENOUGH_HOMES, ENOUGH_OF_FEW * total))
        in_use = [name for name, count in versions.items() if name != OTHER and count >= enough]
        newest = max(in_use, key=age_of_version, default=None)
        return {
            "versions": [
                {"version": version, "count": count, "percentage": percent(count, total)}
                for version, count in ranked(versions, limit)
            ],
            "latest_version": newest,
            "adoption_rate_latest": percent(versions[newest], total) if newest else 0.0,
            "total_versions": len(versions.keys() - {OTHER}),
        }

    def geography(self, limit: int = 20) -> Answer:
        """Return the countries of the active homes; unknown ones are left out."""
        countries = self._active("country")
        return {
            "countries": [
                {
                    "code": code,
                    "name": _COUNTRIES.get(code, code),
                    "count": count,
                    "percentage": percent(count, countries.total()),
                }
                for code, count in ranked(countries, limit)
            ],
            "total_countries": len(countries),
        }

    def printers(self) -> Answer:
        """Return the printers of the active homes that tell of them."""
        printers, homes = self._active("capped_printers")[""], self._active("printer_homes")[""]
        return {
            "total_printers": printers,
            "total_installations": homes,
            "average_per_installation": round(printers / homes, 2) if homes else 0.0,
            "types": dict(sorted(self._active("capped_printer_type").items())),
        }

    def features(self) -> Answer:
        """Return which features the active homes use."""
        on, off = self._active("feature_on"), self._active("feature_off")
        return {
            "features": [
                {
                    "feature": name,
                    "enabled": on[name],
                    "disabled": off[name],
                    "enabled_percent": percent(on[name], on[name] + off[name]),
                    "total_reporting": on[name] + off[name],
                }
                for name in sorted(on.keys() | off.keys())
            ],
            "total_installations": self._active("active")[""],
        }

    def version_migration(self, days: int = 30) -> Answer:
        """Return the versions of the homes that were active on each day."""
        weeks = {week: self._versions(week) for week in {week_of_day(day) for day in self._days(days)}}
        names = {name for versions in weeks.values() for name in versions}
        return {
            "migration": [
                {"date": str(day), "versions": dict(sorted(weeks[week_of_day(day)].items()))}
                for day in self._days(days)
            ],
            "all_versions": sorted(names, key=age_of_version, reverse=True)[:SHOWN_VERSIONS],
        }

    def feature_trends(self, days: int = 30) -> Answer:
        """Return which features were in use on each day."""
        weeks = {week: self._features(week) for week in {week_of_day(day) for day in self._days(days)}}
        names = {name for features in weeks.values() for name in features["features"]}
        return {
            "trends": [{"date": str(day)} | weeks[week_of_day(day)] for day in self._days(days)],
            "all_features": sorted(names),
        }

    def errors(self) -> Answer:
        """Return the errors of the last whole week, and how many came in seven days and the seven before."""
        week = self.reference_week()
        types = self.reader.values("capped_errors", week)
        by_day = self._of_days(self._days(14), "received_errors")
        this, last = (sum(by_day[day] for day in self._days(7, ago=ago)) for ago in (0, 7))
        return {
            "total_errors": sum(types.values()),
            "installations_with_errors": self.reader.values("error_homes", week).get("", 0),
            "error_types": dict(sorted(types.items())),
            "this_week_errors": this,
            "last_week_errors": last,
            "error_change_percent": change(this, last),
            "has_spike": change(this, last) > SPIKE_PERCENT,
        }

    def anomalies(self) -> Answer:
        """Return what is out of the ordinary."""
        received = self._of_days(self._days(31), "received")
        before = [received[day] for day in self._days(30, ago=1)]
        week = self.reference_week()
        return find_anomalies(
            active=(self.active_days(7), self.active_days(7, ago=7)),
            received_today=received[self._today],
            received_before=before,
            errors=self.errors(),
            homes=self.reader.values("error_reporting", week).get("", 0),
            checked_at=now(),
        )

    def weeks(self, count: int) -> range:
        """Return so many weeks, the running one the last."""
        return range(self._week - count + 1, self._week + 1)

    def reference_week(self) -> int:
        """Return the last week whose reports have had a week to come in, else the newest there is."""
        settled = self._week - SETTLED_WEEKS
        if self.reader.values("active", settled):
            return settled
        newest = self.reader.newest_week()
        return settled if newest is None else newest

    def is_complete(self, week: int) -> bool:
        """Tell whether the reports about a week have had a week to come in."""
        return week <= self._week - SETTLED_WEEKS

    def _until(self) -> str:
        """Return the time up to which all reports are in the sums, as protocol 1.0 writes it."""
        return self.reader.sums.freshness.until.replace(tzinfo=None).isoformat()

    def _of_days(self, days: Sequence[date], measure: str) -> Counter[date]:
        """Return a measure of days that follow each other."""
        return self.reader.days.of(Weeks(week_of_day(days[0]), week_of_day(days[-1])), measure)

    def _parts(self, versions: int, countries: int) -> Answer:
        """Return the parts that overview and export have in common."""
        return {
            "installations": self.installations(),
            "deployment_modes": self.deployment_modes(),
            "versions": self.versions(versions),
            "geography": self.geography(countries),
            "printers": self.printers(),
            "features": self.features(),
            "anomalies": self.anomalies(),
        }

    def _active(self, metric: str) -> Counter[str]:
        """Return a metric over the active homes."""
        return self.reader.over_weeks(metric, self._week, WINDOW_WEEKS)

    def _versions(self, week: int) -> Counter[str]:
        """Return the versions of the homes that were active in a week."""
        return self.reader.versions_over_weeks(week, WINDOW_WEEKS)

    def _features(self, week: int) -> Answer:
        """Return the features of the homes that were active in a week."""
        on, off = (
            self.reader.over_weeks(metric, week, WINDOW_WEEKS) for metric in ("feature_on", "feature_off")
        )
        return {
            "total_installations": self.reader.active(week, WINDOW_WEEKS),
            "features": {
                name: {"enabled": on[name], "percent": percent(on[name], on[name] + off[name])}
                for name in sorted(on.keys() | off.keys())
            },
        }

    def _days(self, days: int, *, ago: int = 0) -> list[date]:
        """Return so many days up to today or some days ago, the oldest first."""
        last = self._today - timedelta(days=ago)
        return [last - timedelta(days=number) for number in range(days - 1, -1, -1)]
