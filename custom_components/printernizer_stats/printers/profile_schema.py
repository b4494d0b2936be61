"""Profile schema: the form of printer_profiles.json, and the check of a document against it.

Home Assistant has no validator for JSON Schema, so the part of it that our schema uses is read here; a test
compares the verdicts with those of a complete validator.
"""

from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any, Final

_FILE: Final = Path(__file__).with_name("printer_profiles.schema.json")
_TYPES: Final[Mapping[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "null": type(None),
}

type Schema = Mapping[str, Any] | bool


class ProfileError(ValueError):
    """A profile is not as the schema says; the text names the profile, the key and what is wrong."""


def read_schema() -> Mapping[str, Any]:
    """Read the schema; blocking."""
    schema: Mapping[str, Any] = json.loads(_FILE.read_text(encoding="utf-8"))
    return schema


def check(document: object, schema: Mapping[str, Any]) -> None:
    """Raise ProfileError for the first thing in the document that the schema does not allow."""
    for fault in _faults(document, schema, schema["$defs"], ""):
        raise ProfileError(fault)


def _faults(value: object, schema: Schema, known: Mapping[str, Any], path: str) -> Iterator[str]:
    """Yield what is wrong with a value, each with the place where it is."""
    place = path.removeprefix(".integrations.").replace(".", ": ", 1) if path else "the file"
    if isinstance(schema, bool):
        if not schema:
            yield f"{place} does not belong here"
        return
    if "$ref" in schema:
        yield from _faults(value, known[schema["$ref"].removeprefix("#/$defs/")], known, path)
    if "type" in schema and not _is(value, schema["type"]):
        yield f"{place} must be of the type {schema['type']}"
        return
    yield from (f"{place} {wrong}" for wrong in _wrong(value, schema))
    if "anyOf" in schema and all(any(_faults(value, each, known, path)) for each in schema["anyOf"]):
        yield f"{place} is none of what it may be"
    if "if" in schema:
        branch = "else" if any(_faults(value, schema["if"], known, path)) else "then"
        yield from _faults(value, schema.get(branch, True), known, path)
    if isinstance(value, dict):
        yield from _in_object(value, schema, known, path)
    if isinstance(value, list) and "items" in schema:
        for index, each in enumerate(value):
            yield from _faults(each, schema["items"], known, f"{path}[{index}]")


def _in_object(
    value: Mapping[str, object], schema: Mapping[str, Any], known: Mapping[str, Any], path: str
) -> Iterator[str]:
    """Yield what is wrong with the keys of an object and with what they hold."""
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{_place(path, key)} is missing"
    properties = schema.get("properties", {})
    for key, each in value.items():
        yield from _faults(key, schema.get("propertyNames", True), known, f"{path}.{key}")
        if key not in properties and schema.get("additionalProperties") is False:
            yield f"{_place(path, key)} is no key that is known"
            continue
        further = properties.get(key, schema.get("additionalProperties", True))
        yield from _faults(each, further, known, f"{path}.{key}")


def _place(path: str, key: str) -> str:
    return f"{path}.{key}".removeprefix(".integrations.").replace(".", ": ", 1).removeprefix(": ")


def _is(value: object, name: str) -> bool:
    """Whether a value is of a type; true and false are no numbers."""
    return isinstance(value, _TYPES[name]) and (isinstance(value, bool) <= (name == "boolean"))


def _wrong(value: object, schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a value by itself."""
    allowed = [schema["const"]] if "const" in schema else schema.get("enum")
    if allowed is not None and not any(value == each and type(value) is type(each) for each in allowed):
        yield f"is none of {', '.join(map(str, allowed))}"
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield "must not be empty"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"does not match {schema['pattern']}"
    if isinstance(value, dict) and len(value) < schema.get("minProperties", 0):
        yield "must not be empty"
    if _is(value, "number") and not _within(value, schema):
        yield "is out of bounds"


def _within(value: Any, schema: Mapping[str, Any]) -> bool:
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
