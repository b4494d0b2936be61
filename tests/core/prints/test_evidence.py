"""Whether two observations belong to one print: strong signs, then what has stood for a minute."""

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
