"""What a print came to: words first, then the progress, and as much time as was seen or told."""

from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Outcome
from custom_components.printernizer_stats.core.prints.evidence import Known
from custom_components.printernizer_stats.core.prints.job import Job
from custom_components.printernizer_stats.core.prints.progress import Progress
from custom_components.printernizer_stats.core.prints.result import (
    duration_of,
    given_up_at,
    outcome_of,
    result_of,
)
from custom_components.printernizer_stats.core.prints.rules import Rules

from .jobs import made, unseen_stretch


def _ended(progress: float | None = None, **known: Any) -> Job:
    """Return a print that ran for 1000 seconds and showed that progress since the 500th."""
    shown = Progress() if progress is None else Progress(shown=progress, since=500, peak=progress)
    return made(**{"active_seconds": 1000.0, "running_since": None, "progress": shown, **known})


def _outcome(job: Job, **rules: Any) -> Outcome:
    return outcome_of(job, Rules(printer_type="other", **rules))


@pytest.mark.parametrize("word", list(Outcome))
def test_the_source_s_word_counts(word: Outcome) -> None:
    assert _outcome(_ended(50, evidence=word)) is word


@pytest.mark.parametrize(("progress", "expected"), [(94.4, Outcome.FAILED), (94.5, Outcome.COMPLETED)])
def test_without_a_word_the_progress_decides_a_step_before_the_end(
    progress: float, expected: Outcome
) -> None:
    assert _outcome(_ended(progress), complete_at=99.5) is expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"progress": 50}, Outcome.CANCELLED),
        ({"progress": 99}, Outcome.COMPLETED),
        ({}, Outcome.COMPLETED),
        ({"progress": 50, "end_unseen": True, "unseen": unseen_stretch()}, Outcome.COMPLETED),
    ],
)
def test_a_word_that_is_to_be_verified_is_doubted_where_the_progress_is_below_the_end(
    known: dict[str, Any], expected: Outcome
) -> None:
    job = _ended(**known, evidence=Outcome.COMPLETED)
    assert _outcome(job, verify_completed=True, unexplained=Outcome.CANCELLED) is expected
    assert _outcome(job, unexplained=Outcome.CANCELLED) is Outcome.COMPLETED


@pytest.mark.parametrize(("done", "expected"), [(940.0, Outcome.COMPLETED), (941.0, Outcome.CANCELLED)])
def test_who_cancels_after_the_print_was_at_its_end_for_a_minute_only_clears_the_screen(
    done: float, expected: Outcome
) -> None:
    job = _ended(100, evidence=Outcome.CANCELLED, done_seconds=done)
    assert _outcome(job) is expected
    assert result_of(job, expected)["duration_seconds"] == (940 if expected is Outcome.COMPLETED else 1000)


def test_a_failure_after_the_end_is_one() -> None:
    assert _outcome(_ended(100, evidence=Outcome.FAILED, done_seconds=0.0)) is Outcome.FAILED


def test_an_error_is_a_failure_unless_the_source_says_completed() -> None:
    assert _outcome(_ended(100, error=True)) is Outcome.FAILED
    assert _outcome(_ended(100, error=True, evidence=Outcome.CANCELLED)) is Outcome.FAILED
    assert _outcome(_ended(100, error=True, evidence=Outcome.COMPLETED)) is Outcome.COMPLETED


def test_a_print_whose_printer_went_away_failed_unless_it_was_at_its_end() -> None:
    assert _outcome(_ended(50, lost_contact=True), unexplained=Outcome.CANCELLED) is Outcome.FAILED
    assert _outcome(_ended(99, lost_contact=True)) is Outcome.COMPLETED


@pytest.mark.parametrize(("named", "expected"), [(True, Outcome.FAILED), (False, Outcome.COMPLETED)])
def test_a_source_without_progress_and_without_words_for_failures_has_completed_prints(
    named: bool, expected: Outcome
) -> None:
    assert _outcome(_ended(), names_outcome=named) is expected
    assert _outcome(_ended(50), names_outcome=named) is Outcome.FAILED


@pytest.mark.parametrize(
    ("last", "expected"), [(0.0, Outcome.FAILED), (99.5, Outcome.COMPLETED), (None, Outcome.FAILED)]
)
def test_a_final_progress_is_the_one_that_counts(last: float | None, expected: Outcome) -> None:
    job = _ended(99, last_progress=last)
    assert _outcome(job, final_progress=True) is expected
    assert _outcome(job) is Outcome.COMPLETED


@pytest.mark.parametrize("last", [0.0, None])
def test_a_final_progress_after_an_end_that_nobody_saw_takes_nothing_back(last: float | None) -> None:
    job = _ended(99, last_progress=last, end_unseen=True, unseen=unseen_stretch())
    assert _outcome(job, final_progress=True) is Outcome.COMPLETED


@pytest.mark.parametrize(
    ("known", "rules", "expected"),
    [
        # 89.5 points at 10 s each were to come.
        ({"seconds": 895}, {}, Outcome.COMPLETED),
        ({"seconds": 894}, {}, Outcome.FAILED),
        ({"seconds": 894, "pace": None}, {}, Outcome.COMPLETED),
        ({"seconds": 895, "last": 50.0}, {}, Outcome.FAILED),
        ({"seconds": 895, "last": 0.0}, {}, Outcome.COMPLETED),
        ({"seconds": 895, "last": 0.0}, {"final_progress": True}, Outcome.FAILED),
        ({"seconds": 894, "reached": 99.5}, {}, Outcome.COMPLETED),
    ],
)
def test_a_print_whose_end_nobody_saw_is_over_if_there_was_time_for_it(
    known: dict[str, Any], rules: dict[str, Any], expected: Outcome
) -> None:
    stretch = {name: value for name, value in known.items() if name != "last"}
    job = _ended(10, last_progress=known.get("last"), end_unseen=True, unseen=unseen_stretch(**stretch))
    job.progress.since = 0
    assert _outcome(job, **rules) is expected


def test_a_pace_from_before_does_not_finish_a_print_whose_end_was_seen() -> None:
    job = _ended(10, unseen=unseen_stretch(reached=99.5))
    assert _outcome(job) is Outcome.FAILED


@pytest.mark.parametrize(("before", "told"), [(None, True), (299.0, True), (300.0, False), (301.0, False)])
def test_a_print_time_that_the_source_tells_is_whole_if_it_went_on(before: float | None, told: bool) -> None:
    known = {"known": Known(elapsed=300.0), "elapsed_before": before}
    unseen = _ended(10, end_unseen=True, unseen=unseen_stretch(seconds=5000), **known)
    assert duration_of(unseen, Outcome.COMPLETED) == (300 if told else None)
    assert result_of(unseen, Outcome.COMPLETED)["estimated"] is not told
    seen = _ended(10, **known)
    assert duration_of(seen, Outcome.COMPLETED) == 300
    assert result_of(seen, Outcome.COMPLETED)["estimated"] is False


def test_a_print_time_below_a_second_is_told() -> None:
    job = _ended(10, end_unseen=True, known=Known(elapsed=0.5))
    assert duration_of(job, Outcome.COMPLETED) == 0.5
    assert result_of(job, Outcome.COMPLETED)["estimated"] is False


@pytest.mark.parametrize(
    ("progress", "seconds", "known"), [(50, 1000, True), (50, 1001, False), (50.1, 1001, True)]
)
def test_a_completed_print_has_a_duration_if_most_of_it_was_seen(
    progress: float, seconds: float, known: bool
) -> None:
    job = _ended(10, end_unseen=True, unseen=unseen_stretch(progress=progress, seconds=seconds))
    assert duration_of(job, Outcome.COMPLETED) == (1000 if known else None)
    assert result_of(job, Outcome.COMPLETED).get("seen_seconds") == (None if known else 1000)
    assert duration_of(job, Outcome.FAILED) == 1000


def test_a_print_whose_end_was_seen_has_a_duration() -> None:
    job = _ended(10, unseen=unseen_stretch(progress=0, seconds=9999))
    assert duration_of(job, Outcome.COMPLETED) == 1000


def test_filament_is_measured_or_the_part_of_the_plan_that_was_printed() -> None:
    job = _ended(25, planned_mm=1000, planned_g=10, filament_g=7.4)
    assert result_of(job, Outcome.COMPLETED) == {
        "estimated": True,
        "duration_seconds": 1000,
        "filament_mm": 1000,
        "filament_g": 7,
    }
    assert result_of(job, Outcome.FAILED)["filament_mm"] == 250
    assert result_of(_ended(25, filament_mm=0.0, planned_mm=9), Outcome.FAILED)["filament_mm"] == 0


def test_energy_is_known_of_a_print_whose_end_was_seen() -> None:
    data = result_of(_ended(energy_wh=5.4, energy_cost=2.6), Outcome.COMPLETED)
    assert (data["energy_wh"], data["energy_cost"]) == (5, 3)
    unseen = _ended(energy_wh=5.4, energy_cost=2.6, end_unseen=True)
    assert not {"energy_wh", "energy_cost"} & result_of(unseen, Outcome.COMPLETED).keys()


@pytest.mark.parametrize(
    ("progress", "seconds"),
    [
        (None, 86400.0),
        (50, 86400.0),
        (99, 43200.0),
        # 99 points at 2000 s each are to come.
        (1, 198_000.0),
        (0.5, 86400.0),
    ],
)
def test_a_print_out_of_sight_is_given_up_when_it_must_be_over(
    progress: float | None, seconds: float
) -> None:
    job = _ended(progress)
    if progress == 1:
        job.active_seconds = 2000.0
        job.progress.since = 0.0
    assert given_up_at(job, Rules(printer_type="other"), 5000.0) == 5000 + seconds


def test_nothing_out_of_sight_is_waited_for_longer_than_a_week() -> None:
    job = _ended(1, active_seconds=10_000.0)
    job.progress.since = 0.0
    assert given_up_at(job, Rules(printer_type="other"), 5000.0) == 5000 + 7 * 86400


def test_a_print_that_runs_is_given_up_by_the_time_it_ran_until_it_was_lost() -> None:
    job = _ended(1, active_seconds=0.0, running_since=3000.0)
    job.progress.since = 0.0
    assert given_up_at(job, Rules(printer_type="other"), 5000.0) == 5000 + 99 * 2000


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({"last_progress": 99.5, "unseen": unseen_stretch(seconds=1)}, Outcome.COMPLETED),
        ({"last_progress": 99.4, "unseen": unseen_stretch(seconds=9999)}, Outcome.CANCELLED),
        ({"last_progress": 0.0, "unseen": unseen_stretch(seconds=895)}, Outcome.COMPLETED),
        ({"unseen": unseen_stretch(seconds=894)}, Outcome.CANCELLED),
    ],
)
def test_a_word_after_an_end_that_nobody_saw_is_doubted_where_it_cannot_be(
    known: dict[str, Any], expected: Outcome
) -> None:
    job = _ended(10, end_unseen=True, evidence=Outcome.COMPLETED, **known)
    assert _outcome(job, verify_completed=True, unexplained=Outcome.CANCELLED) is expected


@pytest.mark.parametrize(("progress", "halved"), [(94.5, True), (94.4, False)])
def test_a_print_that_the_pace_led_to_its_end_is_given_up_earlier(progress: float, halved: bool) -> None:
    job = _ended(progress)
    assert given_up_at(job, Rules(printer_type="other"), 0) == 86400 / (2 if halved else 1)


def test_only_who_cancels_at_the_end_takes_the_time_after_it_away() -> None:
    told = _ended(100, evidence=Outcome.COMPLETED, done_seconds=500.0)
    assert duration_of(told, Outcome.COMPLETED) == 1000
    cancelled = _ended(100, evidence=Outcome.CANCELLED, done_seconds=500.0)
    assert duration_of(cancelled, Outcome.COMPLETED) == 500
    cancelled.done_seconds = None
    assert duration_of(cancelled, Outcome.COMPLETED) == 1000


def test_who_cancels_at_the_end_clears_the_screen_whatever_is_shown_then() -> None:
    assert _outcome(_ended(0, evidence=Outcome.CANCELLED, done_seconds=0.0)) is Outcome.COMPLETED
