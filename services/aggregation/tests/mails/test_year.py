"""A year of mails: three processes, killed at random, a mail server that refuses, both ends of summer time.

The seven ways in which the mails of others fail: sent twice, not sent, full of zeros, sent though switched
off, sent with nothing to say (test_issues), with numbers that nobody can trace (test_figures), on a wrong
day.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
import logging
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
import re
import time
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, insert, select

from aggregation.mails.recipients import recipients, remove
from aggregation.mails.timetable import ends_month
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema import PENDING
from aggregation.storage.schema_mails import MAIL_DELIVERIES, MAILS
from aggregation.weeks import iso_name, monday, week_of_day
from tests.alerts.world import HOMES, fill
from tests.inbox import TAKEN, Inbox, parts
from tests.mails.conftest import reader
from tests.mails.working import Clock, Setting, killed, let_all_look, started
from tests.proofs import FULL_PROOFS
from tests.support import wait_until

pytestmark = pytest.mark.programs

LOGGER = logging.getLogger(__name__)
ZONE = ZoneInfo("Europe/Berlin")
FIRST = week_of_day(date(2025, 12, 1))
SPRING, AUTUMN = week_of_day(date(2026, 3, 29)), week_of_day(date(2026, 10, 25))
"""Weeks that end with the change of the clocks."""
WEEKS = (
    range(FIRST, FIRST + 52)
    if FULL_PROOFS
    else [*range(SPRING - 4, SPRING - 1), *range(AUTUMN - 4, AUTUMN - 1)]
)
"""Weeks that mails are about, which come on the second Monday after each."""
PROCESSES = 3
KILLS = 3
REFUSED = 0.1
ANN, BEA, CEM = "ann@example.org", "bea@example.org", "cem@example.org"


class Year:
    """The clock, the mail server, and what came when."""

    def __init__(self, database: Database, setting: Setting, inbox: Inbox) -> None:
        self.database = database
        self.setting = setting
        self.clock = Clock(setting.clock)
        self.inbox = inbox
        self.chance = Random(5)
        self.came: list[datetime] = []
        self.kills = 0
        inbox.answer = self._answer

    def _answer(self) -> str:
        """Refuse now and then, and note when something is taken."""
        if self.chance.random() < REFUSED:
            return "451 not now"
        self.came.append(self.clock())
        return TAKEN

    def waiting(self) -> bool:
        """Tell whether anything is still to be sent."""
        with self.database.reading() as connection:
            due = select(MAIL_DELIVERIES.c.id).where(MAIL_DELIVERIES.c.due.is_not(None))
            return connection.execute(due.limit(1)).first() is not None

    def made(self, week: int) -> set[str]:
        """Return the mails that were made about a week."""
        with self.database.reading() as connection:
            return set(connection.scalars(select(MAILS.c.kind).where(MAILS.c.week == week)))

    def work(self, week: int) -> None:
        """Let processes work, kill some of them, and pass minutes until everything is sent."""
        processes = [started(self.setting) for _ in range(PROCESSES)]
        try:
            for _ in range(KILLS):
                time.sleep(self.chance.uniform(0.0, 0.15))
                killed(processes.pop(self.chance.randrange(PROCESSES)))
                processes.append(started(self.setting))
                self.kills += 1
            due = {"weekly", "monthly"} if ends_month(week) else {"weekly"}
            wait_until(lambda: self.made(week) == due)
            self.let_all_be_sent(processes)
        finally:
            for process in processes:
                killed(process)

    def let_all_be_sent(self, processes: Sequence[ForkServerProcess]) -> None:
        """Wait until nothing is to be sent, and pass the time until the next try whenever nothing goes on.

        No try may last as long as it takes another process to make it again: of the clock, a minute is a
        minute only while nobody is sending.
        """
        while self.waiting():
            before = self.tries()
            let_all_look(self.setting, processes)
            if self.waiting() and self.tries() == before:
                self.clock.set(max(self.clock(), self.next_try()))

    def tries(self) -> tuple[int, int, datetime]:
        """Return what changes while something is going on."""
        with self.database.reading() as connection:
            made = connection.scalar(select(func.sum(MAIL_DELIVERIES.c.attempts)))
            return made or 0, len(self.inbox.mails), self.next_try()

    def next_try(self) -> datetime:
        """Return when the next try is due."""
        with self.database.reading() as connection:
            due = connection.scalar(select(func.min(MAIL_DELIVERIES.c.due)))
        return datetime.fromtimestamp(due, UTC) if due else self.clock()


@pytest.fixture
def year(database: Path, tmp_path: Path, server: dict[str, Any], inbox: Inbox) -> Iterator[Year]:
    setting = Setting(database, tmp_path / "clock", server, mail_time_zone=str(ZONE))
    with closing(opened(setting.url, 60.0)) as found:
        fill(found, weeks=WEEKS[-1] - FIRST + 20, last=WEEKS[-1] + 2)
        reader(found, ANN)
        reader(found, BEA, language="de", monthly=False)
        reader(found, CEM, weekly=False)
        yield Year(found, setting, inbox)


def test_every_mail_comes_once_at_its_hour_to_those_who_want_it_and_says_no_zeros(year: Year) -> None:
    expected: Counter[tuple[str, str, int]] = Counter()
    left = WEEKS[len(WEEKS) // 2]
    late = WEEKS[1]
    for week in WEEKS:
        moment = year.setting.timetable.moment(week)
        assert moment.astimezone(ZONE).strftime("%A %H:%M") == "Monday 08:00"
        year.clock.set(moment - timedelta(minutes=1))
        year.setting.worker(year.database).once()
        assert len(year.inbox.mails) == len(year.came)
        assert not year.waiting()
        if week == late:
            moment = _wait_for_reports(year, week, moment)
        year.clock.set(moment)
        if week == left:
            year.setting.worker(year.database, sends=False).once()
            assert year.waiting()
            _leave(year.database, BEA)
        year.work(week)
        expected[ANN, "weekly", week] += 1
        expected[BEA, "weekly", week] += week < left
        if ends_month(week):
            expected[ANN, "monthly", week] += 1
            expected[CEM, "monthly", week] += 1
    mailboxes = Counter(_told(mail) for mail in year.inbox.mailboxes().values())
    assert mailboxes == +expected
    twice = len(year.inbox.mails) - len(year.inbox.mailboxes())
    assert twice <= year.kills
    LOGGER.info("%s weeks, %s kills, %s mails, %s again", len(WEEKS), year.kills, mailboxes.total(), twice)
    for mail, came in zip(year.inbox.mails, year.came, strict=True):
        local = came.astimezone(ZONE)
        assert (local.weekday(), local.hour in range(8, 12)) == (0, True)
        text, html = parts(mail)
        for part in (text, html):
            (homes,) = re.findall(r"(?:from the reports of|aus den Berichten von) (\d+)", part)
            assert int(homes) >= HOMES


def _wait_for_reports(year: Year, week: int, moment: datetime) -> datetime:
    """Have a report wait that is not counted: nothing is made meanwhile. Return when it is counted."""
    with year.database.writing() as connection:
        since = int(datetime.combine(monday(week + 1), datetime.min.time(), UTC).timestamp())
        connection.execute(insert(PENDING), {"submission_id": 1, "since": since})
        _forget_judgement(connection, week)
    year.clock.set(moment)
    year.setting.worker(year.database).once()
    assert not year.made(week)
    with year.database.writing() as connection:
        connection.execute(delete(PENDING))
    return moment + timedelta(hours=2)


def _forget_judgement(connection: Any, week: int) -> None:
    """Make a week one that was not judged yet."""
    from aggregation.insight.schedule import JUDGE, OBSERVE  # noqa: PLC0415
    from aggregation.storage.schema_alarms import FINDINGS, OBSERVATIONS, WORKS  # noqa: PLC0415

    for table in (FINDINGS, OBSERVATIONS):
        connection.execute(delete(table).where(table.c.week == week))
    connection.execute(delete(WORKS).where(WORKS.c.number == week, WORKS.c.kind.in_([JUDGE, OBSERVE])))


def _leave(database: Database, address: str) -> None:
    """Have somebody leave."""
    with database.writing() as connection:
        (number,) = [each.id for each in recipients(connection) if each.address == address]
        remove(connection, number)


def _told(mail: Any) -> tuple[str, str, int]:
    """Return to whom a mail is, of which kind, and about which week."""
    kind, year, name, _ = str(mail["Message-ID"]).removeprefix("<").split("-")
    week = week_of_day(date.fromisocalendar(int(year), int(name.removeprefix("w")), 1))
    assert kind == "monthly" or iso_name(week) in str(mail["Subject"])
    return str(mail["To"]), kind, week
