"""A new user adds the integration in the browser, and watches a print being counted."""

from collections.abc import Iterator
from pathlib import Path
import re

from playwright.sync_api import Locator, expect
import pytest

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN
from stack.octoprint import OctoPrint
from stack.process import wait_until

from .browser import Browser, browsing
from .conftest import MIN_PRINT_SECONDS, SAVES_IMAGES, required
from .homes import Homes

NAME = "Printernizer Usage Statistics"
PAGES = (
    ("What a report holds", "usage_stats.print_hours", "Back to the menu"),
    ("Preview of the next report", '"schema_version":"1.0"', "Go on"),
    ("Sent reports and receipts", "No report has been made yet.", "Back to the menu"),
    ("Export", "printernizer_stats_prints.csv", "Back to the menu"),
)
JOB_SECONDS = 130 if SAVES_IMAGES else 30  # the frontend shows whole minutes


@pytest.fixture
def home(homes: Homes, octoprint: OctoPrint) -> Iterator[HomeAssistant]:
    """Run a Home Assistant that knows the printer, but not us."""
    started = homes.start()
    octoprint.add_to(started)
    yield started
    started.stop()


@pytest.mark.timeout(600)
def test_new_user_adds_it_and_sees_a_print_counted(
    home: HomeAssistant, octoprint: OctoPrint, images: Path, tmp_path: Path
) -> None:
    chromium = required("PRINTERNIZER_CHROMIUM")
    with browsing(home, chromium, tmp_path / "profile") as browser:
        _add(browser, images)
        _change_options(browser, images)
        _look_around(browser, images)
        browser.page.set_viewport_size({"width": 1280, "height": 1280})
        browser.page.locator("ha-config-entry-device-row").get_by_text(NAME, exact=True).click()
        expect(_row(browser, "Prints completed")).to_contain_text("0 prints")
        _print(home, octoprint)
        _see_sensors(browser, images)
        assert browser.errors == []
    assert [entry["state"] for entry in home.entries(DOMAIN)] == ["loaded"]


def _add(browser: Browser, images: Path) -> None:
    """Go through both steps of the config flow and leave everything as it is offered."""
    page = browser.page
    browser.open("/config/integrations/dashboard")
    browser.press("Add integration")
    page.locator("dialog-add-integration input").fill("Printernizer")
    page.locator("dialog-add-integration").get_by_text(NAME, exact=True).click()

    form = page.locator("step-flow-form")
    expect(page.get_by_text("What is counted", exact=True)).to_be_visible()
    expect(form.get_by_text("Printers found: 1.")).to_be_visible()
    expect(form.get_by_role("checkbox", name="OctoPrint")).to_be_checked()
    _expect_names(form)
    browser.save(images / "config_flow_printers.png")
    browser.press("Next")

    expect(page.get_by_text("Sharing is up to you", exact=True)).to_be_visible()
    expect(form.get_by_role("switch")).not_to_be_checked()
    address = form.locator("input[type=url]")
    expect(address).not_to_be_visible()
    browser.save(images / "config_flow_sharing.png")
    form.get_by_text("Statistics service", exact=True).click()
    expect(address).to_have_value("https://stats.printernizer.com/submit")
    _expect_names(form)
    browser.press("Submit")
    browser.press("Skip and finish")
    page.wait_for_url("**/config/devices/device/*")


def _change_options(browser: Browser, images: Path) -> None:
    """Let short prints count too."""
    page = browser.page
    browser.open(f"/config/integrations/integration/{DOMAIN}")
    expect(page.locator("ha-config-entry-device-row").get_by_text(NAME, exact=True)).to_be_visible()
    browser.save(images / "integration.png")
    browser.press("Configure")
    page.get_by_text("Printers and counting", exact=True).click()
    shortest = page.get_by_role("spinbutton", name="Shortest print")
    expect(shortest).to_have_value("60")
    browser.save(images / "options.png")
    shortest.fill(str(MIN_PRINT_SECONDS))
    browser.press("Submit")
    expect(page.get_by_text("Options successfully saved.")).to_be_visible()
    browser.press("Finish")


def _look_around(browser: Browser, images: Path) -> None:
    """Look at the pages of the options that show something, each by its name, and go back by the keyboard."""
    page = browser.page
    browser.press("Configure")
    for name in ("Maintenance", "Advanced"):
        page.locator("step-flow-menu").get_by_text(name, exact=True).click()
        _expect_names(page.locator("step-flow-form"))
        browser.press("Close")
        browser.press("Configure")
    for name, shown, button in PAGES:
        page.locator("step-flow-menu").get_by_text(name, exact=True).click()
        expect(page.get_by_text(shown).first).to_be_visible()
        browser.save(images / f"options_{name.lower().replace(' ', '_')}.png")
        page.get_by_role("button", name=button, exact=True).press("Enter")
        expect(page.get_by_text("What do you want to see or change?")).to_be_visible()
    browser.press("Close")


def _expect_names(form: Locator) -> None:
    """See that a screen reader has a name for every field of a form.

    All but switches: Home Assistant shows their labels beside them and does not tie them together.
    """
    expect(form.locator("ha-form").first).to_be_visible()
    fields = re.findall(r"- (checkbox|combobox|spinbutton|textbox)\b(.*)", form.aria_snapshot())
    assert fields
    assert [role for role, rest in fields if not rest.startswith(' "')] == []


def _print(home: HomeAssistant, octoprint: OctoPrint) -> None:
    """Print a job to its end, with Home Assistant looking at the printer all the time."""
    octoprint.begin(home, JOB_SECONDS)
    wait_until(
        "OctoPrint ends its job", lambda: not octoprint.step(home), timeout=2 * JOB_SECONDS + 60, interval=1
    )


def _see_sensors(browser: Browser, images: Path) -> None:
    """See the print arrive without loading the page again."""
    expect(_row(browser, "Prints completed")).to_contain_text("1 prints")
    expect(_row(browser, "Last print result")).to_contain_text("Completed")
    expect(_row(browser, "Success rate")).to_contain_text("100")
    browser.page.reload(
        wait_until="domcontentloaded"
    )  # the frontend brings "... ago" up to date by the minute
    expect(_row(browser, "Success rate")).to_contain_text("100")
    browser.save(images / "sensors.png")


def _row(browser: Browser, name: str) -> Locator:
    """Return the row of an entity on the device's page."""
    return browser.page.locator("ha-device-entities-card hui-generic-entity-row").filter(has_text=name)
