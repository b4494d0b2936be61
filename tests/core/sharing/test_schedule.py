"""Slots and waits, without a clock."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given, strategies as st

from custom_components.printernizer_stats.core.sharing.schedule import (
    START_DELAY_SECONDS,
    WEEK_SECONDS,
    after_failure,
    after_start,
    deletion_slot,
    late_slot,
    next_slot,
)

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC).timestamp()
_TIMES = st.floats(1.7e9, 2.5e9)
_SEEDS = st.integers(0, 2**32)


@given(_TIMES, _SEEDS)
def test_the_moment_is_in_the_week_that_follows(now: float, seed: int) -> None:
    week = datetime.fromtimestamp(now, UTC).isocalendar()[:2]
    due = datetime.fromtimestamp(next_slot(now, Random(seed)), UTC)
    assert (due - timedelta(days=7)).isocalendar()[:2] == week


def test_no_two_weeks_have_the_same_moment() -> None:
    random, moments = Random(1), set()
    due = NOW
    for _ in range(52):
        due = next_slot(due, random)
        moments.add(round(due % WEEK_SECONDS))
    assert len(moments) == 52


def test_overdue_after_a_start_waits_until_some_moment_of_the_first_hour() -> None:
    waits = {after_start(NOW, NOW - 5, Random(seed)) - NOW for seed in range(100)}
    assert len(waits) == 100
    assert START_DELAY_SECONDS <= min(waits) < 1000
    assert 3500 < max(waits) <= 3600
    assert after_start(NOW, NOW + 7200, Random(1)) == NOW + 7200
    assert after_start(NOW, None, Random(1)) == next_slot(NOW, Random(1))


def test_a_plan_of_a_clock_that_ran_ahead_is_dropped() -> None:
    assert after_start(NOW, NOW + 1e9, Random(1)) == next_slot(NOW, Random(1))


@given(st.integers(0, 1000), st.integers(0, 2**32), st.none() | st.floats(0, 1e9))
def test_never_more_than_once_an_hour_and_never_sooner_than_asked(
    failures: int, seed: int, retry_after: float | None
) -> None:
    wait = after_failure(NOW, failures, retry_after, Random(seed)) - NOW
    assert 3600 - 1e-3 <= wait <= max(86400.0, min(retry_after or 0, WEEK_SECONDS)) + 1e-3
    if retry_after is not None:
        assert wait >= min(retry_after, WEEK_SECONDS) - 1e-3


def test_late_reports_and_deletions_are_hours_to_days_apart() -> None:
    """Nothing of the moment before is left in the next one: no burst, no rhythm."""
    late = [late_slot(NOW, Random(seed)) - NOW for seed in range(1000)]
    assert (min(late) >= 6 * 3600, max(late) <= 72 * 3600, len(set(late))) == (True, True, 1000)
    deletions = [deletion_slot(NOW, Random(seed)) - NOW for seed in range(1000)]
    assert (min(deletions) >= 3600, max(deletions) <= 24 * 3600, len(set(deletions))) == (True, True, 1000)
