"""Whatever a proof is, it is judged: one that fails otherwise would take others of its batch along."""

import json
from typing import Any

from hypothesis import example, given, strategies as st

from aggregation.protocol.jws import encode
from aggregation.protocol.proof import Proof, Request, Unproven, Verifier

HEADER = {
    "alg": "EdDSA",
    "typ": "printernizer-proof+jwt",
    "jwk": {"kty": "OKP", "crv": "Ed25519", "x": encode(bytes(32))},
}
CLAIMS = {
    "iat": 1_800_000_000,
    "jti": encode(bytes(16)),
    "htm": "POST",
    "htu": "http://a.invalid/submit",
    "body_sha256": "ab" * 32,
}
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300, max_value=10**320),
    st.floats(),
    st.text(),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(), st.integers(), max_size=2),
)


def judged(token: str) -> object:
    """Return what a token proves of a report of that time."""
    request = Request(method="POST", path="/submit", body_sha256="ab" * 32)
    verifier = Verifier(public_url=None, skew=300)
    return Proof(token=token, request=request, now=1_800_000_000.0, verifier=verifier).judged()


def signed(header: Any, claims: Any) -> str:
    """Return a token of any content; its signature is none."""
    return ".".join(
        (encode(json.dumps(header).encode()), encode(json.dumps(claims).encode()), encode(bytes(64)))
    )


@example(name="iat", value=10**400)
@example(name="iat", value=-(10**400))
@given(name=st.sampled_from(sorted(CLAIMS)), value=VALUES)
def test_any_claim_is_judged(name: str, value: Any) -> None:
    assert isinstance(judged(signed(HEADER, CLAIMS | {name: value})), Unproven)


@given(name=st.sampled_from(sorted(HEADER)), value=VALUES)
def test_any_header_is_judged(name: str, value: Any) -> None:
    assert isinstance(judged(signed(HEADER | {name: value}, CLAIMS)), Unproven)


@given(key=st.text() | st.binary(max_size=40).map(encode))
def test_any_key_is_judged(key: str) -> None:
    assert isinstance(judged(signed(HEADER | {"jwk": HEADER["jwk"] | {"x": key}}, CLAIMS)), Unproven)  # type: ignore[operator]


@given(token=st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_is_judged(token: str) -> None:
    assert isinstance(judged(token), Unproven)
