"""Views: alarms as the API and the pages show them."""

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from aggregation.alerts.alarms import Alarm, alarm, alarms, evidence_of, notes_of
from aggregation.alerts.deliveries import deliveries_of
from aggregation.alerts.evidence import decode, replayed
from aggregation.alerts.words import ends_when, sentence_of, title_of
from aggregation.alerts.work import evidence_of_week
from aggregation.storage.schema_alarms import OBSERVATIONS
from aggregation.weeks import iso_name


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """An alarm in a line."""

    id: int
    cause: str
    title: str
    state: str
    times: int
    opened: str
    """ISO weeks, here and below."""
    last: str
    ended: str | None
    snoozed_until: str | None
    affected_homes: int
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekView:
    """What was found in a week."""

    week: str
    sentences: list[str]
    evidence: list[dict[str, Any]]
    """Series, test, all that it was given, and all that it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """An alarm with all that is known of it."""

    alarm: AlarmView
    ends: str
    weeks: list[WeekView]
    notes: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Whether the same comes out of the evidence of a week."""

    week: str
    is_same: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedView:
    """What is said of a series in the newest week that was observed."""

    series: str
    test: str
    week: str
    change: str
    chance: float
    verdict: dict[str, Any]


def overview(connection: Connection) -> list[AlarmView]:
    """Return all alarms."""
    return [_view(each) for each in alarms(connection)]


def detail(connection: Connection, number: int) -> Detail:
    """Return an alarm; raises GoneError."""
    which = alarm(connection, number)
    return Detail(
        alarm=_view(which),
        ends=ends_when(is_open=which.is_open),
        weeks=[_week(week, text) for week, text in evidence_of(connection, number).items()],
        notes=[{"made": made, "note": note} for made, note in notes_of(connection, number)],
        deliveries=deliveries_of(connection, number),
    )


def replay(connection: Connection, number: int) -> list[Replay]:
    """Return what comes out of the evidence of an alarm now; raises GoneError."""
    alarm(connection, number)
    return [
        Replay(week=iso_name(week), is_same=replayed(text) == text)
        for week, text in evidence_of(connection, number).items()
    ]


def watched(connection: Connection) -> list[WatchedView]:
    """Return what is said of everything that is watched; nothing before a week has settled."""
    week = connection.scalar(select(func.max(OBSERVATIONS.c.week)))
    if week is None:
        return []
    return [
        WatchedView(
            series=each.series,
            test=str(msgspec.to_builtins(each.inputs)["type"]),
            week=iso_name(week),
            change=each.judged.change,
            chance=each.judged.chance,
            verdict=each.judged.verdict,
        )
        for each in evidence_of_week(connection, week)
    ]


def _week(week: int, text: str) -> WeekView:
    """Return what was found in a week."""
    found = decode(text)
    return WeekView(
        week=iso_name(week),
        sentences=[sentence_of(each) for each in found],
        evidence=msgspec.to_builtins(found),
    )


def _view(which: Alarm) -> AlarmView:
    """Return an alarm in a line."""
    return AlarmView(
        id=which.id,
        cause=which.cause,
        title=title_of(which.cause),
        state=which.state,
        times=which.times,
        opened=iso_name(which.opened_week),
        last=iso_name(which.last_week),
        ended=_name(which.ended_week),
        snoozed_until=_name(which.snoozed_until),
        affected_homes=round(which.affected),
        chance=which.chance,
    )


def _name(week: int | None) -> str | None:
    """Return the name of a week that there may be."""
    return None if week is None else iso_name(week)
