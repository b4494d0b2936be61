"""From the bytes of a body to the declared values of a report."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
import re
from typing import Any, NamedTuple

import msgspec

from aggregation.dictionary import FieldSpec
from aggregation.errors import InvalidError
from aggregation.protocol.fields import V1, V1_FIELDS, V2, V2_FIELDS, grouped
from aggregation.protocol.rules import Untimely, Values, Violation, v1_violations, v2_violations
from aggregation.protocol.strings import Check, Notes, RefusedError
from aggregation.protocol.values import Reader

_PLAIN_WORD = re.compile(r"[a-z0-9_]{1,64}")

type ErrorDetail = dict[str, Any]
"""One wrong field: its `type` of error, `loc` and `msg`."""


class InvalidReportError(InvalidError):
    """The body is no report; `detail` names each wrong field and repeats no value."""

    def __init__(self, detail: list[ErrorDetail]) -> None:
        """Take what the answer's `detail` will say."""
        super().__init__(detail)


class UntimelyReportError(InvalidReportError):
    """Nothing is wrong with the report but its time by this clock."""

    def __init__(self, detail: list[ErrorDetail], untimely: Untimely) -> None:
        """Take what the answer's `detail` will say, and on which side the report lies."""
        super().__init__(detail)
        self.untimely = untimely


class _Field(NamedTuple):
    """One field within its group."""

    path: str
    name: str
    required: bool
    check: Check


def parse(body: bytes) -> Any:
    """Return the JSON document of a body; raises InvalidReportError."""
    try:
        return msgspec.json.decode(body)
    except msgspec.MsgspecError, UnicodeDecodeError, RecursionError:
        raise InvalidReportError([_detail("json_invalid", [], "JSON decode error")]) from None


def require_canonical(document: Any, body: bytes) -> None:
    """Refuse bytes that are not the canonical ones of their document; raises InvalidReportError."""
    if msgspec.json.encode(document, order="sorted") != body:
        message = "Input should be canonical JSON: sorted keys, no blanks, each key once"
        raise InvalidReportError([_detail("not_canonical", [], message)])


class ReportReader:
    """Reads the reports of one protocol."""

    def __init__(
        self,
        fields: Mapping[str, FieldSpec],
        violations: Callable[[Values, float], Iterator[Violation]],
        *,
        strict: bool,
    ) -> None:
        """Take the fields by path, what must hold between them, and whether only they may be there."""
        reader = Reader(strict)
        groups = grouped(fields)
        self._strict = strict
        self._violations = violations
        self._top = _compiled("", groups.pop("", {}), reader)
        self._groups = {name: _compiled(name, members, reader) for name, members in groups.items()}
        self._known = {name: {field.name for field in fields} for name, fields in self._groups.items()}
        self._known[""] = {field.name for field in self._top} | set(groups)
        self._needed = {
            name for name, members in self._groups.items() if not strict or any(f.required for f in members)
        }

    def read(self, document: Any, now: float) -> tuple[dict[str, Any], Notes]:
        """Return the values by dotted path and what was folded or dropped; raises InvalidReportError.

        `now` is in Unix seconds.
        """
        if type(document) is not dict:
            raise InvalidReportError([_detail("model_type", [], "Input should be an object")])
        values: dict[str, Any] = {}
        notes: Notes = []
        errors = self._level(document, "", self._top, values, notes)
        for name, members in self._groups.items():
            if name in document or name in self._needed:
                errors += self._group(document, name, members, values, notes)
        if not errors:
            _judge(self._violations(values, now))
        if errors:
            raise InvalidReportError(errors)
        return values, notes

    def _group(
        self,
        document: Mapping[str, Any],
        name: str,
        members: Sequence[_Field],
        values: dict[str, Any],
        notes: Notes,
    ) -> list[ErrorDetail]:
        """Read one group into values; return what is wrong with it."""
        level = document.get(name)
        if type(level) is dict:
            return self._level(level, name, members, values, notes)
        if name in document:
            return [_detail("model_type", [name], "Input should be an object")]
        return [_detail("missing", [name], "Field required")]

    def _level(
        self,
        level: Mapping[str, Any],
        group: str,
        fields: Sequence[_Field],
        values: dict[str, Any],
        notes: Notes,
    ) -> list[ErrorDetail]:
        """Read the fields of one object into values; return what is wrong with them."""
        errors = []
        where = [group] if group else []
        for path, name, required, check in fields:
            if name in level:
                try:
                    values[path] = check(level[name], notes)
                except RefusedError as error:
                    place = [*where, name, *map(_named, error.where)]
                    errors.append(_detail(error.kind, place, error.message))
            elif required:
                errors.append(_detail("missing", [*where, name], "Field required"))
        if self._strict and not level.keys() <= self._known[group]:
            errors += _undeclared(level, where, self._known[group])
        return errors


def _judge(violations: Iterator[Violation]) -> None:
    """Raise InvalidReportError for violations, another one when they are all of time."""
    if not (found := list(violations)):
        return
    errors = [_detail("value_error", each.path.split("."), each.message) for each in found]
    sides = {each.untimely for each in found}
    if len(sides) == 1 and (side := sides.pop()) is not None:
        raise UntimelyReportError(errors, side)
    raise InvalidReportError(errors)


def _compiled(group: str, members: Mapping[str, FieldSpec], reader: Reader) -> list[_Field]:
    """Return the fields of a group with their checks."""
    prefix = f"{group}." if group else ""
    return [_Field(prefix + name, name, spec.required, reader.check(spec)) for name, spec in members.items()]


def _undeclared(level: Collection[str], where: Sequence[str], known: set[str]) -> list[ErrorDetail]:
    """Return an error for each name of an object that is not declared."""
    return [
        _detail("extra_forbidden", [*where, _named(name)], "Extra inputs are not permitted")
        for name in level
        if name not in known
    ]


def _named(part: str | int) -> str | int:
    """Return a part of a place as an answer may name it: nothing but plain words."""
    return part if isinstance(part, int) or _PLAIN_WORD.fullmatch(part) else "?"


def _detail(kind: str, place: Sequence[str | int], message: str) -> ErrorDetail:
    """Return one entry of the answer's `detail`."""
    return {"type": kind, "loc": ["body", *place], "msg": message}


READERS = {
    V1: ReportReader(V1_FIELDS, v1_violations, strict=False),
    V2: ReportReader(V2_FIELDS, v2_violations, strict=True),
}
