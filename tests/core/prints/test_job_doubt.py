"""The print in hand when a doubt is over, and readings around its end."""

import pytest

from custom_components.printernizer_stats.core.models import Observation, Outcome
from custom_components.printernizer_stats.core.prints.evidence import Doubt, Known
from custom_components.printernizer_stats.core.prints.rules import Rules

from .jobs import RULES, made, noted, unseen_stretch


def test_no_time_passes_in_no_time() -> None:
    assert made().active_until(0.0) == 0.0
    job = made(active_seconds=5.0)
    job.end(0.0, Outcome.COMPLETED)
    doubt = Doubt(lost_at=0.0, since=0.0)
    job.rest(doubt)
    job.go_on(doubt)
    assert job.active_seconds == 5.0


@pytest.mark.parametrize(("told", "expected"), [(None, 10.0), (700.0, 700.0)])
def test_a_start_that_raised_the_doubt_is_the_print_s_once_it_goes_on(
    told: float | None, expected: float
) -> None:
    job = made(known=Known(started_at=10.0))
    doubt = Doubt(lost_at=500.0, since=500.0, told=told)
    job.rest(doubt)
    job.go_on(doubt)
    assert job.known.started_at == expected


@pytest.mark.parametrize(("low", "elapsed"), [(False, 900), (True, None)])
def test_what_was_shown_in_the_doubt_is_taken_in_unless_it_was_low(low: bool, elapsed: float | None) -> None:
    job = made()
    doubt = Doubt(lost_at=500.0, since=1000.0, low=low, kept={"elapsed": 900})
    job.rest(doubt)
    job.go_on(doubt)
    assert job.elapsed == elapsed


def test_the_progress_that_proved_that_it_goes_on_is_credited_with_the_time_since() -> None:
    job = made(running_since=None, active_seconds=100.0, unseen=unseen_stretch())
    doubt = Doubt(lost_at=100.0, since=1000.0, proof=(60, 30.0), ran=50.0)
    job.rest(doubt)
    job.go_on(doubt)
    assert job.active_seconds == 100 + unseen_stretch().worth(60, 130) + 50
    assert job.unseen is None


def test_a_progress_that_fell_a_moment_before_is_given_back_with_the_last_one() -> None:
    job = noted(noted(made(), at=1000, progress=99), at=1010, progress=2)
    job.rest(Doubt(lost_at=1020, since=1020))
    job.give_back(1020)
    assert (job.progress.believed(1020), job.last_progress) == (99, 99)


@pytest.mark.parametrize(("at", "kept"), [(155, 50), (160, 60)])
def test_a_progress_that_is_told_again_is_as_old_as_when_it_was_told_first(at: float, kept: float) -> None:
    job = noted(noted(noted(made(), at=10, progress=50), at=100, progress=60), at=150, progress=60)
    job.give_back(at)
    assert job.last_progress == kept


def test_the_end_that_is_told_is_that_of_a_print_whose_end_nobody_saw() -> None:
    running = noted(made(end_unseen=True), at=900, ended_at=800.0)
    seen = noted(made(ending_at=850.0), at=900, ended_at=800.0)
    unseen = noted(made(ending_at=850.0, end_unseen=True), at=900, ended_at=800.0)
    assert (running.told_end, seen.told_end, unseen.told_end) == (None, None, 800)
    assert noted(unseen, at=901).told_end == 800


def test_a_start_that_is_told_after_the_end_is_not_the_print_s() -> None:
    job = noted(made(known=Known(started_at=10.0), ending_at=500.0), at=510, started_at=505.0)
    assert (job.known.started_at, job.known.start_moves) == (10, False)


def test_a_plan_that_is_shown_after_an_end_that_nobody_saw_is_taken() -> None:
    job = noted(made(), at=10, planned_mm=1500.0)
    job.ending_at, job.end_unseen = 500.0, True
    assert noted(job, at=510, planned_mm=1600.0).planned_mm == 1600


def test_a_leap_to_the_end_that_proved_true_was_the_end() -> None:
    job = noted(noted(made(), at=100, progress=10), at=110, progress=100)
    assert job.done_seconds is None
    assert noted(job, at=171, progress=100).done_seconds == 110


def test_energy_without_a_price_costs_nothing_that_is_known() -> None:
    job = made(meter_wh=0.0)
    job.note_energy(Observation(at=1, energy_wh=10.0), None)
    assert (job.energy_wh, job.energy_cost) == (10, None)


def test_an_end_whose_outcome_is_known_waits_for_nothing_else() -> None:
    at_once = Rules(printer_type="other", merge_seconds=0)
    assert made(ending_at=100.0, evidence=Outcome.FAILED).closes_at(at_once) == 100
    assert made(ending_at=100.0).closes_at(RULES) == 160


def test_a_pace_that_is_known_just_well_enough_proves_all_of_it() -> None:
    stretch = unseen_stretch(active=110, pace=6.5, seconds=26)
    assert stretch.worth(13, 110) == 26
    assert unseen_stretch(active=110, pace=6.6, seconds=26).worth(13, 110) == 20


def test_after_a_stretch_unseen_no_progress_is_a_leap() -> None:
    job = noted(made(), at=100, progress=10)
    job.lose_sight(150, 1000)
    job.running_since = 1000.0
    assert noted(job, at=1001, progress=90).progress.believed(151) == 90
