"""Every kind of alarm that can be raised, and every movement that a mail can tell of."""

from collections.abc import Iterator

import msgspec

from aggregation.alerts.evidence import (
    CountInputs,
    DriftInputs,
    Evidence,
    Inputs,
    MixInputs,
    ReleaseInputs,
    ShareInputs,
    SilenceInputs,
    evidence,
)
from aggregation.alerts.findings import Finding, findings_of
from aggregation.alerts.watch import COUNTS, MIXES, PAIRED, SHARES, name_of, watched_of
from aggregation.judging import releases
from aggregation.judging.calendar import Allowance
from aggregation.judging.dispersion import Part
from aggregation.judging.returns import Returning
from aggregation.judging.trend import Weekly
from aggregation.judging.verdicts import Side
from aggregation.mails.content import Bar, Content, Kind, Number
from aggregation.mails.smtp import Letter
from aggregation.mails.words import Words
from aggregation.weeks import iso_name
from tests.alerts.world import LAST, NOW

WEEKS = 40
NUMBERS = {"homes": "", "new": "", "prints": "", "success": "%", "errors": "%"}
"""The five figures of a mail, and what they count."""
VALUES = {"app_version": ("2.0.0", "other"), "deployment_mode": ("docker",), "printer_type": ("bambu_lab",)}
"""What a group of homes has in common."""


def every_alarm() -> dict[str, Evidence]:
    """Return what is found of everything that is watched, by its series, and what has happened to it."""
    found = [evidence(series, LAST, inputs) for series, inputs in _inputs()]
    assert all(each.judged.is_alarm for each in found), [each.series for each in found]
    return {f"{each.series} {type(each.inputs).__name__} {each.judged.change}": each for each in found}


def every_move() -> dict[str, Finding]:
    """Return the same in the line that mails tell of it; a silence is none."""
    return {name: findings_of([each])[0] for name, each in every_alarm().items() if findings_of([each])}


def alarm_lines(letter: Letter) -> list[str]:
    """Return what a mail says of alarms, without its links."""
    return [letter.subject, *(line for line in letter.text.splitlines() if line and "https://" not in line)]


def move_lines(words: Words, content: Content) -> list[str]:
    """Return what a mail says of its movement."""
    (move,) = content.moves
    first = words.first_sentence(content)
    return [words.headline(content), first, words.moved(move), words.rarity(move)]


def content_of(move: Finding, kind: Kind, *, is_sure: bool) -> Content:
    """Return a mail that tells of a movement."""
    place = {"page": "homes", "panel": "active", "row": "", "column": ""}
    numbers = (
        Number(name=name, value=12.5, before=25.0, unit=unit, **place) for name, unit in NUMBERS.items()
    )
    return Content(
        kind=kind,
        week=LAST,
        made=int(NOW.timestamp()),
        numbers=tuple(numbers),
        moves=(msgspec.structs.replace(move, is_beyond_chance=is_sure),),
        looked_at=1234,
        bars=tuple(Bar(iso_name(week), 1000) for week in range(LAST - 12, LAST + 1)),
    )


def _inputs() -> Iterator[tuple[str, Inputs]]:
    """Yield a series, and what it takes to alarm of it."""
    allowance = Allowance()
    groups = [name_of("return", name, value) for name in PAIRED for value in VALUES[name]]
    for series in [*SHARES, *groups, "errors/print_failed"]:
        rule = watched_of(series).rule
        before = tuple(Part(1500 + 9 * (week % 5), 3000) for week in range(WEEKS))
        for hits in _ways(rule.side, 150, 1600):
            yield series, ShareInputs(rule, allowance, before, Part(hits, 3000))
    for series in COUNTS:
        rule = watched_of(series).rule
        counts = tuple(Weekly(12_000 + 90 * (week % 5), 3000) for week in range(WEEKS))
        for events in _ways(rule.side, 1234, 98_765):
            yield series, CountInputs(rule, allowance, counts, Weekly(events, 3000), 3000)
    for series in MIXES:
        mixes = tuple({"a": 1500 + 9 * (week % 5), "other": 1500} for week in range(WEEKS))
        yield series, MixInputs(watched_of(series).rule.level, mixes, {"a": 300, "other": 2000, "b": 700})
    weeks = [2800 + 9 * (week % 5) - 8 * max(0, week - 80) for week in range(91)]
    yield (
        "return",
        DriftInputs(tuple(Returning(week % 52 + 1, again, 3000) for week, again in enumerate(weeks))),
    )
    earlier = [[Part(20 + number, 1000)] * 3 for number in range(6)]
    kind = releases.Kind([Part(150, 1000)] * 3, earlier)
    yield "release/2.1.0/print_failed", ReleaseInputs({"print_failed": kind}, "print_failed")
    yield "silence", SilenceInputs(5, 1234.0)


def _ways(side: Side, low: int, high: int) -> list[int]:
    """Return figures that are too low or too high, as far as either is looked for."""
    return [each for each, other in ((low, Side.HIGH), (high, Side.LOW)) if side is not other]
