"""The printers of one instance: what is said of each becomes observations, what it adds becomes events."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from homeassistant.core import callback

from ...core.models import Observation, PrinterState, UsageEvent
from ..entities import FoundPrinter
from ..printer_view import PrinterView
from ..profiles import Role
from .ids import printer_id
from .profiles import profile_of
from .sighting import About, Listed, Sighting, Transfer
from .words import ERROR, OUT_OF_SIGHT, Said, Teller

_MISSING_POLLS: Final = 10
"""After so many lists without it, a printer is no longer the app's."""
_UNASKED_SECONDS: Final = 600.0
_KEPT_TRANSFERS: Final = 256
_APP: Final = "app"

type See = Callable[[str, Observation], None]
"""Takes the id of a printer and what was seen of it."""


class Printers:
    """Takes what one instance shows; ids are ours, made of the sub-entry's and the app's."""

    def __init__(
        self,
        instance: str,
        known: Mapping[str, FoundPrinter],
        see: See,
        record: Callable[[UsageEvent], None],
        on_change: Callable[[], None],
        on_notice: Callable[[], None],
    ) -> None:
        """Begin with the printers that were known before; `instance` is the sub-entry's id.

        `on_change` is told of other printers, `on_notice` of what a person should know.
        """
        self.found = dict(known)
        self.about = About()
        self.unasked = 0
        self.is_refused = False
        self._instance = instance
        self._see = see
        self._record = record
        self._on_change = on_change
        self._on_notice = on_notice
        self._ids: dict[str, str] = {}
        self._tellers: dict[str, Teller] = {}
        self._views: dict[str, PrinterView] = {}
        self._words: dict[str, str] = {}
        self._missing: dict[str, int] = {}
        self._unasked_since: dict[str, float] = {}
        self._transfers: dict[str, None] = {}
        self._errors: Mapping[str, int] | None = None

    @callback
    def follow(self, at: float, printers: frozenset[str]) -> None:
        """Follow these of the printers, and tell how those that are new are now."""
        new = printers - self._views.keys()
        self._views = {
            each: self._views.get(each) or PrinterView(self.found[each].profile)
            for each in printers
            if each in self.found
        }
        for each in new & self._views.keys():
            if each in self._tellers and (seen := self._tellers[each].sighting) is not None:
                self._tell(each, self._tellers[each].tell(at, seen))

    def read(self, at: float, printer: str) -> Observation:
        """Return the readings of a printer as they are now."""
        view = self._views.get(printer)
        return Observation(at=at) if view is None else view.readings(at)

    def listed(self, at: float, printers: list[Listed]) -> None:
        """Take the whole list of printers."""
        before = {each: printer.label for each, printer in self.found.items()}
        self._ids = {each.id: printer_id(self._instance, each.id) for each in printers}
        for each in printers:
            self._put(self._ids[each.id], each)
        self._note_missing(frozenset(self._ids.values()))
        if before != {each: printer.label for each, printer in self.found.items()}:
            self._on_change()
        unasked, self.unasked = self.unasked, self._count_unasked(at, printers)
        if unasked != self.unasked:
            self._on_notice()
        for each in printers:
            self._look(at, self._ids[each.id], each.sighting)

    def heard(self, at: float, printer: str, seen: Sighting) -> None:
        """Take one printer's state, by the app's id."""
        if printer in self._ids:
            self._look(at, self._ids[printer], seen)

    def lost(self, at: float) -> None:
        """Note that the app cannot be reached."""
        for each in self.found:
            self._tell(each, self._teller(each).lose(at))

    def refused(self, *, refused: bool) -> None:
        """Note whether a proxy refuses the credentials."""
        if refused is not self.is_refused:
            self.is_refused = refused
            self._on_notice()

    def transferred(self, at: float, transfer: Transfer) -> None:
        """Count a download once, however often its end is told."""
        if transfer.file in self._transfers:
            return
        self._transfers[transfer.file] = None
        if len(self._transfers) > _KEPT_TRANSFERS:
            del self._transfers[next(iter(self._transfers))]
        if transfer.failed:
            self._fail(at, "file_download_failed")
        else:
            self._record(UsageEvent(type="file_downloaded", at=at))

    def told(self, at: float, about: About) -> None:
        """Take what the app says of itself; only errors that are certainly new are counted."""
        before, self._errors = self._errors, about.errors
        if before is not None and about.errors is not None:
            for kind, count in about.errors.items():
                for _ in range(count - before.get(kind, 0)):
                    self._fail(at, kind)
        shared, self.about = self.about.shares, about
        if shared is not about.shares:
            self._on_notice()

    def _put(self, printer: str, listed: Listed) -> None:
        profile = profile_of(listed.kind)
        before = self.found.get(printer)
        self.found[printer] = FoundPrinter(
            id=printer,
            entity_id="",
            profile=profile if before is None or before.profile != profile else before.profile,
            label=listed.name,
            instance=self._instance,
            traits=listed.traits,
        )

    def _note_missing(self, there: frozenset[str]) -> None:
        for each in list(self.found):
            self._missing[each] = 0 if each in there else self._missing.get(each, 0) + 1
            if self._missing[each] >= _MISSING_POLLS:
                del self.found[each], self._missing[each]
                self._tellers.pop(each, None)

    def _count_unasked(self, at: float, printers: list[Listed]) -> int:
        """How many printers the app calls online for long without asking them."""
        silent = {self._ids[each.id] for each in printers if not each.sighting.asked}
        self._unasked_since = {each: self._unasked_since.get(each, at) for each in silent}
        return sum(at - since >= _UNASKED_SECONDS for since in self._unasked_since.values())

    def _teller(self, printer: str) -> Teller:
        if printer not in self._tellers:
            recovers = self.found[printer].profile.error_recovers
            self._tellers[printer] = Teller(recovers=recovers)
        return self._tellers[printer]

    def _look(self, at: float, printer: str, seen: Sighting) -> None:
        self._tell(printer, self._teller(printer).tell(at, seen))

    def _tell(self, printer: str, said: list[Said]) -> None:
        if (view := self._views.get(printer)) is None:
            return
        for each in said:
            state = view.take(each.at, Role.STATE, each.word)
            progress = None
            if each.progress is not None:
                progress = view.take(each.at, Role.PROGRESS, str(each.progress))
            if state is not None:
                self._see(printer, state if progress is None else replace(state, progress=progress.progress))
            elif progress is not None:
                self._see(printer, progress)
            if self._did_not_go_on(printer, view, each.word):
                self._see(printer, Observation(at=each.at, error=True))

    def _did_not_go_on(self, printer: str, view: PrinterView, word: str) -> bool:
        """Whether a print stops after an error that it might have gone on from."""
        before = self._words.get(printer)
        if word not in OUT_OF_SIGHT:
            self._words[printer] = word
        stops = view.profile.normalize(word) in (PrinterState.IDLE, PrinterState.CANCELLED)
        return view.profile.error_recovers and before == ERROR and stops

    def _fail(self, at: float, kind: str) -> None:
        data = {"error_type": kind, "component": _APP}
        self._record(UsageEvent(type="error_occurred", at=at, data=data))
