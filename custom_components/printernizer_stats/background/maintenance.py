"""Maintenance: when each printer is due, counted in hours of printing."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Final

from homeassistant.core import callback
from sqlalchemy import Connection

from ..core.models import Maintenance
from ..core.store import UsageStore
from ..core.store.settings import all_settings

_PREFIX: Final = "maintenance."


class MaintenanceBook:
    """The maintenance of all printers, kept among the settings of the statistics file."""

    def __init__(self, store: UsageStore, on_change: Callable[[], None]) -> None:
        """Know nothing yet; `on_change` is called in the event loop."""
        self.printers: Mapping[str, Maintenance] = {}
        self._store = store
        self._on_change = on_change

    def load(self, conn: Connection) -> None:
        """Read what is stored."""
        self.printers = {
            key.removeprefix(_PREFIX): Maintenance(**value)
            for key, value in all_settings(conn).items()
            if key.startswith(_PREFIX)
        }

    @callback
    def async_set_interval(self, printer: str, hours: int) -> None:
        """Ask for maintenance every so many hours of printing, or never (0)."""
        self._keep(printer, replace(self._of(printer), interval_hours=hours))

    @callback
    def async_done(self, printer: str, print_seconds: int) -> None:
        """Note that maintenance was done when the printer had printed for so long."""
        self._keep(printer, replace(self._of(printer), done_seconds=print_seconds))

    @callback
    def async_store_again(self) -> None:
        """Store everything once more, in a file that began anew."""
        for printer, maintenance in self.printers.items():
            self._keep(printer, maintenance)

    @callback
    def async_show(self) -> None:
        """Show what was read anew."""
        self._on_change()

    @callback
    def async_restart(self) -> None:
        """Count from zero, as the print time does once everything was deleted."""
        for printer, maintenance in self.printers.items():
            self._keep(printer, replace(maintenance, done_seconds=0))

    def _of(self, printer: str) -> Maintenance:
        return self.printers.get(printer, Maintenance())

    def _keep(self, printer: str, maintenance: Maintenance) -> None:
        self.printers = {**self.printers, printer: maintenance}
        self._store.record((), settings={f"{_PREFIX}{printer}": asdict(maintenance)})
        self._on_change()
