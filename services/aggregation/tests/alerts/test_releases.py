from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Connection, delete, insert, select

from aggregation.alerts.alarms import alarms, evidence_of
from aggregation.alerts.evidence import decode, replayed
from aggregation.alerts.releases import judge_releases
from aggregation.alerts.words import sentence_of
from aggregation.alerts.work import judge_week, observe_week
from aggregation.analytics.sums import Sums
from aggregation.rollups.totals import with_changes
from aggregation.storage.engine import Database
from aggregation.storage.migrate import opened
from aggregation.storage.schema import ROLLUPS
from tests.alerts.world import LAST, fill

EVERY = 4
RELEASES = 12
HOMES = 300


def release(database: Database, factor: float) -> str:
    """Make a release each four weeks; the last one is two weeks old and errs so many times as often."""
    random = Random(5)
    with database.writing() as connection:
        for number in range(RELEASES):
            born = LAST - 2 - EVERY * (RELEASES - 1 - number)
            for age in range(min(EVERY * 2, LAST - born + 1)):
                share = 0.1 * (1.3 if age == 0 else 1.0)
                is_last = number == RELEASES - 1
                failing = random.binomialvariate(HOMES, share * (factor if is_last else 1.0))
                totals = {
                    "active:": HOMES,
                    "error_reporting:": HOMES,
                    "error_homes:": failing,
                    "error_homes:print_failed": failing,
                    "error_homes:setup_error": random.binomialvariate(HOMES, share / 2),
                }
                row = {"scope": "app_version", "scope_value": f"2.{number}.0", "week": born + age}
                connection.execute(insert(ROLLUPS).values(row | {"totals": with_changes(None, totals)}))
                add(connection, born + age, {"active:": HOMES, f"app_version:2.{number}.0": HOMES})
        add(connection, LAST - 2 - EVERY * RELEASES, {"active:": HOMES, "app_version:1.0.0": HOMES})
    return f"2.{RELEASES - 1}.0"


def add(connection: Connection, week: int, changes: dict[str, int]) -> None:
    """Add to what all homes told of a week."""
    key = {"scope": "all", "scope_value": "", "week": week}
    here = [ROLLUPS.c[name] == value for name, value in key.items()]
    text = connection.scalar(select(ROLLUPS.c.totals).where(*here))
    connection.execute(delete(ROLLUPS).where(*here))
    connection.execute(insert(ROLLUPS).values(key | {"totals": with_changes(text, changes)}))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(opened(f"sqlite:///{tmp_path / 'releases.db'}", 5.0)) as found:
        yield found


def said(database: Database, week: int = LAST) -> dict[str, str]:
    with database.reading() as connection:
        return {each.series: each.judged.change for each in judge_releases(Sums(connection), week)}


def test_a_release_that_doubles_a_kind_of_error_is_worse_in_that_and_the_same_in_others(
    database: Database,
) -> None:
    name = release(database, 2.0)
    found = said(database)
    assert found == {f"release/{name}/print_failed": "worse", f"release/{name}/setup_error": "same"}


def test_a_harmless_release_is_the_same(database: Database) -> None:
    name = release(database, 1.0)
    assert said(database)[f"release/{name}/print_failed"] == "same"


def test_releases_are_judged_only_in_their_first_weeks(database: Database) -> None:
    release(database, 2.0)
    assert said(database, LAST + 2) == {}


def test_a_version_that_nobody_knows_the_beginning_of_is_not_judged(database: Database) -> None:
    with database.writing() as connection:
        for week in range(LAST - 3, LAST + 1):
            row = {"scope": "app_version", "scope_value": "other", "week": week}
            totals = with_changes(None, {"active:": 50, "error_reporting:": 50})
            connection.execute(insert(ROLLUPS).values(row | {"totals": totals}))
    assert said(database) == {}


def test_a_worse_release_is_one_alarm_that_replays(database: Database) -> None:
    fill(database, weeks=30)
    name = release(database, 2.5)
    with database.writing() as connection:
        for week in range(LAST - 29, LAST + 1):
            observe_week(connection, week)
        judge_week(connection, LAST)
        (alarm,) = [each for each in alarms(connection) if each.cause.startswith("release")]
        (text,) = evidence_of(connection, alarm.id).values()
    assert alarm.cause == f"release/{name}"
    assert replayed(text) == text
    sentence = sentence_of(decode(text)[0])
    assert sentence.startswith(f"{name}: print_failed in 2")
    assert "earlier releases at the same age" in sentence
