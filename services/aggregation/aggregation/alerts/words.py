"""Words: an alarm in sentences, with its numbers, how many homes, and what would end it."""

from typing import Any

from aggregation.alerts.alarms import Alarm, Event
from aggregation.alerts.evidence import Evidence
from aggregation.alerts.watch import Cause, watched_of
from aggregation.judging.verdicts import Change

_CAUSES = {
    Cause.HOMES: "Homes fall silent",
    Cause.ERRORS: "Errors spread",
    Cause.USE: "Homes print differently",
    Cause.SUBMISSIONS: "Unusual submissions",
    Cause.MIX: "The mix of homes has jumped",
    Cause.RELEASE: "A release is worse",
    Cause.SILENCE: "No reports come in",
}
_EVENTS = {Event.OPENED: "New", Event.REGRESSED: "Back again", Event.ENDED: "Ended"}


def title_of(cause: str) -> str:
    """Return an alarm in a few words."""
    name, _, value = cause.partition("/")
    return f"{_CAUSES[Cause(name)]}: {value.replace('/', ', ')}" if value else _CAUSES[Cause(name)]


def event_title(alarm: Alarm, event: Event) -> str:
    """Return what has happened to an alarm in a few words."""
    return f"{_EVENTS[event]}: {title_of(alarm.cause)}"


def sentence_of(each: Evidence) -> str:
    """Return a finding in a sentence."""
    said, (name, _, value) = each.judged.verdict, each.series.partition("/")
    match name:
        case Cause.RELEASE:
            version, _, kind = value.partition("/")
            return _release(version, kind, said)
        case Cause.SILENCE:
            return f"No report came in {said['days']} days, in which {said['expected']:.0f} were expected."
    what = watched_of(each.series).title + (f" ({value.replace('/', ' ')})" if value else "")
    if "distance" in said:
        return _mix(what, said)
    if "sum" in said:
        return f"{what}: has drifted down for {said['weeks']} weeks, by little each week."
    return _figure(what, said, each.judged.change, is_share=type(each.inputs).__name__ == "ShareInputs")


def ends_when(alarm: Alarm) -> str:
    """Return what ends an alarm."""
    if not alarm.is_open:
        return "It has ended."
    return "It ends by itself once two settled weeks are within the bounds again."


def _figure(what: str, said: dict[str, Any], change: str, *, is_share: bool) -> str:
    """Return a figure, what was expected, and the bound that it has passed."""
    written = _percent if is_share else _number
    bound = said["low"] if change == Change.FALLEN else said["high"]
    usual = f"{written(said['expected'])} expected"
    beyond = "" if bound is None else f", {'below' if change == Change.FALLEN else 'above'} {written(bound)}"
    return (
        f"{what}: {written(said['value'])}, {usual}{beyond}; by chance once in {_once(said['chance'])} weeks."
    )


def _mix(what: str, said: dict[str, Any]) -> str:
    """Return how far a mix has jumped, and what has moved."""
    moved = ", ".join(
        f"{each['value']} {_percent(each['before'])} to {_percent(each['now'])}" for each in said["moved"]
    )
    return f"{what}: {_percent(said['distance'])} of it is different from the weeks before ({moved})."


def _release(version: str, kind: str, said: dict[str, Any]) -> str:
    """Return what a release did to a kind of error."""
    low, high = said["ratio"][1:] if said["ratio"] else (0.0, 0.0)
    here, before = _percent(said["share"]), _percent(said["expected"])
    return (
        f"{version}: {kind} in {here} of its homes, {before} in earlier releases at the same age "
        f"({low:.1f} to {high:.1f} times as common)."
    )


def _percent(value: float) -> str:
    """Return a share."""
    return f"{100 * value:.1f} %"


def _number(value: float) -> str:
    """Return a count."""
    return f"{value:,.0f}"


def _once(chance: float) -> str:
    """Return how rare something is."""
    return f"{1 / chance:,.0f}" if chance > 1e-6 else "a million"  # noqa: PLR2004 - words end there
