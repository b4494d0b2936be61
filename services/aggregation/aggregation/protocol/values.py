"""The checks of single values, made once from what the dictionary declares."""

from collections.abc import Iterator
from dataclasses import dataclass
import operator
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
from aggregation.protocol.fields import members
from aggregation.protocol.strings import STRICT_TEXTS, TOLERANT_TEXTS, Check, Notes, RefusedError, text

_FAILURE = re.compile("error|fail")
_TOTALS = {"error_type": "total_errors"}
"""What clients of protocol 1.0 call the sum of all members: no member itself."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Makes checks: strict ones refuse what is not declared, tolerant ones fold or drop it."""

    strict: bool

    def check(self, spec: FieldSpec) -> Check:
        """Return the check of a field; null only passes where the field is nullable."""
        check = self._of_type(spec)
        return _or_null(check) if spec.nullable else check

    def _of_type(self, spec: FieldSpec) -> Check:
        """Return the check of what a field holds when it is not null."""
        match spec:
            case TextField():
                check = (STRICT_TEXTS if self.strict else TOLERANT_TEXTS)[spec.type]
            case ConstField():
                check = _const(spec.value)
            case EnumField():
                check = self._member(spec.enum)
            case IntField():
                check = _between(spec.min, spec.max)
            case BoolField():
                check = _flag
            case ListField():
                check = self._list(spec)
            case MapField():
                check = self._map(spec)
        return check

    def _member(self, enum: str) -> Check:
        """Return the check of one name of an enum."""
        return _strict_member(enum) if self.strict else _tolerant_member(enum)

    def _list(self, spec: ListField) -> Check:
        """Return the check of a list of names: sorted and each once, which strict ones demand."""
        member = self._member(spec.enum)

        def check(value: Any, notes: Notes) -> list[str]:
            if type(value) is not list:
                raise RefusedError("list_type", "Input should be a valid list")
            if len(value) > spec.max_items:
                message = f"List should have at most {spec.max_items} items"
                raise RefusedError("too_long", message)
            found: list[str | None] = []
            try:
                found.extend(member(item, notes) for item in value)
            except RefusedError as error:
                raise error.within(len(found)) from None
            result = sorted({name for name in found if name is not None})
            if self.strict and result != value:
                raise RefusedError("not_sorted", "Input should be sorted and have each member once")
            return result

        return check

    def _map(self, spec: MapField) -> Check:
        """Return the check of a map; what is folded into one member is added up."""
        names, member = members(spec.enum), self._member(spec.enum)
        number = self._of_type(spec.value)
        merge = operator.or_ if isinstance(spec.value, BoolField) else operator.add
        total = None if self.strict else _TOTALS.get(spec.enum)

        def check(value: Any, notes: Notes) -> dict[str, Any]:
            if type(value) is not dict:
                raise RefusedError("dict_type", "Input should be a valid dictionary")
            folded: dict[str, Any] = {}
            key = ""
            try:
                for key, given in _without_total(value, total) if total in value else value.items():
                    item = number(given, notes)
                    if (name := names.get(key) or member(key, notes)) is not None:
                        folded[name] = number(merge(folded[name], item), notes) if name in folded else item
            except RefusedError as error:
                raise error.within(key) from None
            return dict(sorted(folded.items()))

        return check


def _without_total(given: dict[str, Any], total: str | None) -> Iterator[tuple[str, Any]]:
    """Yield the members of a map; of a total beside them only what they do not add up to."""
    for key, value in given.items():
        if key != total or type(value) is not int:
            yield key, value
            continue
        named = sum(each for name, each in given.items() if name != total and type(each) is int and each > 0)
        if value < 0 or value > named:
            yield key, value - named


def _or_null(check: Check) -> Check:
    """Return a check that lets null pass."""
    return lambda value, notes: None if value is None else check(value, notes)


def _const(expected: str) -> Check:
    """Return the check of the one permitted string."""

    def check(value: Any, _: Notes) -> str:
        if value != expected:
            raise RefusedError("literal_error", f"Input should be '{expected}'")
        return expected

    return check


def _between(low: int, high: int) -> Check:
    """Return the check of a whole number; true and 7.0 are none."""

    def check(value: Any, _: Notes) -> int:
        if type(value) is not int:
            raise RefusedError("int_type", "Input should be a valid integer")
        if value < low:
            raise RefusedError("greater_than_equal", f"Input should be greater than or equal to {low}")
        if value > high:
            raise RefusedError("less_than_equal", f"Input should be less than or equal to {high}")
        return value

    return check


def _flag(value: Any, _: Notes) -> bool:
    """Check true or false."""
    if type(value) is not bool:
        raise RefusedError("bool_type", "Input should be a valid boolean")
    return value


def _strict_member(enum: str) -> Check:
    """Return the check of a declared name."""
    names = members(enum)

    def check(value: Any, _: Notes) -> str:
        member = names.get(value) if type(value) is str else None
        if member is None:
            raise RefusedError("enum", f"Input should be a declared {enum.replace('_', ' ')}")
        return member

    return check


def _tolerant_member(enum: str) -> Check:
    """Return the check of any name: an undeclared one becomes `other` where there is one."""
    names = members(enum)
    other = next((name for name in names.values() if name == "other" or name.startswith("other_")), None)

    def check(value: Any, notes: Notes) -> str | None:
        member = names.get(text(value)) or names.get(value.lower())
        if member is None:
            member = other if enum != "error_type" or _FAILURE.search(value) else None
            notes.append(f"{enum}_{'folded' if member else 'dropped'}")
        return member

    return check
