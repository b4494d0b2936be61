"""Import of an export: all of it that is not here yet, in one transaction, or nothing."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from ...const import DEFAULT_ENDPOINT
from .merging import Imported, merge
from .moving import move as take_identity
from .reading import ImportRefusedError
from .staging import stage

LARGEST_BYTES: Final = 256 * 1024 * 1024


def import_file(
    conn: Connection, file: Path, *, move: bool, today: date, endpoint: str = DEFAULT_ENDPOINT
) -> Imported:
    """Take over what the file holds and return what was new; `today` in UTC. Blocking.

    With `move` also its identity and reports, and what waits to be deleted at the endpoint that is in use.
    Raises ImportRefusedError, and then nothing was changed.
    """
    try:
        if file.stat().st_size > LARGEST_BYTES:
            raise ImportRefusedError("import_too_large")
        with file.open(encoding="utf-8", newline="") as opened:
            head = stage(conn, opened)
    except OSError as error:
        raise ImportRefusedError("import_no_file") from error
    reports = take_identity(conn, today, endpoint) if move else 0
    return replace(merge(conn, head), reports=reports)
