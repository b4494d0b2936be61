"""Slots and waits, without a clock."""

from datetime import UTC, datetime
from random import Random

from hypothesis import given, strategies as st

from custom_components.printernizer_stats.sharing.schedule import (
    START_DELAY_SECONDS,
    WEEK_SECONDS,
    after_failure,
    after_start,
    choose_slot,
    next_slot,
)

NOW = datetime(2026, 11, 22, 11, tzinfo=UTC).timestamp()
_TIMES = st.floats(1.7e9, 2.5e9)
_SLOTS = st.integers(0, WEEK_SECONDS - 1)


def test_the_slot_is_a_time_of_the_utc_week() -> None:
    assert next_slot(NOW, 0) == datetime(2026, 11, 23, tzinfo=UTC).timestamp()
    assert next_slot(NOW, WEEK_SECONDS - 1) == datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC).timestamp()
    assert 0 <= choose_slot(Random(1)) < WEEK_SECONDS


@given(_TIMES, _SLOTS)
def test_the_slot_comes_once_a_week(now: float, slot: int) -> None:
    due = next_slot(now, slot)
    assert now < due <= now + WEEK_SECONDS
    assert next_slot(due, slot) == due + WEEK_SECONDS


def test_overdue_after_a_start_waits_a_quarter_of_an_hour() -> None:
    assert after_start(NOW, NOW - 5, 0) == NOW + START_DELAY_SECONDS
    assert after_start(NOW, NOW + 7200, 0) == NOW + 7200
    assert after_start(NOW, None, 0) == next_slot(NOW, 0)


def test_a_plan_of_a_clock_that_ran_ahead_is_dropped() -> None:
    assert after_start(NOW, NOW + 1e9, 0) == next_slot(NOW, 0)


@given(st.integers(0, 1000), st.integers(0, 2**32), st.none() | st.floats(0, 1e9))
def test_never_more_than_once_an_hour_and_never_sooner_than_asked(
    failures: int, seed: int, retry_after: float | None
) -> None:
    wait = after_failure(NOW, failures, retry_after, Random(seed)) - NOW
    assert 3600 - 1e-3 <= wait <= max(86400.0, min(retry_after or 0, WEEK_SECONDS)) + 1e-3
    if retry_after is not None:
        assert wait >= min(retry_after, WEEK_SECONDS) - 1e-3
