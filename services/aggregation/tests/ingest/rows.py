"""What is stored of reports."""

from contextlib import closing
from pathlib import Path
import sqlite3
from typing import Any


def stored(database: Path) -> list[dict[str, Any]]:
    """Return all rows, by column name."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM submissions")]
