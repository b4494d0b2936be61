"""Derive the tables and the JSON Schema of the export from its declaration."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any, Final

from markdown_table import table

ROOT: Final = Path(__file__).resolve().parents[1]
EXPORT: Final = ROOT / "custom_components" / "printernizer_stats" / "core" / "export" / "export.json"

type Raw = Mapping[str, Any]

_LARGEST: Final = 2**53
DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
INSTANT: Final = r"^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{1,9})?\+00:00$"
HEX: Final = "^[0-9a-f]{{{}}}$"
EXPORT_TYPES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "address": ("URL", {"type": "string", "pattern": r"^(https?://\S{1,500})?$"}),
    "amount": ("whole number", {"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST}),
    "any": ("any JSON", {}),
    "categories": (
        "categories of the dictionary",
        {"type": "array", "items": {"type": "string", "pattern": "^[a-z]{1,32}$"}},
    ),
    "count": ("whole number, 0 or more", {"type": "integer", "minimum": 0, "maximum": _LARGEST}),
    "day": ("`YYYY-MM-DD`", {"type": "string", "format": "date"}),
    "event_type": ("event type", {"enum": "events"}),
    "flag": ("true or false", {"type": "boolean"}),
    "id": ("whole number, 1 or more", {"type": "integer", "minimum": 1, "maximum": _LARGEST}),
    "instant": (
        "ISO 8601, UTC",
        {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT[\d:]{8}(\.\d{1,9})?\+00:00$"},
    ),
    "key": ("64 hexadecimal digits", {"type": "string", "pattern": HEX.format(64)}),
    "metric": ("name of a counter", {"enum": "metrics"}),
    "object": ("JSON object", {"type": "object"}),
    "origin": ("16 hexadecimal digits", {"type": "string", "pattern": HEX.format(16)}),
    "period": ("text", {"type": "string", "pattern": r"^(|\d{4}-\d\d-\d\d|[1-9]\d{0,8})$"}),
    "owner": ("printer's key, or empty", {"type": "string", "pattern": "^[0-9a-z]{0,32}$"}),
    "printer": ("printer's key", {"type": "string", "pattern": "^[0-9a-z]{1,32}$"}),
    "report": ("text", {"type": "string"}),
    "setting": ("text", {"type": "string", "pattern": r"^[a-z_]{1,32}(\.[0-9a-z]{1,32})?$"}),
    "sha256": ("SHA-256, hexadecimal", {"type": "string", "pattern": HEX.format(64)}),
    "text": ("text", {"type": "string", "maxLength": 500}),
    "uuid": ("UUID", {"type": "string", "format": "uuid"}),
    "word": ("", {"type": "string"}),
}
"""How the types of the export are told to people, and to JSON Schema."""


def export_head(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the table of what the export says of itself."""
    return export_table(export_form()["head"])


def export_sections(_dictionary: Raw, _profiles: Raw) -> str:
    """Return a table of fields for each section of the export."""
    return "\n\n".join(
        f"### `{name}`\n\n{section['purpose']}\n\n{export_table(section['fields'])}"
        for name, section in export_form()["sections"].items()
    )


def export_form() -> Raw:
    """Read the declaration of the export."""
    form: Raw = json.loads(EXPORT.read_text(encoding="utf-8"))
    return form


def export_table(fields: Raw) -> str:
    """Return the table of some fields of the export."""
    rows = []
    for name, spec in fields.items():
        shown = ", ".join(f"`{word}`" for word in spec.get("words", ())) or EXPORT_TYPES[spec["type"]][0]
        rows.append([f"`{name}`", shown + (", or empty" if spec.get("nullable") else ""), spec["purpose"]])
    return table(["field", "what it holds", "what it is"], rows)


def export_schema(dictionary: Raw) -> str:
    """Return the JSON Schema of the export."""
    form = export_form()
    errors = [f"error_type.{word}" for word in dictionary["enums"]["error_type"]]
    by_type = [
        f"type.{event}.{kind}"
        for event in ("job_completed", "job_failed", "job_cancelled", "error_occurred")
        for kind in dictionary["enums"]["printer_type"]
    ]
    words = {
        "events": list(dictionary["events"]),
        "metrics": [*dictionary["events"], *errors, *by_type, *form["counters"]],
    }

    def field(spec: Raw) -> dict[str, Any]:
        schema = {"description": spec["purpose"], **EXPORT_TYPES[spec["type"]][1]}
        if "enum" in schema:
            schema["enum"] = words[schema["enum"]]
        if "words" in spec:
            schema["enum"] = spec["words"]
        if not spec.get("nullable"):
            return schema
        return {"description": schema.pop("description"), "anyOf": [schema, {"type": "null"}]}

    def record(fields: Raw) -> dict[str, Any]:
        return {
            "type": "object",
            "properties": {name: field(spec) for name, spec in fields.items()},
            "required": list(fields),
            "additionalProperties": False,
        }

    whole = record(form["head"])
    whole["properties"]["export_version"]["const"] = form["version"]
    for name, section in form["sections"].items():
        rows = (
            {"type": "object"}
            if name == "settings"
            else {"type": "array", "items": record(section["fields"])}
        )
        whole["properties"][name] = {"description": section["purpose"], **rows}
        whole["required"].append(name)
    title = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Printernizer statistics export",
    }
    return json.dumps({**title, **whole}, indent=1) + "\n"
