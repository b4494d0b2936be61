"""Milestones: round numbers of homes and prints, read off what is published, so that they cost nothing."""

from collections.abc import Collection
from typing import Final

from aggregation.public.numbers import Document

HOMES: Final = (200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
PRINTS: Final = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def reached(document: Document, known: Collection[str]) -> list[str]:
    """Return what the numbers of a week show for the first time; of several of a kind the highest."""
    homes = [f"homes:{number}" for number in HOMES if document["homes"] >= number]
    prints = [f"prints:{number}" for number in PRINTS if document["prints_ever"] >= number]
    return [name for name in (*homes[-1:], *prints[-1:]) if name not in known]
