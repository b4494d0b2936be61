"""Head of the consent ledger, kept outside of the file: an end that was cut off contradicts it."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import Store

from ..const import DOMAIN
from ..core.store import UsageStore
from ..core.store.consent_ledger import head, note_head

_VERSION: Final = 1


class ConsentHead:
    """Compares what was kept with the file at a start, and keeps what is new."""

    def __init__(self, hass: HomeAssistant) -> None:
        self._kept: Store[dict[str, Any]] = Store(hass, _VERSION, f"{DOMAIN}.consent_head", private=True)

    async def async_check(self, store: UsageStore) -> None:
        """Let the file know how many decisions there were, and the hash of the last."""
        if (kept := await self._kept.async_load()) is not None:
            await store.async_run(lambda conn: note_head(conn, kept))

    async def async_keep(self, store: UsageStore) -> None:
        """Keep the head as it is now, if there is any decision."""
        now = await store.async_read(head)
        if now["count"] and now != await self._kept.async_load():
            await self._kept.async_save(now)

    async def async_remove(self) -> None:
        """Forget it, on the disk too."""
        await self._kept.async_remove()
