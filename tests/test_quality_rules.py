"""Rules of the quality scale that no other test shows; quality_scale.yaml names the test of each rule."""

import ast
from configparser import ConfigParser
import logging
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from .background.test_report_scheduler import refused
from .helpers import (
    INTEGRATION,
    OctoPrint,
    StatisticsService,
    async_act,
    async_add_app,
    async_enable_all,
    async_setup,
)
from .test_manifest import ROOT, sources

PLATFORMS: Final = [
    (file, tree)
    for file, tree in sources()
    if any(getattr(node, "name", "") == "async_setup_entry" for node in tree.body) and file.stem != "__init__"
]


def test_every_platform_says_how_many_updates_run_at_once() -> None:
    assert len(PLATFORMS) >= 5
    for file, tree in PLATFORMS:
        assigned = {
            ast.unparse(target)
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
        }
        assert "PARALLEL_UPDATES" in assigned, file.name


def test_the_entry_is_typed_everywhere() -> None:
    """Where Home Assistant hands over the entry, its runtime_data has a type."""
    seen = 0
    for file, tree in sources():
        for node in ast.walk(tree):
            if not isinstance(node, ast.AsyncFunctionDef) or not node.name.endswith("_entry"):
                continue
            for argument in node.args.args:
                if argument.arg in ("entry", "_entry", "config_entry"):
                    assert ast.unparse(argument.annotation or argument) == "StatsConfigEntry", file.name
                    seen += 1
    assert seen >= len(PLATFORMS)


def test_one_room_makes_sessions() -> None:
    """Home Assistant's keeps cookies and connections, by which the weeks of a home could be linked."""
    made = set()
    for file, tree in sources():
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        if any(each.endswith("ClientSession") for each in calls):
            made.add(str(file.relative_to(INTEGRATION)))
    assert made == {"background/connections.py"}


def test_coverage_is_demanded() -> None:
    """Of 95 % of everything, branches included; script/test asks for all of the flows besides."""
    settings = ConfigParser()
    settings.read(ROOT / "setup.cfg")
    assert settings.getint("coverage:report", "fail_under") >= 95
    assert settings.getboolean("coverage:run", "branch")
    text = (ROOT / "script" / "run_tests_suites.py").read_text(encoding="utf-8")
    folder = INTEGRATION.relative_to(ROOT)
    assert f'"{folder}/config_flow.py,{folder}/flows/*"' in text
    flows = {file.relative_to(INTEGRATION) for file, tree in sources() if "OptionsFlow" in ast.dump(tree)}
    assert {each for each in flows if each.parts[0] not in {"config_flow.py", "flows"}} == set()


@pytest.mark.usefixtures("socket_enabled")
async def test_every_entity_has_an_id_a_name_and_a_device(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, device_registry: dr.DeviceRegistry
) -> None:
    printer, bare = OctoPrint(hass, "a", "Prusa"), OctoPrint(hass, "b")
    entry = await async_setup(hass, printers=[printer.id, bare.id])
    await async_add_app(hass, entry)
    await async_enable_all(hass, entry)
    owners = {entry.entry_id, *entry.subentries, *entry.runtime_data.printers}
    entities = er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    assert len(entities) > 50
    for entity in entities:
        assert entity.unique_id.removesuffix(f"_{entity.translation_key}") in owners
        assert entity.has_entity_name
        assert entity.device_id is not None
        assert device_registry.async_get(entity.device_id) is not None
    assert len({entity.device_id for entity in entities}) == 4
    assert await hass.config_entries.async_unload(entry.entry_id)


async def test_a_service_that_goes_away_is_logged_once(
    hass: HomeAssistant,
    sharing_entry: MockConfigEntry,
    service: StatisticsService,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def lines() -> list[str]:
        return [
            record.getMessage()
            for record in caplog.records
            if record.levelno == logging.INFO and "statistics service" in record.getMessage()
        ]

    service.status = 503
    for _ in range(3):
        with refused("submission_delayed"):
            await async_act(hass, "submit_now")
    service.status = 200
    await async_act(hass, "submit_now")
    assert lines() == [
        "The statistics service does not take reports (delayed); they are kept",
        "The statistics service takes reports again",
    ]
