"""A panel as CSV or JSON: the very rows that its page shows."""

import csv
from http import HTTPStatus
from io import StringIO
from typing import Any

from msgspec.json import encode

from aggregation.dashboard.forms import PageError
from aggregation.dashboard.panel import Panel
from aggregation.dashboard.view import View

CSV, JSON = "text/csv; charset=utf-8", "application/json"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def as_csv(panel: Panel) -> bytes:
    """Return the rows of a panel with the names of its columns above."""
    target = StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([column.name for column in panel.columns])
    for row in panel.rows:
        writer.writerow([_harmless(value) for value in row])
    return target.getvalue().encode()


def made(panel: Panel, view: View, form: str) -> tuple[bytes, str]:
    """Return a panel in a form, with its media type; raises PageError."""
    if form == "csv":
        return as_csv(panel), CSV
    if form == "json":
        return as_json(panel, view), JSON
    raise PageError(HTTPStatus.NOT_FOUND, "A panel is exported as csv or json.")


def as_json(panel: Panel, view: View) -> bytes:
    """Return a panel with all that it says."""
    return encode(document(panel, view))


def document(panel: Panel, view: View) -> dict[str, Any]:
    """Return what a panel says, as JSON has it."""
    return {
        "panel": panel.key,
        "title": panel.title,
        "question": panel.question,
        "sentence": panel.sentence,
        "population": panel.population,
        "weeks": view.weeks,
        "filter": view.filter,
        "and": view.second,
        "columns": [{"name": one.name, "title": one.title, "unit": one.unit} for one in panel.columns],
        "rows": panel.records(),
    }


def _harmless(value: object) -> object:
    """Return a text that no spreadsheet computes."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
