"""Chromium on a Home Assistant, signed in as its owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
import json
from pathlib import Path

from PIL import Image
from playwright.sync_api import ConsoleMessage, Error, Page, ViewportSize

from stack.home_assistant import HomeAssistant
from stack.integration import DOMAIN

from .chromium import TIMEOUT_MS, Chromium
from .conftest import SAVES_IMAGES

_SIGN_IN = """
if (location.origin === {origin}) {{
  localStorage.setItem("hassTokens", {tokens});
  localStorage.setItem("selectedLanguage", '"en"');
}}
"""
_WITHOUT_FILTER = """{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("html { --ha-dialog-scrim-backdrop-filter: none !important; }");
  document.adoptedStyleSheets.push(sheet);
}"""
"""Nothing behind a dialog is dimmed, which takes a processor most of its time while the dialog moves."""
_SETTLE_MS = 500
_DESK: ViewportSize = {"width": 1280, "height": 900}
_PHONE: ViewportSize = {"width": 412, "height": 900}
_LIST_LEFT_EARLY = (
    "disconnected"  # what the frontend's lists throw when their page is left while they lay out
)


class Browser:
    """One page, and what went wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        """Watch the page's console."""
        self.page = page
        self.errors: list[str] = []
        self._dark = False
        self._url = url
        page.set_default_timeout(TIMEOUT_MS)
        page.set_default_navigation_timeout(TIMEOUT_MS)
        page.on("console", self._console)
        page.on("pageerror", self._page_error)

    def open(self, path: str) -> None:
        """Go to a page of Home Assistant."""
        self.page.goto(f"{self._url}{path}", wait_until="domcontentloaded")
        self.page.locator("ha-sidebar").wait_for(state="attached")  # on a phone it is folded away

    def press(self, name: str) -> None:
        """Click on the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def save(self, path: Path, *, dark: bool = False, phone: bool = False) -> None:
        """See what is to be seen, or would be in the dark or on a phone; save a picture if any are wanted."""
        usual = self.page.viewport_size or _DESK
        self._show(_PHONE if phone else usual, dark=dark)
        icons = self.page.locator(f"img[src*='/{DOMAIN}/']")
        for icon in icons.all():
            icon.evaluate("image => image.decode()")
        if SAVES_IMAGES:
            # Written here: the threads that Playwright writes with may outlive the test.
            picture = Image.open(BytesIO(self.page.screenshot(animations="disabled"))).convert("RGB")
            picture.quantize(dither=Image.Dither.NONE).save(path, optimize=True)
        self._show(usual, dark=False)

    def _show(self, size: ViewportSize, *, dark: bool) -> None:
        """Change the look of the page, and let it settle."""
        if size == self.page.viewport_size and dark == self._dark:
            return
        self._dark = dark
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme="dark" if dark else "light")
        self.page.wait_for_timeout(_SETTLE_MS)

    def _console(self, message: ConsoleMessage) -> None:
        # The icons of other integrations are on the internet.
        elsewhere = "/api/brands/" in (url := message.location["url"]) and DOMAIN not in url
        if message.type == "error" and not elsewhere:
            self.errors.append(f"{message.text} ({url})")

    def _page_error(self, error: Error) -> None:
        if str(error) != _LIST_LEFT_EARLY:
            self.errors.append(str(error))


@contextmanager
def browsing(home: HomeAssistant, chromium: Chromium) -> Iterator[Browser]:
    """Open an empty profile, with a login that the page finds in its storage."""
    tokens = json.dumps(json.dumps(home.tokens()))
    with chromium.profile(_DESK, zone="Europe/Amsterdam") as context:
        context.add_init_script(_SIGN_IN.format(origin=json.dumps(home.url), tokens=tokens))
        if not SAVES_IMAGES:
            context.add_init_script(_WITHOUT_FILTER)
        yield Browser(context.new_page(), home.url)
