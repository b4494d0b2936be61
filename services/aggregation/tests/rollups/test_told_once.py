"""Reports of Printernizer's own client: the last seven days, whenever it sends; each day counts once."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from aggregation.rollups.bounds import DAY, HOUR, told_once
from aggregation.rollups.facts import TIMELINE, derive
from aggregation.storage.engine import Database
from aggregation.storage.records import Report
from aggregation.weeks import report_week
from tests.made import WEEK, deleted, folded, made, rollups, seconds, sums, verified

WEEK_SECONDS = 7 * DAY
MONDAY = seconds(date(2026, 11, 9))


def row(start: int, seconds_long: int = WEEK_SECONDS, **columns: Any) -> dict[str, Any]:
    """Return the columns that matter of a report."""
    end = start + seconds_long
    own = {"id": start, "installation_id": "a", "protocol": "1.0", "received_day": date(2026, 11, 24)}
    counts = dict.fromkeys(("job_count", "file_count", "upload_count", "uptime_hours"), 0)
    more = dict.fromkeys(("completed_count", "failed_count", "cancelled_count", "print_hours"))
    period = {"period_start": start, "period_end": end, "week": report_week(start, end)}
    return dict.fromkeys(TIMELINE) | own | counts | more | period | columns


def told(*rows: dict[str, Any]) -> list[int]:
    """Return how many prints of each report count."""
    facts = derive(rows)
    return [
        sum(each["job_count"] for each in told_once([{**one, **facts[one["id"]]}]))
        for one in sorted(rows, key=lambda one: one["period_start"])
    ]


@pytest.mark.parametrize("begins", [0, 4 * DAY])
@pytest.mark.parametrize("later", [1, 60, HOUR, DAY, 3 * DAY])
def test_retry_after_a_lost_answer_adds_nothing_also_over_a_monday(begins: int, later: int) -> None:
    assert told(row(begins, job_count=23), row(begins + later, job_count=23)) == [23, 0]


@pytest.mark.parametrize("hours", [[1, 2, 3, 4], [1, 24, 25], [80, 81]])
def test_retries_are_as_if_they_had_not_been(hours: list[int]) -> None:
    rows = [row(hour * HOUR, job_count=7) for hour in (0, *hours)]
    assert told(*rows) == [7] + [0] * len(hours)


def test_next_week_counts_in_full_however_often_the_one_before_was_tried() -> None:
    tries = [row(hour * HOUR, job_count=7) for hour in (0, 2, 5)]
    assert told(*tries, row(WEEK_SECONDS + 5 * HOUR, job_count=9)) == [7, 0, 0, 9]


def test_what_begins_before_the_other_ended_counts_in_proportion() -> None:
    assert told(row(0, job_count=28), row(6 * DAY, job_count=28)) == [28, 24]
    assert told(row(0, job_count=28), row(4 * DAY, job_count=28)) == [28, 16]


def test_an_order_of_arrival_changes_nothing() -> None:
    rows = [row(0, job_count=7), row(HOUR, job_count=7), row(WEEK_SECONDS, job_count=7)]
    assert told(*rows) == told(*reversed(rows)) == [7, 0, 7]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True))
def test_no_hour_counts_twice_and_only_those_of_a_retry_are_missing(hours: list[int]) -> None:
    """One print an hour: what counts is no more than the hours that were told, and no day too few."""
    rows = [row(hour * HOUR, job_count=168) for hour in sorted(hours)]
    covered = {hour + more for hour in hours for more in range(168)}
    counted = sum(told(*rows))
    assert counted <= len(covered)
    assert counted >= len(covered) / 2


@given(st.lists(st.integers(0, 400), min_size=1, max_size=12, unique=True), st.data())
def test_what_was_known_before_leads_to_the_same(hours: list[int], data: st.DataObject) -> None:
    """A fold sees no earlier rows than those of the last week that it knows."""
    rows = [row(hour * HOUR) for hour in sorted(hours)]
    facts = derive(rows)
    known = [{**each, **facts[each["id"]]} for each in rows]
    since = data.draw(st.sampled_from(sorted({each["week"] for each in rows})))
    seen = derive([each for each in known if each["week"] >= since])
    assert {number: seen[number]["told_from"] for number in seen} == {
        number: facts[number]["told_from"] for number in seen
    }


def rolling(hours: int, **columns: Any) -> Report:
    """Return a report about seven days that end so many hours after a Monday began."""
    end = MONDAY + hours * HOUR
    week = report_week(end - WEEK_SECONDS, end)
    received = date(2026, 11, 9) + timedelta(hours // 24)
    first = made("a", week, content=str(hours), received=received, **columns)
    return replace(first, period_start=end - WEEK_SECONDS, columns={**first.columns, "period_end": end})


@pytest.mark.parametrize("hours", [(0, 1, 2), (83, 84, 85), (83, 107)])
def test_retries_count_once_in_every_sum(storage: Database, hours: tuple[int, ...]) -> None:
    errors = {"connection_error": 2}
    for hour in hours:
        folded(storage, rolling(hour, job_count=7, error_summary=errors, printer_count=1))
    found = {key: each for key, each in rollups(storage).items() if key.scope == "all"}
    assert sum(each.get("usage:job_count", 0) for each in found.values()) == 7
    assert sum(each.get("errors:connection_error", 0) for each in found.values()) == 2
    assert sum(each.get("usage_homes:", 0) for each in found.values()) == 1
    assert verified(storage).agrees


def test_a_report_that_comes_late_takes_the_place_of_its_retry(storage: Database) -> None:
    folded(storage, rolling(85, job_count=9))
    assert sums(storage, WEEK)["usage:job_count"] == 9
    folded(storage, rolling(83, job_count=7))
    assert sums(storage, WEEK - 1)["usage:job_count"] == 7
    assert "usage:job_count" not in sums(storage, WEEK)
    assert verified(storage).agrees
    assert deleted(storage, "a") == 2
    assert not rollups(storage)


def test_protocol_2_is_not_judged_by_its_periods(storage: Database) -> None:
    for days in ((0, 5), (3, 6)):
        folded(storage, made("a", protocol="2.0", days=days, job_count=7))
    assert sums(storage)["usage:job_count"] == 14
    assert verified(storage).agrees
