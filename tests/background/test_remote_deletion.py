"""Deletions at services: asked for again, whatever happens, until they are confirmed; then no more."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.core.sharing.deletion_requests import Deletion

from ..clock import async_fire_due
from ..helpers import (
    AGREED,
    CLIENT_KEY,
    all_deletions,
    async_act,
    async_pass,
    async_settle,
    async_setup,
    entity_state,
)
from ..second_service import SecondService

SHARED = {"share": True, "consent": AGREED, "client_key": CLIENT_KEY}


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


@pytest.fixture
async def entry(hass: HomeAssistant, second: SecondService, _wednesday: None) -> MockConfigEntry:
    """Set up an entry that has sent a report."""
    entry = await async_setup(hass, **SHARED, url=second.url)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    return entry


def _deletion(entry: MockConfigEntry) -> Deletion:
    (deletion,) = entry.runtime_data.store.run(all_deletions).result()
    assert isinstance(deletion, Deletion)
    return deletion


@contextmanager
def _no_answer_is_stored(entry: MockConfigEntry) -> Iterator[None]:
    """Let the file refuse what services answer, as it does when the disk is full by then."""
    run = entry.runtime_data.store.run
    refuse = "BEGIN SELECT RAISE(ABORT, 'full'); END"
    trigger = f"CREATE TRIGGER full BEFORE UPDATE OF confirmed_ts ON usage_deletions {refuse}"
    run(lambda conn: conn.exec_driver_sql(trigger)).result()
    yield
    run(lambda conn: conn.exec_driver_sql("DROP TRIGGER full")).result()


async def test_a_deletion_is_repeated_across_restarts_until_it_is_confirmed(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    (author,) = second.received
    second.status = 503
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert [each["confirmed"] for each in answer["deletions"]] == [None]
    asked = second.asked
    await async_pass(hass, entry, freezer, hours=25)
    assert second.asked > asked
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)
    second.status = 200
    await async_pass(hass, entry, freezer, seconds=61)
    assert second.deleted == [author]
    deletion = _deletion(entry)
    assert deletion.confirmed_at is not None
    assert deletion.key_seed is None, "the key is forgotten once it has served"
    await async_pass(hass, entry, freezer, hours=25)
    assert second.deleted == [author], "asked no more"


async def test_a_deletion_whose_first_answer_was_lost_has_the_receipt_of_what_was_deleted(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    (author,) = second.received
    second.forgetful = True
    await async_act(hass, "delete_data", {"confirm": True})
    assert (second.deleted, second.received) == ([author], {})
    assert _deletion(entry).confirmed_at is None
    second.forgetful = False
    await async_pass(hass, entry, freezer, hours=25)
    assert second.deleted == [author, author]
    receipt = _deletion(entry).receipt
    assert receipt is not None
    assert receipt["deleted_count"] == 1


async def test_an_answer_that_the_file_refuses_is_asked_for_again_every_hour(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    """Nothing is raised into Home Assistant and nothing logged: a warning would fail this test."""
    (author,) = second.received
    second.status = 503
    await async_act(hass, "rotate_identity", {"sent": "delete"})
    second.status = 200
    with _no_answer_is_stored(entry):
        await async_pass(hass, entry, freezer, hours=25)
        assert second.deleted == [author]
        for times in (2, 3):
            await async_pass(hass, entry, freezer, hours=1, seconds=1)
            assert second.deleted == [author] * times
            assert entity_state(hass, entry, "pending_deletions").state == "1"
        assert _deletion(entry).confirmed_at is None
        assert _deletion(entry).key_seed is not None, "what proves it ours is needed again"
    await async_pass(hass, entry, freezer, hours=1, seconds=1)
    assert entity_state(hass, entry, "pending_deletions").state == "0"
    confirmed = _deletion(entry)
    assert confirmed.receipt is not None
    assert confirmed.key_seed is None
    await async_pass(hass, entry, freezer, hours=25)
    assert second.deleted == [author] * 4, "asked no more"
    assert _deletion(entry) == confirmed, "the receipt is stored once"


async def test_a_person_is_told_that_the_file_refuses_and_it_goes_on_by_itself(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    (author,) = second.received
    with (
        _no_answer_is_stored(entry),
        pytest.raises(HomeAssistantError, check=lambda error: error.translation_key == "storage_failed"),
    ):
        await async_act(hass, "rotate_identity", {"sent": "delete"})
    await async_pass(hass, entry, freezer, hours=1, seconds=1)
    assert second.deleted == [author, author]
    assert _deletion(entry).receipt is not None


async def test_an_unload_ends_the_repeating(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    second.status = 503
    await async_act(hass, "rotate_identity", {"sent": "delete"})
    assert await hass.config_entries.async_unload(entry.entry_id)
    asked = second.asked
    freezer.tick(100_000)
    async_fire_due(hass)
    await hass.async_block_till_done()
    assert second.asked == asked


@pytest.mark.parametrize("status", [404, 410, 200])
async def test_only_the_services_signature_ends_a_deletion(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    second: SecondService,
    entry: MockConfigEntry,
    status: int,
) -> None:
    """What a proxy says during a deployment, or an answer without a signature, confirms nothing."""
    (author,) = second.received
    second.status, second.signing = status, Ed25519PrivateKey.generate()
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert [each["confirmed"] for each in answer["deletions"]] == [None]
    assert _deletion(entry).key_seed is not None
    for _ in range(3):
        await async_pass(hass, entry, freezer, hours=25)
    assert _deletion(entry).key_seed is not None, "the key is kept as long as it may be needed"
    second.status, second.signing = 200, None
    await async_pass(hass, entry, freezer, hours=25)
    assert second.deleted[-1] == author
    assert second.received == {}
    confirmed = _deletion(entry)
    assert confirmed.receipt is not None
    assert confirmed.key_seed is None


async def test_nobody_in_between_takes_the_signatures_away(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService, entry: MockConfigEntry
) -> None:
    """An answer to `GET /` that lists no keys is not the service's, also after everything was deleted."""
    second.keyless, second.status = True, 404
    await async_act(hass, "delete_data", {"confirm": True})
    for _ in range(3):
        await async_pass(hass, entry, freezer, hours=25)
    assert _deletion(entry).confirmed_at is None
    second.keyless, second.status = False, 200
    await async_pass(hass, entry, freezer, hours=25)
    assert _deletion(entry).receipt is not None


async def test_at_home_everything_is_gone_before_anybody_is_asked(
    hass: HomeAssistant, second: SecondService, entry: MockConfigEntry
) -> None:
    kept = []

    async def look() -> None:
        kept.append(await async_act(hass, "export_data"))

    second.before_delete = look
    await async_act(hass, "delete_data", {"confirm": True})
    (exported,) = kept
    assert (exported["events"], exported["reports"]) == ([], [])
    assert entry.options["share"] is False
    assert _deletion(entry).receipt is not None
