"""Weekly file: the public numbers with the signature that homes check, always the same bytes.

`{"jws": ..., "numbers": ...}`. The signed claims are the week and the SHA-256 of the numbers' canonical JSON.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from aggregation.keys import signing_key
from aggregation.public.numbers import Document
from aggregation.storage.records import ReceiptKeyRow

CHANGE_OF_KEYS: Final = timedelta(weeks=8)
"""So long the key before goes on to sign, while the file already names the one after it."""


class PublicKeys:
    """The key that signs a file, and those that homes may trust after it."""

    def __init__(self, rows: Sequence[ReceiptKeyRow], today: date) -> None:
        """Take the keys of the service, one of which is in use."""
        active = next(row for row in rows if row.retired_day is None)
        leaving = [row for row in rows if row.retired_day and row.retired_day + CHANGE_OF_KEYS > today]
        first = min(leaving, key=lambda row: (row.retired_day, row.kid), default=active)
        self.signing = signing_key(first)
        self.named = list(dict.fromkeys((self.signing.jwk["x"], signing_key(active).jwk["x"])))
        """The public keys that the file names, the signing one first."""


def canonical(numbers: Mapping[str, Any]) -> bytes:
    """Return the canonical JSON of numbers: sorted keys, no blanks."""
    return msgspec.json.encode(numbers, order="sorted")


def weekly_file(numbers: Document, keys: PublicKeys) -> str:
    """Return the file of a week."""
    named = {**numbers, "keys": keys.named}
    claims = {"week": numbers["week"], "numbers_sha256": sha256(canonical(named)).hexdigest()}
    signed = keys.signing.sign(claims)
    return msgspec.json.encode({"jws": signed["jws"], "numbers": named}, order="sorted").decode()


def numbers_of(file: str) -> Document:
    """Return the numbers of a file."""
    numbers: Document = msgspec.json.decode(file)["numbers"]
    return numbers
