"""What Printernizer says of one printer, reduced to what counts: a status, a progress, a few flags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

STATUSES: Final = frozenset({"online", "offline", "printing", "paused", "error", "unknown"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One look of the app at a printer; `progress` in percent.

    `job` says that a print is named, `file` is the fingerprint of its file, `word` is the printer's own word
    where it is a known one. `asked` is false for a printer that the app calls online without ever having
    asked it. `mark` changes whenever the app has looked at the printer again.
    """

    status: str
    progress: int | None = None
    job: bool = False
    file: str | None = field(default=None, repr=False)
    word: str | None = None
    asked: bool = True
    mark: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What tells that two sources mean one machine, as fingerprints: the values themselves are not kept."""

    serials: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A printer in the app's list: its id for the socket, its name for forms, its kind in the app's words."""

    id: str = field(repr=False)
    name: str = field(repr=False)
    kind: str
    sighting: Sighting
    traits: Traits = field(default_factory=Traits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A printer's state as the socket tells it."""

    id: str = field(repr=False)
    sighting: Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """A file that the app has fetched from a printer, or could not; `file` is a fingerprint."""

    file: str
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the app says of itself; None where it does not.

    `features` are by the dictionary's names, `errors` counts those of its pages in the last day by their
    kind, `shares` says whether it sends statistics by itself.
    """

    version: str | None = None
    features: Mapping[str, bool] = field(default_factory=dict)
    errors: Mapping[str, int] | None = None
    shares: bool | None = None
