"""The blueprints, imported, filled in and run by Home Assistant's own automation and blueprint components."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.blueprint.models import Blueprint
from homeassistant.core import HomeAssistant
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, async_capture_events

from custom_components.printernizer_stats.const import DOMAIN, PROJECT_URL
from custom_components.printernizer_stats.core.models import UsageEvent, Value

from ..helpers import OctoPrint, async_pass, async_print, async_settle, async_setup, entity_state
from .automating import BLUEPRINTS, async_use_blueprint, device_id

MONDAY: Final = "2026-10-12 07:00:00-07:00"
FILES: Final = sorted(BLUEPRINTS.glob("*.yaml"))
ROOT: Final = BLUEPRINTS.parents[2]


@pytest.fixture
def expected_lingering_timers() -> bool:
    """Automations that wait for a time of the day do so until the end."""
    return True


@pytest.fixture
def printer(hass: HomeAssistant, freezer: FrozenDateTimeFactory) -> OctoPrint:
    """Show an idle printer on a Monday morning."""
    freezer.move_to(MONDAY)
    printer = OctoPrint(hass, "abc", "Prusa MK4")
    printer.show("operational", 0)
    return printer


@pytest.fixture
async def entry(hass: HomeAssistant, printer: OctoPrint) -> MockConfigEntry:
    """Count the printer."""
    return await async_setup(hass, printers=[printer.id])


async def async_ended(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    outcome: str,
    data: Mapping[str, Value] | None = None,
    *,
    days_ago: int = 0,
) -> None:
    """Store the end of a print."""
    (printer,) = entry.runtime_data.printers
    at = (datetime.fromisoformat(MONDAY) - timedelta(days=days_ago)).timestamp()
    event = UsageEvent(
        type=f"job_{outcome}", at=at, printer=printer, data={"printer_type": "octoprint", **(data or {})}
    )
    entry.runtime_data.store.record((event,))
    await async_settle(hass, entry)


def texts(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["title"], each["message"]) for each in told]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_they_are_valid(hass: HomeAssistant, file: Path) -> None:
    described = Blueprint(
        load_yaml_dict(str(file)),
        path=file.name,
        expected_domain="automation",
        schema=AUTOMATION_BLUEPRINT_SCHEMA,
    )
    assert described.validate() is None, "this Home Assistant is new enough"
    metadata = described.metadata
    assert metadata["source_url"] == f"{PROJECT_URL}/blob/main/{file.relative_to(ROOT)}"
    for field in described.inputs.values():
        assert field["name"]
        assert field["description"]
        assert field["selector"]


@pytest.mark.parametrize(
    ("outcome", "data", "told"),
    [
        (
            "completed",
            {"duration_seconds": 7500, "filament_g": 24, "filament_mm": 8000},
            ("Prusa MK4: print completed", "It took 2 h 5 min. It used 24 g of filament."),
        ),
        (
            "failed",
            {"duration_seconds": 300, "filament_mm": 1234},
            ("Prusa MK4: print failed", "It took 5 min. It used 1.2 m of filament."),
        ),
        ("cancelled", {"duration_seconds": 3600}, ("Prusa MK4: print cancelled", "It took 1 h 0 min.")),
        ("completed", {}, ("Prusa MK4: print completed", "Nobody knows how long it took.")),
    ],
)
async def test_the_end_of_a_print_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    outcome: str,
    data: dict[str, Value],
    told: tuple[str, str],
) -> None:
    notified = await async_use_blueprint(hass, "print_end")
    await async_ended(hass, entry, outcome, data)
    assert texts(notified) == [told]


async def test_a_real_print_is_told(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    notified = await async_use_blueprint(hass, "print_end")
    await async_print(hass, entry, freezer, printer)
    assert texts(notified) == [("Prusa MK4: print completed", "It took 1 h 0 min.")]


async def test_only_chosen_ends_of_chosen_printers_are_told(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint
) -> None:
    target = {"device_id": [device_id(entry, printer)]}
    notified = await async_use_blueprint(hass, "print_end", printers=target, outcomes=["failed"])
    await async_ended(hass, entry, "completed")
    assert notified == []
    await async_ended(hass, entry, "failed")
    assert len(notified) == 1


async def test_a_message_of_ones_own(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    told = async_capture_events(hass, "phone")
    own = [{"event": "phone", "event_data": {"text": "{{ title }}, {{ print.energy_wh }} Wh"}}]
    await async_use_blueprint(hass, "print_end", tell=own)
    await async_ended(hass, entry, "completed", {"energy_wh": 350})
    assert [each.data for each in told] == [{"text": "Prusa MK4: print completed, 350 Wh"}]


async def test_a_week_is_summed_up(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    used: dict[str, Value] = {"duration_seconds": 5400, "filament_g": 20, "filament_mm": 7000}
    for days_ago in (0, 1, 3, 7):
        await async_ended(hass, entry, "completed", used, days_ago=days_ago)
    await async_ended(hass, entry, "failed", {"duration_seconds": 1800}, days_ago=2)
    await async_ended(hass, entry, "completed", {"duration_seconds": 60}, days_ago=8)
    notified = await async_use_blueprint(hass, "weekly_summary")
    await async_pass(hass, entry, freezer, hours=1)
    ends = "3 completed, 1 failed, 0 cancelled (prints the week before: 1)."
    took = "5.0 h of printing, 60 g of filament. Prusa MK4: 4."
    assert texts(notified) == [("Prints of the last seven days: 4", f"{ends} {took}")]
    for _ in range(7):
        await async_pass(hass, entry, freezer, hours=24)
    assert len(notified) == 2, "once a week"


async def test_a_week_without_filament_or_prints(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    notified = await async_use_blueprint(hass, "weekly_summary", weekday="mon", at="07:30:00")
    await async_pass(hass, entry, freezer, minutes=30)
    assert texts(notified) == [
        (
            "Prints of the last seven days: 0",
            "0 completed, 0 failed, 0 cancelled (prints the week before: 0). 0.0 h of printing.",
        )
    ]


async def test_maintenance_is_told_and_told_again_until_it_is_done(
    hass: HomeAssistant, entry: MockConfigEntry, printer: OctoPrint, freezer: FrozenDateTimeFactory
) -> None:
    number, due, done = (
        entity_state(hass, entry, key, domain, printer).entity_id
        for key, domain in (
            ("maintenance_interval", "number"),
            ("maintenance_due", "binary_sensor"),
            ("maintenance_done", "button"),
        )
    )
    await hass.services.async_call("number", "set_value", {"entity_id": number, "value": 1}, blocking=True)
    await async_settle(hass, entry)
    notified = await async_use_blueprint(hass, "maintenance_reminder", sensors=[due], at="08:30:00")
    await async_print(hass, entry, freezer, printer)
    told = (
        "Printer maintenance is due",
        "Prusa MK4: press Maintenance done afterwards, and the hours begin anew.",
    )
    assert texts(notified) == [told]
    await async_pass(hass, entry, freezer, hours=1)
    assert texts(notified) == [told, told]
    await hass.services.async_call("button", "press", {"entity_id": done}, blocking=True)
    await async_settle(hass, entry)
    await async_pass(hass, entry, freezer, hours=24)
    assert len(notified) == 2


async def test_a_streak_of_failures_is_told_once(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    notified = await async_use_blueprint(hass, "failure_streak", streak=3)
    for outcome in ("failed", "failed", "cancelled", "failed", "failed"):
        await async_ended(hass, entry, outcome)
    assert notified == []
    await async_ended(hass, entry, "failed")
    told = ("Prusa MK4: 3 failures in a row", "Have a look at the printer before the next print.")
    assert texts(notified) == [told]
    await async_ended(hass, entry, "failed")
    assert len(notified) == 1
    for outcome in ("completed", "failed", "failed", "failed"):
        await async_ended(hass, entry, outcome)
    assert texts(notified) == [told, told]


async def test_the_first_prints_can_be_a_streak(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    notified = await async_use_blueprint(hass, "failure_streak", streak=2)
    await async_ended(hass, entry, "failed")
    assert notified == []
    await async_ended(hass, entry, "failed")
    assert len(notified) == 1


def test_all_blueprints_are_tested() -> None:
    assert [file.stem for file in FILES] == [
        "failure_streak",
        "maintenance_reminder",
        "print_end",
        "weekly_summary",
    ]
    assert DOMAIN in str(FILES[0])
