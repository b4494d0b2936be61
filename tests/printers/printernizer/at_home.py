"""A Home Assistant beside a stand-in of Printernizer."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from select import select
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigSubentryData
from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import CONF_PRINTERS, CONF_SHARE, DOMAIN, NAME
from custom_components.printernizer_stats.printers.printernizer.ids import printer_id

from ...clock import async_fire_due
from ...helpers import async_settle
from .standin import StandIn

INSTANCE: Final = "01JAPP00000000000000000000"
POLL: Final = timedelta(seconds=30)
_TURNS: Final = 30_000
_QUICK_TURNS: Final = 20
_LAST_TURNS: Final = 50
_MOMENT: Final = 0.002


class Home:
    """The entry with one instance of Printernizer, and time that tests let pass poll by poll."""

    def __init__(self, hass: HomeAssistant, app: StandIn, freezer: FrozenDateTimeFactory) -> None:
        """Take the parts; nothing is set up yet."""
        self.hass = hass
        self.app = app
        self.freezer = freezer
        self.entry: MockConfigEntry

    async def async_setup(self, *printers: str, **options: Any) -> MockConfigEntry:
        """Set up the entry, which counts these of the app's printers."""
        data = {"url": self.app.url, "mode": "docker", "verify_ssl": True}
        self.entry = MockConfigEntry(
            domain=DOMAIN,
            title=NAME,
            options={
                CONF_SHARE: False,
                CONF_PRINTERS: [printer_id(INSTANCE, each) for each in printers],
                **options,
            },
            subentries_data=[
                ConfigSubentryData(
                    data=data,
                    subentry_type="printernizer",
                    title="Printernizer",
                    unique_id=None,
                    subentry_id=INSTANCE,  # type: ignore[typeddict-unknown-key]
                )
            ],
        )
        self.entry.add_to_hass(self.hass)
        await self.async_start()
        return self.entry

    async def async_start(self) -> None:
        """Set up the entry, and wait for the first look."""
        asked = len(self.app.asked)
        assert await self.hass.config_entries.async_setup(self.entry.entry_id)
        await self.async_until(lambda: len(self.app.asked) > asked)
        await self._async_answered()

    async def async_poll(self, times: int = 1) -> None:
        """Let 30 seconds pass, and so one look, or several."""
        for _ in range(times):
            # Time that leaps while a question is open is a time without an answer.
            await self._async_answered()
            asked = len(self.app.asked)
            self.freezer.tick(POLL)
            async_fire_due(self.hass)
            await self.async_until(lambda asked=asked: len(self.app.asked) > asked)  # type: ignore[misc]
            await self._async_answered()

    async def async_slow_poll(self, seconds: float) -> None:
        """Let 30 seconds pass, and a look whose answer takes so long."""
        await self._async_answered()
        self.app.open.clear()
        asked = len(self.app.asked)
        self.freezer.tick(POLL)
        async_fire_due(self.hass)
        await self.async_until(lambda: len(self.app.asked) > asked)
        self.freezer.tick(seconds)
        for _ in range(_QUICK_TURNS):
            await asyncio.sleep(0)
        self.app.open.set()
        await self._async_answered()

    async def async_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds that the app and we do by ourselves."""
        # The clock of the loop stands still: it is given turns, and the threads a moment between them.
        for turn in range(_TURNS):
            if holds():
                return
            if turn > _QUICK_TURNS:
                select([], [], [], _MOMENT)
            await asyncio.sleep(0)
        raise AssertionError(f"it never came to that: {self.app.sockets} sockets, {self.app.asked[-5:]}")

    async def async_leave(self) -> None:
        """Stop asking, and let what was under way come to its end."""
        for entry in self.hass.config_entries.async_entries(DOMAIN):
            if entry.state is ConfigEntryState.LOADED:
                assert await self.hass.config_entries.async_unload(entry.entry_id)
        for _ in range(_LAST_TURNS):
            await asyncio.sleep(0)

    async def _async_answered(self) -> None:
        """Wait until the look is over, and all that it said is stored."""
        instance = self.entry.runtime_data.printer_manager.apps.instances[INSTANCE]
        await self.async_until(lambda: instance.is_waiting)
        await async_settle(self.hass, self.entry)

    async def async_idle(self) -> None:
        """Let what is due now happen."""
        async_fire_due(self.hass)
        await async_settle(self.hass, self.entry)

    def recorded(self, event_type: str) -> int:
        """How many events of a type were counted so far."""
        return self.counts.get(event_type, 0)

    @property
    def counts(self) -> dict[str, int]:
        """What was counted of all printers together."""
        return dict(self.entry.runtime_data.coordinator.data.of())
