"""What an operator sees of the wire, addresses aside, does not tie the weeks of a home together.

The service has a host name: cookie jars take no cookies of bare addresses.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import cast

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import DATA_RESOLVER, HassAsyncDNSResolver
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from ..helpers import AGREED, CLIENT_KEY, async_act, async_pass, async_send_rest, async_setup
from ..watcher import Names, Watcher, watching

SHARED = {"share": True, "consent": AGREED, "client_key": CLIENT_KEY}
FIXED = {
    "Host",
    "Accept",
    "Accept-Encoding",
    "Authorization",
    "Connection",
    "Content-Length",
    "Content-Type",
    "User-Agent",
}


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


@pytest.fixture
async def watcher(socket_enabled: None) -> AsyncIterator[Watcher]:
    """Run a service that keeps all that it sees."""
    async with watching() as running:
        yield running


@pytest.fixture
async def entry(hass: HomeAssistant, watcher: Watcher, _wednesday: None) -> MockConfigEntry:
    """Set up an entry that shares."""
    hass.data[DATA_RESOLVER] = cast("HassAsyncDNSResolver", Names())
    return await async_setup(hass, **SHARED, url=watcher.url)


async def _async_weeks(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, weeks: int
) -> None:
    """Let weeks go by in which something is counted, and send at the moments at which it is due."""
    for _ in range(weeks):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        end = datetime.now(UTC) + timedelta(days=7)
        while _next(entry) < end:
            await _async_pass_until(hass, entry, freezer, _next(entry))
        await _async_pass_until(hass, entry, freezer, end)


def _next(entry: MockConfigEntry) -> datetime:
    return datetime.fromtimestamp(entry.runtime_data.report_scheduler.state.next, UTC)


async def _async_pass_until(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, moment: datetime
) -> None:
    """Let time go by up to a moment, and a second more."""
    await async_pass(hass, entry, freezer, seconds=(moment - datetime.now(UTC)).total_seconds() + 1)


async def _async_backlog(
    hass: HomeAssistant, entry: MockConfigEntry, freezer: FrozenDateTimeFactory, watcher: Watcher
) -> None:
    watcher.status = 500
    for _ in range(4):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})
        await async_pass(hass, entry, freezer, days=7)
    watcher.status = 200
    watcher.seen.clear()


async def test_no_cookie_comes_back(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    watcher.cookie = "id=home42; Max-Age=99999999; Path=/"
    await _async_weeks(hass, entry, freezer, 3)
    assert len(watcher.of("POST")) >= 2
    assert all("Cookie" not in each.headers for each in watcher.seen)


async def test_every_request_has_a_connection_of_its_own(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_backlog(hass, entry, freezer, watcher)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    assert len(watcher.of("POST")) >= 4
    assert len(watcher.of("DELETE")) >= 4
    connections = [each.connection for each in watcher.seen]
    assert len(connections) == len(set(connections))


async def test_every_home_has_the_same_headers(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_weeks(hass, entry, freezer, 2)
    await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    assert {each.method for each in watcher.seen} == {"GET", "POST", "DELETE"}
    for each in watcher.seen:
        assert set(each.headers) <= FIXED, each
        assert each.headers["Accept-Encoding"] == "identity"
        assert each.headers["User-Agent"] == "printernizer-stats"


async def test_a_backlog_has_no_rhythm_and_no_burst(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_backlog(hass, entry, freezer, watcher)
    await async_act(hass, "submit_now")
    assert len(watcher.of("POST")) == 1, "only the report that was closed"
    while entry.runtime_data.report_scheduler.state.pending:
        await _async_pass_until(hass, entry, freezer, _next(entry))
    moments = [each.at for each in watcher.of("POST")]
    assert len(moments) >= 4
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) >= timedelta(hours=6)
    assert len(set(gaps)) == len(gaps)


async def test_deletions_are_spread_out_unless_one_wants_it_at_once(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_weeks(hass, entry, freezer, 5)
    sent = list(watcher.received)
    watcher.seen.clear()
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert watcher.of("DELETE") == []
    assert len(answer["deletions"]) == len(sent) >= 4
    for _ in range(2 * 24 * (len(sent) + 1)):
        await async_pass(hass, entry, freezer, minutes=30)
        if not watcher.received:
            break
    moments = [each.at for each in watcher.of("DELETE")]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert sorted(watcher.deleted) == sorted(sent)
    assert watcher.received == {}
    assert min(gaps) >= timedelta(minutes=59)
    assert max(gaps) <= timedelta(hours=25)


async def test_a_person_may_want_it_at_once_also_afterwards(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_weeks(hass, entry, freezer, 3)
    sent = list(watcher.received)
    await async_act(hass, "delete_data", {"confirm": True})
    assert watcher.deleted == []
    answer = await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    assert sorted(watcher.deleted) == sorted(sent)
    assert all(each["confirmed"] for each in answer["deletions"])


@pytest.mark.parametrize("skew", [-217, 0, 143])
async def test_a_proof_tells_the_services_clock_and_not_the_homes(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    watcher: Watcher,
    entry: MockConfigEntry,
    skew: int,
) -> None:
    watcher.ahead = timedelta(seconds=skew)
    await _async_weeks(hass, entry, freezer, 2)
    await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    proofs = [each for each in watcher.seen if each.claims]
    assert {each.method for each in proofs} == {"POST", "DELETE"}
    for each in proofs:
        told = int((each.at + watcher.ahead).timestamp())
        assert each.claims["iat"] == told - told % 60


async def test_without_the_services_clock_the_homes_is_told_coarsely(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, watcher: Watcher, entry: MockConfigEntry
) -> None:
    await _async_weeks(hass, entry, freezer, 2)
    watcher.hidden = True
    watcher.seen.clear()
    await _async_weeks(hass, entry, freezer, 2)
    claims = [each.claims for each in watcher.of("POST")]
    assert claims
    assert all(each["iat"] % 300 == 0 for each in claims)
