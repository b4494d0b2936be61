"""No answer of a service stops sharing, a deletion or receiving.

PRINTERNIZER_FULL_PROOFS=1 makes it 10,000 answers.
"""

import asyncio
from collections.abc import Callable
import json
from typing import Any, Final

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
from hypothesis import HealthCheck, example, given, settings, strategies as st
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from sqlalchemy import Connection, update

from custom_components.printernizer_stats.core.community import download
from custom_components.printernizer_stats.core.community.kept import Kept
from custom_components.printernizer_stats.core.sharing import api
from custom_components.printernizer_stats.core.sharing.schedule import WEEK_SECONDS
from custom_components.printernizer_stats.core.store.tables import usage_reports

from ..helpers import AGREED, CLIENT_KEY, all_deletions, async_act, async_settle, async_setup
from ..liar import LIES, Liar, Lie
from ..proofs import FULL_PROOFS, tries

TURNS: Final = tries(75, fast=8, full=2500)
"""Each has four answers: to what is spoken, to a report, to what is spoken, to a deletion."""
DELETIONS: Final = tries(4, fast=2, full=100)
SPEAKS: Final = {
    "protocols": ["1.0", "2.0"],
    "receipt_keys": [{"kty": "OKP", "crv": "Ed25519", "x": "A" * 43, "kid": "k1"}],
}
HELLO: Final = Lie(200, body=json.dumps(SPEAKS).encode())
AWAY: Final = Lie(502)
NAIVE: Final = Lie(503, [("Retry-After", "Thu, 05 Nov 2026 12:00:00 -0000")])
_CHECKS: Final = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.fixture
async def liar(socket_enabled: None, monkeypatch: pytest.MonkeyPatch) -> Liar:
    """Run a service that lies, for a client that does not wait long."""
    monkeypatch.setattr(api, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    running = Liar()
    await running.start()
    return running


@pytest.fixture
async def entry(hass: HomeAssistant, liar: Liar) -> MockConfigEntry:
    """Set up an entry with a report and a deletion that wait, at a service that signs.

    The clock is not held: waiting for a service that is silent must end.
    """
    entry = await async_setup(hass, share=True, consent=AGREED, client_key=CLIENT_KEY, url=liar.url)
    await _async_fill(hass, liar)
    return entry


@pytest.fixture
async def receiving(hass: HomeAssistant, liar: Liar, monkeypatch: pytest.MonkeyPatch) -> MockConfigEntry:
    """Set up an entry that only receives, and does not wait long."""
    monkeypatch.setattr(download, "_TIMEOUT", aiohttp.ClientTimeout(total=0.2))
    return await async_setup(hass, community=True, url=liar.url)


async def _async_fill(hass: HomeAssistant, liar: Liar) -> None:
    liar.lies = [HELLO, AWAY]
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    with pytest.raises(ServiceValidationError):
        await async_act(hass, "submit_now")
    await async_act(hass, "rotate_identity", {"sent": "delete"})


async def _async_run[T](entry: MockConfigEntry, function: Callable[[Connection], T]) -> T:
    done: Any = entry.runtime_data.store.run(function)
    return await asyncio.wrap_future(done)


def _all_wait(conn: Connection) -> None:
    conn.execute(update(usage_reports).values(state="pending"))


async def _async_turn(entry: MockConfigEntry, liar: Liar, lies: list[Lie]) -> None:
    """Have both timers do what they do, and see that there is a next time."""
    await _async_run(entry, _all_wait)
    liar.lies = lies
    report_scheduler, remote_deletion = (
        entry.runtime_data.report_scheduler,
        entry.runtime_data.remote_deletion,
    )
    now = dt_util.utcnow()
    await report_scheduler._async_due(now)
    await remote_deletion._async_due(now)
    assert report_scheduler._timer.is_set
    assert 3600 <= report_scheduler.state.next - now.timestamp() <= 2 * WEEK_SECONDS
    assert remote_deletion._timer.is_set
    left = [each for each in await _async_run(entry, all_deletions) if each.confirmed_at is None]
    assert left
    assert all(each.key_seed for each in left)
    assert all(each.receipt is None for each in await _async_run(entry, all_deletions))


@pytest.mark.timeout(3600 if FULL_PROOFS else 1200)
@settings(max_examples=TURNS, deadline=None, derandomize=not FULL_PROOFS, suppress_health_check=_CHECKS)
@given(lies=st.lists(LIES, min_size=4, max_size=4))
@example(lies=[HELLO, NAIVE, HELLO, NAIVE])
@example(lies=[HELLO, Lie(410), HELLO, Lie(410)])
@example(lies=[HELLO, Lie(404), HELLO, Lie(404)])
@example(lies=[NAIVE, NAIVE, NAIVE, NAIVE])
@pytest.mark.allowed_logs
def test_whatever_is_answered_there_is_a_next_time(
    hass: HomeAssistant, entry: MockConfigEntry, liar: Liar, lies: list[Lie]
) -> None:
    hass.loop.run_until_complete(_async_turn(entry, liar, lies))


async def _async_delete_everything(
    hass: HomeAssistant, entry: MockConfigEntry, liar: Liar, lies: list[Lie]
) -> None:
    liar.lies = lies
    answer = await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    await async_settle(hass, entry)
    assert any(each["confirmed"] is None for each in answer["deletions"])
    exported = await async_act(hass, "export_data")
    assert (exported["events"], exported["reports"], exported["consents"]) == ([], [], [])
    assert entry.options["share"] is False
    again = {**entry.options, "share": True, "consent": AGREED}
    hass.config_entries.async_update_entry(entry, options=again)
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    await _async_fill(hass, liar)


@pytest.mark.timeout(1200)
@settings(max_examples=DELETIONS, deadline=None, derandomize=not FULL_PROOFS, suppress_health_check=_CHECKS)
@given(lies=st.lists(LIES, min_size=4, max_size=4))
@example(lies=[HELLO, NAIVE])
@pytest.mark.allowed_logs
def test_whatever_is_answered_everything_at_home_is_deleted(
    hass: HomeAssistant, entry: MockConfigEntry, liar: Liar, lies: list[Lie]
) -> None:
    hass.loop.run_until_complete(_async_delete_everything(hass, entry, liar, lies))


async def _async_receive(entry: MockConfigEntry, liar: Liar, lie: Lie) -> None:
    """Have the timer of the community do what it does, and see that nothing is shown, and a next time."""
    liar.lies = [lie]
    told, now, community = liar.told, dt_util.utcnow(), entry.runtime_data.community
    await community._async_due(now)
    # aiohttp asks once more where a connection ends without a byte.
    assert liar.told - told in (1, 2)
    assert community.numbers is None
    assert community._timer.is_set
    assert 3600 <= community.next - now.timestamp() <= 2 * WEEK_SECONDS
    kept = await _async_run(entry, lambda conn: Kept.load(conn, community.url))
    assert (kept.file, kept.keys) == (None, ())


@pytest.mark.timeout(3600 if FULL_PROOFS else 1200)
@settings(max_examples=TURNS, deadline=None, derandomize=not FULL_PROOFS, suppress_health_check=_CHECKS)
@given(lie=LIES)
@example(lie=Lie(200, body=b"[" * 100_000))
@example(lie=Lie(200, body=b"x" * 200_000))
@example(lie=Lie(200, body=b'{"numbers":{},"jws":"a.b.c"}'))
@example(lie=Lie(200, body=b"{}", hanging=True, framed=False))
@example(lie=Lie(301, [("Location", "http://127.0.0.1:9/")]))
def test_whatever_is_published_nothing_false_is_shown_and_there_is_a_next_time(
    hass: HomeAssistant, receiving: MockConfigEntry, liar: Liar, lie: Lie
) -> None:
    hass.loop.run_until_complete(_async_receive(receiving, liar, lie))
