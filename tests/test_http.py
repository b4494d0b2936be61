"""The download of the export."""

from collections.abc import Iterator
import csv
from datetime import timedelta
from http import HTTPStatus
import io
import json
from zipfile import ZipFile

from aiohttp import ClientError
from aiohttp.test_utils import TestClient
from aiohttp.web import Application, Request
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator, WebSocketGenerator
from sqlalchemy.exc import OperationalError

from custom_components.printernizer_stats import http
from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store.settings import set_setting
from custom_components.printernizer_stats.http import ExportForm

from .broken import unreadable
from .helpers import EN, StatisticsService, async_act, async_setup

type Client = TestClient[Request, Application]
EXPORT = f"/api/{DOMAIN}/export"
PRINTS = f"/api/{DOMAIN}/prints.csv"


async def async_signed_link(
    hass: HomeAssistant, hass_ws_client: WebSocketGenerator, *, identity: bool = False
) -> str:
    """Return the link that the export's response offers an administrator in the frontend."""
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id(
        {
            "type": "call_service",
            "domain": DOMAIN,
            "service": "export_data",
            "service_data": {"identity": identity},
            "return_response": True,
        }
    )
    answer = await client.receive_json()
    assert answer["success"], answer
    link: str = answer["result"]["response"]["download_url"]
    return link


async def test_an_administrator_downloads_everything(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, service: StatisticsService
) -> None:
    await async_setup(hass, **service.options())
    await async_act(hass, "record_event", {"event_type": "file_uploaded"})
    await async_act(hass, "submit_now")
    exported = await async_act(hass, "export_data")

    client: Client = await hass_client()
    answer = await client.get(EXPORT)
    assert answer.status == HTTPStatus.OK
    assert answer.content_type == "application/json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{DOMAIN}.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    downloaded = await answer.json()
    for key in ("export_version", "settings", "counters", "reports", "events"):
        assert downloaded[key] == exported[key], key
    assert [event["type"] for event in downloaded["events"]] == [
        "app_start",
        "feature_enabled",
        "file_uploaded",
    ]


async def test_tables_are_downloaded_as_a_zip(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    await async_setup(hass)
    client: Client = await hass_client()
    answer = await client.get(EXPORT, params={"format": "zip"})
    assert answer.content_type == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{DOMAIN}.zip"'
    with ZipFile(io.BytesIO(await answer.read())) as file:
        assert file.testzip() is None
        (event,) = csv.DictReader(io.StringIO(file.read("events.csv").decode()))
    assert event["type"] == "app_start"
    assert (await client.get(EXPORT, params={"format": "exe"})).status == HTTPStatus.BAD_REQUEST


@pytest.mark.allowed_logs
@pytest.mark.parametrize("wanted", [False, True])
async def test_the_identity_leaves_only_when_asked_for(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    *,
    wanted: bool,
) -> None:
    entry = await async_setup(hass)
    secret = "ab" * 32
    entry.runtime_data.store.run(lambda conn: set_setting(conn, "identity_secret", secret))
    link = await async_signed_link(hass, hass_ws_client, identity=wanted)
    client: Client = await hass_client_no_auth()
    assert (secret in await (await client.get(link)).text()) is wanted
    forged = link.replace("identity=true", "identity=false") if wanted else f"{link}&identity=true"
    assert (await client.get(forged)).status == HTTPStatus.UNAUTHORIZED


async def test_a_download_without_events_is_valid(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    await async_setup(hass)
    await async_act(hass, "delete_data", {"confirm": True})
    client: Client = await hass_client()
    assert (await (await client.get(EXPORT)).json())["events"] == []


async def test_a_long_download_is_whole(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> None:
    entry = await async_setup(hass)
    uploads = tuple(UsageEvent(type="file_uploaded", at=1.7e9 + number) for number in range(6000))
    entry.runtime_data.store.record(uploads)
    client: Client = await hass_client()
    text = await (await client.get(EXPORT)).text()
    assert len(text) > 5 * 65536
    ids = [event["id"] for event in json.loads(text)["events"]]
    assert ids == list(range(1, 6002))


@pytest.mark.allowed_logs
async def test_others_may_not_download(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    await async_setup(hass)
    reader: Client = await hass_client(hass_read_only_access_token)
    assert (await reader.get(EXPORT)).status == HTTPStatus.UNAUTHORIZED
    stranger: Client = await hass_client_no_auth()
    assert (await stranger.get(EXPORT)).status == HTTPStatus.UNAUTHORIZED


async def test_without_a_loaded_entry_there_is_nothing_to_download(
    hass: HomeAssistant, hass_client: ClientSessionGenerator
) -> None:
    entry = await async_setup(hass)
    client: Client = await hass_client()
    await hass.config_entries.async_unload(entry.entry_id)
    assert (await client.get(EXPORT)).status == HTTPStatus.SERVICE_UNAVAILABLE
    await hass.config_entries.async_remove(entry.entry_id)
    assert (await client.get(EXPORT)).status == HTTPStatus.SERVICE_UNAVAILABLE


@pytest.mark.allowed_logs
async def test_the_signed_link_needs_no_token_and_expires(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    freezer: FrozenDateTimeFactory,
) -> None:
    await async_setup(hass)
    link = await async_signed_link(hass, hass_ws_client)
    client: Client = await hass_client_no_auth()
    answer = await client.get(link)
    assert answer.status == HTTPStatus.OK
    assert [event["type"] for event in (await answer.json())["events"]] == ["app_start"]

    assert (await client.get(f"{link[:-8]}AAAAAAAA")).status == HTTPStatus.UNAUTHORIZED
    freezer.tick(timedelta(minutes=11))
    assert (await client.get(link)).status == HTTPStatus.UNAUTHORIZED


@pytest.mark.allowed_logs
async def test_a_reader_cannot_sign_a_link_that_works(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    hass_client_no_auth: ClientSessionGenerator,
    hass_read_only_access_token: str,
) -> None:
    await async_setup(hass)
    assert await async_setup_component(hass, "auth", {})
    reader = await hass_ws_client(hass, hass_read_only_access_token)
    await reader.send_json_auto_id({"type": "auth/sign_path", "path": EXPORT})
    answer = await reader.receive_json()
    assert answer["success"], answer
    client: Client = await hass_client_no_auth()
    assert (await client.get(answer["result"]["path"])).status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("path", [EXPORT, PRINTS])
async def test_a_file_that_cannot_be_read_is_told_of(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, path: str
) -> None:
    entry = await async_setup(hass)
    client: Client = await hass_client()
    with unreadable(entry):
        answer = await client.get(path)
        assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
        assert await answer.text() == EN["exceptions"]["storage_failed"]["message"].rstrip(".")
    assert (await client.get(path)).status == HTTPStatus.OK


async def test_a_download_that_breaks_off_does_not_look_whole(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await async_setup(hass)

    def breaking(*_: object, **__: object) -> Iterator[bytes]:
        yield b"{" * 100_000
        raise OperationalError("", {}, Exception())

    monkeypatch.setitem(http._FORMS, ExportForm.JSON, (breaking, "application/json"))
    client: Client = await hass_client()
    answer = await client.get(EXPORT)
    with pytest.raises(ClientError):
        await answer.read()
