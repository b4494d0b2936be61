"""`/reports/*` of protocol 1.0, through a real mail server."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
import ssl
from typing import Any

import msgspec
import pytest

from aggregation.alerts.work import settled_week
from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.mails.content import Kind, make_content
from aggregation.mails.render import letter_of
from aggregation.mails.smtp import Letter, Mailer, MailError
from aggregation.storage.engine import Database
from aggregation.storage.records import KeyScope
from tests.certificates import certificate
from tests.inbox import PASSWORD, USER, Inbox, authenticate, parts, taking
from tests.made import folded, made
from tests.support import calling, live_server, settings_for, stay_in_one_week


@pytest.fixture
def mail_server(inbox: Inbox) -> Iterator[dict[str, Any]]:
    """Run a mail server and give the settings for it."""
    with taking(inbox) as port:
        yield {
            "smtp_host": "127.0.0.1",
            "smtp_port": port,
            "smtp_tls": False,
            "smtp_from": "stats@example.org",
            "report_recipients": ("a@example.org", "b@example.org"),
        }


def key(database: Path, scope: KeyScope) -> dict[str, str]:
    repository = Repository.open(f"sqlite:///{database}", 1)
    text, row = new_api_key(scope.value, scope)
    repository.add_api_key(row)
    repository.close()
    return {"X-API-Key": text}


def filled(database: Path) -> None:
    stay_in_one_week(60)
    now = datetime.now(UTC)
    week = settled_week(now)
    opened = Database(f"sqlite:///{database}", 1)
    columns: dict[str, Any] = {"job_count": 4, "completed_count": 3, "failed_count": 1, "print_hours": 9}
    for number in range(4):
        received = now.date() - timedelta(days=3 * number)
        folded(opened, made("a", week - number, received=received, **columns))
    folded(opened, made("b<i>", week, app_version="3.0", error_summary={"print_failed": 2}))
    opened.close()


@pytest.mark.parametrize(("kind", "homes"), [("weekly", 2), ("monthly", 2)])
def test_report_is_mailed(
    database: Path, inbox: Inbox, mail_server: dict[str, Any], kind: str, homes: int
) -> None:
    settings = settings_for(database, **mail_server)
    headers = key(database, KeyScope.ADMIN)
    filled(database)
    with live_server(settings) as url, calling(url, headers=headers) as http:
        answer = http.post(f"/reports/{kind}")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "success",
        "message": f"{kind.capitalize()} report sent",
        "recipients": ["a@example.org", "b@example.org"],
    }
    assert inbox.recipients == ["a@example.org", "b@example.org"]
    assert [mail["To"] for mail in inbox.mails] == ["a@example.org", "b@example.org"]
    assert all("b@example.org" not in str(value) for value in inbox.mails[0].values())
    mail = inbox.mails[0]
    text, html = parts(mail)
    assert mail["Subject"].startswith("Printernizer statistics, ")
    assert "List-Unsubscribe" not in mail
    assert f"{homes} homes reported" in text
    assert f"{homes} homes reported" in html


def test_chosen_recipients(database: Path, inbox: Inbox, mail_server: dict[str, Any]) -> None:
    headers = key(database, KeyScope.ADMIN)
    with live_server(settings_for(database, **mail_server)) as url, calling(url, headers=headers) as http:
        body = {"recipients": ["b@example.org"]}
        assert http.post("/reports/test-email", json=body).status_code == 200
        stranger = {"recipients": ["c@example.org"]}
        refused = http.post("/reports/weekly", json=stranger)
        nobody = http.post("/reports/weekly", json={"recipients": []})
        status = http.get("/reports/email-status").json()
    assert (refused.status_code, nobody.status_code) == (422, 409)
    assert inbox.recipients == ["b@example.org"]
    assert status == {
        "enabled": True,
        "configured": True,
        "host": "127.0.0.1",
        "from_email": "stats@example.org",
        "recipients_count": 2,
        "use_tls": False,
        "use_ssl": False,
    }


def test_without_mail(database: Path) -> None:
    headers = key(database, KeyScope.ADMIN)
    with live_server(settings_for(database)) as url, calling(url, headers=headers) as http:
        for path in ("test-email", "weekly", "monthly"):
            answer = http.post(f"/reports/{path}", json={})
            assert (answer.status_code, answer.json()) == (409, {"detail": "E-mail is not configured"})
        status = http.get("/reports/email-status").json()
    assert (status["enabled"], status["configured"], status["host"]) == (False, False, None)


def test_mail_server_is_gone(
    database: Path, mail_server: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    headers = key(database, KeyScope.ADMIN)
    with (
        live_server(settings_for(database, **mail_server | {"smtp_port": 1})) as url,
        calling(url, headers=headers) as http,
    ):
        weekly = http.post("/reports/weekly")
        test = http.post("/reports/test-email")
    assert (weekly.status_code, test.status_code) == (502, 502)
    assert weekly.json() == {"detail": "Failed to generate or send weekly report"}
    assert "ConnectionRefusedError" in caplog.text
    assert "example.org" not in caplog.text


def test_only_administrators_send(database: Path) -> None:
    reader = key(database, KeyScope.READ)
    with live_server(settings_for(database)) as url, calling(url, headers=reader) as http:
        assert http.post("/reports/weekly").status_code == 403
        assert http.get("/reports/email-status").status_code == 200
        http.headers.clear()
        assert http.get("/reports/email-status").status_code == 403


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("mode", ["starttls", "ssl"])
def test_tls_and_login(inbox: Inbox, database: Path, tmp_path: Path, mode: str) -> None:
    path, server_tls, client_tls = certificate(tmp_path)
    assert path.exists()
    options: dict[str, Any] = {"authenticator": authenticate, "auth_required": True}
    options |= (
        {"ssl_context": server_tls}
        if mode == "ssl"
        else {"tls_context": server_tls, "require_starttls": True}
    )
    options |= {"auth_require_tls": False} if mode == "ssl" else {}
    values: dict[str, Any] = {"smtp_host": "localhost", "smtp_from": "s@example.org", "smtp_user": USER}
    values |= {"smtp_ssl": mode == "ssl", "smtp_password": PASSWORD}
    letter = Letter(subject="subject", text="text", html="<p>html</p>")
    with taking(inbox, **options) as port:
        values["smtp_port"] = port
        Mailer(settings_for(database, **values), client_tls).send(["a@example.org"], letter)
        wrong = settings_for(database, **values | {"smtp_password": "wrong"})
        with pytest.raises(MailError, match="SMTPAuthenticationError"):
            Mailer(wrong, client_tls).send(["a@example.org"], letter)
        with pytest.raises(MailError, match="SSLCertVerificationError"):
            Mailer(settings_for(database, **values), ssl.create_default_context()).send(["a@b.c"], letter)
    assert parts(inbox.mails[0]) == ("text\r\n", "<p>html</p>\r\n")


def test_words_are_escaped(storage: Database) -> None:
    now = datetime.now(UTC)
    week = settled_week(now)
    folded(storage, made(week=week))
    with storage.reading() as connection:
        content = make_content(connection, Kind.MONTHLY, week, now)
    letter = letter_of(
        msgspec.structs.replace(content, decided={"en": "<b>1</b>"}), "en", "https://example.org"
    )
    assert "&lt;b&gt;1" in letter.html
    assert "<b>1</b>" in letter.text
