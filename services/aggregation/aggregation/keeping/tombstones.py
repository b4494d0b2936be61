"""The tombstone journal: deletions outlive a restored backup.

One line for each deletion, written before it is committed: the SHA-256 of the id and the day.
"""

from collections.abc import Iterator
from datetime import date
import os
from pathlib import Path
import re

_LINE = re.compile(r"([0-9a-f]{64}) (\d{4}-\d{2}-\d{2})")


class TombstoneJournal:
    """A file of tombstones that is only ever added to."""

    def __init__(self, path: Path) -> None:
        """Take where it is; it is made with the first deletion."""
        self._path = path

    def add(self, sha256: str, day: date) -> None:
        """Write a tombstone durably; raises OSError."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, f"{sha256} {day}\n".encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def read(self) -> Iterator[tuple[str, date]]:
        """Yield the tombstones; a line that a power cut left incomplete is skipped."""
        if not self._path.exists():
            return
        for line in self._path.read_text("ascii", "replace").splitlines():
            if found := _LINE.fullmatch(line):
                yield found[1], date.fromisoformat(found[2])
