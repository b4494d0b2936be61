"""Notes: what maintainers write on the time lines, beside the releases."""

from http import HTTPStatus
import re

from fastapi import Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form, html, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Session
from aggregation.dashboard.signed import SignedPages
from aggregation.dashboard.view import View
from aggregation.storage import sessions as rows
from aggregation.weeks import iso_name, week_named

MOST_CHARACTERS = 80
_NUMBER = re.compile(r"[0-9]{1,18}")


class Noting(SignedPages):
    """Shows, adds and removes notes."""

    needs_admin = "Notes are for all, so they need a session with an admin key."

    def show(self, request: Request) -> Response:
        """Show all notes."""

        def notes(connection: Connection, session: Session) -> Response:
            """Show them."""
            found = [(row, iso_name(row.week)) for row in rows.notes(connection)]
            shown = page("notes", title="Notes", current="notes", view=View(), session=session, notes=found)
            return html(shown)

        return self._seen(request, notes)

    def add(self, request: Request, form: Form) -> Response:
        """Add a note; raises PageError."""
        self._allowed(request, form)
        week, text = week_named(form.get("week", "").strip()), form.get("text", "").strip()
        if week is None:
            raise PageError(HTTPStatus.BAD_REQUEST, "A week is written like 2026-W47.")
        if not text or len(text) > MOST_CHARACTERS or not text.isprintable():
            raise PageError(HTTPStatus.BAD_REQUEST, f"A note has 1 to {MOST_CHARACTERS} characters.")
        with self._writing() as connection:
            if not rows.add_note(connection, week, text):
                raise PageError(HTTPStatus.BAD_REQUEST, "There are five hundred notes; remove one first.")
        return to(f"{PREFIX}/notes")

    def remove(self, request: Request, form: Form) -> Response:
        """Remove a note; raises PageError."""
        self._allowed(request, form)
        number = form.get("note", "")
        if not _NUMBER.fullmatch(number):
            raise PageError(HTTPStatus.BAD_REQUEST, "There is no such note.")
        with self._writing() as connection:
            rows.remove_note(connection, int(number))
        return to(f"{PREFIX}/notes")
