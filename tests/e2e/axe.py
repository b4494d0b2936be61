"""Axe in a page: loaded once, and told to read no color twice."""

from typing import Any, Final

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

_READ_ONCE: Final = """
(() => {
  const colors = axe.commons.color.Color.prototype;
  const read = colors.parseString;
  const known = new Map();
  colors.parseString = function (text) {
    if (known.has(text)) {
      [this.r, this.g, this.b, this.alpha] = known.get(text);
    } else {
      read.call(this, text);
      known.set(text, [this.r, this.g, this.b, this.alpha]);
    }
    return this;
  };
})();"""
"""For each text axe reads the color of each element below it anew, which takes most of its time."""
_RUN: Final = "([root, options]) => axe.run(root ?? document, {...options, resultTypes: ['violations']})"


def violations(page: Page, root: Any = None, **options: Any) -> list[str]:
    """Return what axe finds in the page, or in a part of it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT + _READ_ONCE)
    found = page.evaluate(_RUN, [root, options])
    return [f"{each['id']}: {node['html']}" for each in found["violations"] for node in each["nodes"]]
