"""Entities, actions, triggers and conditions have names, descriptions and icons: all, and no others."""

from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.condition import (
    async_get_all_descriptions as async_get_all_condition_descriptions,
)
from homeassistant.helpers.selector import validate_selector
from homeassistant.helpers.trigger import async_get_all_descriptions as async_get_all_trigger_descriptions
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.printernizer_stats.condition import async_get_conditions
from custom_components.printernizer_stats.const import DOMAIN
from custom_components.printernizer_stats.trigger import async_get_triggers

from .helpers import EN, INTEGRATION, OctoPrint, async_add_app, async_enable_all, async_setup
from .maintained import MaintainedService, async_setup_maintainer
from .test_translations import ICONS

SERVICES: Final[dict[str, Any]] = load_yaml_dict(str(INTEGRATION / "services.yaml"))


def words_of(selector: str | None) -> set[str]:
    """Return the words that a selector's translations name."""
    return set(EN["selector"][selector]["options"]) if selector else set()


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up an entry with a printer."""
    return await async_setup(hass, printers=[OctoPrint(hass).id])


@pytest.mark.usefixtures("socket_enabled")
async def test_entities_are_translated_and_have_icons(
    hass: HomeAssistant, entity_registry: er.EntityRegistry, maintained: MaintainedService
) -> None:
    printer = OctoPrint(hass)
    energy = {printer.id: {"meter": "sensor.plug", "price": 0.3}}
    options = {"printers": [printer.id], "energy": energy, "community": True}
    entry = await async_setup_maintainer(hass, maintained, **options)
    await async_add_app(hass, entry)
    await async_enable_all(hass, entry)
    texts = {(domain, key) for domain, keys in EN["entity"].items() for key in keys}
    icons = {(domain, key) for domain, keys in ICONS["entity"].items() for key in keys}
    entities = {
        (each.domain, each.translation_key or ""): each
        for each in er.async_entries_for_config_entry(entity_registry, entry.entry_id)
    }
    assert texts == icons == entities.keys()
    for (domain, key), entity in entities.items():
        state = hass.states.get(entity.entity_id)
        assert state is not None
        text, icon = EN["entity"][domain][key], ICONS["entity"][domain][key]
        assert state.attributes["friendly_name"].endswith(text["name"])
        assert set(text.get("state", {})) == set(state.attributes.get("options", []))
        assert set(icon.get("state", {})) <= set(text.get("state", {}))
        for attribute, words in text.get("state_attributes", {}).items():
            assert set(words["state"]) == set(state.attributes[f"{attribute}s"])
    assert await hass.config_entries.async_unload(entry.entry_id)


@pytest.mark.usefixtures("entry")
async def test_actions_are_described(hass: HomeAssistant) -> None:
    registered = hass.services.async_services_for_domain(DOMAIN)
    assert registered.keys() == SERVICES.keys() == EN["services"].keys() == ICONS["services"].keys()
    for name, action in registered.items():
        described = (SERVICES[name] or {}).get("fields", {})
        assert isinstance(action.schema, probatio.Schema)
        taken = {str(key): key for key in action.schema.schema}
        assert described.keys() == taken.keys() == EN["services"][name].get("fields", {}).keys(), name
        for field, declared in described.items():
            assert declared.keys() <= {"required", "default", "example", "selector"}, field
            validate_selector(declared["selector"])
            assert isinstance(taken[field], probatio.Required) <= declared.get("required", False), field
            words = declared["selector"].get("select", {})
            assert set(words.get("options", ())) == words_of(words.get("translation_key")), field


@pytest.mark.parametrize(
    ("kind", "registered", "descriptions"),
    [
        ("trigger", async_get_triggers, async_get_all_trigger_descriptions),
        ("condition", async_get_conditions, async_get_all_condition_descriptions),
    ],
)
async def test_triggers_and_conditions_are_described(
    hass: HomeAssistant, kind: str, registered: Any, descriptions: Any
) -> None:
    assert await async_setup_component(hass, "automation", {})
    await async_setup(hass)
    texts, icons = EN[f"{kind}s"], ICONS[f"{kind}s"]
    file = load_yaml_dict(str(INTEGRATION / f"{kind}s.yaml"))
    declared = {key: value or {} for key, value in file.items() if not key.startswith(".")}
    assert (await registered(hass)).keys() == declared.keys() == texts.keys() == icons.keys()
    shown = {
        key.removeprefix(f"{DOMAIN}."): description or {}
        for key, description in (await descriptions(hass)).items()
        if key.startswith(f"{DOMAIN}.")
    }
    assert shown.keys() == declared.keys()
    for name, description in declared.items():
        assert description.keys() <= {"target", "fields"}, name
        fields = description.get("fields", {})
        assert fields.keys() == texts[name].get("fields", {}).keys(), name
        for field, each in fields.items():
            assert each.keys() <= {"required", "default", "example", "selector", "context"}, field
            validate_selector(each["selector"])
        assert shown[name].get("fields", {}).keys() == fields.keys(), "Home Assistant reads the file"
