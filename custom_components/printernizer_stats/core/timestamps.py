"""Instants as text: a person reads them, and no digit is lost on the way there and back."""

from datetime import UTC, datetime
import re
from typing import Final

_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?\+00:00")


def instant(at: float) -> str:
    """Return epoch seconds (1970 to 9999) as ISO 8601 in UTC, with as many digits as they have."""
    whole, _, fraction = repr(float(at)).partition(".")
    text = datetime.fromtimestamp(int(whole), UTC).isoformat()
    return text if fraction == "0" else f"{text[:19]}.{fraction}{text[19:]}"


def seconds(text: str) -> float:
    """Return the epoch seconds of what `instant` wrote; raises ValueError for anything else."""
    if (found := _INSTANT.fullmatch(text)) is None:
        raise ValueError(_INSTANT.pattern)
    whole = datetime.fromisoformat(f"{found[1]}+00:00").timestamp()
    return float(f"{int(whole)}{found[2] or ''}")
