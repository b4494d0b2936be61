"""Names that people typed are text on every page, whatever they hold."""

from pathlib import Path
import re

import pytest

from custom_components.printernizer_stats.core.markdown import harmless

ROOT = Path(__file__).parents[2] / "custom_components" / "printernizer_stats"


@pytest.mark.parametrize(
    "name",
    [
        "![x](http://e.example/t.gif)",
        "[Update](https://e.org)",
        "http://e.example/x",
        "<img>",
        "*b*",
        "`a`|b",
    ],
)
def test_nothing_that_means_something_is_left(name: str) -> None:
    assert re.fullmatch(r"[\w\s]|(&#\d+;|[\w\s])+", harmless(name))


def test_every_page_with_a_printers_name_makes_it_harmless() -> None:
    """A label is text in a list to choose from; anywhere else it stands in Markdown."""
    for file in (ROOT / "flows").glob("*.py"):
        for line in file.read_text().splitlines():
            if "printer_label(" in line and "def " not in line:
                assert "harmless(" in line or "label=" in line, (file.name, line)
