"""The sub-entry of an instance of Printernizer: adding, changing, what can go wrong, and who shares."""

import base64
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.components.hassio import HassioNotReadyError
from homeassistant.data_entry_flow import FlowResultType
import pytest

from custom_components.printernizer_stats import clock
from custom_components.printernizer_stats.core.report_intervals import utc_day
from custom_components.printernizer_stats.core.sharing import own_reports
from custom_components.printernizer_stats.flows.printernizer import async_guess

from ..helpers import EN, async_settle, async_setup
from ..printers.printernizer.at_home import INSTANCE, Home

# The fixtures of the stand-in.
from ..printers.printernizer.conftest import app, home  # noqa: F401

HA = "homeassistant"
TEXTS = EN["config_subentries"]["printernizer"]
BASIC = f"Basic {base64.b64encode(b'me:secret').decode()}"


def typed(home: Home, **more: Any) -> dict[str, Any]:  # noqa: F811
    """Return what a person types for the stand-in."""
    return {"url": home.app.url, "mode": "docker", "verify_ssl": True, **more}


async def async_open(home: Home, **context: Any) -> Any:  # noqa: F811
    """Open the form."""
    handler = (home.entry.entry_id, "printernizer")
    asked: Any = context or {"source": "user"}
    return await home.hass.config_entries.subentries.async_init(handler, context=asked)


async def async_type(home: Home, page: Any, answer: dict[str, Any]) -> Any:  # noqa: F811
    """Fill in a form."""
    result = await home.hass.config_entries.subentries.async_configure(page["flow_id"], answer)
    for error in (result.get("errors") or {}).values():
        assert error in TEXTS["error"]
    await async_settle(home.hass, home.entry)
    return result


@pytest.fixture
async def empty(home: Home) -> Home:  # noqa: F811
    """Return a home without an instance."""
    home.entry = await async_setup(home.hass)
    return home


async def test_an_instance_is_added_and_looked_at(empty: Home) -> None:
    empty.app.show("a", "online")
    page = await async_open(empty)
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "user")
    assert empty.app.asked == []
    done = await async_type(empty, page, typed(empty))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = empty.entry.subentries.values()
    assert subentry.data == typed(empty)
    await empty.async_until(lambda: "GET /api/v1/printers" in empty.app.asked)
    assert list(empty.entry.runtime_data.printer_manager.apps.instances) == [subentry.subentry_id]


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"status": 500}, "app_away"),
        ({"status": 429}, "app_busy"),
        ({"credentials": BASIC}, "app_refuses"),
        ({"body": b"<html>"}, "no_printernizer"),
        ({"body": b'{"status": "healthy"}'}, "no_printernizer"),
        ({"status": 404}, "no_printernizer"),
    ],
)
async def test_what_goes_wrong_is_said_and_can_be_mended(
    empty: Home, said: dict[str, Any], error: str
) -> None:
    page = await async_open(empty)
    before = {name: getattr(empty.app, name) for name in said}
    for name, value in said.items():
        setattr(empty.app, name, value)
    result = await async_type(empty, page, typed(empty))
    assert result["errors"] == {"base": error}
    for name, value in before.items():
        setattr(empty.app, name, value)
    assert (await async_type(empty, page, typed(empty)))["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "address", ["ftp://x", "http://", "http://me:secret@x", "a b", "http://x?y=1", "x:99999"]
)
async def test_what_is_no_address_is_not_tried(empty: Home, address: str) -> None:
    result = await async_type(empty, await async_open(empty), typed(empty, url=address))
    assert result["errors"] == {"url": "address"}
    assert empty.app.asked == []


async def test_a_name_that_no_proxy_can_be_told_is_not_tried(empty: Home) -> None:
    entered = typed(empty, username="me:too", password="secret")
    result = await async_type(empty, await async_open(empty), entered)
    assert result["errors"] == {"base": "app_refuses"}
    assert empty.app.asked == []


async def test_one_instance_is_added_once_and_another_one_besides(empty: Home) -> None:
    assert (await async_type(empty, await async_open(empty), typed(empty)))[
        "type"
    ] is FlowResultType.CREATE_ENTRY
    again = await async_type(empty, await async_open(empty), typed(empty))
    assert (again["type"], again["reason"]) == (FlowResultType.ABORT, "already_configured")
    other = typed(empty, url=f"{empty.app.url}/printers/")
    assert (await async_type(empty, await async_open(empty), other))["type"] is FlowResultType.CREATE_ENTRY
    assert len(empty.entry.subentries) == 2


async def test_a_password_is_a_secret_that_stays(empty: Home) -> None:
    empty.app.credentials = BASIC
    page = await async_open(empty)
    answer = typed(empty, username="me", password="secret")
    assert (await async_type(empty, page, answer))["type"] is FlowResultType.CREATE_ENTRY
    (subentry,) = empty.entry.subentries.values()
    page = await async_open(empty, source="reconfigure", subentry_id=subentry.subentry_id)
    shown = {str(key): key.description for key in page["data_schema"].schema}
    assert shown["username"] == {"suggested_value": "me"}
    assert not shown["password"]
    done = await async_type(empty, page, typed(empty, username="me", mode="pi"))
    assert done["reason"] == "reconfigure_successful"
    assert subentry.data["password"] == "secret"
    assert subentry.data["mode"] == "pi"
    await empty.async_idle()
    (instance,) = empty.entry.runtime_data.printer_manager.apps.instances.values()
    await empty.async_until(lambda: instance.connected is True)


async def test_another_address_goes_on_with_the_printers(home: Home) -> None:  # noqa: F811
    home.app.show("a", "printing", 10)
    await home.async_setup("a")
    await home.async_poll(4)
    page = await async_open(home, source="reconfigure", subentry_id=INSTANCE)
    await async_type(home, page, typed(home, url=f"{home.app.url}/printers/"))
    home.app.show("a", "online", 100)
    await home.async_poll(3)
    assert home.counts["job_created"] == home.counts["job_completed"] == 1


@pytest.mark.parametrize("stop", [True, False])
async def test_who_shares_is_asked_where_the_app_does(empty: Home, stop: bool) -> None:
    empty.app.shares = True
    page = await async_type(empty, await async_open(empty), typed(empty))
    assert (page["type"], page["step_id"]) == (FlowResultType.FORM, "sharing")
    assert (await async_type(empty, page, {"stop_sharing": stop}))["type"] is FlowResultType.CREATE_ENTRY
    assert empty.app.shares is not stop
    assert ("POST /api/v1/usage-stats/opt-out" in empty.app.asked) is stop


@pytest.mark.parametrize("stop", [True, False])
async def test_reports_go_on_from_those_that_the_app_sent(empty: Home, stop: bool) -> None:
    empty.app.shares = True
    page = await async_type(empty, await async_open(empty), typed(empty))
    await async_type(empty, page, {"stop_sharing": stop})
    await empty.async_idle()
    apps = empty.entry.runtime_data.printer_manager.apps
    await empty.async_until(lambda: apps.describe()[0]["shares"] is (not stop))
    store, today = empty.entry.runtime_data.store, utc_day(clock.now())
    seen = today - timedelta(days=7)
    assert await store.async_read(lambda conn: own_reports.last(conn, today)) == (seen, empty.app.version)
    empty.freezer.tick(timedelta(days=3))
    await empty.async_idle()
    empty.entry.runtime_data.async_measure()
    await store.async_flush()
    seen += timedelta(days=0 if stop else 3)
    assert await store.async_read(lambda conn: own_reports.last(conn, today)) == (seen, empty.app.version)


async def test_an_app_that_goes_on_sharing_is_told_of(empty: Home) -> None:
    empty.app.shares = empty.app.stubborn = True
    page = await async_type(empty, await async_open(empty), typed(empty))
    page = await async_type(empty, page, {"stop_sharing": True})
    assert page["errors"] == {"base": "still_shares"}
    assert (await async_type(empty, page, {"stop_sharing": False}))["type"] is FlowResultType.CREATE_ENTRY


async def test_an_app_that_is_away_when_it_should_stop_sharing_is_told_of(empty: Home) -> None:
    empty.app.shares = True
    page = await async_type(empty, await async_open(empty), typed(empty))
    empty.app.status = 500
    page = await async_type(empty, page, {"stop_sharing": True})
    assert page["errors"] == {"base": "still_shares"}
    assert (await async_type(empty, page, {"stop_sharing": False}))["type"] is FlowResultType.CREATE_ENTRY


async def test_a_supervisor_that_is_not_ready_knows_no_add_on(empty: Home) -> None:
    with (
        patch("custom_components.printernizer_stats.flows.printernizer.is_hassio", return_value=True),
        patch("homeassistant.components.hassio.get_addons_list", side_effect=HassioNotReadyError),
    ):
        assert async_guess(empty.hass) == {"mode": HA}


@pytest.mark.parametrize(
    ("slugs", "guess"),
    [
        (["core_mosquitto", "a_printernizer"], {"url": "http://a-printernizer:8000", "mode": HA}),
        (["a_printernizer_slicer"], {"mode": HA}),
        ([], {"mode": HA}),
    ],
)  # fmt: skip
async def test_the_add_on_is_found_by_the_supervisor(
    empty: Home, slugs: list[str], guess: dict[str, str]
) -> None:
    known = [{"slug": each} for each in slugs]
    with (
        patch("custom_components.printernizer_stats.flows.printernizer.is_hassio", return_value=True),
        patch("homeassistant.components.hassio.get_addons_list", return_value=known),
    ):
        assert async_guess(empty.hass) == guess
    assert async_guess(empty.hass) == {"mode": "docker"}
