"""What the OpenAPI document says of `/submit`, from the declared fields."""

from collections.abc import Mapping
import re
from typing import Any

from aggregation.dictionary import (
    BoolField,
    ConstField,
    EnumField,
    FieldSpec,
    IntField,
    ListField,
    MapField,
    TextField,
)
from aggregation.protocol import strings
from aggregation.protocol.fields import V1_FIELDS, V2_FIELDS, grouped, members

type Schema = dict[str, Any]

_REFERENCE = "#/components/schemas/"


def _field(spec: FieldSpec, *, strict: bool) -> Schema:
    """Return the JSON Schema of one field."""
    schema = _of_type(spec, strict=strict)
    return {"anyOf": [schema, {"type": "null"}]} if spec.nullable else schema


def _of_type(spec: FieldSpec, *, strict: bool) -> Schema:
    """Return the JSON Schema of what a field holds when it is not null."""
    match spec:
        case TextField():
            schema = _text(spec.type, strict=strict)
        case ConstField():
            schema = {"const": spec.value}
        case EnumField():
            schema = _member(spec.enum, strict=strict)
        case IntField():
            schema = {"type": "integer", "minimum": spec.min, "maximum": spec.max}
        case BoolField():
            schema = {"type": "boolean"}
        case ListField():
            items = _member(spec.enum, strict=strict)
            unique = {"uniqueItems": True} if strict else {}
            schema = {"type": "array", "items": items, "maxItems": spec.max_items} | unique
        case MapField():
            values = _of_type(spec.value, strict=strict)
            names = {"propertyNames": _member(spec.enum, strict=True)} if strict else {}
            schema = {"type": "object", "additionalProperties": values} | names
    return schema


def _text(kind: str, *, strict: bool) -> Schema:
    """Return the JSON Schema of a string of a fixed form."""
    return (_TEXTS if strict else _TOLERANT_TEXTS)[kind]


def _matching(pattern: re.Pattern[str]) -> Schema:
    """Return the JSON Schema of a string that a pattern matches as a whole."""
    return {"type": "string", "pattern": f"^{pattern.pattern}$"}


_TEXTS: dict[str, Schema] = {
    "uuid": _matching(strings.UUID),
    "country": _matching(strings.COUNTRY),
    "sha256": _matching(strings.SHA256),
    "instant": _matching(strings.DAY),
    "month_version": _matching(strings.MONTH_VERSION),
    "version": {"type": "string", "maxLength": strings.VERSION_LENGTH, "description": "PEP 440"},
}
_TOLERANT_TEXTS = _TEXTS | {
    "country": {"type": "string"},
    "version": {"type": "string"},
    "instant": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]},
}


def _member(enum: str, *, strict: bool) -> Schema:
    """Return the JSON Schema of a name of an enum."""
    return {"type": "string", "enum": list(members(enum))} if strict else {"type": "string"}


def _report(fields: Mapping[str, FieldSpec], *, strict: bool) -> Schema:
    """Return the JSON Schema of a whole report."""
    groups = grouped(fields)
    top = _object(groups.pop(""), strict=strict)
    top.setdefault("required", [])
    for name, group in groups.items():
        top["properties"][name] = _object(group, strict=strict)
        if not strict or top["properties"][name].get("required"):
            top["required"].append(name)
    return top


def _object(fields: Mapping[str, FieldSpec], *, strict: bool) -> Schema:
    """Return the JSON Schema of one group of fields."""
    schema: Schema = {
        "type": "object",
        "properties": {name: _field(spec, strict=strict) for name, spec in fields.items()},
        "additionalProperties": not strict,
    }
    if required := [name for name, spec in fields.items() if spec.required]:
        schema["required"] = required
    return schema


def _content(schema: str) -> Schema:
    """Return a JSON body of a named schema."""
    return {"application/json": {"schema": {"$ref": _REFERENCE + schema}}}


def _problem(description: str) -> Schema:
    """Return an answer that only says why."""
    return {"description": description, "content": _content("Problem")}


_RECEIPT: Schema = {
    "type": "object",
    "properties": {
        "body_sha256": {"type": "string"},
        "received_day": {"type": "string", "format": "date"},
        "protocol": {"enum": ["1.0", "2.0"]},
        "jws": {"type": "string", "description": "Compact JWS (EdDSA) over the other three"},
    },
    "required": ["body_sha256", "received_day", "protocol", "jws"],
}
SUBMIT_SCHEMAS: dict[str, Schema] = {
    "ReportV1": _report(V1_FIELDS, strict=False),
    "ReportV2": _report(V2_FIELDS, strict=True),
    "SubmissionAnswer": {
        "type": "object",
        "properties": {
            "status": {"const": "success"},
            "submission_id": {"type": "integer"},
            "message": {"type": "string"},
            "receipt": _RECEIPT,
        },
        "required": ["status", "submission_id", "message", "receipt"],
    },
    "Problem": {
        "type": "object",
        "properties": {
            "detail": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}]}
        },
        "required": ["detail"],
    },
}
PROOF_SCHEME: dict[str, Schema] = {
    "Proof": {
        "type": "http",
        "scheme": "Proof",
        "description": "A JWT signed by the Ed25519 key that the installation id is made of",
    }
}
EITHER_KEY_OR_PROOF: list[dict[str, list[str]]] = [{"APIKeyHeader": []}, {"Proof": []}]
SUBMIT_OPERATION: Schema = {
    "tags": ["ingest"],
    "summary": "Take in one weekly report, and answer once it is stored",
    "operationId": "submit",
    "security": EITHER_KEY_OR_PROOF,
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [{"$ref": _REFERENCE + "ReportV1"}, {"$ref": _REFERENCE + "ReportV2"}]}
            }
        },
    },
    "responses": {
        "200": {"description": "Stored, now or before", "content": _content("SubmissionAnswer")},
        "400": _problem("The body is incomplete"),
        "401": _problem("The key or the proof is wrong"),
        "403": _problem("No key is given"),
        "408": _problem("The body did not arrive in time"),
        "409": _problem("Another report is stored for this installation and period"),
        "410": _problem("The installation was deleted"),
        "413": _problem("The body is too large"),
        "415": _problem("The body is no plain JSON"),
        "422": _problem("The body is no valid report; `detail` names each wrong field"),
        "429": _problem("Too many reports; try again after `Retry-After` seconds"),
        "503": _problem("Nothing was stored; try again after `Retry-After` seconds"),
    },
}
