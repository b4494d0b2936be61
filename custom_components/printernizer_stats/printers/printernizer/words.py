"""The words of one printer behind Printernizer: its looks, turned into what a profile knows.

The app's six statuses say too little: a print that was finished and one that was stopped are both
`unknown`, an end and a cancel at OctoPrint both `online`, a printer's own error and a lost connection both
`error`. The printer's own word, the progress and whether a print is named tell them apart. No clock, no
network, no Home Assistant.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from .sighting import Sighting

DONE: Final = 100
STEP: Final = 5
"""A fall of this many points is no rounding."""
STALE_SECONDS: Final = 180.0
"""After this long without another look of the app at a printer, what it says is old; it looks every 30 s."""
OFFLINE: Final = "offline"
ERROR: Final = "error"
OUT_OF_SIGHT: Final = (OFFLINE, "away")
_BROKEN_OFF: Final = "broken_off"
_BETWEEN: Final = "online"
_GOING_ON: Final = ("printing", "paused")


class Said(NamedTuple):
    """A word for the profile, and when it held from (epoch seconds); the progress beside it in percent."""

    at: float
    word: str
    progress: int | None = None


@dataclass(slots=True)
class _Open:
    """A print of which it is not known yet whether it goes on, since when (epoch seconds) and at how much."""

    since: float
    progress: int
    file: str | None


class Teller:
    """Follows what the app says of one printer; it may be asked with the same look twice."""

    def __init__(self, *, recovers: bool = False) -> None:
        """Know nothing yet; `recovers` says that a print may go on after an error."""
        self._unsettled = ("unclear", ERROR) if recovers else ("unclear",)
        self._before: Sighting | None = None
        self._ran_to: int | None = None
        self._open: _Open | None = None
        self._mark: int | None = None
        self._mark_before: int | None = None
        self._marked_at = 0.0

    @property
    def sighting(self) -> Sighting | None:
        """The last look, None before the first and while the app is away."""
        return self._before

    def lose(self, at: float) -> list[Said]:
        """Note that the app cannot be reached: nobody sees the printer."""
        if self._before is None:
            return []
        self._before = None
        return [Said(at, OFFLINE)]

    def tell(self, at: float, seen: Sighting) -> list[Said]:
        """Return what a look says, oldest first; a list that was on its way while the socket spoke is old."""
        if seen.mark is not None and seen.mark == self._mark_before:
            return []
        seen = self._with_word(seen)
        word = OFFLINE if self._is_old(at, seen) else self._word(seen)
        said = [*self._ended(at, seen), Said(at, word, seen.progress)]
        if word in self._unsettled and seen.progress is not None:
            self._open = self._open or _Open(at, seen.progress, seen.file)
        elif word not in OUT_OF_SIGHT:
            self._open = None
        if seen.status == "printing":
            self._ran_to = seen.progress
        self._before = seen
        return said

    def is_old(self, at: float) -> bool:
        """Whether the app has not looked at the printer for long, though it says that it is there."""
        return self._before is not None and self._is_old(at, self._before)

    def _with_word(self, seen: Sighting) -> Sighting:
        """The list has no words: the socket's holds as long as nothing else changes."""
        before = self._before
        if seen.word is not None or before is None or before.word is None:
            return seen
        same = (before.status, before.progress, before.file) == (seen.status, seen.progress, seen.file)
        return replace(seen, word=before.word) if same else seen

    def _is_old(self, at: float, seen: Sighting) -> bool:
        if not seen.asked:
            return True
        if seen.mark is None or seen.mark != self._mark or at < self._marked_at:
            if seen.mark != self._mark:
                self._mark_before, self._mark = self._mark, seen.mark
            self._marked_at = at
        return seen.mark is not None and at - self._marked_at > STALE_SECONDS

    def _word(self, seen: Sighting) -> str:
        done = seen.job and seen.progress is not None and seen.progress >= DONE
        if seen.status == ERROR:
            return ERROR if seen.job else "away"
        if seen.status == "online":
            return "done" if done else "reset" if self._is_reset(seen) else "online"
        if seen.status == "unknown":
            return seen.word or ("done" if done else "unclear" if seen.job else "unknown")
        return seen.status

    def _is_reset(self, seen: Sighting) -> bool:
        """Whether a print that had begun is back at nothing: it was cancelled."""
        return seen.job and seen.progress == 0 and self._ran_to != 0

    def _ended(self, at: float, seen: Sighting) -> list[Said]:
        """What became of the print before, now that another one runs."""
        if seen.status != "printing" or seen.progress is None:
            return []
        if self._open is not None:
            fell = seen.progress < self._open.progress - STEP
            return (
                [Said(self._open.since, _BROKEN_OFF)] if fell or _differ(self._open.file, seen.file) else []
            )
        before = self._before
        if before is not None and before.status in _GOING_ON and _differ(before.file, seen.file):
            return [Said(at, _BETWEEN)]
        return []


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
