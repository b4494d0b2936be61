"""The process as `serve` has it: started beside the server, started again should it end, ended with it."""

import asyncio
from contextlib import suppress
import logging
import os
from pathlib import Path
import sys

from aggregation.settings import PREFIX

LOGGER = logging.getLogger(__name__)

PACKAGES = str(Path(__file__).parents[2])
AGAIN_SECONDS = 60.0
"""How long after its end the process is started anew: nothing of it is in a hurry."""
STOP_SECONDS = 10.0


class InsightProcess:
    """Keeps one process running."""

    def __init__(self, url: str, again: float = AGAIN_SECONDS) -> None:
        """Take the database, and how long to wait before it is started anew."""
        self._url = url
        self._again = again
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Return the number of the process that runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Start it; nothing waits for it."""
        self._task = asyncio.create_task(self._live())

    async def stop(self) -> None:
        """End it after what it does now, if that does not take too long."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is None or self._process.returncode is not None:
            return
        if self._process.stdin:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self._process.wait()
        except TimeoutError:
            LOGGER.error("The process that works out alarms does not end and is killed")  # noqa: TRY400
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    async def _live(self) -> None:
        """Start one process after the other."""
        while True:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "aggregation", "insight", "--attached"),
                stdin=asyncio.subprocess.PIPE,
                env=_environment(self._url),
            )
            code = await self._process.wait()
            LOGGER.error("The process that works out alarms has ended with %s and is started again", code)
            await asyncio.sleep(self._again)


def _environment(url: str) -> dict[str, str]:
    """Return ours with the database that is served; this very package is found, wherever it runs."""
    paths = [PACKAGES, os.environ.get("PYTHONPATH")]
    database = {f"{PREFIX}DATABASE_URL": url}
    return os.environ | database | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}
