"""What passes between the service and its storage."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from msgspec import Struct

from aggregation.errors import UnavailableError
from aggregation.protocol.receipts import Claims


class StorageUnavailableError(UnavailableError):
    """Nothing was stored; the same request may succeed later."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Storage is unavailable")


class Outcome(StrEnum):
    """What became of a report."""

    NEW = "new"
    SAME = "same"
    CONFLICT = "conflict"
    GONE = "gone"


class KeyScope(StrEnum):
    """What an API key may do; a higher scope includes the lower ones."""

    SUBMIT = "submit"
    READ = "read"
    ADMIN = "admin"


class Report(Struct, frozen=True, kw_only=True):
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


class Stored(Struct, frozen=True, kw_only=True):
    """What is stored for a report's installation and period; nothing when it is gone (number 0)."""

    outcome: Outcome
    submission_id: int
    protocol: str
    body_sha256: str
    received_day: date
    receipt_kid: str


class Acknowledged(Struct, frozen=True):
    """What became of a report, with the number and the receipt of what is stored for its key."""

    outcome: Outcome
    submission_id: int
    receipt: Claims


class Deletion(Struct, frozen=True, kw_only=True):
    """A request to delete an installation."""

    installation_id: str
    day: date
    signed: bool
    """Proven by the key of the id: leaves a tombstone even where nothing is stored."""
    receipt_kid: str = ""


class Deleted(Struct, frozen=True, kw_only=True):
    """How many submissions a deletion removed, and when: what its receipt says, also when it is repeated."""

    count: int
    day: date
    receipt_kid: str = ""


class Work(Struct, kw_only=True):
    """What the process that writes has done since its start, and how it is."""

    is_writable: bool = True
    folds: int = 0
    folded: int = 0
    fold_seconds: float = 0.0
    put_aside: int = 0
    errors: int = 0
    last_error: str = ""
    batches: int = 0
    batched: int = 0
    batch_seconds: float = 0.0
    purge_pieces: int = 0
    purge_seconds: float = 0.0
    purged_ids: int = 0
    purged_raw: int = 0
    restarts: int = 0
    """How often the process was started again; told by who starts it."""


class Retention(Struct, frozen=True, kw_only=True):
    """For how many days reports are kept, and for how many the ids in them."""

    raw_days: int = 730
    id_days: int = 395


class PutAside(Struct, frozen=True, kw_only=True):
    """A report that could not be folded: nothing of what it says."""

    submission_id: int
    week: int
    protocol: str
    received_day: date
    error: str


class ApiKeyRow(Struct, frozen=True, kw_only=True):
    """An API key: only its SHA-256 (hex) is kept."""

    name: str
    scope: KeyScope
    sha256: str
    created_day: date
    revoked_day: date | None = None


class ReceiptKeyRow(Struct, frozen=True, kw_only=True):
    """An Ed25519 key that signs receipts; the private key is 32 raw bytes in base64url."""

    kid: str
    private_key: str
    created_day: date
    retired_day: date | None = None
