"""The community in the browser: asked about once, then beside the own figures; where nothing is, why."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
import json
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import ViewportSize, expect
import pytest
import pytest_socket

from custom_components.printernizer_stats.const import DATABASE_FILE, DEFAULT_ENDPOINT
from custom_components.printernizer_stats.core.community.download import public_url
from custom_components.printernizer_stats.core.community.kept import Kept, Reception
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.settings import FIRST_DAY, set_setting
from stack.demo import ALONE, configuration, give_past, wait_saved
from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN, Integration
from stack.made_up import PRINTERS
from stack.process import wait_until

from ..core.community.files import KEY, public
from ..publisher import published
from .browser import Browser, browsing
from .chromium import Chromium
from .conftest import SAVES_IMAGES
from .dialog import Dialog
from .homes import Homes
from .test_dashboard import BROKEN, SIDEBAR

URL = public_url(DEFAULT_ENDPOINT)
DESK: ViewportSize = {"width": 1400, "height": 540}
PHONE: ViewportSize = {"width": 412, "height": 760}
SETTINGS: ViewportSize = {"width": 1280, "height": 1000}


@pytest.fixture(scope="module")
def experienced(homes: Homes) -> Iterator[HomeAssistant]:
    """Run a Home Assistant with a year of prints."""
    pytest_socket.enable_socket()
    home = homes.start(extra=configuration(PRINTERS))
    give_past(home, PRINTERS)
    Integration(home).show_dashboard()
    yield home
    home.stop()


@pytest.fixture(scope="module")
def beginner(homes: Homes) -> Iterator[HomeAssistant]:
    """Run a Home Assistant in which nothing was printed yet."""
    pytest_socket.enable_socket()
    home = homes.start()
    home.add_entry(DOMAIN, [{}, ALONE])
    Integration(home).show_dashboard()
    yield home
    home.stop()


def receive(home: HomeAssistant, kept: Kept) -> None:
    """Turn receiving on, with what was received before; the next request is days away."""
    _change(home, kept, {"community": True, "url": DEFAULT_ENDPOINT})


def _change(home: HomeAssistant, kept: Kept | None, options: dict[str, object]) -> None:
    """Change the options and what is kept, as the integration itself would have."""
    wait_saved(home)
    home.stop()
    file = home.config / ".storage" / "core.config_entries"
    entries = json.loads(file.read_text(encoding="utf-8"))
    for entry in entries["data"]["entries"]:
        if entry["domain"] == DOMAIN:
            entry["options"] |= options
    file.write_text(json.dumps(entries), encoding="utf-8")
    now = datetime.now(UTC)
    store = UsageStore(home.config / DATABASE_FILE, ZoneInfo("UTC"), lambda _commit: None, now.timestamp)
    store.open(now.timestamp())
    store.run(lambda conn: set_setting(conn, FIRST_DAY, (now - timedelta(weeks=3)).date().isoformat()))
    if kept is not None:
        store.run(kept.save)
    store.flush().result(60)
    store.close()
    home.start()
    wait_until("the entry is loaded", lambda: home.entries(DOMAIN)[0]["state"] == "loaded")


def waiting() -> Kept:
    """Return what is kept before the first answer."""
    return Kept(url=URL, next=datetime.now(UTC).timestamp() + 86_400)


def received() -> Kept:
    """Return what is kept of a file of last week."""
    now = datetime.now(UTC)
    year, week, _ = (now - timedelta(weeks=1)).isocalendar()
    file = published(f"{year}-W{week:02}").decode()
    asked = Reception.RECEIVED
    return Kept(url=URL, keys=(public(KEY),), file=file, reception=asked, next=now.timestamp() + 3 * 86_400)


def look(browser: Browser, images: Path, name: str, said: str, view: str = "community") -> None:
    """Open a view, see that it says something and that no card of it is broken, and save a picture."""
    browser.open(f"{SIDEBAR}/{view}")
    expect(browser.page.get_by_text(said).first).to_be_visible()
    browser.page.get_by_text(said).first.evaluate("shown => shown.scrollIntoView({block: 'nearest'})")
    expect(browser.page.locator(BROKEN)).to_have_count(0)
    if SAVES_IMAGES:
        browser.page.wait_for_timeout(500)
    browser.save(images / f"{name}.png")


def test_a_card_asks_and_then_the_own_figures_stand_before_those_of_most_homes(
    experienced: HomeAssistant, chromium: Chromium, images: Path
) -> None:
    _change(experienced, None, {})
    with browsing(experienced, chromium) as browser:
        browser.page.set_viewport_size({"width": 1400, "height": 1400})
        look(browser, images, "community_invitation", "No, thanks", "overview")
        assert browser.errors == []
    receive(experienced, received())
    with browsing(experienced, chromium) as browser:
        page = browser.page
        page.set_viewport_size(DESK)
        look(browser, images, "community", "Most homes: 80% to 94%.")
        expect(page.get_by_text("You: ")).to_have_count(2)
        page.emulate_media(color_scheme="dark")
        look(browser, images, "community_dark", "Most homes: 80% to 94%.")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        look(browser, images, "community_phone", "Most homes: 80% to 94%.")
        page.set_viewport_size(SETTINGS)
        dialog = Dialog(browser, images)
        dialog.open_options()
        dialog.choose("Community")
        expect(dialog.form.get_by_text(URL)).to_be_visible()
        expect(dialog.form.get_by_text("Most homes: 80% to 94%.")).to_be_visible()
        expect(dialog.form.get_by_role("checkbox")).to_be_checked()
        dialog.picture("community_settings", phone=True)
        assert browser.errors == []


def test_where_nothing_can_be_compared_it_says_why(
    beginner: HomeAssistant, chromium: Chromium, images: Path
) -> None:
    receive(beginner, waiting())
    with browsing(beginner, chromium) as browser:
        browser.page.set_viewport_size(DESK)
        look(browser, images, "community_empty", "Nothing has been received yet.")
        assert browser.errors == []
    receive(beginner, received())
    with browsing(beginner, chromium) as browser:
        browser.page.set_viewport_size(DESK)
        look(browser, images, "community_few_prints", "There is a comparison once ten")
        assert browser.errors == []
