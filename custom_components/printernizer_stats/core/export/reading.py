"""Reader of an export, piece by piece, with suspicion: it may be none, cut off, or made to do harm."""

from collections.abc import Container, Iterator
import json
import math
import re
from typing import Any, Final, Never, TextIO

_READ: Final = 65536
_LARGEST_VALUE: Final = 4 * _READ
_SPACE: Final = re.compile(r"[ \t\r\n]*")


class ImportRefusedError(ValueError):
    """The file cannot be imported; `reason` is a translation key, `place` where in the file."""

    def __init__(self, reason: str, place: str = "") -> None:
        """Remember why and where; what the file says is never repeated."""
        super().__init__(f"{reason}: {place}")
        self.reason = reason
        self.place = place


def _no_number(_name: str) -> Never:
    raise ValueError


def _number(text: str) -> float:
    if not math.isfinite(value := float(text)):
        raise ValueError
    return value


_DECODER: Final = json.JSONDecoder(parse_constant=_no_number, parse_float=_number)


class Reader:
    """Walks through one JSON object; memory holds one value at a time, of 256 KiB at most."""

    def __init__(self, file: TextIO, lists: Container[str]) -> None:
        """Take the file, and the keys whose lists are walked through; nothing is read yet."""
        self.seen: set[str] = set()
        self._file = file
        self._lists = lists
        self._text = ""
        self._at = 0

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield each key with its value, and for the lists each of their elements.

        Raises ImportRefusedError when it is no JSON object, too large a value, or cut off.
        """
        try:
            yield from self._object()
        except (ValueError, RecursionError) as error:
            if isinstance(error, ImportRefusedError):
                raise
            raise ImportRefusedError("import_unreadable") from error

    def _object(self) -> Iterator[tuple[str, Any]]:
        self._expect("{")
        separator = ","
        while separator == ",":
            name = self._value()
            if not isinstance(name, str):
                raise ImportRefusedError("import_unreadable")
            self._expect(":")
            self.seen.add(name)
            if name in self._lists and self._next() == "[":
                for element in self._elements():
                    yield name, element
            else:
                yield name, self._value()
            separator = self._expect(",}")
        if self._next():
            raise ImportRefusedError("import_unreadable")

    def _elements(self) -> Iterator[Any]:
        self._expect("[")
        if self._next() == "]":
            self._expect("]")
            return
        separator = ","
        while separator == ",":
            yield self._value()
            separator = self._expect(",]")

    def _next(self) -> str:
        """The next character that is no space; empty at the end."""
        while True:
            space = _SPACE.match(self._text, self._at)
            self._at = space.end() if space else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def _expect(self, wanted: str) -> str:
        found = self._next()
        if not found or found not in wanted:
            raise ImportRefusedError("import_unreadable")
        self._at += 1
        return found

    def _value(self) -> Any:
        """The next value; what ends with the text that was read so far may go on after it."""
        self._next()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                if len(self._text) - self._at > _LARGEST_VALUE or not self._more():
                    raise
                continue
            if end == len(self._text):
                if end - self._at > _LARGEST_VALUE:
                    raise ImportRefusedError("import_unreadable")
                if self._more():
                    continue
            self._at = end
            return value

    def _more(self) -> bool:
        """Read on, and forget what is behind; False at the end of the file."""
        read = self._file.read(_READ)
        self._text = self._text[self._at :] + read
        self._at = 0
        return bool(read)
