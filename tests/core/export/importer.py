"""Importing as tests do it."""

from collections.abc import Callable
from datetime import date
import json
from pathlib import Path
import tempfile
from typing import Final

from custom_components.printernizer_stats.core.export.importing import import_file
from custom_components.printernizer_stats.core.export.merging import Imported
from custom_components.printernizer_stats.core.models import FLEET
from custom_components.printernizer_stats.core.store import UsageStore
from custom_components.printernizer_stats.core.store.counts import owner_counts

from .filled import Json

TODAY: Final = date(2026, 11, 22)

type Open = Callable[[str], UsageStore]


def take(store: UsageStore, exported: Json | str | bytes, *, move: bool = False) -> Imported:
    """Import something."""
    text = json.dumps(exported) if isinstance(exported, dict) else exported
    with tempfile.NamedTemporaryFile() as file:
        file.write(text.encode() if isinstance(text, str) else text)
        file.flush()
        done = store.run(lambda conn: import_file(conn, Path(file.name), move=move, today=TODAY))
        return done.result()


def totals(store: UsageStore) -> dict[str, int]:
    """What was counted ever, all printers together."""
    with store.reader() as conn:
        return dict(owner_counts(conn, since="").get(FLEET, {}))
