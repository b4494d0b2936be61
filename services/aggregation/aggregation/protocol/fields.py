"""The fields of a report in each protocol, by dotted path."""

from collections import defaultdict
from collections.abc import Mapping

from aggregation.dictionary import DICTIONARY, ConstField, FieldSpec

V1 = "1.0"
V2 = "2.0"
MAX_BODY_BYTES = DICTIONARY.report.max_bytes

_V2_SCHEMA: dict[str, FieldSpec] = {
    "schema_version": ConstField(type="const", value=V2, required=True),
}
_V1_NULLABLE = "installation.python_version"
"""Existing clients may send it as null."""


def _declared(protocol: str) -> dict[str, FieldSpec]:
    """Return the fields that the dictionary declares first for a protocol."""
    return {path: spec for path, spec in DICTIONARY.report.fields.items() if spec.protocol == protocol}


V1_FIELDS = _declared(V1)
V2_FIELDS = {**V1_FIELDS, **_declared(V2), **_V2_SCHEMA}
V1_FIELDS[_V1_NULLABLE] = V1_FIELDS[_V1_NULLABLE].model_copy(update={"nullable": True})


def members(enum: str) -> Mapping[str, str]:
    """Return what a client may send for an enum, aliases included, and the member it stands for."""
    return {name: name for name in DICTIONARY.enums[enum]} | DICTIONARY.aliases.get(enum, {})


def grouped[T](fields: Mapping[str, T]) -> dict[str, dict[str, T]]:
    """Return fields by group and name; fields of no group are in the group ''."""
    groups: defaultdict[str, dict[str, T]] = defaultdict(dict)
    for path, value in fields.items():
        group, _, name = path.rpartition(".")
        groups[group][name] = value
    return dict(groups)
