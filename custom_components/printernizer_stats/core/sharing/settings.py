"""Sharing settings, as the user chose them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from ...const import (
    CONF_CLIENT_KEY,
    CONF_CONSENT,
    CONF_ENDPOINT,
    CONF_PSEUDONYMOUS,
    CONF_REFUSAL,
    CONF_SHARE,
    DEFAULT_CLIENT_KEY,
    DEFAULT_ENDPOINT,
)
from .endpoint import is_default

_TRACKABLE: Final = ("", "0", "false")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentAnswer:
    """What a person answered: to which dictionary version, for which categories, and the text they saw."""

    version: int
    text_sha256: str
    language: str
    categories: tuple[str, ...] = ()
    includes_past: bool = False

    @classmethod
    def read(cls, raw: Mapping[str, Any] | None) -> Self | None:
        """Return what the options hold (JSON types), None when nothing was answered."""
        return None if raw is None else cls(**{**raw, "categories": tuple(raw["categories"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingSettings:
    """Whether to share what, and with which service.

    `consent` is the last answer to sharing as a whole, `refusal` the last no to a newer dictionary. Sharing
    is paused when it was agreed to, and this machine asks not to be tracked. `pseudonymous` says that
    protocol 1 was agreed to for this endpoint.
    """

    share: bool
    endpoint: str
    client_key: str
    consent: ConsentAnswer | None = None
    refusal: ConsentAnswer | None = None
    paused: bool = False
    pseudonymous: bool = False

    @classmethod
    def of(cls, options: Mapping[str, Any], environment: Mapping[str, str]) -> Self:
        """Read the options; without an answer that was written down, nothing is shared."""
        consent = ConsentAnswer.read(options.get(CONF_CONSENT))
        agreed = bool(options.get(CONF_SHARE)) and consent is not None
        untracked = asks_not_to_track(environment)
        endpoint = options.get(CONF_ENDPOINT, DEFAULT_ENDPOINT)
        return cls(
            share=agreed and not untracked,
            endpoint=endpoint,
            client_key=options.get(CONF_CLIENT_KEY, DEFAULT_CLIENT_KEY),
            consent=consent,
            refusal=ConsentAnswer.read(options.get(CONF_REFUSAL)),
            paused=agreed and untracked,
            pseudonymous=options.get(CONF_PSEUDONYMOUS) == endpoint and not is_default(endpoint),
        )


def asks_not_to_track(environment: Mapping[str, str]) -> bool:
    """Whether the environment variable DO_NOT_TRACK is set to anything but nothing, 0 or false."""
    return environment.get("DO_NOT_TRACK", "").strip().lower() not in _TRACKABLE
