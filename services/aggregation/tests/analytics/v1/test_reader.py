from collections import Counter
from datetime import date, timedelta
from pathlib import Path
import tempfile
from typing import Any

from hypothesis import given, settings, strategies as st
import pytest

from aggregation.analytics.gaps import share_beyond
from aggregation.analytics.question import Filter, Weeks
from aggregation.analytics.v1.reader import Reader
from aggregation.rollups.scopes import Scope
from aggregation.storage.engine import Database
from aggregation.weeks import monday
from tests.databases import make_tables
from tests.made import RELEASED, WEEK, fold_all, folded, known, made, stored
from tests.proofs import tries

type Told = dict[tuple[str, int], tuple[str, int]]
"""Home and week: the version it had, and how many days later the report came."""

TOLD = st.dictionaries(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 15)),
    st.tuples(st.sampled_from(["1.0", "2.0", "3.0"]), st.integers(0, 20)),
    max_size=40,
)


def received(week: int, late: int) -> date:
    return monday(WEEK + week + 1) + timedelta(days=late)


def homes(told: Told, first: int, last: int) -> dict[str, str]:
    """Return the last version of each home that tells of one of the weeks."""
    within = sorted((week, home) for home, week in told if first <= week <= last)
    return {home: told[home, week][0] for week, home in within}


@settings(max_examples=tries(25, fast=8, full=300), deadline=None)
@given(TOLD, st.integers(0, 15), st.integers(1, 13))
def test_homes_of_several_weeks_count_once(told: Told, last: int, weeks: int) -> None:
    """With the ids of protocol 1.0 nothing is an estimate: the sums are what a count of ids says."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.db")
        make_tables(path)
        database = Database(f"sqlite:///{path}", 1)
        known(database, *RELEASED)
        in_order = sorted(told.items(), key=lambda item: received(item[0][1], item[1][1]))
        for (home, week), (version, late) in in_order:
            stored(database, made(home, WEEK + week, app_version=version, received=received(week, late)))
        fold_all(database)
        truth = homes(told, last - weeks + 1, last)
        day = received(last, 3)
        began = day - timedelta(days=7 * weeks if weeks < 5 else 30)
        seen = {home for (home, week), (_, late) in told.items() if began <= received(week, late) <= day}
        with database.reading() as connection:
            reader = Reader(connection)
            assert reader.active(WEEK + last, weeks) == len(truth)
            assert reader.versions_over_weeks(WEEK + last, weeks) == Counter(truth.values())
            days = (day - began).days + 1
            assert reader.days.active(day, days) == len(seen)
            docker = Filter(Scope.DEPLOYMENT_MODE, "docker")
            assert reader.days.active(day, days, docker) == len(seen)
            assert reader.ever("received") == len(told)
            assert reader.ever("new_homes") == len({home for home, _ in told})
        database.close()


@pytest.mark.parametrize(
    ("gap", "weeks", "share"),
    [
        ("none", 12, 1.0),
        ("3", 2, 1.0),
        ("3", 3, 0.0),
        ("14+", 12, 1.0),
        ("13", 12, 1.0),
    ],
)
def testshare_beyond(gap: str, weeks: int, share: float) -> None:
    assert share_beyond(gap, weeks) == pytest.approx(share)


def test_homes_of_protocol_2_count_once_over_weeks(storage: Database) -> None:
    history: dict[str, Any] = {
        "weeks_since_previous_report": "2",
        "previous_app_version": "2.0",
    }
    folded(storage, *(made(f"{n}", WEEK + 2, protocol="2.0", app_version="3.0", **history) for n in range(3)))
    folded(storage, *(made(f"old{n}", WEEK, protocol="2.0", app_version="2.0") for n in range(3)))
    with storage.reading() as connection:
        reader = Reader(connection)
        assert reader.active(WEEK + 2, 3) == 3
        assert reader.versions_over_weeks(WEEK + 2, 3) == {"3.0": 3}
        week = reader.sums.weeks("app_version", "3.0", Weeks(WEEK + 2, WEEK + 2))[WEEK + 2]
        assert week["active"] == {"": 3}
