"""What the tests of the adapters stand on: the entry, printers as OctoPrint shows them, a service."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
import hashlib
import json
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from aiohttp import web
from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant, State
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import Connection

from custom_components.printernizer_stats.const import (
    CONF_CLIENT_KEY,
    CONF_CONSENT,
    CONF_ENDPOINT,
    CONF_PRINTERS,
    CONF_PSEUDONYMOUS,
    CONF_SHARE,
    DOMAIN,
    NAME,
)
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.sharing import deletion_requests
from custom_components.printernizer_stats.core.sharing.deletion_requests import Deletion
from custom_components.printernizer_stats.printers.entities import FoundPrinter

from .clock import async_fire_due

INTEGRATION: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN
EN: Final[dict[str, Any]] = json.loads((INTEGRATION / "translations" / "en.json").read_text(encoding="utf-8"))
CLIENT_KEY: Final = "a-client-key"
AGREED: Final[dict[str, Any]] = {
    "version": 1,
    "categories": sorted(DICTIONARY.categories),
    "text_sha256": "ab" * 32,
    "language": "en",
    "includes_past": False,
}


async def async_setup(hass: HomeAssistant, **options: Any) -> MockConfigEntry:
    """Set up the entry with these options; sharing is off unless they say otherwise."""
    entry = MockConfigEntry(domain=DOMAIN, title=NAME, options={CONF_SHARE: False, **options})
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    return entry


async def async_add_app(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add an instance of Printernizer that is never there."""
    data = {"url": "http://127.0.0.1:9", "mode": "pi", "verify_ssl": True}
    app = ConfigSubentry(
        data=MappingProxyType(data), subentry_type="printernizer", title="Printernizer", unique_id=None
    )
    hass.config_entries.async_add_subentry(entry, app)
    await async_settle(hass, entry)


async def async_settle(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until all that was recorded is stored and shown."""
    await hass.async_block_till_done()
    await asyncio.wrap_future(entry.runtime_data.store.flush())
    await hass.async_block_till_done()


async def async_pass(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, **time: float
) -> None:
    """Let time go by, and what is due in it happen, to its end."""
    freezer.tick(timedelta(**time))
    before = set(hass._background_tasks)
    async_fire_due(hass)
    # Home Assistant's timers start tasks that async_block_till_done does not wait for.
    if begun := hass._background_tasks - before:
        await asyncio.wait(begun)
    await async_settle(hass, entry)


async def async_send_rest(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory
) -> None:
    """Let the moments come at which earlier reports that wait are sent."""
    while entry.runtime_data.report_scheduler.state.pending:
        await async_pass(hass, entry, freezer, hours=73)


async def async_act(
    hass: HomeAssistant, action: str, data: Mapping[str, Any] | None = None, *, user_id: str | None = None
) -> dict[str, Any]:
    """Call an action of the integration and return its response; empty when it has none."""
    answers = hass.services.supports_response(DOMAIN, action).value != "none"
    response = await hass.services.async_call(
        DOMAIN,
        action,
        dict(data or {}),
        blocking=True,
        context=Context(user_id=user_id),
        return_response=answers,
    )
    return dict(response or {})


def message(key: str, **placeholders: str) -> str:
    """Return an exception's English text as Home Assistant shows it, without the full stop."""
    text: str = EN["exceptions"][key]["message"]
    return text.format(**placeholders).rstrip(".")


async def async_refused(hass: HomeAssistant, action: str, data: dict[str, Any] | None = None) -> str:
    """Call an action that must be refused with a translated text; return which one."""
    with pytest.raises(ServiceValidationError) as refused:
        await async_act(hass, action, data)
    key = refused.value.translation_key
    assert refused.value.translation_domain == DOMAIN
    assert key is not None
    assert str(refused.value) == message(key, **(refused.value.translation_placeholders or {}))
    return key


async def async_enable_all(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Enable the entities that are disabled at first, as a user does it."""
    registry = er.async_get(hass)
    for each in er.async_entries_for_config_entry(registry, entry.entry_id):
        registry.async_update_entity(each.entity_id, disabled_by=None)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)


def all_deletions(conn: Connection) -> list[Deletion]:
    """Return every deletion that was ever asked for, oldest first."""
    return deletion_requests._asked(conn)


def printer_key(entry: MockConfigEntry, printer: OctoPrint) -> str:
    """Return our own key of a printer that is counted."""
    counted: Mapping[str, FoundPrinter] = entry.runtime_data.printers
    return next(key for key, each in counted.items() if each.id == printer.id)


def entity_state(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    key: str,
    domain: str = "sensor",
    printer: OctoPrint | None = None,
) -> State:
    """Return the state of the integration's entity with that key, of the fleet or of a printer."""
    owner = printer_key(entry, printer) if printer else entry.entry_id
    entity_id = er.async_get(hass).async_get_entity_id(domain, DOMAIN, f"{owner}_{key}")
    assert entity_id is not None, key
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state


class OctoPrint:
    """A printer as the OctoPrint integration shows it: registry entries, and states that tests set."""

    def __init__(self, hass: HomeAssistant, device: str = "abc", name: str | None = None) -> None:
        """Put the printer into the registry, with a device if it has a name."""
        self._hass = hass
        device_id = None
        config_entry = MockConfigEntry(domain="octoprint")
        if name is not None:
            config_entry.add_to_hass(hass)
            device_id = (
                dr.async_get(hass)
                .async_get_or_create(
                    config_entry_id=config_entry.entry_id, identifiers={("octoprint", device)}, name=name
                )
                .id
            )
        self._entities = {
            kind: er.async_get(hass).async_get_or_create(
                "sensor",
                "octoprint",
                f"{kind}-{device}",
                config_entry=config_entry if name is not None else None,
                device_id=device_id,
            )
            for kind in ("Current State", "Job Percentage")
        }
        self.id = self._entities["Current State"].id
        self.entity_id = self._entities["Current State"].entity_id

    def show(self, state: str, progress: float | None = None) -> None:
        """Set the progress, if given, and then the state."""
        if progress is not None:
            percentage = self._entities["Job Percentage"].entity_id
            self._hass.states.async_set(percentage, str(progress), {"unit_of_measurement": "%"})
        self._hass.states.async_set(self.entity_id, state)


async def async_print(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    printer: OctoPrint,
    end: str = "operational",
) -> None:
    """Print for an hour; the last progress is 100 % when the print ends as OctoPrint's do."""
    printer.show("printing", 0)
    await async_pass(hass, entry, freezer, hours=1)
    printer.show(end, 100 if end == "operational" else 40)
    await async_pass(hass, entry, freezer, seconds=10)
    printer.show("operational")
    await async_pass(hass, entry, freezer, minutes=5)


@dataclass
class StatisticsService:
    """A statistics service on the loopback network that keeps what it receives."""

    url: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    asked: int = 0
    received: list[bytes] = field(default_factory=list)
    says: dict[str, Any] | None = None
    """What it says of itself; the first services said nothing."""
    open: asyncio.Event = field(default_factory=asyncio.Event)
    busy: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        """Answer at once, until a test clears `open`."""
        self.open.set()

    async def async_introduce(self, _request: web.Request) -> web.Response:
        """Answer what it says of itself."""
        return web.Response(status=404) if self.says is None else web.json_response(self.says)

    async def async_answer(self, request: web.Request) -> web.Response:
        """Answer as the protocol says: 401 for a wrong key, 422 for no report, a receipt for a report."""
        body = await request.read()
        self.asked += 1
        self.busy.set()
        await self.open.wait()
        if request.headers.get("X-API-Key") != CLIENT_KEY:
            return web.json_response({"detail": "key"}, status=401)
        if body == b"{}":
            return web.json_response({"detail": "fields"}, status=422)
        if self.status != 200:
            return web.json_response({}, status=self.status, headers=self.headers)
        self.received.append(body)
        receipt = {
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "received_day": "2026-10-14",
            "protocol": 1,
        }
        return web.json_response({"submission_id": len(self.received), "receipt": receipt})

    def options(self, printers: tuple[str, ...] = ()) -> dict[str, Any]:
        """Return the entry's options that share with this service."""
        return {
            CONF_SHARE: True,
            CONF_CONSENT: AGREED,
            CONF_ENDPOINT: self.url,
            CONF_PSEUDONYMOUS: self.url,
            CONF_CLIENT_KEY: CLIENT_KEY,
            CONF_PRINTERS: list(printers),
        }
