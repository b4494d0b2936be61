"""Recipients: who gets which mails. All in the transaction of the caller; instants are Unix seconds.

Somebody is asked, confirms by a link, and gets mails from then on; who leaves is forgotten. Of what the links
hold only hashes are kept.
"""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from aggregation.storage.schema_alarms import WORKS
from aggregation.storage.schema_mails import LEAVE_TOKENS, RECIPIENTS

MOST_RECIPIENTS: Final = 100
CONFIRM_SECONDS: Final = 7 * 86_400
"""So long the link that confirms is valid; who has not confirmed by then is forgotten."""
AGAIN_SECONDS: Final = 600
"""So long nobody is asked again."""
ALARMS: Final = "alarms"
_CHOSEN: Final = "alarm readers"


class Recipient(Struct, frozen=True, kw_only=True):
    """Somebody who gets mails, or was asked."""

    id: int
    address: str
    language: str
    weekly: bool
    monthly: bool
    alarms: bool
    confirmed: int | None

    def wants(self, kind: str) -> bool:
        """Tell whether mails of a kind may be sent."""
        return self.confirmed is not None and bool(getattr(self, kind))


class Wish(Struct, frozen=True, kw_only=True):
    """Which mails somebody is to get."""

    language: str
    weekly: bool
    monthly: bool
    alarms: bool = False


def recipients(connection: Connection) -> list[Recipient]:
    """Return all, in the order of their addresses."""
    return _found(connection)


def recipient(connection: Connection, number: int) -> Recipient | None:
    """Return one who is still there."""
    return next(iter(_found(connection, RECIPIENTS.c.id == number)), None)


def readers(connection: Connection, kind: str, since: int) -> list[Recipient]:
    """Return who gets mails of a kind and had confirmed it by an instant."""
    chosen = (RECIPIENTS.c.confirmed <= since, RECIPIENTS.c[kind])
    return _found(connection, *chosen)


def ask(connection: Connection, address: str, wish: Wish, sha256: str, now: int) -> bool:
    """Note that somebody is asked; tell whether the link may be sent: not again at once, nor to too many."""
    forgotten = (RECIPIENTS.c.confirmed.is_(None), RECIPIENTS.c.asked <= now - CONFIRM_SECONDS)
    connection.execute(delete(RECIPIENTS).where(*forgotten))
    row = connection.execute(select(RECIPIENTS).where(RECIPIENTS.c.address == address)).first()
    values = {"asked": now, "confirm_sha256": sha256, **_values(wish)}
    if row is None:
        if (connection.scalar(select(func.count()).select_from(RECIPIENTS)) or 0) >= MOST_RECIPIENTS:
            return False
        connection.execute(insert(RECIPIENTS), {"address": address, **values})
        return True
    if row.confirmed is not None or row.asked > now - AGAIN_SECONDS:
        return False
    connection.execute(update(RECIPIENTS).where(RECIPIENTS.c.id == row.id).values(values))
    return True


def asked(connection: Connection, sha256: str, now: int) -> Recipient | None:
    """Return who was asked with a link that is still valid."""
    here = (RECIPIENTS.c.confirm_sha256 == sha256, RECIPIENTS.c.asked > now - CONFIRM_SECONDS)
    return next(iter(_found(connection, *here)), None)


def confirm(connection: Connection, sha256: str, now: int) -> bool:
    """Take the word of whoever has the link; tell whether it was valid. It is so once."""
    found = asked(connection, sha256, now)
    if found is None:
        return False
    here = update(RECIPIENTS).where(RECIPIENTS.c.id == found.id)
    connection.execute(here.values(confirmed=now, confirm_sha256=None))
    if found.alarms:
        _note_alarms(connection, now)
    return True


def change(connection: Connection, number: int, wish: Wish, now: int) -> None:
    """Change which mails somebody gets."""
    connection.execute(update(RECIPIENTS).where(RECIPIENTS.c.id == number).values(_values(wish)))
    if (found := recipient(connection, number)) and found.wants(ALARMS):
        _note_alarms(connection, now)


def has_alarm_readers(connection: Connection) -> bool:
    """Tell whether anybody ever chose alarms here: from then on the settings do not say who gets them."""
    return connection.execute(select(WORKS.c.made).where(WORKS.c.kind == _CHOSEN)).first() is not None


def remove(connection: Connection, number: int) -> None:
    """Forget somebody."""
    connection.execute(delete(LEAVE_TOKENS).where(LEAVE_TOKENS.c.recipient_id == number))
    connection.execute(delete(RECIPIENTS).where(RECIPIENTS.c.id == number))


def give_leave_token(connection: Connection, number: int, sha256: str) -> None:
    """Keep what a mail holds to leave by."""
    connection.execute(insert(LEAVE_TOKENS), {"sha256": sha256, "recipient_id": number})


def holder(connection: Connection, sha256: str) -> Recipient | None:
    """Return who has got a mail with a token, and not left since."""
    number = connection.scalar(select(LEAVE_TOKENS.c.recipient_id).where(LEAVE_TOKENS.c.sha256 == sha256))
    return None if number is None else recipient(connection, number)


def _note_alarms(connection: Connection, now: int) -> None:
    """Note that somebody chose alarms, once and for all: that they leave brings nobody else back."""
    if not has_alarm_readers(connection):
        connection.execute(insert(WORKS), {"kind": _CHOSEN, "number": 0, "made": now})


def _values(wish: Wish) -> dict[str, Any]:
    """Return a wish as columns."""
    return {name: getattr(wish, name) for name in wish.__struct_fields__}


def _found(connection: Connection, *here: ColumnElement[bool]) -> list[Recipient]:
    """Return those for whom something holds."""
    columns = [RECIPIENTS.c[name] for name in Recipient.__struct_fields__]
    rows = connection.execute(select(*columns).where(*here).order_by(RECIPIENTS.c.address))
    return [Recipient(**row) for row in rows.mappings()]
