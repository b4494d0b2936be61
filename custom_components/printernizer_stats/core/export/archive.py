"""ZIP of the export: CSV tables, written as a stream."""

from collections.abc import Iterable, Iterator
import csv
from datetime import UTC, datetime
import io
import json
from typing import Any, Final, override
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection

from .fields import SECTIONS
from .sections import head, rows

_PIECE_BYTES: Final = 65536
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Sink(io.RawIOBase):
    """Takes what the ZIP writer writes, until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken = bytes(self._held)
        self._held.clear()
        return taken


def archive(conn: Connection, now: float, *, identity: bool = False) -> Iterator[bytes]:
    """Yield a ZIP file with one CSV table for each section, and what it is of; memory stays small."""
    sink = _Sink()
    made = datetime.fromtimestamp(now, UTC).timetuple()[:6]
    with ZipFile(sink, "w") as file:
        file.writestr(_member("about.json", made), json.dumps(head(conn, now), indent=1))
        for section in SECTIONS:
            # The size is not known before the end, so it is told as large files tell it.
            with file.open(_member(f"{section}.csv", made), "w", force_zip64=True) as table:
                for piece in _table(conn, section, identity=identity):
                    table.write(piece)
                    yield sink.take()
    yield sink.take()


def csv_line(cells: Iterable[object]) -> bytes:
    """Return one line of CSV; no cell is a formula to a spreadsheet."""
    line = io.StringIO()
    csv.writer(line).writerow([_harmless(cell) for cell in cells])
    return line.getvalue().encode()


def _member(name: str, made: tuple[int, ...]) -> ZipInfo:
    info = ZipInfo(name, date_time=made)  # type: ignore[arg-type]
    info.compress_type = ZIP_DEFLATED
    return info


def _table(conn: Connection, section: str, *, identity: bool) -> Iterator[bytes]:
    fields = SECTIONS[section].fields
    held = bytearray(csv_line(fields))
    for row in rows(conn, section, identity=identity):
        held += csv_line(_cell(field.type, row[name]) for name, field in fields.items())
        if len(held) >= _PIECE_BYTES:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _cell(kind: str, value: Any) -> object:
    return json.dumps(value) if kind in ("any", "object") and value is not None else value


def _harmless(cell: object) -> object:
    """The cell, marked as text where a spreadsheet would calculate it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
