"""The whole corpus once more, through Home Assistant's registries, state machine and bus.

`script/test --fast` shows every third of its courses.
"""

from datetime import UTC, datetime
from typing import Any, Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest

from custom_components.printernizer_stats.core.models import Observation, UsageEvent
from custom_components.printernizer_stats.core.prints.session import PrintSession
from custom_components.printernizer_stats.printers.bus_events import BusEventSource
from custom_components.printernizer_stats.printers.entities import EntitySource
from custom_components.printernizer_stats.printers.profiles import PROFILES

from ..house import House, async_house
from ..proofs import part, tries
from ..replaying import Replay, Scenario, scenarios

KEY: Final = "key"


class Follower:
    """Both sources and the session of one printer, with the time as the scenario tells it."""

    def __init__(self, house: House, freezer: FrozenDateTimeFactory) -> None:
        self.events: list[UsageEvent] = []
        self._house = house
        self._freezer = freezer
        self._saved: dict[str, Any] | None = None
        self._begin()

    def _begin(self) -> None:
        printers = {KEY: self._house.printer}
        self.session = PrintSession(KEY, self._house.printer.profile.rules)
        if self._saved:
            self.session.load(self._saved)
        self._entities = EntitySource(self._house.hass, self._take, self._follow)
        self._bus = BusEventSource(self._house.hass, self._take, self.events.append)
        self._entities.async_start(printers)
        self._bus.async_start(printers)

    def _follow(self) -> None:
        self._entities.async_stop()
        self._entities.async_start({KEY: self._house.printer})

    def _take(self, key: str, seen: Observation) -> None:
        assert key == KEY
        self.events += self.session.observe(seen)

    def restart(self) -> None:
        """Stop following, lose all states as Home Assistant does, and begin anew."""
        self.stop()
        self._saved = self.session.dump(dt_util.utcnow().timestamp())
        for entity_id in self._house.hass.states.async_entity_ids():
            self._house.hass.states.async_remove(entity_id)
        self._begin()

    def stop(self) -> None:
        self._entities.async_stop()
        self._bus.async_stop()

    def wait(self, until: float | None) -> None:
        """Let time go by, and what is due in it happen."""
        while (due := self.session.deadline) is not None and (until is None or due <= until):
            self._freezer.move_to(datetime.fromtimestamp(due, UTC))
            self.events += self.session.observe(self._entities.read(KEY))
        if until is not None:
            self._freezer.move_to(datetime.fromtimestamp(until, UTC))


async def async_run(hass: HomeAssistant, freezer: FrozenDateTimeFactory, scenario: Scenario) -> list[Any]:
    """Show the scenario's rows to Home Assistant and return what was counted."""
    profile = PROFILES[scenario.integration]
    house = async_house(hass, profile.domain, scenario.printer)
    unique_ids = {row[1] for row in scenario.rows} - {"event", "restart"}
    assert any(profile.printer_of(each) == scenario.printer for each in unique_ids)
    for unique_id in unique_ids:
        house.entity(unique_id)
    follower = Follower(house, freezer)
    for at, what, *rest in scenario.rows:
        follower.wait(float(at))
        if what == "restart":
            follower.restart()
        elif what == "event":
            house.fire(rest[0])
        else:
            house.show(what, *rest)
        await hass.async_block_till_done()
    follower.wait(None)
    follower.stop()
    return [(each.type, dict(each.data)) for each in follower.events]


@pytest.mark.parametrize("scenario", part(scenarios(), tries(1, fast=3)), ids=lambda each: each.id)
async def test_scenario(hass: HomeAssistant, freezer: FrozenDateTimeFactory, scenario: Scenario) -> None:
    freezer.move_to(datetime.fromtimestamp(0, UTC))
    counted = await async_run(hass, freezer, scenario)
    assert counted == [
        (each.type, dict(each.data)) for each in Replay(scenario.integration).run(scenario.steps)
    ]
