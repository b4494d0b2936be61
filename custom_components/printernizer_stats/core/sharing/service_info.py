"""Service information: what a statistics service speaks, and whether its receipts are its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
import hashlib
import re
from typing import Any, Final, Self

import jwt
from sqlalchemy import Connection

from ..dictionary import DICTIONARY
from ..store.settings import SERVICES, get_setting, set_setting
from .report import PROTOCOL_1, PROTOCOL_2, PROTOCOLS

_MAX_KEYS: Final = 16
_KEY_TEXT: Final = re.compile(r"[A-Za-z0-9._:~-]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceInfo:
    """One endpoint's protocols and the public keys (JWK) that it signs receipts with.

    `dictionary` is the version of the dictionary that it knows, `date` its clock (epoch seconds), if it has
    just said so.
    """

    endpoint: str
    protocols: tuple[str, ...] = (PROTOCOL_1,)
    receipt_keys: tuple[Mapping[str, str], ...] = ()
    dictionary: int = 1
    date: float | None = field(default=None, compare=False)

    @classmethod
    def read(cls, endpoint: str, answer: Mapping[str, Any]) -> Self:
        """Read the answer to `GET /`; a service that lists nothing speaks the first protocol."""
        protocols = answer.get("protocols")
        keys = answer.get("receipt_keys")
        dictionary = answer.get("dictionary")
        version = dictionary.get("version") if isinstance(dictionary, dict) else None
        return cls(
            endpoint=endpoint,
            protocols=tuple(
                known
                for known in PROTOCOLS
                if known == PROTOCOL_1 or (isinstance(protocols, list) and known in protocols)
            ),
            receipt_keys=tuple(
                {name: key[name] for name in ("kty", "crv", "x", "kid")}
                for key in (keys[:_MAX_KEYS] if isinstance(keys, list) else ())
                if _is_key(key)
            ),
            # No more than we know: what else it says must not come back in a later week.
            dictionary=min(version, DICTIONARY.version) if type(version) is int and version > 0 else 1,
        )

    @property
    def protocol(self) -> str:
        """The best protocol that both sides speak."""
        return self.protocols[-1]

    def is_agreed(self, *, pseudonymous: bool) -> bool:
        """Whether it speaks a protocol that was agreed to: the first one only if `pseudonymous` is."""
        return pseudonymous or self.protocol == PROTOCOL_2

    def is_signed(self, receipt: Mapping[str, Any]) -> bool:
        """Whether the receipt's signature is by one of the service's keys and covers all its claims."""
        claims = {name: value for name, value in receipt.items() if name != "jws"}
        try:
            kid = jwt.get_unverified_header(str(receipt["jws"]))["kid"]
            (key,) = (each for each in self.receipt_keys if each["kid"] == kid)
            signed = jwt.decode(str(receipt["jws"]), jwt.PyJWK(dict(key), "EdDSA"), ["EdDSA"])
        except jwt.PyJWTError, KeyError, ValueError:
            return False
        return bool(signed == claims)


def load(conn: Connection, endpoint: str) -> ServiceInfo:
    """Return what is known of the endpoint; the first protocol until it has answered once."""
    raw = _known(conn).get(endpoint)
    if raw is None:
        return ServiceInfo(endpoint=endpoint)
    return ServiceInfo(
        endpoint=endpoint,
        protocols=tuple(raw["protocols"]),
        receipt_keys=tuple(raw["receipt_keys"]),
        dictionary=raw.get("dictionary", 1),
    )


def known(conn: Connection, endpoint: str) -> ServiceInfo | None:
    """Return what the endpoint has said of itself, None when it never has."""
    return load(conn, endpoint) if is_known(conn, endpoint) else None


def is_known(conn: Connection, endpoint: str) -> bool:
    """Whether the endpoint has ever said what it speaks."""
    return endpoint in _known(conn)


def is_ready(conn: Connection, endpoint: str, *, pseudonymous: bool) -> bool:
    """Whether the endpoint has said what it speaks, and that was agreed to."""
    found = known(conn, endpoint)
    return found is not None and found.is_agreed(pseudonymous=pseudonymous)


def expected(conn: Connection, endpoint: str, *, pseudonymous: bool) -> ServiceInfo:
    """Return what is known of the endpoint; until it has said what may be used, what was agreed to."""
    if is_ready(conn, endpoint, pseudonymous=pseudonymous):
        return load(conn, endpoint)
    protocols = (PROTOCOL_1,) if pseudonymous else PROTOCOLS
    return ServiceInfo(endpoint=endpoint, protocols=protocols, dictionary=DICTIONARY.version)


def save(conn: Connection, service: ServiceInfo) -> None:
    """Remember what the endpoint said; what others said is needed for deletions there.

    An answer that forgets a protocol, or that receipts are signed, is not the service's: whoever stands in
    between must not bring back the one number that the first protocol has for all weeks, nor confirm
    anything without a signature.
    """
    before = load(conn, service.endpoint)
    if set(before.protocols) - set(service.protocols) or (before.receipt_keys and not service.receipt_keys):
        return
    raw = {
        "protocols": service.protocols,
        "receipt_keys": service.receipt_keys,
        "dictionary": service.dictionary,
    }
    set_setting(conn, SERVICES, {**_known(conn), service.endpoint: raw})


def _known(conn: Connection) -> dict[str, Any]:
    return get_setting(conn, SERVICES) or {}


def echoes(receipt: Mapping[str, Any], body: bytes) -> bool:
    """Whether the receipt names the hash of exactly these bytes."""
    return receipt.get("body_sha256") == hashlib.sha256(body).hexdigest()


def _is_key(key: object) -> bool:
    return isinstance(key, dict) and all(
        isinstance(text := key.get(name), str) and _KEY_TEXT.fullmatch(text)
        for name in ("kty", "crv", "x", "kid")
    )
