"""The writer in a process of its own: what writes shares no interpreter with what answers requests."""

import asyncio
from collections import deque
from contextlib import suppress
import logging
import os
from pathlib import Path
import socket
import sys
import time

from aggregation.keeping import wire
from aggregation.protocol.proof import Proof, Proven, Unproven
from aggregation.storage.engine import DatabaseError
from aggregation.storage.records import Acknowledged, Deleted, Deletion, Report, StorageUnavailableError, Work

LOGGER = logging.getLogger(__name__)

PACKAGES = str(Path(__file__).parents[2])
MODULE = "aggregation.keeping"
AGAIN_SECONDS = 1.0
"""How long after its end the process is started anew."""
BUFFER = 1 << 20
CAPACITY = 1024
"""Calls that may wait for their answers."""
STUCK_SECONDS = 30.0
"""How long a caller waits; a process that answers nothing for so long is asked no more until it does."""
REPLACE_SECONDS = 90.0
"""How long one that is stuck may go on so before it is killed, upon which another is started."""
START_SECONDS = 120.0
"""How long it may take to start."""
STOP_SECONDS = 10.0
"""How long it may take to end; then it is killed."""
ASK_SECONDS = 5.0
"""How often it is asked what it has done."""


class WriterError(Exception):
    """The writer met an error that nobody foresaw, and has logged where."""


class WriterProcess:
    """Calls the process, which answers in order, and starts it again should it ever end."""

    def __init__(self, order: wire.Order) -> None:
        """Take what is to be kept."""
        self._order = order
        self._calls: asyncio.StreamWriter | None = None
        self._waiting: deque[asyncio.Future[wire.Answer]] = deque()
        self._answered = 0.0
        self._is_ready = False
        self._process: asyncio.subprocess.Process | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self.work = Work()
        self._restarts = 0

    @property
    def is_working(self) -> bool:
        """Tell whether the process runs and answers."""
        is_stuck = self._waiting and time.monotonic() - self._answered > STUCK_SECONDS
        return self._is_ready and not is_stuck

    async def start(self) -> None:
        """Start the process and wait until it is ready; raises DatabaseError."""
        answers = await self._open()
        if answers is None:
            await self.stop()
            raise DatabaseError("the process that writes does not start")
        self._tasks = [asyncio.create_task(self._live(answers)), asyncio.create_task(self._ask())]

    async def stop(self) -> None:
        """End the process after what it does now, if that does not take too long."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._hang_up()
        await self._end(STOP_SECONDS)

    async def prove(self, proofs: list[Proof]) -> list[Proven | Unproven]:
        """Judge proofs; raises StorageUnavailableError."""
        answer = await self._call(wire.Prove(proofs))
        assert isinstance(answer, wire.Judged)
        return answer.verdicts

    async def store(self, reports: list[Report]) -> list[Acknowledged]:
        """Store a batch in one transaction; raises StorageUnavailableError."""
        answer = await self._call(wire.Store(reports))
        assert isinstance(answer, wire.Batch)
        return answer.acknowledged

    async def find(self, report: Report) -> Acknowledged | None:
        """Look a report up; raises StorageUnavailableError."""
        answer = await self._call(wire.Find(report))
        assert isinstance(answer, wire.Found)
        return answer.acknowledged

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete an installation; raises StorageUnavailableError."""
        answer = await self._call(wire.Delete(deletion))
        assert isinstance(answer, wire.Removed)
        return answer.deleted

    async def _call(self, call: wire.Call) -> wire.Answer:
        """Return the answer to a call; of one that the process did not live to answer nothing is known."""
        if not self.is_working or len(self._waiting) >= CAPACITY:
            raise StorageUnavailableError
        self._send(call)
        if not self._waiting:
            self._answered = time.monotonic()
        future: asyncio.Future[wire.Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(STUCK_SECONDS):
                answer = await future
        except TimeoutError:
            self._replace_later()
            raise StorageUnavailableError from None
        match answer:
            case wire.Failure(None):
                raise StorageUnavailableError
            case wire.Failure(name):
                raise WriterError(name)
        return answer

    def _send(self, call: wire.Call) -> None:
        """Send a call; raises StorageUnavailableError when nobody is there any more.

        uvloop refuses to write to a connection from the moment its other end is closed, before
        who reads it hears of that.
        """
        message = wire.framed(call)
        if self._calls is None or self._calls.is_closing():
            raise StorageUnavailableError
        self._calls.write(message)

    async def _live(self, answers: asyncio.StreamReader | None) -> None:
        """Hand on the answers of one process after the other."""
        while self._process is not None:
            if answers is not None:
                await self._hear(answers)
            await self._end(STOP_SECONDS)
            code = self._process.returncode
            self._restarts += 1
            LOGGER.error("The process that writes has ended with %s and is started again", code)
            await asyncio.sleep(AGAIN_SECONDS)
            answers = await self._open()

    async def _hear(self, answers: asyncio.StreamReader) -> None:
        """Hand on answers until the process ends; what waits then gets none."""
        try:
            while True:
                answer = await wire.hear(answers)
                self._answered = time.monotonic()
                _give(self._waiting.popleft(), answer)
        except EOFError, OSError:
            return
        finally:
            self._hang_up()

    async def _open(self) -> asyncio.StreamReader | None:
        """Start the process; return where it answers once it has taken its order."""
        with suppress(EOFError, OSError):
            answers, self._calls = await self._spawn()
            self._send(self._order)
            async with asyncio.timeout(START_SECONDS):
                self._is_ready = await wire.hear(answers) == wire.Ready()
            if self._is_ready:
                return answers
        self._hang_up()
        await self._end(STOP_SECONDS)
        return None

    async def _ask(self) -> None:
        """Ask again and again what was done; so one that is stuck is noticed while nobody sends anything."""
        while True:
            await asyncio.sleep(ASK_SECONDS)
            with suppress(StorageUnavailableError, WriterError):
                answer = await self._call(wire.Tell())
                assert isinstance(answer, wire.Told)
                self.work = answer.work
            self.work.restarts = self._restarts

    def _replace_later(self) -> None:
        """Kill the process unless it answers in the meantime."""
        asyncio.get_running_loop().call_later(REPLACE_SECONDS, self._replace, self._process, self._answered)

    def _replace(self, process: asyncio.subprocess.Process | None, answered: float) -> None:
        """Kill a process that has answered nothing since, once; `_live` starts another."""
        is_same = process is self._process and answered == self._answered
        if is_same and self._is_ready and not self.is_working:
            self._is_ready = False
            LOGGER.error("The process that writes does not answer and is killed")
            _kill(process)

    async def _end(self, seconds: float) -> None:
        """Wait so long until the process ends, then kill it."""
        if self._process is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            LOGGER.error("The process that writes does not end and is killed")  # noqa: TRY400
            _kill(self._process)
            await self._process.wait()

    async def _spawn(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Start the process and connect to it; raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            number = theirs.fileno()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", MODULE, str(number), pass_fds=[number], env=_environment()
            )
        except OSError:
            ours.close()
            raise
        finally:
            theirs.close()
        return await asyncio.open_connection(sock=ours, limit=BUFFER)

    def _hang_up(self) -> None:
        """Close the connection, upon which the process ends; nothing is known of what still waits."""
        self._is_ready = False
        if self._calls is not None:
            self._calls.close()
            self._calls = None
        while self._waiting:
            _give(self._waiting.popleft(), wire.Failure())


def _kill(process: asyncio.subprocess.Process | None) -> None:
    """Kill a process that may have ended."""
    if process is not None:
        with suppress(ProcessLookupError):
            process.kill()


def _environment() -> dict[str, str]:
    """Return ours, in which this very package is found, whatever the working directory holds."""
    paths = [PACKAGES, os.environ.get("PYTHONPATH")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def _give(future: asyncio.Future[wire.Answer], answer: wire.Answer) -> None:
    """Hand an answer to who still waits for it."""
    if not future.done():
        future.set_result(answer)
