"""What a service says of itself, and whether a receipt is its own."""

from base64 import urlsafe_b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import jwt
import pytest

from custom_components.printernizer_stats.core.sharing import service_info
from custom_components.printernizer_stats.core.sharing.service_info import ServiceInfo
from custom_components.printernizer_stats.core.store import UsageStore

URL = "https://stats.example.com/submit"
CLAIMS = {"body_sha256": "ab" * 32, "received_day": "2026-11-22", "protocol": "2.0"}


def _key(kid: str) -> tuple[Ed25519PrivateKey, dict[str, str]]:
    key = Ed25519PrivateKey.generate()
    x = urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
    return key, {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA"}


def _sign(key: Ed25519PrivateKey, claims: dict[str, Any], kid: str = "k1") -> dict[str, Any]:
    return {**claims, "jws": jwt.encode(claims, key, "EdDSA", {"kid": kid})}


@pytest.mark.parametrize("answer", [{}, {"protocols": "2.0"}, {"receipt_keys": [{"kid": 1}]}])
def test_a_service_that_says_nothing_speaks_the_first_protocol(answer: dict[str, Any]) -> None:
    read = ServiceInfo.read("https://x.example/submit", answer)
    assert (read.protocol, read.receipt_keys) == ("1.0", ())


@pytest.mark.parametrize("text", ["", "a b", "\ud800", "k\n", "<b>", "ä", "k" * 129, None, 7])
@pytest.mark.parametrize("name", ["kid", "x"])
def test_a_key_that_has_not_the_form_of_one_is_none(name: str, text: object) -> None:
    _, jwk = _key("k1")
    assert ServiceInfo.read(URL, {"receipt_keys": [{**jwk, name: text}]}).receipt_keys == ()
    assert len(ServiceInfo.read(URL, {"receipt_keys": [jwk] * 99}).receipt_keys) == 16


def test_what_it_says_is_remembered_for_its_address_only(store: UsageStore) -> None:
    _, jwk = _key("k1")
    said = ServiceInfo.read(URL, {"protocols": ["1.0", "2.0", "9.9"], "receipt_keys": [jwk]})
    assert said.protocol == "2.0"
    assert not store.run(lambda conn: service_info.is_known(conn, URL)).result()
    store.run(lambda conn: service_info.save(conn, said)).result()
    assert store.run(lambda conn: service_info.load(conn, URL)).result() == said
    other = store.run(lambda conn: service_info.load(conn, "https://other.example/submit")).result()
    assert other.protocol == "1.0"
    assert store.run(lambda conn: service_info.is_known(conn, URL)).result()


def test_an_answer_that_forgets_a_protocol_is_not_believed(store: UsageStore) -> None:
    said = ServiceInfo.read(URL, {"protocols": ["1.0", "2.0"]})
    store.run(lambda conn: service_info.save(conn, said)).result()
    store.run(lambda conn: service_info.save(conn, ServiceInfo(endpoint=URL))).result()
    assert store.run(lambda conn: service_info.load(conn, URL)).result() == said


def test_a_receipt_is_signed_by_one_of_its_keys_and_says_nothing_else() -> None:
    key, jwk = _key("k1")
    stranger, _ = _key("k1")
    known = ServiceInfo.read(URL, {"receipt_keys": [_key("k0")[1], jwk]})
    assert known.is_signed(_sign(key, CLAIMS))
    assert not known.is_signed(_sign(stranger, CLAIMS))
    assert not known.is_signed(_sign(key, CLAIMS, kid="k7"))
    assert not known.is_signed({**_sign(key, CLAIMS), "received_day": "2026-11-23"})
    assert not known.is_signed(CLAIMS)
    assert not known.is_signed({**CLAIMS, "jws": "no token"})
