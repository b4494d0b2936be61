"""The maintainers' dashboard in Chromium: light, dark, on a phone, without a script, by keyboard."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import re

from playwright.sync_api import StorageState, expect
import pytest
import pytest_socket

from stack.parts import interpreter
from stack.process import free_port
from stack.service import AggregationService

from .accessible import tab_to
from .chromium import Chromium
from .conftest import CLIENT_KEY, required
from .visitor import LOOKS, NOTHING, Visitor, visiting

PAGES = (
    "overview",
    "changes",
    "homes",
    "versions",
    "verdicts",
    "errors",
    "features",
    "printers",
    "countries",
    "deployments",
    "experiments",
    "alarms",
    "quality",
)
FLEET = ("simulate", "--homes", "400", "--weeks", "60", "--processes", "1", "--alarm-weeks", "26")


@pytest.fixture(scope="module")
def maintained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AggregationService]:
    """Run a service that has some homes."""
    required("PRINTERNIZER_SERVICE_PYTHON")
    pytest_socket.enable_socket()
    folder = tmp_path_factory.mktemp("maintained")
    service = AggregationService(folder, free_port(), interpreter("service"), CLIENT_KEY)
    service.run(*FLEET)
    try:
        yield service.start()
    finally:
        service.stop()


@pytest.fixture(scope="module")
def key(maintained: AggregationService) -> str:
    """Give a key that may read, as `script/run` prints it when it is started again in the same folder."""
    maintained.reading_key()
    return maintained.reading_key()


@pytest.fixture
def visitor(maintained: AggregationService, chromium: Chromium) -> Iterator[Visitor]:
    """Open a profile in which nothing may go wrong."""
    with _careful(chromium, maintained) as opened:
        yield opened


@pytest.fixture(scope="module")
def signed_in(maintained: AggregationService, chromium: Chromium, key: str) -> StorageState:
    """Sign in, and give what the profile keeps of it."""
    with _careful(chromium, maintained) as opened:
        sign_in(opened, key)
        return opened.page.context.storage_state()


@pytest.fixture
def maintainer(
    maintained: AggregationService, chromium: Chromium, signed_in: StorageState
) -> Iterator[Visitor]:
    """Open a profile that is signed in, and in which nothing may go wrong."""
    with _careful(chromium, maintained, signed_in) as opened:
        yield opened


@contextmanager
def _careful(
    chromium: Chromium, service: AggregationService, kept: StorageState | None = None
) -> Iterator[Visitor]:
    with visiting(chromium, service.url, kept=kept) as opened:
        yield opened
        assert opened.complaints == []
        assert opened.hosts == {service.url.removeprefix("http://")}


def sign_in(visitor: Visitor, key: str, path: str = "/dashboard") -> None:
    """Sign in with the keyboard alone."""
    visitor.page.goto(f"{visitor.url}{path}")
    expect(visitor.page.get_by_label("Key")).to_be_focused()
    visitor.page.keyboard.type(key)
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("button", name="Sign out")).to_be_visible()


def test_the_login_has_no_violations(visitor: Visitor) -> None:
    visitor.page.goto(f"{visitor.url}/dashboard")
    assert visitor.violations() == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_draws_its_tables_and_has_no_violations_however_it_is_looked_at(
    maintainer: Visitor, name: str, images: Path
) -> None:
    maintainer.open(f"/dashboard/{name}")
    for panel in maintainer.page.locator(".panel").all():
        if panel.locator(".chart").count():
            expect(panel.locator(".chart svg")).to_be_visible()
            assert panel.locator("svg path").count() > 1
            expect(panel.locator("table")).to_have_count(1)
    maintainer.page.set_viewport_size(NOTHING)
    for look in LOOKS:
        maintainer.look(look)
        width = maintainer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "the page scrolls sideways"
        assert maintainer.violations() == []
        maintainer.save(images / f"maintainers_{name}_{look}.png")


def test_an_alarm_shows_its_evidence_and_is_judged_again(maintainer: Visitor, images: Path) -> None:
    maintainer.page.goto(f"{maintainer.url}/dashboard/alarms")
    maintainer.page.locator("#alarms").locator("xpath=..").get_by_role("link").first.click()
    expect(maintainer.page.get_by_role("heading", level=1)).to_be_visible()
    maintainer.page.locator("html[data-drawn]").wait_for(state="attached")
    for look in LOOKS:
        maintainer.look(look)
        width = maintainer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "the page scrolls sideways"
        assert maintainer.violations() == []
        maintainer.save(images / f"maintainers_alarm_{look}.png")
    maintainer.page.get_by_role("link", name="Judge the evidence again").click()
    expect(maintainer.page.get_by_role("status")).to_contain_text("the same comes out")


def test_a_level_is_tried_on_the_past_before_it_is_set(maintainer: Visitor, images: Path) -> None:
    maintainer.page.goto(f"{maintainer.url}/dashboard/alarms/levels")
    maintainer.page.get_by_label("Watched", exact=True).select_option("errors")
    maintainer.page.get_by_label("Level", exact=True).fill("0.05")
    maintainer.page.get_by_role("button", name="Try").click()
    expect(maintainer.page.get_by_role("status")).to_contain_text("With the level 0.05")
    for look in LOOKS:
        maintainer.look(look)
        width = maintainer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "the page scrolls sideways"
        assert maintainer.violations() == []
        maintainer.save(images / f"maintainers_levels_{look}.png")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Which version can be dropped next?", r"\d+\.\d+\.\d+ is the oldest in use, in "),
        ("Which error should be mended first?", r"\w+: it is in \d+ % of weekly reports, with "),
        ("Which feature does nobody find?", r"surely on in fewer than 10 % of the homes[.;]"),
    ],
)
def test_a_stranger_finds_what_to_do_next_in_two_clicks_at_most(
    maintainer: Visitor, question: str, answer: str
) -> None:
    """One click on the first screen: the answer is below the question that was read there."""
    maintainer.page.goto(f"{maintainer.url}/dashboard")
    maintainer.page.get_by_role("link", name=question, exact=True).click()
    panel = maintainer.page.locator(".panel").filter(has_text=question)
    expect(panel.locator(".answer")).to_have_text(re.compile(answer))
    expect(panel.get_by_role("heading")).to_be_in_viewport()


@pytest.mark.parametrize("name", ["mails", "notes", "sharing"])
def test_the_other_pages_have_no_violations(maintainer: Visitor, name: str) -> None:
    maintainer.page.goto(f"{maintainer.url}/dashboard/{name}")
    for look in LOOKS:
        maintainer.look(look)
        width = maintainer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
        assert width <= 0, "the page scrolls sideways"
        assert maintainer.violations() == []


@pytest.mark.parametrize("kind", ["weekly", "monthly"])
def test_a_mail_fetches_nothing_and_fits_a_phone(maintainer: Visitor, kind: str) -> None:
    maintainer.page.goto(f"{maintainer.url}/dashboard/mails/shown/{kind}/en")
    expect(maintainer.page.get_by_role("heading", level=1)).to_contain_text("Printernizer statistics")
    assert not maintainer.page.evaluate("() => performance.getEntriesByType('resource').length")
    for look in LOOKS:
        maintainer.look(look)
        assert maintainer.page.evaluate("() => document.documentElement.scrollWidth - innerWidth") <= 0


def test_a_view_is_shared_with_somebody_without_a_key(
    maintained: AggregationService, chromium: Chromium, maintainer: Visitor
) -> None:
    maintainer.page.goto(f"{maintainer.url}/dashboard/versions?weeks=13")
    maintainer.page.get_by_text("Share this view").click()
    maintainer.page.get_by_label("Name").fill("for the team")
    maintainer.page.get_by_role("button", name="Make a link").click()
    address = maintainer.page.get_by_role("status").get_by_role("link").inner_text()
    with visiting(chromium, maintained.url) as guest:
        guest.open(address.removeprefix(maintained.url))
        expect(guest.page.get_by_role("heading", name="Versions: for the team")).to_be_visible()
        expect(guest.page.locator(".chart svg").first).to_be_visible()
        assert guest.violations() == []
        assert guest.complaints == []
    maintainer.page.get_by_role("button", name="Revoke for the team").click()
    expect(maintainer.page.get_by_text("Nothing is shared.")).to_be_visible()


def test_without_a_script_the_tables_say_everything(
    maintained: AggregationService, chromium: Chromium, key: str
) -> None:
    with visiting(chromium, maintained.url, script=False) as visitor:
        visitor.page.goto(f"{visitor.url}/dashboard")
        visitor.page.get_by_label("Key").fill(key)
        visitor.page.get_by_role("button", name="Sign in").click()
        visitor.page.goto(f"{visitor.url}/dashboard/homes")
        for table in visitor.page.locator(".panel table").all():
            expect(table).to_be_visible()
        expect(visitor.page.locator(".chart").first).to_be_hidden()
        visitor.page.get_by_label("Homes", exact=True).select_option("country:DE")
        visitor.page.get_by_role("button", name="Show").click()
        expect(visitor.page.get_by_text("Only homes with country DE")).to_be_visible()


def test_a_filter_is_chosen_with_the_keyboard_and_stands_in_the_address(visitor: Visitor, key: str) -> None:
    sign_in(visitor, key, "/dashboard/homes?weeks=13")
    menu = tab_to(visitor.page, visitor.page.get_by_label("Homes", exact=True))
    menu.select_option("mode:docker")
    visitor.page.wait_for_url("**/dashboard/homes?filter=mode%3Adocker&weeks=13")
    expect(visitor.page.get_by_text("Only homes with deployment docker")).to_be_visible()


def test_signing_out_leads_to_the_login(visitor: Visitor, key: str) -> None:
    sign_in(visitor, key)
    tab_to(visitor.page, visitor.page.get_by_role("button", name="Sign out"))
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_label("Key")).to_be_visible()
    visitor.page.goto(f"{visitor.url}/dashboard/homes")
    expect(visitor.page.get_by_label("Key")).to_be_visible()
