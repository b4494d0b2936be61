"""The thread that folds the outbox, in steps that leave room for requests, and purges daily in such steps."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
import logging
import math
from threading import Event, Thread
import time

from sqlalchemy.exc import SQLAlchemyError

from aggregation.storage.engine import reason

LOGGER = logging.getLogger(__name__)

IDLE_SECONDS = 1.0
GATHERING_SECONDS = 0.5
"""So long reports wait for others while they keep coming: a step costs much, whatever it takes on."""
STEP_SECONDS = 0.02
"""How long one transaction should work: writers wait for it."""
LONGEST_STEP_SECONDS = 0.04
"""How long it may take once folding has fallen behind: larger steps are cheaper for each report."""
REST, LEAST_REST = 19.0, 2.0
"""The pause after a step, in lengths of it, while reports keep coming, and once it has fallen behind."""
HALVED_STEPS = 4
"""After so many steps in a row that left something the pause is half as long, and so on."""
LONGEST_REST_SECONDS = 0.25
"""On a machine that is busy with something else a step is short work and takes long."""
SMALLEST, LARGEST = 64, 2000

type Size = Callable[[], int]
type Purge = Callable[[date, Size], Iterator[object]]


class Pace:
    """How much one transaction takes on, so that it lasts as long as it should."""

    def __init__(self) -> None:
        """Begin with little."""
        self._size = SMALLEST
        self.behind = 0
        """Steps in a row that left something; fewer once one did not."""

    def size(self) -> int:
        """Return how much the next one takes on."""
        return self._size

    def took(self, seconds: float) -> None:
        """Learn how long one took that had enough to do."""
        self.behind += 1
        wanted = min(LONGEST_STEP_SECONDS, STEP_SECONDS * (1 + self.behind / HALVED_STEPS))
        factor = min(2.0, max(0.5, wanted / max(seconds, 1e-6)))
        self._size = int(min(LARGEST, max(SMALLEST, self._size * factor)))

    def caught_up(self) -> None:
        """Learn that one had not enough to do."""
        self.behind //= 2

    @property
    def rest(self) -> float:
        """Return how long to pause after a step while reports keep coming, in lengths of the step."""
        return max(LEAST_REST, REST / math.exp2(self.behind / HALVED_STEPS))


class FoldThread:
    """Calls for one step after the other."""

    def __init__(
        self,
        fold: Callable[[int], int],
        purge: Purge,
        busy: Callable[[], bool],
        failed: Callable[[str], None],
    ) -> None:
        """Take what folds so many at most and returns how many, and what purges in pieces.

        And whether reports come in just now, and who is told of errors.
        """
        self._fold = fold
        self._purge = purge
        self._busy = busy
        self._failed = failed
        self._purging: Iterator[object] | None = None
        self._day: date | None = None
        self._folds, self._purges = Pace(), Pace()
        self._stop = Event()
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
        """Fold once and purge once; return how many seconds to wait."""
        began = time.thread_time()
        try:
            is_more = self._fold_once() | self._purge_once()
        except SQLAlchemyError as error:
            LOGGER.error("The rollups cannot be written: %s", reason(error))  # noqa: TRY400
            self._failed(reason(error))
            return IDLE_SECONDS
        except Exception as error:  # noqa: BLE001 - what cannot be folded stays in the outbox
            LOGGER.error("The rollups cannot be folded: %s", type(error).__name__)  # noqa: TRY400
            self._failed(type(error).__name__)
            return IDLE_SECONDS
        if not is_more:
            return GATHERING_SECONDS if self._busy() else IDLE_SECONDS
        worked = time.thread_time() - began
        return min(LONGEST_REST_SECONDS, worked * self._folds.rest) if self._busy() else 0.0

    def _fold_once(self) -> bool:
        """Fold; tell whether there may be more."""
        began = time.thread_time()
        size = self._folds.size()
        if self._fold(size) < size:
            self._folds.caught_up()
            return False
        self._folds.took(time.thread_time() - began)
        return True

    def _purge_once(self) -> bool:
        """Do a piece of the purge of the day (UTC); tell whether there may be more."""
        today = datetime.now(UTC).date()
        if self._purging is None and today != self._day:
            self._purging = self._purge(today, self._purges.size)
        if self._purging is None:
            return False
        began = time.thread_time()
        purging, self._purging = self._purging, None  # one that fails is begun anew
        if next(purging, None) is None:
            self._day = today
            return False
        self._purges.took(time.thread_time() - began)
        self._purging = purging
        return True
