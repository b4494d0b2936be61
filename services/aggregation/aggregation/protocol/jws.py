"""Compact JWS (RFC 7515) with Ed25519 keys (RFC 8037): all that proofs and receipts need of it.

libsodium's Ed25519 takes half the time of OpenSSL's, and the general library more than both.
"""

import base64
from binascii import b2a_base64
from typing import NamedTuple

from nacl.bindings import (
    crypto_sign,
    crypto_sign_BYTES as SIGNATURE_LENGTH,
    crypto_sign_open,
    crypto_sign_PUBLICKEYBYTES as KEY_LENGTH,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

ALGORITHM = "EdDSA"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class InvalidTokenError(Exception):
    """The text is no token, or not one of the key."""


class Token(NamedTuple):
    """The parts of a token, decoded; nothing of it is verified."""

    header: bytes
    payload: bytes
    signed: bytes
    signature: bytes

    @classmethod
    def parse(cls, text: str) -> Token:
        """Return the parts of a token; raises InvalidTokenError."""
        try:
            header, payload, signature = text.split(".")
            return cls(decode(header), decode(payload), f"{header}.{payload}".encode(), decode(signature))
        except ValueError:
            raise InvalidTokenError from None

    def verify(self, public_key: bytes) -> None:
        """Check the signature with 32 bytes of a key; raises InvalidTokenError."""
        if len(public_key) != KEY_LENGTH or len(self.signature) != SIGNATURE_LENGTH:
            raise InvalidTokenError
        try:
            crypto_sign_open(self.signature + self.signed, public_key)
        except BadSignatureError:
            raise InvalidTokenError from None


class PrivateKey:
    """An Ed25519 key."""

    def __init__(self, seed: bytes) -> None:
        """Take the 32 bytes that the key is made of."""
        self.seed = seed
        self.public, self._secret = crypto_sign_seed_keypair(seed)

    def sign(self, header: str, payload: bytes) -> str:
        """Return a token; the header is encoded already, since it is the same for many."""
        signed = f"{header}.{encode(payload)}"
        signature = crypto_sign(signed.encode(), self._secret)[:SIGNATURE_LENGTH]
        return f"{signed}.{encode(signature)}"


def encode(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url without padding; raises ValueError for any other form."""
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise ValueError
    return data
