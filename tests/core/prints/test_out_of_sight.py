"""Prints whose printer is out of sight for a while, seen first in the middle, or right after the end."""

from custom_components.printernizer_stats.core.models import Observation, PrinterState
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession

from ...replaying import Replay, outcomes


def test_a_printer_switched_off_right_after_the_end_does_not_make_it_a_failure() -> None:
    events = Replay("octoprint").run(
        [(0, "state", "operational"), (10, "state", "printing"), (20, "progress", ("40", "%")),
         (1000, "state", "operational"), (1002, "state", "unavailable")]
    )  # fmt: skip
    assert outcomes(events) == ["job_cancelled"]


def test_back_idle_after_a_short_loss_of_contact_is_judged_as_without_it() -> None:
    events = Replay("octoprint").run(
        [(0, "state", "operational"), (10, "state", "printing"), (20, "progress", ("40", "%")),
         (500, "state", "unavailable"), (520, "state", "operational")]
    )  # fmt: skip
    assert outcomes(events) == ["job_cancelled"]
    assert next(each for each in events if each.type == "job_cancelled").data["duration_seconds"] == 510


def test_another_print_after_a_long_loss_of_contact_is_counted_on_its_own() -> None:
    events = Replay("template").run(
        [(0, "state", "idle"), (10, "state", "printing"), (20, "progress", ("80", "%")),
         (500, "state", "unavailable"), (2000, "state", "printing"), (2001, "progress", ("5", "%")),
         (4000, "state", "completed")]
    )  # fmt: skip
    assert outcomes(events) == ["job_completed", "job_completed"]
    first, second = (each for each in events if each.type == "job_completed")
    assert first.data["duration_seconds"] == 490
    assert second.data["duration_seconds"] == 2000


def test_a_print_that_proved_to_be_the_same_is_not_split_by_a_later_drop() -> None:
    events = Replay("template").run(
        [(0, "state", "idle"), (10, "state", "printing"), (20, "progress", ("80", "%")),
         (500, "state", "unavailable"), (2000, "state", "printing"), (2001, "progress", ("81", "%")),
         (2500, "progress", ("60", "%")), (4000, "state", "completed")]
    )  # fmt: skip
    assert outcomes(events) == ["job_completed"]


def test_a_print_that_is_first_seen_paused() -> None:
    events = Replay("template").run(
        [(0, "state", "paused"), (100, "state", "printing"), (500, "state", "completed")]
    )
    assert outcomes(events) == ["job_completed"]
    assert events[1].at == 0
    assert events[-1].data["duration_seconds"] == 400


def test_a_disconnect_is_due_before_a_print_is_given_up() -> None:
    session = PrintSession("p", Rules(printer_type="other"))
    session.observe(Observation(at=0, state=PrinterState.PRINTING))
    session.tick(60)
    session.observe(Observation(at=100, state=PrinterState.OFFLINE))
    assert session.deadline == 280


def test_out_of_sight_is_dumped_as_it_was_and_in_sight_until_the_moment_of_the_dump() -> None:
    session = PrintSession("p", Rules(printer_type="other"))
    session.observe(Observation(at=0, state=PrinterState.PRINTING))
    assert (session.dump(50)["seen_at"], session.dump()["seen_at"]) == (50, 0)
    session.observe(Observation(at=100, state=PrinterState.OFFLINE))
    assert session.dump(150)["seen_at"] == 100
    restored = PrintSession("p", Rules(printer_type="other"))
    restored.load(session.dump(150))
    assert restored.dump(200)["seen_at"] == 100
