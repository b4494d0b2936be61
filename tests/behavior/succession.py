"""A printer whose entities get other unique ids or go, what was counted of it, and the issues about that."""

from collections.abc import Callable
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN

from ..helpers import async_pass
from ..house import House, async_house

STATE: Final = "print_state"
PARTS: Final = ("progress", "print_duration", "filament_used")

type Migration = Callable[[str], str]


def moonraker(hass: HomeAssistant, printer: str = "01JMOON") -> House:
    """Put a printer with all that is read of it into the house."""
    house = async_house(hass, "moonraker", printer, name=printer)
    for part in PARTS:
        house.entity(f"{printer}_{part}")
    house.show(f"{printer}_{STATE}", "standby")
    return house


class Shown:
    """The entities of a printer, by the names that they had at first."""

    def __init__(self, hass: HomeAssistant, house: House, printer: str = "01JMOON") -> None:
        self._hass = hass
        self._ids = {name: house.entity(f"{printer}_{name}") for name in (STATE, *PARTS)}

    def show(self, name: str, state: str, unit: str | None = None) -> None:
        """Show a state, whatever the unique id is now."""
        attributes = {"unit_of_measurement": unit} if unit else {}
        self._hass.states.async_set(self._ids[name], state, attributes)

    def all(self, minutes: float, progress: float) -> None:
        """Show a print under way."""
        self.show("print_duration", str(minutes), "min")
        self.show("filament_used", str(minutes / 10), "m")
        self.show("progress", str(progress), "%")

    async def async_migrate(self, migrate: Migration) -> None:
        """Give all entities other unique ids, one after the other."""
        registry = er.async_get(self._hass)
        for entity_id in self._ids.values():
            entry = registry.async_get(entity_id)
            assert entry is not None
            registry.async_update_entity(entity_id, new_unique_id=migrate(entry.unique_id))
            await self._hass.async_block_till_done()


async def async_count_one(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, shown: Shown
) -> None:
    """Let the printer complete a print of half an hour with 3 m of filament."""
    shown.show(STATE, "printing")
    shown.all(0, 0)
    await async_pass(hass, entry, freezer, minutes=30)
    shown.all(30, 100)
    shown.all(0, 0)
    shown.show(STATE, "complete")
    await async_pass(hass, entry, freezer, minutes=5)


def sensors(entry: MockConfigEntry, registry: er.EntityRegistry) -> dict[str, str]:
    """Return all entities of ours by unique id."""
    return {
        each.unique_id: each.entity_id for each in er.async_entries_for_config_entry(registry, entry.entry_id)
    }


def counted(entry: MockConfigEntry, key: str) -> dict[str, int]:
    """Return what was counted of one printer."""
    of = entry.runtime_data.coordinator.data.of(printer=key)
    names = ("job_created", "job_completed", "job_failed", "job_cancelled", "filament_mm", "print_seconds")
    return {name: of.get(name, 0) for name in names}


def gone(issue_registry: ir.IssueRegistry) -> list[ir.IssueEntry]:
    """Return the issues about printers that are gone."""
    return [each for each in issue_registry.issues.values() if each.translation_key == "printer_gone"]


async def async_fix(hass: HomeAssistant, issue: ir.IssueEntry, *answers: Any) -> list[Any]:
    """Fix an issue; returns what was shown step by step."""
    manager = hass.data["repairs"]["flow_manager"]
    shown = [await manager.async_init(DOMAIN, context={"issue_id": issue.issue_id})]
    for each in answers:
        shown.append(await manager.async_configure(shown[0]["flow_id"], each))
    return shown
