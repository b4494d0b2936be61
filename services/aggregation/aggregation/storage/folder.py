"""The thread that folds the outbox, in steps that leave room for requests, and purges daily."""

from collections.abc import Callable
from datetime import UTC, date, datetime
import logging
from threading import Event, Thread
import time

from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import reason

LOGGER = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
STEP_SECONDS = 0.01
"""How long one transaction should take: writers wait for it."""
REST = 19.0
"""The pause after a step, in lengths of the step, while reports keep coming."""
SMALLEST, LARGEST = 16, 2000


class Folder:
    """Calls for one step after the other."""

    def __init__(
        self, fold: Callable[[int], int], purge: Callable[[date], object], busy: Callable[[], bool]
    ) -> None:
        """Take what folds so many at most and returns how many; what purges; whether reports come in."""
        self._fold = fold
        self._purge = purge
        self._purged: date | None = None
        self._busy = busy
        self._stop = Event()
        self._size = SMALLEST
        self._thread = Thread(target=self._run, name="folder", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its step. Blocks: never call it on the event loop."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        """Fold until stopped."""
        pause = 0.0
        while not self._stop.wait(pause):
            pause = self._step()

    def _step(self) -> float:
        """Fold once; return how many seconds to wait."""
        began = time.monotonic()
        try:
            folded = self._fold(self._size)
            if not folded:
                self._purge_daily()
        except SQLAlchemyError as error:
            LOGGER.error("The rollups cannot be written: %s", reason(error))  # noqa: TRY400
            return IDLE_SECONDS
        except Exception as error:  # noqa: BLE001 - what cannot be folded stays in the outbox
            LOGGER.error("The rollups cannot be folded: %s", type(error).__name__)  # noqa: TRY400
            return IDLE_SECONDS
        taken = time.monotonic() - began
        if folded < self._size:
            return IDLE_SECONDS
        factor = min(2.0, max(0.5, STEP_SECONDS / max(taken, 1e-6)))
        self._size = int(min(LARGEST, max(SMALLEST, self._size * factor)))
        return taken * REST if self._busy() else 0.0

    def _purge_daily(self) -> None:
        """Purge when a day (UTC) has begun since the last time."""
        today = datetime.now(UTC).date()
        if today != self._purged:
            self._purge(today)
            self._purged = today
