"""How many homes of a network are counted: ids cost nothing, networks do.

A home that comes when its network has had its share of the day is stored and acknowledged as any other,
and counted apart from the rest: it loses nothing, and moves no figure. Everything is in memory and gone with
the day.
"""

from collections import Counter
from datetime import UTC, date, datetime
from hashlib import blake2b
from ipaddress import ip_address
import secrets
from typing import NamedTuple

from aggregation.limits import CAPACITY, network

SHARE = 500
"""A network has a share of one in 500 of the homes of a week, each day; see docs/service/made_up_homes.md."""
_FULL_BYTES = {3: 4, 7: 16}
"""The length of a whole address by that of its network (/24, /56)."""
_V4_BYTES = 3
_PUBLIC = frozenset(first for first in range(256) if ip_address(bytes((first, 0, 0, 0))).is_global)
_MIXED = frozenset({100, 169, 172, 192, 198, 203})
"""What addresses of version 4 begin with that are public; and of which some are. Judging one takes long."""


class _Level(NamedTuple):
    """Homes that share a beginning of their addresses, and how many shares they have."""

    bytes_of: dict[int, int]
    factor: int
    of_a_week: bool
    """Of those whose reports are about the same week: a home brings several weeks after a time offline."""


_LEVELS = (
    _Level({3: 3, 7: 6}, 1, of_a_week=True),
    _Level({3: 3, 7: 6}, 8, of_a_week=False),
    _Level({3: 2, 7: 4}, 16, of_a_week=True),
)
"""/24 and /48, and beyond them /16 and /32: whoever has one of those has many of the others."""


class NetworkQuota:
    """Counts homes by network, by a MAC (keyed BLAKE2b) of its address with a salt of the day."""

    def __init__(self, least: int, *, capacity: int = CAPACITY) -> None:
        """Take how many a network may have at least, 0 for any number."""
        self._least = least
        self._capacity = capacity
        self._day = date.min
        self._salt = b""
        self._taken: Counter[bytes] = Counter()
        self.homes = 0
        """How many there are in a week."""

    @property
    def share(self) -> int:
        """Return how many homes of a network are counted in a day, about the same week."""
        return max(self._least, self.homes // SHARE)

    def take(self, address: str, week: int) -> bool:
        """Tell whether one more home of a network is counted, and count it."""
        keys = self._keys(address, week)
        if not keys:
            return True
        if any(self._taken[key] >= self.share * level.factor for key, level in keys.items()):
            return False
        self._taken.update(keys.keys())
        if len(self._taken) > self._capacity:
            self._taken = Counter(dict(self._taken.most_common(self._capacity // 2)))
        return True

    def give_back(self, address: str, week: int) -> None:
        """Undo one that was counted."""
        self._taken.subtract(key for key in self._keys(address, week) if self._taken[key])

    def _keys(self, address: str, week: int) -> dict[bytes, _Level]:
        """Return what stands for the networks of an address today; nothing for one of no public network."""
        today = datetime.now(UTC).date()
        if today != self._day:
            self._day, self._salt = today, secrets.token_bytes(32)
            self._taken.clear()
        start = network(address)
        if not self._least or not start or not _is_public(start):
            return {}
        return {self._key(start, level, week): level for level in _LEVELS}

    def _key(self, start: bytes, level: _Level, week: int) -> bytes:
        """Return what stands for the networks of one level."""
        named = b"%b %d %d" % (
            start[: level.bytes_of[len(start)]],
            level.factor,
            week if level.of_a_week else -1,
        )
        return blake2b(named, key=self._salt, digest_size=16).digest()


def _is_public(start: bytes) -> bool:
    """Tell whether a network is one of the internet: others are ours, or those of a proxy."""
    if len(start) == _V4_BYTES and start[0] not in _MIXED:
        return start[0] in _PUBLIC
    return ip_address(start.ljust(_FULL_BYTES[len(start)], b"\0")).is_global
