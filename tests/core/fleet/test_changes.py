"""What became of alarms between two looks: each thing is told once, whatever the looks miss."""

from typing import Any

from hypothesis import given, strategies as st

from custom_components.printernizer_stats.core.fleet.changes import AlarmEvent, changes, known_of
from custom_components.printernizer_stats.core.fleet.figures import Alarm, alarms

from ...maintained import alarm


def listed(*raw: dict[str, Any]) -> list[Alarm]:
    """Return alarms as they are read."""
    return alarms(list(raw))


def told(before: list[Alarm] | None, now: list[Alarm]) -> list[tuple[str, int]]:
    """Return what is told, by the number of the alarm."""
    known = None if before is None else known_of(before)
    return [(event.value, each.number) for event, each in changes(known, now)]


def test_the_first_look_tells_nothing() -> None:
    assert told(None, listed(alarm())) == []


def test_an_alarm_is_opened_ends_and_comes_back() -> None:
    first, ended = listed(alarm()), listed(alarm(state="ended"))
    again = listed(alarm(state="regressed", times=2))
    assert told([], first) == [("opened", 1)]
    assert told(first, first) == []
    assert told(first, listed(alarm(state="acknowledged"))) == []
    assert told(first, ended) == [("ended", 1)]
    assert told(ended, again) == [("regressed", 1)]


def test_what_began_and_ended_between_two_looks_is_told_as_both() -> None:
    assert told([], listed(alarm(state="ended"))) == [("opened", 1), ("ended", 1)]
    assert told(listed(alarm()), listed(alarm(state="ended", times=2))) == [("regressed", 1), ("ended", 1)]


_MOVES = st.lists(st.sampled_from(["look", "open", "acknowledge", "end"]), max_size=30)


@given(moves=_MOVES)
def test_looks_at_any_moments_tell_the_opening_once_and_end_with_the_last_state(moves: list[str]) -> None:
    state, times, known, heard = "ended", 0, known_of([]), list[AlarmEvent]()
    for move in (*moves, "look"):
        if move == "open" and state == "ended":
            state, times = ("open" if times == 0 else "regressed"), times + 1
        elif move == "acknowledge" and state in ("open", "regressed"):
            state = "acknowledged"
        elif move == "end" and times:
            state = "ended"
        elif move == "look":
            now = listed(alarm(state=state, times=times)) if times else []
            heard += [event for event, _ in changes(known, now)]
            known = known_of(now)
    assert heard.count(AlarmEvent.OPENED) == min(times, 1)
    assert bool(heard) is bool(times)
    if heard:
        assert (heard[-1] is AlarmEvent.ENDED) is (state == "ended")
