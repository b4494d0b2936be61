"""Coordinator: shows the counters after the last commit, and how sharing stands, to entities."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import logging
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator
from homeassistant.util import dt as dt_util
from homeassistant.util.signal_type import SignalType

from .const import DOMAIN, EVENT_USAGE
from .core.models import FLEET, Counts, Maintenance, Period, Snapshot, UsageEvent
from .core.sharing.status import SharingState
from .core.store import Commit

_LOGGER = logging.getLogger(__name__)

SIGNAL_USAGE: Final[SignalType[UsageEvent]] = SignalType(f"{DOMAIN}_usage")
"""Each stored event, for entities; automations have the event on the bus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatsData:
    """Everything that entities read; `today` is the user's calendar day, YYYY-MM-DD.

    `problem` names what keeps the file from being written, `recovered` says that it was damaged and begun
    anew since the start.
    """

    snapshot: Snapshot = field(default_factory=Snapshot)
    sharing: SharingState = field(default_factory=SharingState)
    today: str = ""
    uptime_pending: int = 0
    problem: str | None = None
    recovered: bool = False
    maintenance: Mapping[str, Maintenance] = field(default_factory=dict)

    def of(self, period: Period = Period.EVER, printer: str = FLEET) -> Counts:
        """The counters of a period, of one printer or of all."""
        return self.snapshot.of(period, printer)


class StatsCoordinator(DataUpdateCoordinator[StatsData]):
    """Pushes each commit to the entities; polls nothing."""

    config_entry: ConfigEntry

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry, uptime_pending: Callable[[], int]) -> None:
        super().__init__(hass, _LOGGER, name=DOMAIN, config_entry=entry, update_interval=None)
        self.data = StatsData()
        self._uptime_pending = uptime_pending

    @callback
    def async_committed(self, commit: Commit) -> None:
        """Show a commit, and tell its events to everyone who listens; what is long past is no news."""
        recovered = self.data.recovered or commit.moved is not None
        self._async_show(
            replace(self.data, snapshot=commit.snapshot, problem=commit.problem, recovered=recovered)
        )
        for event in commit.events:
            if event.historic:
                continue
            self.hass.bus.async_fire(
                EVENT_USAGE,
                {"type": event.type, "time": event.at, "printer": event.printer, **event.data},
            )
            async_dispatcher_send(self.hass, SIGNAL_USAGE, event)

    @callback
    def async_show_sharing(self, sharing: SharingState) -> None:
        """Show how sharing stands."""
        self._async_show(replace(self.data, sharing=sharing))

    @callback
    def async_show_maintenance(self, maintenance: Mapping[str, Maintenance]) -> None:
        """Show when each printer had its maintenance."""
        self._async_show(replace(self.data, maintenance=maintenance))

    def _async_show(self, data: StatsData) -> None:
        self.async_set_updated_data(
            replace(
                data,
                today=dt_util.now().date().isoformat(),
                uptime_pending=self._uptime_pending(),
            )
        )
