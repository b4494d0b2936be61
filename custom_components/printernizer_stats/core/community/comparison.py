"""Comparison with the community: the own figure, the own figure before, and where most homes are.

Computed at home. There is no rank, and only success is better or worse: hours are only told.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from .public_numbers import WHOLE, PublicNumbers, PublicTable

FEWEST_PRINTS: Final = 10
"""Own prints, ever, before anything is compared."""
RATED_PRINTS: Final = 5
"""Prints that a success rate is made of, at least: at home as in the public table."""
FEWEST_KIND_HOMES: Final = 30
_LOWER, _UPPER = 0.25, 0.75
_TOP: Final = {"80+": 168}
"""Where an open band ends: a week has so many hours."""


class Figure(StrEnum):
    """What is compared."""

    SUCCESS_RATE = "success_rate"
    PRINT_HOURS = "print_hours"


class OwnPeriod(NamedTuple):
    """What was counted at home in four weeks."""

    ended: int
    completed: int
    hours: float


class Range(NamedTuple):
    """Where the middle half of the homes is, both ends included."""

    low: int
    high: int
    homes: int
    week: str
    printer_type: str | None = None
    """Homes with this type of printer only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure: of the last four weeks, of the four before, and of most homes; None where not known.

    Success is in percent, hours are by week.
    """

    figure: Figure
    own: float | None
    before: float | None
    homes: Range


def ranges(numbers: PublicNumbers, ever: int, printer_types: Sequence[str]) -> dict[Figure, Range]:
    """Return where most homes are; nothing before enough own prints."""
    if ever < FEWEST_PRINTS:
        return {}
    found = {
        Figure.SUCCESS_RATE: _success(numbers.tables, printer_types),
        Figure.PRINT_HOURS: _middle(numbers.tables.get("print_hours")),
    }
    return {figure: homes for figure, homes in found.items() if homes is not None}


def compare(
    numbers: PublicNumbers, own: OwnPeriod, before: OwnPeriod, ever: int, printer_types: Sequence[str]
) -> list[Comparison]:
    """Return what can be compared; nothing before enough own prints."""
    values = {Figure.SUCCESS_RATE: _rate, Figure.PRINT_HOURS: _weekly_hours}
    return [
        Comparison(figure=figure, own=values[figure](own), before=values[figure](before), homes=homes)
        for figure, homes in ranges(numbers, ever, printer_types).items()
    ]


def _rate(period: OwnPeriod) -> float | None:
    return 100 * period.completed / period.ended if period.ended >= RATED_PRINTS else None


def _weekly_hours(period: OwnPeriod) -> float:
    return period.hours / 4


def _success(tables: Mapping[str, PublicTable], printer_types: Sequence[str]) -> Range | None:
    """Return the range of homes like this one, with one type of printer, else of all."""
    if len(printer_types) == 1 and (by_printer := tables.get("success_by_printer")) is not None:
        kind = printer_types[0]
        bands = {
            name.partition(":")[2]: share
            for name, share in by_printer.permille.items()
            if name.startswith(f"{kind}:")
        }
        named = sum(name.startswith(f"{kind}:") for name in by_printer.buckets)
        homes = by_printer.homes * sum(bands.values()) // WHOLE
        # With a band hidden, the others would be taken for all.
        if bands and len(bands) == named and homes >= FEWEST_KIND_HOMES:
            return _of_bands(bands, homes, by_printer.week, kind)
    return _middle(tables.get("success_rate"))


def _middle(table: PublicTable | None) -> Range | None:
    if table is None:
        return None
    bands = {name: share for name, share in table.permille.items() if _ends(name) is not None}
    hidden = table.permille.get("rest", 0)
    told = sum(bands.values())
    if told == 0 or hidden * 4 > told:
        return None
    return _of_bands(bands, table.homes * told // WHOLE, table.week, None)


def _of_bands(bands: Mapping[str, int], homes: int, week: str, kind: str | None) -> Range:
    """Return the ends of the bands in which the first and the third quarter of the homes end."""
    ordered = sorted((ends, share) for name, share in bands.items() if (ends := _ends(name)) is not None)
    total = sum(share for _, share in ordered)
    low, high, passed = ordered[0][0][0], ordered[-1][0][1], 0
    found_low = False
    for (start, end), share in ordered:
        passed += share
        if not found_low and passed > _LOWER * total:
            low, found_low = start, True
        if passed >= _UPPER * total:
            high = end
            break
    return Range(low, high, homes, week, kind)


def _ends(band: str) -> tuple[int, int] | None:
    """Return the ends of a band such as 80-89, 0 or 80+; None for what is none."""
    if band in _TOP:
        return int(band.removesuffix("+")), _TOP[band]
    start, _, end = band.partition("-")
    return (int(start), int(end or start)) if start.isdigit() and (end.isdigit() or not end) else None
