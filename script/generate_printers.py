"""The tables of printer integrations: what is read from them, and which quirks are covered by replays."""

from collections.abc import Iterable, Iterator, Mapping
import json
from pathlib import Path
from typing import Any, Final

from markdown_table import table
from yaml import safe_load  # type: ignore[import-untyped]

ROOT: Final = Path(__file__).resolve().parents[1]
REPLAYS: Final = ROOT / "tests" / "printers" / "replay"
SIMULATION: Final = ROOT / "tests" / "simulation" / "results.json"
SCHEMA: Final = ROOT / "custom_components" / "printernizer_stats/printers/printer_profiles.schema.json"
# The documentation is one folder down.
ABOVE: Final = "../"
OUTCOME_TEXT: Final = {
    "explicit": "explicit: the printer says it",
    "explicit_via_event_entity": "explicit: another entity of the printer says it",
    "explicit_but_ambiguous": "ambiguous: the printer uses one word for two outcomes",
    "heuristic": "heuristic: read from the last progress",
}

type Raw = Mapping[str, Any]


def printers(_dictionary: Raw, profiles: Raw) -> str:
    """Return the table of printer integrations with everything that is read from them."""
    rows = (
        [
            spec["name"],
            f"`{spec['domain']}`",
            f"`{spec['printer_type']}`",
            OUTCOME_TEXT[spec["outcome"]],
            ", ".join(readings(spec)),
        ]
        for spec in whole(profiles)
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
    corpus = [safe_load(file.read_text(encoding="utf-8")) for file in sorted(REPLAYS.glob("*.yaml"))]
    rows = (
        [
            f"`{spec['domain']}`",
            spec["outcome"].replace("_", " "),
            quirk_text(told),
            "; ".join(covering(corpus, spec["key"], quirk)) or f"[a test]({ABOVE}{told['test']})",
        ]
        for spec in whole(profiles)
        for file in corpus
        if file["integration"] == spec["key"]
        for quirk, told in file.get("quirks", {}).items()
    )
    return table(["integration", "outcome", "quirk", "covered by the scenario"], rows)


def quirk_text(told: str | Raw) -> str:
    """Return what a quirk is; where no scenario can show it, a test is named beside."""
    text = told if isinstance(told, str) else str(told["text"])
    return text.replace("|", "or")


def covering(corpus: Iterable[Raw], key: str, quirk: str) -> list[str]:
    """Return the names of the scenarios of a profile that show a quirk."""
    return [
        scenario["name"]
        for file in corpus
        if file["integration"] == key
        for scenario in file["scenarios"]
        if quirk in scenario.get("quirks", ())
    ]


def simulation(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of how many simulated prints are counted exactly through each disturbance."""
    results = json.loads(SIMULATION.read_text(encoding="utf-8"))
    exact: Mapping[str, Mapping[str, int]] = results["exact"]
    rows = (
        [name, *(f"{percents[name]} %" if name in percents else "" for percents in exact.values())]
        for name in results["disturbances"]
    )
    return table(["disturbance", *(f"`{domain}`" for domain in exact)], rows)


def printers_short(_dictionary: Raw, profiles: Raw) -> str:
    """Return the short table of printer integrations."""
    rows = ([spec["name"], f"`{spec['domain']}`", OUTCOME_TEXT[spec["outcome"]]] for spec in whole(profiles))
    return table(["printer", "integration", "how the end of a print is known"], rows)


def whole(profiles: Raw) -> list[Raw]:
    """Return every profile with its key, its domain and what a variant takes over."""
    raw = profiles["integrations"]
    return [
        {**raw.get(spec.get("variant_of"), {}), **spec, "key": key, "domain": spec.get("variant_of", key)}
        for key, spec in raw.items()
    ]


def profile_keys(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of the keys of a profile."""
    known = json.loads(SCHEMA.read_text(encoding="utf-8"))["$defs"]
    needed = known["integration"]["else"]["required"]
    rows = (
        [f"**`{path}`**" if path in needed else f"`{path}`", spec["description"], allowed(spec)]
        for path, spec in declared(known["integration"], known, "")
    )
    return table(["key", "what it says", "values"], rows)


def declared(spec: Raw, known: Raw, above: str) -> Iterator[tuple[str, Raw]]:
    """Yield every key below a declaration, with its place; what several keys share comes once, after them."""
    shared = {}
    for name, raw in spec.get("properties", {}).items():
        reference = str(raw.get("$ref")).rpartition("/")[2]
        each = {**known.get(reference, {}), **raw}
        yield f"{above}{name}", each
        if reference in known:
            shared[reference] = known[reference]
        else:
            yield from declared(each, known, f"{above}{name}.")
            yield from declared(each.get("items", {}), known, f"{above}{name}[].")
    for each in shared.values():
        yield from declared(each, known, f"{above}*.")


def allowed(spec: Raw) -> str:
    """Return what a key may hold, in a few words."""
    if "enum" in spec:
        return ", ".join(f"`{each}`" for each in spec["enum"])
    if "const" in spec:
        return f"`{spec['const']}`"
    if "anyOf" in spec:
        return "pattern or `null`"
    if spec.get("pattern", "").startswith("^\\^"):
        return "pattern"
    plain = {"array": "list", "string": "text", "boolean": "true or false"}
    return plain.get(spec["type"]) or str(spec["type"])
