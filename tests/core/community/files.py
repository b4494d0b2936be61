"""Weekly files as a statistics service publishes them, and as others forge them."""

import base64
from collections.abc import Mapping
import hashlib
import json
from types import MappingProxyType
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import jwt

KEY: Final = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
STRANGER: Final = Ed25519PrivateKey.from_private_bytes(b"s" * 32)


def public(key: Ed25519PrivateKey) -> str:
    """Return the `x` of a key's JWK."""
    return base64.urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()


def numbers(
    tables: Mapping[str, dict[str, int]] = MappingProxyType({}), week: str = "2026-W47"
) -> dict[str, Any]:
    """Return the numbers of a week with these shares, of 1,000 homes."""
    return {
        "format": 1,
        "week": week,
        "homes": 1000,
        "keys": [public(KEY)],
        "tables": {
            name: {"week": week, "homes": 1000, "fewest": 10, "buckets": sorted(shares), "permille": shares}
            for name, shares in tables.items()
        },
    }


def signed(content: dict[str, Any], key: Ed25519PrivateKey = KEY) -> bytes:
    """Return the file of numbers."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    claims = {"week": content.get("week"), "numbers_sha256": hashlib.sha256(canonical).hexdigest()}
    jws = jwt.encode(claims, key, "EdDSA", {"kid": "public"})
    return json.dumps({"numbers": content, "jws": jws}).encode()
