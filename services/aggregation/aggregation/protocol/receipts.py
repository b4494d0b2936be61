"""Receipts: what the service signs to say that it took in or deleted something."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.api_jws import PyJWS
import msgspec

from aggregation.protocol.proof import ALGORITHM, encoded

KID_LENGTH = 16
_JWS = PyJWS(algorithms=[ALGORITHM])

type Claims = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An Ed25519 key with its number, which is made of the public key (RFC 7638)."""

    kid: str
    private: Ed25519PrivateKey
    public: bytes

    @classmethod
    def of(cls, private: Ed25519PrivateKey) -> SigningKey:
        """Return a key with its number."""
        public = private.public_key().public_bytes_raw()
        thumb = msgspec.json.encode(_public_jwk(public), order="sorted")
        return cls(encoded(sha256(thumb).digest())[:KID_LENGTH], private, public)

    @property
    def jwk(self) -> dict[str, str]:
        """Return the public key for clients."""
        return _public_jwk(self.public) | {"kid": self.kid, "alg": ALGORITHM, "use": "sig"}


class Signer:
    """Signs with the newest key, or with the one that signed the same before."""

    def __init__(self, active: SigningKey, retired: Iterable[SigningKey] = ()) -> None:
        """Take the key for new receipts and those for repeated ones."""
        self.active = active
        self._keys = {key.kid: key for key in (*retired, active)}

    @property
    def jwks(self) -> list[dict[str, str]]:
        """Return all public keys, the active one first."""
        others = [key.jwk for key in self._keys.values() if key is not self.active]
        return [self.active.jwk, *others]

    def submission(self, body_sha256: str, day: date, protocol: str, kid: str | None = None) -> Claims:
        """Return the receipt of a body that was taken in on a day (UTC)."""
        claims: Claims = {
            "body_sha256": body_sha256,
            "protocol": protocol,
            "received_day": day.isoformat(),
        }
        return self._signed(claims, kid)

    def deletion(self, installation_id: str, count: int, day: date) -> Claims:
        """Return the receipt of a deletion on a day (UTC); the id itself is not in it."""
        claims: Claims = {
            "deleted_count": count,
            "deleted_day": day.isoformat(),
            "installation_sha256": sha256(installation_id.encode()).hexdigest(),
        }
        return self._signed(claims, None)

    def _signed(self, claims: Claims, kid: str | None) -> Claims:
        """Return claims with their signature: the same bytes for the same claims and key."""
        key = self._keys.get(kid or "", self.active)
        payload = msgspec.json.encode(claims, order="sorted")
        headers: dict[str, Any] = {"kid": key.kid}
        return claims | {"jws": _JWS.encode(payload, key.private, ALGORITHM, headers)}


def _public_jwk(public: bytes) -> dict[str, str]:
    """Return a public key as RFC 8037 writes it."""
    return {"crv": "Ed25519", "kty": "OKP", "x": encoded(public)}
