"""The proof of protocol 2.0: a JWT signed by the key that an installation id is made of."""

import base64
import binascii
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
import jwt
import msgspec

ALGORITHM = "EdDSA"
TYPE = "printernizer-proof+jwt"
MAX_TOKEN = 2048
_OPTIONS: Any = {f"verify_{claim}": False for claim in ("exp", "nbf", "iat", "aud", "iss", "sub", "jti")}


class ProofError(Exception):
    """The proof proves nothing; the message says why and repeats no value."""


class _Jwk(msgspec.Struct, forbid_unknown_fields=True):
    """An Ed25519 public key as RFC 8037 writes it."""

    kty: Literal["OKP"]
    crv: Literal["Ed25519"]
    x: str


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    """The header of a proof."""

    alg: Literal["EdDSA"]
    typ: Literal["printernizer-proof+jwt"]
    jwk: _Jwk


class _Claims(msgspec.Struct):
    """The claims of a proof; others are ignored."""

    iat: int
    jti: str
    htm: str
    htu: str
    body_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The request that a proof must be made for."""

    method: str
    path: str
    body_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """Who made a request, and the number that makes the proof valid once."""

    installation_id: str
    jti: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Verifier:
    """Judges proofs; may be used by several threads."""

    public_url: str | None
    """How clients reach the service; None compares only the path."""
    skew: int
    """Seconds by which a client's clock may be wrong."""

    def verify(self, token: str, request: Request, now: float) -> Proven:
        """Return who signed a token for a request received at `now`; raises ProofError."""
        try:
            return self._verify(token, request, now)
        except (
            jwt.PyJWTError,
            msgspec.MsgspecError,
            UnsupportedAlgorithm,
            binascii.Error,
            RecursionError,
            ValueError,
        ):
            raise ProofError("The proof is invalid") from None

    def _verify(self, token: str, request: Request, now: float) -> Proven:
        """Do what `verify` does, with the errors of the libraries."""
        if len(token) > MAX_TOKEN:
            raise ProofError("The proof is too long")
        header = msgspec.json.decode(_decoded(token.partition(".")[0]), type=_Header)
        key = _decoded(header.jwk.x)
        payload = jwt.decode(token, Ed25519PublicKey.from_public_bytes(key), [ALGORITHM], _OPTIONS)
        claims = msgspec.convert(payload, _Claims)
        self._judge(claims, request, now)
        return Proven(installation_id=installation_id(key), jti=_number(claims.jti))

    def _judge(self, claims: _Claims, request: Request, now: float) -> None:
        """Compare what was signed with what came."""
        if claims.htm != request.method or not self._is_for(claims.htu, request.path):
            raise ProofError("The proof is for another request")
        if claims.body_sha256 != request.body_sha256:
            raise ProofError("The proof is for another body")
        if abs(claims.iat - now) > self.skew:
            raise ProofError(f"The proof is not of this time: more than {self.skew} s off; see Date")

    def _is_for(self, url: str, path: str) -> bool:
        """Tell whether a URL is the one of a path of this service."""
        if self.public_url is None:
            return urlsplit(url).path == path
        return url == self.public_url + path


def installation_id(public_key: bytes) -> str:
    """Return the installation id (a UUID of version 8) that an Ed25519 public key of 32 bytes stands for."""
    number = int.from_bytes(sha256(public_key).digest()[:16])
    number = number & ~(0xF << 76) | 0x8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=number))


def encoded(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    """Return the bytes of base64url without padding; raises ValueError when there is another form."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encoded(data) != text:
        raise ValueError
    return data


def _number(text: str) -> bytes:
    """Return the 16 to 32 bytes of a jti."""
    jti = _decoded(text)
    if not 16 <= len(jti) <= 32:
        raise ProofError("jti must be 16 to 32 random bytes")
    return jti
