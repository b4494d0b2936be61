"""Chromium on pages of the service: it notes each complaint, each violated policy, each other host."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, Request, StorageState, ViewportSize

from . import axe
from .chromium import TIMEOUT_MS, Chromium
from .conftest import SAVES_IMAGES

DESK: Final[ViewportSize] = {"width": 1280, "height": 900}
PHONE: Final[ViewportSize] = {"width": 412, "height": 900}
NOTHING: Final[ViewportSize] = {"width": 1, "height": 1}
"""What Chromium may show for a moment while it prepares a picture of the whole page."""
LOOKS: Final = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light")}
_POLICIES: Final = """addEventListener("securitypolicyviolation",
    (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""
_SETTLE_MS: Final = 300


class Visitor:
    """One page, and what went wrong in it."""

    def __init__(self, page: Page, url: str) -> None:
        """Watch a page that visits a service."""
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(TIMEOUT_MS)
        page.set_default_navigation_timeout(TIMEOUT_MS)
        page.add_init_script(_POLICIES)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", self._request)

    def open(self, path: str) -> None:
        """Go to a page, and wait until its charts are drawn."""
        self.page.goto(f"{self.url}{path}")
        self.page.locator("html[data-drawn]").wait_for(state="attached")

    def look(self, name: str) -> None:
        """Look at the page in the light, in the dark, or on a phone."""
        size, scheme = LOOKS[name]
        self.page.set_viewport_size(size)
        self.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        self.page.wait_for_timeout(_SETTLE_MS)

    def save(self, path: Path) -> None:
        """Save a picture of the whole page if any are wanted."""
        if not SAVES_IMAGES:
            return
        picture = Image.open(BytesIO(self.page.screenshot(full_page=True, animations="disabled")))
        picture.convert("RGB").quantize(dither=Image.Dither.NONE).save(path, optimize=True)

    def violations(self) -> list[str]:
        """Return what axe finds in the whole page."""
        return axe.violations(self.page)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def _request(self, request: Request) -> None:
        self.hosts.add(urlsplit(request.url).netloc)


@contextmanager
def visiting(
    chromium: Chromium, url: str, *, script: bool = True, kept: StorageState | None = None
) -> Iterator[Visitor]:
    """Give a visitor whose profile is empty but for what is kept; without a script if so wished."""
    with chromium.profile(DESK, script=script, kept=kept) as context:
        yield Visitor(context.new_page(), url)
