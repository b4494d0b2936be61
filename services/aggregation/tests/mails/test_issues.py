"""When mails are made, and when there is nothing to say."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, time, timedelta
import logging
from pathlib import Path
import socket
from threading import Thread
from zoneinfo import ZoneInfo

from hypothesis import given, strategies as st
import pytest
from sqlalchemy import Connection

from aggregation.insight.schedule import mail_jobs
from aggregation.insight.worker import Worker
from aggregation.mails.content import Kind, make_content
from aggregation.mails.issues import make_issue, weekly_due
from aggregation.mails.outbox import LONGEST_TRY, MailOutbox, Post
from aggregation.mails.render import letter_of
from aggregation.mails.smtp import Letter, Mailer, MailError
from aggregation.mails.timetable import LATEST, Timetable, ends_month
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema_alarms import FINDINGS
from aggregation.storage.schema_mails import MAIL_DELIVERIES, MAILS
from aggregation.weeks import monday, week_of_day
from tests.alerts.world import LAST, NOW, fill
from tests.inbox import SENDER
from tests.mails.conftest import BASE, JUDGED, reader, rows
from tests.support import SECONDS, settings_for

UTC_8 = Timetable(0, 8, ZoneInfo("UTC"))
BERLIN = Timetable(0, 8, ZoneInfo("Europe/Berlin"))
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Pacific/Apia", "Asia/Kathmandu")
DUE = UTC_8.moment(LAST)


@pytest.fixture
def empty(database: Path) -> Iterator[Database]:
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        yield found


def into(sent: list[str], prefix: str = "") -> Post:
    """Return what sends into a list."""

    def post(address: str, _: Letter, taken: Callable[[], None]) -> None:
        sent.append(f"{prefix}{address}")
        taken()

    return post


@given(
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(ZONES),
    day=st.dates(date(2020, 1, 6), date(2035, 1, 1)),
)
def test_every_week_has_one_moment_on_its_weekday_and_hour(
    weekday: int, hour: int, zone: str, day: date
) -> None:
    timetable = Timetable(weekday, hour, ZoneInfo(zone))
    week = week_of_day(day)
    moment = timetable.moment(week)
    local = moment.astimezone(timetable.zone)
    assert local.weekday() == weekday
    # An hour that the clocks leave out is the next one.
    assert local.hour in {hour, hour + 1}
    assert timetable.week(moment) == week
    assert timetable.week(moment - timedelta(seconds=1)) == week - 1
    assert timetable.due(moment + LATEST + timedelta(seconds=1)) is None
    assert timedelta(days=6, hours=22) < timetable.moment(week + 1) - moment < timedelta(days=7, hours=2)


def test_the_hour_stays_that_of_the_readers_when_the_clocks_change() -> None:
    before, after = (BERLIN.moment(week_of_day(day) - 2) for day in (date(2026, 3, 23), date(2026, 3, 30)))
    assert (before.hour, after.hour) == (7, 6)
    assert after - before == timedelta(days=7, hours=-1)


def test_twelve_of_the_weeks_of_a_year_end_a_month() -> None:
    first = week_of_day(date(2026, 1, 5))
    assert sum(map(ends_month, range(first, first + 52))) == 12


def test_nothing_is_made_before_the_week_was_judged(empty: Database) -> None:
    fill(empty, weeks=20)
    with empty.reading() as connection:
        assert weekly_due(connection, UTC_8, DUE) == []


def test_no_home_no_mail(empty: Database) -> None:
    reader(empty, "ann@example.org")
    with empty.writing() as connection:
        connection.execute(FINDINGS.insert().values(week=LAST, findings="[]"))
    assert Worker(empty, mail_jobs(UTC_8), {}, lambda: DUE).once()
    assert [row.kind for row in rows(empty, MAILS)] == ["weekly"]
    assert rows(empty, MAIL_DELIVERIES) == []


def test_nothing_beyond_what_is_usual_is_one_line(world: Database) -> None:
    with world.reading() as connection:
        found = [make_content(connection, Kind.WEEKLY, week, NOW) for week in range(LAST - JUDGED + 1, LAST)]
    content = next(each for each in found if each.is_quiet)
    letter = letter_of(content, "en", BASE)
    told = [line for line in letter.text.splitlines() if line and not line.startswith("http")]
    assert len(told) == 3
    assert told[1].startswith("Nothing changed beyond chance: 200 homes reported")
    assert "beyond chance" in letter.subject


def test_the_first_sentence_says_what_changed_most_and_that_it_is_no_chance(world: Database) -> None:
    with world.reading() as connection:
        content = make_content(connection, Kind.WEEKLY, LAST, NOW)
    first = letter_of(content, "en", BASE).text.splitlines()[2]
    assert first.startswith("The share of homes that report again")
    assert "fell to" in first
    assert first.endswith("this is more than chance.")
    german = letter_of(content, "de", BASE).text.splitlines()[2]
    assert german.startswith("Anteil der Haushalte, die wieder berichten")
    assert german.endswith(" Zufall.")
    assert 1 < len(content.moves) <= 5
    assert len({move.watched for move in content.moves}) == len(content.moves)


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", Kind)
def test_mails_are_small_whole_in_text_and_fetch_nothing(world: Database, kind: Kind, language: str) -> None:
    with world.reading() as connection:
        content = make_content(connection, kind, LAST, NOW)
    letter = letter_of(content, language, BASE, token="t" * 43)
    assert len(letter.html.encode()) + len(letter.text.encode()) < 60_000
    for part in ("<img", "<svg", "<script", "<link", "url(", "@import", " src="):
        assert part not in letter.html
    assert "prefers-color-scheme: dark" in letter.html
    assert letter.html.count(' style="') > 20
    addresses = {part.split('"')[0] for part in letter.html.split('href="')[1:]}
    assert all(address.startswith(BASE) for address in addresses)
    assert addresses <= set(letter.text.split())


def test_without_the_inliner_a_mail_keeps_its_styles_in_the_head(
    world: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aggregation.mails.render.has_inliner", lambda: False)
    with world.reading() as connection:
        letter = letter_of(make_content(connection, Kind.WEEKLY, LAST, NOW), "en", BASE)
    assert letter.html.count("<style") == 2
    assert 'class="first"' in letter.html


def test_a_mail_is_never_sent_when_it_is_old_news(world: Database) -> None:
    reader(world, "ann@example.org")
    with world.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, UTC_8, NOW)
    sent: list[str] = []
    outbox = MailOutbox(into(sent), BASE)
    assert outbox.step(world, NOW + timedelta(days=6, seconds=1))
    assert not outbox.step(world, NOW + timedelta(days=7))
    assert sent == []


def test_what_is_refused_is_tried_again_and_what_is_refused_for_good_is_not(
    world: Database, caplog: pytest.LogCaptureFixture
) -> None:
    reader(world, "ann@example.org")
    with world.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, UTC_8, NOW)
    answers = [MailError("not now"), MailError("never", is_final=True)]
    tries: list[datetime] = []
    now = NOW

    def refuse(_: str, __: Letter, ___: Callable[[], None]) -> None:
        tries.append(now)
        raise answers.pop(0)

    outbox = MailOutbox(refuse, BASE)
    for _ in range(5):
        while outbox.step(world, now):
            pass
        now += timedelta(minutes=1)
    assert tries == [NOW, NOW + timedelta(minutes=1)]
    (row,) = rows(world, MAIL_DELIVERIES)
    assert (row.due, row.sent) == (None, None)
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert "example.org" not in caplog.text
    caplog.clear()


def test_of_two_that_take_the_same_mail_one_sends_it(world: Database) -> None:
    reader(world, "ann@example.org")
    with world.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, UTC_8, NOW)
    sent: list[str] = []
    other = MailOutbox(into(sent, "other "), BASE)

    class Slow(Database):
        """A database in which another process is faster between looking and claiming."""

        @contextmanager
        def writing(self) -> Generator[Connection]:
            while other.step(world, NOW):
                pass
            with world.writing() as connection:
                yield connection

    with closing(Slow(str(world.url), 5.0)) as slow:
        assert MailOutbox(into(sent), BASE).step(slow, NOW)
    assert sent == ["other ann@example.org"]


class Dropping:
    """A mail server that goes on as a script says, and then is silent or gone."""

    def __init__(self, *lines: bytes, stall: bool = False) -> None:
        self.lines = lines
        self.stall = stall
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.thread = Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        connection, _ = self.server.accept()
        with connection, connection.makefile("rb") as reading:
            for line in self.lines:
                connection.sendall(line)
                if line.startswith(b"354"):
                    while reading.readline() not in {b".\r\n", b""}:
                        pass
                else:
                    reading.readline()
            while self.stall and reading.readline():
                pass

    def close(self) -> None:
        self.server.close()
        self.thread.join(60)


GREETING = (b"220 here\r\n", b"250 here\r\n", b"250 sender\r\n", b"250 recipient\r\n", b"354 go on\r\n")


@pytest.mark.parametrize(
    ("lines", "stall", "why"),
    [
        ((), False, "SMTPServerDisconnected"),
        (GREETING[:1], False, "SMTPServerDisconnected"),
        (GREETING[:1], True, "SMTPServerDisconnected"),
        (GREETING[:3], True, "SMTPServerDisconnected"),
        (GREETING, False, "SMTPServerDisconnected"),
        ((*GREETING[:3], b"550 nobody\r\n", b"250 reset\r\n"), False, "SMTPRecipientsRefused"),
        ((*GREETING[:3], b"450 later\r\n", b"250 reset\r\n"), False, "SMTPRecipientsRefused"),
        ((*GREETING, b"554 no\r\n"), False, "SMTPDataError"),
    ],
)
def test_a_server_that_refuses_stalls_or_drops_is_an_error_that_names_nobody(
    database: Path, lines: tuple[bytes, ...], stall: bool, why: str
) -> None:
    server = Dropping(*lines, stall=stall)
    try:
        with pytest.raises(MailError, match=why) as error:
            mailer(database, server.port, STALL if stall else SECONDS).send(["ann@example.org"], LETTER)
    finally:
        server.close()
    assert error.value.is_final == (b"55" in b"".join(line[:2] for line in lines))
    assert "example.org" not in str(error.value)


@pytest.mark.parametrize("goodbye", [(b"421 busy\r\n",), ()])
def test_what_was_taken_is_sent_however_the_server_says_goodbye(
    database: Path, goodbye: tuple[bytes, ...]
) -> None:
    server = Dropping(*GREETING, b"250 taken\r\n", *goodbye)
    try:
        mailer(database, server.port, SECONDS).send(["ann@example.org"], LETTER)
    finally:
        server.close()


STALL = 0.2
LETTER = Letter(subject="subject", text="text", html="<p>text</p>")


def mailer(database: Path, port: int, timeout: float) -> Mailer:
    """Return what sends to a server that speaks no TLS."""
    settings: Settings = settings_for(
        database, smtp_host="127.0.0.1", smtp_port=port, smtp_tls=False, smtp_from=SENDER
    )
    return Mailer(settings, timeout=timeout)


def test_a_month_comes_once_with_the_mail_about_its_last_week(world: Database) -> None:
    reader(world, "ann@example.org")
    weeks = range(LAST - 6, LAST + 1)
    for week in weeks:
        moment = datetime.combine(monday(week + 2), time(9), UTC)
        assert Worker(world, mail_jobs(UTC_8), {}, lambda then=moment: then).once()
    found = [(row.kind, row.week) for row in rows(world, MAIL_DELIVERIES)]
    assert [week for kind, week in found if kind == "monthly"] == [week for week in weeks if ends_month(week)]
    assert [week for kind, week in found if kind == "weekly"] == list(weeks)


def test_while_a_try_may_still_go_on_no_other_process_makes_it(world: Database) -> None:
    """The mail server draws a try out for as long as it can; meanwhile others look for what is due."""
    reader(world, "ann@example.org")
    with world.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, UTC_8, DUE)
    sent: list[str] = []
    other = MailOutbox(into(sent, "other "), BASE)

    def stalls(address: str, _: Letter, taken: Callable[[], None]) -> None:
        for seconds in (1, 60, 300, LONGEST_TRY - 1):
            assert not other.step(world, DUE + timedelta(seconds=seconds))
        sent.append(address)
        taken()

    assert MailOutbox(stalls, BASE).step(world, DUE)
    assert not other.step(world, DUE + timedelta(days=1))
    assert sent == ["ann@example.org"]
