"""Weekly keys: the id proves itself, and weeks have nothing in common."""

from datetime import date, timedelta
import hashlib
from uuid import UUID

from hypothesis import given, strategies as st
import jwt

from custom_components.printernizer_stats.core.sharing import identity
from custom_components.printernizer_stats.core.store import UsageStore

SECRET = bytes(range(32))
MONDAY = date(2026, 11, 16)


def test_one_key_a_week() -> None:
    monday, sunday = (identity.derive(SECRET, MONDAY + timedelta(days=day)) for day in (0, 6))
    following = identity.derive(SECRET, MONDAY + timedelta(days=7))
    assert monday.id == sunday.id
    assert following.id != monday.id
    assert following.public != monday.public
    assert identity.from_seed(monday.seed).id == monday.id


def test_the_id_is_made_of_the_public_key() -> None:
    author = identity.derive(SECRET, MONDAY)
    number = UUID(author.id)
    assert number.version == 8
    digest = bytearray(hashlib.sha256(author.public).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x80
    digest[8] = digest[8] & 0x3F | 0x80
    assert number.bytes == bytes(digest)


def test_a_proof_is_signed_by_the_key_that_it_names() -> None:
    author = identity.derive(SECRET, MONDAY)
    proof = author.prove("POST", "https://stats.example.com/submit", b"{}", 1795345200)
    header = jwt.get_unverified_header(proof)
    assert header["typ"] == "printernizer-proof+jwt"
    claims = jwt.decode(proof, jwt.PyJWK(header["jwk"], "EdDSA"), ["EdDSA"], {"verify_iat": False})
    assert claims.pop("jti") != ""
    assert claims == {
        "iat": 1795345200,
        "htm": "POST",
        "htu": "https://stats.example.com/submit",
        "body_sha256": hashlib.sha256(b"{}").hexdigest(),
    }
    again = author.prove("POST", "https://stats.example.com/submit", b"{}", 1795345200)
    assert again != proof, "each proof is good for once"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 5000), st.integers(1, 5000))
def test_weeks_of_one_home_look_like_weeks_of_any_two(secret: bytes, week: int, later: int) -> None:
    first = identity.derive(secret, MONDAY + timedelta(weeks=week))
    second = identity.derive(secret, MONDAY + timedelta(weeks=week + later))
    assert first.id != second.id


def test_the_secret_is_made_once_and_forgotten_on_request(store: UsageStore) -> None:
    first = store.run(lambda conn: identity.weekly(conn, MONDAY).id).result()
    assert store.run(lambda conn: identity.weekly(conn, MONDAY).id).result() == first
    number = store.run(identity.stable_id).result()
    assert store.run(identity.stable_id).result() == number
    store.run(identity.forget).result()
    assert store.run(lambda conn: identity.weekly(conn, MONDAY).id).result() != first
    assert store.run(identity.stable_id).result() != number
