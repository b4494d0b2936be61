"""Prepared requests: reports of both protocols, each of an installation of its own."""

import base64
from datetime import UTC, datetime, timedelta
from hashlib import sha256
import json
import secrets
import time
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import jwt

from aggregation.protocol.proof import installation_id

KEY = "printernizer-stats-api-key"
_NOW = datetime.now(UTC)
_END = _NOW.date() - timedelta(days=_NOW.weekday())


def _report(identifier: str) -> dict[str, Any]:
    """Return a report of protocol 1.0 as our own client sends it."""
    return {
        "schema_version": "1.0",
        "installation": {
            "installation_id": identifier,
            "app_version": "0.2.0",
            "python_version": "3.14.2",
            "platform": "linux",
            "deployment_mode": "homeassistant",
            "country_code": "DE",
        },
        "period": {
            "start": f"{_END - timedelta(days=7)}T00:00:00Z",
            "end": f"{_END}T00:00:00Z",
            "duration_days": 7,
        },
        "printer_fleet": {
            "printer_count": 3,
            "printer_types": ["bambu_lab", "prusa"],
            "printer_type_counts": {"bambu_lab": 2, "prusa": 1},
        },
        "usage_stats": {
            "job_count": 23,
            "completed_count": 20,
            "failed_count": 2,
            "cancelled_count": 1,
            "print_hours": 77,
            "file_count": 18,
            "upload_count": 5,
            "uptime_hours": 168,
            "feature_usage": {"library_enabled": True, "timelapse_enabled": False},
        },
        "error_summary": {"connection_timeout": 2, "file_download_failed": 1},
    }


def _request(port: int, body: bytes, header: str) -> bytes:
    """Return the bytes of a whole HTTP request."""
    head = (
        f"POST /submit HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n{header}\r\n\r\n"
    )
    return head.encode() + body


def v1(port: int, count: int) -> list[bytes]:
    """Return so many requests of protocol 1.0."""
    bodies = (json.dumps(_report(str(uuid4()))).encode() for _ in range(count))
    return [_request(port, body, f"X-API-Key: {KEY}") for body in bodies]


def v2(port: int, count: int) -> list[bytes]:
    """Return so many requests of protocol 2.0, each with a key and a proof of its own."""
    return [_proven(port) for _ in range(count)]


def _proven(port: int) -> bytes:
    """Return one request of protocol 2.0."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    document = _report(installation_id(public)) | {
        "schema_version": "2.0",
        "consent": {
            "version": 1,
            "categories": ["base", "errors", "features", "printers", "usage"],
            "text_sha256": "ab" * 32,
        },
        "history": {
            "first_report": False,
            "weeks_since_previous_report": "1",
            "previous_app_version": "0.1.0",
            "age_bucket": "1-6m",
        },
    }
    body = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    claims = {
        "iat": int(time.time()),
        "jti": _base64url(secrets.token_bytes(16)),
        "htm": "POST",
        "htu": f"http://127.0.0.1:{port}/submit",
        "body_sha256": sha256(body).hexdigest(),
    }
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": _base64url(public)}
    proof = jwt.encode(claims, key, "EdDSA", {"typ": "printernizer-proof+jwt", "jwk": jwk})
    return _request(port, body, f"Authorization: Proof {proof}")


def _base64url(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
