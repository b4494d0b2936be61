"""The session machine: quirks one by one, and properties that hold for any course of events."""

from hypothesis import given, strategies as st
import pytest

from custom_components.printernizer_stats.core.models import Observation, Outcome, PrinterState, UsageEvent
from custom_components.printernizer_stats.core.prints.rules import Rules
from custom_components.printernizer_stats.core.prints.session import PrintSession

from ...replaying import Replay, Step, octoprint_capture, outcomes

EXPLICIT = "template"


def _types(events: list[UsageEvent]) -> list[str]:
    return [event.type for event in events]


def _print(*steps: Step, domain: str = EXPLICIT, minimum: float = 60) -> list[UsageEvent]:
    return Replay(domain, minimum=minimum).run(steps)


def test_capture_of_a_real_octoprint() -> None:
    """The recording holds one completed print of 119 s and one that was cancelled after about 50 s."""
    events = Replay("octoprint", minimum=20).run(octoprint_capture())
    assert _types(events) == [
        "printer_connected",
        "job_created",
        "job_completed",
        "job_created",
        "job_cancelled",
    ]
    assert events[2].data == {"printer_type": "octoprint", "duration_seconds": 120, "estimated": True}
    assert events[4].data["duration_seconds"] == 30


def test_a_print_is_announced_once_it_has_lasted_long_enough() -> None:
    events = _print((0, "state", "idle"), (100, "state", "printing"))
    assert _types(events) == ["printer_connected", "job_created"]
    assert events[1].at == 100


def test_a_short_print_leaves_no_trace() -> None:
    events = _print((0, "state", "idle"), (10, "state", "printing"), (65, "state", "completed"))
    assert _types(events) == ["printer_connected"]


@pytest.mark.parametrize("outcome", ["completed", "failed", "cancelled"])
def test_explicit_outcomes(outcome: str) -> None:
    events = _print((0, "state", "idle"), (10, "state", "printing"), (1000, "state", outcome))
    assert outcomes(events) == [f"job_{outcome}"]
    assert events[-1].at == 1000
    assert events[-1].data["duration_seconds"] == 990


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("cancelled", "failed"), "job_cancelled"),
        (("failed", "cancelled"), "job_cancelled"),
        (("completed", "failed"), "job_failed"),
        (("failed", "completed", "idle"), "job_failed"),
    ],
)
def test_contradicting_outcomes_count_once_by_precedence(words: tuple[str, ...], expected: str) -> None:
    steps = [(1000 + n, "state", word) for n, word in enumerate(words)]
    assert outcomes(_print((0, "state", "printing"), *steps)) == [expected]


def test_pauses_are_told_and_not_counted_as_print_time() -> None:
    events = _print(
        (0, "state", "printing"),
        (100, "state", "paused"),
        (400, "state", "printing"),
        (500, "state", "completed"),
    )
    assert _types(events)[1:] == ["job_created", "job_paused", "job_resumed", "job_completed"]
    assert events[-1].data["duration_seconds"] == 200


def test_a_short_loss_of_contact_changes_nothing() -> None:
    events = _print(
        (0, "state", "printing"),
        (100, "state", "unavailable"),
        (279, "state", "printing"),
        (600, "state", "completed"),
    )
    assert _types(events) == ["printer_connected", "job_created", "job_completed"]
    assert events[-1].data["duration_seconds"] == 600


def test_a_long_loss_of_contact_is_a_disconnect_and_the_print_goes_on() -> None:
    events = _print(
        (0, "state", "printing"),
        (100, "state", "unavailable"),
        (400, "state", "printing"),
        (600, "state", "completed"),
    )
    assert _types(events) == [
        "printer_connected",
        "job_created",
        "printer_disconnected",
        "printer_connected",
        "job_completed",
    ]
    assert events[2].at == 100


def test_back_idle_after_a_loss_of_contact_is_a_failure_that_ended_with_the_contact() -> None:
    events = _print(
        (0, "state", "printing"), (100, "state", "unavailable"), (900, "state", "operational"),
        domain="octoprint",
    )  # fmt: skip
    assert outcomes(events) == ["job_failed"]
    assert events[-1].data["duration_seconds"] == 100


def test_finished_while_out_of_contact() -> None:
    events = _print(
        (0, "state", "printing"),
        (100, "state", "unavailable"),
        (900, "state", "operational"),
        (900, "progress", 100),
        domain="octoprint",
    )
    assert outcomes(events) == ["job_completed"]


def test_a_printer_that_never_comes_back_failed() -> None:
    events = _print((0, "state", "printing"), (100, "state", "unavailable"))
    assert outcomes(events) == ["job_failed"]
    assert events[-1].data["duration_seconds"] == 100


def test_idle_for_a_moment_is_the_same_print() -> None:
    events = _print(
        (0, "state", "printing"),
        (30, "state", "idle"),
        (33, "state", "printing"),
        (500, "state", "completed"),
    )
    assert _types(events) == ["printer_connected", "job_created", "job_completed"]
    assert events[-1].data["duration_seconds"] == 500


def test_one_print_after_the_other_without_a_break() -> None:
    events = _print(
        (0, "state", "printing"),
        (200, "state", "completed"),
        (201, "state", "printing"),
        (500, "state", "cancelled"),
    )
    assert outcomes(events) == ["job_completed", "job_cancelled"]


def test_an_old_outcome_is_not_counted_at_the_start() -> None:
    assert _types(_print((0, "state", "completed"), (10, "state", "idle"))) == ["printer_connected"]


def test_sources_that_zero_their_readings_at_the_end() -> None:
    events = _print(
        (0, "state", "printing"),
        (50, "filament_mm", 1200.4),
        (100, "filament_mm", 2400.6),
        (100, "filament_g", 7.2),
        (200, "state", "completed"),
        (200, "filament_mm", 0),
        (200, "filament_g", 0),
    )
    assert events[-1].data["filament_mm"] == 2401
    assert events[-1].data["filament_g"] == 7


def test_a_value_that_did_not_change_is_read_at_the_end() -> None:
    """OctoPrint's percentage stays at 100 when two prints in a row are seen only at their ends."""
    replay = [
        (0.0, "state", "printing"), (0.1, "progress", 50.0), (100.0, "state", "operational"),
        (100.1, "progress", 100.0), (130.0, "state", "printing"), (230.0, "state", "operational"),
    ]  # fmt: skip
    assert outcomes(Replay("octoprint").run(replay)) == ["job_completed", "job_completed"]


def test_restart_in_the_middle_of_a_print() -> None:
    events = _print(
        (0, "state", "printing"), (10, "progress", 10), (300, "progress", 50), (310, "restart", None),
        (400, "state", "unavailable"), (410, "state", "printing"), (410, "progress", 60),
        (1000, "state", "completed"),
    )  # fmt: skip
    assert outcomes(events) == ["job_completed"]
    assert _types(events).count("job_created") == 1
    assert events[-1].data["duration_seconds"] == 1000


def test_a_print_that_ended_while_nobody_looked_has_no_duration() -> None:
    events = _print(
        (0, "state", "printing"), (100, "progress", 50), (110, "restart", None),
        (5000, "state", "operational"), (5000, "progress", 100), domain="octoprint",
    )  # fmt: skip
    assert outcomes(events) == ["job_completed"]
    assert "duration_seconds" not in events[-1].data


def test_another_print_is_running_after_the_restart() -> None:
    events = _print(
        (0, "state", "printing"), (100, "progress", 90), (110, "restart", None),
        (5000, "state", "printing"), (5001, "progress", 3), (5600, "state", "operational"),
        (5600, "progress", 0), domain="octoprint",
    )  # fmt: skip
    assert outcomes(events) == ["job_completed", "job_cancelled"]
    assert events[-1].data["duration_seconds"] == 600


def test_a_print_found_running_takes_its_start_from_the_source() -> None:
    events = _print(
        (1000, "state", "printing"),
        (1000, "started_at", "1970-01-01T00:06:40+00:00"),
        (1600, "state", "completed"),
    )
    assert events[-1].data["duration_seconds"] == 1200


def test_the_source_knows_its_print_time_best() -> None:
    events = _print((0, "state", "printing"), (100, "state", "completed"))
    assert events[-1].data["estimated"] is True
    session = PrintSession("p", Rules(printer_type="klipper"))
    session.observe(Observation(at=0, state=PrinterState.PRINTING))
    session.observe(Observation(at=900, elapsed=870.0))
    session.observe(Observation(at=910, state=PrinterState.COMPLETED))
    session.observe(Observation(at=911, elapsed=0.0))
    ended = session.tick(1000)[-1]
    assert ended.data["duration_seconds"] == 870
    assert ended.data["estimated"] is False


def test_waiting_asks_for_nothing() -> None:
    session = PrintSession("p", Rules(printer_type="other"))
    session.observe(Observation(at=0, state=PrinterState.IDLE))
    assert session.deadline is None
    assert session.tick(1e9) == []


_STEPS = st.lists(
    st.tuples(
        st.floats(-50, 2000),
        st.one_of(
            st.sampled_from(list(PrinterState)).map(lambda state: ("state", state)),
            st.floats(0, 100).map(lambda value: ("progress", value)),
            st.floats(0, 1e5).map(lambda value: ("elapsed", value)),
            st.just(("restart", None)),
            st.just(("tick", None)),
        ),
    ),
    max_size=60,
)


@given(
    steps=_STEPS,
    rules=st.builds(
        Rules,
        printer_type=st.just("other"),
        idle_ends=st.booleans(),
        unexplained=st.sampled_from([Outcome.FAILED, Outcome.CANCELLED]),
        final_progress=st.booleans(),
        verify_completed=st.booleans(),
        merge_seconds=st.sampled_from([5.0, 60.0]),
        idle_seconds=st.sampled_from([60.0, 300.0]),
    ),
)
def test_any_course_of_events_gives_each_job_exactly_one_outcome(
    steps: list[tuple[float, tuple[str, object]]], rules: Rules
) -> None:
    """Whatever a source says, and even when its clock runs backwards."""
    session = PrintSession("p", rules)
    events: list[UsageEvent] = []
    now = 0.0
    for wait, (role, value) in steps:
        now += wait
        if role == "restart":
            saved = session.dump()
            session = PrintSession("p", rules)
            session.load(saved)
        elif role == "tick":
            events += session.tick(now)
        elif role == "state":
            events += session.observe(Observation(at=now, state=PrinterState(str(value))))
        elif role == "progress":
            events += session.observe(Observation(at=now, progress=float(str(value))))
        else:
            events += session.observe(Observation(at=now, elapsed=float(str(value))))
    events += session.observe(Observation(at=now + 1e6, state=PrinterState.IDLE))
    events += session.tick(now + 2e6)
    running = 0
    for event in events:
        if event.type == "job_created":
            running += 1
        elif event.type.startswith("job_") and event.type not in ("job_paused", "job_resumed"):
            running -= 1
            assert int(event.data.get("duration_seconds", 0)) >= 0
        assert running in (0, 1), "never two open prints, never an outcome without a print"
    assert running == 0
    assert session.job is None
