"""The tables of printer integrations: what is read from them, and which quirks are covered by replays."""

from collections.abc import Iterable, Mapping
import json
from pathlib import Path
from typing import Any, Final

from markdown_table import table
from yaml import safe_load  # type: ignore[import-untyped]

REPLAYS: Final = Path(__file__).resolve().parents[1] / "tests" / "replay"
OUTCOME_TEXT: Final = {
    "explicit": "explicit: the printer says it",
    "explicit_via_event_entity": "explicit: another entity of the printer says it",
    "explicit_but_ambiguous": "ambiguous: the printer uses one word for two outcomes",
    "heuristic": "heuristic: read from the last progress",
}

ELSEWHERE: Final = "a test of its own"

type Raw = Mapping[str, Any]


def printers(_dictionary: Raw, profiles: Raw) -> str:
    """Return the table of printer integrations with everything that is read from them."""
    rows = (
        [
            spec["name"],
            f"`{domain}`",
            f"`{spec['printer_type']}`",
            OUTCOME_TEXT[spec["outcome"]],
            ", ".join(readings(spec)),
        ]
        for domain, spec in profiles["integrations"].items()
    )
    return table(["printer", "integration", "reported as", "outcome", "read beside the state"], rows)


def readings(spec: Raw) -> list[str]:
    """Return what a profile reads beside the state."""
    duration = spec.get("duration", {})
    known = {
        "progress": "progress" in spec,
        "start time": "started_at" in duration,
        "print time": duration.get("kind") == "entity",
        **{filament_text(each): True for each in spec.get("filament", [])},
    }
    return [name for name, there in known.items() if there]


def filament_text(spec: Raw) -> str:
    """Return how a filament entity is called; planned is what the slicer expects."""
    planned = "planned " if spec.get("semantics") == "planned" else ""
    return f"{planned}filament ({spec['unit']})"


def quirks(_dictionary: Raw, profiles: Raw) -> str:
    """Return the table of known quirks with the replayed scenarios that cover them."""
    reference = json.loads((REPLAYS / "reference.json").read_text(encoding="utf-8"))
    corpus = [safe_load(file.read_text(encoding="utf-8")) for file in sorted(REPLAYS.glob("*.yaml"))]
    rows = (
        [
            f"`{domain}`",
            profiles["integrations"][domain]["outcome"].replace("_", " "),
            text.replace("|", "or"),
            "; ".join(covering(corpus, domain, quirk)) or ELSEWHERE,
        ]
        for domain, spec in reference.items()
        for quirk, text in spec["quirks"].items()
    )
    return table(["integration", "outcome", "quirk", "covered by the scenario"], rows)


def covering(corpus: Iterable[Raw], domain: str, quirk: str) -> list[str]:
    """Return the names of the scenarios of an integration that show a quirk."""
    return [
        scenario["name"]
        for file in corpus
        if file["integration"] == domain
        for scenario in file["scenarios"]
        if quirk in scenario.get("quirks", ())
    ]


def printers_short(_dictionary: Raw, profiles: Raw) -> str:
    """Return the short table of printer integrations."""
    rows = (
        [spec["name"], f"`{domain}`", OUTCOME_TEXT[spec["outcome"]]]
        for domain, spec in profiles["integrations"].items()
    )
    return table(["printer", "integration", "how the end of a print is known"], rows)
