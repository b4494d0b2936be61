"""The whole line with Printernizer: a stand-in of the app, Home Assistant, the service, its sums."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from aiohttp import web
from playwright.sync_api import expect
import pytest

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN, Integration
from stack.process import HOST, free_port, wait_until
from stack.service import AggregationService
from stack.standin import CONFIGURATION

from ..printers.printernizer.standin import StandIn
from .accessible import assert_accessible
from .browser import browsing
from .chromium import Chromium
from .dialog import PAGE, Dialog
from .homes import Homes
from .test_maintainers import sign_in
from .visitor import Visitor, visiting

PRINTS = f"event.{DOMAIN.replace('stats', 'usage_statistics')}_prints"


@pytest.fixture
def app() -> Iterator[StandIn]:
    """Run the stand-in in a thread of its own."""
    loop = asyncio.new_event_loop()
    running = StandIn()
    running.url = f"http://{HOST}:{free_port()}"

    async def async_begin() -> None:
        runner = web.AppRunner(running.application_of())
        await runner.setup()
        await web.TCPSite(runner, HOST, int(running.url.rpartition(":")[2])).start()

    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(async_begin(), loop).result(10)
    yield running
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def show_until_seen(app: StandIn, status: str, progress: int) -> None:
    """Let the printer be so until Home Assistant has asked for it."""
    app.show("workshop", status, progress)
    asked = len(app.asked)
    wait_until("Home Assistant asks for it", lambda: "GET /api/v1/printers" in app.asked[asked:])


def last_told(home: HomeAssistant) -> str | None:
    """Return what Home Assistant told last of prints."""
    told: str | None = home.get(f"/api/states/{PRINTS}")["attributes"].get("event_type")
    return told


def prints_on_the_page(visitor: Visitor) -> int:
    """Return how many prints the maintainers' page of printers shows, all weeks together, by its export."""
    visitor.open("/dashboard/printers")
    expect(visitor.page.locator("h2#prints")).to_be_visible()
    rows = visitor.page.request.get(f"{visitor.url}/dashboard/printers/prints.json").json()["rows"]
    return sum(int(row["prints"]) for row in rows)


@pytest.fixture
def maintainer(service: AggregationService, chromium: Chromium) -> Iterator[Visitor]:
    """Sign somebody in who maintains the service."""
    key = service.run("keys", "create", "printernizer", "--scope", "read")
    with visiting(chromium, service.url) as visitor:
        sign_in(visitor, key)
        yield visitor
        assert visitor.complaints == []


def test_a_print_behind_printernizer_is_counted_reported_acknowledged_and_seen(
    homes: Homes, service: AggregationService, app: StandIn, maintainer: Visitor
) -> None:
    app.show("workshop", "online")
    home = homes.start(extra=CONFIGURATION)
    integration = Integration(home)
    integration.set_up(service)
    integration.add_app(app.url)
    show_until_seen(app, "printing", 5)
    wait_until("the print is long enough to be told of", lambda: last_told(home) == "started")
    show_until_seen(app, "printing", 95)
    app.show("workshop", "unknown", 100)
    wait_until("the print is counted", lambda: integration.count("prints_completed") == 1)

    before = prints_on_the_page(maintainer)
    preview = integration.ask("preview_report")
    answer = integration.ask("submit_now", sha256=preview["sha256"])
    assert answer["receipt"]["body_sha256"] == preview["sha256"]
    assert '"job_count":1' in preview["body"]
    wait_until("the maintainers see it", lambda: prints_on_the_page(maintainer) > before)
    assert prints_on_the_page(maintainer) == before + 1
    home.stop()


def test_an_instance_is_added_and_its_printers_are_chosen_in_the_browser(
    homes: Homes, service: AggregationService, app: StandIn, chromium: Chromium, images: Path
) -> None:
    app.shares = True
    for number, name in enumerate(("Workshop", "Office", "Shelf")):
        app.show(f"printer-{number}", "online", name=name)
    home = homes.start(extra=CONFIGURATION)
    integration = Integration(home)
    integration.set_up(service, share=False)
    with browsing(home, chromium) as opened:
        page, dialog = opened.page, Dialog(opened, images)
        opened.open(PAGE)
        opened.press("Add Printernizer")
        expect(dialog.form.get_by_role("textbox", name="Address")).to_be_visible()
        assert_accessible(page)
        dialog.fill("textbox", "Address", app.url)
        dialog.picture("printernizer_add")
        dialog.press("Submit")
        dialog.at("Printernizer shares by itself")
        dialog.picture("printernizer_sharing")
        dialog.tick("Turn it off in Printernizer")
        dialog.press("Submit")
        dialog.press("Finish")
        assert not app.shares
        dialog.open_options()
        dialog.choose("Printers and counting")
        dialog.tick("Workshop (Printernizer)", "Office (Printernizer)")
        dialog.picture("printernizer_printers")
        dialog.press("Submit")
        dialog.finish()
        opened.open(PAGE)
        for name in ("Workshop", "Office"):
            expect(page.get_by_text(name, exact=True)).to_be_visible()
        opened.save(images / "printernizer_page.png")
        assert opened.errors == []
    home.stop()
