"""The thread that folds the outbox, in steps that leave room for requests, and purges daily in such steps."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import Enum, auto
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
BUSY_SECONDS = 0.5
CROWD = 1000.0
"""So many reports a second leave little of the time to fold them."""
PATIENCE_SECONDS = 30.0
"""How long folding keeps its longest pauses while reports crowd; then it catches up as ever."""
SMALLEST, LARGEST = 64, 2000

type Size = Callable[[], int]
type Purge = Callable[[date, Size], Iterator[object]]


class Load(Enum):
    """How many reports come in just now."""

    QUIET = auto()
    BUSY = auto()
    CROWDED = auto()
    """More than there is time to fold, while they are stored."""


class Coming:
    """Counts the reports that come in."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Take a clock in seconds."""
        self._clock = clock
        self._last = self._since = clock() - BUSY_SECONDS
        self._count = 0
        self._rate = 0.0

    def add(self, count: int) -> None:
        """Count reports."""
        self._last = self._clock()
        self._count += count
        if (seconds := self._last - self._since) >= BUSY_SECONDS:
            self._rate = self._count / seconds
            self._since, self._count = self._last, 0

    def load(self) -> Load:
        """Tell how many came just now."""
        if self._clock() - self._last >= BUSY_SECONDS:
            return Load.QUIET
        return Load.CROWDED if self._rate > CROWD else Load.BUSY


class Pace:
    """How much one transaction takes on, so that it lasts as long as it should."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with little; take a clock in seconds."""
        self._clock = clock
        self._caught_up_at = clock()
        self._size = SMALLEST
        self.behind = 0
        """Steps in a row that left something; fewer once one did not."""

    def size(self) -> int:
        """Return how much the next one takes on."""
        return self._size

    def took(self, seconds: float, load: Load = Load.BUSY) -> None:
        """Learn how long one took that had enough to do; in a crowd it falls behind, but not for long."""
        if load is not Load.CROWDED or self._clock() - self._caught_up_at > PATIENCE_SECONDS:
            self.behind += 1
        wanted = min(LONGEST_STEP_SECONDS, STEP_SECONDS * (1 + self.behind / HALVED_STEPS))
        factor = min(2.0, max(0.5, wanted / max(seconds, 1e-6)))
        self._size = int(min(LARGEST, max(SMALLEST, self._size * factor)))

    def caught_up(self) -> None:
        """Learn that one had not enough to do."""
        self.behind //= 2
        self._caught_up_at = self._clock()

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
        load: Callable[[], Load],
        failed: Callable[[str], None],
    ) -> None:
        """Take what folds so many at most and returns how many, and what purges in pieces.

        And how many reports come in just now, and who is told of errors.
        """
        self._fold = fold
        self._purge = purge
        self._load = load
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
        load = self._load()
        try:
            is_more = self._fold_once(load) | self._purge_once()
        except SQLAlchemyError as error:
            LOGGER.error("The rollups cannot be written: %s", reason(error))  # noqa: TRY400
            self._failed(reason(error))
            return IDLE_SECONDS
        except Exception as error:  # noqa: BLE001 - what cannot be folded stays in the outbox
            LOGGER.error("The rollups cannot be folded: %s", type(error).__name__)  # noqa: TRY400
            self._failed(type(error).__name__)
            return IDLE_SECONDS
        if load is Load.QUIET:
            return 0.0 if is_more else IDLE_SECONDS
        rest = (time.thread_time() - began) * self._folds.rest
        if load is Load.BUSY:
            rest = min(LONGEST_REST_SECONDS, rest)
        return rest if is_more else GATHERING_SECONDS

    def _fold_once(self, load: Load) -> bool:
        """Fold; tell whether there may be more."""
        began = time.thread_time()
        size = self._folds.size()
        if self._fold(size) < size:
            self._folds.caught_up()
            return False
        self._folds.took(time.thread_time() - began, load)
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
