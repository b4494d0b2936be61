"""A small reference client of protocol 2.0."""

import base64
from datetime import date, timedelta
from hashlib import sha256
import json
import secrets
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import httpx
import jwt

from aggregation.protocol.proof import installation_id
from tests.support import END, MISSING, START, day

UNSIGNED = ("jws", "published_weeks")
"""What of a receipt its signature does not cover."""


def base64url(data: bytes) -> str:
    """Return bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def canonical(document: Any) -> bytes:
    """Return the bytes that are sent of a document."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


class WeeklyClient:
    """One installation in one week: a key, the id made of it, and what it sends."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        self.id = installation_id(self.public)

    def report(self, changes: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a report with all categories, changed at dotted paths."""
        document: dict[str, Any] = {
            "schema_version": "2.0",
            "installation": {
                "installation_id": self.id,
                "app_version": "0.2.0",
                "python_version": "3.14.2",
                "platform": "linux",
                "deployment_mode": "homeassistant",
                "country_code": "DE",
            },
            "period": {"start": day(START), "end": day(END), "duration_days": 7},
            "printer_fleet": {
                "printer_count": 2,
                "printer_types": ["bambu_lab", "prusa"],
                "printer_type_counts": {"bambu_lab": 1, "prusa": 1},
            },
            "usage_stats": {
                "job_count": 5,
                "completed_count": 4,
                "failed_count": 1,
                "uptime_hours": 168,
                "feature_usage": {"dashboard_enabled": True},
            },
            "error_summary": {"print_failed": 1},
            "consent": {
                "version": 1,
                "categories": ["base", "errors", "features", "printers", "usage"],
                "text_sha256": "ab" * 32,
            },
            "history": {
                "first_report": False,
                "weeks_since_previous_report": "1",
                "previous_app_version": "0.1.0",
                "age_bucket": "3-6m",
            },
        }
        for path, value in (changes or {}).items():
            *groups, name = path.split(".")
            level = document
            for group in groups:
                level = level[group]
            if value is MISSING:
                del level[name]
            else:
                level[name] = value
        return document

    def body(self, changes: dict[str, Any] | None = None) -> bytes:
        """Return the bytes of a report."""
        return canonical(self.report(changes))

    def proof(
        self,
        body: bytes,
        method: str = "POST",
        path: str = "/submit",
        header: dict[str, Any] | None = None,
        **claims: Any,
    ) -> str:
        """Return a proof for a request, changed in its claims or header."""
        payload = {
            "iat": int(time.time()),
            "jti": base64url(secrets.token_bytes(16)),
            "htm": method,
            "htu": str(self.http.base_url).rstrip("/") + path,
            "body_sha256": sha256(body).hexdigest(),
        } | claims
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": base64url(self.public)}
        headers = {"typ": "printernizer-proof+jwt", "jwk": jwk} | (header or {})
        return jwt.encode(payload, self.key, "EdDSA", headers)

    def submit(self, body: bytes | None = None, proof: str | None = None) -> httpx.Response:
        """Send a report."""
        body = self.body() if body is None else body
        headers = {"Authorization": f"Proof {proof or self.proof(body)}", "Content-Type": "application/json"}
        return self.http.post("/submit", content=body, headers=headers)

    def delete(self, proof: str | None = None) -> httpx.Response:
        """Delete the installation."""
        path = f"/installation/{self.id}"
        return self.http.delete(
            path, headers={"Authorization": f"Proof {proof or self.proof(b'', 'DELETE', path)}"}
        )


def receipt_is_signed(http: httpx.Client, receipt: dict[str, Any]) -> bool:
    """Tell whether a receipt's JWS holds its claims and is made with a key that the service lists."""
    claims = {name: value for name, value in receipt.items() if name not in UNSIGNED}
    kid = jwt.get_unverified_header(receipt["jws"])["kid"]
    (jwk,) = [key for key in http.get("/").json()["receipt_keys"] if key["kid"] == kid]
    return bool(jwt.decode(receipt["jws"], jwt.PyJWK(jwk), algorithms=["EdDSA"]) == claims)


def next_week(weeks: int = 1) -> dict[str, Any]:
    """Return the changes that move a report by so many weeks."""
    step = timedelta(weeks=weeks)
    start = date.fromisoformat(day(START)[:10]) + step
    return {"period.start": f"{start}T00:00:00Z", "period.end": f"{start + timedelta(weeks=1)}T00:00:00Z"}
