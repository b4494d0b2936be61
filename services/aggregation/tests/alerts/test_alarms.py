from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
import re
import shutil
from typing import Any

import pytest

from aggregation.alerts import alarms as kept
from aggregation.alerts.alarms import Alarm, State
from aggregation.alerts.deliveries import MAIL, WEBHOOK, deliveries_of, next_due
from aggregation.alerts.evidence import decode, replayed
from aggregation.alerts.levels import levels, set_level
from aggregation.alerts.observe import observations
from aggregation.alerts.past import would_have_fired
from aggregation.alerts.view import detail, replay, watched
from aggregation.alerts.words import sentence_of
from aggregation.errors import ConflictError, GoneError, InvalidError
from aggregation.insight.schedule import schedule
from aggregation.insight.worker import Worker
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.weeks import iso_name
from tests.alerts.world import LAST, NOW, arrive, fill, moment

READER = f"{MAIL}:0123"


class Running:
    """A worker at a moment that tests set; what it would send stays in the outbox."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.worker = Worker(database, [], {}, lambda: self.now)
        self.listen(False)
        self.worker._deliver = lambda: False  # type: ignore[method-assign]

    def listen(self, also_for_silence: bool) -> None:
        """Sums of whole weeks tell of no silence: most tests look for none."""
        jobs = schedule((WEBHOOK,), readers=lambda _: (READER,))
        self.worker._jobs = jobs if also_for_silence else jobs[:2]

    def at(self, now: datetime) -> list[Alarm]:
        self.now = now
        assert self.worker.once()
        return self.alarms()

    def alarms(self) -> list[Alarm]:
        with self.database.reading() as connection:
            return kept.alarms(connection)

    def weeks(self, first: int, *changes: dict[str, Any]) -> list[Alarm]:
        for number, change in enumerate(changes):
            fill(self.database, weeks=1, last=first + number, seed=first + number, **change)
            self.at(moment(first + number))
        return self.alarms()


@pytest.fixture(scope="module")
def a_year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a-year") / "alarms.db"
    database = opened(f"sqlite:///{path}", 5.0)
    fill(database, last=LAST - 1)
    assert Running(database).at(moment(LAST - 1)) == []
    database.close()
    return path


@pytest.fixture
def running(a_year: Path, tmp_path: Path) -> Iterator[Running]:
    database = opened(f"sqlite:///{shutil.copy(a_year, tmp_path)}", 5.0)
    yield Running(database)
    database.close()


def test_a_drop_of_a_fifth_opens_one_alarm_in_its_first_week(running: Running) -> None:
    (alarm,) = running.weeks(LAST, {"again": 0.72})
    assert (alarm.cause, alarm.state, alarm.opened_week) == ("homes", State.OPEN, LAST)
    assert 30 < alarm.affected < 55


def test_the_same_cause_in_several_groups_is_one_alarm(running: Running) -> None:
    (alarm,) = running.weeks(LAST, {"again": 0.7})
    with running.database.reading() as connection:
        (text,) = kept.evidence_of(connection, alarm.id).values()
    series = {each.series for each in decode(text)}
    assert {"return", "return/deployment_mode/docker", "return/app_version/2.0.0"} <= series


def test_evidence_gives_the_same_verdict_again_byte_for_byte(running: Running) -> None:
    (alarm,) = running.weeks(LAST, {"again": 0.7})
    with running.database.reading() as connection:
        (text,) = kept.evidence_of(connection, alarm.id).values()
        assert replayed(text) == text
        assert [each.is_same for each in replay(connection, alarm.id)] == [True]
    forged = text.replace('"change":"fallen"', '"change":"usual"', 1)
    assert replayed(forged) == text != forged


def test_an_error_that_spreads_and_a_drop_are_two_alarms(running: Running) -> None:
    found = running.weeks(LAST, {"again": 0.7, "errors": 0.4})
    assert {each.cause for each in found} == {"homes", "errors/print_failed"}
    assert found[0].affected >= found[1].affected
    with running.database.reading() as connection:
        assert kept.causes_in(connection, LAST) == {"homes", "errors/print_failed"}
        assert kept.causes_in(connection, LAST - 1) == set()


def test_a_jump_of_twenty_points_in_the_mix_of_countries_is_found_in_its_first_week(running: Running) -> None:
    jumped = {"DE": 0.2, "US": 0.3, "FR": 0.2, "XX": 0.1, "CN": 0.2}
    (alarm,) = running.weeks(LAST, {"countries": jumped})
    assert alarm.cause == "mix/country"
    with running.database.reading() as connection:
        (week,) = detail(connection, alarm.id).weeks
    assert "DE 40.0 % to 20.0 %" in week.sentences[0]


def test_a_quiet_week_opens_none_and_everything_is_said_of_what_is_watched(running: Running) -> None:
    assert running.weeks(LAST, {}) == []
    with running.database.reading() as connection:
        said = {each.series: each.change for each in watched(connection)}
    assert said["return"] == "usual"
    assert said["country"] == "usual"


def test_an_alarm_goes_on_ends_by_itself_and_comes_back_as_regressed(running: Running) -> None:
    running.weeks(LAST, {"again": 0.7}, {"again": 0.7})
    (alarm,) = running.alarms()
    assert (alarm.last_week, alarm.state) == (LAST + 1, State.OPEN)
    (alarm,) = running.weeks(LAST + 2, {}, {})
    assert (alarm.state, alarm.ended_week) == (State.ENDED, LAST + 3)
    (alarm,) = running.weeks(LAST + 4, {"again": 0.6})
    assert (alarm.state, alarm.times, alarm.opened_week) == (State.REGRESSED, 2, LAST + 4)
    with running.database.reading() as connection:
        told = [each["event"] for each in deliveries_of(connection, alarm.id) if each["channel"] == WEBHOOK]
    assert told == ["opened", "ended", "regressed"]


def test_only_what_stands_among_all_that_is_watched_is_mailed(running: Running) -> None:
    with running.database.writing() as connection:
        set_level(connection, "new", 0.1)
        set_level(connection, "hours", 0.1)
    found = running.weeks(LAST, {"again": 0.7}, {}, {}, {}, {}, {})
    with running.database.reading() as connection:
        mailed = {
            each.cause
            for each in found
            for sent in deliveries_of(connection, each.id)
            if sent["channel"].startswith(MAIL)
        }
    assert mailed == {"homes"}


def test_somebody_acknowledges_snoozes_and_notes(running: Running) -> None:
    (alarm,) = running.weeks(LAST, {"again": 0.7})
    with running.database.writing() as connection:
        kept.acknowledge(connection, alarm.id)
        kept.snooze(connection, alarm.id, LAST + 30)
        kept.add_note(connection, alarm.id, "The server was down", 1)
        found = detail(connection, alarm.id)
    assert found.alarm.state == "acknowledged"
    assert found.notes == [{"made": 1, "note": "The server was down"}]
    running.weeks(LAST + 1, {}, {})
    with running.database.reading() as connection:
        assert {each["event"] for each in deliveries_of(connection, alarm.id)} == {"opened"}
    with running.database.writing() as connection, pytest.raises(ConflictError):
        kept.acknowledge(connection, alarm.id)


def test_of_an_alarm_that_there_is_none_of_nothing_can_be_done(running: Running) -> None:
    with running.database.writing() as connection:
        with pytest.raises(GoneError):
            kept.acknowledge(connection, 7)
        with pytest.raises(GoneError):
            kept.snooze(connection, 7, None)
        with pytest.raises(GoneError):
            kept.add_note(connection, 7, "x", 1)


def test_the_past_tells_what_would_have_been_found_with_other_levels(running: Running) -> None:
    running.weeks(LAST, {"again": 0.7}, {})
    with running.database.reading() as connection:
        found = would_have_fired(connection, LAST + 1, 20, {})
        assert [(each.week, each.causes) for each in found if "homes" in each.causes] == [
            (iso_name(LAST), ["homes"])
        ]
        off = would_have_fired(connection, LAST + 1, 20, {"return": 0.0})
        assert not any("homes" in each.causes for each in off)
        eager = would_have_fired(connection, LAST + 1, 20, {"errors": 0.1, "return": 0.1, "new": 0.1})
        assert sum(len(each.causes) for each in eager) > sum(len(each.causes) for each in found)


def test_what_is_switched_off_is_not_judged(running: Running) -> None:
    with running.database.writing() as connection:
        set_level(connection, "return", 0.0)
        assert levels(connection) == {"return": 0.0}
    assert running.weeks(LAST, {"again": 0.5}) == []


@pytest.mark.parametrize(("name", "level"), [("weather", 0.01), ("return", 0.5), ("return", -0.1)])
def test_levels_that_make_no_sense_are_refused(running: Running, name: str, level: float) -> None:
    with running.database.writing() as connection, pytest.raises(InvalidError):
        set_level(connection, name, level)


def test_what_comes_late_changes_nothing_that_was_observed(running: Running) -> None:
    running.weeks(LAST, {})
    with running.database.reading() as connection:
        before = observations(connection, LAST, LAST)
    with running.database.writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM rollups WHERE week = {LAST}")
    running.at(moment(LAST) + timedelta(days=1))
    with running.database.reading() as connection:
        assert observations(connection, LAST, LAST) == before


def test_when_no_report_comes_for_days_it_is_told_and_ends_with_the_first_one(running: Running) -> None:
    running.listen(True)
    fill(running.database, weeks=2, last=LAST + 1)
    arrive(running.database, LAST + 2, days=2)
    tuesday = moment(LAST) + timedelta(days=1)
    assert running.at(tuesday) == []
    assert running.at(tuesday + timedelta(days=2)) == []
    (alarm,) = running.at(tuesday + timedelta(days=6))
    assert (alarm.cause, alarm.is_open) == ("silence", True)
    (alarm,) = running.at(tuesday + timedelta(days=7))
    arrive(running.database, LAST + 3, days=3)
    (alarm,) = running.at(tuesday + timedelta(days=8))
    assert alarm.state is State.ENDED
    with running.database.reading() as connection:
        assert [each["event"] for each in deliveries_of(connection, alarm.id)].count("opened") == 2


def test_every_finding_can_be_said_in_a_sentence(running: Running) -> None:
    running.weeks(LAST, {"again": 0.7, "errors": 0.5})
    with running.database.reading() as connection:
        texts = [text for each in running.alarms() for text in kept.evidence_of(connection, each.id).values()]
    sentences = [sentence_of(each) for text in texts for each in decode(text)]
    assert any(
        re.match(r"Homes of the week before that report again: \d\d\.\d %, 9\d\.\d % expected, below", each)
        for each in sentences
    )
    assert any("Homes with an error, of those that share errors (print_failed)" in each for each in sentences)


def test_nothing_is_sent_by_itself_that_is_not_due(running: Running) -> None:
    running.weeks(LAST, {"again": 0.7})
    with running.database.reading() as connection:
        for mails in (False, True):
            assert next_due(connection, moment(LAST) - timedelta(days=1), mails=mails) is None
            assert next_due(connection, moment(LAST), mails=mails) is not None
