"""Texts of every language, icons, descriptions: hassfest's grammar, nothing missing, nothing unused."""

import ast
import json
import re
from typing import Any, Final

from homeassistant.components.recorder.core import Recorder
from homeassistant.components.repairs import ConfirmRepairFlow
from homeassistant.config_entries import SOURCE_USER
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
from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import Period
from custom_components.printernizer_stats.core.sharing.api import Verdict
from custom_components.printernizer_stats.core.sharing.consent import Decision
from custom_components.printernizer_stats.core.sharing.identity_rotation import Sent
from custom_components.printernizer_stats.core.sharing.outbox import ReportState
from custom_components.printernizer_stats.core.sharing.receipts import Evidence
from custom_components.printernizer_stats.history.data_deletion import DeletionScope
from custom_components.printernizer_stats.history.statistics import Grouping
from custom_components.printernizer_stats.http import ExportForm
from custom_components.printernizer_stats.printers.duplicates import Sign
from custom_components.printernizer_stats.repairs import (
    ConsentFlow,
    GonePrinterFlow,
    NewPrintersFlow,
    async_create_fix_flow,
)
from custom_components.printernizer_stats.trigger import async_get_triggers

from .grammar import ICONS_SCHEMA, STRINGS_SCHEMA
from .helpers import EN, INTEGRATION, OctoPrint, async_enable_all, async_setup
from .texts import LANGUAGES, assert_step_is_translated, leaves

ICONS: Final[dict[str, Any]] = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))
SERVICES: Final[dict[str, Any]] = load_yaml_dict(str(INTEGRATION / "services.yaml"))
# What a translator leaves alone: placeholders, Markdown, code, addresses, numbers, names of the machine's.
_KEPT: Final = re.compile(r"\{\w+\}|\]\(|`+[^`]*`+|\*+|\n+(?:- )?|https?://|\d+|\w*[A-Za-z]_\w+")

COMPLETE: Final = {"de", "en", "es", "fr", "it", "nl", "pl"}
# What another language may say as English does.
SAME: Final = {
    *(name for key, name in EN["selector"]["printer_type"]["options"].items() if key != "other"),
    *("{reason}", "{hours}h", "{amount}%", "Printernizer"),
    *(f"{{amount}}\N{NO-BREAK SPACE}{unit}" for unit in ("g", "kg", "m")),
    *(
        "Community",
        "Dashboard",
        "Error",
        "Export",
        "Filament",
        "Filament per week",
        "File",
        "Import",
        "Limit",
        "Maintenance",
    ),
    *(
        "Metadata",
        "Meter",
        "OK",
        "Offline",
        "Print",
        "Printer",
        "Printers",
        "Prints",
        "Prints per week",
        "prints",
    ),
    *("Trends", "Week"),
}

# The pages that follow the one about sharing: see flows/test_sharing.
OF_CONSENT: Final = {"categories", "agree"}


def constants() -> set[str]:
    """Return every string literal of the integration's code."""
    return {
        node.value
        for file in INTEGRATION.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def words_of(selector: str | None) -> set[str]:
    """Return the words that a selector's translations name."""
    return set(EN["selector"][selector]["options"]) if selector else set()


@pytest.fixture
async def entry(hass: HomeAssistant) -> MockConfigEntry:
    """Set up an entry with a printer."""
    return await async_setup(hass, printers=[OctoPrint(hass).id])


def test_the_languages_are_these() -> None:
    assert LANGUAGES.keys() == COMPLETE


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=LANGUAGES)
def test_texts_follow_the_grammar(texts: dict[str, Any]) -> None:
    STRINGS_SCHEMA(texts)


def test_issues_are_described_or_fixed() -> None:
    for issue in EN["issues"].values():
        assert ("description" in issue) is not ("fix_flow" in issue)


def test_icons_follow_the_grammar() -> None:
    ICONS_SCHEMA(ICONS)


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {"en"}))
def test_other_languages_say_the_same(language: str) -> None:
    english, texts = dict(leaves(EN)), dict(leaves(LANGUAGES[language]))
    assert texts.keys() == english.keys()
    for path, text in texts.items():
        assert sorted(_KEPT.findall(text)) == sorted(_KEPT.findall(english[path])), path
        if not path.endswith(("unit_of_measurement", "hours_minutes")):  # Which may be an abbreviation.
            assert text.endswith(".") is english[path].endswith("."), path
        assert text != english[path] or text in SAME, path


async def test_set_up_steps_are_translated(recorder_mock: Recorder, hass: HomeAssistant) -> None:
    OctoPrint(hass)
    first = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert_step_is_translated(first, EN["config"])
    second = await hass.config_entries.flow.async_configure(first["flow_id"], {"printers": []})
    assert_step_is_translated(second, EN["config"])
    entry = await async_setup(hass)
    third = await entry.start_reconfigure_flow(hass)
    assert_step_is_translated(third, EN["config"])
    seen = {each["step_id"] for each in (first, second, third)}
    assert seen | OF_CONSENT == set(EN["config"]["step"])


async def async_visit(hass: HomeAssistant, shown: Any, seen: set[str]) -> None:
    """Check a page of the options and all pages behind its menu that were not seen yet."""
    assert_step_is_translated(shown, EN["options"])
    seen.add(shown["step_id"])
    for page in shown.get("menu_options", ()):
        if page in seen:
            continue
        # A menu that was left is opened anew by its own name.
        flow = await hass.config_entries.options.async_init(shown["handler"])
        if shown["step_id"] != "init":
            flow = await async_choose(hass, flow, shown["step_id"])
        await async_visit(hass, await async_choose(hass, flow, page), seen)


async def async_choose(hass: HomeAssistant, menu: Any, page: str) -> Any:
    return await hass.config_entries.options.async_configure(menu["flow_id"], {"next_step_id": page})


async def test_option_steps_are_translated(hass: HomeAssistant) -> None:
    described = {"entity": "sensor.shed", "printer_type": "other", "states": {"busy": "printing"}}
    entry = await async_setup(hass, printers=[OctoPrint(hass).id], manual=[described])
    seen: set[str] = set()
    await async_visit(hass, await hass.config_entries.options.async_init(entry.entry_id), seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, await async_choose(hass, menu, "manual"), "describe")
    chosen = {"entity": "sensor.garage", "printer_type": "other"}
    words = await hass.config_entries.options.async_configure(form["flow_id"], chosen)
    await async_visit(hass, words, seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, menu, "delete")
    confirm = await hass.config_entries.options.async_configure(form["flow_id"], {"scope": "events"})
    await async_visit(hass, confirm, seen)

    menu = await hass.config_entries.options.async_init(entry.entry_id)
    form = await async_choose(hass, menu, "energy")
    meter = await hass.config_entries.options.async_configure(form["flow_id"], {"printer": "sensor.shed"})
    await async_visit(hass, meter, seen)
    # The page of leaving follows only when sharing is on: see test_protocol_2; that of what was not
    # sent: see flows/test_report; that of a file that fails: see flows/test_guard.
    assert seen | OF_CONSENT | {"leave", "not_sent", "switch_off"} == set(EN["options"]["step"])


def test_words_of_the_selectors_are_the_code_s() -> None:
    options = {key: set(each["options"]) for key, each in EN["selector"].items()}
    of_reports = {
        *DICTIONARY.categories,
        *(path.replace(".", "-") for path in DICTIONARY.report),
        *(f"type_{field.type}" for field in DICTIONARY.report.values()),
        *(f"state_{state}" for state in ReportState),
        *(f"receipt_{each}" for each in Evidence),
    }
    assert options.pop("report") - of_reports <= constants()
    assert options.pop("maintenance") <= constants()
    assert options == {
        "delete_scope": set(DeletionScope),
        "deletion": {*DeletionScope, "there_too", "here_only"},
        "deployment_mode": set(DICTIONARY.enums["deployment_mode"]),
        "double": {"note", "swap", *Sign},
        "error_type": set(DICTIONARY.enums["error_type"]),
        "event_type": set(DICTIONARY.events),
        "category": set(DICTIONARY.categories),
        "decision": {"title", "past", "broken", "pseudonymous", *Decision},
        "grouping": set(Grouping),
        "export_format": set(ExportForm),
        "period": set(Period),
        "printer_type": set(DICTIONARY.enums["printer_type"]),
        "sent": set(Sent),
    }


def test_purposes_of_fields_are_the_dictionary_s() -> None:
    said = EN["selector"]["report"]["options"]
    for path, declared in DICTIONARY.report.items():
        assert said[path.replace(".", "-")] == declared.purpose
    assert DICTIONARY.categories.items() <= said.items()


@pytest.mark.parametrize("texts", LANGUAGES.values(), ids=LANGUAGES)
def test_setting_up_and_changing_ask_for_consent_in_the_same_words(texts: dict[str, Any]) -> None:
    set_up, options = texts["config"]["step"], texts["options"]["step"]
    for step in ("categories", "sharing"):
        asked, asked_later = set_up[step], options[step]
        assert {**asked_later, "description": ""} == {**asked, "description": ""}
        assert asked_later["description"].removesuffix("{ledger}") == asked["description"]
    assert set_up["agree"]["description"] == options["agree"]["description"]


async def test_repair_steps_are_translated(hass: HomeAssistant) -> None:
    described = {"entity": "gone", "printer_type": "other", "states": {"busy": "printing"}}
    entry = await async_setup(hass, printers=[OctoPrint(hass).id], manual=[described])
    OctoPrint(hass, "def")
    fixable = [key for key, issue in EN["issues"].items() if "fix_flow" in issue]
    data = {"entry_id": entry.entry_id, "printer": "gone", "kind": "OctoPrint", "prints": 3}
    for key in fixable:
        flow = await async_create_fix_flow(hass, key, {**data})
        assert isinstance(flow, NewPrintersFlow | ConfirmRepairFlow | ConsentFlow | GonePrinterFlow)
        flow.hass, flow.handler, flow.issue_id = hass, DOMAIN, key
        assert_step_is_translated(await flow.async_step_init(), EN["issues"][key]["fix_flow"])
        if isinstance(flow, GonePrinterFlow):
            assert_step_is_translated(await flow.async_step_successor(), EN["issues"][key]["fix_flow"])
            assert_step_is_translated(await flow.async_step_sensor(), EN["issues"][key]["fix_flow"])


async def test_entities_are_translated_and_have_icons(
    hass: HomeAssistant, entity_registry: er.EntityRegistry
) -> None:
    printer = OctoPrint(hass)
    energy = {printer.id: {"meter": "sensor.plug", "price": 0.3}}
    entry = await async_setup(hass, printers=[printer.id], energy=energy, community=True)
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


def test_errors_of_the_flows_are_translated() -> None:
    assert EN["config"]["error"].items() <= EN["options"]["error"].items()
    assert set(EN["options"]["error"]) | set(EN["options"]["abort"]) <= constants()


def test_exceptions_are_translated_and_used() -> None:
    refusals = {f"submission_{verdict}" for verdict in Verdict if verdict is not Verdict.ACCEPTED}
    assert refusals <= set(EN["exceptions"])
    assert set(EN["exceptions"]) - refusals <= constants()


def test_translation_keys_in_the_code_exist() -> None:
    known = {
        *EN["exceptions"],
        *EN["issues"],
        *EN["selector"],
        *(key for keys in EN["entity"].values() for key in keys),
    }
    used = {
        argument.value.value
        for file in INTEGRATION.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        for argument in node.keywords
        if argument.arg == "translation_key" and isinstance(argument.value, ast.Constant)
    }
    assert used
    assert used <= known
