"""What comes in and what goes out: the report of protocol v1 and its answer."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from itertools import takewhile
import json
from typing import Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from aggregation.dictionary import DICTIONARY, FieldSpec
from aggregation.ingest.fields import annotation
from aggregation.ingest.rules import Values, violations

PROTOCOL = DICTIONARY.report.schema_version
FIELDS = DICTIONARY.report.fields
_NULLABLE = {"installation.python_version"}
"""Optional fields that clients of v1 may send as null."""

type ErrorDetail = dict[str, Any]
"""One wrong field: its `type` of error, `loc` and `msg`."""


class InvalidReportError(Exception):
    """The body is no report; `detail` names each wrong field and repeats no value."""

    def __init__(self, detail: list[ErrorDetail]) -> None:
        """Take what the answer's `detail` will say."""
        super().__init__("invalid report")
        self.detail = detail


class Receipt(BaseModel):
    """Which bytes were taken in, and on which day (UTC)."""

    body_sha256: str
    received_day: date
    protocol: str


class SubmissionAnswer(BaseModel):
    """The answer to a report that is stored."""

    status: Literal["success"] = "success"
    submission_id: int
    message: Literal["Statistics submitted successfully"] = "Statistics submitted successfully"
    receipt: Receipt


def parse(body: bytes) -> object:
    """Return the JSON document of a body; raises InvalidReportError."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _malformed("JSON decode error", error.pos) from None
    except UnicodeDecodeError as error:
        raise _malformed("JSON decode error: not UTF-8", error.start) from None
    except ValueError, RecursionError:
        raise _malformed("JSON decode error: a number or nesting is too large") from None


def validate(document: object, now: datetime) -> Values:
    """Return the declared values of a report by dotted path; raises InvalidReportError."""
    try:
        report = REPORT_MODEL.model_validate(document)
    except ValidationError as error:
        raise InvalidReportError(_details(error)) from None
    values = _by_path(report.model_dump(exclude_unset=True))
    if found := violations(values, now):
        raise InvalidReportError(
            [_detail("value_error", path.split("."), message) for path, message in found]
        )
    return values


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return a JSON object; one that has a key twice is refused."""
    document = dict(pairs)
    if len(document) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next((key for key in _WORDS if keys.count(key) > 1), "a key")
        raise InvalidReportError(
            [_detail("json_duplicate_key", [], f"JSON decode error: {twice} is given twice")]
        )
    return document


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN, Infinity and -Infinity, which are no JSON."""
    raise _malformed(f"JSON decode error: {name} is no JSON number")


def _malformed(message: str, position: int | None = None) -> InvalidReportError:
    """Return the error of a body that is no JSON; the position is a byte or character."""
    return InvalidReportError([_detail("json_invalid", [] if position is None else [position], message)])


def _detail(kind: str, location: Sequence[str | int], message: str) -> ErrorDetail:
    """Return one entry of the answer's `detail`."""
    return {"type": kind, "loc": ["body", *location], "msg": message}


def _details(error: ValidationError) -> list[ErrorDetail]:
    """Return pydantic's errors, each once, without inputs and undeclared words."""
    details: list[ErrorDetail] = []
    for item in error.errors(include_url=False, include_context=False, include_input=False):
        detail = _detail(item["type"], list(takewhile(_is_declared, item["loc"])), item["msg"])
        if detail not in details:
            details.append(detail)
    return details


def _is_declared(part: str | int) -> bool:
    """Tell whether a part of a location is a position or a declared word."""
    return isinstance(part, int) or part in _WORDS


def _by_path(report: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a validated report that were sent, by dotted path."""
    values: dict[str, Any] = {}
    for path in FIELDS:
        group, _, name = path.rpartition(".")
        level = report[group] if group else report
        if name in level:
            values[path] = level[name]
    return values


def _field(path: str, spec: FieldSpec) -> tuple[Any, Any]:
    """Return a model's field: its annotation, and its default when it is optional."""
    kind = annotation(spec)
    return (kind | None if path in _NULLABLE else kind, ... if spec.required else None)


def _report_model() -> type[BaseModel]:
    """Return the model of a whole report; every group must be there, even when empty."""
    config = ConfigDict(strict=True, extra="ignore")
    groups: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for path, spec in FIELDS.items():
        group, _, name = path.rpartition(".")
        groups[group][name] = _field(path, spec)
    top = groups.pop("")
    for group, members in groups.items():
        name = group.title().replace("_", "")
        top[group] = (create_model(name, __config__=config, **members), ...)
    return create_model("Report", __config__=config, **top)


def _words() -> set[str]:
    """Return every word that an error may name: declared fields and enum names."""
    segments = {segment for path in FIELDS for segment in path.split(".")}
    return segments.union(*(DICTIONARY.names(enum) for enum in DICTIONARY.enums))


_WORDS = _words()
REPORT_MODEL = _report_model()
