"""The budget of alarm mails: one for all of a week, and one in a month unless a graver cause comes."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import select

from aggregation.alerts import alarms as kept
from aggregation.alerts.alarms import Change, Event, State, update_alarms
from aggregation.alerts.causes import Found
from aggregation.alerts.deliveries import MAIL, next_due
from aggregation.alerts.evidence import Evidence, SilenceInputs, evidence
from aggregation.alerts.mailing import MAIL_WEEKS, enqueue_mail
from aggregation.storage.engine import Database
from aggregation.storage.schema_alarms import ALARMS, DELIVERIES
from aggregation.weeks import week_of_day

MONDAY = datetime(2026, 6, 15, 7, tzinfo=UTC)
WEEK = week_of_day(MONDAY.date()) - 2
ANN, BEA = f"{MAIL}:#1", f"{MAIL}:#2"


def affecting(homes: float, week: int) -> Evidence:
    """Return evidence that affects so many homes; of what kind is no matter here."""
    return evidence("silence", week, SilenceInputs(5, homes))


class Finding:
    """A database in which something is found in weeks that tests choose."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def found(self, weeks: int, cause: str, homes: float = 200.0, **said: bool) -> None:
        """Find a cause so many weeks after the first."""
        self.found_all(weeks, (cause, homes), **said)

    def found_all(
        self, weeks: int, *causes: tuple[str, float], strong: bool = True, sure: bool = False
    ) -> None:
        """Find several causes in one week."""
        week = WEEK + weeks
        each = [
            Found(cause=cause, evidence=[affecting(homes, week)], is_strong=strong, is_sure=sure)
            for cause, homes in causes
        ]
        with self.database.writing() as connection:
            changes = update_alarms(connection, week, each)
            enqueue_mail(connection, changes, (ANN, BEA), MONDAY + timedelta(weeks=weeks))

    def mails(self) -> list[tuple[str, str]]:
        """Return the causes that were mailed, and to whom."""
        joined = DELIVERIES.join(ALARMS, ALARMS.c.id == DELIVERIES.c.alarm_id)
        columns = select(ALARMS.c.cause, DELIVERIES.c.channel).select_from(joined)
        with self.database.reading() as connection:
            return [(row.cause, row.channel) for row in connection.execute(columns.order_by(DELIVERIES.c.id))]

    def mailed(self) -> list[str]:
        """Return the causes that were mailed."""
        return [cause for cause, channel in self.mails() if channel == ANN]


@pytest.fixture
def finding(storage: Database) -> Finding:
    return Finding(storage)


def test_all_alarms_of_a_week_are_one_mail_to_each_reader_the_gravest_first(finding: Finding) -> None:
    finding.found_all(0, ("errors/a", 30.0), ("homes", 90.0), ("use/prints", 60.0))
    assert finding.mails() == [("homes", ANN), ("homes", BEA)]
    with finding.database.reading() as connection:
        delivery = next_due(connection, MONDAY, mails=True)
    assert delivery is not None
    told = delivery.mailed
    assert (told.cause, {each.cause for each in told.others}) == ("homes", {"errors/a", "use/prints"})
    assert delivery.told.cause == "homes"


@pytest.mark.parametrize("weeks", range(MAIL_WEEKS))
def test_in_the_weeks_after_a_mail_no_other_comes_however_many_homes_it_affects(
    finding: Finding, weeks: int
) -> None:
    finding.found(0, "homes", 10.0)
    finding.found(weeks, "errors/a", 1000.0)
    assert finding.mailed() == ["homes"]


def test_what_is_all_but_sure_and_no_graver_is_not_mailed_either(finding: Finding) -> None:
    finding.found(0, "homes", 100.0)
    finding.found(1, "errors/a", 100.0, sure=True)
    finding.found(2, "use/prints", 99.0, sure=True)
    assert finding.mailed() == ["homes"]


def test_a_graver_cause_that_is_all_but_sure_is_mailed_at_once(finding: Finding) -> None:
    finding.found(0, "homes", 100.0)
    finding.found(1, "errors/a", 101.0, sure=True)
    finding.found(2, "use/prints", 101.0, sure=True)
    assert finding.mailed() == ["homes", "errors/a"]


def test_that_no_reports_come_in_is_graver_than_anything_and_is_mailed_once(finding: Finding) -> None:
    finding.found(0, "homes", 5000.0)
    finding.found(1, "silence", 10.0, sure=True)
    finding.found(2, "errors/a", 9000.0, sure=True)
    assert finding.mailed() == ["homes", "silence"]


def test_after_five_weeks_there_is_room_again_so_no_month_has_two(finding: Finding) -> None:
    for weeks in range(40):
        finding.found(weeks, f"errors/{weeks}")
    mailed = [int(cause.partition("/")[2]) for cause in finding.mailed()]
    assert mailed == list(range(0, 40, MAIL_WEEKS))
    months = [f"{MONDAY + timedelta(weeks=weeks):%Y-%m}" for weeks in mailed]
    assert len(set(months)) == len(months)


def test_weeks_that_are_judged_late_all_at_once_are_one_mail(finding: Finding) -> None:
    with finding.database.writing() as connection:
        for weeks in range(12):
            each = Found(cause=f"errors/{weeks}", evidence=[affecting(9.0, WEEK + weeks)], is_strong=True)
            changes = update_alarms(connection, WEEK + weeks, [each])
            enqueue_mail(connection, changes, (ANN,), MONDAY + timedelta(weeks=12))
    assert finding.mailed() == ["errors/0"]


def test_what_is_weak_snoozed_or_has_ended_is_not_mailed(finding: Finding) -> None:
    finding.found(0, "homes", strong=False)
    assert finding.mailed() == []
    with finding.database.reading() as connection:
        (alarm,) = kept.alarms(connection)
    with finding.database.writing() as connection:
        for change in (
            Change(msgspec.structs.replace(alarm, snoozed_until=WEEK + 99), Event.OPENED, True, True),
            Change(msgspec.structs.replace(alarm, state=State.ENDED), Event.ENDED, True, True),
        ):
            enqueue_mail(connection, [change], (ANN,), MONDAY)
    assert finding.mailed() == []
