"""Deleting what is held here, and at the service what was ever sent."""

from enum import StrEnum

from homeassistant.core import HomeAssistant
from sqlalchemy import Connection

from ..const import CONF_COMMUNITY, CONF_CONSENT, CONF_REFUSAL, CONF_SHARE
from ..core.export.sections import Row, rows
from ..core.sharing.identity_rotation import Sent
from ..core.store import TracesLeftError
from ..issues import async_forget_damage
from ..runtime import Runtime, StatsConfigEntry, loaded_runtime


class DeletionScope(StrEnum):
    """What is deleted."""

    EVENTS = "events"
    """What was counted: events, counters, and reports that still wait."""
    EVERYTHING = "everything"
    """All that is held: also sent reports, settings, consent and identity.

    Sharing and receiving are off afterwards.
    """


async def async_delete_data(
    hass: HomeAssistant, entry: StatsConfigEntry, scope: DeletionScope, *, remote: bool, at_once: bool
) -> list[Row]:
    """Delete, and return what was ever asked of the service; with `remote` it is asked for all that was sent.

    What was held is gone from the disk before anybody is asked; raises TracesLeftError when it may be in old
    pages still. `at_once` has the service asked for all in one go, instead of for one id at a time.
    """
    runtime = entry.runtime_data
    everything = scope is DeletionScope.EVERYTHING
    if remote:
        await runtime.remote_deletion.async_note(at_once=at_once)
    elif everything:
        await runtime.remote_deletion.async_rotate(Sent.FORGET)
    if everything:
        answers = (CONF_CONSENT, CONF_REFUSAL)
        kept = {key: value for key, value in entry.options.items() if key not in answers}
        off = dict.fromkeys({CONF_SHARE, CONF_COMMUNITY} & {CONF_SHARE, *kept}, False)
        hass.config_entries.async_update_entry(entry, options={**kept, **off})
    try:
        await runtime.store.async_erase(everything=everything)
        _start_over(runtime)
    except TracesLeftError:
        _start_over(runtime)
        raise
    finally:
        if everything:
            await hass.config_entries.async_reload(entry.entry_id)
    async_forget_damage(hass)
    if (running := loaded_runtime(hass)) is None:
        return []
    if remote:
        await running.remote_deletion.async_go_on()
    return await running.store.async_read(asked_deletions)


def _start_over(runtime: Runtime) -> None:
    """Let go of what is not in the file: also the time since the last look at the clock is deleted."""
    runtime.uptime.take()
    runtime.maintenance.async_restart()


def asked_deletions(conn: Connection) -> list[Row]:
    """Return every deletion that was ever asked of a service, as the export has it."""
    return [row for row in rows(conn, "deletions") if row["requested"]]
