"""How much the tests try that try much: examples, prints, kills.

AGGREGATION_FULL_PROOFS=1 has them try all that was ever tried, for minutes.
AGGREGATION_FAST_PROOFS=1, which `script/test --fast` sets, has them try a part of the usual.
"""

import os
from typing import Final

FULL_PROOFS: Final = os.environ.get("AGGREGATION_FULL_PROOFS") == "1"
FAST_PROOFS: Final = not FULL_PROOFS and os.environ.get("AGGREGATION_FAST_PROOFS") == "1"


def tries(usual: int, *, fast: int | None = None, full: int | None = None) -> int:
    """Return how many a test tries, or every how-manieth; what is not said is as usual."""
    return (full if FULL_PROOFS else fast if FAST_PROOFS else None) or usual
