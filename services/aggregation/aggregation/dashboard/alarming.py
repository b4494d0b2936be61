"""Alarms on pages of their own: evidence, what somebody does about one, levels tried before they are set."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import Request, Response
from sqlalchemy import Connection

from aggregation.alerts import alarms as kept
from aggregation.alerts.evidence import decode
from aggregation.alerts.levels import HIGHEST, check_level, levels, set_level
from aggregation.alerts.past import Past, would_have_fired
from aggregation.alerts.view import detail, replay
from aggregation.alerts.watch import WATCHED
from aggregation.alerts.words import title_of
from aggregation.alerts.work import settled_week
from aggregation.dashboard.answers import Form, html, to
from aggregation.dashboard.evidence import panels_of
from aggregation.dashboard.forms import PageError
from aggregation.dashboard.headers import PREFIX
from aggregation.dashboard.render import page
from aggregation.dashboard.sessions import Session
from aggregation.dashboard.signed import SignedPages
from aggregation.dashboard.view import View
from aggregation.errors import ConflictError, GoneError, InvalidError
from aggregation.weeks import week_of_day

HOME = f"{PREFIX}/alarms"
LEVELS = f"{HOME}/levels"
SNOOZES = (0, 1, 2, 4, 8, 13, kept.LONGEST_SNOOZE)
SPANS = (26, 52, 104)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a level would have found, beside the one that is set."""

    name: str
    title: str
    level: float
    now: float
    weeks: int
    found: Mapping[str, Sequence[str]]
    """What would have been found, by week; a week without anything is not there."""
    found_now: Mapping[str, Sequence[str]]
    """What is found with the level that is set."""

    @property
    def rows(self) -> list[tuple[str, Sequence[str], Sequence[str]]]:
        """Return the weeks with anything, the newest first."""
        weeks = sorted(self.found.keys() | self.found_now.keys(), reverse=True)
        return [(week, self.found.get(week, ()), self.found_now.get(week, ())) for week in weeks]


class Alarming(SignedPages):
    """Shows and changes alarms and levels."""

    needs_admin = "What is done about alarms is for all, so it needs a session with an admin key."

    def show(self, request: Request) -> Response:
        """Show an alarm with its evidence; judged again where that is asked for; raises PageError."""
        number = int(request.path_params["number"])

        def alarm(connection: Connection, session: Session) -> Response:
            """Show it."""
            found = _known(detail, connection, number)
            evidence = kept.evidence_of(connection, number)
            last = max(evidence, default=None)
            return self._page(
                "alarm",
                found.alarm.title,
                session,
                found=found,
                panels=panels_of(decode(evidence[last])) if last is not None else [],
                again=replay(connection, number) if request.query_params.get("again") else [],
                here=f"{HOME}/{number}",
                snoozes=SNOOZES,
                longest=kept.LONGEST_NOTE,
            )

        return self._seen(request, alarm)

    def show_levels(self, request: Request) -> Response:
        """Show all levels, and what one would have found before it is set; raises PageError."""

        def all_levels(connection: Connection, session: Session) -> Response:
            """Show them."""
            own = levels(connection)
            return self._page(
                "levels",
                "What would have fired",
                session,
                rows=[
                    (name, each.title, own.get(name, each.rule.level), each.rule.level)
                    for name, each in WATCHED.items()
                ],
                tried=self._tried(connection, request, own),
                spans=SPANS,
                highest=HIGHEST,
            )

        return self._seen(request, all_levels)

    def acknowledge(self, request: Request, form: Form) -> Response:
        """Note that somebody knows of an alarm; raises PageError."""
        return self._change(request, form, kept.acknowledge)

    def snooze(self, request: Request, form: Form) -> Response:
        """Send nothing of an alarm for some weeks, 0 wakes it; raises PageError."""
        if form.get("weeks", "") not in map(str, SNOOZES):
            raise PageError(
                HTTPStatus.BAD_REQUEST, "An alarm is snoozed for some of the weeks that are offered."
            )
        weeks = int(form["weeks"])
        this = week_of_day(self._login.sessions.moment().date())
        return self._change(request, form, kept.snooze, this + weeks - 1 if weeks else None)

    def note(self, request: Request, form: Form) -> Response:
        """Add a note to an alarm; raises PageError."""
        text = form.get("text", "").strip()
        if not text or len(text) > kept.LONGEST_NOTE or "\0" in text:
            raise PageError(HTTPStatus.BAD_REQUEST, f"A note has 1 to {kept.LONGEST_NOTE} characters.")
        return self._change(request, form, kept.add_note, text, self._login.sessions.now())

    def set_level(self, request: Request, form: Form) -> Response:
        """Set a level, or the one built in; raises PageError."""
        self._allowed(request, form)
        name = form.get("name", "")
        level = _level(form.get("level", "")) if form.get("level") else None
        with self._writing() as connection:
            _known(set_level, connection, name, level)
        return to(LEVELS)

    def _change(self, request: Request, form: Form, change: Callable[..., None], *arguments: Any) -> Response:
        """Change an alarm, and show it as it then is; raises PageError."""
        self._allowed(request, form)
        number = int(request.path_params["number"])
        with self._writing() as connection:
            _known(change, connection, number, *arguments)
        return to(f"{HOME}/{number}")

    def _tried(self, connection: Connection, request: Request, own: dict[str, float]) -> Tried | None:
        """Return what the level of the address would have found; raises PageError."""
        name = request.query_params.get("name", "")
        if not name:
            return None
        level, weeks = _level(request.query_params.get("level", "")), request.query_params.get("weeks", "")
        _known(check_level, name, level)
        if weeks not in map(str, SPANS):
            raise PageError(HTTPStatus.BAD_REQUEST, f"weeks must be one of {', '.join(map(str, SPANS))}.")
        last = settled_week(self._login.sessions.moment())
        now = own.get(name, WATCHED[name].rule.level)
        nothing = dict.fromkeys(WATCHED, 0.0)
        found, found_now = (
            _titles(would_have_fired(connection, last, int(weeks), nothing | {name: each}))
            for each in (level, now)
        )
        return Tried(name, WATCHED[name].title, level, now, int(weeks), found, found_now)

    def _page(self, name: str, title: str, session: Session, **values: Any) -> Response:
        """Return a page."""
        common = {"title": title, "current": "alarms", "view": View(), "session": session, "marks": []}
        return html(page(name, **common, base="", levels=LEVELS, **values))


def _titles(found: Iterable[Past]) -> dict[str, list[str]]:
    """Return what would have been found as it is read, by week."""
    return {each.week: [title_of(cause) for cause in each.causes] for each in found}


def _level(text: str) -> float:
    """Read a level as somebody writes it; raises PageError."""
    try:
        return float(text)
    except ValueError:
        raise PageError(HTTPStatus.BAD_REQUEST, f"A level is a number from 0 (off) to {HIGHEST}.") from None


def _known[T](ask: Callable[..., T], *arguments: Any) -> T:
    """Ask about alarms, or say on a page why there is no answer; raises PageError."""
    try:
        return ask(*arguments)
    except GoneError as error:
        raise PageError(HTTPStatus.NOT_FOUND, f"{error}.") from None
    except ConflictError as error:
        raise PageError(HTTPStatus.CONFLICT, f"{error}.") from None
    except InvalidError as error:
        raise PageError(HTTPStatus.BAD_REQUEST, f"{error}.") from None
