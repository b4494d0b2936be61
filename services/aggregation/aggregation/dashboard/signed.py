"""Pages for those who are signed in, and what is changed with an admin key only."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.login import Login, away
from aggregation.dashboard.sessions import Opening, Session


class SignedPages:
    """What such pages have in common. Everything blocks."""

    needs_admin = ""
    """Why one cannot change what is there for all."""

    def __init__(self, reading: Opening, writing: Opening, login: Login) -> None:
        """Take how the database is opened, and who is signed in."""
        self._reading = reading
        self._writing = writing
        self._login = login

    def _seen(self, request: Request, show: Callable[[Connection, Session], Response]) -> Response:
        """Show something to who is signed in, and lead others to the login."""
        with self._reading() as connection:
            session = self._login.session(request, connection)
            return away(request) if session is None else show(connection, session)

    def _allowed(self, request: Request, form: Form) -> Session:
        """Return the session of who may change what is there for all; raises PageError."""
        session = self._login.allowed(request, form)
        if not session.may_change:
            raise PageError(HTTPStatus.FORBIDDEN, self.needs_admin)
        return session
