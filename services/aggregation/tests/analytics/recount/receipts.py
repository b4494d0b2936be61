"""Measures by the day on which reports came: how long a home was silent before each."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from aggregation.fleet.course import Course, Sent
from aggregation.rollups.measures import Measure
from aggregation.rollups.scopes import BY_DAY, Scope
from aggregation.weeks import monday
from tests.analytics.recount.homes import SCOPES, some
from tests.analytics.recount.told import Told

NEW, LATE, SAME_DAY = "new", "first", "0"
MOST_DAYS = 31


class Receipt(NamedTuple):
    """A report on the day on which it came."""

    day: date
    identifier: str
    protocol: str
    is_apart: bool
    errors: int
    silence: str
    """Days since the home was heard of: new, or first where that was late; 0 where it is not seen anew."""
    kinds: list[tuple[Scope, str]]

    @property
    def counts(self) -> Iterator[tuple[Measure, str, int]]:
        """Yield what it adds."""
        weekday = str(self.day.weekday())
        yield Measure.RECEIVED, weekday, 1
        yield Measure.RECEIVED_ERRORS, weekday, min(10, self.errors)
        yield Measure.NEW_HOMES, weekday, int(self.silence in {NEW, LATE})
        yield from self.seen

    @property
    def seen(self) -> Iterator[tuple[Measure, str, int]]:
        """Yield what it adds for each kind of home that it is of."""
        if self.silence not in {LATE, SAME_DAY}:
            yield Measure.SEEN, f"{self.day.weekday()}:{self.silence}", 1


BY_DAY_OF_RECEIPT = {Measure.RECEIVED, Measure.RECEIVED_ERRORS, Measure.NEW_HOMES, Measure.SEEN}


def receipts(course: Course) -> Iterator[Receipt]:
    """Yield what came of a home and is kept, in the order in which it came."""
    heard: dict[str, date] = {}
    for sent in sorted(course.sent, key=lambda each: each.received):
        if not sent.is_kept:
            continue
        each = Told([sent], sent.week, None, sent.week)
        if each.protocol == "1.0":
            before = heard.get(each.identifier)
            silence = NEW if before is None else str(min(MOST_DAYS, (sent.received - before).days))
            heard[each.identifier] = sent.received
        else:
            silence = _told_silence(sent, each)
        kinds = [(scope, value) for scope in BY_DAY for value in some(SCOPES[scope](each))]
        yield Receipt(
            sent.received,
            each.identifier,
            each.protocol,
            sent.is_apart,
            sum(each.counts("error_summary").values()),
            silence,
            kinds,
        )


def _told_silence(sent: Sent, each: Told) -> str:
    """Return the days of silence of a home of 2.0, by the weeks that it tells."""
    is_late = sent.received > monday(sent.week + 1) + timedelta(days=8)
    if each.gap is None:
        return LATE if is_late else NEW
    return SAME_DAY if is_late else str(min(MOST_DAYS, 7 * each.gap))
