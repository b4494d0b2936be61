"""Receipts: what the service signs to say that it took in or deleted something."""

from collections.abc import Iterable, Set as AbstractSet
from datetime import date
from hashlib import sha256

import msgspec

from aggregation.protocol.jws import ALGORITHM, PrivateKey, encode

KID_LENGTH = 16
TYPE = "printernizer-receipt+jwt"

type Claims = dict[str, str | int]


class SigningKey:
    """An Ed25519 key with its number, which is made of the public key (RFC 7638)."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes that the key is made of."""
        self._key = PrivateKey(seed)
        public = {"crv": "Ed25519", "kty": "OKP", "x": encode(self._key.public)}
        self.kid = encode(sha256(msgspec.json.encode(public)).digest())[:KID_LENGTH]
        self.jwk = public | {"kid": self.kid, "alg": ALGORITHM, "use": "sig"}
        self._header = encode(msgspec.json.encode({"alg": ALGORITHM, "kid": self.kid, "typ": TYPE}))

    def sign(self, claims: Claims) -> Claims:
        """Return claims with their signature: the same bytes for the same claims."""
        payload = msgspec.json.encode(claims, order="sorted")
        return claims | {"jws": self._key.sign(self._header, payload)}


class Signer:
    """Signs with the newest key, or with the one that signed the same before."""

    def __init__(self, active: SigningKey, retired: Iterable[SigningKey] = ()) -> None:
        """Take the key for new receipts and those for repeated ones."""
        self.active = active
        self._keys = {key.kid: key for key in (*retired, active)}

    @property
    def kids(self) -> AbstractSet[str]:
        """Return the numbers of all keys."""
        return self._keys.keys()

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

    def deletion(self, installation_id: str, count: int, day: date, kid: str | None = None) -> Claims:
        """Return the receipt of a deletion on a day (UTC); the id itself is not in it."""
        claims: Claims = {
            "deleted_count": count,
            "deleted_day": day.isoformat(),
            "installation_sha256": sha256(installation_id.encode()).hexdigest(),
        }
        return self._signed(claims, kid)

    def _signed(self, claims: Claims, kid: str | None) -> Claims:
        """Return claims signed with the key of a number, else with the active one."""
        return self._keys.get(kid or "", self.active).sign(claims)
