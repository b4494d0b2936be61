"""Sidebar dashboard, whose views are built when it is opened."""

from collections.abc import Mapping
from datetime import datetime, timedelta
import logging
from typing import Any, Final, override

from homeassistant.components import frontend
from homeassistant.components.frontend.storage import async_user_store
from homeassistant.components.lovelace.const import LOVELACE_DATA, MODE_YAML
from homeassistant.components.lovelace.dashboard import LovelaceConfig
from homeassistant.components.websocket_api.connection import current_connection
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.debounce import Debouncer
from homeassistant.helpers.json import cached_json_fragment, json_fragment
from homeassistant.util import dt as dt_util

from ..const import DOMAIN, NAME
from ..core.counters import first_day, jobs_ended
from ..core.models import Period
from ..runtime import Runtime, StatsConfigEntry
from .build import async_dashboard, async_texts
from .cards import Card

_LOGGER = logging.getLogger(__name__)

PATH: Final = "printernizer-stats"
ICON: Final = "mdi:printer-3d"
# For two seconds after it has asked, the frontend takes no news of a dashboard that is not its own.
_SETTLED_SECONDS: Final = 3
# As long as a browser still loads the layout of views, Home Assistant's frontend fails at new ones.
_LOADED: Final = timedelta(seconds=10)


class SidebarDashboard(LovelaceConfig):
    """Views for whoever asks, in their language."""

    def __init__(self, hass: HomeAssistant, title: str) -> None:
        described = {
            "mode": MODE_YAML,
            "title": title,
            "icon": ICON,
            "show_in_sidebar": True,
            "require_admin": False,
            "filename": NAME,
        }
        super().__init__(hass, PATH, described)
        self._asked: datetime | None = None

    @property
    @override
    def mode(self) -> str:
        return MODE_YAML

    @override
    async def async_get_info(self) -> dict[str, Any]:
        return {"mode": self.mode, "views": len((await self.async_load(force=False))["views"])}

    @override
    async def async_load(self, force: bool) -> Card:
        connection = current_connection.get()
        if connection is None:
            return await async_dashboard(self.hass, language=self.hass.config.language, admin=False)
        kept = (await async_user_store(self.hass, connection.user.id)).data
        language = (kept.get("language") or {}).get("language") or self.hass.config.language
        return await async_dashboard(self.hass, language=language, admin=connection.user.is_admin)

    @override
    async def async_json(self, force: bool) -> json_fragment:
        self._asked = dt_util.utcnow()
        return cached_json_fragment(await self.async_load(force))

    @property
    def is_loading(self) -> bool:
        """Whether a browser may still load what it needs for the views that it got."""
        return self._asked is not None and abs(dt_util.utcnow() - self._asked) < _LOADED

    @callback
    def async_outdated(self) -> None:
        """Let the browsers that show it ask again."""
        self._config_updated()


async def async_show_sidebar(hass: HomeAssistant, entry: StatsConfigEntry) -> None:
    """Put the dashboard into the sidebar until the entry is unloaded."""
    if (lovelace := hass.data.get(LOVELACE_DATA)) is None:
        return
    if frontend.async_panel_exists(hass, PATH):
        _LOGGER.info("There is another dashboard at the address %s, so ours is not shown", PATH)
        return
    title = (await async_texts(hass, hass.config.language))("title")
    shown = SidebarDashboard(hass, title)
    lovelace.dashboards[PATH] = shown
    frontend.async_register_built_in_panel(
        hass,
        "lovelace",
        sidebar_title=title,
        sidebar_icon=ICON,
        frontend_url_path=PATH,
        config={"mode": MODE_YAML},
    )
    _keep_current(hass, entry, shown)

    @callback
    def remove() -> None:
        lovelace.dashboards.pop(PATH, None)
        frontend.async_remove_panel(hass, PATH, warn_if_unknown=False)

    entry.async_on_unload(remove)


@callback
def _keep_current(hass: HomeAssistant, entry: StatsConfigEntry, shown: SidebarDashboard) -> None:
    """Announce what makes the views outdated, such as a print that ended; states are shown without that."""
    coordinator = entry.runtime_data.coordinator

    @callback
    def announce() -> None:
        if shown.is_loading:
            debouncer.async_schedule_call()
        else:
            shown.async_outdated()

    debouncer = Debouncer(hass, _LOGGER, cooldown=_SETTLED_SECONDS, immediate=False, function=announce)
    mark = _mark(entry.runtime_data)

    @callback
    def committed() -> None:
        nonlocal mark
        if (now := _mark(entry.runtime_data)) != mark:
            mark = now
            debouncer.async_schedule_call()

    @callback
    def registered(_event: Any) -> None:
        debouncer.async_schedule_call()

    @callback
    def is_ours(data: Mapping[str, Any]) -> bool:
        found = er.async_get(hass).async_get(data["entity_id"])
        return found is not None and found.platform == DOMAIN

    @callback
    def is_printer(data: Mapping[str, Any]) -> bool:
        printers = entry.runtime_data.printers.values()
        return any(printer.device_id == data["device_id"] for printer in printers)

    for stop in (
        coordinator.async_add_listener(committed),
        hass.bus.async_listen(er.EVENT_ENTITY_REGISTRY_UPDATED, registered, is_ours),
        hass.bus.async_listen(dr.EVENT_DEVICE_REGISTRY_UPDATED, registered, is_printer),
        debouncer.async_shutdown,
    ):
        entry.async_on_unload(stop)
    # Whoever looks at it while the entry was loaded again, as after an answer on it, sees it as it is now.
    debouncer.async_schedule_call()


def _mark(runtime: Runtime) -> tuple[object, ...]:
    """What the tables are made of, in short."""
    data = runtime.coordinator.data
    counts = data.of()
    return (
        jobs_ended(counts),
        counts.get("error_occurred", 0),
        data.today and first_day(Period.WEEK, data.today),
        data.sharing.status,
        data.sharing.last,
        runtime.community.reception,
        runtime.community.numbers,
    )
