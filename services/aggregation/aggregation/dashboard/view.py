"""View: which weeks of which homes a page shows. All of it stands in the address.

`?weeks=26&filter=version:2.42.0`: so many ISO weeks, the running one the last, and at most one property that
the homes have in common. Anything else in the address is refused with a `ViewError`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import urlencode

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


@dataclass(frozen=True, slots=True)
class View:
    """What is shown."""

    weeks: int = USUAL_SPAN
    kind: str = ""
    value: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """Read the query of an address; raises ViewError."""
        weeks = query.get("weeks") or str(USUAL_SPAN)
        if weeks not in map(str, SPANS):
            raise ViewError(f"weeks must be one of {', '.join(map(str, SPANS))}")
        kind, _, value = query.get("filter", "").partition(":")
        if kind and (kind not in SCOPES or not value or len(value) > MOST_CHARACTERS):
            raise ViewError(f"filter must be one of {', '.join(SCOPES)}, a colon and a value")
        return cls(int(weeks), kind, value if kind else "")

    @property
    def filter(self) -> str:
        """Return the filter as it stands in the address."""
        return f"{self.kind}:{self.value}" if self.kind else ""

    @property
    def scope(self) -> tuple[str, str]:
        """Return whose sums are read."""
        return (SCOPES[self.kind], self.value) if self.kind else ("all", "")

    @property
    def query(self) -> str:
        """Return the shortest query that shows this."""
        told = {"weeks": str(self.weeks) if self.weeks != USUAL_SPAN else "", "filter": self.filter}
        return urlencode({name: value for name, value in told.items() if value})

    def at(self, path: str) -> str:
        """Return the address of a path with this view."""
        return f"{path}?{self.query}" if self.query else path

    def of(self, kind: str, value: str) -> View:
        """Return the same weeks of the homes with a property."""
        return replace(self, kind=kind, value=value)

    def over(self, weeks: int) -> View:
        """Return more or fewer weeks of the same homes."""
        return replace(self, weeks=weeks)
