"""The print in hand: what of its readings is its own."""

from dataclasses import asdict

import pytest

from custom_components.printernizer_stats.core.models import Observation, Outcome
from custom_components.printernizer_stats.core.prints.evidence import Doubt, Known
from custom_components.printernizer_stats.core.prints.job import Job
from custom_components.printernizer_stats.core.prints.progress import Progress
from custom_components.printernizer_stats.core.prints.result import duration_of

from .jobs import made, noted, unseen_stretch


def test_the_print_time_that_the_source_tells_counts_when_it_went_on_while_nobody_looked() -> None:
    job = made(known=Known(elapsed=300.0))
    job.lose_sight(300, 5000)
    job.end_unseen = True
    assert duration_of(job, Outcome.COMPLETED) is None
    job.known.elapsed = 900.0
    assert duration_of(job, Outcome.COMPLETED) == 900.0


def test_a_print_time_of_zero_says_nothing() -> None:
    job = made(known=Known(elapsed=0.0))
    job.end(500.0, Outcome.COMPLETED)
    assert duration_of(job, Outcome.COMPLETED) == 500.0


def test_a_plan_outlives_the_zero_and_the_other_plan_that_follow_the_end() -> None:
    job = noted(made(), at=1.0, planned_mm=1500.0, planned_g=4.0)
    noted(job, at=2.0, planned_mm=0.0, planned_g=0.0)
    assert (job.planned_mm, job.planned_g) == (1500.0, 4.0)
    noted(job, at=3.0, planned_mm=1600.0, planned_g=5.0)
    assert (job.planned_mm, job.planned_g) == (1600.0, 5.0), "while it prints the newest plan holds"
    job.end(10.0, Outcome.COMPLETED)
    noted(job, at=11.0, planned_mm=9.0, planned_g=9.0)
    assert (job.planned_mm, job.planned_g) == (1600.0, 5.0)


def test_a_plan_may_come_after_the_end() -> None:
    job = made()
    job.end(10.0, Outcome.COMPLETED)
    noted(job, at=11.0, planned_mm=9.0, planned_g=8.0)
    assert (job.planned_mm, job.planned_g) == (9.0, 8.0)


def test_a_start_that_was_seen_is_not_moved_by_the_source() -> None:
    job = noted(made(started_at=1000.0, running_since=1000.0), at=1100.0, started_at=400.0)
    assert (job.started_at, job.running_since, job.active_seconds) == (1000.0, 1000.0, 0.0)


def test_a_print_found_running_began_when_the_source_says() -> None:
    job = noted(made(started_at=1000, running_since=1000, start_seen=False), at=1100, started_at=400)
    assert (job.started_at, job.active_until(1100)) == (400, 700)
    noted(job, at=1200, started_at=1150)
    assert (job.started_at, job.active_until(1200)) == (400, 800), "a later one is no start of it"


def test_a_print_found_paused_is_not_known_to_have_run() -> None:
    job = noted(made(started_at=1000, running_since=None, start_seen=False), at=1100, started_at=400)
    assert (job.started_at, job.active_until(1100)) == (400, 0)


@pytest.mark.parametrize(("not_before", "expected"), [(399, 400), (400, 400), (401, 1000)])
def test_a_print_began_no_earlier_than_the_printer_was_seen_without_it(
    not_before: float, expected: float
) -> None:
    job = made(started_at=1000, running_since=1000, start_seen=False, not_before=not_before)
    assert noted(job, at=1100, started_at=400).started_at == expected


@pytest.mark.parametrize(("second", "moves"), [(620, False), (621, True), (380, False), (379, True)])
def test_a_start_that_the_source_moves_is_known_to_move(second: float, moves: bool) -> None:
    job = noted(made(), at=600, started_at=500)
    assert noted(job, at=700, started_at=second).known.start_moves is moves
    assert job.known.started_at == second


def test_another_start_is_a_younger_print_s_only_when_the_print_is_older_than_that() -> None:
    job = noted(made(), at=1, started_at=0)
    assert not job.is_younger(120, 1000), "the same instant, rounded"
    assert job.is_younger(121, 1000)
    assert not made().is_younger(900, 1000), "no other start was ever told"
    known = noted(made(active_seconds=500.0), at=1, started_at=0)
    assert not known.is_younger(120, 1000), "the same instant, however long the print lasts"
    later = noted(made(active_seconds=5000.0), at=1001, started_at=1000)
    assert not later.is_younger(1050, 3000), "the same instant, at whatever hour"
    paused = made(running_since=None, active_seconds=500.0, known=Known(started_at=0))
    assert not paused.is_younger(620, 1000)
    assert paused.is_younger(621, 1000)


@pytest.mark.parametrize(("elapsed", "own"), [(400, True), (401, False)])
def test_a_print_time_longer_than_the_print_is_an_earlier_one_s(elapsed: float, own: bool) -> None:
    job = noted(made(started_at=1000.0, running_since=1000.0), at=1100.0, elapsed=elapsed)
    assert job.elapsed == (elapsed if own else None)


def test_the_print_time_of_a_print_that_was_found_running_is_its_own() -> None:
    found = made(start_seen=False, started_at=1000.0, running_since=1000.0)
    assert noted(found, at=1100.0, elapsed=5000.0).elapsed == 5000.0


def test_readings_shown_before_the_print_are_its_own_once_they_change() -> None:
    job = made(stale={"elapsed": 50.0, "filament_mm": 900.0, "filament_g": 3.0})
    noted(job, at=60, elapsed=50.0, filament_mm=900.0, filament_g=3.0)
    noted(job, at=61)
    noted(job, at=62, elapsed=50.0, filament_mm=900.0, filament_g=3.0)
    assert (job.elapsed, job.filament_mm, job.filament_g) == (None, None, None)
    noted(job, at=63, elapsed=1.0, filament_mm=2.0, filament_g=1.0)
    noted(job, at=99, elapsed=50.0, filament_mm=900.0, filament_g=3.0)
    assert (job.elapsed, job.filament_mm, job.filament_g) == (50.0, 900.0, 3.0)


def test_the_highest_reading_counts() -> None:
    job = noted(made(), at=60, elapsed=50.0, filament_mm=900.0, filament_g=3.0)
    noted(job, at=70, elapsed=0.0, filament_mm=0.0, filament_g=0.0)
    assert (job.elapsed, job.filament_mm, job.filament_g) == (50.0, 900.0, 3.0)


def test_an_error_that_goes_away_at_the_end_was_one_and_one_that_goes_away_before_was_not() -> None:
    assert noted(noted(made(), at=1, error=True), at=2).error, "who says nothing of it takes nothing back"
    job = noted(noted(made(), at=1, error=True), at=2, error=False)
    assert not job.error
    noted(job, at=3, error=True)
    job.end(4.0, None)
    assert noted(job, at=5, error=False).error
    other = made()
    other.end(4.0, None)
    assert noted(other, at=5, error=True).error


@pytest.mark.parametrize(
    ("seen", "proven"),
    [
        ({"progress": 0.0}, False),
        ({"progress": 1.0}, True),
        ({"elapsed": 1.0}, True),
        ({"filament_mm": 1.0}, True),
        ({"filament_g": 1.0}, True),
        ({"elapsed": 0.0, "filament_mm": 0.0, "filament_g": 0.0}, False),
    ],
)
def test_a_print_is_proven_by_what_it_has_done(seen: dict[str, float], proven: bool) -> None:
    job = noted(made(unproven=True), at=10, **seen)
    assert job.unproven is not proven
    assert job.is_print is proven


def test_what_is_no_print() -> None:
    assert made().is_print
    assert not made(calibration=True).is_print
    assert not made(preparing=True).is_print
    assert not made(unproven=True).is_print
    assert made(unproven=True, evidence=Outcome.COMPLETED).is_print


def test_a_calibration_is_one_for_as_long_as_the_source_says_so() -> None:
    job = noted(made(), at=1, calibration=True)
    assert noted(job, at=2).calibration
    assert not noted(job, at=3, calibration=False).calibration


def test_energy_is_what_the_meter_goes_up_by() -> None:
    job = made()
    for at, reading in enumerate((5.0, 5.0, 7.0, 1.0, -3.0, None)):
        job.note_energy(Observation(at=at, energy_wh=reading), 0.5)
    assert (job.energy_wh, job.energy_cost) == (2.0 + 1.0, 1.5)
    assert job.meter_wh == -3.0


def test_a_price_that_is_told_counts_more_than_the_fixed_one() -> None:
    job = made(meter_wh=0.0)
    job.note_energy(Observation(at=1, energy_price=2.0), 0.5)
    job.note_energy(Observation(at=2, energy_wh=10.0), 0.5)
    job.note_energy(Observation(at=3, energy_wh=20.0), 0.5)
    assert job.energy_cost == 40.0


def test_a_print_that_was_kept_is_the_same_again() -> None:
    job = made(
        progress=Progress(shown=3.0, stale=100.0),
        known=Known(job=7),
        unseen=unseen_stretch(),
        doubt=Doubt(lost_at=1, since=2),
    )
    assert Job.load({**asdict(job), "what_an_older_version_knew": 1}) == job
    assert Job.load(asdict(made())) == made()


@pytest.mark.parametrize(
    ("seconds", "progress", "since", "worth"),
    [
        (900, 60, 0, 445),
        (400, 60, 0, 400),
        (510, 60, 0, 510),
        (30, 13, 0, 18),
        (100, 20, 0, 82),
        (100, 20, 5, 77),
        (207, 30, 5, 168),
        (180, 30, 20, 180),
        (900, 10, 0, 0),
        (900, 9, 0, 0),
    ],
)
def test_a_stretch_that_nobody_saw_is_worth_what_its_progress_proves(
    seconds: int, progress: int, since: int, worth: int
) -> None:
    assert round(unseen_stretch(seconds=seconds).worth(progress, 100 + since)) == worth
