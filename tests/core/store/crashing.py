"""Kill a writing process again and again, and hold the file against what was acknowledged.

Run as a program: `crashing.py FILE ROUNDS SEED`. Each round forks a writer that records events with
numbers of their own and reports each number once its commit was acknowledged; at a random moment it is
killed, in every other round not before something was acknowledged. Prints how many were acknowledged and
stored; exits with 1 at the first loss or double.
"""

import os
from pathlib import Path
from random import Random
import select
import signal
import sys
import time
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parents[3]))

from custom_components.printernizer_stats.core.models import UsageEvent
from custom_components.printernizer_stats.core.store import UsageStore

BASE = 1795345200.0
ZONE = ZoneInfo("UTC")


def _open(file: Path) -> UsageStore:
    return UsageStore(file, ZONE, lambda _: None, lambda: BASE)


def _write(file: Path, first: int, random: Random, acknowledge: int) -> None:
    """Record numbered events for ever, in groups of random size."""
    store = _open(file)
    store.open(BASE)
    number = first
    while True:
        for _ in range(random.randint(1, 20)):
            printer = f"p{number % 3}"
            event = UsageEvent(
                type="job_completed",
                at=BASE + number,
                printer=printer,
                data={"printer_type": "other", "duration_seconds": number % 5000, "estimated": True},
            )
            store.record((event,), sessions={printer: {"number": number}})
            number += 1
        store.flush().result()
        os.write(acknowledge, f"{number}\n".encode())


def _killed(file: Path, first: int, random: Random, patience: float | None) -> int:
    """Let a writer write until it is killed; returns the number below which all was acknowledged.

    It is killed soon after its first acknowledgement, or after patience, in seconds.
    """
    reader, writer = os.pipe()
    if not (child := os.fork()):
        os.close(reader)
        try:
            _write(file, first, random, writer)
        finally:
            os._exit(1)
    os.close(writer)
    select.select([reader], [], [], patience)
    time.sleep(random.uniform(0.0, 0.08))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    acknowledged = first
    with os.fdopen(reader) as lines:
        for line in lines:
            acknowledged = int(line)
    return acknowledged


def _stored(file: Path) -> tuple[list[int], int]:
    """Return the numbers in the file, in order, and what the counter says."""
    store = _open(file)
    snapshot = store.open(BASE)
    with store.reader() as conn:
        rows = conn.exec_driver_sql("SELECT time_fired_ts FROM usage_events ORDER BY event_id").fetchall()
        assert conn.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    store.close()
    assert snapshot.events_stored == snapshot.of().get("job_completed", 0) == len(rows)
    return [int(row[0] - BASE) for row in rows], snapshot.events_stored


def main(file: Path, rounds: int, seed: int) -> None:
    """Kill so many writers."""
    random = Random(seed)
    first = acknowledged_kills = 0
    for number in range(rounds):
        acknowledged = _killed(file, first, random, None if number % 2 else random.uniform(0.0, 0.15))
        numbers, _ = _stored(file)
        assert numbers == list(range(len(numbers))), "an event is missing or there twice"
        assert len(numbers) >= acknowledged, f"{acknowledged - len(numbers)} acknowledged events are lost"
        acknowledged_kills += acknowledged > first
        first = len(numbers)
    sys.stdout.write(
        f"{rounds} kills, {acknowledged_kills} of them after an acknowledgement, {first} events,"
        " 0 lost, 0 double\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
