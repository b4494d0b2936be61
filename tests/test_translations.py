"""Texts of every language, icons: hassfest's grammar, nothing missing, nothing unused."""

import ast
import json
import re
from typing import Any, Final

import pytest

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

from .grammar import ICONS_SCHEMA, STRINGS_SCHEMA
from .helpers import EN, INTEGRATION
from .texts import LANGUAGES, leaves

ICONS: Final[dict[str, Any]] = json.loads((INTEGRATION / "icons.json").read_text(encoding="utf-8"))
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


def constants() -> set[str]:
    """Return every string literal of the integration's code."""
    return {
        node.value
        for file in INTEGRATION.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


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


def test_errors_of_the_flows_are_translated() -> None:
    elsewhere = EN["options"]["error"] | EN["config_subentries"]["maintainer"]["error"]
    assert EN["config"]["error"].items() <= elsewhere.items()
    assert set(elsewhere) | set(EN["config"]["abort"]) <= constants()
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
