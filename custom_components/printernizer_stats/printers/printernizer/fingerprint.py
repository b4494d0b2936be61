"""Fingerprints: keyed hashes (hex) by which two values can be compared and neither can be read.

The key is made anew at each start and never stored.
"""

from hashlib import blake2b
from secrets import token_bytes
from typing import Final

_KEY: Final = token_bytes(32)


def fingerprint(value: str) -> str:
    """Return the fingerprint of a value; upper and lower case are the same."""
    return blake2b(value.casefold().encode(errors="replace"), key=_KEY, digest_size=16).hexdigest()
