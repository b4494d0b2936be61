"""Views of the dashboard, from what there is. Pure: plain values in, plain values out.

A section without a card and a view without a section are left out, so whatever is missing leaves no gap.
"""

from itertools import groupby
from typing import Final

from ..core.counters import PRINT_SECONDS, jobs_ended
from . import tables
from .cards import (
    SETTINGS_PATH,
    Card,
    badge,
    chart,
    empty_state,
    go,
    headed,
    rows,
    section,
    series,
    tile,
    view,
)
from .community_view import community_view, invitation
from .home import Home, Owner
from .sharing_view import sharing_view
from .texts import Texts

_BADGES: Final = (
    "prints_this_week",
    "print_time_this_week",
    "prints_this_month",
    "print_time_this_month",
    "success_rate",
)
_OUTCOMES: Final = ("prints_completed", "prints_failed", "prints_cancelled")
_WASTE: Final = ("failed_print_time", "failed_filament", "failed_filament_weight")
_TOTALS: Final = (
    "print_time",
    "filament",
    "filament_weight",
    "energy_total",
    "cost_total",
    "longest_print",
    "average_print",
)
_PRINTER_ROWS: Final = (
    "last_print_result",
    "last_print_end",
    "last_print_duration",
    "prints_this_week",
    "print_time_this_week",
    "prints_completed",
    "print_time",
    "filament",
    "filament_weight",
    "energy_total",
    "cost_total",
    "hours_since_maintenance",
)
_SHORT: Final = ("print_time_this_month", "print_time")
"""What a printer's tile shows where there are many: the first of them that is there."""
_DETAILED: Final = 8
"""Up to so many printers have a section each; more are listed by their kind."""
_COMPARED: Final = 10
"""So many printers are in one chart: the busiest."""
_DAYS: Final = 30
_WEEKS: Final = 12
_YEAR: Final = 365
_PRINTER: Final = "mdi:printer-3d"


def dashboard(home: Home, texts: Texts) -> Card:
    """Return the configuration of the dashboard."""
    views = [_overview(home, texts), _printers(home, texts)]
    if jobs_ended(home.fleet.counts):
        views.append(_trends(home, texts))
    if home.community is not None:
        views.append(community_view(home.community, texts))
    if home.sharing is not None:
        views.append(sharing_view(home.fleet, home.sharing, texts))
    return {"title": texts("title"), "views": [each for each in views if each["sections"]]}


def not_running(texts: Texts) -> Card:
    """Return the dashboard of an integration that counts nothing right now."""
    card = empty_state(
        texts("not_running_title"),
        texts("not_running"),
        "mdi:power-plug-off-outline",
        [(texts("open_settings"), SETTINGS_PATH)],
    )
    title = texts("title")
    return {"title": title, "views": [view(title, "overview", _PRINTER, [section([card])], max_columns=1)]}


def _overview(home: Home, texts: Texts) -> Card:
    title, icon = texts("overview"), "mdi:view-dashboard"
    if not jobs_ended(home.fleet.counts):
        return view(title, "overview", icon, [section([_welcome(home, texts)])], max_columns=1)
    sections = [
        section(headed(texts("per_day"), "mdi:chart-bar-stacked", _prints(home, "day", _DAYS)), span=2),
        section(
            [
                *headed(texts("outcomes"), "mdi:chart-donut", _outcomes(home)),
                *headed(texts("totals"), "mdi:sigma", rows(home.fleet.having(*_TOTALS))),
            ]
        ),
        section(headed(texts("last_prints"), "mdi:history", tables.last_prints(home, texts)), span=2),
        section(
            [
                *headed(texts("two_weeks"), "mdi:calendar-week", tables.two_weeks(home, texts)),
                *headed(texts("errors"), "mdi:alert-circle-outline", tables.errors(home, texts)),
            ]
        ),
        section(invitation(texts) if home.is_invited else []),
    ]
    return view(
        title, "overview", icon, sections, badges=[badge(each) for each in home.fleet.having(*_BADGES)]
    )


def _welcome(home: Home, texts: Texts) -> Card:
    """What to do next: choose printers, or print."""
    if home.printers:
        return empty_state(texts("no_print_title"), texts("no_print"), "mdi:printer-3d-nozzle", [])
    buttons = [(texts("choose_printers"), SETTINGS_PATH)] if home.is_admin else []
    return empty_state(texts("no_printer_title"), texts("no_printer"), _PRINTER, buttons)


def _prints(home: Home, period: str, days: int) -> list[Card]:
    return _chart(home, series(home.fleet.entities, *_OUTCOMES), period, days)


def _chart(home: Home, shown: list[Card], period: str, days: int) -> list[Card]:
    return chart(shown, period=period, days=days) if home.has_statistics else []


def _outcomes(home: Home) -> list[Card]:
    shares = series(home.fleet.entities, *_OUTCOMES)
    cards: list[Card] = [{"type": "distribution", "entities": shares}] if shares else []
    return [*cards, *rows(home.fleet.having(*_WASTE))]


def _printers(home: Home, texts: Texts) -> Card:
    few = len(home.printers) <= _DETAILED
    sections = [_printer(home, each) for each in home.printers] if few else _by_kind(home, texts)
    return view(texts("printers"), "printers", _PRINTER, sections)


def _by_kind(home: Home, texts: Texts) -> list[Card]:
    """Each printer as one tile under its own name, and those of a kind together."""
    key = next((key for key in _SHORT if any(key in each.entities for each in home.printers)), _SHORT[-1])
    sections = []
    by_kind = sorted(home.printers, key=lambda each: each.kind)
    for kind, group in groupby(by_kind, key=lambda each: each.kind):
        tiles = [
            tile(entity_id, **{"name": printer.name, "icon": _PRINTER, **_leading_to(home, printer)})
            for printer in group
            for entity_id in printer.having(key)
        ]
        title = texts(f"kind_{key}", kind=texts.option("printer_type", kind))
        sections.append(section(headed(title, _PRINTER, tiles)))
    return sections


def _printer(home: Home, printer: Owner) -> Card:
    """A printer in full."""
    cards = [
        tile(each, color="red", visibility=[{"condition": "state", "entity": each, "state": "on"}])
        for each in printer.having("maintenance_due")
    ]
    cards += rows(printer.having(*_PRINTER_ROWS))
    cards += _chart(home, series(printer.entities, "print_time"), "day", _DAYS)
    badges = [{"type": "entity", "entity": each} for each in printer.having("success_rate")]
    return section(headed(printer.name, _PRINTER, cards, badges=badges, **_leading_to(home, printer)))


def _leading_to(home: Home, printer: Owner) -> Card:
    """What makes a card lead to the printer's device, for who may see it."""
    if not (home.is_admin and printer.device_id):
        return {}
    return {"tap_action": go(f"/config/devices/device/{printer.device_id}")}


def _trends(home: Home, texts: Texts) -> Card:
    fleet = home.fleet.entities
    hours, clock = series(fleet, "print_time"), "mdi:timer-outline"
    charts = (
        ("per_week", "mdi:chart-bar", _prints(home, "week", 7 * _WEEKS)),
        ("per_month", "mdi:chart-bar", _prints(home, "month", _YEAR)),
        ("by_printer", _PRINTER, _by_printer(home)),
        ("hours_per_day", clock, _chart(home, hours, "day", _DAYS)),
        ("hours_per_month", clock, _chart(home, hours, "month", _YEAR)),
        ("filament_per_week", "mdi:printer-3d-nozzle-outline", _filament(home)),
    )
    sections = [section(headed(texts(name), icon, cards)) for name, icon, cards in charts]
    return view(texts("trends"), "trends", "mdi:chart-timeline-variant", sections)


def _by_printer(home: Home) -> list[Card]:
    """The print time of the busiest printers; one printer alone is compared with nobody."""
    if len(home.printers) == 1:
        return []
    busiest = sorted(home.printers, key=lambda each: -each.counts.get(PRINT_SECONDS, 0))[:_COMPARED]
    hours = [
        {"entity": each.entities["print_time"], "name": each.name}
        for each in busiest
        if "print_time" in each.entities
    ]
    return _chart(home, hours, "week", 7 * _WEEKS)


def _filament(home: Home) -> list[Card]:
    """A chart for each of length and weight: they have no axis in common."""
    return [
        card
        for key in ("filament", "filament_weight")
        for card in _chart(home, series(home.fleet.entities, key), "week", 7 * _WEEKS)
    ]
