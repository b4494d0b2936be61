"""Alarm readers: who gets alarms by mail.

Those who chose alarms on the page about mails and have confirmed it. Until anybody has, those whom the
settings name; once somebody has, the page alone says who, also when nobody is left: off is off.
"""

from collections.abc import Sequence
import hashlib
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection

from aggregation.alerts.deliveries import MAIL
from aggregation.mails.recipients import ALARMS, has_alarm_readers, recipient, recipients

_OF_PAGE: Final = f"{MAIL}:#"
"""A channel of somebody on the page goes on with their number: who leaves and comes back is another one."""
_LANGUAGE: Final = "en"


class AlarmReader(Struct, frozen=True, kw_only=True):
    """Somebody whom an alarm is for."""

    address: str
    language: str = _LANGUAGE
    number: int | None = None
    """That of the recipient; None for one whom the settings name."""


class AlarmReaders:
    """Knows who gets alarms."""

    def __init__(self, named: Sequence[str]) -> None:
        """Take the addresses that the settings name."""
        self._named = {f"{MAIL}:{_hash(address)}": address for address in named}

    def channels(self, connection: Connection) -> list[str]:
        """Return the channel of each; none tells the address."""
        if not has_alarm_readers(connection):
            return sorted(self._named)
        return [f"{_OF_PAGE}{one.id}" for one in recipients(connection) if one.wants(ALARMS)]

    def reader(self, connection: Connection, channel: str) -> AlarmReader | None:
        """Return whose a channel is; None for one who does not want it any more."""
        if channel.startswith(_OF_PAGE):
            found = recipient(connection, int(channel.removeprefix(_OF_PAGE)))
            if found is None or not found.wants(ALARMS):
                return None
            return AlarmReader(address=found.address, language=found.language, number=found.id)
        address = None if has_alarm_readers(connection) else self._named.get(channel)
        return AlarmReader(address=address) if address else None


def _hash(address: str) -> str:
    """Return what tells an address apart, and does not tell it."""
    return hashlib.sha256(address.encode()).hexdigest()[:14]
