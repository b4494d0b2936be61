"""The proof of protocol 2.0: a JWT signed by the key that an installation id is made of."""

from hashlib import sha256
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from aggregation.errors import UnprovenError
from aggregation.protocol.jws import InvalidTokenError, Token, decode

MAX_TOKEN = 2048
MIN_JTI, MAX_JTI = 16, 32
MAX_SECONDS = 2**53
"""A number that no clock shows; of longer ones no difference can be taken."""


class ProofError(UnprovenError):
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

    iat: Annotated[int, msgspec.Meta(ge=0, le=MAX_SECONDS)]
    jti: str
    htm: str
    htu: str
    body_sha256: str


class Request(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """The request that a proof must be made for."""

    method: str
    path: str
    body_sha256: str


class Proven(msgspec.Struct, frozen=True, kw_only=True, tag=True, array_like=True):
    """Who made a request, and the number that makes the proof valid once."""

    installation_id: str
    jti: bytes


class Unproven(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """Why a proof proves nothing."""

    reason: str


class Verifier(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Judges proofs; may be used by several threads."""

    public_url: str | None
    """How clients reach the service; None compares only the path."""
    skew: int
    """Seconds by which a client's clock may be wrong."""

    def verify(self, token: str, request: Request, now: float) -> Proven:
        """Return who signed a token for a request received at `now`; raises ProofError."""
        try:
            return self._verify(token, request, now)
        except InvalidTokenError, msgspec.MsgspecError, RecursionError, ValueError:
            raise ProofError("The proof is invalid") from None

    def _verify(self, text: str, request: Request, now: float) -> Proven:
        """Do what `verify` does, with the errors of the parts; the signature costs most and comes last."""
        if len(text) > MAX_TOKEN:
            raise ProofError("The proof is too long")
        token = Token.parse(text)
        header = msgspec.json.decode(token.header, type=_Header)
        claims = msgspec.json.decode(token.payload, type=_Claims)
        self._judge(claims, request, now)
        number = _number(claims.jti)
        key = decode(header.jwk.x)
        token.verify(key)
        return Proven(installation_id=installation_id(key), jti=number)

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


class Proof(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A token with all that it is judged by, wherever that is done: a signature takes its time."""

    token: str
    request: Request
    now: float
    """When the request was received, in Unix seconds."""
    verifier: Verifier

    def judged(self) -> Proven | Unproven:
        """Return who made the request, or why that is not proven."""
        try:
            return self.verifier.verify(self.token, self.request, self.now)
        except ProofError as error:
            return Unproven(str(error))


def installation_id(public_key: bytes) -> str:
    """Return the installation id (a UUID of version 8) that an Ed25519 public key of 32 bytes stands for."""
    number = int.from_bytes(sha256(public_key).digest()[:16])
    number = number & ~(0xF << 76) | 0x8 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=number))


def _number(text: str) -> bytes:
    """Return the 16 to 32 bytes of a jti."""
    jti = decode(text)
    if not MIN_JTI <= len(jti) <= MAX_JTI:
        raise ProofError("jti must be 16 to 32 random bytes")
    return jti
