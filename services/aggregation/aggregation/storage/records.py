"""What passes between the service and its storage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a report."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    GONE = "gone"


class Scope(StrEnum):
    """What an API key may do; a higher scope includes the lower ones."""

    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report to be stored; hashes are 64 hex digits, `period_start` is Unix seconds."""

    installation_id: str
    period_start: int
    protocol: str
    body_sha256: str
    content_sha256: str
    """What makes two reports of a period the same: of the body, or of the declared content in v1."""
    received_day: date
    receipt_kid: str
    columns: Mapping[str, object]
    """One value for each further column, `period_end` included; missing means NULL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What is stored for a report's installation and period; nothing when it is gone (number 0)."""

    outcome: Outcome
    submission_id: int
    protocol: str
    body_sha256: str
    received_day: date
    receipt_kid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deletion:
    """A request to delete an installation."""

    installation_id: str
    day: date
    signed: bool
    """Proven by the key of the id: leaves a tombstone even where nothing is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted:
    """How many submissions a deletion removed."""

    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRow:
    """An API key: only its SHA-256 (hex) is kept."""

    name: str
    scope: Scope
    sha256: str
    created_day: date
    revoked_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptKeyRow:
    """An Ed25519 key that signs receipts; the private key is 32 raw bytes in base64url."""

    kid: str
    private_key: str
    created_day: date
    retired_day: date | None = None
