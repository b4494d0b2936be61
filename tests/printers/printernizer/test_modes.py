"""How Home Assistant and Printernizer run, each told rightly: one row for each way.

Home Assistant's own way (OS, Container, Supervised, Core) is the report's `deployment_mode`; how Printernizer
runs is what a person said, and is told of each instance by itself.
"""

import json
from typing import Any

import pytest

from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics
from custom_components.printernizer_stats.printers.printernizer.server import MODES

from ...helpers import EN, async_act
from .at_home import INSTANCE, Home
from .standin import VERSION


@pytest.mark.parametrize(
    ("mode", "label"),
    [
        ("homeassistant", "As an add-on of Home Assistant"),
        ("docker", "In a container (Docker)"),
        ("pi", "On a Raspberry Pi"),
        ("standalone", "By itself on a computer"),
    ],
)
async def test_each_way_to_run_printernizer_is_told_as_it_was_said(home: Home, mode: str, label: str) -> None:
    home.app.show("a", "online")
    entry = await home.async_setup("a")
    subentry = entry.subentries[INSTANCE]
    home.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "mode": mode})
    await home.async_poll()
    diagnostics: dict[str, Any] = await async_get_config_entry_diagnostics(home.hass, entry)
    (told,) = diagnostics["printernizer"]
    assert told == {
        "version": VERSION,
        "mode": mode,
        "connected": True,
        "shares": False,
        "printers": 1,
        "unasked": 0,
    }
    assert EN["selector"]["deployment_mode"]["options"][mode] == label
    report = json.loads((await async_act(home.hass, "preview_report"))["body"])
    assert report["installation"]["deployment_mode"].startswith("homeassistant"), "the report is ours"


def test_no_way_is_missing() -> None:
    assert set(MODES) == {"homeassistant", "docker", "pi", "standalone"}
