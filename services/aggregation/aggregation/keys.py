"""The keys that the service makes: for callers, and for signing receipts."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
import os
from pathlib import Path
import secrets
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from aggregation.protocol.jws import decode, encode
from aggregation.protocol.receipts import Signer, SigningKey
from aggregation.storage.records import ApiKeyRow, KeyScope, ReceiptKeyRow

FIRST_ADMIN = "admin"


class ReceiptKeyStore(Protocol):
    """Where the keys of receipts are kept; every call blocks."""

    def ensure_receipt_key(self, row: ReceiptKeyRow) -> list[ReceiptKeyRow]:
        """Return all receipt keys; when there is none, keep this one first."""


class KeyStore(ReceiptKeyStore, Protocol):
    """Where all keys are kept; every call blocks."""

    def api_keys(self) -> list[ApiKeyRow]:
        """Return all API keys, revoked ones included."""

    def add_api_key(self, row: ApiKeyRow) -> None:
        """Keep a new API key; raises IntegrityError when the name is taken."""


def new_api_key(name: str, scope: KeyScope) -> tuple[str, ApiKeyRow]:
    """Return a new key as text, which is kept nowhere, and its row."""
    text = f"psk_{scope}_{secrets.token_urlsafe(32)}"
    row = ApiKeyRow(name=name, scope=scope, sha256=digest(text), created_day=datetime.now(UTC).date())
    return text, row


def digest(key: str) -> str:
    """Return what is kept of an API key: 256 random bits need no slow hash."""
    return sha256(key.encode()).hexdigest()


def announce_first_key(store: KeyStore, path: Path | None, announce: Callable[[str], None]) -> None:
    """Tell where the first admin key is when there has never been one; raises OSError. Blocks."""
    if any(row.scope is KeyScope.ADMIN for row in store.api_keys()):
        return
    if path is None:
        announce("There is no admin key; make one: aggregation keys create admin --scope admin")
    elif make_first_key(store, path):
        announce(f"A new admin key is in the file {path}")


def make_first_key(store: KeyStore, path: Path) -> bool:
    """Make an admin key, which only the owner of a file can read there; tell whether it is the first."""
    text, row = new_api_key(FIRST_ADMIN, KeyScope.ADMIN)
    unfinished = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")
    try:
        store.add_api_key(row)
    except IntegrityError:  # another process was first
        unfinished.unlink()
        return False
    unfinished.replace(path)
    return True


def new_receipt_key() -> ReceiptKeyRow:
    """Return a new key for receipts."""
    seed = secrets.token_bytes(32)
    return ReceiptKeyRow(
        kid=SigningKey(seed).kid, private_key=encode(seed), created_day=datetime.now(UTC).date()
    )


class Signers:
    """The receipt keys that are valid now."""

    def __init__(self, store: ReceiptKeyStore) -> None:
        """Take where keys are kept; makes the first one when there is none. Blocks."""
        self._store = store
        self.load()

    def load(self) -> None:
        """Read the keys anew. Blocks: never call it on the event loop."""
        self.current = make_signer(self._store.ensure_receipt_key(new_receipt_key()))


def make_signer(rows: Sequence[ReceiptKeyRow]) -> Signer:
    """Return what signs with the newest of the keys that are not retired."""
    ordered = sorted(rows, key=lambda row: (row.retired_day is None, row.created_day, row.kid))
    *others, active = [signing_key(row) for row in ordered]
    return Signer(active, others)


def signing_key(row: ReceiptKeyRow) -> SigningKey:
    """Return the key of a row."""
    return SigningKey(decode(row.private_key))
