"""Identity of reports: a key of its own for each week, so that weeks cannot be linked to each other.

The key is derived from a random secret that never leaves; its public half makes the installation's id
of that week, so the id proves itself and needs no registration. Protocol v1 knows no proofs: there it is
one random number, which makes the reports pseudonymous.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
import hashlib
from secrets import token_bytes, token_hex
from typing import Final
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
import jwt
from sqlalchemy import Connection, delete

from ..store.marks import forget_for_good
from ..store.settings import get_setting, set_setting
from ..store.tables import usage_settings
from ..week import monday

_STABLE: Final = "installation_id"
_SECRET: Final = "identity_secret"  # noqa: S105 - the name of a setting
SECRETS: Final = (_SECRET,)
"""Settings that prove who we are: they leave the file only when the identity is asked for."""
_INFO: Final = b"printernizer-stats weekly key "
_PROOF_TYPE: Final = "printernizer-proof+jwt"
_UUID_BYTES: Final = 16
PLACEHOLDER: Final = str(UUID(int=0))
"""What a preview is from as long as there is no identity."""
_JTI_BYTES: Final = 16
_MINUTE_SECONDS: Final = 60
_COARSE_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class WeeklyIdentity:
    """The key of one ISO week."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""
        return self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> str:
        """The installation id of the week: a UUID (version 8) made of the public key's SHA-256."""
        digest = hashlib.sha256(self.public).digest()[:_UUID_BYTES]
        return str(UUID(bytes=digest, version=8))

    @property
    def seed(self) -> bytes:
        """The secret half, 32 bytes."""
        return self.key.private_bytes_raw()

    def prove(self, method: str, url: str, body: bytes, at: int) -> str:
        """Return a JWT that this key made this request with this body at this time (see `signing_time`)."""
        claims = {
            "iat": at,
            "jti": _base64url(token_bytes(_JTI_BYTES)),
            "htm": method,
            "htu": url,
            "body_sha256": hashlib.sha256(body).hexdigest(),
        }
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(self.public)}
        return jwt.encode(claims, self.key, "EdDSA", {"typ": _PROOF_TYPE, "jwk": jwk})


def signing_time(told: float | None, now: float) -> int:
    """Return the time to sign: the service's own, in whole minutes, if it has told it; else ours, in fives.

    A clock that is some seconds wrong is so for weeks, and would be recognized by it.
    """
    if told is not None:
        return int(told // _MINUTE_SECONDS) * _MINUTE_SECONDS
    return round(now / _COARSE_SECONDS) * _COARSE_SECONDS


def weekly(conn: Connection, day: date) -> WeeklyIdentity:
    """Return the identity of the ISO week that the day lies in; makes the secret when it is first needed."""
    secret = get_setting(conn, _SECRET)
    if secret is None:
        secret = token_hex(32)
        set_setting(conn, _SECRET, secret)
    return derive(bytes.fromhex(str(secret)), day)


def derive(secret: bytes, day: date) -> WeeklyIdentity:
    """Derive the key of the day's ISO week from the secret (HKDF with SHA-256)."""
    info = _INFO + monday(day).isoformat().encode()
    return from_seed(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret))


def stable_id(conn: Connection) -> str:
    """Return the random id for protocol v1, made when it is first needed; from no hardware, no account."""
    known = get_setting(conn, _STABLE)
    if known is None:
        known = str(uuid4())
        set_setting(conn, _STABLE, known)
    return str(known)


def ensure(conn: Connection, *, pseudonymous: bool) -> None:
    """Make what reports are from now on from, if it is not there yet: the secret, or the random id."""
    if pseudonymous:
        stable_id(conn)
    else:
        weekly(conn, date.min)


def look(conn: Connection, day: date | None) -> str:
    """Return the id of the day's week, or the random one (None), and make neither: else a placeholder."""
    if day is None:
        return str(get_setting(conn, _STABLE) or PLACEHOLDER)
    secret = get_setting(conn, _SECRET)
    return PLACEHOLDER if secret is None else derive(bytes.fromhex(str(secret)), day).id


def forget(conn: Connection) -> None:
    """Drop the secret and the random id; new ones are made when they are needed."""
    conn.execute(delete(usage_settings).where(usage_settings.c.key.in_((_STABLE, _SECRET))))
    forget_for_good(conn)


def replace(conn: Connection) -> None:
    """Take a new secret and a new random id, as far as there were any."""
    known = [make for key, make in _MADE.items() if get_setting(conn, key) is not None]
    forget(conn)
    for make in known:
        make(conn)


def from_seed(seed: bytes) -> WeeklyIdentity:
    """Return the identity whose secret half was kept."""
    return WeeklyIdentity(Ed25519PrivateKey.from_private_bytes(seed))


_MADE: Final[Mapping[str, Callable[[Connection], object]]] = {
    _STABLE: stable_id,
    _SECRET: lambda conn: weekly(conn, date.min),
}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
