"""Alarms by mail: to those who chose and confirmed them, over a real mail server that takes and refuses."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
import re
from typing import Any

import pytest

from aggregation.alerts import alarms as kept
from aggregation.alerts.alarms import Change, Event, update_alarms
from aggregation.alerts.causes import Found
from aggregation.alerts.deliveries import MAIL, MOST_TRIES
from aggregation.alerts.evidence import SilenceInputs, evidence
from aggregation.alerts.mailing import enqueue_mail
from aggregation.insight.process_main import alarm_mails_of
from aggregation.mails import recipients as people
from aggregation.mails.alarm_readers import AlarmReaders
from aggregation.mails.content import Kind, make_content
from aggregation.mails.recipients import Wish, recipients
from aggregation.mails.smtp import Letter, Mailer
from aggregation.mails.words import Words
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema_alarms import DELIVERIES
from tests.alerts.world import LAST, NOW
from tests.inbox import SENDER, Inbox, parts, taking
from tests.mails.conftest import BASE, reader, rows
from tests.support import settings_for

ANN, BEA, OPS = "ann@example.org", "bea@example.org", "ops@example.org"


@pytest.fixture
def settings(database: Path, inbox: Inbox) -> Iterator[Settings]:
    with taking(inbox) as port:
        yield settings_for(
            database,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls=False,
            smtp_from=SENDER,
            public_url=BASE,
            report_recipients=(OPS,),
        )


class Sending:
    """A database with alarms in the outbox of those who read mails."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self.database = database
        self.settings = settings
        self.now = NOW

    def alarm(self, *causes: str) -> list[int]:
        """Find causes in a week; return the numbers of their alarms."""
        found = [
            Found(cause=cause, evidence=[evidence("silence", LAST, SilenceInputs(5, 200.0))], is_strong=True)
            for cause in causes or ("homes",)
        ]
        with self.database.writing() as connection:
            changes = update_alarms(connection, LAST, found)
            readers = AlarmReaders(self.settings.report_recipients).channels(connection)
            enqueue_mail(connection, changes, readers, self.now)
        return [change.alarm.id for change in changes]

    def run(self, after: timedelta = timedelta()) -> None:
        """Send what is due."""
        self.now += after
        outbox = alarm_mails_of(self.settings, Mailer(self.settings))
        while outbox.step(self.database, self.now):
            pass

    def wish(self, address: str, **wish: bool) -> None:
        """Have somebody get other mails."""
        with self.database.writing() as connection:
            (number,) = (each.id for each in recipients(connection) if each.address == address)
            said = {"weekly": True, "monthly": True, **wish}
            people.change(connection, number, Wish(language="en", **said), 1)

    def leave(self, address: str) -> None:
        """Have somebody leave."""
        with self.database.writing() as connection:
            (number,) = (each.id for each in recipients(connection) if each.address == address)
            people.remove(connection, number)


@pytest.fixture
def sending(database: Path, settings: Settings) -> Iterator[Sending]:
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        yield Sending(found, settings)


def test_until_somebody_has_chosen_alarms_they_go_to_whom_the_settings_name(
    sending: Sending, inbox: Inbox
) -> None:
    reader(sending.database, ANN)
    reader(sending.database, BEA, alarms=True, confirmed=None)
    sending.alarm()
    sending.run()
    assert inbox.recipients == [OPS]
    assert inbox.mails[0]["List-Unsubscribe"] is None
    assert "leave" not in parts(inbox.mails[0])[0]


def test_once_somebody_has_they_go_to_those_who_did_each_a_mail_of_their_own_with_one_click_to_leave(
    sending: Sending, inbox: Inbox
) -> None:
    reader(sending.database, ANN, alarms=True)
    reader(sending.database, BEA, alarms=True, language="de")
    reader(sending.database, "cem@example.org")
    reader(sending.database, "dan@example.org", alarms=True, confirmed=None)
    (number,) = sending.alarm()
    sending.run()
    sending.run(timedelta(days=2))
    assert sorted(inbox.recipients) == [ANN, BEA]
    links = set()
    for mail in inbox.mails:
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        link = str(mail["List-Unsubscribe"]).strip("<>")
        assert link.startswith(f"{BASE}/mails/leave/")
        links.add(link)
        for part in parts(mail):
            assert link in part
            assert f"{BASE}/dashboard/alarms/{number}" in part
            is_german = mail["To"] == BEA
            assert ("No report came in 5 days, in which 200 were expected." in part) is not is_german
            assert ("ohne einen Bericht: 5; erwartet waren in dieser Zeit 200." in part) is is_german
    assert len(links) == len({str(mail["Message-ID"]) for mail in inbox.mails}) == 2
    german = inbox.mails[inbox.recipients.index(BEA)]
    assert str(german["Subject"]).startswith("Printernizer-Statistik: Neu: Haushalte verstummen")
    assert "weil du bestätigt hast" in parts(german)[0]


def test_who_is_the_last_to_leave_brings_nobody_back(sending: Sending, inbox: Inbox) -> None:
    reader(sending.database, OPS, alarms=True)
    sending.leave(OPS)
    sending.alarm()
    sending.run()
    assert inbox.recipients == []


def test_who_confirmed_before_chooses_alarms_by_a_change(sending: Sending, inbox: Inbox) -> None:
    reader(sending.database, ANN)
    sending.wish(ANN, alarms=True)
    sending.alarm()
    sending.run()
    assert inbox.recipients == [ANN]


def test_off_is_off_also_between_decision_and_sending(sending: Sending, inbox: Inbox) -> None:
    reader(sending.database, ANN, alarms=True)
    reader(sending.database, BEA, alarms=True)
    sending.alarm()
    sending.wish(ANN, alarms=False)
    sending.leave(BEA)
    reader(sending.database, BEA, alarms=True)
    sending.run()
    assert inbox.mails == []
    assert {(row.sent, row.due) for row in rows(sending.database, DELIVERIES)} == {(None, None)}


def test_the_settings_are_off_too_once_somebody_on_the_page_has_chosen(
    sending: Sending, inbox: Inbox
) -> None:
    sending.alarm()
    reader(sending.database, ANN, alarms=True)
    sending.run()
    assert inbox.mails == []


def test_what_is_snoozed_meanwhile_is_not_told(sending: Sending, inbox: Inbox) -> None:
    first, _second, third = sending.alarm("homes", "errors/a", "errors/b")
    with sending.database.writing() as connection:
        kept.snooze(connection, third, 9999)
    sending.run()
    text = parts(inbox.mails[0])[0]
    assert str(inbox.mails[0]["Subject"]).endswith("(and 1 more)")
    assert ("Errors spread: a" in text, "Errors spread: b" in text) == (True, False)
    with sending.database.writing() as connection:
        kept.snooze(connection, first, 9999)


def test_a_mail_server_that_is_away_gets_it_again_under_the_same_name(
    sending: Sending, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.answer = lambda: "451 not now"
    sending.alarm()
    sending.run()
    assert [row.sent for row in rows(sending.database, DELIVERIES)] == [None]
    inbox.answer = lambda: "250 OK"
    sending.run(timedelta(seconds=60))
    sending.run(timedelta(days=1))
    assert inbox.recipients == [OPS]
    said = [each.getMessage() for each in caplog.records if each.name.startswith("aggregation")]
    assert ["was not taken" in each for each in said] == [True]
    assert OPS not in str(said)
    caplog.clear()


def test_what_is_refused_for_good_and_what_is_old_is_given_up(
    sending: Sending, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.answer = lambda: "550 never"
    sending.alarm("homes")
    sending.run()
    (row,) = rows(sending.database, DELIVERIES)
    assert (row.due, row.sent, row.attempts) == (None, None, 1)
    assert row.attempts < MOST_TRIES
    inbox.answer = lambda: "250 OK"
    sending.now += timedelta(weeks=9)
    sending.alarm("errors/a")
    sending.run(timedelta(days=7))
    assert inbox.mails == []
    caplog.clear()


def test_the_outbox_holds_no_address(sending: Sending) -> None:
    reader(sending.database, ANN, alarms=True)
    sending.alarm()
    assert ANN not in str(rows(sending.database, DELIVERIES))
    assert OPS not in str(AlarmReaders((OPS,)).channels)


def test_an_end_between_the_word_of_the_server_and_its_record_is_one_more_try_of_the_same(
    sending: Sending,
) -> None:
    class Killed(BaseException):
        """The process is gone."""

    sent: list[str | None] = []
    outbox = alarm_mails_of(sending.settings, Mailer(sending.settings))

    def die(_: str, letter: Letter, __: Any) -> None:
        sent.append(letter.identifier)
        raise Killed

    def post(_: str, letter: Letter, taken: Any) -> None:
        sent.append(letter.identifier)
        taken()

    sending.alarm()
    outbox._post = die
    with pytest.raises(Killed):
        outbox.step(sending.database, NOW)
    outbox._post = post
    for after in (0, 60, 120, 9999):
        outbox.step(sending.database, NOW + timedelta(seconds=after))
    assert len(sent) == 2
    assert len(set(sent)) == 1


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_alarm_mail_fetches_nothing_and_is_whole_in_text(
    sending: Sending, inbox: Inbox, language: str
) -> None:
    reader(sending.database, ANN, alarms=True, language=language)
    sending.alarm("homes", "errors/a")
    sending.run()
    text, html = parts(inbox.mails[0])
    for part in ("<img", "<svg", "<script", "<link", "url(", "@import", " src="):
        assert part not in html
    assert "prefers-color-scheme: dark" in html
    addresses = set(re.findall(r'href="([^"]+)"', html))
    assert all(address.startswith(BASE) for address in addresses)
    assert addresses <= set(text.split())


def test_what_the_budget_holds_back_is_the_first_sentence_of_the_weekly_summary(
    world: Database, settings: Settings, inbox: Inbox
) -> None:
    reader(world, ANN, alarms=True)
    sending = Sending(world, settings)
    sending.now = NOW - timedelta(weeks=2)
    sending.alarm("errors/upload_failed")
    sending.run()
    assert len(inbox.mails) == 1
    with world.writing() as connection:
        (alarm,) = (each for each in kept.alarms(connection) if each.cause == "homes")
        enqueue_mail(connection, [Change(alarm, Event.OPENED, True, True)], [f"{MAIL}:#1"], NOW)
        content = make_content(connection, Kind.WEEKLY, LAST, NOW)
    sending.run(timedelta(weeks=2))
    assert len(inbox.mails) == 1
    first = Words("en").first_sentence(content)
    assert first.startswith("The share of homes that report again")
    assert first.endswith("this is more than chance.")
