"""A printer that no integration is known for, described in the browser."""

from typing import Any, Final

from playwright.sync_api import expect

from stack.integration import DOMAIN
from stack.process import wait_until
from stack.websocket import command

from .browser import browsing
from .chromium import Chromium
from .homes import Homes

WORDS = ["idle", "printing", "done", "off"]
FLEET_AND_PRINTER: Final = 2
ALONE = {"share": False, "server": {"url": "http://127.0.0.1:9/submit", "client_key": "none"}}


def test_a_described_printer_is_counted(homes: Homes, chromium: Chromium) -> None:
    home = homes.start()
    attributes = {"friendly_name": "Shed printer", "options": WORDS}
    home.post("/api/states/sensor.shed", {"state": "idle", "attributes": attributes})
    home.add_entry(DOMAIN, [{}, ALONE])
    with browsing(home, chromium) as browser:
        page = browser.page
        browser.open(f"/config/integrations/integration/{DOMAIN}")
        browser.press("Configure")
        page.get_by_text("Other printers", exact=True).click()
        expect(page.get_by_text("Describe a printer", exact=True)).to_be_visible()
        page.locator("ha-entity-picker").first.click()
        page.get_by_placeholder("Search").last.fill("Shed")
        page.get_by_text("Shed printer").last.click()
        browser.press("Submit")
        expect(page.get_by_text("What the words mean", exact=True)).to_be_visible()
        expect(page.locator("ha-input-chip").filter(has_text="printing")).to_be_visible()
        browser.press("Submit")
        expect(page.get_by_text("Options successfully saved.")).to_be_visible()
        assert browser.errors == []

    def counted() -> bool:
        listed: Any = command(home, "config/entity_registry/list")
        ours = [str(each["unique_id"]) for each in listed if each["platform"] == DOMAIN]
        return sum(name.endswith("_prints_completed") for name in ours) == FLEET_AND_PRINTER

    wait_until("the options are in use", lambda: home.entries(DOMAIN)[0]["state"] == "loaded")
    wait_until("the printer is counted", counted)
    home.stop()
