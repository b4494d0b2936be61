"""Binary sensor: whether a printer is due for maintenance, and whether an app can be reached."""

from typing import Final, override

from homeassistant.components.binary_sensor import (
    BinarySensorEntity,
    BinarySensorEntityDescription,
)
from homeassistant.components.binary_sensor.const import BinarySensorDeviceClass
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import DOMAIN
from .core.counters import PRINT_SECONDS
from .core.models import FLEET, Period
from .entity import StatsEntity, async_keep_entities, unique_id
from .printers.printernizer.instance import SIGNAL_CONNECTION
from .printers.printernizer.source import SUBENTRY
from .runtime import StatsConfigEntry

PARALLEL_UPDATES = 0

_DUE: Final = BinarySensorEntityDescription(
    key="maintenance_due",
    translation_key="maintenance_due",
    device_class=BinarySensorDeviceClass.PROBLEM,
)
_CONNECTION: Final = BinarySensorEntityDescription(
    key="app_connection",
    translation_key="app_connection",
    device_class=BinarySensorDeviceClass.CONNECTIVITY,
    entity_category=EntityCategory.DIAGNOSTIC,
)


async def async_setup_entry(
    hass: HomeAssistant,
    entry: StatsConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one for each printer and each app."""

    def make(printer: str) -> list[MaintenanceDue]:
        return [] if printer == FLEET else [MaintenanceDue(entry, _DUE, printer)]

    async_keep_entities(hass, entry, async_add_entities, Platform.BINARY_SENSOR, make)
    _async_keep_connections(hass, entry, async_add_entities)


@callback
def _async_keep_connections(
    hass: HomeAssistant, entry: StatsConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add one for each app, now and whenever there is another; those of apps that go are removed for us."""
    added: set[str] = set()

    @callback
    def update() -> None:
        for each in entry.get_subentries_of_type(SUBENTRY):
            if each.subentry_id not in added:
                added.add(each.subentry_id)
                async_add_entities([AppConnection(entry, each)], config_subentry_id=each.subentry_id)

    update()
    entry.async_on_unload(async_dispatcher_connect(hass, SIGNAL_CONNECTION, update))


class AppConnection(BinarySensorEntity):
    """On while an instance of Printernizer can be reached; unknown until it is asked for the first time."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    entity_description = _CONNECTION

    def __init__(self, entry: StatsConfigEntry, subentry: ConfigSubentry) -> None:
        """Tie the entity to the app's device."""
        self._apps = entry.runtime_data.printer_manager.apps
        self._id = subentry.subentry_id
        self._attr_unique_id = unique_id(self._id, _CONNECTION.key)
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, self._id)}, name=subentry.title, entry_type=DeviceEntryType.SERVICE
        )

    @override
    async def async_added_to_hass(self) -> None:
        self.async_on_remove(
            async_dispatcher_connect(self.hass, SIGNAL_CONNECTION, self.async_write_ha_state)
        )

    @property
    @override
    def is_on(self) -> bool | None:
        instance = self._apps.instances.get(self._id)
        return None if instance is None else instance.connected


class MaintenanceDue(StatsEntity, BinarySensorEntity):
    """On when the printer has printed for as long as the interval; never on without one."""

    @property
    @override
    def is_on(self) -> bool:
        data = self.coordinator.data
        plan = data.maintenance.get(self.printer)
        return plan is not None and plan.due(data.of(Period.EVER, self.printer).get(PRINT_SECONDS, 0))
