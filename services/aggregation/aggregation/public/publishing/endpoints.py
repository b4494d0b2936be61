"""`/dashboard/mails/months`: a person looks at the report of a month, publishes it and withdraws it."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form, answered, html, sent, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.login import Login, away
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Opening
from aggregation.dashboard.view import View
from aggregation.public.monthly import monthly_report
from aggregation.public.months import Month, month_named, publish_month, withdraw_month

MAILS = f"{PREFIX}/mails"
HERE = f"{MAILS}/months"


class Publishing:
    """Shows, publishes and withdraws. Everything blocks."""

    def __init__(self, reading: Opening, writing: Opening, login: Login) -> None:
        """Take how the database is opened, and who is signed in."""
        self._reading = reading
        self._writing = writing
        self._login = login

    def preview(self, request: Request) -> Response:
        """Show the page as everybody would see it; raises PageError."""
        with self._reading() as connection:
            if self._login.session(request, connection) is None:
                return away(request)
            month = _month(connection, request.path_params["month"])
            report = monthly_report(connection, month)
        return html(page("month", report=report, is_preview=True, view=View(), base=""))

    def publish(self, request: Request, form: Form) -> Response:
        """Have everybody see it; raises PageError."""
        self._allowed(request, form)
        with self._writing() as connection:
            today = self._login.sessions.moment().date()
            publish_month(connection, _month(connection, form.get("month", "")), today)
        return to(MAILS)

    def withdraw(self, request: Request, form: Form) -> Response:
        """Have nobody see it any more; raises PageError."""
        self._allowed(request, form)
        with self._writing() as connection:
            withdraw_month(connection, _month(connection, form.get("month", "")))
        return to(MAILS)

    def _allowed(self, request: Request, form: Form) -> None:
        """Refuse who may not change anything; raises PageError."""
        if not self._login.allowed(request, form).may_change:
            raise PageError(HTTPStatus.FORBIDDEN, "What is published is changed with an admin key.")


def publishing_router(reading: Opening, writing: Opening, login: Login) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix=HERE, include_in_schema=False)
    publishing = Publishing(reading, writing, login)
    router.add_api_route("/publish", sent(publishing.publish), methods=["POST"])
    router.add_api_route("/withdraw", sent(publishing.withdraw), methods=["POST"])
    router.add_api_route("/{month}", answered(publishing.preview), methods=["GET"])
    return router


def _month(connection: Connection, name: str) -> Month:
    """Return the month of a name; raises PageError."""
    found = month_named(connection, name, only_published=False)
    if found is None:
        raise PageError(HTTPStatus.NOT_FOUND, "There is no such month whose last week was published.")
    return found
