"""The dialog of a flow, used by the keyboard."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, expect

from stack.integration import DOMAIN

from .accessible import assert_accessible, tab_to
from .browser import Browser

PAGE: Final = f"/config/integrations/integration/{DOMAIN}"


class Dialog:
    """Every page of it is looked at for what a screen reader needs; Tab, Space and Enter do the rest."""

    def __init__(self, browser: Browser, images: Path) -> None:
        """Save pictures in the folder."""
        self._browser = browser
        self._page = browser.page
        self._images = images
        self._dialog = browser.page.locator("dialog-data-entry-flow")
        self.form = browser.page.locator("step-flow-form")

    def open_options(self) -> None:
        """Go to the menu of the options."""
        self._browser.open(PAGE)
        self._browser.press("Configure")
        self.at_menu()

    def at_menu(self) -> None:
        """Wait for the menu."""
        expect(self._dialog.get_by_text("What would you like to view or change?")).to_be_visible()

    def choose(self, item: str, title: str = "") -> None:
        """Go from the menu to a page; Home Assistant lets nobody reach its menus by Tab."""
        self._page.locator("step-flow-menu").get_by_text(item, exact=True).click()
        self.at(title or item)

    def at(self, title: str) -> None:
        """Wait for the page of this title, and see that everybody can use it."""
        expect(self._dialog.get_by_text(title, exact=True)).to_be_visible()
        assert_accessible(self._page)

    def tick(self, *names: str) -> None:
        """Change boxes from what they are."""
        for name in names:
            box = self.form.get_by_role("checkbox", name=name, exact=True)
            before = box.is_checked()
            tab_to(self._page, box).press("Space")
            expect(box).to_be_checked(checked=not before)

    def fill(self, role: str, name: str, value: str) -> Locator:
        """Type into a field, and return it."""
        field = self.form.get_by_role(role, name=name)  # type: ignore[arg-type]
        tab_to(self._page, field).fill(value)
        return field

    def unfold(self, section: str) -> None:
        """Open a section; Enter would send the page."""
        tab_to(self._page, self.form.get_by_role("button", name=section, exact=True)).press("Space")

    def press(self, name: str) -> None:
        """Go on by the button of this name."""
        button = self._dialog.get_by_role("button", name=name, exact=True)
        tab_to(self._page, button).press("Enter")

    def finish(self) -> None:
        """See that the options were saved, and close."""
        expect(self._dialog.get_by_text("Options successfully saved.")).to_be_visible()
        self.press("Finish")
        expect(self._dialog.get_by_text("Options successfully saved.")).to_have_count(0)

    def close(self) -> None:
        """Close without an answer."""
        self.press("Close")
        expect(self.form).to_have_count(0)

    def picture(self, name: str, *, dark: bool = False, phone: bool = False) -> None:
        """Save a picture for the documentation, and beside it one in the dark or on a phone."""
        self._browser.save(self._images / f"{name}.png")
        if dark:
            self._browser.save(self._images / f"{name}_dark.png", dark=True)
        if phone:
            self._browser.save(self._images / f"{name}_phone.png", phone=True)
