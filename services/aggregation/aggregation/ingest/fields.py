"""The types of a report's fields, made from what the dictionary declares."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache, partial
import operator
import re
from types import GenericAlias
from typing import Annotated, Any, Literal

from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from aggregation.dictionary import (
    DICTIONARY,
    BoolField,
    ConstField,
    EnumField,
    FieldSpec,
    IntField,
    ListField,
    MapField,
    TextField,
)

VERSION_LENGTH = 50
_UUID = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$"
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_INSTANT_SCHEMA = {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]}


def annotation(spec: FieldSpec) -> Any:
    """Return the annotation of a field, for a model in pydantic's strict mode."""
    match spec:
        case TextField():
            kind = _TEXT_TYPES[spec.type]
        case ConstField():
            kind = operator.getitem(Literal, spec.value)
        case EnumField():
            kind = Annotated[_name(spec.enum), AfterValidator(partial(DICTIONARY.fold, spec.enum))]
        case IntField():
            kind = Annotated[int, Field(ge=spec.min, le=spec.max)]
        case BoolField():
            kind = bool
        case ListField():
            names = GenericAlias(list, (_name(spec.enum),))
            fold = AfterValidator(partial(_fold_list, spec.enum))
            kind = Annotated[names, Field(max_length=spec.max_items), fold]
        case MapField():
            values = GenericAlias(dict, (_name(spec.enum), annotation(spec.value)))
            kind = Annotated[values, AfterValidator(partial(_fold_map, spec))]
    return kind


def _name(enum: str) -> Any:
    """Return the type of what a client may send for an enum, aliases included."""
    return operator.getitem(Literal, DICTIONARY.names(enum))


def _fold_list(enum: str, names: list[str]) -> list[str]:
    """Return the members that the names stand for, sorted, each once."""
    return sorted({DICTIONARY.fold(enum, name) for name in names})


def _fold_map(spec: MapField, values: dict[str, int]) -> dict[str, int]:
    """Return the map by member, sorted; what an alias and its member hold is added up."""
    merge: Callable[[int, int], int] = operator.add if spec.value.type == "int" else operator.or_
    folded: dict[str, int] = {}
    for name, value in sorted(values.items()):
        member = DICTIONARY.fold(spec.enum, name)
        folded[member] = merge(folded[member], value) if member in folded else value
    if isinstance(spec.value, IntField) and max(folded.values(), default=0) > spec.value.max:
        message = "Input should be less than or equal to {le}"
        raise PydanticCustomError("less_than_equal", message, {"le": spec.value.max})
    return folded


@lru_cache(maxsize=1024)
def _public_version(text: str) -> str:
    """Return the normal form of a PEP 440 version without its local part."""
    try:
        return Version(text).public
    except InvalidVersion:
        raise PydanticCustomError("version", "Input should be a version number") from None


def _instant(value: object) -> datetime:
    """Return the instant in UTC that an ISO 8601 text with T, or Unix seconds, stand for."""
    try:
        if isinstance(value, str) and _INSTANT.fullmatch(value):
            moment = datetime.fromisoformat(value)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
    except ValueError, OverflowError, OSError:
        pass
    message = "Input should be an ISO 8601 date and time with T, or Unix seconds"
    raise PydanticCustomError("datetime_parsing", message)


_TEXT_TYPES: dict[str, Any] = {
    "uuid": Annotated[str, Field(pattern=_UUID), AfterValidator(str.lower)],
    "country": Annotated[str, Field(pattern="^[A-Z]{2}$")],
    "version": Annotated[str, Field(max_length=VERSION_LENGTH), AfterValidator(_public_version)],
    "instant": Annotated[
        datetime, PlainValidator(_instant), WithJsonSchema(_INSTANT_SCHEMA, mode="validation")
    ],
}
