"""`/alarms`: the alarms, what they rest on, and what somebody does about them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from aggregation.alerts import alarms as kept
from aggregation.alerts.levels import check_level, levels, set_level
from aggregation.alerts.past import LONGEST, Past, would_have_fired
from aggregation.alerts.view import AlarmView, Detail, Replay, WatchedView, detail, overview, replay, watched
from aggregation.alerts.work import settled_week
from aggregation.keeping.repository import Repository
from aggregation.security import Guard
from aggregation.weeks import week_of_day

type Number = Annotated[int, Path(ge=1, lt=2**31, description="of an alarm")]

NO_NUL = "^[^\\x00]*$"
"""No database takes one."""
_RESPONSES: dict[int | str, dict[str, Any]] = {
    409: {"description": "The alarm has ended"},
    410: {"description": "There is no such alarm"},
    422: {"description": "What was sent is not as declared"},
}


class Note(BaseModel):
    """What somebody has to say of an alarm."""

    note: Annotated[str, Field(min_length=1, max_length=kept.LONGEST_NOTE, pattern=NO_NUL)]


class Snooze(BaseModel):
    """For how many weeks nothing is sent of an alarm; 0 wakes it."""

    weeks: Annotated[int, Field(ge=0, le=kept.LONGEST_SNOOZE)]


class Level(BaseModel):
    """How often something may alarm by chance in a week; 0 is not at all, null is as built in."""

    level: float | None


class Alarms:
    """Reads and changes alarms for the routes. Every method blocks."""

    def __init__(self, repository: Repository) -> None:
        """Take what holds them."""
        self._repository = repository

    def read[T](self, question: Callable[..., T], *arguments: Any) -> T:
        """Return the answer to a question about this moment."""
        with self._repository.reading() as connection:
            return question(connection, *arguments)

    def writing(self) -> AbstractContextManager[Connection]:
        """Give a transaction."""
        return self._repository.writing()

    def change(self, change: Callable[..., None], number: int, *arguments: Any) -> Detail:
        """Change an alarm, and return it as it then is."""
        with self._repository.writing() as connection:
            change(connection, number, *arguments)
            return detail(connection, number)


def alarms_router(repository: Repository, reading: Guard, changing: Guard) -> APIRouter:
    """Return the routes, with the dependencies that guard them."""
    router = APIRouter(prefix="/alarms", tags=["alarms"], responses=_RESPONSES)
    _add_reading(router, Alarms(repository), Depends(reading))
    _add_levels(router, Alarms(repository), Depends(reading), Depends(changing))
    _add_changes(router, Alarms(repository), Depends(changing))
    return router


def _add_reading(router: APIRouter, alarms: Alarms, guard: Any) -> None:
    """Add what only looks."""

    @router.get("", dependencies=[guard])
    def read_alarms() -> list[AlarmView]:
        """Return all alarms: those that are open first, then by how many homes they affect."""
        return alarms.read(overview)

    @router.get("/watched", dependencies=[guard])
    def read_watched() -> list[WatchedView]:
        """Return what is said of everything that is watched, in the newest week that was judged."""
        return alarms.read(watched)

    @router.get("/past", dependencies=[guard])
    def read_past(
        weeks: Annotated[int, Query(ge=1, le=LONGEST)] = 52,
        name: Annotated[str | None, Query(description="something that is watched")] = None,
        level: Annotated[float | None, Query(description="with this level instead of its own")] = None,
    ) -> list[Past]:
        """Return in which weeks what would have been found."""
        if name is not None:
            check_level(name, level)

        def fired(connection: Connection) -> list[Past]:
            """Return it, with the levels that are set but for the one that is tried."""
            tried = levels(connection) | ({name: level} if name and level is not None else {})
            return would_have_fired(connection, settled_week(datetime.now(UTC)), weeks, tried)

        return alarms.read(fired)

    @router.get("/{number}", dependencies=[guard])
    def read_alarm(number: Number) -> Detail:
        """Return an alarm with its evidence, its notes, and what was sent of it."""
        return alarms.read(detail, number)

    @router.get("/{number}/replay", dependencies=[guard])
    def replay_alarm(number: Number) -> list[Replay]:
        """Judge the evidence again, and tell for each week whether the same comes out, byte for byte."""
        return alarms.read(replay, number)


def _add_levels(router: APIRouter, alarms: Alarms, reading: Any, changing: Any) -> None:
    """Add the levels."""

    @router.get("/watched/levels", dependencies=[reading])
    def read_levels() -> dict[str, float]:
        """Return the levels that differ from those built in."""
        return alarms.read(levels)

    @router.put("/watched/levels/{name}", dependencies=[changing])
    def write_level(name: str, level: Annotated[Level, Body()]) -> dict[str, float]:
        """Set the level of something that is watched."""
        with alarms.writing() as connection:
            set_level(connection, name, level.level)
            return levels(connection)


def _add_changes(router: APIRouter, alarms: Alarms, guard: Any) -> None:
    """Add what somebody does about an alarm."""

    @router.post("/{number}/acknowledge", dependencies=[guard])
    def acknowledge(number: Number) -> Detail:
        """Note that somebody knows of it."""
        return alarms.change(kept.acknowledge, number)

    @router.post("/{number}/snooze", dependencies=[guard])
    def snooze(number: Number, snooze: Annotated[Snooze, Body()]) -> Detail:
        """Send nothing of it for some weeks."""
        now = datetime.now(UTC)
        until = week_of_day(now.date()) + snooze.weeks - 1 if snooze.weeks else None
        return alarms.change(kept.snooze, number, until)

    @router.post("/{number}/notes", dependencies=[guard])
    def add_note(number: Number, note: Annotated[Note, Body()]) -> Detail:
        """Add a note."""
        return alarms.change(kept.add_note, number, note.note, int(datetime.now(UTC).timestamp()))
