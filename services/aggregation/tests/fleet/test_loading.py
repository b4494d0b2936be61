"""A fleet in a database: as if each report had come by itself, been folded, and some been deleted."""

from itertools import groupby
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from aggregation.fleet.course import Course
from aggregation.fleet.loading import NotEmptyError, load
from aggregation.fleet.plan import all_versions
from aggregation.rollups.deletion import delete_installation
from aggregation.rollups.rebuild import Rebuild, Rebuilt
from aggregation.storage.engine import Database
from aggregation.storage.migrate import migrate
from aggregation.storage.records import Deletion
from aggregation.storage.schema import SUBMISSIONS, TOMBSTONES, VERSIONS
from tests.fleet.homes import awkward, fleet, in_order
from tests.made import count, fold_all, known, made, rollups, stored, verified
from tests.proofs import tries

COLUMNS = [column for column in SUBMISSIONS.columns if column.name != "id"]
PLAN = awkward(homes=tries(60, fast=30))


def rows(database: Database) -> list[dict[str, Any]]:
    """Return what is stored of each report, the oldest first."""
    keys = SUBMISSIONS.c.installation_id, SUBMISSIONS.c.period_start
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(select(*COLUMNS).order_by(*keys)).mappings()]


def by_one_after_the_other(database: Database, found: list[Course]) -> None:
    """Store what was sent day by day as the service does, fold it, and delete what is to be deleted."""
    deletions = sorted({(s.deleted, s.identifier) for s in in_order(found) if s.deleted})
    for day, members in groupby(in_order(found), key=lambda each: each.received):
        delete(database, [each for each in deletions if each[0] <= day])
        deletions = [each for each in deletions if each[0] > day]
        sent = list(members)
        for each in sent:
            (became,) = stored(database, each.report)
            assert became.outcome is each.outcome, each
        fold_all(database)
    delete(database, deletions)


def delete(database: Database, deletions: list[Any]) -> None:
    """Delete installations, each on its day."""
    with database.writing() as connection:
        for day, identifier in deletions:
            delete_installation(connection, Deletion(installation_id=identifier, day=day, signed=True))


def test_loaded_fleet_is_what_the_service_makes_of_its_reports(storage: Database, tmp_path: Path) -> None:
    known(storage, *all_versions(PLAN))
    by_one_after_the_other(storage, fleet(PLAN))
    loaded = Database(f"sqlite:///{tmp_path / 'loaded.db'}", 5)
    migrate(loaded)
    known(loaded, *set(versions(storage)))
    load(loaded, PLAN)
    assert rows(loaded) == rows(storage)
    assert rollups(loaded) == rollups(storage)
    assert tombstones(loaded) == tombstones(storage)
    loaded.close()


def versions(database: Database) -> list[str]:
    """Return the versions that a database knows."""
    with database.reading() as connection:
        return list(connection.scalars(select(VERSIONS.c.version)))


def tombstones(database: Database) -> set[Any]:
    """Return what is left of what was deleted."""
    with database.reading() as connection:
        found = select(TOMBSTONES.c.installation_sha256, TOMBSTONES.c.deleted_day, TOMBSTONES.c.deleted_count)
        return {tuple(row) for row in connection.execute(found)}


def test_loaded_fleet_recounts_to_the_same(storage: Database) -> None:
    loaded = load(storage, PLAN)
    assert verified(storage).agrees
    assert loaded.reports == count(storage, SUBMISSIONS) > tries(500, fast=250)
    assert Rebuild(storage).run() == Rebuilt(submissions=0, sums=0)


def test_reports_come_after_a_loaded_fleet(storage: Database) -> None:
    load(storage, awkward(homes=5))
    stored(storage, made())
    fold_all(storage)
    assert verified(storage).agrees


def test_fleet_does_not_depend_on_how_many_processes_make_it(tmp_path: Path) -> None:
    found = []
    for processes in (1, 2):
        database = Database(f"sqlite:///{tmp_path / f'{processes}.db'}", 5)
        migrate(database)
        load(database, awkward(homes=20), processes=processes)
        with database.reading() as connection:
            found.append([tuple(row) for row in connection.execute(select(SUBMISSIONS))])
        database.close()
    assert found[0] == found[1]


def test_truth_is_kept_beside_what_is_sent(storage: Database, tmp_path: Path) -> None:
    plan, truth = awkward(homes=12), tmp_path / "truth.jsonl"
    load(storage, plan, truth=truth)
    told = [json.loads(line) for line in truth.read_text().splitlines()]
    found = fleet(plan)
    assert [each["home"]["number"] for each in told] == [course.home.number for course in found]
    assert [len(each["weeks"]) for each in told] == [len(course.weeks) for course in found]
    assert [len(each["sent"]) for each in told] == [len(course.sent) for course in found]


def test_fleet_does_not_go_beside_reports(storage: Database) -> None:
    stored(storage, made())
    with pytest.raises(NotEmptyError):
        load(storage, awkward(homes=2))
    assert count(storage, SUBMISSIONS) == 1
