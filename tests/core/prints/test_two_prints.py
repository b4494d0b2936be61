"""Two prints whose border fell between two polls: what tells them apart, and whose is what."""

from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Observation, PrinterState
from custom_components.printernizer_stats.core.prints.progress import Progress
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession

from .jobs import RULES, made, noted


def printing(minutes: int = 60, **shown: Any) -> tuple[PrintSession, list[Any]]:
    """Return a session whose printer has printed for so long, and what was told since the begin."""
    session = PrintSession("printer", RULES)
    events = session.observe(Observation(at=0, state=PrinterState.IDLE))
    events += session.observe(Observation(at=1000, state=PrinterState.PRINTING))
    events += session.observe(Observation(at=1000, **shown))
    events += session.observe(Observation(at=1000 + 60 * minutes, progress=99))
    return session, events


def ends(events: list[Any]) -> list[tuple[str, float]]:
    """Return the ends of prints, and when they were."""
    return [(each.type, each.at) for each in events if each.type in ("job_completed", "job_failed")]


def test_another_number_means_another_print_once_it_has_stood_for_a_minute() -> None:
    session, events = printing(job=1)
    events += session.observe(Observation(at=4630, job=2, progress=1))
    events += session.observe(Observation(at=4690, job=2, progress=2))
    events += session.observe(Observation(at=8000, state=PrinterState.COMPLETED))
    events += session.tick(9000)
    assert ends(events) == [("job_completed", 4630), ("job_completed", 8000)]


def test_the_same_number_or_none_changes_nothing() -> None:
    for number in (1, None):
        session, events = printing(job=1)
        events += session.observe(Observation(at=4630, job=number, progress=99))
        assert session.job is not None
        assert session.job.doubt is None
        assert ends(events) == []


def test_a_number_of_the_last_print_may_be_shown_at_the_begin() -> None:
    job = made()
    job.known.job = 1
    assert not job.is_of_another_number(Observation(at=300, job=2))
    assert job.is_of_another_number(Observation(at=301, job=2))
    assert not job.is_of_another_number(Observation(at=301, job=1))
    assert not job.is_of_another_number(Observation(at=301))
    job.known.job = None
    assert not job.is_of_another_number(Observation(at=301, job=2))


def test_a_start_that_is_replaced_means_another_print() -> None:
    session, events = printing(started_at=1000)
    events += session.observe(Observation(at=4630, started_at=4600, progress=99))
    events += session.observe(Observation(at=4660, progress=1))
    events += session.tick(4690)
    assert ends(events) == [("job_completed", 4630)]


def test_a_wrong_start_is_forgotten_where_the_print_goes_on() -> None:
    session, events = printing(started_at=1000)
    events += session.observe(Observation(at=4630, started_at=4600, progress=99))
    events += session.observe(Observation(at=4690, progress=99))
    assert ends(events) == []
    assert session.job is not None
    assert session.job.doubt is None
    assert session.job.known.started_at == 4600, "so it is not doubted again"
    assert session.job.active_until(4690) == 3690


@pytest.mark.parametrize(("ago", "kept"), [(59, 99), (60, 2)])
def test_a_progress_that_fell_a_moment_before_is_the_other_print_s(ago: int, kept: int) -> None:
    progress = Progress()
    progress.note(99, 1000, running=True)
    progress.note(2, 1010, running=True)
    progress.undo_fall(1010 + ago)
    assert progress.believed(1010 + ago) == progress.shown == kept


def test_a_progress_that_did_not_fall_stays() -> None:
    progress = Progress()
    progress.note(50, 1000, running=True)
    progress.note(51, 1010, running=True)
    progress.undo_fall(1011)
    assert progress.believed(1011) == 51
    progress.note(2, 1020, running=True)
    progress.note(3, 1030, running=True)
    progress.undo_fall(1031)
    assert progress.believed(1031) == 3, "what has gone on from a fall is no moment's"


@pytest.mark.parametrize(("ago", "kept"), [(59, (40, 10)), (60, (90, 20))])
def test_a_plan_that_was_replaced_a_moment_before_is_the_other_print_s(
    ago: int, kept: tuple[int, int]
) -> None:
    job = made()
    noted(job, at=10, planned_mm=40, planned_g=10)
    noted(job, at=100, planned_mm=90, planned_g=20)
    job.give_back(100 + ago)
    assert (job.planned_mm, job.planned_g) == kept


def test_a_first_plan_is_the_print_s_own() -> None:
    job = noted(made(), at=10, planned_mm=40, planned_g=10)
    job.give_back(11)
    assert (job.planned_mm, job.planned_g) == (40, 10)
    noted(job, at=20, planned_mm=40, planned_g=10)
    assert job.replaced == {"planned_mm": (None, 10), "planned_g": (None, 10)}


def test_a_start_that_is_replaced_and_a_progress_that_fell_mean_another_print_however_fast_it_is() -> None:
    session = PrintSession("printer", RULES)
    events = session.observe(Observation(at=0, state=PrinterState.IDLE))
    events += session.observe(Observation(at=1000, state=PrinterState.PRINTING, started_at=1000))
    events += session.observe(Observation(at=4600, progress=18))
    events += session.observe(Observation(at=4630, progress=5))
    events += session.observe(Observation(at=4630, started_at=4610))
    events += session.observe(Observation(at=4660, progress=12))
    events += session.observe(Observation(at=4690, progress=19))
    assert ends(events) == [("job_failed", 4630)]


def test_what_came_nearer_to_the_next_begin_than_to_the_end_is_not_its_progress() -> None:
    rules = Rules(printer_type="other", idle_ends=True, final_progress=True, names_outcome=False)
    for shown_at, outcome in ((4634, "job_completed"), (4632, "job_failed")):
        session = PrintSession("printer", rules)
        events = session.observe(Observation(at=0, state=PrinterState.IDLE))
        events += session.observe(Observation(at=1000, state=PrinterState.PRINTING))
        events += session.observe(Observation(at=4600, progress=100))
        events += session.observe(Observation(at=4630, state=PrinterState.IDLE))
        events += session.observe(Observation(at=shown_at, progress=0))
        events += session.observe(Observation(at=4635, state=PrinterState.PRINTING))
        assert ends(events) == [(outcome, 4630)]


def test_since_a_print_time_began_again_everything_is_the_other_print_s() -> None:
    session, events = printing(elapsed=1)
    events += session.observe(Observation(at=4600, elapsed=3600, planned_mm=500))
    events += session.observe(Observation(at=4630, progress=0, planned_mm=900))
    events += session.observe(Observation(at=4800, elapsed=170))
    events += session.observe(Observation(at=4860, elapsed=230))
    last = next(each for each in events if each.type in ("job_completed", "job_failed"))
    assert last.data["filament_mm"] in (495, 500)
