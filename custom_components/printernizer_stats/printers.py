"""Our own random key for each printer, so that nothing of the registry ever reaches the event file."""

from secrets import token_hex
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from .const import DOMAIN

_VERSION: Final = 1


class PrinterKeys:
    """Maps registry ids to keys; kept in Home Assistant's storage, away from the events."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Prepare; nothing is read yet."""
        self._store: Store[dict[str, str]] = Store(hass, _VERSION, f"{DOMAIN}.printers")
        self._keys: dict[str, str] = {}

    async def async_load(self) -> None:
        """Read the known keys."""
        self._keys = await self._store.async_load() or {}

    async def async_key(self, registry_id: str) -> str:
        """Return the printer's key, made and stored when it is new."""
        if registry_id not in self._keys:
            self._keys[registry_id] = token_hex(8)
            await self._store.async_save(self._keys)
        return self._keys[registry_id]

    async def async_remove(self) -> None:
        """Forget all keys, on the disk too."""
        self._keys = {}
        await self._store.async_remove()
