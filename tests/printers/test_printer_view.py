"""One printer's entities, in any order and with anything in them."""

import math
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from custom_components.printernizer_stats.core.models import Observation, PrinterState
from custom_components.printernizer_stats.core.prints.session import PrintSession
from custom_components.printernizer_stats.printers.printer_view import NUMBERS, PrinterView, Shown
from custom_components.printernizer_stats.printers.profiles import PROFILES, Role


def _states(domain: str, *shown: tuple[Role, str]) -> list[PrinterState | None]:
    view = PrinterView(PROFILES[domain])
    return [seen.state if (seen := view.take(0, *each)) else None for each in shown]


@pytest.mark.parametrize(
    ("domain", "role", "word", "unit", "value"),
    [
        ("moonraker", Role.ELAPSED, "2", "min", 120),
        ("moonraker", Role.ELAPSED, "2", "h", 7200),
        ("moonraker", Role.ELAPSED, "2", None, 120),
        ("elegoo_printer", Role.ELAPSED, "2000", "ms", 2),
        ("moonraker", Role.FILAMENT_MM, "1.5", "m", 1500),
        ("moonraker", Role.FILAMENT_MM, "2", "ft", 609.6),
        ("ha_creality_ws", Role.FILAMENT_MM, "3", None, 30),
        ("bambu_lab", Role.PLANNED_G, "0.25", "kg", 250),
        ("elegoo_printer", Role.PLANNED_G, "7", None, 7),
        ("octoprint", Role.PROGRESS, "12.5", "%", 12.5),
        ("octoprint", Role.STARTED_AT, "2026-10-14T12:00:00+02:00", None, 1791972000),
    ],
)
def test_numbers_come_in_our_units(
    domain: str, role: Role, word: str, unit: str | None, value: float
) -> None:
    view = PrinterView(PROFILES[domain])
    seen = view.take(5, role, word, unit)
    assert seen is not None
    assert seen.at == 5
    assert getattr(seen, role.value) == pytest.approx(value)
    assert getattr(view.readings(9), role.value) == pytest.approx(value)


@pytest.mark.parametrize("role", NUMBERS)
@pytest.mark.parametrize("word", ["", "unknown", "unavailable", "nan", "inf", "-inf", "twelve"])
def test_what_is_no_number_says_nothing(role: Role, word: str) -> None:
    view = PrinterView(PROFILES["octoprint"])
    assert view.take(0, role, word) is None
    assert view.readings(1) == Observation(at=1)


def test_a_unit_of_another_kind_says_nothing() -> None:
    view = PrinterView(PROFILES["moonraker"])
    assert view.take(0, Role.FILAMENT_MM, "5", "kg") is None


def test_a_start_without_a_time_zone_says_nothing() -> None:
    assert PrinterView(PROFILES["octoprint"]).take(0, Role.STARTED_AT, "2026-10-14 12:00:00") is None


def test_the_same_state_is_told_once() -> None:
    state = Role.STATE
    assert _states("bambu_lab", (state, "prepare"), (state, "running"), (state, "pause")) == [
        PrinterState.PRINTING,
        None,
        PrinterState.PAUSED,
    ]


def test_words_that_nobody_knows_change_nothing() -> None:
    assert _states("bambu_lab", (Role.STATE, "dreaming"), (Role.STATE, "unknown")) == [None, None]


@pytest.mark.parametrize(
    ("shown", "state"),
    [
        ([], PrinterState.OFFLINE),
        ([(Role.ONLINE, "off")], PrinterState.OFFLINE),
        ([(Role.ONLINE, "unavailable")], PrinterState.OFFLINE),
        ([(Role.ONLINE, "on")], None),
        ([(Role.ONLINE, "on"), (Role.RUNNING, "on")], None),
        ([(Role.ONLINE, "on"), (Role.RUNNING, "off")], PrinterState.IDLE),
    ],
)
def test_unavailable_means_what_the_others_say(
    shown: list[tuple[Role, str]], state: PrinterState | None
) -> None:
    view = PrinterView(PROFILES["anycubic_cloud"])
    for each in shown:
        view.take(0, *each)
    seen = view.take(1, Role.STATE, "unavailable")
    assert (seen.state if seen else None) == (None if shown[:1] == [(Role.ONLINE, "off")] else state)


def test_a_new_word_is_noted_once_and_not_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    _states("bambu_lab", *[(Role.STATE, word) for word in ("init", "unknown", "idle")])
    assert not caplog.records
    _states("bambu_lab", (Role.STATE, "dreaming of Anna"), (Role.STATE, "idle"), (Role.STATE, "asleep"))
    (record,) = caplog.records
    assert "bambu_lab" in record.getMessage()
    assert "Anna" not in record.getMessage()


def test_an_error_is_a_fault_only_when_it_comes_up() -> None:
    view = PrinterView(PROFILES["moonraker"])
    words = ["error", "unavailable", "error", "standby", "error", "unknown", "error"]
    faults = [bool(seen and seen.fault) for word in words for seen in [view.take(0, Role.STATE, word)]]
    assert faults == [False, False, False, False, True, False, False]


_WORDS = st.one_of(st.text(max_size=12), st.floats().map(str), st.sampled_from(["unknown", "unavailable"]))


# How fast a busy machine draws is no matter of the views.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_whatever_entities_show_every_print_ends_once(data: Any) -> None:
    """The profile's own words, mixed with anything, in any order and at any time."""
    profile = data.draw(st.sampled_from(list(PROFILES.values())))
    words = st.one_of(st.sampled_from(sorted(profile.states)), _WORDS)
    meant = {role: sorted(part.words) for role, part in profile.parts.items()}
    view, session = PrinterView(profile), PrintSession("p", profile.rules)
    events, now = [], 0.0
    for _ in range(data.draw(st.integers(0, 25))):
        now += data.draw(st.floats(0, 400))
        role = data.draw(st.sampled_from([Role.STATE, Role.STATE, *profile.parts]))
        known = st.sampled_from(meant[role]) if meant.get(role) else _WORDS
        word = data.draw(words if role is Role.STATE else st.one_of(known, _WORDS))
        unit = data.draw(st.sampled_from([None, "s", "mm", "g", "%", "nonsense"]))
        if (seen := view.take(now, role, word, unit)) is not None:
            events += session.observe(seen)
        events += session.observe(view.readings(now))
    events += session.observe(Observation(at=now + 1e6, state=PrinterState.IDLE))
    events += session.tick(now + 2e6)
    assert session.job is None
    ends = [each for each in events if each.type in ("job_completed", "job_failed", "job_cancelled")]
    assert len(ends) == sum(each.type == "job_created" for each in events)
    assert all(math.isfinite(each.at) for each in events)


def test_a_second_look_says_only_what_is_new() -> None:
    view = PrinterView(PROFILES["moonraker"])
    shown = {
        Role.PROGRESS: Shown(10, "40", "%"),
        Role.STATE: Shown(20, "printing", None),
        Role.FILAMENT_MM: Shown(10, "1", "m"),
    }
    state, readings = view.look(100, shown)
    assert (state.at, state.state) == (20, PrinterState.PRINTING)
    assert (readings.at, readings.progress, readings.filament_mm) == (100, 40, 1000)
    assert view.look(200, shown) == []
    (reading,) = view.look(300, {**shown, Role.PROGRESS: Shown(250, "41", "%")})
    assert (reading.at, reading.progress, reading.filament_mm) == (250, 41, None)
    view.look(400, {Role.STATE: Shown(20, "printing", None)})
    assert view.readings(400).progress is None, "an entity that is gone shows nothing any more"


def test_an_offline_printer_is_told_of_at_the_first_look() -> None:
    view = PrinterView(PROFILES["anycubic_cloud"])
    shown = {Role.ONLINE: Shown(10, "off", None), Role.STATE: Shown(20, "printing", None)}
    assert PrinterState.OFFLINE in [each.state for each in view.look(100, shown)]
