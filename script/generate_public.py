"""The tables about public numbers, from what `benchmarks/run public_numbers --write` has measured."""

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any, Final

from markdown_table import table

RESULTS: Final = Path(__file__).resolve().parents[1] / "benchmarks" / "results" / "public_numbers.json"

type Raw = Mapping[str, Any]


def _results() -> Raw:
    found: Raw = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def public_privacy(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the measured epsilon of each change, the largest of all turns."""
    largest: dict[str, Raw] = {}
    for each in _results()["privacy"]:
        if each["change"] not in largest or each["epsilon"] > largest[each["change"]]["epsilon"]:
            largest[each["change"]] = each
    rows = [
        [change, f"{each['epsilon']:.2f}", f"{each['error']:.2f}", "1.00"] for change, each in largest.items()
    ]
    return table(["two weeks differ in", "epsilon, measured", "standard error", "stated"], rows)


def public_error(_dictionary: Raw, _profiles: Raw) -> str:
    """Return the mean errors by number of homes and table."""
    found = _results()["utility"]
    names = sorted({name for each in found for name in each["tables"]})
    rows = [
        [
            f"{each['homes']:,}",
            f"**{each['mean']:.2f}**",
            f"{each['most']:g}",
            *(f"{each['tables'][name]:.2f}" if name in each["tables"] else "" for name in names),
        ]
        for each in found
    ]
    return table(["homes", "all tables", "at most", *(name.replace("_", " ") for name in names)], rows)
