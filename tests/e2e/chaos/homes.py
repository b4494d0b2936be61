"""Many homes, week after week: count, freeze, send. Made to be killed at any moment and started again.

Run as a program: `homes.py FOLDER ENDPOINT HOMES WEEKS SEED`. Each home has a statistics file of its own
in the folder. `counted` gets a line (home, week, prints) once those prints are acknowledged by the store, and
`done` says that all homes have delivered everything. The calendar is simulated; proofs have the real time.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
import os
from pathlib import Path
from random import Random
import sys
import time
from typing import Final
from zoneinfo import ZoneInfo

import aiohttp
from sqlalchemy import Connection

sys.path.insert(0, str(Path(__file__).parents[3]))

from custom_components.printernizer_stats.core.dictionary import DICTIONARY
from custom_components.printernizer_stats.core.models import PrinterFleet, UsageEvent
from custom_components.printernizer_stats.core.report_intervals import IntervalState, utc_day
from custom_components.printernizer_stats.core.sharing import consent, history, outbox
from custom_components.printernizer_stats.core.sharing.api import Answer, Verdict
from custom_components.printernizer_stats.core.sharing.delivery import ReportDelivery
from custom_components.printernizer_stats.core.sharing.report import InstallationInfo
from custom_components.printernizer_stats.core.sharing.report_builder import ReportBuilder
from custom_components.printernizer_stats.core.sharing.settings import ConsentAnswer, SharingSettings
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.report_intervals import list_intervals

WEEK: Final = 7 * 24 * 3600.0
JUMPS: Final = 0.05  # of the weeks have a clock that is wrong for a while
ATTEMPTS: Final = 2
_GO_ON: Final = (Verdict.ACCEPTED, Verdict.REJECTED)
FACTS: Final = InstallationInfo(
    app_version="1.0.0",
    python_version="3.14",
    platform="linux",
    deployment_mode="homeassistant",
    country_code="NL",
    fleet=PrinterFleet(types={"octoprint": 1}),
    ha_version="2026.11",
)


class Home:
    """One statistics file, and what carries its reports."""

    def __init__(self, folder: Path, number: int, endpoint: str, session: aiohttp.ClientSession) -> None:
        """Open the file at the time that its weeks have come to."""
        self.now = 0.0
        self._folder = folder
        self._number = number
        everything = tuple(sorted(DICTIONARY.categories))
        self._settings = SharingSettings(
            share=True,
            endpoint=endpoint,
            client_key="unused",
            consent=ConsentAnswer(
                version=DICTIONARY.version, text_sha256="0" * 64, language="en", categories=everything
            ),
        )
        self.store = UsageStore(folder / f"{number}.db", ZoneInfo("UTC"), lambda _: None, lambda: self.now)
        self._delivery = ReportDelivery(
            self.store,
            self._settings,
            lambda: nullcontext(session),
            clock=time.time,
            on_accepted=lambda _: None,
            on_renewed=lambda: _note(folder / "renewed", str(number)),
        )

    async def begin(self, now: float) -> None:
        """Open the file, and agree to share."""
        self.now = now
        await asyncio.to_thread(self.store.open, now)

        def agree(conn: Connection) -> None:
            consent.apply(conn, self._settings, self.now, self._freezer().close_and_start)
            history.note_first_day(conn, utc_day(self.now))

        await self.run(agree)

    async def count(self, week: int, prints: int) -> None:
        """Record prints, and note them once they are acknowledged."""
        for _ in range(prints):
            self.store.record((_print(self.now),))
        await asyncio.wrap_future(self.store.flush())
        _note(self._folder / "counted", f"{self._number} {week} {prints}")

    async def close_weeks(self) -> None:
        """Freeze what is over, once the service was asked what it speaks."""
        await self._delivery.async_ensure_discovered()
        await self.run(self._freezer().freeze)

    async def send(self, attempts: int) -> bool:
        """Try so often to send what waits; tell whether all of it is delivered."""
        for _ in range(attempts):
            if isinstance(met := await self._delivery.async_service_info(), Answer):
                continue
            await self.close_weeks()
            for report in await self.run(outbox.pending):
                if (await self._delivery.async_deliver(met, report)).verdict not in _GO_ON:
                    break
        return await self.run(_is_delivered)

    def _freezer(self) -> ReportBuilder:
        return ReportBuilder(installation=FACTS, endpoint=self._settings.endpoint, today=utc_day(self.now))

    async def run[T](self, function: Callable[[Connection], T]) -> T:
        """Run a function in a transaction of the store."""
        return await asyncio.wrap_future(self.store.run(function))


def _is_delivered(conn: Connection) -> bool:
    closed = [each.id for each in list_intervals(conn, IntervalState.CLOSED)]
    return len(outbox.all_reports(conn)) == len(closed) and not outbox.pending(conn)


def _print(at: float) -> UsageEvent:
    data: dict[str, int | bool | str] = {
        "printer_type": "octoprint",
        "duration_seconds": 60,
        "estimated": False,
    }
    return UsageEvent(type="job_completed", at=at, printer="p", data=data)


def _note(file: Path, line: str) -> None:
    """Append a line that outlives the process."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, f"{line}\n".encode())
    os.close(descriptor)


def _counted(folder: Path) -> Counter[int]:
    """Return in how many weeks each home has counted already."""
    file = folder / "counted"
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    return Counter(int(line.split()[0]) for line in lines)


async def _live(home: Home, first: float, known: int, weeks: int, random: Random) -> None:
    """Live through the weeks that are left, and deliver everything in the end."""
    await home.begin(first + known * WEEK)
    for week in range(known, weeks):
        home.now = first + week * WEEK
        await home.close_weeks()
        await home.send(ATTEMPTS)
        await home.count(week, random.randint(1, 3))
        if random.random() < JUMPS:
            home.now += random.choice((-1, 1, 3)) * WEEK
            await home.close_weeks()
            await home.send(1)
    home.now = first + weeks * WEEK
    await home.close_weeks()
    while not await home.send(ATTEMPTS):
        pass
    await asyncio.to_thread(home.store.close)


async def main() -> None:
    """Let the homes live one after the other."""
    folder, endpoint = Path(sys.argv[1]), sys.argv[2]
    homes, weeks, seed = map(int, sys.argv[3:])
    monday = datetime.now(UTC) - timedelta(days=datetime.now(UTC).weekday())
    noon = monday.replace(hour=12, minute=0, second=0, microsecond=0)
    known = _counted(folder)
    async with aiohttp.ClientSession() as session:
        for number in range(homes):
            if (folder / f"{number}.done").exists():
                continue
            home = Home(folder, number, endpoint, session)
            first = noon.timestamp() - weeks * WEEK
            await _live(home, first, known[number], weeks, Random(seed + number * 1009 + known[number]))
            (folder / f"{number}.done").touch()
    (folder / "done").touch()


if __name__ == "__main__":
    asyncio.run(main())
