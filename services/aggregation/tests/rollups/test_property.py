"""Whatever comes in whatever order: the rollups are what a recount says."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from aggregation.rollups.fold import fold
from aggregation.rollups.rebuild import Rebuild
from aggregation.rollups.retention import purge
from aggregation.storage.engine import Database
from aggregation.storage.records import Retention
from aggregation.weeks import monday
from tests.databases import make_tables
from tests.made import deleted, fold_all, known, made, rollups, stored, verified
from tests.proofs import tries

FIRST = 2800
LAST = 2960
IDS = st.sampled_from("abcde")
COUNTS = st.integers(0, 3)
VERSIONS = st.sampled_from([None, "1.0", "2.0"])
COLUMNS = st.fixed_dictionaries(
    {"app_version": VERSIONS, "deployment_mode": st.sampled_from([None, "docker", "pi"])},
    optional={
        "printer_count": COUNTS,
        "is_apart": st.sampled_from([None, True]),
        "printer_types": st.lists(st.sampled_from(["prusa", "other"]), unique=True),
        "printer_type_counts": st.dictionaries(st.sampled_from(["prusa", "creality"]), COUNTS),
        "job_count": COUNTS,
        "feature_usage": st.dictionaries(st.sampled_from(["sharing_enabled"]), st.booleans()),
        "error_summary": st.dictionaries(st.sampled_from(["store_error", "setup_error"]), COUNTS),
    },
)
HISTORY = st.fixed_dictionaries(
    {
        "first_report": st.booleans(),
        "weeks_since_previous_report": st.sampled_from(["none", "1", "2", "3", "4", "7", "13", "14+"]),
        "previous_app_version": VERSIONS,
        "age_bucket": st.sampled_from(["0-1w", "1-4w", "1-3m", "3-6m", "6-12m", "1-2y", "2y+"]),
    }
)
WEEKS = st.one_of(st.integers(LAST - 4, LAST), st.integers(FIRST, LAST))
PARTS = st.sampled_from([(0, 7), (0, 3), (3, 7)])
REPORTS = st.tuples(st.just("submit"), IDS, WEEKS, PARTS, st.integers(0, 30), COLUMNS, st.none() | HISTORY)
STEPS = st.one_of(
    REPORTS,
    REPORTS,
    REPORTS,
    st.tuples(st.just("fold"), st.integers(1, 5)),
    st.tuples(st.just("delete"), IDS, st.booleans()),
    st.tuples(st.just("purge"), st.integers(LAST - 60, LAST + 20)),
    st.tuples(st.just("know"), st.sampled_from(["1.0", "2.0"])),
    st.just(("rebuild",)),
)


def do(database: Database, step: Sequence[Any]) -> None:
    match step:
        case "submit", name, week, days, late, columns, history:
            received = monday(week + 1) + timedelta(days=late)
            protocol = "2.0" if history else "1.0"
            identifier = f"{name}{week}" if history else name
            values = columns | (history or {})
            stored(
                database, made(identifier, week, protocol=protocol, days=days, received=received, **values)
            )
        case "fold", limit:
            with database.writing() as connection:
                fold(connection, limit)
        case "delete", name, signed:
            deleted(database, name, signed=signed)
        case "know", version:
            known(database, version)
            Rebuild(database).count_anew()
        case ("rebuild",):
            before = rollups(database)
            Rebuild(database).run()
            assert rollups(database) == before
        case "purge", week:
            day: date = monday(week)
            purge(database, Retention(raw_days=400, id_days=200), day, trusted=True)


@settings(
    max_examples=tries(60, fast=15, full=1500), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
@given(st.lists(STEPS, min_size=1, max_size=40))
def test_recount_agrees(steps: list[Sequence[Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        make_tables(path)
        database = Database(f"sqlite:///{path}", 1)
        for step in steps:
            do(database, step)
        assert verified(database).agrees
        fold_all(database)
        found = verified(database)
        database.close()
        assert found.agrees, found
