"""Every scenario of the corpus, and the corpus against the reference it was built from."""

import json
import re
from typing import Any, Final

import pytest

from custom_components.printernizer_stats.core.models import PrinterState
from custom_components.printernizer_stats.printers.profiles import PROFILES, Profile

from ..proofs import part, tries
from ..replaying import REPLAYS, Replay, Scenario, headers, scenarios

SCENARIOS: Final = scenarios()
REFERENCE: Final[dict[str, dict[str, Any]]] = json.loads(
    (REPLAYS / "reference.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_scenario(scenario: Scenario) -> None:
    events = Replay(scenario.integration).run(scenario.steps)
    assert [each.type for each in events] == [event_type for event_type, _ in scenario.expected]
    for event, (_, data) in zip(events, scenario.expected, strict=True):
        counted: dict[str, object] = {"at": event.at, **event.data}
        assert {key: counted.get(key) for key in data} == data, event.type
        assert event.data["printer_type"] == PROFILES[scenario.integration].rules.printer_type


@pytest.mark.parametrize("scenario", part(SCENARIOS, tries(1, fast=3)), ids=lambda each: each.id)
def test_nothing_of_a_printer_s_identity_is_kept(scenario: Scenario) -> None:
    """Neither what is recorded nor what survives a restart holds an id, an address or a name."""
    replay = Replay(scenario.integration)
    kept = []
    for events in replay.follow(scenario.steps):
        kept.append(json.dumps([[each.type, dict(each.data)] for each in events]))
        kept.append(json.dumps(replay.session.dump()))
    assert not any(scenario.printer in each or "secret" in each for each in kept)


def test_the_corpus_is_large_and_names_its_sources() -> None:
    assert len(SCENARIOS) >= 60
    assert len({each.id for each in SCENARIOS}) == len(SCENARIOS)
    for name, header in headers().items():
        source = header["source"]
        assert source["repository"], name
        assert source["commit"], name
        assert source["files"], name


def test_every_course_names_its_public_source_or_is_made_up() -> None:
    made = {name for name, header in headers().items() if header["source"]["repository"] == "this one"}
    assert {name for name in headers() if name.startswith("made_")} == made - {"template"}
    for each in SCENARIOS:
        if not each.source:
            assert each.integration == "template" or each.name.startswith("made up: "), each.id
        for address in each.source:
            assert re.fullmatch(r"https://github\.com/[\w-]+/[\w-]+/(issues/\d+|tree/[\w.-]+)", address), (
                each.id
            )


def test_every_course_that_owners_reported_is_there_and_names_the_reports_that_it_is_called_after() -> None:
    reported = [each for each in SCENARIOS if each.reported]
    assert len(reported) == 48, "47, and one of them a second time in more words"
    for each in reported:
        named = {int(number) for number in re.findall(r"#(\d+)", each.name)}
        linked = {int(number) for number in re.findall(r"/issues/(\d+)", " ".join(each.source))}
        assert named == linked, each.id


def test_every_integration_that_can_be_replayed_is() -> None:
    assert {each.integration for each in SCENARIOS} == {
        domain for domain, profile in PROFILES.items() if profile.state_id
    }


def test_every_quirk_is_shown_by_a_scenario_or_by_a_test_that_is_there() -> None:
    declared: dict[str, Any] = {}
    for header in headers().values():
        declared |= header.get("quirks", {})
    shown = {quirk for each in SCENARIOS for quirk in each.quirks}
    elsewhere = {quirk: each["test"] for quirk, each in declared.items() if isinstance(each, dict)}
    assert shown | set(elsewhere) == set(declared)
    for quirk, test in elsewhere.items():
        assert (REPLAYS.parents[2] / test).is_file(), quirk


@pytest.mark.parametrize("domain", sorted(REFERENCE))
def test_profiles_have_the_vocabulary_of_the_reference(domain: str) -> None:
    reference, profile = REFERENCE[domain], PROFILES[domain]
    assert profile.outcome == reference["outcome"]
    assert profile.ignored == {word.casefold() for word in reference["transient"]}
    for word in reference["vocabulary"]:
        assert (word.casefold() in profile.states) != (word.casefold() in profile.ignored), word
    expected = {word.casefold(): state for word, state in reference["state_map"].items()}
    assert _states_without_reading(profile, domain) == expected


def _states_without_reading(profile: Profile, domain: str) -> dict[str, PrinterState]:
    """The map of states, with the words that we count as something else as the reference has them."""
    states: dict[str, PrinterState] = {
        word: PrinterState.PRINTING if state is PrinterState.PREPARING else state
        for word, state in profile.states.items()
    }
    if domain.startswith("anycubic"):
        assert states["failed"] is PrinterState.CANCELLED
        states["failed"] = PrinterState.FAILED
    return states
