"""Words: an alarm in sentences, with its numbers, how many homes, and what would end it.

In English as on the pages; in another language with its own names of what is watched.
"""

from typing import Any

from aggregation.alerts.alarms import Event
from aggregation.alerts.evidence import Evidence
from aggregation.alerts.watch import Cause, watched_of
from aggregation.judging.verdicts import Change
from aggregation.texts.catalog import ENGLISH, Texts


def title_of(cause: str, texts: Texts = ENGLISH) -> str:
    """Return an alarm in a few words."""
    name, _, value = cause.partition("/")
    title = texts(f"cause {name}")
    if not value:
        return title
    if texts is ENGLISH:
        return f"{title}: {value.replace('/', ', ')}"
    is_series = name in {Cause.USE, Cause.MIX}
    return f"{title}: {_watched(value, texts) if is_series else texts.whose(value)}"


def event_title(cause: str, event: Event, texts: Texts = ENGLISH) -> str:
    """Return what has happened to an alarm in a few words."""
    return f"{texts(f'event {event}')}: {title_of(cause, texts)}"


def sentence_of(each: Evidence, texts: Texts = ENGLISH) -> str:
    """Return a finding in a sentence."""
    said, (name, _, value) = each.judged.verdict, each.series.partition("/")
    match name:
        case Cause.RELEASE:
            version, _, kind = value.partition("/")
            return _release(version, kind, said, texts)
        case Cause.SILENCE:
            expected = f"{said['expected']:.0f}" if texts is ENGLISH else texts.count(said["expected"])
            return texts("alarm silence", days=said["days"], expected=expected)
    what = _watched(each.series, texts)
    if "distance" in said:
        return _mix(what, said, texts)
    if "sum" in said:
        return texts("alarm drift", what=what, weeks=said["weeks"])
    is_share = type(each.inputs).__name__ == "ShareInputs"
    return _figure(what, said, each.judged.change, texts, is_share=is_share)


def ends_when(texts: Texts = ENGLISH, *, is_open: bool) -> str:
    """Return what ends an alarm."""
    return texts("alarm ends" if is_open else "alarm ended")


def _watched(series: str, texts: Texts) -> str:
    """Return what is watched, and whose or which it is."""
    watched, (name, _, value) = watched_of(series).title, series.partition("/")
    if texts is ENGLISH:
        return watched + (f" ({value.replace('/', ' ')})" if value else "")
    return texts.watched(name, watched) + (f" ({texts.whose(value)})" if value else "")


def _figure(what: str, said: dict[str, Any], change: str, texts: Texts, *, is_share: bool) -> str:
    """Return a figure, what was expected, and the bound that it has passed."""

    def written(value: float) -> str:
        """Return a share, or a count."""
        return _share(value, texts) if is_share else texts.count(value)

    is_less = change == Change.FALLEN
    limit = said["low" if is_less else "high"]
    beyond = "" if limit is None else texts("alarm below" if is_less else "alarm above", bound=written(limit))
    return texts(
        "alarm figure",
        what=what,
        value=written(said["value"]),
        expected=written(said["expected"]),
        bound=beyond,
        weeks=_once(said["chance"], texts),
    )


def _mix(what: str, said: dict[str, Any], texts: Texts) -> str:
    """Return how far a mix has jumped, and what has moved."""
    moved = ", ".join(
        texts(
            "alarm moved",
            value=texts.named(each["value"]),
            before=_share(each["before"], texts),
            now=_share(each["now"], texts),
        )
        for each in said["moved"]
    )
    return texts("alarm mix", what=what, distance=_share(said["distance"], texts), moved=moved)


def _release(version: str, kind: str, said: dict[str, Any], texts: Texts) -> str:
    """Return what a release did to a kind of error."""
    low, high = said["ratio"][1:] if said["ratio"] else (0.0, 0.0)
    return texts(
        "alarm release",
        version=version,
        kind=texts.named(kind),
        share=_share(said["share"], texts),
        expected=_share(said["expected"], texts),
        low=texts.decimal(low),
        high=texts.decimal(high),
    )


def _share(value: float, texts: Texts) -> str:
    """Return a share."""
    return texts("alarm share", number=texts.decimal(100 * value))


def _once(chance: float, texts: Texts) -> str:
    """Return how rare something is."""
    return texts.count(1 / chance) if chance > 1e-6 else texts("alarm million")  # noqa: PLR2004 - words end there
