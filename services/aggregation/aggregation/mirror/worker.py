"""The thread that brings the mirror up to date: every change at least once, none out of order."""

from datetime import UTC, datetime
import logging
from threading import Event, Thread
from typing import Any, Protocol

from aggregation.storage import changes
from aggregation.storage.engine import Database, LockName
from aggregation.storage.schema import DROPPED

LOGGER = logging.getLogger(__name__)

BATCH = 5000
IDLE_SECONDS = 1.0
FAILED_SECONDS = 15.0


class Target(Protocol):
    """Where the copy is kept; every method blocks and may raise anything."""

    def empty(self) -> None:
        """Begin anew."""

    def erase(self, numbers: list[int]) -> None:
        """Remove reports."""

    def write(self, rows: list[dict[str, Any]], versions: dict[int, int]) -> None:
        """Add reports, or newer versions of them."""

    def close(self) -> None:
        """Let go of the connection."""


class Mirror:
    """Copies from a database to a target; of several processes one does so at a time."""

    def __init__(self, database: Database, target: Target) -> None:
        """Take both."""
        self._database = database
        self._target = target
        self._failing = False
        self._stop = Event()
        self._thread = Thread(target=self._run, name="mirror", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its step. Blocks: never call it on the event loop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        self._target.close()

    def step(self) -> float:
        """Copy one batch; return how many seconds to wait."""
        try:
            copied = self._copy_alone()
        except Exception as error:  # noqa: BLE001 - what is not copied stays in the outbox
            self._fail(type(error).__name__)
            return FAILED_SECONDS
        if self._failing:
            LOGGER.warning("The mirror can be written again")
            self._failing = False
        return 0.0 if copied else IDLE_SECONDS

    def _run(self) -> None:
        """Copy until stopped."""
        pause = 0.0
        while not self._stop.wait(pause):
            pause = self.step()

    def _fail(self, why: str) -> None:
        """Say so once, and connect anew the next time."""
        if not self._failing:
            LOGGER.error("The mirror cannot be written: %s", why)
        self._failing = True
        self._target.close()

    def _copy_alone(self) -> bool:
        """Copy one batch unless another process does; tell whether there may be more."""
        with self._database.alone(LockName.MIRROR) as is_free:
            return is_free and self._copy()

    def _copy(self) -> bool:
        """Copy one batch, the whole from the beginning where none was begun."""
        with self._database.reading() as connection:
            is_kept = changes.is_kept(connection)
            batch = changes.waiting(connection, BATCH)
        if not is_kept:
            self._target.empty()
            with self._database.writing() as connection:
                changes.begin(connection, datetime.now(UTC).date())
            return True
        if not batch.numbers:
            return False
        self._target.erase(_erased(batch))
        self._target.write(batch.rows, batch.versions)
        with self._database.writing() as connection:
            changes.done(connection, batch)
        return True


def _erased(batch: changes.Batch) -> list[int]:
    """Return the reports whose older versions may not stay: those that are gone, or have lost their id."""
    kept = {row["id"] for row in batch.rows if not row["installation_id"].startswith(DROPPED)}
    return sorted(batch.versions.keys() - kept)
