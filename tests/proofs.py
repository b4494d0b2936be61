"""How much the tests try that try much: examples, prints, kills.

PRINTERNIZER_FULL_PROOFS=1 has them try all that was ever tried, for minutes.
PRINTERNIZER_FAST_PROOFS=1, which `script/test --fast` sets, has them try a part of the usual.
"""

from collections.abc import Sequence
import os
from typing import Final

FULL_PROOFS: Final = os.environ.get("PRINTERNIZER_FULL_PROOFS") == "1"
FAST_PROOFS: Final = not FULL_PROOFS and os.environ.get("PRINTERNIZER_FAST_PROOFS") == "1"


def tries(usual: int, *, fast: int | None = None, full: int | None = None) -> int:
    """Return how many a test tries, or every how-manieth; what is not said is as usual."""
    return (full if FULL_PROOFS else fast if FAST_PROOFS else None) or usual


def part[T](rows: Sequence[T], every: int, first: int = 0) -> Sequence[T]:
    """Return every so-manieth row, beginning with any of the first ones; all of them if that is every one."""
    return rows[first % every :: every]
