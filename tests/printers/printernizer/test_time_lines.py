"""The captured time lines of a real Printernizer, told again: which prints, which outcomes, how long."""

import pytest

from .captures import OCTO, PRUSA, Line, Step, all_polls, ends, lists, said

# What was truly printed, by the scripts of the captures; seconds.
OCTOPRINT_1 = [("completed", 75), ("cancelled", 60)]
POLL = 30


def merged(*sources: list[Step]) -> list[Step]:
    """Return what came from several sources, in the order of time."""
    return sorted((step for source in sources for step in source), key=lambda step: step[0])


@pytest.mark.parametrize("socket", [True, False], ids=["with the socket", "polls alone"])
def test_octoprint_behind_it_completes_one_print_and_cancels_one(socket: bool) -> None:
    heard = said("websocket_run1", "sub-octo") if socket else []
    events = Line(OCTO, minimum=0).run(merged(all_polls(lists("timeline_octoprint"), 16.1), heard), 900)
    told = ends(events)
    assert [outcome for outcome, _ in told] == ["completed", "cancelled"]
    for (_, seconds), (_, true) in zip(told, OCTOPRINT_1, strict=True):
        assert seconds is not None
        assert abs(seconds - true) <= POLL
    assert [each.type for each in events].count("job_created") == 2


@pytest.mark.parametrize("socket", [True, False], ids=["with the socket", "polls alone"])
def test_prusalink_behind_it_ends_its_prints_in_every_way(socket: bool) -> None:
    heard = said("websocket_run2", "sub-prusa") if socket else []
    events = Line(PRUSA, minimum=0).run(merged(all_polls(lists("timeline_prusa"), 30.1), heard), 900)
    assert [outcome for outcome, _ in ends(events)] == ["completed", "failed", "cancelled", "completed"]
    faults = [each for each in events if each.type == "error_occurred"]
    assert [each.data["error_type"] for each in faults] == ["printer_error"], "a lost connection is none"


def test_a_printer_that_it_never_asks_is_out_of_sight() -> None:
    line = Line(PRUSA, minimum=0)
    events = line.run(all_polls(lists("timeline_octoprint"), 60), 1200)
    assert [each.type for each in events if each.type.startswith("job_")] == []
    assert "printer_connected" not in {each.type for each in events}
    assert line.printers.unasked == 1, "and a person is told of it"


def test_octoprint_completes_a_print_in_the_second_run() -> None:
    steps = merged(all_polls(lists("timeline_prusa"), 30.1), said("websocket_run2", "sub-octo"))
    assert [outcome for outcome, _ in ends(Line(OCTO, minimum=0).run(steps, 900))] == ["completed"]
