"""What is done about alarms each week and each day; all in the transaction of the caller."""

from collections.abc import Collection, Sequence
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, func, select

from aggregation.alerts.alarms import Change, alarms, end, update_alarms
from aggregation.alerts.causes import Found, grouped
from aggregation.alerts.deliveries import enqueue
from aggregation.alerts.evidence import Evidence, SilenceInputs, evidence
from aggregation.alerts.findings import keep_findings
from aggregation.alerts.judge import MOST_WEEKS, judge
from aggregation.alerts.levels import levels
from aggregation.alerts.mailing import enqueue_mail
from aggregation.alerts.observe import dense, keep, observations, observe
from aggregation.alerts.releases import judge_releases
from aggregation.alerts.watch import Cause, with_levels
from aggregation.analytics.completeness import SETTLED_WEEKS
from aggregation.analytics.question import Weeks
from aggregation.analytics.rows import values_of
from aggregation.analytics.sums import Sums
from aggregation.rollups.fold import waiting_since
from aggregation.storage.schema import ROLLUPS
from aggregation.storage.schema_alarms import OBSERVATIONS
from aggregation.weeks import monday, week_of_day

SILENCE_WEEKS = 8
LONGEST_SILENCE = 14
"""Days that are looked back."""


def settled_week(now: datetime) -> int:
    """Return the last week whose reports have had a week to come in."""
    return week_of_day(now.date()) - SETTLED_WEEKS


def weeks_to_observe(connection: Connection, now: datetime) -> list[int]:
    """Return settled weeks that are not observed, the oldest first; none while reports wait to be counted."""
    last = settled_week(now)
    first = connection.scalar(
        select(func.min(ROLLUPS.c.week)).where(ROLLUPS.c.week > last - MOST_WEEKS, ROLLUPS.c.scope == "all")
    )
    waiting = waiting_since(connection)
    if first is None or (waiting and waiting.date() < monday(last + SETTLED_WEEKS)):
        return []
    known = {week for (week,) in connection.execute(select(OBSERVATIONS.c.week))}
    # Weeks before those that are known stay as they are: judged were others by what was known then.
    return [week for week in range(max(first, max(known, default=first)), last + 1) if week not in known]


def observe_week(connection: Connection, week: int) -> None:
    """Keep what is known of a week."""
    keep(connection, week, observe(Sums(connection), week))


def weeks_to_judge(connection: Connection, judged: Collection[int]) -> list[int]:
    """Return the observed weeks after the last one that was judged; the newest where none ever was."""
    known = sorted(week for (week,) in connection.execute(select(OBSERVATIONS.c.week)))
    return [week for week in known if week > max(judged)] if judged else known[-1:]


def judge_week(connection: Connection, week: int) -> list[Change]:
    """Judge a week and keep the alarms; return what is to be told."""
    every = evidence_of_week(connection, week)
    keep_findings(connection, week, every)
    return update_alarms(connection, week, grouped(every))


def tell(
    connection: Connection,
    changes: Sequence[Change],
    channels: Collection[str],
    readers: Sequence[str],
    now: datetime,
) -> None:
    """Put what has changed into the outbox: of channels, and of those who read mails."""
    enqueue(connection, changes, channels, now)
    enqueue_mail(connection, changes, readers, now)


def evidence_of_week(connection: Connection, week: int) -> list[Evidence]:
    """Return all that is said of a week that was observed."""
    rules = with_levels(levels(connection))
    weeks = dense(observations(connection, week - MOST_WEEKS, week), week)
    judged = judge(weeks, week, rules) if weeks else []
    return [*judged, *judge_releases(Sums(connection), week)]


def look_for_silence(connection: Connection, now: datetime) -> list[Change]:
    """Open an alarm when no report has come for too long, and end it when one comes; return what to tell."""
    week = week_of_day(now.date())
    found = _silence(connection, now)
    known = next((each for each in alarms(connection) if each.cause == Cause.SILENCE and each.is_open), None)
    if found.judged.is_alarm and known is None:
        alarm = Found(cause=Cause.SILENCE, evidence=[found], is_strong=True, is_sure=True)
        return update_alarms(connection, week, [alarm], only=Cause.SILENCE)
    if known is not None and not found.judged.is_alarm:
        return [end(connection, known, week)]
    return []


def _silence(connection: Connection, now: datetime) -> Evidence:
    """Return for how many whole days no report has come, and how many were expected in them."""
    today = now.date()
    week = week_of_day(today)
    weeks = Sums(connection).weeks("received", "", Weeks.up_to(week, SILENCE_WEEKS + 1))
    daily = [
        sum(
            count
            for value, count in values_of(weeks[week_of_day(day)], "received").items()
            if value.partition(":")[0] == str(day.weekday())
        )
        for day in (datetime.fromordinal(today.toordinal() - ago).date() for ago in range(LONGEST_SILENCE))
    ]
    waiting = waiting_since(connection) is not None
    silent = 0 if waiting else next((days for days, count in enumerate(daily) if count), LONGEST_SILENCE)
    usual = median(
        sum(values_of(weeks[each], "received").values()) for each in range(week - SILENCE_WEEKS, week)
    )
    whole = max(0, silent - 1)
    return evidence("silence", week, SilenceInputs(whole, usual / 7 * whole))
