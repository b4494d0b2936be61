"""Report intervals on the wire: whole days, no overlap, no gap."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given, strategies as st

from custom_components.printernizer_stats.const import EARLIEST_DAY
from custom_components.printernizer_stats.core import report_intervals

MONDAY = date(2026, 11, 16)
SUNDAY = date(2026, 11, 22)


def test_a_week_ends_on_the_next_monday() -> None:
    assert report_intervals.week_end(MONDAY) == date(2026, 11, 23)
    assert report_intervals.week_end(SUNDAY) == date(2026, 11, 23)
    assert not report_intervals.is_over(MONDAY, SUNDAY)
    assert report_intervals.is_over(MONDAY, date(2026, 11, 23))


def test_a_cut_ends_with_the_day_and_is_possible_once_a_day() -> None:
    assert report_intervals.cut_end(MONDAY, date(2026, 11, 18)) == date(2026, 11, 19)
    assert report_intervals.cut_end(date(2026, 11, 19), date(2026, 11, 18)) is None


def test_weeks_in_which_nothing_ran_are_skipped() -> None:
    assert report_intervals.next_start(date(2026, 11, 23), date(2026, 12, 16)) == date(2026, 12, 14)
    assert report_intervals.next_start(date(2026, 11, 19), date(2026, 11, 18)) == date(2026, 11, 19)


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=60))
def test_intervals_never_overlap_and_stay_within_a_week(steps: list[tuple[int, bool]]) -> None:
    """Days pass, and now and then somebody asks for an early report."""
    today, start = MONDAY, MONDAY
    closed: list[tuple[date, date]] = []
    for days, cut in steps:
        today += timedelta(days=days)
        if report_intervals.is_over(start, today):
            closed.append((start, report_intervals.week_end(start)))
            start = report_intervals.next_start(report_intervals.week_end(start), today)
        if cut and (end := report_intervals.cut_end(start, today)):
            closed.append((start, end))
            start = report_intervals.next_start(end, today)
    for begin, end in closed:
        assert begin < end <= report_intervals.week_end(begin)
    for (_, end), (begin, _) in pairwise(closed):
        assert end <= begin
    assert start <= today + timedelta(days=1)


def test_days_on_the_wire_are_those_of_utc() -> None:
    assert report_intervals.utc_day(1795391999.0) == SUNDAY
    assert report_intervals.utc_day(1795392000.0) == date(2026, 11, 23)


def test_a_clock_before_the_first_day_there_can_be_is_wrong() -> None:
    assert report_intervals.is_possible(EARLIEST_DAY)
    assert not report_intervals.is_possible(EARLIEST_DAY - timedelta(days=1))
