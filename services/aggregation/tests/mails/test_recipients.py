"""Recipients, the outbox and the history on each kind of database."""

from collections.abc import Callable

import pytest

from aggregation.mails import recipients as people
from aggregation.mails.content import Kind
from aggregation.mails.history import Made, history, last_sent
from aggregation.mails.issues import make_issue
from aggregation.mails.outbox import MailOutbox
from aggregation.mails.smtp import Letter, MailError
from aggregation.storage.engine import Database
from aggregation.storage.schema_alarms import FINDINGS
from aggregation.storage.schema_mails import LEAVE_TOKENS
from tests.alerts.world import LAST, NOW, fill
from tests.mails.conftest import BASE, reader, rows
from tests.mails.test_issues import UTC_8

WISH = people.Wish(language="en", weekly=True, monthly=False)


def asked(database: Database, address: str, now: int) -> bool:
    with database.writing() as connection:
        return people.ask(connection, address, WISH, f"{address} {now}", now)


def addresses(database: Database) -> list[str]:
    with database.reading() as connection:
        return [each.address for each in people.recipients(connection)]


def test_who_is_asked_may_answer_for_a_week_and_is_forgotten_then(storage: Database) -> None:
    assert asked(storage, "a@example.org", 0)
    assert not asked(storage, "a@example.org", people.AGAIN_SECONDS - 1)
    assert asked(storage, "a@example.org", people.AGAIN_SECONDS)
    with storage.writing() as connection:
        assert not people.confirm(connection, "a@example.org 0", 1)
        late = people.AGAIN_SECONDS + people.CONFIRM_SECONDS
        assert not people.confirm(connection, f"a@example.org {people.AGAIN_SECONDS}", late)
        assert people.asked(connection, f"a@example.org {people.AGAIN_SECONDS}", late - 1)
    assert asked(storage, "b@example.org", late)
    assert addresses(storage) == ["b@example.org"]


def test_there_are_so_many_and_no_more(storage: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "MOST_RECIPIENTS", 2)
    assert [asked(storage, f"{name}@example.org", 0) for name in "abc"] == [True, True, False]


def test_several_may_have_confirmed_and_only_they_read_what_they_want(storage: Database) -> None:
    reader(storage, "a@example.org", monthly=False)
    reader(storage, "b@example.org", weekly=False)
    reader(storage, "c@example.org", confirmed=None)
    with storage.reading() as connection:
        found = {kind: people.readers(connection, kind, 2**33) for kind in ("weekly", "monthly")}
        assert people.readers(connection, "weekly", 0) == []
    assert {kind: [each.address for each in told] for kind, told in found.items()} == {
        "weekly": ["a@example.org"],
        "monthly": ["b@example.org"],
    }


def test_what_became_of_each_mail_is_known(storage: Database) -> None:
    for name in "abc":
        reader(storage, f"{name}@example.org")
    fill(storage, weeks=12)
    with storage.writing() as connection:
        connection.execute(FINDINGS.insert().values(week=LAST, findings="[]"))
        make_issue(connection, Kind.WEEKLY, LAST, UTC_8, NOW)

    def post(address: str, _: Letter, taken: Callable[[], None]) -> None:
        if address.startswith("b"):
            raise MailError("not now")
        if address.startswith("c"):
            raise MailError("never", is_final=True)
        taken()

    outbox = MailOutbox(post, BASE)
    while outbox.step(storage, NOW):
        pass
    made = int(NOW.timestamp())
    with storage.reading() as connection:
        assert history(connection) == [Made("weekly", LAST, made, sent=1, waiting=1, given_up=1)]
        (ann, *_) = people.recipients(connection)
        assert last_sent(connection) == {ann.id: made}
        token = next(row.sha256 for row in rows(storage, LEAVE_TOKENS) if row.recipient_id == ann.id)
        assert people.holder(connection, token) == ann
    with storage.writing() as connection:
        people.remove(connection, ann.id)
        assert people.holder(connection, token) is None
    assert addresses(storage) == ["b@example.org", "c@example.org"]
