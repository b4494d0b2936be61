"""Statistics file: opened, replaced when it is damaged, followed when another was put in its place.

Everything here blocks. SQLite finds a log by its name alone and folds it into whatever file lies beside it.
So each connection looks whether the file is the one that was opened before it reads, and a file that is let
go takes its log with it, wherever it lies by then.
"""

from contextlib import suppress
from datetime import tzinfo
from pathlib import Path
import sqlite3

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DatabaseError

from .consent_ledger import guard
from .counter_cache import CounterCache
from .counts import add_counts, save_last_prints
from .engine import FileMovedError, anchor, connect_to, fold, keep_to_owner, make_engine
from .migrations import migrate
from .recovery import (
    Identity,
    begin,
    has_log,
    identities,
    identity,
    is_damage,
    is_empty,
    is_log_of,
    leave_log,
    move_away,
    move_log_away,
    read_structure,
    recount_events,
    salvage,
)
from .settings import ensure_origin


class StatisticsFile:
    """The file that is in use; an idle connection keeps hold of it and of its log."""

    def __init__(self, path: Path, zone: tzinfo) -> None:
        self.engine: Engine = make_engine(path, self._connect, self._check)
        self._path = path
        self._zone = zone
        self._anchor: Connection | None = None
        self._ours: dict[str, Identity] = {}

    def open(self, now: float) -> tuple[CounterCache, Path | None]:
        """Return what the file holds, and where one is kept that proved to be damaged, or not to be its log.

        Raises StoreTooNewError, or SQLAlchemyError and OSError when the file cannot be used.
        """
        self._find()
        moved = None
        if has_log(self._path) and not is_log_of(self._path):
            moved = move_log_away(self._path, now, self._ours[""])
        try:
            cache = self._load(now)
            if cache is None:
                cache, moved = self._start_new_file(now)
        except BaseException:
            self.close()
            raise
        return cache, moved

    def close(self) -> None:
        """Fold the log into the file, wherever that is now; if that fails, it is done at the next start."""
        held, self._anchor = self._anchor, None
        if held is None:
            return
        with held, suppress(DatabaseError):
            fold(held)

    @property
    def is_replaced(self) -> bool:
        """Whether another file took the place of ours; one that comes back where none was did not."""
        now = identity(self._path)
        return now is not None and now != self._ours.get("")

    @property
    def is_gone(self) -> bool:
        """Whether nothing is there any more; as long as the log is, the file may come back to it."""
        return not self._path.exists() and not identities(self._path)

    def recover(self, known: CounterCache, now: float) -> tuple[CounterCache, Path | None]:
        """Start a new file while running: what is remembered replaces what could not be read."""
        cache, moved = self._start_new_file(now)
        with self.engine.begin() as conn:
            add_counts(conn, known.missing_from(cache))
            save_last_prints(conn, known.last_prints)
            cache = CounterCache.load(conn, self._zone, now)
        return cache, moved

    def follow(self, now: float) -> tuple[CounterCache, Path | None] | None:
        """Go on with a file that was put in place of ours, without our log; None when there is none."""
        if self._anchor is not None and not self.is_replaced:
            return None
        self.close()
        left = leave_log(self._path, now, self._ours)
        cache, moved = self.open(now)
        return cache, moved or left

    def _find(self) -> None:
        """Begin a file where nothing is; one without a byte is none, and SQLite would delete its log."""
        if is_empty(self._path):
            if has_log(self._path):
                raise FileMovedError
            begin(self._path)
        keep_to_owner(self._path)
        self._ours = identities(self._path)
        if "" not in self._ours:
            raise FileMovedError

    def _connect(self, path: Path) -> sqlite3.Connection:
        """Open the file and refuse another one, before its log is read."""
        connection = connect_to(path)
        try:
            self._check()
        except FileMovedError:
            connection.close()
            raise
        return connection

    def _check(self) -> None:
        """Refuse what another file was put in place of, before anything is written."""
        if identity(self._path) != self._ours.get(""):
            raise FileMovedError

    def _hold_on(self) -> None:
        """Open the log, so that it is known, and stays ours under whatever name."""
        self._anchor = anchor(self.engine)
        self._ours = {**identities(self._path), "": self._ours[""]}

    def _load(self, now: float) -> CounterCache | None:
        """Bring the file up to date and read it; None when it proves to be damaged."""
        try:
            self._hold_on()
            with self.engine.begin() as conn:
                read_structure(conn)
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
        if self._anchor is not None:
            self._anchor.close()
            self._anchor = None
        moved = None if is_empty(self._path) else move_away(self._path, now, self._ours.get(""))
        self._find()
        self._hold_on()
        with self.engine.begin() as conn:
            migrate(conn, now)
            if moved is not None:
                salvage(conn, moved)
                recount_events(conn)
            ensure_origin(conn)
            return CounterCache.load(conn, self._zone, now), moved
