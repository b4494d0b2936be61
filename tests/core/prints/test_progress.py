"""Progress of one print: what is a peak, what was taken back, what the pace leads to."""

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.prints.progress import Progress


def _shown(*values: tuple[float, float], stale: float | None = None) -> Progress:
    progress = Progress(stale=stale)
    for at, value in values:
        progress.note(value, at, running=True)
    return progress


def test_the_highest_that_was_not_taken_back_is_believed() -> None:
    progress = _shown((100, 10), (200, 20), (300, 19))
    assert progress.believed(310) == 20


def test_a_leap_is_believed_once_it_has_stood_for_a_minute() -> None:
    progress = _shown((100, 10), (110, 100))
    assert progress.believed(169) == 10
    assert progress.believed(170) == 100


def test_a_leap_that_is_taken_back_was_never_true() -> None:
    assert _shown((100, 10), (110, 100), (120, 12)).believed(1000) == 12


def test_a_leap_that_the_next_value_bears_out_is_believed() -> None:
    assert _shown((100, 10), (110, 90), (120, 91)).believed(121) == 91


def test_a_fall_to_another_value_takes_the_peak_back() -> None:
    assert _shown((100, 50), (200, 40)).believed(201) == 40


def test_a_zero_takes_the_peak_back_once_it_has_stood_for_a_minute() -> None:
    progress = _shown((1000, 50), (1010, 0))
    assert progress.believed(1069) == 50
    assert progress.believed(1070) == 0


def test_what_is_lower_while_the_printer_does_not_run_says_nothing() -> None:
    progress = _shown((1000, 50))
    progress.note(0, 1000, running=False)
    assert progress.shown == 50
    assert progress.believed(5000) == 50


def test_what_is_higher_after_the_end_still_counts() -> None:
    progress = _shown((1000, 98))
    progress.note(100, 1000, running=False)
    assert progress.believed(1000) == 100


def test_what_was_shown_before_the_print_is_not_its_own_until_it_changes() -> None:
    progress = _shown((0, 100), (500, 100), stale=100)
    assert progress.shown is None
    assert progress.believed(600) == 0
    progress.note(3, 700, running=True)
    progress.note(100, 9000, running=True)
    assert progress.believed(9000) == 100


def test_out_of_sight_any_progress_may_come_next() -> None:
    progress = _shown((100, 10))
    progress.lose_sight(150)
    progress.note(90, 160, running=True)
    assert progress.believed(160) == 90


def test_out_of_sight_a_leap_is_forgotten() -> None:
    progress = _shown((100, 10), (110, 100))
    progress.lose_sight(120)
    assert progress.believed(1000) == 10


@pytest.mark.parametrize(("limit", "expected"), [(5, 95), (1, 91)])
def test_the_pace_leads_further_up_to_a_limit(limit: float, expected: float) -> None:
    assert _shown((900, 90)).projected(2000, limit) == expected


def test_the_pace_leads_as_far_as_time_has_passed() -> None:
    assert _shown((900, 90)).projected(910, 5) == pytest.approx(91)


def test_the_pace_says_nothing_of_what_was_taken_back() -> None:
    assert _shown((900, 90), (905, 0)).projected(906, 5) == 90


def test_there_is_a_pace_once_there_is_a_point() -> None:
    assert Progress().pace(100) is None
    assert _shown((100, 0.5)).pace(100) is None
    assert _shown((100, 10)).pace(120) == 12


@pytest.mark.parametrize(("value", "kept"), [(45, 50), (44.5, 44.5), (0.5, 0.5)])
def test_a_fall_of_more_than_a_step_takes_the_peak_back(value: float, kept: float) -> None:
    assert _shown((1000, 50), (1010, value)).believed(1011) == kept


@pytest.mark.parametrize(("value", "kept"), [(32, 32), (32.5, 10)])
def test_a_leap_is_more_than_twenty_points_above_twice_the_pace(value: float, kept: float) -> None:
    assert _shown((100, 10), (110, value)).believed(111) == kept


@pytest.mark.parametrize(("at", "kept"), [(400, 10), (400.5, 100)])
def test_after_five_minutes_nothing_is_a_leap(at: float, kept: float) -> None:
    assert _shown((100, 10), (at, 100)).believed(at) == kept


@pytest.mark.parametrize(("first", "kept"), [((0, 5), 90), ((1, 5), 5), ((100, 0), 90)])
def test_there_is_no_leap_before_there_is_a_pace(first: tuple[float, float], kept: float) -> None:
    assert _shown(first, (first[0] + 1, 90)).believed(first[0] + 1) == kept


@pytest.mark.parametrize(("value", "kept"), [(86, 90), (85, 90), (84, 84), (12, 12)])
def test_a_leap_is_borne_out_by_what_is_no_more_than_a_step_below(value: float, kept: float) -> None:
    progress = _shown((100, 10), (110, 90), (120, value))
    assert progress.believed(121) == kept
    progress.undo_fall(125)
    assert progress.shown == value, "what was never true cannot have been taken back"


def test_what_is_a_little_lower_does_not_take_back_what_was_higher() -> None:
    assert _shown((100, 50), (110, 48), (120, 49)).believed(121) == 50


def test_the_pace_says_nothing_of_what_is_a_little_lower() -> None:
    assert _shown((900, 90), (905, 88)).projected(1000, 5) == 90


def test_a_value_that_is_told_again_is_no_other_value() -> None:
    progress = _shown((100, 10), (110, 100), (150, 100))
    assert (progress.believed(160), progress.believed(170)) == (10, 100)


def test_what_is_as_high_as_before_is_shown_whether_the_printer_runs_or_not() -> None:
    progress = _shown((1000, 50), (1010, 48))
    progress.note(50, 1011, running=False)
    assert progress.shown == 50


def test_nothing_that_was_not_shown_can_be_taken_back() -> None:
    progress = Progress()
    progress.undo_fall(10)
    assert progress.shown is None


def test_a_zero_that_was_shown_a_moment_ago_is_taken_back() -> None:
    progress = _shown((1000, 50), (1010, 0))
    progress.undo_fall(1020)
    assert (progress.shown, progress.peak) == (50, 50)


def test_out_of_sight_the_pace_leads_nowhere() -> None:
    progress = _shown((100, 10))
    progress.lose_sight(150)
    assert progress.projected(200, 5) == 10


def test_the_pace_leads_on_from_the_first_second() -> None:
    assert Progress(shown=10, since=1, peak=10).projected(2, 5) == 15


def test_the_pace_of_the_first_point_and_of_the_first_second() -> None:
    assert _shown((100, 1)).pace(100) == 100
    assert Progress(shown=10, peak=10).pace(1) == 0.1
    assert Progress(shown=10, peak=10).pace(0) is None


_VALUES = st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 100), st.booleans()), max_size=30)


@given(values=_VALUES)
def test_what_is_believed_was_shown_while_the_print_lasted(values: list[tuple[float, float, bool]]) -> None:
    progress, at = Progress(), 0.0
    for wait, value, running in values:
        at += wait
        progress.note(value, at, running=running)
        assert progress.believed(at) in {0.0, *(each for _, each, _ in values)}
        assert progress.believed(at) <= progress.projected(at, 5) <= progress.believed(at) + 5
