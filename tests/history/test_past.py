"""The past is told by the same rules as the present: the whole corpus, replayed as history."""

from dataclasses import replace
from typing import Final

import pytest

from custom_components.printernizer_stats.printers.profiles import PROFILES, Role
from custom_components.printernizer_stats.printers.replay import Moment, replay

from ..replaying import Replay, Scenario, Step, octoprint_capture, outcomes, scenarios

_LATER: Final = 30 * 86400.0
# The recorder has states; events on the bus refine only what is seen as it happens.
_OF_STATES: Final = [each for each in scenarios() if not any(step[1] == "event" for step in each.steps)]


def _moment(step: Step) -> Moment:
    at, role, value = step
    if role == "restart":
        return Moment(at)
    word, unit = value if isinstance(value, tuple) else (value, None)
    return Moment(at, Role(role), "unknown" if word is None else str(word), unit)


@pytest.mark.parametrize("scenario", _OF_STATES, ids=lambda each: each.id)
def test_history_gives_what_was_counted_live(scenario: Scenario) -> None:
    live = Replay(scenario.integration)
    expected = live.run(scenario.steps)
    moments = [_moment(step) for step in scenario.steps]
    past = replay("printer", live.profile, live.session.rules, moments, moments[-1].at + _LATER)
    assert outcomes(past) == outcomes(expected)
    assert [each for each in past if each.type != "job_created"] == [
        each for each in expected if each.type != "job_created"
    ]


def test_a_real_recording_is_told_up_to_any_instant() -> None:
    """Wherever the past ends, each print is either told from begin to end, or not at all."""
    profile = PROFILES["octoprint"]
    rules = replace(profile.rules, min_print_seconds=20)
    moments = [_moment(step) for step in octoprint_capture()]
    told = []
    for until in range(int(moments[0].at), int(moments[-1].at) + 300, 7):
        seen = [each for each in moments if each.at < until]
        types = [event.type for event in replay("printer", profile, rules, seen, until)]
        ended = sum(types.count(f"job_{outcome}") for outcome in ("completed", "failed", "cancelled"))
        assert types.count("job_created") == ended
        told.append(ended)
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 2)
