"""Whether sharing is on, and what was counted before it was."""

from dataclasses import dataclass
import hashlib
import json
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from ..dictionary import DICTIONARY
from ..intervals import utc_day
from ..store.settings import get_setting, set_setting
from ..store.spans import withhold
from . import outbox

_KEY: Final = "consent"
_TEXTS: Final = Path(__file__).parents[1] / "translations" / "en.json"

CATEGORIES: Final = tuple(sorted(DICTIONARY.categories))


def _text_sha256() -> str:
    """The hash of the text that asks for consent, in the language that all others are translated from."""
    step = json.loads(_TEXTS.read_text(encoding="utf-8"))["config"]["step"]["sharing"]
    return hashlib.sha256(f"{step['description']}\n{step['data']['share']}".encode()).hexdigest()


TEXT_SHA256: Final = _text_sha256()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The user's last word: on or off, since when (epoch seconds), for which dictionary version."""

    share: bool
    since: float
    version: int


def load(conn: Connection) -> Consent | None:
    """Return the stored consent, None when nobody was ever asked."""
    raw = get_setting(conn, _KEY)
    return None if raw is None else Consent(**raw)


def apply(conn: Connection, *, share: bool, now: float) -> Consent:
    """Store a change of mind; whatever was counted up to it will never be sent."""
    known = load(conn)
    if known is not None and known.share == share:
        return known
    outbox.withdraw(conn)
    withhold(conn, utc_day(now))
    changed = Consent(share=share, since=now, version=DICTIONARY.version)
    set_setting(
        conn,
        _KEY,
        {"share": changed.share, "since": changed.since, "version": changed.version},
    )
    return changed
