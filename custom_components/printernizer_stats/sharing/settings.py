"""What the user chose about sharing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingSettings:
    """Whether to share, and with which service."""

    share: bool
    endpoint: str
    client_key: str
