"""Fleet figures: what the service answers its maintainers, each field taken by its form and length only.

Counts are of homes, shares and growth in percent. `FleetAnswerError` where an answer is not as declared.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
import math
import re
from typing import Any, Final, Self

MOST_TEXT: Final = 400
MOST_ALARMS: Final = 20
"""Open alarms that are told with their texts."""
_MOST_KNOWN: Final = 2000
_LARGEST: Final = 10**9
_VERSION: Final = re.compile(r"[A-Za-z0-9.+-]{1,32}")
_WEEK: Final = re.compile(r"\d{4}-W\d{2}")


class FleetAnswerError(Exception):
    """Something else than the service answers, or the service of another version."""


class AlarmState(StrEnum):
    """Where an alarm is, in the service's own words."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    REGRESSED = "regressed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An alarm in a line; `since` and `last` are ISO weeks."""

    number: int
    title: str
    state: AlarmState
    times: int
    """How often it was opened."""
    since: str
    last: str
    homes: int
    """How many are affected."""
    text: str = ""
    """What was found in its last week, in the service's language."""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.state is not AlarmState.ENDED

    def with_text(self, text: str) -> Self:
        """Return it with what was found in its last week."""
        return replace(self, text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFigures:
    """All that is shown of a fleet."""

    active: int
    """Homes of the last 30 days."""
    new: int
    """In the last seven days."""
    growth: float
    """Of the homes of seven days over those of the seven before."""
    newest_version: str | None
    newest_share: float
    last_report: date | None
    alarms: tuple[Alarm, ...]

    @property
    def open_alarms(self) -> list[Alarm]:
        """Those that have not ended."""
        return [each for each in self.alarms if each.is_open]


def figures(summary: Any, installations: Any, versions: Any, alarms: Iterable[Alarm]) -> FleetFigures:
    """Return the figures of four answers; `installations` is about eight days."""
    try:
        trend = [_count(each["total"]) for each in installations["trend"]]
        return FleetFigures(
            active=_count(installations["active_30d"]),
            new=max(trend[-1] - trend[0], 0),
            growth=_number(installations["growth_7d_percent"]),
            newest_version=_maybe(_version, versions["latest_version"]),
            newest_share=_number(versions["adoption_rate_latest"]),
            last_report=_maybe(_day, summary["latest_submission_at"]),
            alarms=tuple(alarms),
        )
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FleetAnswerError from error


def alarms(answer: Any) -> list[Alarm]:
    """Return the alarms of a list of them."""
    try:
        return [_alarm(each) for each in _list(answer)]
    except (ValueError, KeyError, TypeError) as error:
        raise FleetAnswerError from error


def text(answer: Any) -> str:
    """Return what was found in the last week of an alarm, of all that is known of it."""
    try:
        weeks = answer["weeks"]
        return _text(" ".join(weeks[-1]["sentences"])) if weeks else ""
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise FleetAnswerError from error


def _alarm(raw: Mapping[str, Any]) -> Alarm:
    return Alarm(
        number=_count(raw["id"]),
        title=_text(raw["title"]),
        state=AlarmState(raw["state"]),
        times=_count(raw["times"]),
        since=_week(raw["opened"]),
        last=_week(raw["last"]),
        homes=_count(raw["affected_homes"]),
    )


def _maybe[T](take: Any, value: object) -> T | None:
    taken: T | None = None if value is None else take(value)
    return taken


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > _MOST_KNOWN:
        raise ValueError
    return value


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LARGEST:
        raise ValueError
    return value


def _number(value: object) -> float:
    if not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > _LARGEST:
        raise ValueError
    return float(value)


def _version(value: object) -> str:
    return _matching(_VERSION, value)


def _week(value: object) -> str:
    return _matching(_WEEK, value)


def _matching(form: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError
    return value


def _day(value: object) -> date:
    """The day of an instant such as 2026-11-26T00:00:00: the service knows no more of it."""
    if not isinstance(value, str):
        raise TypeError
    return date.fromisoformat(value[:10])


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return "".join(each if each.isprintable() else " " for each in value[:MOST_TEXT])
