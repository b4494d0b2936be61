"""The fields of a report in each protocol, by dotted path."""

from collections import defaultdict
from collections.abc import Mapping

from aggregation.dictionary import (
    DICTIONARY,
    BoolField,
    ConstField,
    EnumField,
    FieldSpec,
    IntField,
    ListField,
    TextField,
)

V1 = "1.0"
V2 = "2.0"
MAX_BODY_BYTES = DICTIONARY.report.max_bytes
CATEGORIES = tuple(sorted(DICTIONARY.categories))

_V2_ENUMS = {
    "age_bucket": ["0-1w", "1-4w", "1-6m", "6m+"],
    "category": list(CATEGORIES),
    "weeks_since": ["none", "1", "2-4", "5-13", "14+"],
}
_V2_FIELDS: dict[str, FieldSpec] = {
    "schema_version": ConstField(type="const", value=V2, required=True),
    "consent.version": IntField(type="int", min=1, max=1_000_000, required=True),
    "consent.categories": ListField(type="list", enum="category", max_items=16, required=True),
    "consent.text_sha256": TextField(type="sha256", required=True),
    "history.first_report": BoolField(type="bool", required=True),
    "history.weeks_since_previous_report": EnumField(type="enum", enum="weeks_since", required=True),
    "history.previous_app_version": TextField(type="version", nullable=True, required=True),
    "history.age_bucket": EnumField(type="enum", enum="age_bucket", required=True),
}
"""What protocol 2.0 adds; a field that the dictionary declares takes precedence."""

_V1_NULLABLE = "installation.python_version"
"""Existing clients may send it as null."""


def _declared(protocol: str) -> dict[str, FieldSpec]:
    """Return the fields that the dictionary declares first for a protocol."""
    return {path: spec for path, spec in DICTIONARY.report.fields.items() if spec.protocol == protocol}


V1_FIELDS = _declared(V1)
V2_FIELDS = {**V1_FIELDS, **_V2_FIELDS, **_declared(V2)}
V1_FIELDS[_V1_NULLABLE] = V1_FIELDS[_V1_NULLABLE].model_copy(update={"nullable": True})


def members(enum: str) -> Mapping[str, str]:
    """Return what a client may send for an enum, aliases included, and the member it stands for."""
    declared = DICTIONARY.enums.get(enum) or _V2_ENUMS[enum]
    return {name: name for name in declared} | DICTIONARY.aliases.get(enum, {})


def grouped[T](fields: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """Return fields by group and name; fields of no group are in the group ''."""
    groups: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for path, value in fields.items():
        group, _, name = path.rpartition(".")
        groups[group][name] = value
    return dict(groups)
