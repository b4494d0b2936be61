"""The login: a key for a session, a session for a page, and the way there and back."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from fastapi import Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form, html, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.pages import PAGES
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import SESSION_SECONDS, Session, Sessions
from aggregation.dashboard.view import View, ViewError
from aggregation.door import retry_after
from aggregation.limits import NetworkLimit

COOKIE = "printernizer_dashboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Lets people in. Everything blocks."""

    sessions: Sessions
    tries: NetworkLimit
    """Wrong keys that a network may try."""
    address: Callable[[Request], str]
    is_tls: bool

    def show(self, request: Request) -> Response:
        """Show the form."""
        wanted = _own(request.query_params.get("next", ""))
        return html(page("login", title="Sign in", message="", next=wanted))

    def begin(self, request: Request, form: Form) -> Response:
        """Exchange a key for a session; raises PageError."""
        address = self.address(request)
        if wait := self.tries.take(address):
            message = "Try again in a few minutes."
            raise PageError(HTTPStatus.TOO_MANY_REQUESTS, message, retry_after(wait))
        wanted = _own(form.get("next", ""))
        secret = self.sessions.begin(form.get("key", "").strip())
        if secret is None:
            message = "This is no key that may read, or it was revoked."
            text = page("login", title="Sign in", message=message, next=wanted)
            return html(text, HTTPStatus.UNAUTHORIZED)
        self.tries.give_back(address)
        answer = to(f"{PREFIX}/{wanted}" if wanted else PREFIX)
        answer.set_cookie(
            COOKIE,
            secret,
            max_age=SESSION_SECONDS,
            path=PREFIX,
            secure=self.is_tls,
            httponly=True,
            samesite="strict",
        )
        return answer

    def end(self, request: Request, form: Form) -> Response:
        """End the session; raises PageError."""
        with self.sessions.reading() as connection:
            session = self.session(request, connection)
        if session is not None:
            check_token(session, form)
            self.sessions.end(session)
        answer = to(f"{PREFIX}/login")
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    def origin(self, request: Request) -> str:
        """Return how the service is reached from outside."""
        return f"{'https' if self.is_tls else 'http'}://{request.headers.get('host', '')}"

    def session(self, request: Request, connection: Connection) -> Session | None:
        """Return the session of a request."""
        return self.sessions.find(connection, request.cookies.get(COOKIE, ""))

    def allowed(self, request: Request, form: Form) -> Session:
        """Return the session that a form was made for; raises PageError."""
        with self.sessions.reading() as connection:
            session = self.session(request, connection)
        if session is None:
            raise PageError(HTTPStatus.FORBIDDEN, "The session is over; sign in again.")
        check_token(session, form)
        return session


def check_token(session: Session, form: Form) -> None:
    """Raise a PageError unless a form was made for the session."""
    if not session.sent_by_its_own_form(form.get("token", "")):
        message = "This form is of another session; go back and load its page anew."
        raise PageError(HTTPStatus.FORBIDDEN, message)


def away(request: Request) -> Response:
    """Lead to the login; after a link elsewhere, on which browsers hold cookies back, to the page again."""
    path = request.url.path.removeprefix(PREFIX).strip("/")
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    if request.headers.get("sec-fetch-site") == "cross-site":
        return html(page("again", title="One moment", address=f"{PREFIX}/{wanted}"))
    return to(f"{PREFIX}/login?{urlencode({'next': wanted})}" if wanted else f"{PREFIX}/login")


def _own(wanted: str) -> str:
    """Return a page of the dashboard with its view, or nothing for any other address."""
    name, _, query = wanted.partition("?")
    if name not in PAGES:
        return ""
    try:
        return View.parse(dict(parse_qsl(query))).at(name)
    except ViewError:
        return name
