"""A dictionary that grows: the difference is shown, the old subset goes on, and a no is heard once."""

from contextlib import closing
from dataclasses import replace
import hashlib
from http import HTTPStatus
import json
import logging
from pathlib import Path
import sqlite3
import sys
from typing import Any

from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.store.consent_ledger import ledger

from ..helpers import (
    AGREED,
    EN,
    StatisticsService,
    async_act,
    async_pass,
    async_send_rest,
    async_settle,
    async_setup,
)

type Client = TestClient[Request, Application]
_FIX = "/api/repairs/issues/fix"


def grow(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """Make these fields new in version 2, wherever the dictionary is used."""
    fields = {
        path: replace(declared, since=2 if path in paths else 1)
        for path, declared in DICTIONARY.report.items()
    }
    larger = replace(DICTIONARY, version=2, report=fields)
    for name, module in list(sys.modules.items()):
        if name.startswith(f"custom_components.{DOMAIN}") and hasattr(module, "DICTIONARY"):
            monkeypatch.setattr(module, "DICTIONARY", larger)


async def async_restart(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Start anew, as after an update."""
    assert await hass.config_entries.async_reload(entry.entry_id)
    await async_settle(hass, entry)


def asked(issue_registry: ir.IssueRegistry) -> ir.IssueEntry | None:
    return issue_registry.async_get_issue(DOMAIN, "consent_outdated")


async def async_open(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> tuple[Client, Any]:
    """Open the repair as the frontend does."""
    assert await async_setup_component(hass, "repairs", {})
    client: Client = await hass_client()
    answer = await client.post(_FIX, json={"handler": DOMAIN, "issue_id": "consent_outdated"})
    assert answer.status == HTTPStatus.OK, await answer.text()
    return client, await answer.json()


async def async_answer(client: Client, menu: Any, choice: str) -> None:
    answer = await client.post(f"{_FIX}/{menu['flow_id']}", json={"next_step_id": choice})
    assert answer.status == HTTPStatus.OK, await answer.text()
    assert (await answer.json())["type"] == "create_entry"


@pytest.fixture(autouse=True)
def _no_access_log(caplog: pytest.LogCaptureFixture) -> None:
    """The access log does not like a clock that is moved."""
    caplog.set_level(logging.CRITICAL, "aiohttp.access")


@pytest.fixture
async def entry(
    hass: HomeAssistant, service: StatisticsService, freezer: FrozenDateTimeFactory
) -> MockConfigEntry:
    """An entry that shares what version 1 knew of the basics and of usage."""
    freezer.move_to("2026-10-14 10:00:00+00:00")
    consent = {**AGREED, "categories": ["base", "usage"]}
    return await async_setup(hass, **service.options() | {"consent": consent})


async def test_until_it_is_answered_the_old_subset_goes_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    service: StatisticsService,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asked(issue_registry) is None
    grow(monkeypatch, "usage_stats.upload_count", "error_summary")
    await async_restart(hass, entry)
    issue = asked(issue_registry)
    assert issue is not None
    assert issue.is_fixable
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "record_event", {"event_type": "file_downloaded"})
    await async_act(hass, "submit_now")
    (body,) = (json.loads(body) for body in service.received)
    assert body["usage_stats"]["file_count"] == 1
    assert "upload_count" not in body["usage_stats"]
    await async_restart(hass, entry)
    assert asked(issue_registry) is not None, "it is still open"


async def test_a_yes_is_shown_the_difference_and_counts_from_then_on(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    service: StatisticsService,
    freezer: FrozenDateTimeFactory,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service.says = {"dictionary": {"version": 2}}
    grow(monkeypatch, "usage_stats.upload_count", "error_summary")
    await async_restart(hass, entry)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    client, menu = await async_open(hass, hass_client)
    assert (menu["type"], menu["step_id"]) == ("menu", "init")
    shown = menu["description_placeholders"]
    assert "usage_stats.upload_count" in shown["added"]
    assert "usage_stats.file_count" not in shown["added"]
    assert "error_summary" not in shown["added"], "of a category that is not shared"
    assert "usage_stats.file_count" in shown["known"]
    assert "usage_stats.upload_count" not in shown["known"]

    await async_answer(client, menu, "accept")
    await async_settle(hass, entry)
    assert asked(issue_registry) is None
    step = EN["issues"]["consent_outdated"]["fix_flow"]["step"]["init"]
    text = "\n".join([step["title"], step["description"].format(**shown), *step["menu_options"].values()])
    assert entry.options["consent"] == {
        "version": 2,
        "categories": ["base", "usage"],
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "language": "en",
        "includes_past": False,
    }
    known = entry.runtime_data.store.run(ledger).result()
    assert known["intact"]
    assert [(each["decision"], each["version"]) for each in known["entries"]] == [
        ("agreed", 1),
        ("agreed", 2),
    ]

    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_pass(hass, entry, freezer, days=1)
    await async_act(hass, "submit_now")
    await async_send_rest(hass, entry, freezer)
    reports = [json.loads(body) for body in service.received]
    before, after = sorted(reports, key=lambda report: report["period"]["start"])
    assert "upload_count" not in before["usage_stats"]
    assert after["usage_stats"]["upload_count"] == 1


async def test_a_no_is_heard_once_for_that_version(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    service: StatisticsService,
    issue_registry: ir.IssueRegistry,
    hass_client: ClientSessionGenerator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(monkeypatch, "usage_stats.upload_count")
    await async_restart(hass, entry)
    await async_answer(*await async_open(hass, hass_client), "decline")
    await async_settle(hass, entry)
    assert asked(issue_registry) is None
    for _ in range(2):
        await async_restart(hass, entry)
        assert asked(issue_registry) is None
    known = entry.runtime_data.store.run(ledger).result()
    assert [(each["decision"], each["version"]) for each in known["entries"]] == [
        ("agreed", 1),
        ("declined", 2),
    ]
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    (body,) = (json.loads(body) for body in service.received)
    assert "upload_count" not in body["usage_stats"]
    assert body["usage_stats"]["file_count"] == 0


async def test_nobody_is_asked_about_what_they_do_not_share(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(monkeypatch, "error_summary")
    await async_restart(hass, entry)
    assert asked(issue_registry) is None
    hass.config_entries.async_update_entry(entry, options={**entry.options, "share": False})
    grow(monkeypatch, "usage_stats.upload_count")
    await async_restart(hass, entry)
    assert asked(issue_registry) is None


async def test_the_question_goes_when_sharing_goes(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grow(monkeypatch, "usage_stats.upload_count")
    await async_restart(hass, entry)
    assert asked(issue_registry) is not None
    hass.config_entries.async_update_entry(entry, options={**entry.options, "share": False})
    await async_restart(hass, entry)
    assert asked(issue_registry) is None


async def test_a_decision_that_somebody_cut_off_while_it_did_not_run_shows(
    hass: HomeAssistant, entry: MockConfigEntry, database: Path
) -> None:
    await async_restart(hass, entry)
    assert entry.runtime_data.store.run(ledger).result()["intact"]
    assert await hass.config_entries.async_unload(entry.entry_id)
    with closing(sqlite3.connect(database)) as other:
        (kept,) = other.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'usage_consents_no_delete'"
        ).fetchone()
        other.executescript(f"DROP TRIGGER usage_consents_no_delete; DELETE FROM usage_consents; {kept};")
    assert await hass.config_entries.async_setup(entry.entry_id)
    await async_settle(hass, entry)
    assert not entry.runtime_data.store.run(ledger).result()["intact"]
