"""Public tables: the histograms that are published, in each of which a home is in exactly one bucket.

The buckets of a table are known before anybody reports (the dictionary's words, bands, the countries there
are, the released versions), so that an absent one tells nothing. Tables take turns: each week those of one
turn are drawn anew, and the others are shown as they were.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from packaging.version import Version

from aggregation.dictionary import DICTIONARY
from aggregation.public.homes import PublicHome
from aggregation.rollups.values import COUNTRIES, OTHER

UNTOLD: Final = "untold"
NONE: Final = "none"
SEVERAL: Final = "several"
TOO_FEW: Final = "too_few"
"""Fewer prints in the week than a rate is made of."""
OLDER: Final = "older"
REST: Final = "rest"
"""What is not shown by its name: buckets with too few homes, together."""
RATED_PRINTS: Final = 5
NAMED_VERSIONS: Final = 8

_SUCCESS: Final = ((50, "0-49"), (70, "50-69"), (80, "70-79"), (90, "80-89"), (95, "90-94"), (101, "95-100"))
_SUCCESS_COARSE: Final = ((80, "0-79"), (95, "80-94"), (101, "95-100"))
_HOURS: Final = ((1, "0"), (5, "1-4"), (10, "5-9"), (20, "10-19"), (40, "20-39"), (80, "40-79"))
_MOST_HOURS: Final = "80+"
_PRINTER_TYPES: Final = DICTIONARY.enums["printer_type"]
_ERROR_TYPES: Final = DICTIONARY.enums["error_type"]
_DEPLOYMENTS: Final = DICTIONARY.enums["deployment_mode"]


class PublicTable(NamedTuple):
    """A histogram of homes: its buckets, the one of a home, the turn at which it is drawn."""

    name: str
    title: str
    turn: int
    fewest: int
    """So many homes must report for it to be drawn: with fewer it would mostly be noise."""
    buckets: tuple[str, ...]
    bucket: Callable[[PublicHome], str]


def band(value: int, bands: Iterable[tuple[int, str]], above: str = "") -> str:
    """Return the first band whose end (exclusive) is above a value."""
    return next((name for end, name in bands if value < end), above)


def _rate(home: PublicHome) -> int | None:
    if home.ended is None or home.completed is None or home.ended < RATED_PRINTS:
        return None
    return 100 * min(home.completed, home.ended) // home.ended


def _success_rate(home: PublicHome) -> str:
    if home.ended is None:
        return UNTOLD
    rate = _rate(home)
    return TOO_FEW if rate is None else band(rate, _SUCCESS)


def _print_hours(home: PublicHome) -> str:
    return UNTOLD if home.hours is None else band(home.hours, _HOURS, _MOST_HOURS)


def _one(words: frozenset[str] | None, known: Iterable[str], nothing: str) -> str:
    """Return the only word of a set, or that there is none, several, or that it was not told."""
    if words is None:
        return UNTOLD
    if len(words) > 1:
        return SEVERAL
    word = next(iter(words), nothing)
    return word if word in known or word == nothing else OTHER


def _failures(home: PublicHome) -> str:
    return _one(home.errors, _ERROR_TYPES, NONE)


def _printers(home: PublicHome) -> str:
    return _one(home.printer_types, _PRINTER_TYPES, NONE)


def _deployment(home: PublicHome) -> str:
    return home.deployment if home.deployment in _DEPLOYMENTS else UNTOLD


def _country(home: PublicHome) -> str:
    return home.country if home.country in COUNTRIES else UNTOLD


def _success_by_printer(home: PublicHome) -> str:
    kind, rate = _printers(home), _rate(home)
    if kind not in _PRINTER_TYPES or rate is None:
        return REST
    return f"{kind}:{band(rate, _SUCCESS_COARSE)}"


def _versions(released: Iterable[str]) -> tuple[tuple[str, ...], Callable[[PublicHome], str]]:
    known = sorted(set(released), key=Version, reverse=True)
    named, older = frozenset(known[:NAMED_VERSIONS]), frozenset(known[NAMED_VERSIONS:])

    def bucket(home: PublicHome) -> str:
        if home.version is None:
            return UNTOLD
        return home.version if home.version in named else OLDER if home.version in older else OTHER

    return (*known[:NAMED_VERSIONS], OLDER, OTHER, UNTOLD), bucket


def tables(released: Iterable[str]) -> tuple[PublicTable, ...]:
    """Return the public tables; the versions that were released are the buckets of one of them."""
    success = (UNTOLD, TOO_FEW, *(name for _, name in _SUCCESS))
    hours = (UNTOLD, *(name for _, name in _HOURS), _MOST_HOURS)
    kinds = (UNTOLD, NONE, *_ERROR_TYPES, OTHER, SEVERAL)
    printers = (UNTOLD, NONE, *_PRINTER_TYPES, SEVERAL)
    pairs = (f"{kind}:{name}" for kind in _PRINTER_TYPES for _, name in _SUCCESS_COARSE)
    version_names, version = _versions(released)
    return (
        PublicTable("success_rate", "Completed prints of a home's week", 0, 200, success, _success_rate),
        PublicTable("print_hours", "Print hours of a home's week", 0, 200, hours, _print_hours),
        PublicTable("failures", "Kinds of failures in a home's week", 0, 400, kinds, _failures),
        PublicTable("printers", "Types of printers in a home", 1, 400, printers, _printers),
        PublicTable("versions", "Version of the app", 1, 400, version_names, version),
        PublicTable("deployments", "How it is installed", 1, 200, (*_DEPLOYMENTS, UNTOLD), _deployment),
        PublicTable("countries", "Country", 2, 1000, (*sorted(COUNTRIES), UNTOLD), _country),
        PublicTable(
            "success_by_printer",
            "Completed prints of a week in homes with one type of printer",
            2,
            1000,
            (*pairs, REST),
            _success_by_printer,
        ),
    )


TURNS: Final = 3
