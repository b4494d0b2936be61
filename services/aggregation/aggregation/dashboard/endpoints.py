"""`/dashboard`: who may see it, and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from aggregation.dashboard import export
from aggregation.dashboard.figures import Figures
from aggregation.dashboard.forms import PageError, check_origin, fields
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.pages import FIRST, PAGES, freshness, marks, menu, panels
from aggregation.dashboard.render import FILES, page
from aggregation.dashboard.sessions import SESSION_SECONDS, Opening, Session, Sessions
from aggregation.dashboard.view import SPANS, TITLES, View, ViewError
from aggregation.door import retry_after
from aggregation.limits import NetworkLimit

COOKIE = "printernizer_dashboard"
HTML = "text/html; charset=utf-8"
TITLES_OF_ERRORS = {
    HTTPStatus.NOT_FOUND: "There is no such page",
    HTTPStatus.BAD_REQUEST: "This address cannot be shown",
    HTTPStatus.FORBIDDEN: "This is not allowed",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tries",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database is away",
}

type Answer = Callable[[Request], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Who comes in, and how often somebody may try."""

    sessions: Sessions
    tries: NetworkLimit
    address: Callable[[Request], str]
    is_tls: bool


class Dashboard:
    """Answers requests for pages. Everything blocks."""

    def __init__(self, reading: Opening, door: Door) -> None:
        """Take how the database is read, and who may come in."""
        self._reading = reading
        self._door = door

    def login_page(self, request: Request) -> Response:
        """Show the form of the login."""
        wanted = request.query_params.get("next", "")
        return _html(page("login", title="Sign in", message="", next=_own(wanted)))

    def login(self, request: Request, form: Mapping[str, str]) -> Response:
        """Exchange a key for a session."""
        address = self._door.address(request)
        if wait := self._door.tries.take(address):
            raise PageError(HTTPStatus.TOO_MANY_REQUESTS, "Try again in a few minutes.", retry_after(wait))
        wanted = _own(form.get("next", ""))
        secret = self._door.sessions.begin(form.get("key", "").strip())
        if secret is None:
            message = "This is no key that may read, or it was revoked."
            text = page("login", title="Sign in", message=message, next=wanted)
            return _html(text, HTTPStatus.UNAUTHORIZED)
        self._door.tries.give_back(address)
        answer = _to(f"{PREFIX}/{wanted}" if wanted else PREFIX)
        answer.set_cookie(
            COOKIE,
            secret,
            max_age=SESSION_SECONDS,
            path=PREFIX,
            secure=self._door.is_tls,
            httponly=True,
            samesite="strict",
        )
        return answer

    def logout(self, request: Request, form: Mapping[str, str]) -> Response:
        """End the session."""
        with self._reading() as connection:
            session = self._session(request, connection)
        if session is not None:
            _check_token(session, form)
            self._door.sessions.end(session)
        answer = _to(f"{PREFIX}/login")
        answer.delete_cookie(COOKIE, path=PREFIX)
        return answer

    def show(self, request: Request) -> Response:
        """Show a page."""
        name = request.path_params.get("page", FIRST)
        if name not in PAGES:
            raise PageError(HTTPStatus.NOT_FOUND, "The dashboard has no page of this name.")
        view = View.parse(request.query_params)
        with self._reading() as connection:
            session = self._session(request, connection)
            if session is None:
                return _away(request)
            values = _values(connection, name, view)
            choices = menu(connection, view, _today())
        here = f"{PREFIX}/{name}"
        text = page("page", **values, session=session, menu=choices, base=here, here=here, pages=PAGES)
        return _html(text)

    def export(self, request: Request) -> Response:
        """Return a panel as CSV or JSON."""
        name, key = request.path_params["page"], request.path_params["panel"]
        view = View.parse(request.query_params)
        with self._reading() as connection:
            if self._session(request, connection) is None:
                return _away(request)
            return _export(connection, name, key, view)

    def _session(self, request: Request, connection: Connection) -> Session | None:
        """Return the session of a request."""
        return self._door.sessions.find(connection, request.cookies.get(COOKIE, ""))


def dashboard_router(dashboard: Dashboard) -> APIRouter:
    """Return the routes of the dashboard."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    router.add_api_route("/static/{name:path}", _file, methods=["GET"])
    for path, answer in {
        "": dashboard.show,
        "/login": dashboard.login_page,
        "/{page}": dashboard.show,
        "/{page}/{panel}": dashboard.export,
    }.items():
        router.add_api_route(path, _answered(answer), methods=["GET"])
    for path, done in {"/login": dashboard.login, "/logout": dashboard.logout}.items():
        router.add_api_route(path, _sent(done), methods=["POST"])
    return router


def _answered(answer: Answer) -> Callable[[Request], Response]:
    """Return what answers a request, and shows as a page why it cannot."""

    def route(request: Request) -> Response:
        """Answer."""
        try:
            return answer(request)
        except PageError as error:
            return _error(error)
        except ViewError as error:
            return _error(PageError(HTTPStatus.BAD_REQUEST, f"{error}."))
        except SQLAlchemyError:
            message = "Try again in a minute; nothing is lost."
            return _error(PageError(HTTPStatus.SERVICE_UNAVAILABLE, message, retry_after(30)))

    return route


def _sent(done: Callable[[Request, Mapping[str, str]], Response]) -> Callable[[Request], Any]:
    """Return what takes a form, and answers it."""

    async def route(request: Request) -> Response:
        """Answer."""
        body = await request.body()

        def answer(request: Request) -> Response:
            """Do what the form asks for."""
            check_origin(request.headers)
            return done(request, fields(body))

        return await run_in_threadpool(_answered(answer), request)

    return route


def _file(name: str, request: Request) -> Response:
    """Return a file that the pages load."""
    file = FILES.get(name)
    if file is None:
        return _error(PageError(HTTPStatus.NOT_FOUND, "The dashboard has no file of this name."))
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(
            file.zipped, headers=headers | {"Content-Encoding": "gzip"}, media_type=file.media_type
        )
    return Response(file.plain, headers=headers, media_type=file.media_type)


def _values(connection: Connection, name: str, view: View) -> dict[str, Any]:
    """Return what a page shows."""
    figures = Figures(connection, _today(), view)
    fresh, stale = freshness(figures, datetime.now(UTC))
    return {
        "title": PAGES[name].title,
        "current": name,
        "view": view,
        "spans": SPANS,
        "filter_title": TITLES.get(view.kind, "").lower(),
        "panels": panels(PAGES[name], figures),
        "marks": [mark._asdict() for mark in marks(connection, figures)],
        "fresh": fresh,
        "stale": stale,
    }


def _export(connection: Connection, name: str, wanted: str, view: View) -> Response:
    """Return a panel of a page as a file; raises PageError."""
    key, _, form = wanted.rpartition(".")
    figures = Figures(connection, _today(), view)
    made = panels(PAGES[name], figures) if name in PAGES else []
    panel = next((panel for panel in made if panel.key == key), None)
    if panel is None or form not in {"csv", "json"}:
        raise PageError(HTTPStatus.NOT_FOUND, "The dashboard has no panel of this name.")
    if form == "json":
        return Response(export.as_json(panel, view), media_type=export.JSON)
    file = f'attachment; filename="{name}-{key}.csv"'
    return Response(export.as_csv(panel), media_type=export.CSV, headers={"Content-Disposition": file})


def _check_token(session: Session, form: Mapping[str, str]) -> None:
    """Raise a PageError unless a form was made for the session."""
    if not session.sent_by_its_own_form(form.get("token", "")):
        raise PageError(
            HTTPStatus.FORBIDDEN, "This form is of another session; go back and load its page anew."
        )


def _away(request: Request) -> Response:
    """Lead to the login; after a link elsewhere, on which browsers hold cookies back, to the page again."""
    path = request.url.path.removeprefix(PREFIX).strip("/")
    wanted = f"{path}?{request.url.query}" if request.url.query else path
    if request.headers.get("sec-fetch-site") == "cross-site":
        return _html(page("again", title="One moment", address=f"{PREFIX}/{wanted}"))
    return _to(f"{PREFIX}/login?{urlencode({'next': wanted})}" if wanted else f"{PREFIX}/login")


def _own(wanted: str) -> str:
    """Return a page of the dashboard with its view, or nothing for any other address."""
    name, _, query = wanted.partition("?")
    if name not in PAGES:
        return ""
    try:
        return View.parse(dict(parse_qsl(query))).at(name)
    except ViewError:
        return name


def _to(address: str) -> Response:
    """Lead to another address with GET."""
    return Response(status_code=HTTPStatus.SEE_OTHER, headers={"Location": address})


def _html(
    text: str, status: HTTPStatus = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a page as an answer."""
    return Response(text, status, headers=dict(headers or {}), media_type=HTML)


def _error(error: PageError) -> Response:
    """Return a page that says why there is no other."""
    title = TITLES_OF_ERRORS.get(error.status, "This cannot be shown")
    return _html(page("error", title=title, message=error.message), error.status, error.headers)


def _today() -> date:
    """Return the day, in UTC."""
    return datetime.now(UTC).date()
