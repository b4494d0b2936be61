"""Whether two observations belong to one print: strong signs, then what has stood for a minute."""

import pytest

from custom_components.printernizer_stats.core.models import Observation
from custom_components.printernizer_stats.core.prints.evidence import Doubt, Known, Verdict, fell


def _doubt(otherwise: Verdict = Verdict.SAME) -> Doubt:
    doubt = Doubt(lost_at=1000, since=5000, otherwise=otherwise)
    doubt.note(5000, paused=False)
    return doubt


def test_a_job_number_decides_at_once() -> None:
    known = Known(job=7)
    assert _doubt().weigh(Observation(at=5001, job=7, progress=0), known, 90) is Verdict.SAME
    assert _doubt().weigh(Observation(at=5001, job=8, progress=95), known, 90) is Verdict.OTHER


def test_a_start_in_the_time_unseen_is_another_print_s() -> None:
    doubt = _doubt()
    assert doubt.weigh(Observation(at=5001, started_at=4000), Known(), 10) is Verdict.OTHER
    assert doubt.started_at == 4000


def test_a_start_from_before_is_the_same_print_s() -> None:
    assert _doubt().weigh(Observation(at=5001, started_at=900), Known(), 90) is Verdict.SAME
    assert _doubt().weigh(Observation(at=5001, started_at=1100), Known(started_at=1000), 90) is Verdict.SAME


def test_a_start_that_is_told_as_now_proves_nothing() -> None:
    assert _doubt().weigh(Observation(at=5001, started_at=4990), Known(), 10) is None


def test_a_start_that_moves_with_each_pause_proves_nothing() -> None:
    assert _doubt().weigh(Observation(at=5001, started_at=4000), Known(start_moves=True), 10) is None


def test_the_last_print_s_start_may_still_be_shown_after_its_end() -> None:
    doubt = _doubt(Verdict.OTHER)
    assert doubt.weigh(Observation(at=5001, started_at=900), Known(started_at=900), 0) is None


def test_a_print_time_that_went_on_is_the_same_print_s_whatever_the_progress() -> None:
    doubt = _doubt()
    assert doubt.weigh(Observation(at=5001, elapsed=4500, progress=1), Known(elapsed=600), 90) is None
    assert doubt.weigh(Observation(at=5060), Known(elapsed=600), 90) is Verdict.SAME


def test_a_job_number_outweighs_a_print_time_that_was_shown_before() -> None:
    doubt, known = _doubt(), Known(elapsed=600, job=7)
    assert doubt.weigh(Observation(at=5000, elapsed=4500), known, 90) is None
    assert doubt.weigh(Observation(at=5000, job=8), known, 90) is Verdict.OTHER


def test_low_progress_decides_after_a_minute_of_running() -> None:
    doubt = _doubt()
    assert doubt.due == 5060
    assert doubt.weigh(Observation(at=5001, progress=3), Known(), 90) is None
    assert doubt.weigh(Observation(at=5060), Known(), 90) is Verdict.OTHER


def test_low_progress_that_was_a_default_decides_nothing() -> None:
    doubt = _doubt()
    assert doubt.weigh(Observation(at=5001, progress=0), Known(), 90) is None
    assert doubt.weigh(Observation(at=5020, progress=90), Known(), 90) is None
    assert doubt.weigh(Observation(at=5060), Known(), 90) is Verdict.SAME


def test_print_time_outweighs_progress() -> None:
    doubt = _doubt()
    assert doubt.weigh(Observation(at=5001, progress=95, elapsed=20), Known(elapsed=600), 90) is None
    assert doubt.weigh(Observation(at=5060), Known(elapsed=600), 90) is Verdict.OTHER


def test_a_pause_stops_the_minute_and_what_is_shown_meanwhile_proves_nothing() -> None:
    doubt = _doubt()
    doubt.note(5030, paused=True)
    assert doubt.weigh(Observation(at=5500, progress=0), Known(), 90) is None
    doubt.note(6000, paused=False)
    assert doubt.due == 6030
    assert doubt.weigh(Observation(at=6030), Known(), 90) is Verdict.SAME
    assert doubt.ran == 30
    assert doubt.changes == [(5000, False), (5030, True), (6000, False)]


def test_without_evidence_it_is_what_it_is_otherwise() -> None:
    assert _doubt().weigh(Observation(at=5060), Known(), 0) is Verdict.SAME
    assert _doubt(Verdict.OTHER).weigh(Observation(at=5060), Known(), 0) is Verdict.OTHER


def test_an_idle_printer_may_show_a_later_print() -> None:
    doubt = Doubt(lost_at=1000, since=5000)
    assert doubt.is_over(Observation(at=5000, started_at=4000), Known())
    assert doubt.is_over(Observation(at=5000, job=2), Known(job=1))
    assert doubt.is_over(Observation(at=5000, elapsed=300), Known(elapsed=600))
    assert not doubt.is_over(
        Observation(at=5000, elapsed=0, started_at=900, job=1), Known(elapsed=600, job=1)
    )


def test_a_print_time_far_below_is_a_fall_and_zero_is_none() -> None:
    assert fell(Observation(at=0, elapsed=500), Known(elapsed=600))
    assert not fell(Observation(at=0, elapsed=560), Known(elapsed=600))
    assert not fell(Observation(at=0, elapsed=0), Known(elapsed=600))
    assert not fell(Observation(at=0, elapsed=5), Known())


def test_a_job_number_decides_nothing_where_the_print_in_hand_has_none() -> None:
    assert _doubt().weigh(Observation(at=5001, job=7), Known(), 90) is None


def test_a_print_time_while_paused_proves_nothing() -> None:
    doubt = _doubt()
    doubt.note(5030, paused=True)
    assert doubt.weigh(Observation(at=5040, elapsed=4500), Known(elapsed=600), 90) is None


def test_a_printer_that_is_told_to_run_again_and_again_runs_once() -> None:
    doubt = _doubt()
    doubt.note(5030, paused=False)
    assert (doubt.ran, doubt.due) == (0, 5060)


def test_a_start_up_to_a_minute_before_the_printer_was_seen_is_told_as_now() -> None:
    assert _doubt().weigh(Observation(at=5001, started_at=4940), Known(), 10) is Verdict.OTHER
    assert _doubt().weigh(Observation(at=5001, started_at=4941), Known(), 10) is None


def test_a_doubt_begins_without_a_sign() -> None:
    doubt = Doubt(lost_at=1000, since=5000)
    assert (doubt.low, doubt.younger, doubt.fell, doubt.printed) == (False,) * 4
    assert (doubt.ran, doubt.running_since, doubt.due) == (0, None, None)
    assert not Known().start_moves


def test_a_clock_that_is_set_back_takes_nothing_from_what_ran() -> None:
    doubt = _doubt()
    doubt.note(4990, paused=True)
    assert doubt.ran == 0
    doubt.note(6000, paused=True)
    assert doubt.ran == 0, "it did not run"
    assert _doubt().ran == 0


def test_what_fell_stays_so_where_the_print_is_a_younger_one() -> None:
    for younger in (True, False):
        doubt = _doubt()
        doubt.younger = younger
        doubt.take_in(Observation(at=5001), Known(), 90)
        assert not doubt.fell
        doubt.take_in(Observation(at=5002, progress=3), Known(), 90)
        assert (doubt.fell, doubt.low) == (younger, True)
        doubt.take_in(Observation(at=5003, progress=90), Known(), 90)
        assert (doubt.fell, doubt.low) == (younger, younger)


def test_what_was_low_stays_so_until_something_is_shown() -> None:
    doubt = _doubt()
    doubt.low = True
    doubt.take_in(Observation(at=5001), Known(), 90)
    assert doubt.low
    doubt.take_in(Observation(at=5001, progress=0), Known(), 4.9)
    assert doubt.low, "of so little nobody can fall"
    doubt.take_in(Observation(at=5001, progress=0), Known(), 5)
    assert not doubt.low


@pytest.mark.parametrize(("progress", "low"), [(85, False), (84.9, True)])
def test_a_progress_a_step_below_is_no_fall(progress: float, low: bool) -> None:
    doubt = _doubt()
    doubt.take_in(Observation(at=5001, progress=progress), Known(), 90)
    assert doubt.low is low


@pytest.mark.parametrize(("elapsed", "low"), [(600, False), (599, True)])
def test_a_print_time_below_is_a_fall_in_doubt(elapsed: float, low: bool) -> None:
    doubt = _doubt()
    doubt.take_in(Observation(at=5001, elapsed=elapsed), Known(elapsed=600), 90)
    assert doubt.low is low


def test_the_first_progress_that_goes_on_is_the_proof_with_the_time_that_ran_until_then() -> None:
    doubt = _doubt()
    doubt.note(5030, paused=True)
    doubt.take_in(Observation(at=5040, progress=95), Known(), 90)
    doubt.note(6000, paused=False)
    doubt.take_in(Observation(at=6005), Known(), 90)
    doubt.take_in(Observation(at=6006, progress=89), Known(), 90)
    assert doubt.proof is None
    doubt.take_in(Observation(at=6010, progress=90), Known(), 90)
    doubt.take_in(Observation(at=6020, progress=91), Known(), 90)
    assert doubt.proof == (90, 40)


def test_what_is_shown_meanwhile_is_kept() -> None:
    doubt = _doubt()
    doubt.take_in(Observation(at=5001, elapsed=5, filament_mm=6, progress=7), Known(), 90)
    doubt.take_in(Observation(at=5002, elapsed=6, filament_g=7), Known(), 90)
    assert doubt.kept == {"elapsed": 6, "filament_mm": 6, "filament_g": 7}


def test_a_minute_is_a_minute() -> None:
    assert _doubt().weigh(Observation(at=5059), Known(), 0) is None
    assert _doubt().weigh(Observation(at=5060), Known(), 0) is Verdict.SAME


@pytest.mark.parametrize(
    ("start", "before", "over"),
    [(881, 700, True), (880, 700, False), (1000, 880, False), (1000, 879, True), (4000, None, True)],
)
def test_a_start_after_the_end_is_a_later_print_s_if_it_is_another_one(
    start: float, before: float | None, over: bool
) -> None:
    doubt = Doubt(lost_at=1000, since=5000)
    assert doubt.is_over(Observation(at=5000, started_at=start), Known(started_at=before)) is over
    moves = Known(started_at=before, start_moves=True)
    assert not doubt.is_over(Observation(at=5000, started_at=start), moves)
    assert not doubt.is_over(Observation(at=5000), Known(started_at=before))


@pytest.mark.parametrize(
    ("start", "before", "verdict"),
    [
        (1000, None, Verdict.SAME),
        (1001, None, Verdict.OTHER),
        (1120, 1000, Verdict.SAME),
        (1121, 1000, Verdict.OTHER),
        (900, 700, None),
    ],
)
def test_a_start_is_compared_with_that_of_the_print_in_hand(
    start: float, before: float | None, verdict: Verdict | None
) -> None:
    doubt = _doubt()
    assert doubt.weigh(Observation(at=5001, started_at=start), Known(started_at=before), 0) is verdict
    assert doubt.started_at == (start if verdict is Verdict.OTHER else None)


@pytest.mark.parametrize(("elapsed", "is_so"), [(540, False), (539, True)])
def test_a_print_time_falls_by_more_than_a_minute(elapsed: float, is_so: bool) -> None:
    assert fell(Observation(at=0, elapsed=elapsed), Known(elapsed=600)) is is_so
