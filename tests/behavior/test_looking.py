"""Looking changes nothing: not the file, and nobody is asked anything."""

from contextlib import closing
from datetime import UTC, datetime
import json
from pathlib import Path
import socket
import sqlite3
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
import pytest

from custom_components.printernizer_stats.dashboard.build import async_dashboard
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics

from ..forms import async_open_options
from ..helpers import AGREED, CLIENT_KEY, StatisticsService, async_act, async_settle, async_setup
from ..second_service import SecondService

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _wednesday(freezer: FrozenDateTimeFactory) -> None:
    freezer.move_to(datetime(2026, 10, 14, 9, tzinfo=UTC))


def _settings(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return dict(connection.execute("SELECT key, value FROM usage_settings"))


def _everything(database: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return list(connection.iterdump())


async def _async_look(hass: HomeAssistant, entry: Any) -> str:
    """Use all that only shows something; returns the body that was shown."""
    preview = await async_act(hass, "preview_report")
    await async_open_options(hass, entry, "preview")
    await async_open_options(hass, entry, "collected")
    await async_open_options(hass, entry, "reports")
    await async_dashboard(hass, language="en", admin=True)
    await async_get_config_entry_diagnostics(hass, entry)
    await async_act(hass, "export_data")
    await async_settle(hass, entry)
    return str(preview["body"])


async def test_looking_stores_nothing_while_sharing_is_off(hass: HomeAssistant, database: Path) -> None:
    entry = await async_setup(hass)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    before = _everything(database)
    body = json.loads(await _async_look(hass, entry))
    assert body["installation"]["installation_id"] == NOBODY
    assert _everything(database) == before
    assert not {"identity_secret", "installation_id"} & _settings(database).keys()


async def test_looking_stores_nothing_and_asks_nobody_while_sharing_is_on(
    hass: HomeAssistant, database: Path, second: SecondService, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = await async_setup(hass, share=True, consent=AGREED, client_key=CLIENT_KEY, url=second.url)
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    before = _everything(database)
    with monkeypatch.context() as patched:
        attempts: list[str] = []
        patched.setattr(socket.socket, "connect", lambda *_: attempts.append("connect"))
        body = await _async_look(hass, entry)
    assert attempts == []
    assert _everything(database) == before
    await async_act(hass, "submit_now", {"sha256": (await async_act(hass, "preview_report"))["sha256"]})
    assert [body.encode()] in second.received.values()


@pytest.mark.parametrize("rotated", [False, True])
async def test_what_is_shown_is_sent_also_by_a_new_identity(
    hass: HomeAssistant, service: StatisticsService, rotated: bool
) -> None:
    await async_setup(hass, **service.options())
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    if rotated:
        await async_act(hass, "rotate_identity")
    preview = await async_act(hass, "preview_report")
    await async_act(hass, "submit_now", {"sha256": preview["sha256"]})
    assert service.received == [preview["body"].encode()]
