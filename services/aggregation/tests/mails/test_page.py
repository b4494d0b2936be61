"""The page about mails, and the links in them, as browsers and mail programs use both."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
import re
from typing import Any

import httpx
import pytest

from aggregation.insight.process_main import outbox_of
from aggregation.keys import digest
from aggregation.mails.content import Kind
from aggregation.mails.decisions import decisions
from aggregation.mails.issues import make_issue
from aggregation.mails.recipients import recipients
from aggregation.mails.smtp import Mailer
from aggregation.mails.timetable import timetable_of
from aggregation.settings import Settings
from aggregation.storage.engine import Database
from aggregation.storage.records import KeyScope
from aggregation.storage.schema_mails import LEAVE_TOKENS, MAIL_DELIVERIES, RECIPIENTS
from aggregation.weeks import iso_name, monday
from tests.alerts.world import LAST, NOW
from tests.dashboard.conftest import SAME_ORIGIN, make_key, signed_in
from tests.dashboard.test_sharing import token
from tests.inbox import SENDER, Inbox, parts, taking
from tests.mails.conftest import BASE, reader, rows
from tests.support import calling, live_server, settings_for

ANN = "ann@example.org"
HERE = "/dashboard/mails"


@pytest.fixture
def settings(database: Path, inbox: Inbox) -> Iterator[Settings]:
    """Give the settings of a service that sends to a mail server without TLS."""
    with taking(inbox) as port:
        yield settings_for(
            database,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_tls=False,
            smtp_from=SENDER,
            public_url=BASE,
        )


@pytest.fixture
def stranger(world: Database, settings: Settings) -> Iterator[httpx.Client]:
    """Give somebody without a key."""
    with live_server(settings) as url, calling(url, headers=SAME_ORIGIN) as http:
        yield http


@pytest.fixture
def admin(stranger: httpx.Client, database: Path) -> Iterator[httpx.Client]:
    """Give somebody who is signed in with an admin key."""
    with calling(stranger.base_url, headers=SAME_ORIGIN) as http:
        yield signed_in(http, make_key(database, KeyScope.ADMIN))


def posted(client: httpx.Client, path: str, **form: str) -> httpx.Response:
    """Send a form of the page."""
    return client.post(f"{HERE}/{path}", data={"token": token(client, HERE), **form})


def asked(client: httpx.Client, address: str = ANN, **form: str) -> int:
    """Ask somebody."""
    wish = {"language": "en", "weekly": "on", "monthly": "on", "alarms": "on", **form}
    return posted(client, "add", address=address, **wish).status_code


def link(text: str, what: str) -> str:
    """Return the path of a link of ours in a mail."""
    (found,) = set(re.findall(rf"{re.escape(BASE)}(/mails/{what}/[\w-]{{43}})", text))
    return str(found)


def sent(database: Database, settings: Settings, now: datetime = NOW) -> None:
    """Make the mail about the last week and send it."""
    timetable = timetable_of(settings)
    with database.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, timetable, now)
    outbox = outbox_of(settings, Mailer(settings))
    while outbox.step(database, now):
        pass


def test_who_is_asked_gets_mails_only_after_a_word_of_their_own(
    admin: httpx.Client, stranger: httpx.Client, world: Database, inbox: Inbox
) -> None:
    assert asked(admin, language="de") == 303
    assert inbox.recipients == [ANN]
    text, html = parts(inbox.mails[0])
    path = link(text, "confirm")
    assert link(html, "confirm") == path
    assert "sieben Tagen" in text
    page = stranger.get(path)
    assert page.status_code == 200
    assert '<html lang="de">' in page.text
    with world.reading() as connection:
        assert [each.confirmed for each in recipients(connection)] == [None]
    assert "asked" in admin.get(HERE).text
    assert stranger.post(path).status_code == 200
    with world.reading() as connection:
        (ann,) = recipients(connection)
    assert ann.confirmed
    assert (ann.weekly, ann.monthly, ann.alarms, ann.language) == (True, True, True, "de")
    for _ in range(2):
        assert stranger.get(path).status_code == stranger.post(path).status_code == 404


def test_one_click_of_a_mail_program_ends_mails_at_once(
    stranger: httpx.Client, world: Database, settings: Settings, inbox: Inbox
) -> None:
    reader(world, ANN)
    reader(world, "bea@example.org")
    sent(world, settings)
    mail = inbox.mails[inbox.recipients.index(ANN)]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = link(str(mail["List-Unsubscribe"]), "leave")
    text, html = parts(mail)
    assert link(text, "leave") == link(html, "leave") == path
    assert "bea@" not in mail.as_string()
    assert stranger.get(path).status_code == 200
    assert len(rows(world, RECIPIENTS)) == 2
    with calling(stranger.base_url) as program:
        first, again, nobody = (
            program.post(to, data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"})
            for to in (path, path, f"/mails/leave/{'x' * 43}")
        )
    assert (first.status_code, first.text) == (200, again.text)
    assert nobody.text == first.text
    assert not first.cookies
    assert [row.address for row in rows(world, RECIPIENTS)] == ["bea@example.org"]
    assert len(rows(world, LEAVE_TOKENS)) == 1


def test_off_is_off_also_between_decision_and_sending(
    admin: httpx.Client, world: Database, settings: Settings, inbox: Inbox
) -> None:
    reader(world, ANN)
    reader(world, "bea@example.org")
    with world.writing() as connection:
        make_issue(connection, Kind.WEEKLY, LAST, timetable_of(settings), NOW)
    ann, bea = (row.id for row in rows(world, RECIPIENTS))
    assert posted(admin, "change", recipient=str(ann), language="en", monthly="on").status_code == 303
    assert posted(admin, "remove", recipient=str(bea)).status_code == 303
    outbox = outbox_of(settings, Mailer(settings))
    while outbox.step(world, NOW):
        pass
    assert inbox.mails == []
    assert {(row.sent, row.due) for row in rows(world, MAIL_DELIVERIES)} == {(None, None)}


def test_who_confirmed_after_a_mail_was_due_gets_the_next_one(
    world: Database, settings: Settings, inbox: Inbox
) -> None:
    due = timetable_of(settings).moment(LAST)
    reader(world, ANN, confirmed=due)
    reader(world, "bea@example.org", confirmed=datetime.fromtimestamp(due.timestamp() + 1, UTC))
    sent(world, settings, due)
    assert inbox.recipients == [ANN]


def test_no_token_is_kept_as_it_is(world: Database, settings: Settings, inbox: Inbox, database: Path) -> None:
    reader(world, ANN)
    sent(world, settings)
    secret = link(parts(inbox.mails[0])[0], "leave").rsplit("/", 1)[1]
    assert [row.sha256 for row in rows(world, LEAVE_TOKENS)] == [digest(secret)]
    assert secret.encode() not in database.read_bytes()


def test_a_read_key_sees_no_address_and_changes_nothing(
    admin: httpx.Client, stranger: httpx.Client, world: Database, database: Path
) -> None:
    reader(world, ANN)
    client = signed_in(stranger, make_key(database, KeyScope.READ))
    page = client.get(HERE).text
    assert ANN not in page
    assert "Confirmed: 1." in page
    (number,) = (str(row.id) for row in rows(world, RECIPIENTS))
    form = {"token": token(client, HERE), "recipient": number, "language": "en", "address": "a@b.org"}
    for path in ("add", "change", "remove", "test", "decide"):
        assert client.post(f"{HERE}/{path}", data=form).status_code == 403
        foreign = admin.post(f"{HERE}/{path}", data=form | {"token": token(admin, HERE)}, headers=CROSS)
        assert foreign.status_code == 403
        assert admin.post(f"{HERE}/{path}", data=form).status_code == 403
    assert [row.address for row in rows(world, RECIPIENTS)] == [ANN]


CROSS = {"Sec-Fetch-Site": "cross-site"}


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org, bea@example.org",
        "ann@example.org\nBcc: bea@example.org",
        "Ann <ann@example.org>",
        "ann@example.org bea@example.org",
        "änn@example.org",
        f"{'a' * 250}@example.org",
    ],
)
def test_what_is_not_one_plain_address_is_refused(
    admin: httpx.Client, world: Database, inbox: Inbox, address: str
) -> None:
    assert asked(admin, address) == 400
    assert rows(world, RECIPIENTS) == inbox.mails == []


def test_nobody_is_asked_twice_at_once(admin: httpx.Client, inbox: Inbox) -> None:
    assert [asked(admin), asked(admin)] == [303, 409]
    assert inbox.recipients == [ANN]


def test_links_in_the_asking_mail_lead_here_whatever_the_host_of_the_request(
    admin: httpx.Client, inbox: Inbox
) -> None:
    form = {"token": token(admin, HERE), "address": ANN, "language": "en"}
    assert admin.post(f"{HERE}/add", data=form, headers={"Host": "evil.example"}).status_code == 303
    assert "evil.example" not in inbox.mails[0].as_string()


def test_mails_are_shown_as_they_are_and_as_they_were(
    admin: httpx.Client, stranger: httpx.Client, world: Database, settings: Settings, inbox: Inbox
) -> None:
    reader(world, ANN)
    sent(world, settings)
    for path in ("weekly/en", "monthly/de", f"weekly/{iso_name(LAST)}/en"):
        assert stranger.get(f"{HERE}/shown/{path}").status_code == 303
        shown = admin.get(f"{HERE}/shown/{path}")
        assert shown.status_code == 200
        policy = shown.headers["content-security-policy"]
        assert "script" not in policy
        assert "sandbox" in policy
    assert admin.get(f"{HERE}/shown/weekly/fr").status_code == 404
    assert admin.get(f"{HERE}/shown/yearly/en").status_code == 404
    assert admin.get(f"{HERE}/shown/weekly/2020-W01/en").status_code == 404
    past = admin.get(f"{HERE}/shown/weekly/{iso_name(LAST)}/en").text
    mailed = parts(inbox.mails[0])[1]
    assert re.findall(r">([\d.,]+\s?%?)</a>", past) == re.findall(r">([\d.,]+\s?%?)</a>", mailed)
    history = admin.get(HERE).text
    assert f"{HERE}/shown/weekly/{iso_name(LAST)}/en" in history


def test_a_test_mail_goes_only_to_who_has_confirmed(
    admin: httpx.Client, world: Database, inbox: Inbox
) -> None:
    reader(world, ANN, language="de")
    reader(world, "bea@example.org", confirmed=None)
    ann, bea = (str(row.id) for row in rows(world, RECIPIENTS))
    assert posted(admin, "test", recipient=bea, kind="weekly").status_code == 409
    assert posted(admin, "test", recipient=ann, kind="weekly").status_code == 303
    assert inbox.recipients == [ANN]
    assert str(inbox.mails[0]["Subject"]).startswith("Test: Printernizer-Statistik")


def test_what_was_decided_is_in_the_report_of_its_month_and_public_only_when_published(
    admin: httpx.Client, world: Database
) -> None:
    week = next(at for at in range(LAST, LAST - 6, -1) if monday(at).month != monday(at + 1).month)
    now = {"week": iso_name(week), "language": "en"}
    text = "We dropped <b>2.1</b>.\r\nNobody ran it."
    recent = admin.get(HERE).text
    choices = re.findall(r'<option value="(\d{4}-W\d{2})">', recent)
    assert len(choices) >= 4
    assert posted(admin, "decide", **now, text=text).status_code == 303
    with world.reading() as connection:
        assert decisions(connection) == []
        (found,) = decisions(connection, only_public=False)
    assert (found.week, found.text) == (week, "We dropped <b>2.1</b>.\nNobody ran it.")
    assert posted(admin, "decide", **now, text=text, public="on").status_code == 303
    with world.reading() as connection:
        assert [one.language for one in decisions(connection)] == ["en"]
    assert "&lt;b&gt;2.1" in admin.get(HERE).text
    assert posted(admin, "decide", **now, text="").status_code == 303
    with world.reading() as connection:
        assert decisions(connection, only_public=False) == []
    wrong: dict[str, Any]
    for wrong in ({"week": iso_name(week - 1)}, {"language": "fr"}, {"text": "a" * 2001}, {"text": "a\x00b"}):
        assert posted(admin, "decide", **(now | {"text": "a"} | wrong)).status_code == 400


def test_without_a_public_address_nobody_is_asked_and_the_page_says_so(
    world: Database, database: Path
) -> None:
    with live_server(settings_for(database)) as url, calling(url, headers=SAME_ORIGIN) as http:
        admin = signed_in(http, make_key(database, KeyScope.ADMIN))
        assert "AGGREGATION_PUBLIC_URL" in admin.get(HERE).text
        assert asked(admin) == 409
        assert admin.get(f"{HERE}/shown/weekly/en").status_code == 200


def test_a_mail_server_that_is_away_is_told_of(
    admin: httpx.Client, world: Database, inbox: Inbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.answer = lambda: "451 not now"
    assert asked(admin) == 502
    assert "was not taken" in caplog.text
    assert ANN not in caplog.text
    caplog.clear()
