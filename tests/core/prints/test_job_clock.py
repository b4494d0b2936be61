"""The print in hand: its clock, its end, and the time in which nobody saw it."""

from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Observation, Outcome
from custom_components.printernizer_stats.core.prints.evidence import Doubt, Known
from custom_components.printernizer_stats.core.prints.job import Job
from custom_components.printernizer_stats.core.prints.rules import Rules

from .jobs import RULES, made, noted, unseen_stretch


def test_a_start_told_after_a_stretch_unseen_does_not_make_that_stretch_print_time() -> None:
    job = made(started_at=1000, running_since=1000, start_seen=False, unseen=unseen_stretch())
    assert noted(job, at=1100, started_at=400).started_at == 1000


def test_a_print_that_ran_before_its_pause_began_where_it_ran() -> None:
    job = made()
    job.stop_clock(30.0)
    job.start_clock(100.0)
    assert (job.started_at, job.active_until(130.0)) == (0.0, 60.0)
    waiting = made(running_since=None)
    waiting.start_clock(100.0)
    assert waiting.started_at == 100.0


@pytest.mark.parametrize("known", [{"announced": True}, {"start_seen": False}])
def test_a_print_that_was_told_or_found_keeps_its_start(known: dict[str, bool]) -> None:
    job = made(running_since=None, **known)
    job.start_clock(100.0)
    assert (job.started_at, job.running_since) == (0.0, 100.0)


def test_a_clock_that_is_set_back_takes_no_print_time_away() -> None:
    job = made(running_since=1000.0, active_seconds=5.0)
    assert job.active_until(900.0) == 5.0
    job.lose_sight(1000.0, 900.0)
    assert job.unseen is not None
    assert job.unseen.seconds == 0.0
    job.lose_sight(1000.0, 900.0)
    assert job.unseen.seconds == 0.0


def test_a_stretch_unseen_is_worth_what_the_progress_after_it_proves() -> None:
    least = 49 * 100 / 11
    assert unseen_stretch().worth(60, 100) == pytest.approx(least), "the least that whole points allow"
    assert unseen_stretch().worth(60, 130) == pytest.approx(least - 30), "the time since is not proved twice"
    assert unseen_stretch().worth(100, 100) == 900, "all of it where the print may have gone on all the time"
    assert unseen_stretch().worth(11, 100) == 0, "a point may be no time at all"
    assert unseen_stretch().worth(10, 200) == 0
    assert unseen_stretch(pace=None).worth(60, 100) == 0


def test_the_first_progress_after_a_stretch_unseen_is_credited_once() -> None:
    job = noted(made(), at=100, progress=10)
    job.lose_sight(100, 1000)
    job.running_since = 1000
    noted(job, at=1000, progress=60)
    credited = job.active_until(1000)
    assert credited == pytest.approx(100 + 49 * 100 / 11)
    assert job.unseen is None
    noted(job, at=1001, progress=90)
    assert job.active_until(1001) == credited + 1


def test_a_pause_that_nobody_saw_end_proves_no_print_time() -> None:
    job = noted(made(paused=True, running_since=None, active_seconds=100), at=100, progress=10)
    job.lose_sight(100, 1000)
    assert job.unseen is not None
    assert job.unseen.pace is None


def test_a_progress_below_that_before_the_stretch_proves_nothing_yet() -> None:
    job = noted(made(), at=100, progress=10)
    job.lose_sight(100, 1000)
    job.running_since = 1000
    noted(job, at=1000, progress=9)
    assert job.unseen is not None
    noted(job, at=1001, progress=10)
    assert job.active_until(1001) == 101
    assert job.unseen is None


def test_the_progress_of_a_print_whose_end_was_not_seen_credits_nothing() -> None:
    job = noted(made(), at=100, progress=10)
    job.lose_sight(100, 1000)
    job.end_unseen = True
    noted(job, at=1000, progress=100)
    assert job.active_seconds == 100
    assert job.unseen is not None


def test_stretches_unseen_one_after_the_other_add_up() -> None:
    job = noted(made(), at=100, progress=10)
    job.lose_sight(100, 400)
    assert not job.lost_contact, "nobody looked, which says nothing of the printer"
    job.running_since = 400
    job.lose_sight(450, 650)
    assert job.unseen is not None
    assert (job.unseen.since, job.unseen.seconds, job.unseen.active) == (100, 500, 100)
    assert (job.active_seconds, job.last_progress) == (150, None)


def test_what_is_known_when_sight_is_lost() -> None:
    job = noted(made(), at=100, progress=10, elapsed=90)
    job.lose_sight(200, 700, lost_contact=True)
    unseen = job.unseen
    assert unseen is not None
    assert (unseen.progress, unseen.reached, unseen.pace) == (10, 15, 20)
    assert (job.elapsed_before, job.lost_contact, job.running_since) == (90, True, None)


def test_the_end_that_came_first_and_the_strongest_outcome_stay() -> None:
    job = made()
    job.end(100.0, None)
    job.end(110.0, Outcome.COMPLETED)
    job.end(120.0, Outcome.FAILED)
    job.end(130.0, Outcome.COMPLETED)
    assert (job.ending_at, job.evidence, job.active_seconds) == (100.0, Outcome.FAILED, 100.0)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, 60.0 + 100 + 7),
        ({"paused": True}, 100 + 7),
        ({"end_unseen": True}, 100 + 7),
    ],
)
def test_the_time_from_an_end_that_was_none_is_print_time_if_it_was_seen_and_ran(
    known: dict[str, bool], expected: float
) -> None:
    job = made(lost_contact=True, **known)
    job.end(100.0, Outcome.COMPLETED)
    doubt = Doubt(lost_at=100.0, since=160.0, ran=7.0, running_since=180.0)
    job.rest(doubt)
    job.go_on(doubt)
    assert (job.active_seconds, job.running_since) == (expected, 180.0)
    assert (job.ending_at, job.evidence, job.end_unseen, job.doubt) == (None, "", False, None)
    assert not job.lost_contact


def test_a_print_in_doubt_counts_no_time() -> None:
    job = made()
    job.rest(Doubt(lost_at=50.0, since=500.0))
    assert (job.active_until(900.0), job.closes_at(RULES)) == (50.0, None)


def test_the_end_that_a_source_tells_is_taken_when_nobody_saw_it_and_it_can_be_true() -> None:
    def ended(at: float, before: float = 900, **known: Any) -> Job:
        job = made(active_seconds=100.0, running_since=None, end_unseen=True, ending_at=1000.0)
        job.evidence, job.unseen, job.told_end = Outcome.COMPLETED, unseen_stretch(), at
        for name, value in known.items():
            setattr(job, name, value)
        job.end_as_told(before=before)
        return job

    taken = ended(600)
    assert (taken.ending_at, taken.active_seconds) == (600, 600)
    assert (taken.end_unseen, taken.unseen) == (False, None)
    for not_taken in (
        ended(100),
        ended(900),
        ended(600, evidence=Outcome.FAILED),
        ended(600, unseen=None),
    ):
        assert (not_taken.ending_at, not_taken.active_seconds) == (1000, 100)
        assert not_taken.end_unseen


def test_a_print_that_another_one_replaced_ended_when_that_began() -> None:
    doubt = Doubt(lost_at=100.0, since=500.0, started_at=400.0)
    job = made(unseen=unseen_stretch(), doubt=doubt)
    job.leave(doubt)
    assert (job.ending_at, job.end_unseen, job.doubt, job.evidence) == (400.0, True, None, "")
    assert job.unseen is not None
    assert job.unseen.seconds == 300.0
    seen = made(doubt=doubt)
    doubt.started_at = None
    seen.leave(doubt)
    assert (seen.ending_at, seen.end_unseen) == (500.0, False)


def test_an_end_that_was_seen_stays_where_another_print_follows() -> None:
    doubt = Doubt(lost_at=100.0, since=500.0)
    job = made()
    job.end(100.0, Outcome.FAILED)
    job.rest(doubt)
    job.leave(doubt)
    assert (job.ending_at, job.evidence, job.doubt) == (100.0, Outcome.FAILED, None)


@pytest.mark.parametrize(
    ("rules", "evidence", "expected"),
    [
        ({"merge_seconds": 5}, "", 130.0),
        ({"merge_seconds": 5}, "completed", 105.0),
        ({"merge_seconds": 5, "idle_ends": True}, "", 105.0),
        ({"merge_seconds": 50}, "", 150.0),
    ],
)
def test_a_print_is_over_when_neither_an_outcome_nor_the_print_itself_can_follow(
    rules: dict[str, Any], evidence: str, expected: float
) -> None:
    known = Rules(printer_type="other", idle_seconds=30, **rules)
    assert made().closes_at(known) is None
    assert made(ending_at=100.0, evidence=evidence).closes_at(known) == expected


def test_the_print_time_goes_on_after_an_end_that_was_taken_back() -> None:
    rules = Rules(printer_type="other", end_recovers=True)
    job = made(known=Known(elapsed=80.0))
    job.end(100.0, Outcome.COMPLETED)
    job.note(Observation(at=130, elapsed=80.0), rules)
    assert job.ending_at == 100
    job.note(Observation(at=150, elapsed=120.0), rules)
    assert job.ending_at == 150
    job.note(Observation(at=140, elapsed=130.0), rules)
    assert job.ending_at == 150
    other = made(known=Known(elapsed=80.0), ending_at=100.0)
    assert noted(other, at=150, elapsed=120.0).ending_at == 100


def test_the_print_time_of_a_print_that_runs_is_no_end_that_moves() -> None:
    rules = Rules(printer_type="other", end_recovers=True)
    job = made(known=Known(elapsed=80.0))
    job.note(Observation(at=150, elapsed=120.0), rules)
    assert (job.ending_at, job.elapsed) == (None, 120.0)


def test_a_first_print_time_after_the_end_does_not_move_it() -> None:
    rules = Rules(printer_type="other", end_recovers=True)
    job = made(ending_at=100.0)
    job.note(Observation(at=150, elapsed=120.0), rules)
    assert job.ending_at == 100


def test_when_a_print_got_to_its_end() -> None:
    job = noted(made(), at=900, progress=90)
    done = [job.done_seconds]
    for at, progress in ((1000, 100), (1500, 100), (1600, 40)):
        done.append(noted(job, at=at, progress=progress).done_seconds)
    assert done == [None, 1000, 1000, None], "it was there before, and then that was taken back"
