"""A printer that goes out of sight: when that is told, and what becomes of its print."""

from .printer import COMPLETED, IDLE, OFFLINE, PRINTING, Printer, run


def test_a_printer_that_was_never_there_does_not_disconnect() -> None:
    printer = Printer()
    printer.see(0, OFFLINE)
    printer.see(1000, OFFLINE)
    printer.see(2000, IDLE)
    assert [event.type for event in printer.events] == ["printer_connected"]


def test_a_disconnect_begins_with_the_first_word_of_it_and_is_told_once() -> None:
    printer = run((100, OFFLINE), (200, OFFLINE), (279, OFFLINE))
    assert [event.type for event in printer.events] == ["printer_connected"]
    printer.see(1000, OFFLINE)
    assert [(event.type, event.at) for event in printer.events] == [
        ("printer_connected", 0),
        ("printer_disconnected", 100),
    ]
    printer.see(1100, IDLE)
    assert [(event.type, event.at) for event in printer.events][2:] == [("printer_connected", 1100)]


def test_readings_while_nobody_sees_the_printer_say_nothing_but_its_signs_are_kept() -> None:
    printer = run((10, PRINTING, {"job": 1, "progress": 10.0}), (500, OFFLINE))
    printer.see(950, job=2, progress=99.0)
    printer.see(1000, PRINTING)
    printer.see(2000, COMPLETED)
    told = [event for event, _ in printer.told() if event != "job_created"]
    assert told == ["job_failed", "job_completed"]
    assert printer.durations() == [490, 1000]


def test_a_print_that_is_given_up_ended_when_it_was_last_seen() -> None:
    printer = run((10, PRINTING), (500, OFFLINE))
    assert printer.told() == [("job_created", 10), ("job_failed", 500)]
    assert printer.durations() == [490]


def test_another_print_found_after_an_absence_began_when_the_source_says() -> None:
    printer = run((10, PRINTING), (400, None, {"progress": 80.0}), (500, OFFLINE))
    printer.see(2000, PRINTING)
    for at in (2001, 2060):
        printer.see(at, progress=5.0)
    printer.see(2200, started_at=1500.0)
    printer.see(3000, COMPLETED)
    assert printer.told()[-1] == ("job_completed", 3000)
    assert printer.durations()[-1] == 1500


def test_a_start_from_before_the_end_that_was_seen_is_the_same_print_s() -> None:
    printer = run((10, PRINTING), (500, OFFLINE), (1500, PRINTING), (3000, IDLE))
    printer.see(3010, PRINTING, started_at=1000.0)
    printer.see(4000, COMPLETED)
    assert [event for event, _ in printer.told()] == ["job_created", "job_completed"]


def test_what_was_shown_just_before_sight_was_lost_again_is_kept() -> None:
    printer = run((10, PRINTING, {"elapsed": 1.0}), (400, None, {"elapsed": 390.0}), (500, OFFLINE))
    printer.see(2000, PRINTING, elapsed=1990.0)
    printer.see(2010, OFFLINE)
    assert printer.told()[-1] == ("job_failed", 2010)
    assert printer.durations() == [1990]
