"""Importing an export from a file here, or from one that was uploaded on a page."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from homeassistant.components.file_upload import process_uploaded_file
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util

from ..const import DOMAIN
from ..core.export.importing import import_file
from ..core.export.merging import Imported
from ..core.export.reading import ImportRefusedError
from ..runtime import StatsConfigEntry


async def async_import_file(
    hass: HomeAssistant, entry: StatsConfigEntry, file: Path, *, move: bool = False
) -> Imported:
    """Import an export; raises a translated error that says what is wrong, and then nothing was changed.

    With `move` this installation goes on as the one of the export, which must stop for good.
    """
    today = dt_util.utcnow().date()
    store, endpoint = entry.runtime_data.store, entry.runtime_data.sharing.endpoint
    return await _async_import(
        hass,
        entry,
        lambda: store.run(
            lambda conn: import_file(conn, file, move=move, today=today, endpoint=endpoint)
        ).result(),
        move=move,
    )


async def async_import_upload(
    hass: HomeAssistant, entry: StatsConfigEntry, upload: str, *, move: bool = False
) -> Imported:
    """Import an export that a file selector took up, and delete the upload; raises as above."""
    today = dt_util.utcnow().date()
    store, endpoint = entry.runtime_data.store, entry.runtime_data.sharing.endpoint

    def run() -> Imported:
        with ExitStack() as stack:
            try:
                file = stack.enter_context(process_uploaded_file(hass, upload))
            except ValueError as error:
                raise ImportRefusedError("import_no_file") from error
            return store.run(
                lambda conn: import_file(conn, file, move=move, today=today, endpoint=endpoint)
            ).result()

    return await _async_import(hass, entry, run, move=move)


async def _async_import(
    hass: HomeAssistant, entry: StatsConfigEntry, run: Callable[[], Imported], *, move: bool
) -> Imported:
    try:
        imported = await hass.async_add_executor_job(run)
    except ImportRefusedError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN,
            translation_key=error.reason,
            translation_placeholders={"place": error.place},
        ) from error
    if move:
        await hass.config_entries.async_reload(entry.entry_id)
    else:
        await entry.runtime_data.store.async_read(entry.runtime_data.maintenance.load)
        entry.runtime_data.maintenance.async_show()
    return imported
