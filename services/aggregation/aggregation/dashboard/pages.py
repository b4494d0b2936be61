"""The pages, and what stands around their panels."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple

from sqlalchemy import Connection

from aggregation.dashboard.figures import Figures
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.panel import Panel
from aggregation.dashboard.panels import (
    alarms,
    changes,
    countries,
    deployments,
    errors,
    experiments,
    features,
    four_weeks,
    homes,
    overview,
    printers,
    quality,
    verdicts,
    versions as version_panels,
)
from aggregation.dashboard.view import PAIRED, SPANS, TITLES, View
from aggregation.rollups.values import OTHER
from aggregation.storage.sessions import notes
from aggregation.storage.versions import versions
from aggregation.weeks import iso_name, week_of_day

STALE_DAYS = 8
WAITING = timedelta(minutes=2)
"""Reports may wait so long before a page says that they are not in its figures."""
_MENUS = {
    "version": "app_version",
    "mode": "deployment_mode",
    "country": "country",
    "printer": "printer_type_homes",
    "protocol": "protocol",
    "age": "age",
}

type MakePanel = Callable[[Figures], Panel]


@dataclass(frozen=True, slots=True)
class Page:
    """Panels that belong together."""

    title: str
    panels: Mapping[str, MakePanel]


PAGES: Mapping[str, Page] = {
    "overview": Page("Overview", overview.PANELS),
    "changes": Page("Changes", changes.PANELS),
    "homes": Page("Homes", homes.PANELS | {"four_weeks": four_weeks.four_weeks}),
    "versions": Page("Versions", version_panels.PANELS),
    "verdicts": Page("Release verdicts", verdicts.PANELS),
    "errors": Page("Errors", errors.PANELS),
    "features": Page("Features", features.PANELS),
    "printers": Page("Printers", printers.PANELS),
    "countries": Page("Countries", countries.PANELS),
    "deployments": Page("Deployments", deployments.PANELS),
    "experiments": Page("Experiments", experiments.PANELS),
    "alarms": Page("Alarms", alarms.PANELS),
    "quality": Page("Data quality", quality.PANELS),
}
FIRST = "overview"
NEXT = (
    ("versions", "oldest", "Which version can be dropped next?"),
    ("errors", "mend_first", "Which error should be mended first?"),
    ("features", "underused", "Which feature does nobody find?"),
)
"""What the first screen leads to: pages, panels and their questions."""


class Choice(NamedTuple):
    """An entry of the menu of filters."""

    filter: str
    text: str


class Mark(NamedTuple):
    """What happened in a week: a release, or what somebody noted."""

    week: str
    text: str


def shown(connection: Connection, name: str, view: View, now: datetime) -> dict[str, Any]:
    """Return what a page shows at a moment (UTC); raises PageError."""
    found = _page(name)
    figures = Figures(connection, now.date(), view)
    fresh, stale = freshness(figures, now)
    return {
        "title": found.title,
        "current": name,
        "view": view,
        "spans": SPANS,
        "paired": [TITLES[kind] for kind in PAIRED],
        "filters": [(TITLES[kind].lower(), value) for kind, value in view.properties],
        "menu": _menu(figures),
        "panels": [make(figures) for make in found.panels.values()],
        "marks": [mark._asdict() for mark in marks(connection, figures)],
        "next": NEXT if name == FIRST else (),
        "fresh": fresh,
        "stale": stale,
    }


def panel_of(connection: Connection, name: str, key: str, view: View, now: datetime) -> Panel:
    """Return one panel of a page; raises PageError."""
    figures = Figures(connection, now.date(), view)
    make = _page(name).panels.get(key)
    if make is None:
        raise PageError(HTTPStatus.NOT_FOUND, "The dashboard has no panel of this name.")
    return make(figures)


def _page(name: str) -> Page:
    """Return a page; raises PageError."""
    if name not in PAGES:
        raise PageError(HTTPStatus.NOT_FOUND, "The dashboard has no page of this name.")
    return PAGES[name]


def _menu(figures: Figures) -> dict[str, list[Choice]]:
    """Return what the homes of the newest complete week can be filtered by, with how many there are."""
    view, sums = figures.view, figures.all_at(figures.week)
    found: dict[str, list[Choice]] = {}
    for kind, measure in _MENUS.items():
        values = {value: homes for value, homes in sums.by_value(measure).items() if value != OTHER}
        chosen = dict(view.properties).get(kind)
        if chosen is not None and chosen not in values:
            values[chosen] = 0
        found[TITLES[kind]] = [
            Choice(f"{kind}:{value}", f"{value} ({homes:,} homes)") for value, homes in values.items()
        ]
    return {title: choices for title, choices in found.items() if choices}


def marks(connection: Connection, figures: Figures) -> list[Mark]:
    """Return the releases and notes of the weeks that are shown, the oldest first."""
    releases = [(week_of_day(day), version) for version, day in versions(connection).items()]
    noted = [(note.week, note.text) for note in notes(connection)]
    return [Mark(iso_name(week), text) for week, text in sorted(releases + noted) if week in figures.weeks]


def freshness(figures: Figures, now: datetime) -> tuple[str, bool]:
    """Tell in words how new the figures are, and whether they are too old."""
    newest = figures.newest_day
    if newest is None:
        return "No report has come in the last three months.", True
    days = (figures.today - newest).days
    told = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    text = f"The newest report came {told} ({newest})."
    since = figures.waiting_since
    if since is not None and now - since > WAITING:
        text += f" Reports since {since:%Y-%m-%d %H:%M} UTC are not counted yet."
    return text, days > STALE_DAYS
