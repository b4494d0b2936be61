"""One Chromium for all tests of a process; what a test opens in it has a profile of its own."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import BrowserContext, StorageState, ViewportSize, expect, sync_playwright

from stack.process import PATIENCE

TIMEOUT_MS: Final = 1000 * PATIENCE
_WITHOUT: Final = (
    # What pops up below the address bar, two pages of Chromium's own beside each of ours.
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
    # What Playwright leaves out, too: of two lists Chromium reads the second.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
)
_OPTIONS: Final = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-gpu-rasterization",
    "--disable-software-rasterizer",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_WITHOUT)}",
]


class Chromium:
    """A browser that runs while the tests do."""

    def __init__(self, executable: str) -> None:
        """Start it; nothing moves in its pages that does not have to."""
        expect.set_options(timeout=TIMEOUT_MS)
        self._executable = executable
        self._loop: asyncio.AbstractEventLoop | None = None
        self._manager = sync_playwright()
        with self._at_work():
            self._playwright = self._manager.start()
            self._loop = asyncio.get_running_loop()
            self._launch()

    def _launch(self) -> None:
        self._browser = self._playwright.chromium.launch(executable_path=self._executable, args=_OPTIONS)

    def stop(self) -> None:
        """End it."""
        with self._at_work():
            self._browser.close()
            self._playwright.stop()

    @contextmanager
    def profile(
        self,
        viewport: ViewportSize,
        *,
        zone: str | None = None,
        script: bool = True,
        kept: StorageState | None = None,
    ) -> Iterator[BrowserContext]:
        """Give a profile, empty but for what is kept of another; without a script if so wished."""
        with self._at_work():
            if not self._browser.is_connected():
                self._launch()
            context = self._browser.new_context(
                viewport=viewport,
                java_script_enabled=script,
                locale="en-GB",
                timezone_id=zone,
                reduced_motion="reduce",
                service_workers="block",
                storage_state=kept,
            )
            try:
                yield context
            finally:
                context.close()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        """Let Playwright's event loop be the running one of this thread, and afterwards what was before.

        Playwright leaves it so between two calls, and then no other loop can run in this thread.
        """
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(before or self._loop)
        try:
            yield
        finally:
            asyncio._set_running_loop(before)
