"""Alarms on their way: to a real web server that takes, refuses, stalls or sends elsewhere, and by mail."""

import base64
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
import hashlib
import hmac
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
import logging
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select

from aggregation.alerts import alarms as kept
from aggregation.alerts.alarms import update_alarms
from aggregation.alerts.causes import Found
from aggregation.alerts.deliveries import MOST_TRIES, enqueue
from aggregation.alerts.evidence import SilenceInputs, evidence
from aggregation.alerts.send import Sender, SendError, senders
from aggregation.insight.worker import Worker
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema_alarms import DELIVERIES

NOW = datetime(2026, 6, 15, 7, tzinfo=UTC)
SECRET = "a secret of the tests"


class Receiver(BaseHTTPRequestHandler):
    """Answers as told, and remembers what came."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server: Any = self.server
        server.taken.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        status = server.answers.pop(0) if server.answers else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving(*answers: int) -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.answers, server.taken = list(answers), []
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Sending:
    """A database with one alarm in the outbox of some channels, and a worker at a moment that tests set."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW

    def put(self, *channels: str) -> int:
        found = Found(
            cause="silence",
            evidence=[evidence("silence", 2945, SilenceInputs(5, 200.0))],
            is_strong=True,
        )
        with self.database.writing() as connection:
            changes = update_alarms(connection, 2945, [found], only="silence")
            enqueue(connection, changes, channels, self.now)
        return changes[0].alarm.id

    def run(self, channels: dict[str, Sender], after: timedelta = timedelta()) -> None:
        self.now += after
        Worker(self.database, [], channels, lambda: self.now).once()

    def rows(self) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(select(DELIVERIES).order_by(DELIVERIES.c.id)))


@pytest.fixture
def sending(database: Path) -> Iterator[Sending]:
    with closing(opened(f"sqlite:///{database}", 5.0)) as found:
        yield Sending(found)


def test_a_webhook_gets_the_alarm_signed(sending: Sending) -> None:
    with receiving() as server:
        channels = senders((f"{server.url}/hook", SECRET), None)
        number = sending.put("webhook")
        sending.run(channels)
        ((path, headers, body),) = server.taken
    assert path == "/hook"
    identifier, moment = headers["webhook-id"], headers["webhook-timestamp"]
    text = f"{identifier}.{moment}.".encode() + body
    expected = base64.b64encode(hmac.new(SECRET.encode(), text, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    told = json.loads(body)
    assert (told["alarm"], told["event"], told["title"]) == (number, "opened", "New: No reports come in")
    assert told["sentences"][0] == "No report came in 5 days, in which 200 were expected."


def test_what_is_refused_is_tried_again_with_longer_and_longer_pauses(
    sending: Sending, caplog: pytest.LogCaptureFixture
) -> None:
    with receiving(500, 503) as server:
        channels = senders((server.url, SECRET), None)
        sending.put("webhook")
        sending.run(channels)
        sending.run(channels, timedelta(seconds=59))
        assert len(server.taken) == 1
        sending.run(channels, timedelta(seconds=1))
        sending.run(channels, timedelta(seconds=119))
        assert len(server.taken) == 2
        sending.run(channels, timedelta(seconds=1))
        assert len({(headers["webhook-id"], body) for _, headers, body in server.taken}) == 1
        sending.run(channels, timedelta(days=1))
        assert len(server.taken) == 3
    assert sending.rows()[0].sent == int((NOW + timedelta(seconds=180)).timestamp())
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    caplog.clear()


def test_after_many_tries_it_is_given_up(sending: Sending, caplog: pytest.LogCaptureFixture) -> None:
    tries = []

    def refuse(*_: object) -> None:
        tries.append(1)
        raise SendError("answered with 500")

    sending.put("webhook")
    for _ in range(MOST_TRIES + 5):
        sending.run({"webhook": refuse}, timedelta(days=1))
    assert len(tries) == MOST_TRIES
    caplog.clear()


def test_nobody_is_followed_elsewhere(sending: Sending, caplog: pytest.LogCaptureFixture) -> None:
    with receiving(302) as server:
        sending.put("webhook")
        sending.run(senders((server.url, SECRET), None))
        assert [path for path, _, _ in server.taken] == ["/"]
    assert sending.rows()[0].sent is None
    assert "answered with 302" in caplog.text
    assert server.url not in caplog.text
    caplog.clear()


def test_alertmanager_gets_an_alert_that_it_knows(sending: Sending) -> None:
    with receiving() as server:
        sending.put("alertmanager")
        sending.run(senders(None, server.url))
        ((path, _, body),) = server.taken
    ((alert),) = json.loads(body)
    assert path == "/api/v2/alerts"
    assert alert["labels"] == {
        "alertname": "PrinternizerStatistics",
        "cause": "silence",
        "severity": "critical",
    }
    assert alert["startsAt"] < alert["endsAt"]


def test_off_is_off_also_between_decision_and_sending(sending: Sending) -> None:
    sending.put("webhook", "alertmanager")
    sending.run({})
    assert [(row.due, row.sent) for row in sending.rows()] == [(None, None)] * 2


def test_what_is_snoozed_meanwhile_is_not_sent(sending: Sending) -> None:
    number = sending.put("webhook")
    with sending.database.writing() as connection:
        kept.snooze(connection, number, 9999)
    sent: list[object] = []
    sending.run({"webhook": lambda *all_: sent.append(all_)})
    assert sent == []
    assert sending.rows()[0].due is None


def test_an_end_between_sending_and_its_record_is_one_more_try_of_the_same(sending: Sending) -> None:
    seen: list[int] = []

    class Killed(BaseException):
        """The process is gone."""

    def die(delivery: Any, _now: int) -> None:
        seen.append(delivery.id)
        raise Killed

    sending.put("webhook")
    with pytest.raises(Killed):
        sending.run({"webhook": die})
    sending.run({"webhook": lambda delivery, _now: seen.append(delivery.id)}, timedelta(seconds=60))
    sending.run({"webhook": lambda delivery, _now: seen.append(delivery.id)}, timedelta(days=1))
    assert len(seen) == 2
    assert len(set(seen)) == 1
