"""Sharing status, as entities and pages show it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .api import Verdict


class Status(StrEnum):
    """How sharing stands, as a sensor shows it."""

    OFF = "off"
    PAUSED = "paused"
    SCHEDULED = "scheduled"
    SENT = "sent"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    KEY_REFUSED = "key_refused"
    PROOF_REFUSED = "proof_refused"
    REJECTED = "rejected"
    HELD = "held"
    RENEWED = "renewed"
    UNAGREED = "unagreed"
    UNTRUSTED = "untrusted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingState:
    """What is known of past and coming submissions; instants in epoch seconds.

    `pending` reports wait, `parked` ones were refused for good, `dropped` ones waited too long; `bytes_sent`
    is the size of the bodies of all attempts ever, `deletions` is how many no service has confirmed yet.
    """

    status: Status = Status.OFF
    last: float | None = None
    next: float | None = None
    pending: int = 0
    parked: int = 0
    dropped: int = 0
    bytes_sent: int = 0
    deletions: int = 0


STATUS: Final = {
    Verdict.ACCEPTED: Status.SENT,
    Verdict.UNREACHABLE: Status.UNREACHABLE,
    Verdict.DELAYED: Status.DELAYED,
    Verdict.KEY_REFUSED: Status.KEY_REFUSED,
    Verdict.PROOF_REFUSED: Status.PROOF_REFUSED,
    Verdict.REJECTED: Status.REJECTED,
    Verdict.HELD: Status.HELD,
    Verdict.UNAGREED: Status.UNAGREED,
    Verdict.CONFLICT: Status.RENEWED,
    Verdict.UNTRUSTED: Status.UNTRUSTED,
}
"""What an answer makes of it."""

AWAY: Final = (
    Status.UNREACHABLE,
    Status.DELAYED,
    Status.KEY_REFUSED,
    Status.PROOF_REFUSED,
    Status.UNAGREED,
    Status.UNTRUSTED,
)
"""The service takes no reports; they are kept."""
