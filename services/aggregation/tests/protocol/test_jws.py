"""Our tokens and those of a general library are the same."""

import base64
import json
from pathlib import Path
import secrets

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st
import jwt
import pytest

from aggregation.protocol.jws import InvalidTokenError, PrivateKey, Token, decode, encode
from aggregation.protocol.proof import installation_id

SEED = bytes(range(32))
HEADER = encode(b'{"alg":"EdDSA","typ":"JWT"}')


def test_library_reads_what_we_sign() -> None:
    key = PrivateKey(SEED)
    other = Ed25519PrivateKey.from_private_bytes(SEED).public_key()
    assert other.public_bytes_raw() == key.public
    token = key.sign(HEADER, b'{"a":1}')
    assert jwt.decode(token, other, algorithms=["EdDSA"]) == {"a": 1}
    assert token == key.sign(HEADER, b'{"a":1}')


def test_we_read_what_the_library_signs() -> None:
    other = Ed25519PrivateKey.generate()
    token = Token.parse(jwt.encode({"a": 1}, other, "EdDSA"))
    token.verify(other.public_key().public_bytes_raw())
    assert json.loads(token.payload) == {"a": 1}


def test_one_changed_bit() -> None:
    key = PrivateKey(SEED)
    header, payload, signature = key.sign(HEADER, b"{}").split(".")
    for position in range(64):
        data = bytearray(decode(signature))
        data[position] ^= 1 << secrets.randbelow(8)
        with pytest.raises(InvalidTokenError):
            Token.parse(f"{header}.{payload}.{encode(bytes(data))}").verify(key.public)
    with pytest.raises(InvalidTokenError):
        Token.parse(f"{header}.{encode(b'[]')}.{signature}").verify(key.public)
    with pytest.raises(InvalidTokenError):
        Token.parse(f"{header}.{payload}.{signature}").verify(PrivateKey(bytes(32)).public)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33), bytes(32), b"\xff" * 32, b"\x01" + bytes(31)])
def test_keys_that_are_none(key: bytes) -> None:
    token = PrivateKey(SEED).sign(HEADER, b"{}")
    forged = f"{HEADER}.{encode(b'{}')}.{encode(b'\x01' + bytes(63))}"
    for text in (token, forged):
        with pytest.raises(InvalidTokenError):
            Token.parse(text).verify(key)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a.b", "a.b.c.d", "a.b.c", "é.é.é", "YQ==.YQ.YQ", "YR.YQ.YQ", "Y Q.YQ.YQ"]
)
def test_texts_that_are_no_token(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        Token.parse(text).verify(PrivateKey(SEED).public)


@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    with pytest.raises(InvalidTokenError):
        Token.parse(text).verify(PrivateKey(SEED).public)


@given(st.binary())
def test_base64url(data: bytes) -> None:
    assert decode(encode(data)) == data
    assert encode(data) == base64.urlsafe_b64encode(data).decode().rstrip("=")


def test_example_of_the_documentation() -> None:
    key = PrivateKey(SEED)
    text = (Path(__file__).parents[4] / "docs" / "service" / "protocol_v2.md").read_text()
    assert f"| `{encode(key.public)}` | `{installation_id(key.public)}` |" in text
