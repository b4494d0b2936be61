"""A print in doubt whose printer goes out of sight, and readings at the border of two prints."""

from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Outcome, PrinterState

from .printer import COMPLETED, IDLE, OFFLINE, PAUSED, PREPARING, PRINTING, Printer, run


def _doubted_and_lost(word: Any) -> Printer:
    """A printer that stopped with that word at 500, ran again at 510 and went away at 520."""
    return run(
        (10, PRINTING, {"energy_wh": 0.0, "progress": 1.0}),
        (400, None, {"energy_wh": 50.0, "progress": 40.0}),
        (500, word),
        (510, PRINTING),
        (520, OFFLINE),
        unexplained=Outcome.CANCELLED,
    )


def test_a_doubt_is_not_due_while_the_printer_is_out_of_sight() -> None:
    printer = _doubted_and_lost(COMPLETED)
    assert printer.session.deadline == 700
    assert printer.session.tick(600) == []
    assert printer.session.job is not None
    assert printer.session.job.doubt is not None


def test_a_print_that_looked_idle_goes_on_when_its_printer_is_lost() -> None:
    printer = _doubted_and_lost(IDLE)
    printer.see(2000, PRINTING, progress=41.0)
    printer.see(3000, COMPLETED)
    assert [word for word, _ in printer.told()] == ["job_created", "job_completed"]
    assert printer.durations() == [510 + 1000]


def test_an_end_that_was_seen_stays_when_the_printer_is_lost_right_after_it_ran_again() -> None:
    printer = _doubted_and_lost(COMPLETED)
    printer.see(2000, PRINTING)
    printer.see(3000, COMPLETED)
    assert [at for _, at in printer.told()] == [10, 500, 2000, 3000]
    assert printer.durations() == [490, 1000]


def test_a_print_in_doubt_whose_printer_never_comes_back_ends_where_it_was_lost() -> None:
    printer = _doubted_and_lost(IDLE)
    assert printer.told()[-1] == ("job_failed", 520)
    assert printer.durations() == [510]
    assert "energy_wh" not in printer.ends()[0].data, "what it took until its end, nobody knows"


def test_an_end_that_was_seen_stays_when_the_printer_never_comes_back() -> None:
    printer = _doubted_and_lost(COMPLETED)
    assert printer.told()[-1] == ("job_completed", 500)
    assert printer.ends()[0].data["energy_wh"] == 50


def test_who_is_back_with_another_print_did_not_fail_by_having_been_away() -> None:
    printer = run(
        (10, PRINTING, {"job": 1, "progress": 1.0}),
        (400, None, {"progress": 40.0}),
        (500, OFFLINE),
        (900, PRINTING, {"job": 2}),
        unexplained=Outcome.CANCELLED,
    )
    printer.see(2000, COMPLETED)
    assert [word for word, _ in printer.told() if word != "job_created"] == ["job_cancelled", "job_completed"]


def test_a_short_restart_in_a_print_raises_no_doubt() -> None:
    printer = run((10, PRINTING), (400, None, {"progress": 40.0}))
    printer.restart(500)
    printer.see(520, PRINTING)
    assert printer.session.job is not None
    assert printer.session.job.doubt is None


def test_a_print_that_was_not_told_of_is_not_told_of_out_of_sight() -> None:
    printer = run((10, PRINTING), (30, OFFLINE))
    assert printer.session.deadline == 210
    printer.see(200, OFFLINE)
    assert [event.type for event in printer.events] == ["printer_connected"]


@pytest.mark.parametrize(("at", "told"), [([100, 100], [100]), ([100, 100.5], [100]), ([100, 50], [100, 50])])
def test_an_error_of_the_machine_is_the_same_at_once_and_another_when_the_clock_was_set_back(
    at: list[float], told: list[float]
) -> None:
    printer = run()
    for each in at:
        printer.see(each, fault=True)
    assert [event.at for event in printer.events if event.type == "error_occurred"] == told


def test_a_start_told_after_an_end_that_was_seen_takes_nothing_from_a_print_that_was_once_unseen() -> None:
    printer = run((10, PRINTING), (500, OFFLINE), (2000, PRINTING), (3000, COMPLETED))
    printer.see(3001, started_at=1000.0, filament_g=9.0)
    printer.told()
    assert printer.ends()[0].data["filament_g"] == 9


def _ended_unseen() -> Printer:
    """A printer that was found at its end after a restart and shows the start of a later print."""
    printer = run((10, PRINTING, {"progress": 10.0, "started_at": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED)
    printer.see(2000, started_at=1200.0)
    return printer


def test_since_a_later_print_was_shown_nothing_is_the_earlier_one_s() -> None:
    printer = _ended_unseen()
    printer.see(2001, ended_at=1500.0, filament_g=50.0)
    assert printer.told()[-1] == ("job_completed", 2000)
    assert "filament_g" not in printer.ends()[0].data


def test_a_print_that_ran_on_from_an_idle_moment_after_a_restart_began_in_the_time_unseen() -> None:
    printer = run((10, PRINTING), (500, None, {"progress": 20.0}))
    printer.restart(500)
    printer.see(2000, IDLE)
    printer.see(2010, PRINTING, started_at=1000.0)
    printer.see(3000, COMPLETED)
    assert [word for word, _ in printer.told() if word != "job_created"] == ["job_failed", "job_completed"]
    assert printer.told()[-2][1] == 1000
    assert printer.durations()[-1] == 2000


def test_another_print_in_the_minute_after_a_return_may_have_begun_before() -> None:
    printer = run((10, PRINTING, {"job": 1}), (500, OFFLINE), (2000, IDLE), (2010, PRINTING, {"job": 2}))
    printer.see(2100, started_at=1500.0)
    printer.see(3000, COMPLETED)
    printer.told()
    assert printer.durations()[-1] == 1500


@pytest.mark.parametrize(("told_at", "ends"), [(5100, 1), (5201, 2)])
def test_another_start_proves_nothing_before_the_source_has_settled(told_at: float, ends: int) -> None:
    printer = run((1000, PRINTING, {"started_at": 1000.0}), (4600, OFFLINE))
    printer.see(4900, PRINTING, started_at=1000.0)
    printer.see(told_at, started_at=4700.0)
    printer.see(6000, COMPLETED)
    printer.told()
    assert len(printer.ends()) == ends


def test_a_print_time_that_fell_for_a_moment_proves_nothing() -> None:
    printer = run((1000, PRINTING), (4600, None, {"elapsed": 3600.0}), (4630, None, {"elapsed": 10.0}))
    printer.see(4700, elapsed=3700.0)
    printer.see(5000, COMPLETED)
    assert [word for word, _ in printer.told()] == ["job_created", "job_completed"]
    assert printer.durations() == [3700]


def test_a_progress_that_had_fallen_already_is_evidence_when_the_print_time_falls() -> None:
    printer = run((1000, PRINTING), (4600, None, {"elapsed": 3600.0, "progress": 100.0}))
    printer.see(4620, progress=1.0)
    printer.see(4630, elapsed=10.0)
    printer.see(5000, COMPLETED)
    assert [word for word, _ in printer.told()] == ["job_created", "job_completed"] * 2


@pytest.mark.parametrize(("replaced_at", "filament"), [(4570, 9), (4571, 5)])
def test_a_plan_replaced_a_minute_before_another_number_is_the_print_s_own(
    replaced_at: float, filament: int
) -> None:
    printer = run((1000, PRINTING, {"job": 1, "planned_g": 5.0}), (4500, None, {"progress": 100.0}))
    printer.see(replaced_at, planned_g=9.0)
    printer.see(4630, job=2)
    printer.see(4640, job=2)
    printer.told()
    assert printer.ends()[0].data["filament_g"] == filament


def test_what_is_shown_in_a_pause_is_the_print_s_own() -> None:
    printer = run((10, PRINTING), (500, PAUSED), (600, None, {"filament_g": 5.0}), (700, COMPLETED))
    printer.told()
    assert printer.ends()[0].data["filament_g"] == 5


def test_a_print_time_that_fell_in_a_pause_raises_a_doubt_once_it_runs() -> None:
    printer = run((1000, PRINTING), (4600, None, {"elapsed": 3600.0}), (4610, PAUSED))
    printer.see(4620, elapsed=10.0)
    job = printer.session.job
    assert job is not None
    assert job.doubt is None
    printer.see(4630, PRINTING)
    assert job.doubt is not None


def test_what_was_shown_before_a_printer_was_switched_off_is_no_reading_of_its_next_print() -> None:
    printer = run((10, PRINTING), (400, None, {"filament_g": 12.0}), (500, COMPLETED), (1000, OFFLINE))
    printer.see(5000, IDLE, filament_g=0.0)
    printer.see(5030, PRINTING, progress=1.0)
    printer.see(5040, filament_g=12.0)
    printer.see(6000, COMPLETED)
    printer.told()
    assert "filament_g" not in printer.ends()[-1].data


def test_a_print_that_ended_around_a_short_restart_has_what_was_seen_of_it() -> None:
    printer = run((10, PRINTING), (400, None, {"progress": 40.0}))
    printer.restart(500)
    printer.see(520, IDLE)
    printer.told()
    assert printer.durations() == [490]


def test_a_print_time_from_before_a_restart_is_its_own_where_the_printer_looked_idle_first() -> None:
    printer = run((10, IDLE))
    printer.restart(500)
    printer.see(2000, IDLE)
    printer.see(2030, PRINTING, elapsed=1200.0)
    printer.see(3000, COMPLETED, elapsed=2170.0)
    printer.told()
    assert printer.durations() == [2170]


def test_a_start_that_was_seen_stays_where_it_was_seen() -> None:
    printer = run((1000, PRINTING), (1100, None, {"started_at": 700.0}), (2000, COMPLETED))
    assert printer.told() == [("job_created", 1000), ("job_completed", 2000)]
    assert printer.durations() == [1000]


@pytest.mark.parametrize(("then", "told"), [(PRINTING, ["job_created", "job_completed"]), (PREPARING, [])])
def test_what_heated_and_looked_idle_for_a_moment_is_a_print_if_it_prints_then(
    then: PrinterState, told: list[str]
) -> None:
    printer = run((10, PREPARING), (200, IDLE), (205, then), (500, COMPLETED))
    assert [word for word, _ in printer.told()] == told


def test_the_print_time_of_a_print_that_began_between_two_polls_is_its_own() -> None:
    printer = run((10, PRINTING, {"elapsed": 1.0}), (3610, None, {"elapsed": 3600.0}))
    printer.see(5000, elapsed=1000.0)
    printer.see(5059, elapsed=1059.0)
    printer.see(6000, COMPLETED, elapsed=2000.0)
    printer.told()
    assert printer.durations() == [3600, 2000]


def test_a_zero_that_another_print_shows_from_the_first_is_its_progress() -> None:
    printer = run(
        (10, PRINTING),
        (500, COMPLETED, {"progress": 0.0}),
        (510, PRINTING, {"progress": 0.0}),
        (600, None, {"progress": 0.0}),
        (1200, IDLE),
        names_outcome=False,
    )
    assert [word for word, _ in printer.told() if word != "job_created"] == ["job_completed", "job_failed"]


def test_a_calibration_is_told_of_neither_while_it_runs_nor_after() -> None:
    printer = run((10, PRINTING, {"calibration": True}))
    assert printer.session.deadline is None
    printer.see(500, IDLE)
    assert printer.told() == []
