"""The table of how exact homes of several weeks are counted, from what was measured."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any, Final

from markdown_table import table

RESULTS: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "actives.json"

type Raw = Mapping[str, Any]


def actives(_dictionary: Raw, _profiles: Raw) -> str:
    """Return how far active homes over several weeks are off."""
    found: Raw = json.loads(RESULTS.read_text(encoding="utf-8"))
    head = ["homes", "weeks", "bias", "lowest", "highest", "interval holds the truth", "count of ids"]
    rows = [
        [
            row["mix"],
            str(row["span"]),
            *(f"{row[name]:+.2f} %" for name in ("bias", "lowest", "highest")),
            f"{100 * row['held']:.1f} %",
            f"{row['ids']:+.0f} %",
        ]
        for row in found["rows"]
    ]
    return table(head, rows)
