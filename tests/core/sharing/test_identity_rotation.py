"""New identities: by hand, and when a restored or cloned installation meets its former self."""

import asyncio
from datetime import UTC, date, datetime
import json
from pathlib import Path
import shutil
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.sharing import identity
from custom_components.printernizer_stats.core.sharing.outbox import StoredReport, all_reports
from custom_components.printernizer_stats.core.store.settings import get_setting

from ...background.test_report_scheduler import refused
from ...helpers import (
    AGREED,
    CLIENT_KEY,
    StatisticsService,
    all_deletions,
    async_act,
    async_pass,
    async_settle,
    async_setup,
    entity_state,
)
from ...second_service import SecondService

SHARED = {"share": True, "consent": AGREED, "client_key": CLIENT_KEY}


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


async def _record(hass: HomeAssistant, times: int = 1) -> None:
    for _ in range(times):
        await async_act(hass, "record_event", {"event_type": "file_uploaded"})


async def _author(hass: HomeAssistant) -> str:
    preview = await async_act(hass, "preview_report")
    return str(json.loads(preview["body"])["installation"]["installation_id"])


async def _async_restore(hass: HomeAssistant, entry: MockConfigEntry, backup: Path, database: Path) -> None:
    """Put a copy of the file back, as a restored backup does."""
    assert await hass.config_entries.async_unload(entry.entry_id)
    for each in database.parent.glob(f"{database.name}*"):
        each.unlink()
    shutil.copy(backup, database)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)


async def _async_fork(
    hass: HomeAssistant, entry: MockConfigEntry, database: Path, tmp_path: Path, **remote: Any
) -> None:
    """Copy the file, send a report (and have it deleted again), restore the copy and count other things."""
    await _author(hass)  # there is an identity to be copied
    assert await hass.config_entries.async_unload(entry.entry_id)
    backup = tmp_path / "backup.db"
    shutil.copy(database, backup)
    assert await hass.config_entries.async_setup(entry.entry_id)
    await _record(hass)
    await async_act(hass, "submit_now")
    if remote:
        await async_act(hass, "delete_data", {"confirm": True, "scope": "events", **remote})
    await _async_restore(hass, entry, backup, database)
    await _record(hass, 5)


def _issue(hass: HomeAssistant) -> ir.IssueEntry | None:
    return ir.async_get(hass).async_get_issue(DOMAIN, "identity_renewed")


def _reports(entry: MockConfigEntry) -> list[StoredReport]:
    reports: list[StoredReport] = entry.runtime_data.store.run(all_reports).result()
    return reports


async def test_a_restored_installation_becomes_one_of_its_own(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    second: SecondService,
    database: Path,
    tmp_path: Path,
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _async_fork(hass, entry, database, tmp_path)
    (first,) = second.received
    with refused("submission_conflict"):
        await async_act(hass, "submit_now")
    assert entity_state(hass, entry, "submission_status").state == "renewed"
    assert _issue(hass) is not None
    assert second.uploads() == 1
    await async_pass(hass, entry, freezer, hours=73)
    assert entity_state(hass, entry, "submission_status").state == "sent"
    assert second.uploads() == 6
    assert len(second.received) == 2
    assert [each.state for each in _reports(entry)] == ["acknowledged"]
    for _ in range(14):
        await _record(hass)
        await async_pass(hass, entry, freezer, days=1)
    assert len(second.received[first]) == 1, "the former self is alone with its reports"
    answer = await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    assert second.received == {}, "what was sent before the renewal can still be deleted"
    assert all(each["confirmed"] for each in answer["deletions"])


async def test_a_deleted_identity_that_comes_back_is_left_behind(
    hass: HomeAssistant, second: SecondService, database: Path, tmp_path: Path
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _async_fork(hass, entry, database, tmp_path, remote=True)
    with refused("submission_rejected"):
        await async_act(hass, "submit_now")
    assert _issue(hass) is not None
    ((state, status),) = [(each.state, each.status) for each in _reports(entry)]
    assert (state, status) == ("parked", 410), "what was deleted is not sent again"
    assert await _author(hass) not in second.deleted


async def test_a_service_that_always_finds_a_conflict_causes_no_loop(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, service: StatisticsService
) -> None:
    service.status = 409
    entry = await async_setup(hass, **service.options())
    authors = []
    for _ in range(21):
        await _record(hass)
        authors.append(await _author(hass))
        await async_pass(hass, entry, freezer, days=1)
    assert len(set(authors)) <= 4, "one identity a week at most"
    parked = [each for each in _reports(entry) if each.state == "parked"]
    assert {each.status for each in parked} == {409}
    assert service.asked <= 2 * len(_reports(entry))


@pytest.mark.parametrize(("sent", "deletable"), [("keep", True), ("forget", False)])
async def test_rotating_by_hand(
    hass: HomeAssistant, second: SecondService, sent: str, deletable: bool
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    (before,) = second.received
    assert await async_act(hass, "rotate_identity", {"sent": sent}) == {"deletions": []}
    assert await _author(hass) != before
    assert list(second.received) == [before], "what was sent stays where it is"
    assert await entry.runtime_data.remote_deletion.async_has_sent() is deletable
    await async_act(hass, "delete_data", {"confirm": True})
    assert (second.received == {}) is deletable


async def test_an_identity_that_is_given_up_is_on_no_disk(
    hass: HomeAssistant, second: SecondService, database: Path
) -> None:
    """Neither its secret nor the key of a week, which is kept for a deletion while one is possible."""
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    secret = await _async_setting(entry, "identity_secret")
    seed = identity.derive(bytes.fromhex(secret), date(2026, 10, 12)).seed
    await async_act(hass, "rotate_identity", {"sent": "keep"})
    assert _traces(database, seed)
    second_secret = await _async_setting(entry, "identity_secret")
    await async_act(hass, "rotate_identity", {"sent": "forget"})
    traces = [_traces(database, each) for each in (secret.encode(), second_secret.encode(), seed)]
    assert traces == [[], [], []]


async def _async_setting(entry: MockConfigEntry, name: str) -> str:
    return str(await asyncio.wrap_future(entry.runtime_data.store.run(lambda conn: get_setting(conn, name))))


def _traces(database: Path, text: bytes) -> list[Path]:
    """Return the files of the store, its log too, in which a text stands."""
    return [each for each in database.parent.glob(f"{database.name}*") if text in each.read_bytes()]


async def test_rotating_by_hand_can_delete_what_was_sent(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory, second: SecondService
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    second.status = 503
    answer = await async_act(hass, "rotate_identity", {"sent": "delete"})
    assert [each["confirmed"] for each in answer["deletions"]] == [None]
    await async_settle(hass, entry)
    assert entity_state(hass, entry, "pending_deletions").state == "1"
    second.status = 200
    await async_pass(hass, entry, freezer, hours=25)
    assert second.received == {}
    assert entity_state(hass, entry, "pending_deletions").state == "0"


async def test_a_report_whose_answer_was_lost_keeps_its_author(
    hass: HomeAssistant, second: SecondService
) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    second.forgetful = True
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    second.forgetful = False
    (author,) = second.received
    await async_act(hass, "rotate_identity")
    await async_act(hass, "submit_now")
    assert list(second.received) == [author]
    assert second.uploads() == 1, "counted once"
    await _record(hass)
    assert await _author(hass) != author


async def test_what_was_sent_without_an_answer_is_deleted_too(
    hass: HomeAssistant, second: SecondService
) -> None:
    await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    second.forgetful = True
    with refused("submission_unreachable"):
        await async_act(hass, "submit_now")
    second.forgetful = False
    assert second.uploads() == 1
    answer = await async_act(hass, "delete_data", {"confirm": True})
    assert second.received == {}
    assert [each["receipt"]["deleted_count"] for each in answer["deletions"]] == [1]


async def test_deletions_go_to_the_service_that_has_it(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    second: SecondService,
    another: SecondService,
) -> None:
    entry = await async_setup(hass, **SHARED, url=second.url)
    await _record(hass)
    await async_act(hass, "submit_now")
    (before,) = second.received
    hass.config_entries.async_update_entry(entry, options={**entry.options, "url": another.url})
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_pass(hass, entry, freezer, days=7)
    await _record(hass)
    await async_act(hass, "submit_now")
    after = set(another.received)
    second.status = 503
    answer = await async_act(hass, "delete_data", {"confirm": True, "at_once": True})
    assert set(another.deleted) == after, "a service that is away does not hold up the others"
    confirmed = {(each["endpoint"], bool(each["confirmed"])) for each in answer["deletions"]}
    assert confirmed == {(second.url, False), (another.url, True)}
    second.status = 200
    await async_pass(hass, entry, freezer, hours=25)
    assert second.deleted == [before]
    assert second.received == another.received == {}
    deletions = entry.runtime_data.store.run(all_deletions).result()
    assert {each.key_seed for each in deletions} == {None}
