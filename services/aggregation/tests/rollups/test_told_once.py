"""Reports of Printernizer's own client: the last seven days, whenever it sends; each day counts once."""

from hypothesis import given, strategies as st
from msgspec.structs import replace
import pytest

from aggregation.rollups.bounds import DAY, HOUR, Row, told_once
from aggregation.storage.engine import Database
from tests.made import folded, made, sums, verified

WEEK_SECONDS = 7 * DAY


def rolling(start: int, protocol: str = "1.0", seconds: int = WEEK_SECONDS) -> Row:
    """Return the columns that matter of a report."""
    return {"protocol": protocol, "period_start": start, "period_end": start + seconds}


@pytest.mark.parametrize("later", [1, 60, HOUR, DAY, 3 * DAY])
def test_retry_after_a_lost_answer_replaces_what_it_tells_again(later: int) -> None:
    first, again = rolling(0), rolling(later)
    assert told_once([first, again]) == [again]


@pytest.mark.parametrize("later", [4 * DAY, 6 * DAY + 23 * HOUR, 7 * DAY])
def test_next_week_counts_though_it_begins_a_little_early(later: int) -> None:
    rows = [rolling(0), rolling(later)]
    assert told_once(rows) == rows


def test_protocol_2_is_not_judged_by_its_periods() -> None:
    rows = [rolling(0, "2.0"), rolling(HOUR, "2.0")]
    assert told_once(rows) == rows


@given(st.lists(st.integers(0, 60), max_size=30))
def test_rows_that_count_are_some_of_those_told_and_two_a_week_at_most(hours: list[int]) -> None:
    rows = [rolling(hour * 6 * HOUR) for hour in sorted(hours)]
    kept = told_once(rows)
    assert all(row in rows for row in kept)
    assert bool(kept) is bool(rows)
    span = rows[-1]["period_start"] - rows[0]["period_start"] if rows else 0
    assert len(kept) <= 1 + 2 * span // WEEK_SECONDS


def test_retries_of_one_week_count_once_in_every_sum(storage: Database) -> None:
    for hours in (0, 1, 2):
        report = made("a", job_count=7 + hours, printer_count=1, content=str(hours))
        end = report.period_start + WEEK_SECONDS + hours * HOUR
        start = report.period_start + hours * HOUR
        folded(storage, replace(report, period_start=start, columns={**report.columns, "period_end": end}))
    found = sums(storage)
    assert (found["usage:job_count"], found["active:"]) == (9, 1)
    assert verified(storage).agrees
