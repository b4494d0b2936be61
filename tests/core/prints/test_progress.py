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


_VALUES = st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 100), st.booleans()), max_size=30)


@given(values=_VALUES)
def test_what_is_believed_was_shown_while_the_print_lasted(values: list[tuple[float, float, bool]]) -> None:
    progress, at = Progress(), 0.0
    for wait, value, running in values:
        at += wait
        progress.note(value, at, running=running)
        assert progress.believed(at) in {0.0, *(each for _, each, _ in values)}
        assert progress.believed(at) <= progress.projected(at, 5) <= progress.believed(at) + 5
