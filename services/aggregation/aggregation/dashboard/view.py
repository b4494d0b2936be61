"""View: which weeks of which homes a page shows. All of it stands in the address.

`?weeks=26&filter=version:2.42.0&and=mode:docker`: so many ISO weeks, the running one the last, and a property
that the homes have in common, or a version and a deployment. Anything else in the address is refused with a
`ViewError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from aggregation.rollups.scopes import PAIR, Scope

SPANS = (13, 26, 52, 104, 260)
USUAL_SPAN = 26
MOST_CHARACTERS = 50
SCOPES = {
    "version": "app_version",
    "mode": "deployment_mode",
    "country": "country",
    "printer": "printer_type",
    "protocol": "protocol",
    "age": "age",
}
"""The scopes of the sums, by the words of the address."""
TITLES = {
    "version": "Version",
    "mode": "Deployment",
    "country": "Country",
    "printer": "Printer type",
    "protocol": "Protocol",
    "age": "Age of the installation",
}


class ViewError(Exception):
    """The address asks for what there is not; the message is one line."""


PAIRED = ("version", "mode")
"""The properties that the sums know together."""
_TOGETHER = "Only a version and a deployment can be combined: the sums know no other two properties together"


@dataclass(frozen=True, slots=True)
class View:
    """What is shown."""

    weeks: int = USUAL_SPAN
    kind: str = ""
    value: str = ""
    also: str = ""
    """The value of the other one of `PAIRED`."""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read the query of an address; raises ViewError."""
        weeks = query.get("weeks") or str(USUAL_SPAN)
        if weeks not in map(str, SPANS):
            raise ViewError(f"weeks must be one of {', '.join(map(str, SPANS))}")
        asked = [_property(name, query[name]) for name in ("filter", "and") if query.get(name)]
        found = dict(asked)
        if len(found) < len(asked) or (len(found) > 1 and {*found} != {*PAIRED}):
            raise ViewError(_TOGETHER)
        if len(found) > 1:
            version, mode = (found[kind] for kind in PAIRED)
            return cls(int(weeks), PAIRED[0], version, mode)
        return cls(int(weeks), *next(iter(asked), ("", "")))

    @property
    def filter(self) -> str:
        """Return the filter as it stands in the address."""
        return f"{self.kind}:{self.value}" if self.kind else ""

    @property
    def properties(self) -> list[tuple[str, str]]:
        """Return what the homes have in common."""
        found = [(self.kind, self.value), (PAIRED[1], self.also)]
        return [(kind, value) for kind, value in found if value]

    @property
    def second(self) -> str:
        """Return the other filter as it stands in the address."""
        return f"{PAIRED[1]}:{self.also}" if self.also else ""

    @property
    def scope(self) -> tuple[str, str]:
        """Return whose sums are read."""
        if self.also:
            return Scope.VERSION_MODE, f"{self.value}{PAIR}{self.also}"
        return (SCOPES[self.kind], self.value) if self.kind else (Scope.ALL, "")

    @property
    def query(self) -> str:
        """Return the shortest query that shows this."""
        weeks = str(self.weeks) if self.weeks != USUAL_SPAN else ""
        told = {"weeks": weeks, "filter": self.filter, "and": self.second}
        return urlencode({name: value for name, value in told.items() if value})

    def at(self, path: str) -> str:
        """Return the address of a path with this view."""
        return f"{path}?{self.query}" if self.query else path

    def of(self, kind: str, value: str) -> View:
        """Return the same weeks of the homes with a property, and no other."""
        return View(self.weeks, kind, value)


def _property(name: str, text: str) -> tuple[str, str]:
    """Read a property of homes and its value; raises ViewError."""
    kind, _, value = text.partition(":")
    if kind not in SCOPES or not value or len(value) > MOST_CHARACTERS:
        raise ViewError(f"{name} must be one of {', '.join(SCOPES)}, a colon and a value")
    return kind, value
