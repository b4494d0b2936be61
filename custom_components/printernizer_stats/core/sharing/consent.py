"""Consent: the ledger's last word, and what follows from a new one."""

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection

from ..dictionary import DICTIONARY
from ..report_intervals import utc_day
from ..store.consent_ledger import ConsentEntry, append, entries
from ..store.report_intervals import release, withhold
from ..store.settings import get_setting, set_setting
from . import outbox
from .report import Agreement
from .settings import ConsentAnswer, SharingSettings

_PAUSED: Final = "sharing_paused"

type Close = Callable[[Connection, Agreement], None]


class Decision(StrEnum):
    """What an entry of the ledger says."""

    AGREED = "agreed"
    DECLINED = "declined"
    """A newer dictionary was not agreed to: what was agreed to before goes on."""
    WITHDRAWN = "withdrawn"


def agreement(conn: Connection) -> Agreement | None:
    """Return what is agreed to now, None while nothing is."""
    entry = _in_force(conn)
    return None if entry is None else _agreement(entry)


def news(settings: SharingSettings) -> tuple[list[str], list[str]]:
    """Return the report's fields that a newer dictionary would add to what is shared, and those shared now.

    There is nothing new once the person has said no to this version.
    """
    agreed, refused = settings.consent, settings.refusal
    if agreed is None or not (settings.share or settings.paused):
        return [], []
    known = list(DICTIONARY.agreed(agreed.version, agreed.categories))
    if refused is not None and refused.version >= DICTIONARY.version:
        return [], known
    return [
        each for each in DICTIONARY.agreed(DICTIONARY.version, agreed.categories) if each not in known
    ], known


def apply(conn: Connection, settings: SharingSettings, now: float, close: Close) -> None:
    """Write an answer that is not in the ledger yet into it, and do what it asks for.

    `close` ends the running interval and freezes it under the given agreement. Whatever was counted before an
    agreement stays here for ever, unless the past is included; narrowing and withdrawing act at once.
    """
    known = _in_force(conn)
    answered = settings.consent
    if not (settings.share or settings.paused):
        if known is not None:
            outbox.withdraw(conn)
            withhold(conn, utc_day(now))
            _write(conn, Decision.WITHDRAWN, _withdrawal(answered), now)
        return
    assert answered is not None
    if known is None:
        outbox.withdraw(conn)
        (release if answered.includes_past else withhold)(conn, utc_day(now))
    elif _answer(known) != answered:
        _adjust(conn, _agreement(known), _agreement(answered), close)
    if known is None or _answer(known) != answered:
        _write(conn, Decision.AGREED, answered, now)
    _note_refusal(conn, settings.refusal, now)


def pause(conn: Connection, settings: SharingSettings, now: float, close: Close) -> None:
    """Keep apart what is counted while sharing is paused: it stays here for ever."""
    known = agreement(conn)
    paused = get_setting(conn, _PAUSED) or False
    if settings.paused is paused:
        return
    if settings.paused and known is not None:
        close(conn, known)
    elif known is not None:
        withhold(conn, utc_day(now))
    set_setting(conn, _PAUSED, settings.paused)


def _adjust(conn: Connection, old: Agreement, new: Agreement, close: Close) -> None:
    """Let nothing that is no longer agreed to wait, and report apart what was counted under the old."""
    both = Agreement(
        version=min(old.version, new.version),
        categories=tuple(each for each in old.categories if each in new.categories),
        text_sha256=old.text_sha256,
    )
    if old.fields() - new.fields():
        outbox.withdraw(conn)
    if new.fields() - old.fields():
        close(conn, both)


def _withdrawal(answered: ConsentAnswer | None) -> ConsentAnswer:
    """The answer that names no category; none was shown when the options were changed by other means."""
    if answered is None or answered.categories:
        return ConsentAnswer(version=DICTIONARY.version, text_sha256="", language="")
    return answered


def _note_refusal(conn: Connection, refusal: ConsentAnswer | None, now: float) -> None:
    if refusal is None:
        return
    declined = [_answer(each) for each in entries(conn) if each.decision == Decision.DECLINED]
    if refusal not in declined:
        _write(conn, Decision.DECLINED, refusal, now)


def _in_force(conn: Connection) -> ConsentEntry | None:
    words = [each for each in entries(conn) if each.decision != Decision.DECLINED]
    return words[-1] if words and words[-1].decision == Decision.AGREED else None


def _write(conn: Connection, decision: Decision, answered: ConsentAnswer, now: float) -> None:
    append(conn, ConsentEntry(at=now, decision=decision, **asdict(answered)))


def _answer(entry: ConsentEntry) -> ConsentAnswer:
    return ConsentAnswer(
        version=entry.version,
        text_sha256=entry.text_sha256,
        language=entry.language,
        categories=entry.categories,
        includes_past=entry.includes_past,
    )


def _agreement(said: ConsentEntry | ConsentAnswer) -> Agreement:
    return Agreement(version=said.version, categories=said.categories, text_sha256=said.text_sha256)
