"""The dashboard in the browser: chosen among the community's, shown in the sidebar, looked at and used."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Locator, Page, Response, Route, ViewportSize, expect
import pytest
import pytest_socket

from stack.demo import configuration, give_past
from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN, Integration
from stack.made_up import PRINTERS
from stack.process import wait_until
from stack.websocket import command

from ..proofs import tries
from .browser import Browser, browsing
from .chromium import Chromium
from .conftest import SAVES_IMAGES
from .homes import Homes

NAME = "Printernizer Usage Statistics"
TITLE = "3D prints"
SIDEBAR = "/printernizer-stats"
STRATEGY = {"strategy": {"type": "custom:printernizer-stats"}}
LAYOUT = '("hui-sections-view")'
"""What stands in the part of Home Assistant's frontend that defines the layout of the views."""
ASKS_WITHOUT = """async (missing) => {
  const strategy = customElements.get("ll-strategy-dashboard-printernizer-stats");
  const whenDefined = customElements.whenDefined.bind(customElements);
  let come;
  const held = new Promise((resolve) => (come = resolve));
  customElements.whenDefined = (name) => (name === missing ? held : whenDefined(name));
  const states = {};
  let asked = 0;
  const callWS = async () => ({ watch: [], asked: ++asked });
  strategy.shouldRegenerate({}, { entities: 1, states }, { entities: 2, states });
  const generated = strategy.generate({}, { callWS });
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = asked;
  come();
  await generated;
  delete customElements.whenDefined;
  return [before, asked];
}"""
"""How often the strategy asks for new views before a layout is there, and once it is."""
RATE = f"sensor.{DOMAIN.replace('stats', 'usage_statistics')}_success_rate"
COLD_LOADS = tries(3, full=10)
THERE = {"entity_id": RATE, "new_entity_id": "sensor.how_it_goes", "name": "How it goes"}
BACK = {"entity_id": "sensor.how_it_goes", "new_entity_id": RATE, "name": None}
KNOWS = "() => '{}' in document.querySelector('home-assistant').hass.entities"
BROKEN = "hui-error-card, hui-warning, hui-card-error, ha-alert[alert-type=error]"
PHONE: ViewportSize = {"width": 412, "height": 1750}
DESK: ViewportSize = {"width": 1400, "height": 1180}


@pytest.fixture(scope="module")
def home(homes: Homes) -> Iterator[HomeAssistant]:
    """Run a Home Assistant with a fleet and its past, and no dashboard yet."""
    pytest_socket.enable_socket()
    started = homes.start(extra=configuration(PRINTERS))
    give_past(started, PRINTERS)
    yield started
    started.stop()


@pytest.fixture
def browser(home: HomeAssistant, chromium: Chromium) -> Iterator[Browser]:
    """Open a browser that must not complain."""
    with browsing(home, chromium) as opened:
        opened.page.set_viewport_size(DESK)
        yield opened
        assert opened.errors == []


def assert_whole(page: Page) -> None:
    """Wait for the overview with its chart and its tables, and see that no card is broken."""
    for title in ("Prints per day", "How prints ended", "Last prints", "This week compared to last week"):
        expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    expect(page.locator("statistics-chart canvas").first).to_be_visible()
    expect(page.get_by_role("cell", name=PRINTERS[0].name).first).to_be_visible()
    expect(page.locator(BROKEN)).to_have_count(0)
    expect(page.get_by_text("Error loading the dashboard strategy")).to_have_count(0)


def assert_follows_a_rename(home: HomeAssistant, page: Page) -> None:
    """Give an entity another id and name and see it here, without loading the page again, and back."""
    for change, name in ((THERE, "How it goes"), (BACK, "Success rate")):
        command(home, "config/entity_registry/update", **change)
        expect(page.locator("hui-entity-badge").get_by_text(name)).to_be_visible()
        expect(page.locator(BROKEN)).to_have_count(0)


def test_chosen_among_the_community_s_dashboards(home: HomeAssistant, chromium: Chromium) -> None:
    """It is listed, it can be made with what is suggested, and every cold load of it is without an error."""
    before = {each["url_path"] for each in _dashboards(home)}
    with browsing(home, chromium) as browser:
        _choose(browser)
        assert browser.errors == []
    (made,) = [each for each in _dashboards(home) if each["url_path"] not in before]
    assert made["title"] == TITLE
    path = made["url_path"]
    stored = command(home, "lovelace/config", url_path=path)
    assert stored == STRATEGY
    for number in range(COLD_LOADS):
        with browsing(home, chromium) as cold:
            cold.open(f"/{path}")
            assert_whole(cold.page)
            if number == 0:
                assert_follows_a_rename(home, cold.page)
            assert cold.errors == []
    command(home, "lovelace/dashboards/delete", dashboard_id=made["id"])


def _choose(browser: Browser) -> None:
    """Add the dashboard as a user does, and leave everything as it is offered."""
    page = browser.page
    browser.open("/config/lovelace/dashboards")
    browser.press("Add dashboard")
    dialog = page.locator("ha-dialog-new-dashboard")
    expect(dialog.get_by_text("What your 3D printers did")).to_be_visible()
    dialog.get_by_role("button", name=NAME).click()
    expect(page.get_by_role("textbox", name="Title")).to_have_value(TITLE)
    browser.press("Create")
    expect(page.locator("ha-sidebar").get_by_text(TITLE, exact=True).first).to_be_visible()


def _dashboards(home: HomeAssistant) -> Any:
    return command(home, "lovelace/dashboards/list")


def test_a_switch_shows_it_in_the_sidebar(home: HomeAssistant, browser: Browser, hidden: None) -> None:
    """It comes and goes without a page load, and follows a rename while it is looked at."""
    page = browser.page
    switch(browser)
    expect(page.locator(f"ha-sidebar a[href='{SIDEBAR}']")).to_be_visible()
    page.locator(f"ha-sidebar a[href='{SIDEBAR}']").click()
    assert_whole(page)

    assert_follows_a_rename(home, page)

    switch(browser)
    expect(page.locator(f"ha-sidebar a[href='{SIDEBAR}']")).to_have_count(0)


def switch(browser: Browser) -> None:
    """Flip the switch in the options."""
    page = browser.page
    browser.open(f"/config/integrations/integration/{DOMAIN}")
    browser.press("Configure")
    page.get_by_text("Dashboard", exact=True).last.click()
    page.locator("step-flow-form").get_by_role("checkbox").press("Space")
    browser.press("Submit")
    expect(page.get_by_text("Options successfully saved.")).to_be_visible()
    browser.press("Finish")


@pytest.fixture
def shown(home: HomeAssistant) -> None:
    """Show it in the sidebar."""
    _list(home, listed=True)


@pytest.fixture
def added(home: HomeAssistant) -> Iterator[str]:
    """Add it as one of the community's; returns its address."""
    path = "added-prints"
    made = command(home, "lovelace/dashboards/create", url_path=path, title=TITLE, mode="storage")
    command(home, "lovelace/config/save", url_path=path, config=STRATEGY)
    yield f"/{path}"
    command(home, "lovelace/dashboards/delete", dashboard_id=made["id"])


@pytest.fixture
def hidden(home: HomeAssistant) -> None:
    """Do not show it in the sidebar, whatever other tests did."""
    _list(home, listed=False)


def _list(home: HomeAssistant, *, listed: bool) -> None:
    entry_id = home.entries(DOMAIN)[0]["entry_id"]
    answers: list[dict[str, Any]] = [{"next_step_id": "dashboard"}, {"dashboard": listed}]
    home.walk_flow("options/flow", {"handler": entry_id}, answers)
    wait_until("the entry runs with its new options", lambda: _is_listed(home) is listed)


def _is_listed(home: HomeAssistant) -> bool:
    return SIDEBAR[1:] in [each["url_path"] for each in _dashboards(home)]


def test_a_rename_while_the_page_still_loads_is_followed(
    home: HomeAssistant, browser: Browser, added: str
) -> None:
    """As on a slow line, where the layout of the views comes last."""
    page = browser.page
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        answer = route.fetch()
        if LAYOUT in answer.text():
            held.append((route, answer))
        else:
            route.fulfill(response=answer)

    page.route("**/frontend_latest/*.js", hold)
    browser.open(added)
    page.wait_for_function(KNOWS.format(RATE))
    while not held:
        page.wait_for_timeout(100)
    command(home, "config/entity_registry/update", **THERE)
    page.wait_for_function(KNOWS.format("sensor.how_it_goes"))
    page.wait_for_timeout(1000)
    for route, answer in held:
        route.fulfill(response=answer)
    assert_whole(page)
    expect(page.locator("hui-entity-badge").get_by_text("How it goes")).to_be_visible()
    command(home, "config/entity_registry/update", **BACK)
    expect(page.locator("hui-entity-badge").get_by_text("Success rate")).to_be_visible()


def test_new_views_wait_for_each_layout(browser: Browser, shown: None) -> None:
    """That of the sections comes a moment after that of the view, which a busy machine makes long."""
    browser.open(f"{SIDEBAR}/overview")
    assert_whole(browser.page)
    for layout in ("hui-sections-view", "hui-grid-section"):
        assert browser.page.evaluate(ASKS_WITHOUT, layout) == [0, 1]


def test_script_run_opens_on_it(home: HomeAssistant, browser: Browser) -> None:
    Integration(home).show_dashboard()
    browser.open("/")
    browser.page.wait_for_url(f"**{SIDEBAR}/**")
    assert_whole(browser.page)
    expect(browser.page.locator("hui-markdown-card td b").first).to_contain_text("(demo)")


def test_tables_fill_their_cards(browser: Browser, shown: None) -> None:
    page = browser.page
    browser.open(f"{SIDEBAR}/overview")
    assert_whole(page)
    cards = page.locator("hui-markdown-card", has=page.locator("table")).all()
    shares = [_width(card.locator("table")) / _width(card) for card in cards]
    assert len(shares) == 3
    assert min(shares) > 0.85  # the rest is the card's padding


def _width(shown: Locator) -> float:
    box = shown.bounding_box()
    assert box is not None
    return box["width"]


def test_one_s_own_data(home: HomeAssistant, browser: Browser, shown: None) -> None:
    """The report is the preview to the byte, downloads are downloads, and deletion asks first."""
    page = browser.page
    browser.open(f"{SIDEBAR}/data")
    body = page.locator("hui-markdown-card code")
    expect(body).to_contain_text("schema_version")
    assert body.inner_text() == Integration(home).ask("preview_report")["body"]

    files: list[str] = []

    def note(answer: Response) -> None:
        if "authSig" in answer.url:
            files.append(answer.headers["content-disposition"])

    page.context.on("response", note)
    for known, name in enumerate(("Download everything", "Download the prints")):
        page.get_by_role("button", name=name).click()
        while len(files) == known:
            page.wait_for_timeout(100)
    assert files == [f'attachment; filename="{DOMAIN}.json"', f'attachment; filename="{DOMAIN}_prints.csv"']

    before = Integration(home).count("prints_completed")
    page.get_by_role("button", name="Delete everything").click()
    expect(page.get_by_text("This can't be undone.")).to_be_visible()
    browser.press("Cancel")
    assert Integration(home).count("prints_completed") == before


def test_pictures(browser: Browser, shown: None, images: Path) -> None:
    """Light, dark and on a phone."""
    page = browser.page
    for view in ("overview", "printers", "trends", "data"):
        browser.open(f"{SIDEBAR}/{view}")
        expect(page.locator("hui-sections-view hui-heading-card").first).to_be_visible()
        settle(page)
        browser.save(images / f"dashboard_{view}.png")
    page.emulate_media(color_scheme="dark")
    browser.open(f"{SIDEBAR}/overview")
    assert_whole(page)
    settle(page)
    browser.save(images / "dashboard_dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    browser.open(f"{SIDEBAR}/overview")
    assert_whole(page)
    settle(page)
    browser.save(images / "dashboard_phone.png")


def settle(page: Page) -> None:
    """Let the charts finish drawing themselves."""
    expect(page.locator("hui-statistics-graph-card ha-spinner")).to_have_count(0)
    if SAVES_IMAGES:
        page.wait_for_timeout(1500)
