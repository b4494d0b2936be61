"""A printer that runs again: the print in hand, another one, or a moment that was neither."""

from typing import Any

import pytest

from custom_components.printernizer_stats.core.models import Observation, Outcome, PrinterState, UsageEvent
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession

IDLE, PREPARING, PRINTING, PAUSED, OFFLINE, COMPLETED, FAILED = (
    PrinterState(word)
    for word in ("idle", "preparing", "printing", "paused", "offline", "completed", "failed")
)


class Printer:
    """A session, told states and readings at times, and what came of it."""

    def __init__(self, **rules: Any) -> None:
        self.session = PrintSession("printer", Rules(printer_type="other", **rules))
        self.events: list[UsageEvent] = []

    def see(self, at: float, state: PrinterState | None = None, **readings: Any) -> None:
        while (due := self.session.deadline) is not None and due <= at:
            self.events += self.session.tick(due)
        self.events += self.session.observe(Observation(at=at, state=state, **readings))

    def restart(self, at: float) -> None:
        saved = self.session.dump(at)
        self.session = PrintSession("printer", self.session.rules)
        self.session.load(saved)

    def told(self) -> list[tuple[str, float]]:
        """What was told of prints until nothing is due, with the times."""
        while (due := self.session.deadline) is not None:
            self.events += self.session.tick(due)
        return [(event.type, event.at) for event in self.events if event.type.startswith("job_")]

    def durations(self) -> list[object]:
        return [
            event.data.get("duration_seconds")
            for event in self.events
            if event.type in {f"job_{word}" for word in ("completed", "failed", "cancelled")}
        ]


def _run(*steps: tuple[Any, ...], **rules: Any) -> Printer:
    printer = Printer(**rules)
    printer.see(0, IDLE)
    for at, state, *readings in steps:
        printer.see(at, state, **(readings[0] if readings else {}))
    return printer


def test_a_print_that_looked_idle_for_a_moment_ends_with_the_outcome_that_follows() -> None:
    printer = _run((10, PRINTING), (500, IDLE), (505, PRINTING), (520, FAILED))
    assert printer.told() == [("job_created", 10), ("job_failed", 520)]
    assert printer.durations() == [510]


def test_what_ran_for_a_moment_after_an_end_was_no_print() -> None:
    printer = _run((10, PRINTING), (500, COMPLETED), (510, PRINTING), (530, FAILED))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]
    assert printer.durations() == [490]


def test_an_end_that_may_be_taken_back_is_when_the_print_goes_on() -> None:
    steps = ((10, PRINTING), (500, COMPLETED), (510, PRINTING), (900, COMPLETED))
    taken_back = _run(*steps, end_recovers=True)
    assert (taken_back.told(), taken_back.durations()) == (
        [("job_created", 10), ("job_completed", 900)],
        [890],
    )
    kept = _run(*steps)
    assert [event for event, _ in kept.told()] == ["job_created", "job_completed"] * 2
    assert kept.durations() == [490, 390]


def test_only_a_completion_is_taken_back() -> None:
    printer = _run((10, PRINTING), (500, FAILED), (510, PRINTING), (900, COMPLETED), end_recovers=True)
    assert [event for event, _ in printer.told() if event != "job_created"] == [
        "job_failed",
        "job_completed",
    ]


def test_another_print_that_is_found_paused_counts_from_when_it_runs() -> None:
    printer = _run(
        (10, PRINTING, {"job": 1}),
        (500, COMPLETED),
        (510, PAUSED, {"job": 2}),
        (600, PRINTING),
        (900, COMPLETED),
    )
    assert [event for event, _ in printer.told()] == [
        "job_created",
        "job_completed",
        "job_created",
        "job_completed",
    ]
    assert printer.durations() == [490, 300]


def test_a_pause_in_doubt_is_told_once_the_print_goes_on() -> None:
    printer = _run((10, PRINTING), (500, IDLE), (505, PAUSED), (600, PRINTING), (700, COMPLETED))
    assert printer.told() == [
        ("job_created", 10),
        ("job_paused", 505),
        ("job_resumed", 600),
        ("job_completed", 700),
    ]
    assert printer.durations() == [595]


def test_a_source_that_never_looks_idle_in_a_print_begins_another_at_once() -> None:
    printer = _run((10, PRINTING), (500, IDLE), (505, PRINTING), (900, IDLE), idle_ends=True)
    assert [at for _, at in printer.told()] == [10, 500, 505, 900]
    assert printer.durations() == [490, 395]


def test_heating_before_a_print_is_no_print_and_neither_is_heating_alone() -> None:
    assert _run((10, PREPARING), (500, IDLE)).told() == []
    printer = _run((10, PREPARING), (200, PRINTING), (500, COMPLETED))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]


def test_another_print_that_only_heats_is_none() -> None:
    printer = _run((10, PRINTING), (500, COMPLETED), (510, PREPARING), (900, IDLE))
    assert printer.told() == [("job_created", 10), ("job_completed", 500)]


@pytest.mark.parametrize(("on_at", "word"), [(1000, []), (940, ["job_created", "job_failed"])])
def test_what_runs_in_the_minute_after_switching_on_needs_more_than_the_printer_s_word(
    on_at: float, word: list[str]
) -> None:
    printer = _run((10, OFFLINE), (on_at, IDLE), (1000, PRINTING), (2000, IDLE))
    assert [event for event, _ in printer.told()] == word


def test_what_runs_in_the_minute_after_switching_on_counts_where_the_source_has_no_words_for_ends() -> None:
    printer = _run((10, OFFLINE), (1000, PRINTING), (2000, IDLE), names_outcome=False)
    assert [event for event, _ in printer.told()] == ["job_created", "job_completed"]


def test_an_error_of_the_machine_is_told_once_a_minute() -> None:
    printer = _run()
    for at in (100, 159, 218, 279):
        printer.see(at, fault=True)
    assert [event.at for event in printer.events if event.type == "error_occurred"] == [100, 279]


def test_a_printer_that_was_never_there_does_not_disconnect() -> None:
    printer = Printer()
    printer.see(0, OFFLINE)
    printer.see(1000, OFFLINE)
    printer.see(2000, IDLE)
    assert [event.type for event in printer.events] == ["printer_connected"]


def test_a_disconnect_begins_with_the_first_word_of_it_and_is_told_once() -> None:
    printer = _run((100, OFFLINE), (200, OFFLINE), (279, OFFLINE))
    assert [event.type for event in printer.events] == ["printer_connected"]
    printer.see(1000, OFFLINE)
    assert [(event.type, event.at) for event in printer.events] == [
        ("printer_connected", 0),
        ("printer_disconnected", 100),
    ]
    printer.see(1100, IDLE)
    assert [(event.type, event.at) for event in printer.events][2:] == [("printer_connected", 1100)]


def test_readings_while_nobody_sees_the_printer_say_nothing_but_its_signs_are_kept() -> None:
    printer = _run((10, PRINTING, {"job": 1, "progress": 10.0}), (500, OFFLINE))
    printer.see(950, job=2, progress=99.0)
    printer.see(1000, PRINTING)
    printer.see(2000, COMPLETED)
    told = [event for event, _ in printer.told() if event != "job_created"]
    assert told == ["job_failed", "job_completed"]
    assert printer.durations() == [490, 1000]


def test_a_restart_between_prints_and_in_the_middle_of_one() -> None:
    printer = _run((10, PRINTING), (500, COMPLETED))
    assert printer.told()[-1] == ("job_completed", 500)
    printer.restart(600)
    printer.see(700, PRINTING)
    printer.see(1000, COMPLETED)
    assert printer.told()[-1] == ("job_completed", 1000)
    assert printer.durations() == [490, 300]


def test_a_restart_in_doubt_loses_neither_print() -> None:
    printer = _run((10, PRINTING), (500, COMPLETED), (510, PRINTING))
    printer.restart(520)
    printer.see(530, PRINTING)
    printer.see(1000, COMPLETED)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_completed"] * 2


def test_the_end_that_the_source_tells_after_a_restart_is_the_print_s() -> None:
    printer = _run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED, ended_at=900.0)
    assert printer.told()[-1] == ("job_completed", 900)
    assert printer.durations() == [890]
    as_now = _run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    as_now.restart(500)
    as_now.see(2000, COMPLETED, ended_at=1950.0)
    assert as_now.told()[-1] == ("job_completed", 2000)


def test_an_end_that_is_told_as_a_minute_ago_is_one() -> None:
    printer = _run((10, PRINTING, {"progress": 10.0}), (500, None, {"progress": 50.0}))
    printer.restart(500)
    printer.see(2000, COMPLETED, ended_at=1939.5)
    assert printer.told()[-1] == ("job_completed", 1939.5)


def test_two_prints_whose_border_fell_between_two_polls() -> None:
    printer = _run((10, PRINTING, {"elapsed": 1.0}), (1000, None, {"elapsed": 990.0}))
    for at in (1100, 1150, 1200):
        printer.see(at, elapsed=at - 1080)
    printer.see(1500, COMPLETED, elapsed=420.0)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_failed", "job_completed"]
    assert printer.durations() == [990, 420]


def test_what_a_printer_goes_on_showing_is_the_last_print_s() -> None:
    shown = {"filament_g": 12.0, "filament_mm": 4000.0, "progress": 100.0}
    printer = _run((10, PRINTING, {"progress": 1.0}), (500, None, shown), (510, COMPLETED))
    printer.see(1000, PRINTING, **shown)
    printer.see(2000, FAILED)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_completed", "job_failed"]
    last = next(event.data for event in printer.events if event.type == "job_failed")
    assert "filament_g" not in last
    assert "filament_mm" not in last


def test_a_print_that_is_given_up_ended_when_it_was_last_seen() -> None:
    printer = _run((10, PRINTING), (500, OFFLINE))
    assert printer.told() == [("job_created", 10), ("job_failed", 500)]
    assert printer.durations() == [490]


def test_a_print_that_is_given_up_after_a_restart_ended_when_it_was_last_seen() -> None:
    printer = _run((10, PRINTING))
    printer.see(400)
    printer.restart(400)
    printer.see(5000, OFFLINE)
    assert printer.told() == [("job_created", 10), ("job_failed", 400)]
    assert printer.durations() == [390]


def test_another_print_found_after_an_absence_began_when_the_source_says() -> None:
    printer = _run((10, PRINTING), (400, None, {"progress": 80.0}), (500, OFFLINE))
    printer.see(2000, PRINTING)
    for at in (2001, 2060):
        printer.see(at, progress=5.0)
    printer.see(2200, started_at=1500.0)
    printer.see(3000, COMPLETED)
    assert printer.told()[-1] == ("job_completed", 3000)
    assert printer.durations()[-1] == 1500


def test_another_print_whose_begin_was_seen_keeps_it() -> None:
    printer = _run((10, PRINTING, {"job": 1}), (500, COMPLETED), (510, PRINTING, {"job": 2}))
    printer.see(600, started_at=505.0)
    printer.see(900, COMPLETED)
    printer.told()
    assert printer.durations() == [490, 390]


def test_a_printer_that_was_away_for_a_moment_around_a_restart_did_not_fail() -> None:
    printer = _run((10, PRINTING), (490, None, {"progress": 40.0}), unexplained=Outcome.CANCELLED)
    printer.restart(500)
    printer.see(515, OFFLINE)
    printer.see(520, IDLE)
    assert printer.told()[-1] == ("job_cancelled", 520)


def test_a_start_from_before_the_end_that_was_seen_is_the_same_print_s() -> None:
    printer = _run((10, PRINTING), (500, OFFLINE), (1500, PRINTING), (3000, IDLE))
    printer.see(3010, PRINTING, started_at=1000.0)
    printer.see(4000, COMPLETED)
    assert [event for event, _ in printer.told()] == ["job_created", "job_completed"]


def test_a_state_that_is_told_again_and_again_does_not_prolong_the_doubt() -> None:
    printer = _run((10, PRINTING), (500, COMPLETED), *((at, PRINTING) for at in range(510, 660, 30)))
    printer.see(900, COMPLETED)
    printer.told()
    assert printer.durations() == [490, 390]


def test_a_zero_that_was_shown_before_the_print_is_no_reading_of_the_last_one() -> None:
    printer = _run((5, None, {"filament_g": 0.0}), (10, PRINTING), (500, COMPLETED, {"filament_g": 0.0}))
    printer.told()
    assert printer.events[-1].data["filament_g"] == 0


def test_a_printer_prints_until_its_print_has_ended() -> None:
    printer = _run()
    shown = [printer.session.printing]
    for at, state in ((10, PRINTING), (20, PAUSED), (500, COMPLETED), (1000, IDLE)):
        printer.see(at, state)
        shown.append(printer.session.printing)
    assert shown == [False, True, True, False, False]
