"""`/dashboard/mails`: who gets which mails, how they look, what became of them, and what was decided."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
import logging
import re
import secrets

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from aggregation.dashboard.answers import Form, add_pages, html, to
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import MAIL_LINKS, PREFIX
from aggregation.dashboard.login import Login
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Opening, Session
from aggregation.dashboard.signed import SignedPages
from aggregation.dashboard.view import View
from aggregation.keys import digest
from aggregation.mails import recipients as people
from aggregation.mails.content import Content, Kind, make_content, newest_judged
from aggregation.mails.decisions import LANGUAGES, MOST_CHARACTERS, Decision, decide, decisions
from aggregation.mails.history import history, last_sent
from aggregation.mails.issues import issue
from aggregation.mails.render import MISSING, asking_letter, has_inliner, letter_of
from aggregation.mails.smtp import Letter, Mailer, MailError, is_address
from aggregation.mails.timetable import Timetable, ends_month, month_of, timetable_of
from aggregation.mails.words import Words
from aggregation.public.months import months
from aggregation.settings import Settings
from aggregation.texts.catalog import NAMES
from aggregation.weeks import iso_name, week_named, week_of_day

LOGGER = logging.getLogger(__name__)

HERE = f"{PREFIX}/mails"
MONTHS_WEEKS = 26
"""So many weeks back a month may end of which decisions are written."""
MOST_MONTHS = 12
_NUMBER = re.compile(r"[0-9]{1,18}")
_NOT_SET_UP = "Mails need AGGREGATION_SMTP_HOST, AGGREGATION_SMTP_FROM and AGGREGATION_PUBLIC_URL."


class MailPage(SignedPages):
    """Shows and changes it."""

    needs_admin = "Who gets mails is changed with an admin key."

    def __init__(
        self, reading: Opening, writing: Opening, login: Login, settings: Settings, mailer: Mailer
    ) -> None:
        """Take how the database is opened, who is signed in, the settings, and what sends."""
        super().__init__(reading, writing, login)
        self._settings = settings
        self._mailer = mailer
        self._timetable = timetable_of(settings)
        self._named = len(settings.report_recipients)

    def show(self, request: Request) -> Response:
        """Show the page."""
        return self._seen(request, self._page)

    def preview(self, request: Request) -> Response:
        """Show the mail that would be made now."""

        def content(connection: Connection, kind: Kind) -> Content:
            """Make it."""
            now = self._login.sessions.moment()
            return make_content(connection, kind, newest_judged(connection, now), now)

        return self._shown(request, content)

    def past(self, request: Request) -> Response:
        """Show a mail as it was made."""

        def content(connection: Connection, kind: Kind) -> Content:
            """Read it."""
            week = week_named(request.path_params["week"])
            found = None if week is None else issue(connection, kind, week)
            if found is None:
                raise PageError(HTTPStatus.NOT_FOUND, "No such mail was made.")
            return found

        return self._shown(request, content)

    def add(self, request: Request, form: Form) -> Response:
        """Ask somebody whether they want mails; raises PageError."""
        self._allowed(request, form)
        if not self._settings.can_mail:
            raise PageError(HTTPStatus.CONFLICT, _NOT_SET_UP)
        address, wish = form.get("address", "").strip(), _wish(form)
        if not is_address(address):
            raise PageError(HTTPStatus.BAD_REQUEST, "This is no address of one person.")
        token = secrets.token_urlsafe(32)
        with self._writing() as connection:
            may_ask = people.ask(connection, address, wish, digest(token), self._login.sessions.now())
        if not may_ask:
            message = "They get mails already, were asked a moment ago, or there are a hundred people."
            raise PageError(HTTPStatus.CONFLICT, message)
        link = f"{self._settings.base_url}{MAIL_LINKS}/confirm/{token}"
        self._send(address, asking_letter(wish.language, link, address))
        return to(HERE)

    def change(self, request: Request, form: Form) -> Response:
        """Change which mails somebody gets; raises PageError."""
        self._allowed(request, form)
        with self._writing() as connection:
            people.change(connection, _number(form), _wish(form), self._login.sessions.now())
        return to(HERE)

    def remove(self, request: Request, form: Form) -> Response:
        """Forget somebody; raises PageError."""
        self._allowed(request, form)
        with self._writing() as connection:
            people.remove(connection, _number(form))
        return to(HERE)

    def test(self, request: Request, form: Form) -> Response:
        """Send the mail that would be made now to one who has confirmed; raises PageError."""
        self._allowed(request, form)
        kind, now = _kind(form.get("kind", "")), self._login.sessions.moment()
        with self._reading() as connection:
            found = people.recipient(connection, _number(form))
            content = make_content(connection, kind, newest_judged(connection, now), now)
        if found is None or found.confirmed is None:
            raise PageError(HTTPStatus.CONFLICT, "They have not confirmed that they want mails.")
        prefix = f"{Words(found.language)('test')}: "
        self._send(found.address, letter_of(content, found.language, self._settings.base_url, prefix=prefix))
        return to(HERE)

    def decide(self, request: Request, form: Form) -> Response:
        """Keep what was decided; raises PageError."""
        self._allowed(request, form)
        week, language = week_named(form.get("week", "")), form.get("language", "")
        text = "\n".join(line.rstrip() for line in form.get("text", "").strip().splitlines())
        if week is None or not ends_month(week) or language not in LANGUAGES:
            raise PageError(HTTPStatus.BAD_REQUEST, "There is no such month or language.")
        if len(text) > MOST_CHARACTERS or not text.replace("\n", "").isprintable():
            message = f"What was decided has at most {MOST_CHARACTERS} characters, all of them to be read."
            raise PageError(HTTPStatus.BAD_REQUEST, message)
        decision = Decision(
            week=week,
            language=language,
            text=text,
            decided_day=self._login.sessions.moment().date(),
            is_public="public" in form,
        )
        with self._writing() as connection:
            decide(connection, decision)
        return to(HERE)

    def _shown(self, request: Request, content: Callable[[Connection, Kind], Content]) -> Response:
        """Show a mail; raises PageError."""
        kind, language = _kind(request.path_params["kind"]), request.path_params["language"]
        if language not in NAMES:
            raise PageError(HTTPStatus.NOT_FOUND, "There are no mails in this language.")

        def mail(connection: Connection, _: Session) -> Response:
            """Show it."""
            return html(letter_of(content(connection, kind), language, self._settings.base_url).html)

        return self._seen(request, mail)

    def _page(self, connection: Connection, session: Session) -> Response:
        """Return the page."""
        now, readers = self._login.sessions.moment(), people.recipients(connection)
        return html(
            page(
                "mails",
                title="Mails",
                current="mails",
                view=View(),
                session=session,
                languages=NAMES,
                months=_months(now),
                most=MOST_CHARACTERS,
                problem="" if self._settings.can_mail else _NOT_SET_UP,
                missing="" if has_inliner() else MISSING,
                next=_next(self._timetable, now, self._settings.mail_time_zone),
                people=readers,
                alarm_readers=sum(one.wants(people.ALARMS) for one in readers),
                named=0 if people.has_alarm_readers(connection) else self._named,
                last_sent=last_sent(connection),
                made=[(each, iso_name(each.week)) for each in history(connection)],
                public_months=months(connection, only_published=False)[:MOST_MONTHS],
                decisions=[(each, _month(each.week)) for each in decisions(connection, only_public=False)],
            )
        )

    def _send(self, address: str, letter: Letter) -> None:
        """Send a mail; raises PageError."""
        try:
            self._mailer.send([address], letter)
        except MailError as error:
            LOGGER.warning("A mail of the dashboard was not taken: %s", error)
            raise PageError(HTTPStatus.BAD_GATEWAY, f"The mail server did not take it ({error}).") from None


def mail_page_router(
    reading: Opening, writing: Opening, login: Login, settings: Settings, mailer: Mailer | None = None
) -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter(prefix=HERE, include_in_schema=False)
    mails = MailPage(reading, writing, login, settings, mailer or Mailer(settings))
    shown = {
        "": mails.show,
        "/shown/{kind}/{language}": mails.preview,
        "/shown/{kind}/{week}/{language}": mails.past,
    }
    done = {
        "/add": mails.add,
        "/change": mails.change,
        "/remove": mails.remove,
        "/test": mails.test,
        "/decide": mails.decide,
    }
    add_pages(router, shown, done)
    return router


def _wish(form: Form) -> people.Wish:
    """Return which mails somebody is to get; raises PageError."""
    if form.get("language") not in NAMES:
        raise PageError(HTTPStatus.BAD_REQUEST, "There are no mails in this language.")
    wanted = {name: name in form for name in ("weekly", "monthly", "alarms")}
    return people.Wish(language=form["language"], **wanted)


def _number(form: Form) -> int:
    """Return the number of a recipient; raises PageError."""
    if not _NUMBER.fullmatch(number := form.get("recipient", "")):
        raise PageError(HTTPStatus.BAD_REQUEST, "There is no such recipient.")
    return int(number)


def _kind(name: str) -> Kind:
    """Return a kind of mail; raises PageError."""
    if name not in set(Kind):
        raise PageError(HTTPStatus.NOT_FOUND, "There is no such kind of mail.")
    return Kind(name)


def _months(now: datetime) -> list[tuple[str, str]]:
    """Return the last weeks and names of the months of which decisions are written, the newest first."""
    running = week_of_day(now.date())
    weeks = range(running, running - MONTHS_WEEKS, -1)
    return [(iso_name(week), _month(week)) for week in weeks if ends_month(week)]


def _month(week: int) -> str:
    """Return the name of the month that ends with a week."""
    return f"{month_of(week):%B %Y}"


def _next(timetable: Timetable, now: datetime, zone: str) -> str:
    """Return when the next mail is due."""
    moment = timetable.moment(timetable.week(now) + 1).astimezone(timetable.zone)
    return f"{moment:%A %Y-%m-%d %H:%M} ({zone})"
