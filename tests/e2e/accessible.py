"""What a screen reader and a keyboard find on the pages of ours."""

import re
from typing import Final

from playwright.sync_api import Locator, Page, expect

from . import axe

_DIALOG: Final = ("home-assistant", "dialog-data-entry-flow", "step-flow-form")
# What Home Assistant's own parts leave to be wished for, and nothing that a page of ours can change.
_NOT_OURS: Final = {
    "aria-valid-attr-value": "a folded section names what is not there yet",
    "color-contrast": "the theme's color of links",
    "heading-order": "a section's title is a heading of the third level",
    "scrollable-region-focusable": "Chromium and Firefox reach by Tab what scrolls",
}
_RULES: Final = {name: {"enabled": False} for name in _NOT_OURS}
_FIELD: Final = re.compile(r"- (checkbox|combobox|radio|spinbutton|switch|textbox)\b(.*)")
_MOST_TABS: Final = 60


def assert_accessible(page: Page) -> None:
    """See that every field of the form has a name, and that axe finds nothing that we could mend."""
    form = page.locator(_DIALOG[-1])
    expect(form.locator("ha-markdown, ha-form").first).to_be_visible()
    nameless = [role for role, rest in _FIELD.findall(form.aria_snapshot()) if not rest.startswith(' "')]
    assert nameless == []
    assert violations(page, *_DIALOG) == []


def violations(page: Page, *path: str) -> list[str]:
    """Return what axe finds in a part of the page, to which a selector leads through each shadow root."""
    return axe.violations(page, {"include": [{"fromShadowDom": path}]}, rules=_RULES)


def tab_to(page: Page, control: Locator) -> Locator:
    """Press Tab until the control has the focus, and return it."""
    for _ in range(_MOST_TABS):
        if control.evaluate("each => each.matches(':focus-within')"):
            return control
        page.keyboard.press("Tab")
    message = f"{control} is not reached by Tab"
    raise AssertionError(message)
