"""Decisions: what the maintainers decided in a month, in their own words, beside its report."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from aggregation.storage.schema import DECISIONS

LANGUAGES: Final = ("en", "de")
MOST_CHARACTERS: Final = 2000


class Decision(Struct, frozen=True, kw_only=True):
    """What was decided; `week` is the last one of the month."""

    week: int
    language: str
    text: str
    decided_day: date
    is_public: bool


def decisions(connection: Connection, *, only_public: bool = True) -> list[Decision]:
    """Return what was decided, the newest month first; to everybody only what is published."""
    found = select(DECISIONS).order_by(DECISIONS.c.week.desc(), DECISIONS.c.language.desc())
    if only_public:
        found = found.where(DECISIONS.c.is_public)
    return [Decision(**row) for row in connection.execute(found).mappings()]


def decided(connection: Connection, week: int) -> Mapping[str, str]:
    """Return by language what was decided in the month that ends with a week."""
    found = select(DECISIONS.c.language, DECISIONS.c.text).where(DECISIONS.c.week == week)
    return {row.language: row.text for row in connection.execute(found)}


def decide(connection: Connection, decision: Decision) -> None:
    """Keep what was decided instead of what stood there; nothing where the text is empty."""
    here = (DECISIONS.c.week == decision.week, DECISIONS.c.language == decision.language)
    connection.execute(delete(DECISIONS).where(*here))
    if decision.text:
        values = {name: getattr(decision, name) for name in decision.__struct_fields__}
        connection.execute(insert(DECISIONS), values)
