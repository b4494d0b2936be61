"""One user's way through everything that the integration shows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
import hashlib
import json
from pathlib import Path
import sqlite3
from typing import Any, Final

from playwright.sync_api import Locator, Response, expect

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN
from stack.process import wait_until
from stack.service import AggregationService

from .accessible import tab_to
from .browser import Browser
from .conftest import MIN_PRINT_SECONDS
from .dialog import PAGE, Dialog

NAME: Final = "Printernizer Usage Statistics"
FLOWS: Final = "/api/config/config_entries/flow"
MOST_SCREENS: Final = 3
SHARE: Final = "Share one small weekly report"
AGREE: Final = "I agree to share this"
PAST: Final = "Include the weeks counted so far"
ENDPOINT: Final = "https://stats.printernizer.com/submit"
CATEGORIES: Final = ("Printers", "Usage")
MENU: Final = ("Energy and cost", "Maintenance", "Dashboard", "Advanced")


class Journey:
    """One user with one printer, in the order in which things happen to them."""

    def __init__(
        self, browser: Browser, home: HomeAssistant, service: AggregationService, images: Path
    ) -> None:
        """Begin in a Home Assistant without the integration."""
        self._browser = browser
        self._page = browser.page
        self._home = home
        self._service = service
        self._images = images
        self._dialog = Dialog(browser, images)

    def add(self) -> None:
        """Leave everything as it is offered; the counters are there after three screens."""
        page, dialog = self._page, self._dialog
        self._browser.open("/config/integrations/dashboard")
        self._browser.press("Add integration")
        page.locator("dialog-add-integration input").fill("Printernizer")
        with self._screens() as screens:
            page.locator("dialog-add-integration").get_by_text(NAME, exact=True).click()
            dialog.at("What to count")
            expect(dialog.form.get_by_text("Printers found: 1.")).to_be_visible()
            expect(dialog.form.get_by_role("checkbox", name="OctoPrint")).to_be_checked()
            dialog.picture("setup_printers")
            dialog.press("Next")
            dialog.at("Share statistics")
            expect(dialog.form.get_by_role("checkbox", name=SHARE)).not_to_be_checked()
            dialog.picture("setup_sharing", phone=True)
            dialog.unfold("Statistics service")
            expect(dialog.form.get_by_role("textbox", name="Address")).to_have_value(ENDPOINT)
            dialog.press("Submit")
            dialog.press("Skip and finish")
            page.wait_for_url("**/config/devices/device/*")
            expect(self._row("Prints completed")).to_contain_text("0 prints")
        assert len(screens) <= MOST_SCREENS

    @contextmanager
    def _screens(self) -> Iterator[list[str]]:
        """Collect what the flow shows, page by page."""
        shown: list[str] = []

        def note(answer: Response) -> None:
            if answer.request.method == "POST" and FLOWS in answer.url:
                shown.append(answer.url)

        self._page.on("response", note)
        yield shown
        self._page.remove_listener("response", note)

    def let_short_prints_count(self) -> None:
        """Change an option."""
        dialog = self._dialog
        dialog.open_options()
        dialog.picture("options", dark=True)
        dialog.choose("Printers and counting")
        shortest = dialog.fill("spinbutton", "Shortest print", str(MIN_PRINT_SECONDS))
        shortest.press("Enter")
        dialog.finish()

    def look_around(self) -> None:
        """Look at every page that changes nothing; sharing is off, and each of them says so."""
        dialog, form = self._dialog, self._dialog.form
        for page in MENU:
            dialog.open_options()
            dialog.choose(page)
            dialog.close()
        dialog.open_options()
        dialog.choose("What a report contains")
        expect(form.get_by_text("Sharing is off: nothing is sent.")).to_be_visible()
        expect(form.get_by_text("usage_stats.print_hours")).to_be_visible()
        dialog.picture("what_a_report_holds")
        dialog.press("Back to the menu")
        dialog.choose("Sent reports and receipts")
        expect(form.get_by_text("No reports have been created yet.")).to_be_visible()
        dialog.press("Back to the menu")
        dialog.choose("Preview of the next report")
        expect(form.get_by_role("checkbox")).to_have_count(0)
        dialog.press("Continue")
        dialog.choose("Delete")
        dialog.press("Next")
        dialog.at("Delete it now?")
        dialog.picture("delete")
        dialog.close()

    def see_the_print(self) -> None:
        """See the print arrive without loading the page again."""
        expect(self._row("Prints completed")).to_contain_text("1 prints")
        expect(self._row("Last print result")).to_contain_text("Completed")
        expect(self._row("Success rate")).to_contain_text("100")

    def go_to_sensors(self) -> None:
        """Open the device's page."""
        self._browser.open(PAGE)
        device = self._page.locator("ha-config-entry-device-row").get_by_text(NAME, exact=True)
        expect(device).to_be_visible()
        self._browser.save(self._images / "integration.png")
        device.click()
        expect(self._row("Prints completed")).to_contain_text("prints")

    def save_sensors(self) -> None:
        """Take a picture of the device's page, after "... ago" was brought up to date."""
        self._page.set_viewport_size({"width": 1280, "height": 1280})
        self._page.reload(wait_until="domcontentloaded")
        expect(self._row("Success rate")).to_contain_text("100")
        self._browser.save(self._images / "sensors.png")
        self._browser.save(self._images / "sensors_dark.png", dark=True)
        self._page.set_viewport_size({"width": 1280, "height": 900})

    def opt_in(self) -> None:
        """Choose what to share, with whom, and agree; nothing happens without the tick."""
        dialog = self._dialog
        dialog.open_options()
        dialog.choose("Sharing", "Share statistics")
        dialog.tick(SHARE)
        dialog.unfold("Statistics service")
        dialog.fill("textbox", "Address", self._service.submit_url)
        dialog.fill("textbox", "Client key", self._service.api_key).press("Enter")
        dialog.at("What to share")
        dialog.tick(*CATEGORIES)
        dialog.picture("consent_categories")
        dialog.press("Next")
        dialog.at("Do you agree?")
        expect(dialog.form.get_by_text("usage_stats.completed_count")).to_be_visible()
        expect(dialog.form.get_by_text("error_summary")).to_have_count(0)  # not ticked
        dialog.tick(AGREE, PAST)
        dialog.picture("consent")
        dialog.tick(AGREE)
        dialog.press("Submit")
        expect(dialog.form.get_by_text("Nothing is shared unless you agree.")).to_be_visible()
        expect(dialog.form.get_by_role("checkbox", name=PAST)).to_be_checked()
        dialog.tick(AGREE)
        dialog.press("Submit")
        dialog.finish()

    def preview_and_send(self) -> bytes:
        """Send exactly what the preview shows, see its receipt, and return what was shown."""
        dialog, form = self._dialog, self._dialog.form
        dialog.open_options()
        dialog.choose("Preview of the next report")
        body = form.locator("pre code").inner_text().removesuffix("\n").encode()
        sha256 = sha256_of(body.decode())
        expect(form.get_by_text(f"Size: {len(body)} bytes")).to_be_visible()
        expect(form.get_by_text(sha256)).to_be_visible()
        expect(form.get_by_role("link", name=self._service.submit_url)).to_be_visible()
        dialog.picture("preview", phone=True)
        dialog.tick("Send exactly this report now")
        dialog.press("Continue")
        dialog.at("Sent reports and receipts")
        row = form.get_by_role("row").nth(1)
        expect(row).to_contain_text("Received")
        expect(row).to_contain_text("Confirms this text, signature verified")
        dialog.picture("receipts")
        dialog.close()
        query = "SELECT body_sha256, completed_count FROM submissions WHERE installation_id = ?"
        stored = self._stored(query, author(body))
        assert stored == [(sha256, 1)], body
        return body

    def export(self) -> Any:
        """Follow the link of the page, and return what the file holds."""
        dialog = self._dialog
        dialog.open_options()
        dialog.choose("Export")
        dialog.picture("export")
        link = dialog.form.get_by_role("link", name=f"{DOMAIN}.json")
        with self._page.expect_download() as download:
            tab_to(self._page, link).click()  # Enter would send the page too
        content = json.loads(download.value.path().read_bytes())
        dialog.press("Back to the menu")
        dialog.at_menu()
        return content

    def opt_out(self) -> None:
        """Switch sharing off, and have deleted what was sent."""
        dialog = self._dialog
        dialog.open_options()
        dialog.choose("Sharing", "Share statistics")
        dialog.tick(SHARE)
        dialog.press("Submit")
        dialog.at("Stop sharing")
        expect(dialog.form.get_by_role("checkbox", name="Also delete everything")).to_be_checked()
        dialog.picture("stop_sharing")
        dialog.press("Submit")
        dialog.finish()

    def is_deleted(self, body: bytes) -> bool:
        """Tell whether the service has nothing of the report any more but a tombstone."""
        installation = author(body)
        rows = self._stored("SELECT 1 FROM submissions WHERE installation_id = ?", installation)
        buried = self._stored(
            "SELECT 1 FROM tombstones WHERE installation_sha256 = ?", sha256_of(installation)
        )
        return not rows and bool(buried)

    def _stored(self, query: str, value: str) -> list[Any]:
        file = self._service.directory / "aggregation.db"
        with closing(sqlite3.connect(file)) as connection:
            return connection.execute(query, (value,)).fetchall()

    def remove(self) -> None:
        """Remove the integration, and see that its file goes with it."""
        self._browser.open(PAGE)
        assert list(self._home.config.glob(f"{DOMAIN}*.db*"))
        self._page.locator("ha-config-entry-row").get_by_role("button", name="Menu").first.click()
        self._page.get_by_role("menuitem", name="Delete", exact=True).click()
        self._page.locator("dialog-box").get_by_role("button", name="Delete", exact=True).click()
        wait_until("the entry is gone", lambda: not self._home.entries(DOMAIN))
        files = partial(self._home.config.glob, f"{DOMAIN}*.db*")
        wait_until("the file is gone", lambda: not list(files()))

    def _row(self, name: str) -> Locator:
        """Return the row of an entity on the device's page."""
        return self._page.locator("ha-device-entities-card hui-generic-entity-row").filter(has_text=name)


def author(body: bytes) -> str:
    """Return who a report is from."""
    installation: str = json.loads(body)["installation"]["installation_id"]
    return installation


def sha256_of(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
