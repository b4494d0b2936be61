"""How Home Assistant and Printernizer run, each told rightly: one row for each way.

Home Assistant's own way (OS, Container, Supervised, Core) is the report's `deployment_mode`; how Printernizer
runs is what a person said, and is told of each instance by itself.
"""

from datetime import date
import json
from pathlib import Path
import re
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch
from uuid import UUID

from homeassistant.config_entries import ConfigSubentry
import pytest

from custom_components.printernizer_stats.background import deployment
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.sharing.report import (
    InstallationInfo,
    ReportIdentity,
    Supplement,
    build,
    everything,
)
from custom_components.printernizer_stats.diagnostics import async_get_config_entry_diagnostics
from custom_components.printernizer_stats.printers.printernizer.server import MODES
from custom_components.printernizer_stats.printers.printernizer.source import SUBENTRY

from ...helpers import EN, async_act
from ...proofs import part, tries
from .at_home import INSTANCE, Home
from .standin import VERSION

INSTALLED: Final = (
    ("Home Assistant OS", "homeassistant_os"),
    ("Home Assistant Container", "homeassistant_container"),
    ("Home Assistant Supervised", "homeassistant_supervised"),
    ("Home Assistant Core", "homeassistant_core"),
    ("Something new", "homeassistant"),
)
"""What Home Assistant says of itself, with the word of the dictionary."""
PAIRS: Final = [(*each, mode) for each in INSTALLED for mode in MODES]
"""All of them; every third, which script/test --fast tries, has each way of either in it."""
PAGE: Final = Path(__file__).parents[3] / "docs" / "printernizer.md"
TABLE: Final = re.compile(r"^\| ([\w ()-]+) \| `(\w+)` \|$", re.MULTILINE)
WEEK: Final = (date(2026, 11, 16), date(2026, 11, 23))


def system_of(installation: InstallationInfo) -> dict[str, Any]:
    """What the report of a week tells of the system, when it is the turn of that."""
    turn = DICTIONARY.turns.index("system")
    supplement = Supplement(
        first_report=True, weeks_since_previous_report="none", previous_app_version=None, age_bucket="0-1w"
    )
    author = ReportIdentity(
        installation_id=str(UUID(int=turn)), agreement=everything(), supplement=supplement
    )
    said = json.loads(build(installation, {}, author, *WEEK).body)["installation"]
    names = ("deployment_mode", "ha_version", "printernizer_mode", "printernizer_version")
    return {name: said.get(name) for name in names}


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
    said = entry.runtime_data.installation_info()
    assert (said.printernizer_version, said.printernizer_mode) == (VERSION, mode)


@pytest.mark.parametrize(("installed", "word", "mode"), part(PAIRS, tries(1, fast=3)))
async def test_each_pair_of_ways_to_run_is_told_rightly(
    home: Home, installed: str, word: str, mode: str
) -> None:
    info = {"installation_type": installed}
    with patch.object(deployment, "async_get_system_info", return_value=info):
        entry = await home.async_setup()
    subentry = entry.subentries[INSTANCE]
    home.hass.config_entries.async_update_subentry(entry, subentry, data={**subentry.data, "mode": mode})
    await home.async_poll()
    told = system_of(entry.runtime_data.installation_info())
    assert told == {
        "deployment_mode": word,
        "ha_version": deployment.home_assistant_version(),
        "printernizer_mode": mode,
        "printernizer_version": VERSION,
    }
    rows = TABLE.findall(PAGE.read_text(encoding="utf-8"))
    assert (installed, word) in rows
    assert (EN["selector"]["deployment_mode"]["options"][mode], mode) in rows


async def test_a_report_tells_of_the_first_instance_that_has_answered(home: Home) -> None:
    entry = await home.async_setup()
    away = {"url": "http://127.0.0.1:9", "mode": "pi", "verify_ssl": True}
    more = ConfigSubentry(
        data=MappingProxyType(away), subentry_type=SUBENTRY, title="Printernizer", unique_id=None
    )
    home.hass.config_entries.async_add_subentry(entry, more)
    await home.async_poll()
    said = entry.runtime_data.installation_info()
    assert (said.printernizer_version, said.printernizer_mode) == (VERSION, "docker")
    home.hass.config_entries.async_remove_subentry(entry, INSTANCE)
    said = entry.runtime_data.installation_info()
    assert (said.printernizer_version, said.printernizer_mode) == (None, None)


def test_no_way_is_missing() -> None:
    assert MODES == DICTIONARY.enums["printernizer_mode"] == ("docker", "homeassistant", "pi", "standalone")
