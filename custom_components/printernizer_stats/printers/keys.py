"""Printer keys: random, so that nothing of the registry ever reaches the event file."""

from collections.abc import Mapping
from dataclasses import asdict
from secrets import token_hex
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from .profiles import Role
from .remembered import Remembered, async_remembered, async_set_remembered

_VERSION: Final = 1


class PrinterKeys:
    """Maps registry ids to keys, and remembers what is behind them; kept away from the events."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._hass = hass
        self._store: Store[dict[str, str]] = Store(hass, _VERSION, f"{DOMAIN}.printers")
        self._seen: Store[dict[str, dict[str, Any]]] = Store(hass, _VERSION, f"{DOMAIN}.printers_seen")
        self._keys: dict[str, str] = {}

    async def async_load(self) -> None:
        """Read the known keys, and what the printers were recognized as."""
        self._keys = await self._store.async_load() or {}
        seen = await self._seen.async_load() or {}
        # Those that were counted before anything was remembered have a key.
        known = {each: Remembered(profile="") for each in self._keys}
        async_set_remembered(self._hass, known | {each: _remembered(raw) for each, raw in seen.items()})

    async def async_key(self, registry_id: str) -> str:
        """Return the printer's key, made and stored when it is new."""
        if registry_id not in self._keys:
            self._keys[registry_id] = token_hex(8)
            await self._store.async_save(self._keys)
        return self._keys[registry_id]

    async def async_remember(self, printers: Mapping[str, Remembered]) -> None:
        """Remember what these printers, by registry id, are recognized as now."""
        before = async_remembered(self._hass)
        if (now := {**before, **printers}) != before:
            async_set_remembered(self._hass, now)
            await self._seen.async_save({each: asdict(seen) for each, seen in now.items()})

    async def async_hand_over(self, registry_id: str, successor: str) -> None:
        """Let another printer have the key of one that is gone, and so its counters and its open print."""
        self._keys[successor] = self._keys.pop(registry_id, token_hex(8))
        await self._store.async_save(self._keys)
        rest = {each: seen for each, seen in async_remembered(self._hass).items() if each != registry_id}
        async_set_remembered(self._hass, rest)
        await self._seen.async_save({each: asdict(seen) for each, seen in rest.items()})

    async def async_remove(self) -> None:
        """Forget all keys and all that is remembered, on the disk too."""
        self._keys = {}
        async_set_remembered(self._hass, {})
        await self._store.async_remove()
        await self._seen.async_remove()


def _remembered(raw: Mapping[str, Any]) -> Remembered:
    known = set(Role)
    return Remembered(
        profile=raw["profile"],
        parts={each: Role(role) for each, role in raw["parts"].items() if role in known},
    )
