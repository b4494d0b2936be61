"""Readings that a printer goes on showing: whose they are, the last print's or this one's."""

from typing import Any

from .printer import COMPLETED, FAILED, IDLE, PRINTING, run


def test_what_a_printer_goes_on_showing_is_the_last_print_s() -> None:
    shown = {"filament_g": 12.0, "filament_mm": 4000.0, "progress": 100.0}
    printer = run((10, PRINTING, {"progress": 1.0}), (500, None, shown), (510, COMPLETED))
    printer.see(1000, PRINTING, **shown)
    printer.see(2000, FAILED)
    assert [event for event, _ in printer.told() if event != "job_created"] == ["job_completed", "job_failed"]
    last = next(event.data for event in printer.events if event.type == "job_failed")
    assert "filament_g" not in last
    assert "filament_mm" not in last


def test_a_zero_that_was_shown_before_the_print_is_no_reading_of_the_last_one() -> None:
    printer = run((5, None, {"filament_g": 0.0}), (10, PRINTING), (500, COMPLETED, {"filament_g": 0.0}))
    printer.told()
    assert printer.events[-1].data["filament_g"] == 0


def test_a_zero_that_stays_from_before_the_print_to_its_end_is_its_progress() -> None:
    printer = run(
        (5, None, {"progress": 0.0}), (10, PRINTING, {"progress": 0.0}), (500, IDLE), names_outcome=False
    )
    assert printer.told() == [("job_created", 10), ("job_failed", 500)]


def _filament_of_the_second(*, first: tuple[Any, ...], second: tuple[Any, ...]) -> object:
    printer = run((10, PRINTING, {"progress": 1.0}), (500, None, {"progress": 100.0}), *first, *second)
    printer.told()
    return next(event.data["filament_g"] for event in printer.events if event.type == "job_failed")


def test_a_progress_that_the_last_print_left_is_no_share_of_the_plan() -> None:
    plan = {"planned_g": 10.0, "progress": 100.0}
    apart = _filament_of_the_second(
        first=((510, COMPLETED),), second=((1000, PRINTING, plan), (2000, FAILED))
    )
    at_once = _filament_of_the_second(
        first=((510, COMPLETED),), second=((520, PRINTING, plan), (1200, None, plan), (2000, FAILED))
    )
    assert (apart, at_once) == (0, 0)
