"""How often somebody may call. Everything is in memory and gone with the process."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address
import re
import secrets
from socket import AF_INET, inet_pton
import time

CAPACITY = 500_000
"""Keys that a limit remembers; above it the oldest are forgotten, so that memory has a bound."""
HOUR = 3600.0
ROUNDING = 1e-6
_PORT = re.compile(r"(?:\[(.*)\]|([0-9.]+))(?::[0-9]{1,5})?")
"""An address as some proxies write it: in brackets, or with a port."""
_NETWORK_BYTES = {4: 3, 6: 7}


class RateLimit[Key]:
    """So many calls in so many seconds for each key (GCRA): all at once, or evenly spread."""

    def __init__(
        self,
        calls: int,
        seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        capacity: int = CAPACITY,
    ) -> None:
        """Take the limit, 0 for none, and a clock in seconds."""
        self.calls = calls
        self._interval = seconds / calls if calls else 0.0
        self._slack = seconds - self._interval
        self._clock = clock
        self._capacity = capacity
        self._full_at: dict[Key, float] = {}

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._full_at)

    def take(self, key: Key) -> float:
        """Count one call; return 0, or the seconds to wait when it was one too many."""
        if not self.calls:
            return 0.0
        now = self._clock()
        full_at = max(self._full_at.pop(key, now), now)
        wait = full_at - now - self._slack
        self._full_at[key] = full_at if wait > ROUNDING else full_at + self._interval
        if len(self._full_at) > self._capacity:
            self._forget(now)
        return wait if wait > ROUNDING else 0.0

    def give_back(self, key: Key) -> None:
        """Undo one counted call."""
        if key in self._full_at:
            self._full_at[key] -= self._interval

    def clear(self) -> None:
        """Forget everything."""
        self._full_at.clear()

    def _forget(self, now: float) -> None:
        """Drop what has no effect any more, and the oldest half when that is not enough."""
        self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        surplus = len(self._full_at) - self._capacity // 2
        for key in list(self._full_at)[: max(surplus, 0)]:
            del self._full_at[key]


class NetworkLimit:
    """A rate limit for networks (/24, /56) that holds no address: a MAC (keyed BLAKE2b) with a daily salt."""

    def __init__(self, calls: int, seconds: float) -> None:
        """Take the limit, 0 for none."""
        self.limit = RateLimit[bytes](calls, seconds)
        self._day = datetime.min.replace(tzinfo=UTC).date()
        self._salt = b""

    def take(self, address: str) -> float:
        """Count one call; return 0, or the seconds to wait when it was one too many."""
        today = datetime.now(UTC).date()
        if today != self._day:
            self._day, self._salt = today, secrets.token_bytes(32)
            self.limit.clear()
        return self.limit.take(self._key(address))

    def give_back(self, address: str) -> None:
        """Undo one counted call."""
        self.limit.give_back(self._key(address))

    def _key(self, address: str) -> bytes:
        """Return what stands for a network today."""
        return blake2b(network(address), key=self._salt, digest_size=16).digest()


def network(address: str) -> bytes:
    """Return what the addresses of a network have in common; empty when it is no address."""
    try:  # nearly all are written like this
        return inet_pton(AF_INET, address)[: _NETWORK_BYTES[4]]
    except OSError, ValueError:
        return _other_network(address)


def _other_network(address: str) -> bytes:
    """Return the network of an address that is no plain one of version 4."""
    if found := _PORT.fullmatch(address.strip('"')):
        address = found[1] or found[2] or ""
    try:
        ip = ip_address(address)
    except ValueError:
        return b""
    if isinstance(ip, IPv6Address):
        ip = _inner(ip)
    return ip.packed[: _NETWORK_BYTES[ip.version]]


def _inner(ip: IPv6Address) -> IPv4Address | IPv6Address:
    """Return the address of version 4 that one of version 6 was made of (mapped, 6to4, Teredo), else itself.

    Whoever has one of those has a whole network of these.
    """
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else ip)


class Replays:
    """Numbers that were used already; each is remembered for at least so many seconds."""

    def __init__(
        self, seconds: float, *, clock: Callable[[], float] = time.monotonic, capacity: int = CAPACITY
    ) -> None:
        """Take how long a number must not come again."""
        self._seconds = seconds
        self._clock = clock
        self._capacity = capacity
        self._turned_at = clock()
        self._older: set[bytes] = set()
        self._newer: set[bytes] = set()

    def is_new(self, number: bytes) -> bool:
        """Remember a number; return whether it was unknown."""
        if self._clock() - self._turned_at > self._seconds or len(self._newer) >= self._capacity:
            quiet = self._clock() - self._turned_at > 2 * self._seconds
            self._older = set() if quiet else self._newer
            self._newer = set()
            self._turned_at = self._clock()
        if number in self._newer or number in self._older:
            return False
        self._newer.add(number)
        return True
