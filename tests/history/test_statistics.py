"""get_statistics: figures of periods and days, of printers, in groups; in scripts and templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent, Value
from custom_components.printernizer_stats.history.statistics import Grouping, figures

from ..helpers import (
    OctoPrint,
    async_act,
    async_refused,
    async_settle,
    async_setup,
)

WEDNESDAY: Final = "2026-10-14 10:00:00-07:00"
DAYS: Final = ("2025-12-31", "2026-09-30", "2026-10-05", "2026-10-06", "2026-10-12")


@pytest.fixture
async def entry(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> MockConfigEntry:
    """Count a printer, on a Wednesday."""
    freezer.move_to(WEDNESDAY)
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return await async_setup(hass, printers=[printer.id])


async def async_fill(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    *days: str,
    outcome: str = "completed",
    printer: str = "gone",
    used: Mapping[str, Value] | None = None,
) -> None:
    """Store a print of ten minutes at noon (UTC) of each day, by a printer that is gone if none is named."""
    data: dict[str, Value] = {"printer_type": "prusa", "duration_seconds": 600, **(used or {})}
    entry.runtime_data.store.record(
        tuple(
            UsageEvent(
                type=f"job_{outcome}",
                at=datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp(),
                printer=printer,
                data=data,
            )
            for day in days
        )
    )
    await async_settle(hass, entry)


async def async_prints(hass: HomeAssistant, **wanted: str) -> int:
    answer = await async_act(hass, "get_statistics", wanted)
    return int(answer["prints"])


async def async_groups(hass: HomeAssistant, named: str, **wanted: str) -> dict[str, int]:
    answer = await async_act(hass, "get_statistics", wanted)
    return {each[named]: each["prints"] for each in answer["groups"] if each["prints"]}


async def test_all_figures_are_there_before_the_first_print(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    answer = await async_act(hass, "get_statistics")
    assert answer == {
        "printer": None,
        "name": None,
        "start": None,
        "end": None,
        "community": None,
        "prints": 0,
        "completed": 0,
        "failed": 0,
        "cancelled": 0,
        "success_rate": None,
        "print_seconds": 0,
        "average_seconds": None,
        "longest_seconds": 0,
        "filament_mm": 0,
        "filament_g": 0,
        "failed_print_seconds": 0,
        "failed_filament_mm": 0,
        "failed_filament_g": 0,
        "energy_wh": 0,
        "cost": 0,
        "errors": 0,
    }


async def test_they_tell_what_was_printed(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    used: dict[str, Value] = {"filament_mm": 1200, "filament_g": 4, "energy_wh": 350, "energy_cost": 105}
    await async_fill(hass, entry, *DAYS, used=used)
    await async_fill(hass, entry, "2026-10-13", outcome="failed", used={**used, "duration_seconds": 60})
    await async_fill(hass, entry, "2026-10-13", outcome="cancelled")
    answer = await async_act(hass, "get_statistics")
    assert {key: answer[key] for key in ("prints", "completed", "failed", "cancelled", "success_rate")} == {
        "prints": 7,
        "completed": 5,
        "failed": 1,
        "cancelled": 1,
        "success_rate": 71.4,
    }
    assert (answer["print_seconds"], answer["average_seconds"], answer["longest_seconds"]) == (3660, 523, 600)
    assert (answer["filament_mm"], answer["filament_g"]) == (7200, 24)
    assert (answer["failed_print_seconds"], answer["failed_filament_g"]) == (60, 4)
    assert (answer["energy_wh"], answer["cost"]) == (2100, 0.63)


@pytest.mark.parametrize(
    ("period", "prints", "start"),
    [
        ("ever", 5, None),
        ("year", 4, "2026-01-01"),
        ("month", 3, "2026-10-01"),
        ("week", 1, "2026-10-12"),
        ("day", 0, "2026-10-14"),
    ],
)
async def test_a_period_is_the_running_one(
    hass: HomeAssistant, entry: MockConfigEntry, period: str, prints: int, start: str | None
) -> None:
    await async_fill(hass, entry, *DAYS)
    answer = await async_act(hass, "get_statistics", {"period": period})
    assert (answer["prints"], answer["start"], answer["end"]) == (prints, start, None)


async def test_days_are_meant_with_the_first_and_the_last(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    await async_fill(hass, entry, *DAYS)
    assert await async_prints(hass, start="2026-10-05", end="2026-10-06") == 2
    assert await async_prints(hass, start="2026-10-06") == 2
    assert await async_prints(hass, end="2026-09-30") == 2
    assert await async_prints(hass, start="2026-10-12", end="2026-10-12") == 1
    answer = await async_act(hass, "get_statistics", {"end": "2026-09-30"})
    assert (answer["start"], answer["end"]) == (None, "2026-09-30")


async def test_days_in_groups(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_fill(hass, entry, *DAYS)
    assert await async_groups(hass, "start", grouping="year") == {"2025-01-01": 1, "2026-01-01": 4}
    assert await async_groups(hass, "start", grouping="month") == {
        "2025-12-01": 1,
        "2026-09-01": 1,
        "2026-10-01": 3,
    }
    assert await async_groups(hass, "start", grouping="week", period="month") == {
        "2026-10-05": 2,
        "2026-10-12": 1,
    }
    assert await async_groups(hass, "start", grouping="day", end="2026-10-05", start="2026-09-30") == {
        "2026-09-30": 1,
        "2026-10-05": 1,
    }
    assert await async_groups(hass, "start", grouping="day", period="week", printer="gone") == {
        "2026-10-12": 1
    }


async def test_printers_in_groups(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    (key,) = entry.runtime_data.printers
    await async_fill(hass, entry, "2026-10-05", "2026-10-06")
    await async_fill(hass, entry, "2026-10-12", printer=key)
    answer = await async_act(hass, "get_statistics", {"grouping": "printer", "period": "month"})
    assert [(each["printer"], each["name"], each["prints"]) for each in answer["groups"]] == [
        ("gone", None, 2),
        (key, "Prusa MK4", 1),
    ]
    assert await async_groups(hass, "printer", grouping="printer", period="week") == {key: 1}
    assert await async_groups(hass, "printer", grouping="printer", printer=key) == {key: 1}


async def test_outcomes_in_groups(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    answer = await async_act(hass, "get_statistics", {"grouping": "outcome"})
    assert [each["share"] for each in answer["groups"]] == [None, None, None]
    await async_fill(hass, entry, "2026-10-05", "2026-10-06")
    await async_fill(hass, entry, "2026-10-12", outcome="failed")
    answer = await async_act(hass, "get_statistics", {"grouping": "outcome"})
    assert answer["groups"] == [
        {"outcome": "completed", "prints": 2, "share": 66.7},
        {"outcome": "failed", "prints": 1, "share": 33.3},
        {"outcome": "cancelled", "prints": 0, "share": 0},
    ]


async def test_groups_add_up(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_fill(hass, entry, *DAYS)
    await async_fill(hass, entry, *DAYS, outcome="failed", printer="other")
    for grouping in Grouping:
        groups = await async_groups(hass, *_named(grouping), grouping=grouping)
        assert sum(groups.values()) == 10, grouping


def _named(grouping: Grouping) -> tuple[str]:
    return (grouping.value if grouping in (Grouping.PRINTER, Grouping.OUTCOME) else "start",)


async def test_of_a_printer_by_its_device_or_its_key(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    ((key, found),) = entry.runtime_data.printers.items()
    await async_fill(hass, entry, "2026-10-12")
    await async_fill(hass, entry, "2026-10-12", printer=key)
    for given in (found.device_id, key):
        answer = await async_act(hass, "get_statistics", {"printer": given})
        assert (answer["printer"], answer["name"], answer["prints"]) == (key, "Prusa MK4", 1)


async def test_what_was_just_printed_is_in_it(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    (found,) = entry.runtime_data.printers.values()
    hass.states.async_set(found.entity_id, "printing")
    freezer.tick(3600)
    hass.states.async_set(found.entity_id, "cancelling")
    freezer.tick(300)
    hass.states.async_set(found.entity_id, "operational")
    await hass.async_block_till_done()
    assert await async_prints(hass, period="day") == 1, "it waits for what is still on its way to the file"


@pytest.mark.parametrize(
    ("wanted", "refusal"),
    [
        ({"period": "week", "start": "2026-10-05"}, "period_and_days"),
        ({"period": "ever", "end": "2026-10-05"}, "period_and_days"),
        ({"start": "2026-10-06", "end": "2026-10-05"}, "days_reversed"),
        ({"printer": "nobody"}, "unknown_printer"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    hass: HomeAssistant, entry: MockConfigEntry, wanted: dict[str, Any], refusal: str
) -> None:
    assert await async_refused(hass, "get_statistics", wanted) == refusal


@pytest.mark.parametrize(
    "wanted", [{"period": "decade"}, {"grouping": "ever"}, {"start": "yesterday"}, {"end": 5}]
)
async def test_fields_have_bounds(
    hass: HomeAssistant, entry: MockConfigEntry, wanted: dict[str, Any]
) -> None:
    with pytest.raises(probatio.Invalid):
        await async_act(hass, "get_statistics", wanted)


async def test_a_script_calculates_with_it(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    await async_fill(hass, entry, "2026-10-12", "2026-10-13")
    sequence = [
        {
            "action": f"{DOMAIN}.get_statistics",
            "data": {"start": "{{ now().date() - timedelta(days=2) }}", "end": "{{ now().date() }}"},
            "response_variable": "stats",
        },
        {"variables": {"answer": {"text": "{{ stats.prints }} in {{ stats.print_seconds / 60 }} minutes"}}},
        {"stop": "done", "response_variable": "answer"},
    ]
    assert await async_setup_component(hass, "script", {"script": {"week": {"sequence": sequence}}})
    answer = await hass.services.async_call("script", "week", {}, blocking=True, return_response=True)
    assert answer == {"text": "2 in 20.0 minutes"}


def test_figures_need_no_counters() -> None:
    assert figures({"job_completed": 1, "job_failed": 3})["success_rate"] == 25
