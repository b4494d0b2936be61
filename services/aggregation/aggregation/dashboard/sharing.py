"""Sharing: a link to one view with its filters, for people without a key. It ends, and can be revoked.

Who has the link sees this view and its exports, and nothing else. The link is shown once: its hash is kept.
"""

from http import HTTPStatus
import secrets
from urllib.parse import parse_qsl

from fastapi import Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form, html, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.pages import PAGES, shown
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Session
from aggregation.dashboard.signed import SignedPages
from aggregation.dashboard.view import View
from aggregation.keys import digest
from aggregation.storage import sessions as rows

DAYS = (7, 30, 90)
DAY_SECONDS = 86_400
MOST_CHARACTERS = 80
GONE = "This link has ended or was revoked. Ask whoever sent it for another one."


class Sharing(SignedPages):
    """Makes and revokes links, and shows what they lead to."""

    def show(self, request: Request) -> Response:
        """Show all links."""
        return self._seen(request, self._page)

    def make(self, request: Request, form: Form) -> Response:
        """Make a link, and show it this once; raises PageError and ViewError."""
        session = self._login.allowed(request, form)
        name, days = form.get("name", "").strip(), form.get("days", "")
        if form.get("page") not in PAGES or days not in map(str, DAYS) or not name.isprintable():
            raise PageError(HTTPStatus.BAD_REQUEST, "This view cannot be shared.")
        view = View.parse(dict(parse_qsl(form.get("query", ""))))
        secret = secrets.token_urlsafe(32)
        row = rows.LinkRow(
            sha256=digest(secret),
            name=name[:MOST_CHARACTERS] or PAGES[form["page"]].title,
            page=form["page"],
            query=view.query,
            ends=self._login.sessions.now() + int(days) * DAY_SECONDS,
        )
        with self._writing() as connection:
            if not rows.add_link(connection, row, session.key_sha256, self._login.sessions.now()):
                raise PageError(HTTPStatus.BAD_REQUEST, "There are a hundred links; revoke one first.")
        with self._reading() as connection:
            return self._page(connection, session, f"{self._login.origin(request)}{PREFIX}/shared/{secret}")

    def revoke(self, request: Request, form: Form) -> Response:
        """End a link; raises PageError."""
        self._login.allowed(request, form)
        with self._writing() as connection:
            rows.revoke_link(connection, form.get("link", ""))
        return to(f"{PREFIX}/sharing")

    def view(self, request: Request) -> Response:
        """Show what a link leads to; raises PageError."""
        with self._reading() as connection:
            row = self._row(request, connection)
            values = shown(connection, row.page, _view(row), self._login.sessions.moment())
        base = f"{PREFIX}/shared/{request.path_params['secret']}"
        return html(page("page", **values, session=None, base=base, here=base, shared=row.name))

    def export_of(self, request: Request, connection: Connection) -> tuple[str, View]:
        """Return the page and the view that a link leads to; raises PageError."""
        row = self._row(request, connection)
        return row.page, _view(row)

    def _row(self, request: Request, connection: Connection) -> rows.LinkRow:
        """Return the link of a request; raises PageError."""
        sha256 = digest(request.path_params["secret"])
        row = rows.find_link(connection, sha256, self._login.sessions.now())
        if row is None:
            raise PageError(HTTPStatus.NOT_FOUND, GONE)
        return row

    def _page(self, connection: Connection, session: Session, made: str = "") -> Response:
        """Return the page with all links."""
        found = [
            (
                row,
                PAGES[row.page].title,
                " and ".join(value for _, value in _view(row).properties) or "all",
                _view(row).weeks,
            )
            for row in rows.links(connection, self._login.sessions.now())
            if row.page in PAGES
        ]
        text = page(
            "sharing",
            title="Shared views",
            current="sharing",
            view=View(),
            session=session,
            links=found,
            made=made,
        )
        return html(text)


def _view(row: rows.LinkRow) -> View:
    """Return the view of a link."""
    return View.parse(dict(parse_qsl(row.query)))
