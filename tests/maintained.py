"""A statistics service as its maintainers see it, on the loopback network; the answers have its shapes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import entity_registry as er
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import CONF_SHARE, DOMAIN, NAME

from .helpers import async_settle

KEY: Final = "a-read-key"
SERVICE: Final = "01JFLEET000000000000000000"


def alarm(number: int = 1, state: str = "open", times: int = 1, **more: Any) -> dict[str, Any]:
    """Return an alarm as the service lists it."""
    return {
        "id": number,
        "cause": "returns",
        "title": "Homes do not come back",
        "state": state,
        "times": times,
        "opened": "2026-W46",
        "last": "2026-W47",
        "ended": "2026-W47" if state == "ended" else None,
        "snoozed_until": None,
        "affected_homes": 210,
        "chance": 0.0004,
        **more,
    }


@dataclass
class MaintainedService:
    """Answers whoever has the key; tests change what it says."""

    url: str = ""
    key: str = KEY
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    """What is said instead of anything else."""
    active: int = 1000
    growth: float = 2.5
    version: str | None = "1.4.0"
    alarms: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path_qs)
        if request.headers.get("X-API-Key") != self.key:
            return web.json_response({"detail": "Invalid API key"}, status=401)
        if self.status != web.HTTPOk.status_code:
            return web.Response(status=self.status, headers=self.headers)
        if self.body is not None:
            return web.Response(text=self.body)
        said = self._said().get(request.path)
        return web.Response(status=404) if said is None else web.json_response(said)

    def _said(self) -> dict[str, Any]:
        trend = [{"date": f"2026-11-{day}", "total": 4000 + day, "active": 70} for day in range(19, 27)]
        found = {
            f"/alarms/{each['id']}": {
                "alarm": each,
                "ends": "after two weeks",
                "weeks": [
                    {"week": "2026-W46", "sentences": ["Before."], "evidence": []},
                    {"week": "2026-W47", "sentences": ["Fewer homes", "came back."], "evidence": []},
                ],
                "notes": [],
                "deliveries": [],
            }
            for each in self.alarms
        }
        return found | {
            "/alarms": self.alarms,
            "/stats/summary": {
                "total_submissions": 9000,
                "unique_installations": 4026,
                "latest_submission_at": "2026-11-26T00:00:00",
                "timestamp": "2026-11-26T20:00:00",
            },
            "/stats/installations": {
                "total": 4026,
                "active_7d": 800,
                "active_30d": self.active,
                "growth_7d_percent": self.growth,
                "trend": trend,
            },
            "/stats/versions": {
                "versions": [],
                "latest_version": self.version,
                "adoption_rate_latest": 61.5,
                "total_versions": 3,
            },
        }


@asynccontextmanager
async def running_service() -> AsyncIterator[MaintainedService]:
    """Run one on a free port."""
    service = MaintainedService()
    server = TestServer(service.application())
    await server.start_server(access_log=None)
    service.url = str(server.make_url("/")).rstrip("/")
    yield service
    await server.close()


def added(service: MaintainedService) -> ConfigSubentryDataWithId:
    """Return the sub-entry of a service."""
    data = {"url": service.url, "read_key": KEY}
    return ConfigSubentryDataWithId(
        data=data, subentry_id=SERVICE, subentry_type="maintainer", title="127.0.0.1", unique_id=None
    )


async def async_setup_maintainer(
    hass: HomeAssistant, service: MaintainedService, **options: Any
) -> MockConfigEntry:
    """Set up the entry with a service that its person maintains, and wait for its first answer."""
    entry = MockConfigEntry(
        domain=DOMAIN, title=NAME, options={CONF_SHARE: False, **options}, subentries_data=[added(service)]
    )
    entry.add_to_hass(hass)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_answered(hass, entry)
    return entry


async def async_answered(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Wait until what was asked is answered and shown."""
    await hass.async_block_till_done(wait_background_tasks=True)
    await async_settle(hass, entry)


def fleet_state(hass: HomeAssistant, key: str, domain: str = "sensor") -> State:
    """Return the state of an entity of the service."""
    entity_id = er.async_get(hass).async_get_entity_id(domain, DOMAIN, f"{SERVICE}_{key}")
    assert entity_id is not None, key
    state = hass.states.get(entity_id)
    assert state is not None, entity_id
    return state
