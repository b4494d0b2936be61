"""The profiles of printer integrations: what the data may say, and which ids are recognized."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
import json
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import PrinterState
from custom_components.printernizer_stats.printers.profile_schema import ProfileError, read_schema
from custom_components.printernizer_stats.printers.profiles import PROFILES, Role, load, recognize

from ..helpers import INTEGRATION
from ..proofs import tries
from ..replaying import Scenario, scenarios

FILE: Final = INTEGRATION / "printers" / "printer_profiles.json"
DATA: Final[dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
SCHEMA: Final = read_schema()
VALIDATOR: Final = jsonschema_rs.validator_for(dict(SCHEMA))
# What integrations put before the suffix: host names, addresses, UUIDs, serials, MACs, names of people's own.
STEMS: Final = (
    "voron-24",
    "voron-24.local",
    "76ae56ef-3391-4f7a-89b4-8cc1cb4d6454",
    "192.0.2.7",
    "fe80::1%eth0",
    "00:00:5e:00:53:01",
    "01JMOON",
    "my_printer_2",
    "Printer in the hall (left)",
    "drucker-küche",
)
ANYTHING: Final[tuple[Any, ...]] = (
    *(None, True, 0, -1, 1.5, "", "x", "^x$", "sensor"),
    *([], ["x"], [1], {}, {"x": "idle"}, {"x": 1}),
)

EVERY: Final = tries(1, fast=4)
"""Of these values, so manieth are tried."""

type Place = tuple[str | int, ...]


def places(node: Any, above: Place = ()) -> Iterator[Place]:
    """Yield where everything in a document is."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, each in children:
        yield (*above, key)
        yield from places(each, (*above, key))


def at(document: Any, place: Place) -> Any:
    """Return what is at a place."""
    for key in place:
        document = document[key]
    return document


def only(key: str) -> dict[str, Any]:
    """Return the data of one profile, with what it is a variant of."""
    profiles = DATA["integrations"]
    base = profiles[key].get("variant_of")
    return {"integrations": {each: profiles[each] for each in (base, key) if each is not None}}


def changed(place: Place, value: Any = None, *, remove: bool = False) -> dict[str, Any]:
    """Return a profile's data with another value at a place, or without what is there."""
    document = deepcopy(only(str(place[1])))
    node = at(document, place[:-1])
    if remove:
        del node[place[-1]]
    else:
        node[place[-1]] = value
    return document


def verdict(tmp_path: Path, document: Any) -> str | None:
    """Return what the loader has against a document; None when it takes it."""
    file = tmp_path / "profiles.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    try:
        load(file)
    except ProfileError as error:
        return str(error)
    return None


def keywords(schema: Any) -> Iterator[str]:
    """Yield every word of JSON Schema that a schema uses."""
    if not isinstance(schema, dict):
        return
    yield from schema
    for keyword, each in schema.items():
        if keyword in ("properties", "$defs"):
            for below in each.values():
                yield from keywords(below)
        elif isinstance(each, list):
            for below in each:
                yield from keywords(below)
        else:
            yield from keywords(each)


def renamed(scenario: Scenario, stem: str) -> set[str]:
    """Return the ids of a scenario's entities, with another stem."""
    ids = {row[1] for row in scenario.rows} - {"event", "restart"}
    return {each.replace(scenario.printer, stem) for each in ids}


@pytest.mark.parametrize("key", sorted(DATA["integrations"]))
def test_loader_and_schema_have_the_same_verdict(tmp_path: Path, key: str) -> None:
    """On every key that is missing, on unknown ones, and on any value in the place of another."""
    for place in places(DATA["integrations"][key], ("integrations", key)):
        documents = [changed(place, remove=True), *(changed(place, value) for value in ANYTHING[::EVERY])]
        if isinstance(place[-1], str):
            documents.append(changed((*place[:-1], "unheard_of"), {}))
        for document in documents:
            if "variant_of" in place and isinstance(at(document, place[:-1]).get("variant_of"), str):
                continue
            said = verdict(tmp_path, document)
            assert (said is None) == VALIDATOR.is_valid(document), (place, said)


def test_the_schema_uses_only_what_the_loader_reads() -> None:
    read = {
        *("$ref", "additionalProperties", "anyOf", "const", "else", "enum", "if", "items", "maximum"),
        *("minLength", "minProperties", "minimum", "pattern", "properties", "propertyNames", "required"),
        *("then", "type"),
    }
    told = {"$defs", "$schema", "description", "title"}
    assert set(keywords(SCHEMA)) <= read | told


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("moonraker", "state_entity", "unit"), "s", "moonraker: state_entity.unit is no key that is known"),
        (("moonraker", "progress", "unique_id_regexp"), "^x$", "moonraker: progress.unique_id_regexp is no"),
        (("prusalink", "sates"), {}, "prusalink: sates is no key that is known"),
        (("octoprint", "outcome"), "guess", "octoprint: outcome is none of explicit"),
        (("octoprint", "state_map", "printing"), "busy", "octoprint: state_map.printing is none of"),
        (("bambu_lab", "filament"), [{}], "bambu_lab: filament[0].unique_id_regex is missing"),
        (("elegoo_printer", "signs", "gaurd"), {}, "elegoo_printer: signs.gaurd is no key that is known"),
        (("moonraker", "progress", "unique_id_regex"), "^(?P<id>.+)(_x$", "moonraker: a pattern is no"),
        (("moonraker", "progress", "unique_id_regex"), "_progress", "moonraker: progress.unique_id_regex"),
        (("bambuddy_serial", "variant_of"), "nobody", "bambuddy_serial: variant_of is no integration"),
        (("bambuddy_serial", "variant_of"), "bambuddy_serial", "bambuddy_serial: variant_of is no"),
    ],
)  # fmt: skip
def test_the_loader_names_profile_and_key(tmp_path: Path, place: Place, value: Any, said: str) -> None:
    assert said in str(verdict(tmp_path, changed(("integrations", *place), value)))


def test_the_loader_names_a_key_that_is_missing(tmp_path: Path) -> None:
    for key in ("name", "printer_type", "state_entity", "state_map", "transient", "outcome", "duration"):
        document = changed(("integrations", "moonraker", key), remove=True)
        assert verdict(tmp_path, document) == f"moonraker: {key} is missing"


def test_a_variant_takes_over_what_it_does_not_say() -> None:
    base, variant = PROFILES["flashforge"], PROFILES["flashforge_5m"]
    assert variant.domain == base.domain == "flashforge"
    assert variant.states == base.states
    assert variant.parts[Role.PROGRESS] != base.parts[Role.PROGRESS]
    assert base.events
    assert not variant.events
    assert PROFILES["bambuddy_serial"].normalize("offline") is PrinterState.OFFLINE


@pytest.mark.parametrize("stem", STEMS)
def test_ids_are_recognised_whatever_an_integration_puts_into_them(stem: str) -> None:
    for scenario in scenarios():
        profile = PROFILES[scenario.integration]
        for unique_id in renamed(scenario, stem):
            found = recognize(profile.domain, unique_id)
            if found is None:
                assert profile.role_of(unique_id, stem) is not None, unique_id
            else:
                assert found == (profile, stem)


def test_only_one_variant_takes_an_entity_for_the_state() -> None:
    for scenario in scenarios():
        domain = PROFILES[scenario.integration].domain
        for unique_id in renamed(scenario, scenario.printer):
            of = [each for each in PROFILES.values() if each.domain == domain and each.printer_of(unique_id)]
            assert len(of) <= 1, unique_id


@pytest.mark.parametrize(
    ("domain", "unique_id"),
    [
        ("prusa_connect", "0a1b2c3d-0000-4000-8000-123456789abc_job_state"),
        ("flashforge", "SNFF01_print_status"),
        ("bambuddy", "01JBUDDY_health_status"),
        ("bambuddy", "01JBUDDY_p2_hms_status"),
        ("moonraker", "01JMOON_queue_state"),
        ("moonraker", "01JMOON_state"),
        ("bambu_lab", "01S00C123456789_print_type"),
    ],
)
def test_other_entities_of_an_integration_are_no_printers(domain: str, unique_id: str) -> None:
    assert recognize(domain, unique_id) is None


def test_every_type_that_is_reported_is_a_word_of_the_dictionary() -> None:
    assert {each.rules.printer_type for each in PROFILES.values()} <= set(DICTIONARY.enums["printer_type"])


def test_every_sign_of_the_schema_is_a_role() -> None:
    signs: Mapping[str, Any] = SCHEMA["$defs"]["integration"]["properties"]["signs"]["properties"]
    assert set(signs) <= set(Role)
