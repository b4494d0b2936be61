"""How sharing stands, as entities and pages show it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .client import Verdict


class Status(StrEnum):
    """How sharing stands, as a sensor shows it."""

    OFF = "off"
    SCHEDULED = "scheduled"
    SENT = "sent"
    UNREACHABLE = "unreachable"
    DELAYED = "delayed"
    KEY_REFUSED = "key_refused"
    PROOF_REFUSED = "proof_refused"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingState:
    """What is known of past and coming submissions; instants in epoch seconds."""

    status: Status = Status.OFF
    last: float | None = None
    next: float | None = None
    pending: int = 0


STATUS: Final = {
    Verdict.ACCEPTED: Status.SENT,
    Verdict.UNREACHABLE: Status.UNREACHABLE,
    Verdict.DELAYED: Status.DELAYED,
    Verdict.KEY_REFUSED: Status.KEY_REFUSED,
    Verdict.PROOF_REFUSED: Status.PROOF_REFUSED,
    Verdict.REJECTED: Status.REJECTED,
}
"""What an answer makes of it."""

AWAY: Final = (Status.UNREACHABLE, Status.DELAYED, Status.KEY_REFUSED, Status.PROOF_REFUSED)
"""The service takes no reports; they are kept."""
