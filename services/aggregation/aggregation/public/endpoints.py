"""`/public`: the page, the files, the index, the feed, the ledger and the errata, for everybody.

Nothing is computed here. A file never changes, so it is kept by whoever likes; nobody's request is counted.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
import csv
from http import HTTPStatus
from io import StringIO
import re
from typing import Final

from fastapi import APIRouter, Request, Response
from msgspec.json import encode
from sqlalchemy import Connection

from aggregation.dashboard import export
from aggregation.dashboard.answers import add_pages, html
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PUBLIC
from aggregation.dashboard.render import page
from aggregation.dashboard.view import View
from aggregation.public.archive import (
    Publication,
    decided,
    errata,
    held,
    index,
    ledger,
    milestones,
    publication,
)
from aggregation.public.feed import feed
from aggregation.public.file import numbers_of
from aggregation.public.monthly import monthly_report
from aggregation.public.months import month_named, months
from aggregation.public.pages import panels, summary
from aggregation.weeks import week_of_name

type Opening = Callable[[], AbstractContextManager[Connection]]

_WEEK: Final = re.compile(r"\d{4}-W\d{2}")
_JSON: Final = "application/json"
TABLES: Final = f"{PUBLIC}/tables"


class PublicPages:
    """Shows what was published. Everything blocks."""

    def __init__(self, reading: Opening, address: str) -> None:
        """Take how the database is read, and the address of the service."""
        self._reading = reading
        self._address = address

    def page(self, _request: Request) -> Response:
        """Show the numbers of the last week."""
        with self._reading() as connection:
            found = publication(connection)
            values = {
                "weeks": index(connection),
                "errata": errata(connection),
                "milestones": milestones(connection),
                "held": held(connection),
                "decided": decided(connection),
                "months": months(connection),
            }
        numbers = numbers_of(found.file) if found else None
        shown = panels(numbers) if numbers else []
        first = summary(numbers) if numbers else "Nothing has been published yet."
        return html(page("public", panels=shown, summary=first, view=View(), base=TABLES, **values))

    def month(self, request: Request) -> Response:
        """Show the report of a month that a person has published."""
        with self._reading() as connection:
            month = month_named(connection, request.path_params["month"])
            if month is None:
                raise PageError(HTTPStatus.NOT_FOUND, "No report of this month is published.")
            report = monthly_report(connection, month)
        return html(page("month", report=report, is_preview=False, view=View(), base=""))

    def table(self, request: Request) -> Response:
        """Return a table of the last week as CSV or JSON."""
        name, _, form = request.path_params["table"].rpartition(".")
        with self._reading() as connection:
            found = publication(connection)
        shown = panels(numbers_of(found.file)) if found else []
        panel = next((each for each in shown if each.key == name), None)
        if panel is None or form not in {"csv", "json"}:
            raise _nothing()
        made, media_type = export.made(panel, View(), form)
        return Response(made, media_type=media_type)

    def latest(self, request: Request) -> Response:
        """Return the last file: what homes ask for once a week."""
        with self._reading() as connection:
            found = publication(connection)
        return _file(request, found)

    def weekly(self, request: Request) -> Response:
        """Return the file of a week."""
        name = request.path_params["week"]
        week = week_of_name(name) if _WEEK.fullmatch(name) else None
        if week is None:
            raise _nothing()
        with self._reading() as connection:
            found = publication(connection, week)
        return _file(request, found)

    def index(self, _request: Request) -> Response:
        """Return what was published, by week, and what was found to be wrong with it."""
        with self._reading() as connection:
            noted = [
                {"week": each.week, "noted": each.noted_day.isoformat(), "text": each.text}
                for each in errata(connection)
            ]
            return _json({"weeks": index(connection), "held": sorted(held(connection)), "errata": noted})

    def feed(self, _request: Request) -> Response:
        """Return the feed."""
        with self._reading() as connection:
            made = feed(
                self._address,
                index(connection),
                milestones(connection),
                decided(connection),
                months(connection),
            )
        return Response(made, media_type="application/atom+xml")

    def ledger(self, _request: Request) -> Response:
        """Return the ledger of epsilon."""
        text = StringIO()
        with self._reading() as connection:
            csv.writer(text).writerows(ledger(connection))
        return Response(text.getvalue(), media_type="text/csv")


def public_router(reading: Opening, address: str) -> APIRouter:
    """Return the routes for everybody."""
    router = APIRouter(prefix=PUBLIC, include_in_schema=False)
    pages = PublicPages(reading, address)
    shown = {
        "": pages.page,
        "/latest.json": pages.latest,
        "/weekly/{week}.json": pages.weekly,
        "/monthly/{month}": pages.month,
        "/tables/{table}": pages.table,
        "/index.json": pages.index,
        "/feed.xml": pages.feed,
        "/ledger.csv": pages.ledger,
    }
    add_pages(router, shown)
    return router


def _nothing() -> PageError:
    return PageError(HTTPStatus.NOT_FOUND, "Nothing was published of this week.")


def _file(request: Request, found: Publication | None) -> Response:
    """Return a file under the name of its content, once."""
    if found is None:
        raise _nothing()
    name = f'"{found.sha256}"'
    if request.headers.get("if-none-match") == name:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": name})
    return Response(found.file, media_type=_JSON, headers={"ETag": name})


def _json(content: object) -> Response:
    return Response(encode(content), media_type=_JSON)
