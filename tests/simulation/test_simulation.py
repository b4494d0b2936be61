"""Made-up prints whose truth is known, told in the words of every profile, and counted."""

from dataclasses import replace
import json
from random import Random
from typing import Any, Final

import pytest

from custom_components.printernizer_stats.core.models import PrinterState, UsageEvent
from custom_components.printernizer_stats.printers.printer_view import NUMBERS, PrinterView
from custom_components.printernizer_stats.printers.profiles import PROFILES, Profile, Role

from ..proofs import FAST_PROOFS, tries
from .catalog import DISTURBANCES
from .course import Course, Gap, Kind, course
from .drive import Drive
from .judge import Judge
from .minimal import shortest, unique_id
from .printer import Doing, Habits
from .run import PRINTS, RESULTS, percents, simulate

# Both tests of an integration look at the same prints, which one process makes up once.
GROUPED: Final = [
    pytest.param(key, marks=pytest.mark.xdist_group(f"prints of {key}")) for key in sorted(PROFILES)
]
PRINTS_NOW: Final = tries(PRINTS, fast=PRINTS // 20, full=10 * PRINTS)
COURSES_NOW: Final = tries(20, fast=5)


def undisturbed(key: str, seed: str = "a seed") -> tuple[Course, list[UsageEvent]]:
    """Return a course to which nothing happens, and what is counted of it."""
    made = course(PROFILES[key], Random(seed), Habits(prints=2))
    return made, Drive(key).run(made.steps())


@pytest.mark.parametrize("key", GROUPED)
def test_what_can_be_known_is_counted_exactly_and_nothing_is_invented(key: str) -> None:
    scores = simulate(key, PRINTS_NOW)
    assert sum(score.prints for score in scores.values()) >= PRINTS_NOW
    for disturbance in DISTURBANCES:
        score = scores.get(disturbance.name)
        if score and score.faults:
            fault = next(iter(score.faults.values()))[0].partition(" (")[0]
            pytest.fail(shortest(disturbance, PROFILES[key], list(score.faults), fault), pytrace=False)


@pytest.mark.parametrize("key", GROUPED)
def test_the_documented_percents_are_those_of_the_simulation(key: str) -> None:
    documented = json.loads(RESULTS.read_text(encoding="utf-8"))["exact"]
    if FAST_PROOFS:
        # These are the first of the prints that the documented percents are of.
        always = [name for name, percent in documented[key].items() if percent == 100]
        found = percents(key, PRINTS_NOW)
        assert [name for name in always if found[name] < 100] == []
    else:
        assert documented.get(key) == percents(key), "run script/simulate and script/generate"


def test_the_documented_percents_are_of_the_integrations_that_there_are() -> None:
    documented = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert set(documented["exact"]) == set(PROFILES), "run script/simulate and script/generate"
    assert documented["disturbances"] == [each.name for each in DISTURBANCES]


@pytest.mark.parametrize("disturbance", DISTURBANCES, ids=lambda each: each.name)
def test_the_same_seed_tells_the_same_course(disturbance: Any) -> None:
    profile = next(each for each in PROFILES.values() if disturbance.applies(each))
    first, again, other = (disturbance.course(profile, seed).steps() for seed in ("1", "1", "2"))
    assert first == again
    assert first != other


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda each: each.key)
def test_every_profile_is_told_in_words_that_are_understood(profile: Profile) -> None:
    """A print shows as a print, and every number and sign that the profile knows says something."""
    for seed in range(COURSES_NOW):
        made = course(profile, Random(seed))
        phase = next(each for each in made.life.phases if each.doing is Doing.PRINTING)
        view = PrinterView(profile)
        shown = made.tongue.shown(phase, phase.end - 1)
        assert set(shown) == {Role.STATE, *profile.parts}
        for role, (word, unit) in shown.items():
            seen = view.take(phase.end - 1, role, word, unit)
            if role in NUMBERS and role is not Role.ENDED_AT:
                assert seen is not None
                assert getattr(seen, role) is not None, role
        told = PrinterView(profile)
        for role, (word, unit) in sorted(shown.items(), key=lambda each: each[0] is Role.STATE):
            seen = told.take(phase.end - 1, role, word, unit)
        assert seen is not None
        assert seen.state in (PrinterState.PREPARING, PrinterState.PRINTING)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda each: each.key)
def test_a_failing_course_names_ids_that_the_profile_takes(profile: Profile) -> None:
    if profile.state_id is None:
        return
    printer = profile.printer_of(unique_id(profile, Role.STATE))
    assert printer
    for role in profile.parts:
        assert profile.role_of(unique_id(profile, role), printer) is role


def judged(made: Course, events: list[UsageEvent]) -> list[str]:
    """Return the faults without their figures."""
    return [each.partition(" (")[0] for each in Judge(made).judge(events).faults]


def test_the_judge_has_nothing_against_the_truth() -> None:
    made, events = undisturbed("moonraker")
    verdict = Judge(made).judge(events)
    assert (verdict.prints, verdict.exact, verdict.faults) == (2, 2, [])


def test_the_judge_sees_a_phantom_and_a_print_that_is_missing() -> None:
    made, events = undisturbed("moonraker")
    later = [replace(each, at=each.at + 1e6) for each in events if each.type.startswith("job_")]
    assert judged(made, [*events, *later]) == ["a print that never was"] * 2
    assert judged(made, []) == ["a print was not counted"] * 2
    assert judged(made, [*events, later[0]]) == ["a print never ended"]


def test_the_judge_sees_one_print_that_was_counted_twice() -> None:
    made, events = undisturbed("moonraker")
    first = [each for each in events if each.type.startswith("job_")][:2]
    assert "one print was counted as several" in judged(made, [*first, *events])


@pytest.mark.parametrize(
    ("key", "factor", "fault"),
    [
        ("duration_seconds", 2, "print time that never was"),
        ("duration_seconds", 0.5, "print time is missing"),
        ("duration_seconds", -1, "a negative amount"),
        ("filament_mm", 2, "filament_mm that was never used"),
        ("filament_mm", 0.5, "filament_mm is missing"),
    ],
)
def test_the_judge_sees_amounts_that_are_wrong(key: str, factor: float, fault: str) -> None:
    made, events = undisturbed("moonraker")
    wrong = [
        replace(each, data={**each.data, key: round(float(each.data[key]) * factor)})
        if key in each.data
        else each
        for each in events
    ]
    assert fault in judged(made, wrong)


def test_the_judge_sees_a_wrong_outcome() -> None:
    made, events = undisturbed("moonraker")
    turned = {"job_completed": "job_failed", "job_failed": "job_completed", "job_cancelled": "job_completed"}
    wrong = [replace(each, type=turned.get(each.type, each.type)) for each in events]
    assert all("instead of" in each for each in judged(made, wrong))
    assert judged(made, wrong)


def test_the_judge_wants_to_be_told_that_a_part_is_missing() -> None:
    made, _ = undisturbed("bambuddy")
    first = made.life.prints[0]
    half = (first.begin + first.end) / 2
    made.gaps.append(Gap(begin=half, end=first.end - 60, kind=Kind.AWAY))
    seen = round(first.active(first.begin, half) + first.active(first.end - 60, first.end))
    data = {"duration_seconds": seen, "estimated": False}
    events = [
        UsageEvent(type="job_created", at=first.begin),
        UsageEvent(type=f"job_{first.outcome}", at=first.end, data=data),
    ]
    said = "a part is missing, and it does not say so"
    assert said in judged(made, events)
    events[1] = replace(events[1], data={**data, "estimated": True})
    assert said not in judged(made, events)
