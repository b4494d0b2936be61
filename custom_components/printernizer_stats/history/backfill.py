"""Counts, once, what Home Assistant's recorder still knows of the printers from before the set-up.

Only when the user ticked it, in the background, and never in a report.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
import logging
from typing import Any, Final

from homeassistant.components.recorder import history
from homeassistant.const import ATTR_UNIT_OF_MEASUREMENT
from homeassistant.core import HomeAssistant, State, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.recorder import DATA_INSTANCE, get_instance, session_scope
from homeassistant.helpers.start import async_at_started
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection, DateTime, column, select, table
from sqlalchemy.exc import SQLAlchemyError

from .. import clock
from ..const import CONF_BACKFILL
from ..core.dictionary import DICTIONARY
from ..core.models import UsageEvent
from ..core.prints.rules import Rules
from ..core.store import StoreClosedError
from ..core.store.settings import get_setting, set_setting
from ..printers.entities import FoundPrinter, async_parts
from ..printers.profiles import Role
from ..printers.replay import Moment, replay
from ..printers.selection import async_chosen_printers, tuned_rules
from ..runtime import StatsConfigEntry
from .long_term_statistics import async_import_past

_LOGGER = logging.getLogger(__name__)

_SETTING: Final = "backfill"
_BEGINNING: Final = datetime.fromtimestamp(0, UTC)
# So much is in memory at once; the recorder's bounds are both exclusive.
_STRETCH: Final = timedelta(days=1)
_EXCLUSIVE: Final = timedelta(microseconds=1)
_RUNS: Final = table("recorder_runs", column("start", DateTime))


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A printer whose past is wanted, and the entities that showed it."""

    key: str
    printer: FoundPrinter
    rules: Rules
    roles: Mapping[str, Role]


@callback
def async_schedule_backfill(hass: HomeAssistant, entry: StatsConfigEntry) -> None:
    """Look back once Home Assistant has started, if the user wants that and there is a recorder."""
    if not entry.options.get(CONF_BACKFILL, False) or DATA_INSTANCE not in hass.data:
        return

    @callback
    def start(_hass: HomeAssistant) -> None:
        entry.async_create_background_task(hass, _async_try(hass, entry), "printernizer_stats backfill")

    entry.async_on_unload(async_at_started(hass, start))


async def _async_try(hass: HomeAssistant, entry: StatsConfigEntry) -> None:
    """Look back; what does not work out today is tried again at the next start."""
    try:
        with suppress(StoreClosedError):
            await _async_backfill(hass, entry)
    except (SQLAlchemyError, HomeAssistantError) as error:
        _LOGGER.warning("The past could not be read from the recorder (%s)", type(error).__name__)


async def _async_backfill(hass: HomeAssistant, entry: StatsConfigEntry) -> None:
    runtime = entry.runtime_data
    await runtime.printer_manager.begun.wait()
    since = runtime.printer_manager.since
    until = await runtime.store.async_run(lambda conn: _plan(conn, since))
    recorder = get_instance(hass)
    if until is None or not await asyncio.shield(recorder.async_db_ready):
        return
    # What happened a moment ago is in the recorder's queue.
    await recorder.async_block_till_done()
    pasts = [
        Past(
            key=await runtime.keys.async_key(printer.id),
            printer=printer,
            rules=tuned_rules(printer, entry.options),
            roles=async_parts(hass, printer),
        )
        for printer in async_chosen_printers(hass, entry.options)
        if printer.entity_id
    ]
    found = await recorder.async_add_executor_job(_read, hass, pasts, until)
    events = [event for each in found if (event := _as_historic(each)) is not None]
    await async_import_past(hass, entry.entry_id, events, until)
    done = {_SETTING: {"until": until, "done": True}}
    runtime.store.record(tuple(events), at=clock.now(), settings=done)
    _LOGGER.info("%d events of the time before the set-up were counted", len(events))


def _plan(conn: Connection, since: float) -> float | None:
    """Return where the past ends (epoch seconds), the same after an interruption; None when it is done."""
    plan: dict[str, Any] = get_setting(conn, _SETTING) or {"until": since, "done": False}
    set_setting(conn, _SETTING, plan)
    return None if plan["done"] else float(plan["until"])


def _as_historic(event: UsageEvent) -> UsageEvent | None:
    marked = replace(event, historic=True, data={**event.data, "backfilled": True})
    return DICTIONARY.admit(marked)[0]


def _read(hass: HomeAssistant, pasts: list[Past], until: float) -> list[UsageEvent]:
    """Return the events of all printers before `until` (epoch seconds); blocking."""
    starts = _starts(hass, until)
    events: list[UsageEvent] = []
    for past in pasts:
        moments = _moments(hass, past, starts, until)
        events += replay(past.key, past.printer.profile, past.rules, moments, until)
    return sorted(events, key=lambda event: event.at)


def _starts(hass: HomeAssistant, until: float) -> list[Moment]:
    """When Home Assistant started: before that, nobody looked."""
    with session_scope(hass=hass, read_only=True) as session:
        starts = session.scalars(select(_RUNS.c.start).order_by(_RUNS.c.start)).all()
    # SQLite gives times without a zone, PostgreSQL with one.
    moments = (Moment((each if each.tzinfo else each.replace(tzinfo=UTC)).timestamp()) for each in starts)
    return [moment for moment in moments if moment.at < until]


def _moments(hass: HomeAssistant, past: Past, starts: list[Moment], until: float) -> Iterator[Moment]:
    """What the entities of a printer showed, and Home Assistant's starts between, oldest first."""
    end = dt_util.utc_from_timestamp(until)
    first = history.state_changes_during_period(
        hass,
        _BEGINNING,
        end,
        past.printer.entity_id,
        no_attributes=True,
        limit=1,
        include_start_time_state=False,
    )
    oldest = [state.last_updated for states in first.values() for state in states]
    begin = min(oldest, default=end)
    while begin < end:
        stop = min(begin + _STRETCH, end)
        shown = [moment for state in _states(hass, past, begin, stop) for moment in _moment(past, state)]
        between = [each for each in starts if begin.timestamp() <= each.at < stop.timestamp()]
        yield from sorted([*between, *shown], key=lambda moment: moment.at)
        begin = stop


def _states(hass: HomeAssistant, past: Past, begin: datetime, end: datetime) -> Iterator[State]:
    found = history.get_significant_states(
        hass,
        begin - _EXCLUSIVE,
        end,
        list(past.roles),
        include_start_time_state=False,
        significant_changes_only=False,
    )
    for states in found.values():
        for state in states:
            assert isinstance(state, State)
            yield state


def _moment(past: Past, state: State) -> Iterator[Moment]:
    unit = state.attributes.get(ATTR_UNIT_OF_MEASUREMENT)
    yield Moment(state.last_updated_timestamp, past.roles[state.entity_id], state.state, unit)
