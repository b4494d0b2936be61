"""Data of the dashboard; entities are found by their unique IDs, so renames do no harm."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from homeassistant.const import STATE_UNKNOWN
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util
from sqlalchemy import Connection

from ..const import CONF_COMMUNITY, DOMAIN, WEEK_DAYS
from ..core.community.comparison import FEWEST_PRINTS
from ..core.counters import first_day, jobs_ended
from ..core.models import FLEET, Counts, Period
from ..core.sharing.status import Status
from ..core.store.counts import owner_counts
from ..core.store.settings import FIRST_DAY, get_setting
from ..entity import owner_and_key
from ..history.community import async_comparisons
from ..history.tables import async_prints
from ..http import EXPORT_PATH, PRINTS_PATH, signed_link
from ..printers.devices import async_printer_name
from ..runtime import Runtime, loaded_runtime
from .cards import Card
from .home import Community, Home, Owner, Sharing, Weeks
from .texts import Texts
from .views import dashboard, not_running

_WATCHED: Final = (
    "prints_completed",
    "prints_failed",
    "prints_cancelled",
    "prints_this_week",
    "errors",
    "submission_status",
    "last_submission",
    "community_success_low",
)
_LAST_PRINTS: Final = 10
_LINK_HOURS: Final = 24
_ACQUAINTED: Final = timedelta(weeks=2)
"""So long after the first day a person may be asked about the community."""


async def async_dashboard(hass: HomeAssistant, *, language: str, admin: bool) -> Card:
    """Return the dashboard's configuration in that language; what only administrators may see if `admin`."""
    texts = await async_texts(hass, language)
    if (runtime := loaded_runtime(hass)) is None:
        return not_running(texts)
    return dashboard(await _async_home(hass, runtime, admin=admin), texts)


async def async_texts(hass: HomeAssistant, language: str) -> Texts:
    """Return the dashboard's words in that language, in English where it has none."""
    loaded = [
        await async_get_translations(hass, language, category, {DOMAIN})
        for category in ("common", "entity", "selector")
    ]
    return Texts({key: text for each in loaded for key, text in each.items()})


@callback
def async_watched(hass: HomeAssistant) -> list[str]:
    """Return the entities whose change makes the tables outdated."""
    if (runtime := loaded_runtime(hass)) is None:
        return []
    entry_id = runtime.coordinator.config_entry.entry_id
    found = _entities(hass, entry_id).get(entry_id, {})
    return [found[key] for key in _WATCHED if key in found]


async def _async_home(hass: HomeAssistant, runtime: Runtime, *, admin: bool) -> Home:
    data = runtime.coordinator.data
    page = await async_prints(hass, runtime, printer=None, limit=_LAST_PRINTS, offset=0)
    today = dt_util.now().date()
    fleet, *printers = _owners(hass, runtime)
    return Home(
        fleet=fleet,
        printers=sorted(printers, key=lambda each: each.name.casefold()),
        prints=[_in_local_time(row) for row in page["prints"]],
        month=data.of(Period.MONTH),
        weeks=await runtime.store.async_read(lambda conn: _weeks(conn, today)),
        has_statistics=DATA_INSTANCE in hass.data,
        sharing=await _async_sharing(hass, runtime) if admin else None,
        community=await async_community(runtime),
        is_invited=admin and await _async_is_invited(runtime, today),
    )


async def async_community(runtime: Runtime) -> Community | None:
    """Return what was received of the community, None while receiving is off."""
    receiver = runtime.community
    if receiver.url is None:
        return None
    return Community(
        source=receiver.url,
        reception=receiver.reception,
        ever=jobs_ended(runtime.coordinator.data.of()),
        compared=await async_comparisons(runtime),
    )


async def _async_is_invited(runtime: Runtime, today: date) -> bool:
    """Whether to ask: not before ten prints and two weeks, and never again after an answer."""
    if CONF_COMMUNITY in runtime.coordinator.config_entry.options:
        return False
    first: str | None = await runtime.store.async_read(lambda conn: get_setting(conn, FIRST_DAY))
    if first is None or jobs_ended(runtime.coordinator.data.of()) < FEWEST_PRINTS:
        return False
    return date.fromisoformat(first) + _ACQUAINTED <= today


@callback
def _owners(hass: HomeAssistant, runtime: Runtime) -> list[Owner]:
    """All printers together, and then each."""
    entry_id = runtime.coordinator.config_entry.entry_id
    data = runtime.coordinator.data
    entities = {owner: _telling(hass, each) for owner, each in _entities(hass, entry_id).items()}
    fleet = Owner(entities=entities.get(entry_id, {}), counts=data.of())
    return [
        fleet,
        *(
            Owner(
                name=async_printer_name(hass, printer, key),
                kind=printer.profile.rules.printer_type,
                device_id=printer.device_id,
                entities=entities.get(key, {}),
                counts=data.of(Period.EVER, key),
            )
            for key, printer in runtime.printers.items()
        ),
    ]


@callback
def _entities(hass: HomeAssistant, entry_id: str) -> dict[str, dict[str, str]]:
    """Our entities that are neither disabled nor hidden: by whose they are, by their key."""
    found: dict[str, dict[str, str]] = {}
    for each in er.async_entries_for_config_entry(er.async_get(hass), entry_id):
        if each.disabled_by is None and each.hidden_by is None:
            owner, key = owner_and_key(each.unique_id)
            found.setdefault(owner, {})[key] = each.entity_id
    return found


@callback
def _telling(hass: HomeAssistant, entities: Mapping[str, str]) -> dict[str, str]:
    """Leave out what has nothing to show, such as the filament of printers that tell of none."""
    return {
        key: entity_id
        for key, entity_id in entities.items()
        if (state := hass.states.get(entity_id)) is not None and state.state != STATE_UNKNOWN
    }


def _in_local_time(row: Mapping[str, Any]) -> dict[str, Any]:
    ended = dt_util.as_local(datetime.fromisoformat(row["ended"]))
    return {**row, "ended": ended.strftime("%Y-%m-%d %H:%M")}


def _weeks(conn: Connection, today: date) -> Weeks:
    week = timedelta(days=WEEK_DAYS)
    monday = date.fromisoformat(first_day(Period.WEEK, today.isoformat()))

    def between(first: date, last: date) -> Counts:
        found = owner_counts(conn, since=first.isoformat(), until=last.isoformat())
        return found.get(FLEET, {})

    return Weeks(
        this=between(monday, today),
        last_by_now=between(monday - week, today - week),
        last=between(monday - week, monday - timedelta(days=1)),
    )


async def _async_sharing(hass: HomeAssistant, runtime: Runtime) -> Sharing:
    preview = await runtime.report_scheduler.async_preview()
    status = runtime.coordinator.data.sharing.status
    good_for = timedelta(hours=_LINK_HOURS)
    return Sharing(
        state=status.value if status in (Status.OFF, Status.PAUSED) else "on",
        body=preview.next.body.decode(),
        sha256=preview.next.sha256,
        can_submit=preview.can_submit or bool(preview.waiting),
        export_link=signed_link(hass, EXPORT_PATH, good_for),
        prints_link=signed_link(hass, PRINTS_PATH, good_for),
    )
