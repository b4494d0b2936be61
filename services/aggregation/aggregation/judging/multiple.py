"""Multiple testing: which of many findings stand when all are looked at together."""

from collections.abc import Mapping
from typing import Final

MAIL_LEVEL: Final = 0.05
"""How often a week in which nothing happens leads to a mail, whatever is watched: 2.6 a year."""

AGAIN_LEVEL: Final = 1e-5
"""The same in the weeks after a mail: only what is all but sure leads to another one."""


def benjamini_hochberg(chances: Mapping[str, float], level: float) -> frozenset[str]:
    """Return those of which at most the share `level` is expected to be false."""
    ranked = _ranked(chances)
    kept = [rank for rank, (chance, _) in enumerate(ranked, 1) if chance <= level * rank / len(ranked)]
    return frozenset(name for _, name in ranked[: max(kept, default=0)])


def holm(chances: Mapping[str, float], level: float) -> frozenset[str]:
    """Return those of which with the probability `level` at most any is false (Holm 1979)."""
    found = set()
    for rank, (chance, name) in enumerate(ranked := _ranked(chances)):
        if chance > level / (len(ranked) - rank):
            break
        found.add(name)
    return frozenset(found)


def _ranked(chances: Mapping[str, float]) -> list[tuple[float, str]]:
    """Return the smallest first, equal ones by name."""
    return sorted((chance, name) for name, chance in chances.items())
