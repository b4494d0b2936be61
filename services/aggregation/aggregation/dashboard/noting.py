"""Notes: what maintainers write on the time lines, beside the releases."""

from http import HTTPStatus
import re

from fastapi import Request, Response

from aggregation.dashboard.answers import Form, html, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.login import Login, away
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Opening, Session
from aggregation.dashboard.view import View
from aggregation.storage import sessions as rows
from aggregation.weeks import iso_name, week_named

MOST_CHARACTERS = 80
_NUMBER = re.compile(r"[0-9]{1,18}")


class Noting:
    """Shows, adds and removes notes. Everything blocks."""

    def __init__(self, reading: Opening, writing: Opening, login: Login) -> None:
        """Take how the database is opened, and who is signed in."""
        self._reading = reading
        self._writing = writing
        self._login = login

    def show(self, request: Request) -> Response:
        """Show all notes."""
        with self._reading() as connection:
            session = self._login.session(request, connection)
            if session is None:
                return away(request)
            found = [(row, iso_name(row.week)) for row in rows.notes(connection)]
        return html(page("notes", title="Notes", current="notes", view=View(), session=session, notes=found))

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

    def _allowed(self, request: Request, form: Form) -> Session:
        """Return the session of who may change notes; raises PageError."""
        session = self._login.allowed(request, form)
        if not session.may_change:
            raise PageError(
                HTTPStatus.FORBIDDEN, "Notes are for all, so they need a session with an admin key."
            )
        return session
