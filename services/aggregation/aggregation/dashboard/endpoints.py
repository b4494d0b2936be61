"""`/dashboard`: its routes, and the pages and exports behind them."""

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from aggregation.dashboard import export
from aggregation.dashboard.alarming import Alarming
from aggregation.dashboard.answers import add_pages, file, html
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.login import Login, away
from aggregation.dashboard.noting import Noting
from aggregation.dashboard.pages import FIRST, panel_of, shown
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Opening
from aggregation.dashboard.sharing import DAYS, Sharing
from aggregation.dashboard.view import View

NUMBER = "{number:int}"
"""Of an alarm, in a path."""


class Dashboard:
    """Shows pages. Everything blocks."""

    def __init__(self, reading: Opening, login: Login, sharing: Sharing) -> None:
        """Take how the database is read, who is signed in, and what is shared."""
        self._reading = reading
        self._login = login
        self._sharing = sharing

    def show(self, request: Request) -> Response:
        """Show a page; raises PageError and ViewError."""
        name = request.path_params.get("page", FIRST)
        view = View.parse(request.query_params)
        with self._reading() as connection:
            session = self._login.session(request, connection)
            if session is None:
                return away(request)
            values = shown(connection, name, view, self._login.sessions.moment())
        here = f"{PREFIX}/{name}"
        return html(page("page", **values, session=session, base=here, here=here, days=DAYS))

    def export(self, request: Request) -> Response:
        """Return a panel as CSV or JSON; raises PageError and ViewError."""
        view = View.parse(request.query_params)
        with self._reading() as connection:
            if self._login.session(request, connection) is None:
                return away(request)
            return self._file(connection, request, request.path_params["page"], view)

    def export_shared(self, request: Request) -> Response:
        """Return a panel of a shared view as CSV or JSON; raises PageError."""
        with self._reading() as connection:
            name, view = self._sharing.export_of(request, connection)
            return self._file(connection, request, name, view)

    def _file(self, connection: Connection, request: Request, name: str, view: View) -> Response:
        """Return a panel of a page as a file; raises PageError."""
        key, _, form = request.path_params["panel"].rpartition(".")
        panel = panel_of(connection, name, key, view, self._login.sessions.moment())
        made, media_type = export.made(panel, view, form)
        headers = {"Content-Disposition": f'attachment; filename="{name}-{key}.csv"'} if form == "csv" else {}
        return Response(made, media_type=media_type, headers=headers)


def dashboard_router(login: Login, reading: Opening, writing: Opening) -> APIRouter:
    """Return the routes of the dashboard."""
    router = APIRouter(prefix=PREFIX, include_in_schema=False)
    router.add_api_route("/static/{name:path}", file, methods=["GET"])
    sharing, noting = Sharing(reading, writing, login), Noting(reading, writing, login)
    dashboard, alarming = Dashboard(reading, login, sharing), Alarming(reading, writing, login)
    shown = {
        "": dashboard.show,
        "/login": login.show,
        "/sharing": sharing.show,
        "/notes": noting.show,
        "/alarms/levels": alarming.show_levels,
        f"/alarms/{NUMBER}": alarming.show,
        "/{page}": dashboard.show,
        "/shared/{secret}": sharing.view,
        "/shared/{secret}/{panel}": dashboard.export_shared,
        "/{page}/{panel}": dashboard.export,
    }
    done = {
        "/login": login.begin,
        "/logout": login.end,
        "/sharing": sharing.make,
        "/sharing/revoke": sharing.revoke,
        "/notes": noting.add,
        "/notes/remove": noting.remove,
        "/alarms/levels": alarming.set_level,
        f"/alarms/{NUMBER}/acknowledge": alarming.acknowledge,
        f"/alarms/{NUMBER}/snooze": alarming.snooze,
        f"/alarms/{NUMBER}/notes": alarming.note,
    }
    add_pages(router, shown, done)
    return router
