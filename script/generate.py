"""Derive documentation tables, JSON Schema and the service's dictionary from the integration's data."""

import argparse
from collections.abc import Callable, Mapping
from itertools import starmap
import json
from pathlib import Path
import re
import sys
from typing import Any, Final

from generate_export import export_head, export_schema, export_sections
from generate_judging import (
    alarm_budget,
    alarm_counts,
    alarm_goals,
    alarm_homes,
    alarm_layers,
    alarm_mixes,
    release_answers,
    release_verdicts,
)
from generate_measures import measures, scopes
from generate_printers import printers, printers_short, profile_keys, quirks, simulation
from generate_public import public_error, public_privacy
from generate_sums import actives
from markdown_table import table
from yaml import safe_load  # type: ignore[import-untyped]

ROOT: Final = Path(__file__).resolve().parents[1]
INTEGRATION: Final = ROOT / "custom_components" / "printernizer_stats"
DICTIONARY: Final = INTEGRATION / "core" / "dictionary.json"
PROFILES: Final = INTEGRATION / "printers" / "printer_profiles.json"
TEXTS: Final = INTEGRATION / "translations" / "en.json"
QUALITY: Final = INTEGRATION / "quality_scale.yaml"
EXPORT_SCHEMA: Final = ROOT / "docs" / "export.schema.json"
COPY: Final = ROOT / "services" / "aggregation" / "aggregation" / "dictionary.json"

BEGIN: Final = "<!-- generated {name}: change the data file and run script/generate -->"
END: Final = "<!-- end of generated {name} -->"
ANCHOR: Final = "#words"
VALUE_TEXT: Final = {
    "int": "whole number, {min:,} to {max:,}",
    "bool": "true or false",
    "const": "`{value}`, or `2.0` by [protocol 2](protocol.md)",
    "enum": f"a word of [{{enum}}]({ANCHOR})",
    "list": f"words of [{{enum}}]({ANCHOR}), at most {{max_items}}",
    "map": f"for words of [{{enum}}]({ANCHOR}): {{item}}",
    "version": "version of {of}: digits and dots, as in `3.14`",
    "month_version": "version of {of}: year and month, as in `2026.11`",
    "country": "two capital letters; `XX` when unknown",
    "instant": "start of a day or hour (UTC)",
    "uuid": "random UUID",
    "sha256": "SHA-256, 64 hexadecimal digits",
}

type Raw = Mapping[str, Any]
type Renderer = Callable[[Raw, Raw], str]


def value_text(spec: Raw) -> str:
    """Say in a few words what a declared value may be, its unit left out."""
    item = value_text(spec["value"]) if spec["type"] == "map" else ""
    return VALUE_TEXT[spec["type"]].format_map({**spec, "item": item})


def in_detail(spec: Raw) -> list[str]:
    """Return the cells type, unit and bounds of a declared value."""
    return [spec["type"], spec.get("unit", ""), value_text(spec)]


def categories(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of consent categories."""
    return table(["category", "holds"], ([f"`{n}`", t] for n, t in dictionary["categories"].items()))


def words(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of word lists, with the aliases that the service folds."""
    rows = []
    for name, listed in dictionary["enums"].items():
        folded = dictionary["aliases"].get(name, {})
        aliases = ", ".join(f"`{alias}` is `{word}`" for alias, word in folded.items())
        rows.append([f"`{name}`", ", ".join(f"`{word}`" for word in listed), aliases])
    return table(["list", "words", "aliases"], rows)


def events(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of event types."""
    rows = []
    for name, spec in dictionary["events"].items():
        keys = ", ".join(key_text(key, each) for key, each in spec["keys"].items())
        rows.append([f"`{name}`", spec["purpose"], spec["category"], keys, str(spec["since"])])
    return table(["event type", "recorded when", "category", "metadata keys", "since"], rows)


def key_text(key: str, spec: Raw) -> str:
    """Return a metadata key, marked when it is required."""
    return f"**`{key}`**" if spec.get("required") else f"`{key}`"


def bus_events(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of event types with all that an automation finds in them."""
    rows = (
        [f"`{name}`", spec["purpose"], "<br>".join(starmap(datum, spec["keys"].items()))]
        for name, spec in dictionary["events"].items()
    )
    return table(["`type`", "fired when", "data"], rows)


def datum(key: str, spec: Raw) -> str:
    """Return a metadata key with its unit, or with what it may be."""
    allowed = spec.get("unit") or value_text(spec).replace(ANCHOR, f"dictionary.md{ANCHOR}")
    return f"`{key}` ({allowed})"


def triggers(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of triggers."""
    return described("triggers")


def conditions(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of conditions."""
    return described("conditions")


def described(kind: str) -> str:
    """Return names and descriptions as Home Assistant's editor shows them."""
    texts = json.loads(TEXTS.read_text(encoding="utf-8"))[kind]
    rows = ([each["name"], f"`printernizer_stats.{key}`", each["description"]] for key, each in texts.items())
    return table(["in the editor", "in YAML", "what it does"], rows)


def keys(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of metadata keys; raises ValueError when one name is declared in two ways."""
    declared: dict[str, list[str]] = {}
    for spec in dictionary["events"].values():
        for key, each in spec["keys"].items():
            cells = in_detail(each)
            if declared.setdefault(key, cells) != cells:
                raise ValueError(f"{key} is declared in two ways")
    return table(["key", "type", "unit", "allowed"], ([f"`{k}`", *c] for k, c in declared.items()))


def consents(spec: Raw) -> str:
    """Return the categories of which a field needs each."""
    return " and ".join(spec[key] for key in ("category", "also") if key in spec)


def report(dictionary: Raw, _profiles: Raw) -> str:
    """Return the full table of report fields."""
    rows = (
        [
            f"`{path}`",
            *in_detail(spec),
            "yes" if spec.get("required") else "no",
            consents(spec),
            spec.get("turn", "all"),
            spec["purpose"],
            str(spec["since"]),
        ]
        for path, spec in dictionary["report"]["fields"].items()
    )
    head = ["field", "type", "unit", "allowed", "required", "category", "weeks", "purpose", "since"]
    return table(head, rows)


def shared(dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of report fields for the people whose data it is."""
    rows = (
        [
            f"`{path}`",
            consents(spec),
            spec.get("turn", "all"),
            value_text(spec).replace(ANCHOR, f"dictionary.md{ANCHOR}"),
            spec["purpose"],
        ]
        for path, spec in dictionary["report"]["fields"].items()
    )
    return table(["field", "category", "weeks", "what it can hold", "what it is for"], rows)


def quality(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of the quality scale's rules, each with its tier, status and evidence."""
    text = QUALITY.read_text(encoding="utf-8")
    stated = safe_load(text)["rules"]
    tier, rows = "", []
    for line in text.splitlines():
        name = line.strip().removesuffix(":")
        if name.startswith("# "):
            tier = name.removeprefix("# ")
        elif line.startswith("  ") and name in stated and not line.startswith("   "):
            rows.append([tier, name, stated[name]["status"], linked(stated[name]["comment"])])
    return table(["tier", "rule", "status", "how, and where it is shown"], rows)


def linked(comment: str) -> str:
    """Return a comment whose references lead to the files that they name, seen from docs/."""
    return re.sub(r"`([^`:#]+)([^`]*)`", link_text, comment)


def link_text(reference: re.Match[str]) -> str:
    """Return the link of one reference: to a heading, else to the file."""
    path, rest = reference[1], reference[2]
    label = path.removeprefix("custom_components/printernizer_stats/")
    return f"[{label}{rest}](../{path}{rest if rest.startswith('#') else ''})"


BLOCKS: Final[Mapping[str, tuple[Renderer, ...]]] = {
    "README.md": (printers_short,),
    "docs/automations.md": (triggers, conditions, bus_events),
    "docs/developer_guide.md": (profile_keys,),
    "docs/dictionary.md": (categories, words, events, keys, report),
    "docs/faq.md": (categories,),
    "docs/export.md": (export_head, export_sections),
    "docs/printers.md": (printers, quirks, simulation),
    "docs/privacy.md": (shared,),
    "docs/quality_scale.md": (quality,),
    "docs/service/judging.md": (
        release_verdicts,
        release_answers,
        alarm_goals,
        alarm_homes,
        alarm_layers,
        alarm_counts,
        alarm_mixes,
        alarm_budget,
    ),
    "docs/service/public_numbers.md": (public_privacy, public_error),
    "docs/service/questions.md": (actives, measures, scopes),
}


def fill(text: str, name: str, content: str) -> str:
    """Return the text with the content between the markers of that name; raises ValueError without them."""
    begin, end = BEGIN.format(name=name), END.format(name=name)
    head, found, rest = text.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found or not found_end:
        raise ValueError(f"the markers of {name} are missing")
    return f"{head}{begin}\n{content}\n{end}{tail}"


def wanted() -> dict[Path, str]:
    """Return what every generated file should hold."""
    dictionary = json.loads(DICTIONARY.read_text(encoding="utf-8"))
    profiles = json.loads(PROFILES.read_text(encoding="utf-8"))
    texts = {COPY: DICTIONARY.read_bytes().decode(), EXPORT_SCHEMA: export_schema(dictionary)}
    for file, renderers in BLOCKS.items():
        text = (ROOT / file).read_text(encoding="utf-8")
        for render in renderers:
            text = fill(text, render.__name__, render(dictionary, profiles))
        texts[ROOT / file] = text
    return texts


def is_current(file: Path, text: str) -> bool:
    """Whether a file holds exactly that text, byte by byte."""
    return file.exists() and file.read_bytes() == text.encode()


def main() -> int:
    """Write what is out of date, or only name it; returns 1 when a check finds any."""
    parser = argparse.ArgumentParser(prog="script/generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 if out of date")
    check = parser.parse_args().check
    outdated = {file: text for file, text in wanted().items() if not is_current(file, text)}
    for file, text in outdated.items():
        print(f"{'out of date' if check else 'written'}: {file.relative_to(ROOT)}")
        if not check:
            file.write_bytes(text.encode())
    return 1 if check and outdated else 0


if __name__ == "__main__":
    sys.exit(main())
