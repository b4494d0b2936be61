"""Prints and events as tables for the person at home, under the names that printers have now."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from sqlalchemy import Connection

from ..core.export.archive import csv_line
from ..core.models import Period
from ..core.store.queries import EventFilter, iter_events, iter_prints, list_prints
from ..printers.devices import async_printer_name, async_printer_of
from ..runtime import Runtime

PRINT_COLUMNS: Final = (
    "ended",
    "printer",
    "name",
    "printer_type",
    "result",
    "duration_seconds",
    "filament_mm",
    "filament_g",
    "energy_wh",
    "cost",
)

type Row = dict[str, Any]


class UnknownPrinterError(ValueError):
    """Nothing was ever counted under this name."""


@callback
def async_printer_key(hass: HomeAssistant, runtime: Runtime, given: str | None) -> str | None:
    """Return our key of the printer that a key or a device's id names; None stands for all printers.

    Raises UnknownPrinterError.
    """
    if not given:
        return None
    counted = runtime.coordinator.data.snapshot.counts.get(Period.EVER, {})
    if given in runtime.printers or given in counted:
        return given
    if (key := async_printer_of(hass, given, runtime.printers)) is None:
        raise UnknownPrinterError
    return key


async def async_prints(
    hass: HomeAssistant, runtime: Runtime, *, printer: str | None, limit: int, offset: int
) -> dict[str, Any]:
    """Return one page of the prints, latest first, and how many there are in all."""
    names = async_names(hass, runtime)
    await runtime.async_catch_up()
    page = await runtime.store.async_read(
        lambda conn: list_prints(conn, printer=printer, limit=limit, offset=offset)
    )
    return {"prints": [print_row(row, names) for row in page.rows], "total": page.total}


async def async_events(runtime: Runtime, wanted: EventFilter, *, limit: int, offset: int) -> dict[str, Any]:
    """Return one page of the events, oldest first; `more` says whether others follow."""
    await runtime.async_catch_up()
    events = await runtime.store.async_read(
        lambda conn: list(iter_events(conn, wanted, limit=limit + 1, offset=offset))
    )
    return {"events": events[:limit], "more": len(events) > limit}


@callback
def async_names(hass: HomeAssistant, runtime: Runtime) -> dict[str, str]:
    """Return what the printers are called now; the file knows no names."""
    return {key: async_printer_name(hass, printer, key) for key, printer in runtime.printers.items()}


def print_row(stored: Mapping[str, Any], names: Mapping[str, str]) -> Row:
    """Return a print as a row of PRINT_COLUMNS; the cost in the user's currency."""
    cost = stored.get("energy_cost")
    row = {
        **stored,
        "ended": datetime.fromtimestamp(stored["ended_ts"], UTC).isoformat(),
        "printer": stored["printer_key"],
        "name": names.get(stored["printer_key"]),
        "cost": None if cost is None else cost / 1000,
    }
    return {column: row.get(column) for column in PRINT_COLUMNS}


def prints_csv(conn: Connection, names: Mapping[str, str]) -> Iterator[bytes]:
    """Yield all prints as CSV, oldest first; no cell is a formula to a spreadsheet."""
    yield csv_line(PRINT_COLUMNS)
    for stored in iter_prints(conn):
        yield csv_line(print_row(stored, names).values())
