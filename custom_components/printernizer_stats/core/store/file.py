"""Statistics file: opened, replaced when it is damaged, followed when another was put in its place.

Everything here blocks.
"""

from datetime import tzinfo
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from .consent_ledger import guard
from .counter_cache import CounterCache
from .counts import add_counts, save_last_prints
from .engine import anchor, checkpoint, keep_to_owner, make_engine
from .migrations import migrate
from .recovery import (
    check,
    drop_log,
    identities,
    is_damage,
    is_empty,
    move_away,
    recount_events,
    salvage,
)
from .settings import ensure_origin


class StatisticsFile:
    """The file that is in use; an idle connection keeps its log from being folded in all the time."""

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self.engine: Engine = make_engine(path)
        self._path = path
        self._zone = zone
        self._anchor: Connection | None = None
        self._ours: dict[str, tuple[int, int]] = {}

    def open(self, now: float) -> tuple[CounterCache, Path | None]:
        """Return what the file holds, and where one is kept that proved to be damaged.

        Raises StoreTooNewError, or SQLAlchemyError and OSError when the file cannot be used.
        """
        moved = None
        cache = self._load(now) if check(self._path) else None
        if cache is None:
            cache, moved = self._start_new_file(now)
        self._hold_on()
        return cache, moved

    def close(self) -> None:
        """Fold the log into the file; if that fails, it is folded in at the next start."""
        self._let_go()
        try:
            checkpoint(self.engine)
        except DatabaseError:
            return

    @property
    def is_replaced(self) -> bool:
        """Whether another file took the place of ours; one that comes back where none was did not."""
        now, ours = identities(self._path).get(""), self._ours.get("")
        return now is not None and ours is not None and now != ours

    def recover(self, known: CounterCache, now: float) -> tuple[CounterCache, Path | None]:
        """Start a new file while running: what is remembered replaces what could not be read."""
        self._let_go()
        cache, moved = self._start_new_file(now)
        with self.engine.begin() as conn:
            add_counts(conn, known.missing_from(cache))
            save_last_prints(conn, known.last_prints)
            cache = CounterCache.load(conn, self._zone, now)
        self._hold_on()
        return cache, moved

    def follow(self, now: float) -> tuple[CounterCache, Path | None] | None:
        """Go on with a file that was put in place of ours, without our log; None when there is none."""
        if not self.is_replaced:
            return None
        self._let_go()
        drop_log(self._path, self._ours)
        keep_to_owner(self._path)
        return self.open(now)

    def _load(self, now: float) -> CounterCache | None:
        """Bring the file up to date and read it; None when it proves to be damaged."""
        try:
            with self.engine.begin() as conn:
                migrate(conn, now)
                guard(conn)
                ensure_origin(conn)
                return CounterCache.load(conn, self._zone, now)
        except DatabaseError as error:
            if is_damage(error):
                return None
            raise

    def _start_new_file(self, now: float) -> tuple[CounterCache, Path | None]:
        """Keep the damaged file aside and bring over whatever can still be read of it."""
        moved = None if is_empty(self._path) else move_away(self._path, now)
        with self.engine.begin() as conn:
            migrate(conn, now)
            if moved is not None:
                salvage(conn, moved)
                recount_events(conn)
            ensure_origin(conn)
            return CounterCache.load(conn, self._zone, now), moved

    def _let_go(self) -> None:
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None

    def _hold_on(self) -> None:
        self._anchor = anchor(self.engine)
        self._ours = identities(self._path)
