"""Plain values that the dashboard is built from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.community.comparison import Comparison
from ..core.community.kept import Reception
from ..core.models import Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """All printers together, or one of them.

    `entities` are the entity ids, by our own keys, of what is enabled and has something to show;
    `counts` are the counters of all time.
    """

    name: str = ""
    kind: str = ""
    device_id: str | None = None
    entities: Mapping[str, str] = field(default_factory=dict)
    counts: Counts = field(default_factory=dict)

    def having(self, *keys: str) -> list[str]:
        """Return the entity ids of those keys that are there."""
        return [self.entities[key] for key in keys if key in self.entities]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """The counters of this week, of last week up to the same day, and of all of last week."""

    this: Counts = field(default_factory=dict)
    last_by_now: Counts = field(default_factory=dict)
    last: Counts = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How sharing stands, for administrators: "on", "off" or "paused".

    `body` is the exact text of the next report; the links are signed for who asked, and good for a day.
    """

    state: str
    body: str
    sha256: str
    can_submit: bool
    export_link: str
    prints_link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Community:
    """What was received of the community, and beside what: prints that ever ended here."""

    source: str
    reception: Reception
    ever: int = 0
    compared: Sequence[Comparison] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """Everything that the views show; `month` are the counters of all printers in this month.

    `prints` are rows as the history gives them, latest first, with `ended` in local time as text.
    `has_statistics` says whether there is a recorder, `sharing` is None for who is no administrator,
    `community` while nothing is received. `is_invited` says whether to ask about that.
    """

    fleet: Owner = field(default_factory=Owner)
    printers: Sequence[Owner] = ()
    prints: Sequence[Mapping[str, Any]] = ()
    month: Counts = field(default_factory=dict)
    weeks: Weeks = field(default_factory=Weeks)
    has_statistics: bool = False
    sharing: Sharing | None = None
    community: Community | None = None
    is_invited: bool = False

    @property
    def is_admin(self) -> bool:
        """Whether the person who looks may change things."""
        return self.sharing is not None
