"""What it takes to be a print, and when one is due; errors of the machine itself."""

import pytest

from .printer import COMPLETED, IDLE, OFFLINE, PAUSED, PREPARING, PRINTING, run


def test_heating_before_a_print_is_no_print_and_neither_is_heating_alone() -> None:
    assert run((10, PREPARING), (500, IDLE)).told() == []
    printer = run((10, PREPARING), (200, PRINTING), (500, COMPLETED))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]


@pytest.mark.parametrize(("on_at", "word"), [(1000, []), (940, ["job_created", "job_failed"])])
def test_what_runs_in_the_minute_after_switching_on_needs_more_than_the_printer_s_word(
    on_at: float, word: list[str]
) -> None:
    printer = run((10, OFFLINE), (on_at, IDLE), (1000, PRINTING), (2000, IDLE))
    assert [event for event, _ in printer.told()] == word


def test_what_runs_in_the_minute_after_switching_on_counts_where_the_source_has_no_words_for_ends() -> None:
    printer = run((10, OFFLINE), (1000, PRINTING), (2000, IDLE), names_outcome=False)
    assert [event for event, _ in printer.told()] == ["job_created", "job_completed"]


def test_an_error_of_the_machine_is_told_once_a_minute() -> None:
    printer = run()
    for at in (100, 159, 218, 279):
        printer.see(at, fault=True)
    assert [event.at for event in printer.events if event.type == "error_occurred"] == [100, 279]


def test_a_printer_prints_until_its_print_has_ended() -> None:
    printer = run()
    shown = [printer.session.printing]
    for at, state in ((10, PRINTING), (20, PAUSED), (500, COMPLETED), (1000, IDLE)):
        printer.see(at, state)
        shown.append(printer.session.printing)
    assert shown == [False, True, True, False, False]


def test_an_error_of_the_machine_a_minute_later_is_another_one() -> None:
    printer = run()
    for at in (100, 160):
        printer.see(at, fault=True)
    assert [event.at for event in printer.events if event.type == "error_occurred"] == [100, 160]


def test_the_shortest_print_is_one_that_took_a_minute_by_its_own_time() -> None:
    printer = run((10, PRINTING), (40, None, {"elapsed": 60.0}), (50, COMPLETED))
    assert printer.told() == [("job_created", 10), ("job_completed", 50)]
    assert run((10, PRINTING), (40, None, {"elapsed": 59.0}), (50, COMPLETED)).told() == []


def test_a_print_that_was_told_of_ends_however_short_its_own_time_is() -> None:
    printer = run((10, PRINTING), (30, None, {"elapsed": 20.0}), (100, COMPLETED))
    assert printer.told() == [("job_created", 10), ("job_completed", 100)]


def test_a_print_is_due_once_it_has_run_for_long_enough_pauses_left_out() -> None:
    assert run((10, PRINTING), (40, PAUSED), (100, PRINTING)).session.deadline == 130
    assert run((10, PREPARING), (150, PAUSED), (300, PRINTING)).session.deadline == 300
    assert run((10, PREPARING), (150, PAUSED)).session.deadline is None


def test_a_print_begun_before_the_printer_looked_idle_for_a_moment_has_its_own_time() -> None:
    printer = run((10, OFFLINE))
    printer.see(5000, IDLE)
    printer.see(5030, PRINTING, elapsed=1200.0)
    printer.see(6000, COMPLETED, elapsed=2170.0)
    printer.told()
    assert printer.durations() == [2170]
