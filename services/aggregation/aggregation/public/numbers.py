"""Public numbers of a week: what is drawn from its homes, and the file's content that follows from it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from aggregation import __version__
from aggregation.public.homes import PublicHome
from aggregation.public.noise import (
    HOMES_EPSILON,
    HOMES_SCALE,
    MOST_PRINTS,
    MOST_TABLES,
    PRINTS_EPSILON,
    PRINTS_SCALE,
    TABLE_EPSILON,
    TABLE_SCALE,
    UNIT,
    Noise,
)
from aggregation.public.shares import FEWEST, shares, threshold
from aggregation.public.tables import REST, TURNS, PublicTable
from aggregation.weeks import iso_name

FORMAT: Final = 1
FEWEST_HOMES: Final = 200
"""With fewer homes only their number is published."""

type Document = dict[str, Any]
"""What is published: words and whole numbers only, so that its canonical JSON is the same everywhere."""


class Spent(NamedTuple):
    """One line of the ledger of epsilon: what one thing that was drawn costs each home of the week."""

    week: int
    table: str
    epsilon: float
    threshold: int
    code_version: str


class Drawn(NamedTuple):
    """A week as it was drawn: the numbers, and what they cost."""

    document: Document
    spent: list[Spent]


def histogram(table: PublicTable, homes: Iterable[PublicHome]) -> dict[str, int]:
    """Return how many homes are in each bucket of a table; all buckets are there."""
    counts = Counter(table.bucket(home) for home in homes)
    return {name: counts.pop(name, 0) for name in table.buckets}


def prints_of(homes: Iterable[PublicHome]) -> int:
    """Return the prints of a week, each home with so many at most."""
    return sum(min(MOST_PRINTS, home.ended or 0) for home in homes)


def draw(
    week: int,
    homes: Sequence[PublicHome],
    tables: Sequence[PublicTable],
    noise: Noise,
    earlier: Document | None = None,
) -> Drawn:
    """Draw the numbers of a week; tables that have no turn are shown as they were drawn before."""
    number = max(0, noise([len(homes)], HOMES_SCALE)[0])
    prints = max(0, noise([prints_of(homes)], PRINTS_SCALE)[0])
    spent = [
        Spent(week, "homes", HOMES_EPSILON, FEWEST, __version__),
        Spent(week, "prints", PRINTS_EPSILON, FEWEST_HOMES, __version__),
    ]
    shown: dict[str, Document] = dict(earlier["tables"]) if earlier else {}
    is_shown = number >= FEWEST_HOMES
    due = [table for table in tables if table.turn == week % TURNS][:MOST_TABLES]
    for table in due:
        shown.pop(table.name, None)
        if is_shown and number >= table.fewest:
            fewest = threshold(len(table.buckets), TABLE_SCALE)
            shown[table.name] = _table(week, table, number, fewest, histogram(table, homes), noise)
            spent.append(Spent(week, table.name, TABLE_EPSILON, fewest, __version__))
    names = [table.name for table in tables]
    document = {
        "format": FORMAT,
        "week": iso_name(week),
        "homes": number if number >= FEWEST else 0,
        "prints": prints if is_shown else 0,
        "prints_ever": (earlier["prints_ever"] if earlier else 0) + (prints if is_shown else 0),
        "tables": {name: shown[name] for name in names if name in shown},
        "privacy": _privacy(spent),
    }
    return Drawn(document, spent)


def _table(
    week: int, table: PublicTable, number: int, fewest: int, counts: Mapping[str, int], noise: Noise
) -> Document:
    noisy = dict(zip(counts, noise(list(counts.values()), TABLE_SCALE), strict=True))
    return {
        "week": iso_name(week),
        "homes": number,
        "fewest": fewest,
        "buckets": list(table.buckets),
        "permille": shares(noisy, number, fewest, REST),
    }


def _privacy(spent: Sequence[Spent]) -> Document:
    """Say what was spent; epsilon in thousandths."""
    return {
        "unit": UNIT,
        "mechanism": "discrete Laplace",
        "epsilon_permille": {line.table: round(1000 * line.epsilon) for line in spent},
        "code_version": __version__,
    }
