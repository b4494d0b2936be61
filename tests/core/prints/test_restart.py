"""A print over a restart of Home Assistant: what is known of it afterwards, and when it ended."""

from custom_components.printernizer_stats.core.models import Outcome

from .printer import COMPLETED, IDLE, OFFLINE, PRINTING, run


def test_a_restart_between_prints_and_in_the_middle_of_one() -> None:
    printer = run((10, PRINTING), (500, COMPLETED))
    assert printer.told()[-1] == ("job_completed", 500)
    printer.restart(600)
    printer.see(700, PRINTING)
    printer.see(1000, COMPLETED)
    assert printer.told()[-1] == ("job_completed", 1000)
    assert printer.durations() == [490, 300]


def test_a_restart_in_doubt_loses_neither_print() -> None:
    printer = run((10, PRINTING), (500, COMPLETED), (510, PRINTING))
    printer.restart(520)
    printer.see(530, PRINTING)
    printer.see(1000, COMPLETED)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_completed"] * 2


def test_the_end_that_the_source_tells_after_a_restart_is_the_print_s() -> None:
    printer = run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED, ended_at=900.0)
    assert printer.told()[-1] == ("job_completed", 900)
    assert printer.durations() == [890]
    as_now = run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    as_now.restart(500)
    as_now.see(2000, COMPLETED, ended_at=1950.0)
    assert as_now.told()[-1] == ("job_completed", 2000)


def test_an_end_that_is_told_as_a_minute_ago_is_one() -> None:
    printer = run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED, ended_at=1939.5)
    assert printer.told()[-1] == ("job_completed", 1939.5)


def test_a_print_that_is_given_up_after_a_restart_ended_when_it_was_last_seen() -> None:
    printer = run((10, PRINTING))
    printer.see(400)
    printer.restart(400)
    printer.see(5000, OFFLINE)
    assert printer.told() == [("job_created", 10), ("job_failed", 400)]
    assert printer.durations() == [390]


def test_a_printer_that_was_away_for_a_moment_around_a_restart_did_not_fail() -> None:
    printer = run((10, PRINTING), (490, None, {"progress": 40.0}), unexplained=Outcome.CANCELLED)
    printer.restart(500)
    printer.see(515, OFFLINE)
    printer.see(520, IDLE)
    assert printer.told()[-1] == ("job_cancelled", 520)


def test_the_end_that_is_told_of_another_print_is_not_this_one_s() -> None:
    printer = run((10, PRINTING, {"progress": 10.0, "started_at": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED, ended_at=1500.0)
    printer.see(2000, started_at=1200.0)
    assert printer.told()[-1] == ("job_completed", 2000)
    assert printer.events[-1].data["seen_seconds"] == 490


def test_readings_of_the_last_print_are_known_after_a_restart() -> None:
    printer = run((10, PRINTING, {"elapsed": 1.0}), (500, None, {"elapsed": 490.0}), (510, COMPLETED))
    printer.told()
    printer.restart(700)
    printer.see(720, PRINTING, elapsed=490.0)
    printer.see(740, elapsed=20.0)
    printer.see(900, COMPLETED, elapsed=180.0)
    printer.told()
    assert printer.durations() == [490, 180]
