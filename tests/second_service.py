"""A small statistics service of the second protocol on the loopback network, for tests only."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
import hashlib
import json
from typing import Any
from uuid import UUID

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
import jwt

DAY = "2026-10-14"


@dataclass
class SecondService:
    """Checks proofs as the protocol says, signs receipts, keeps what it receives."""

    url: str = ""
    status: int = 200
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    signing: Ed25519PrivateKey | None = None
    received: dict[str, list[bytes]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    """How many reports each deletion removed: one that is repeated is answered as the first."""
    proofs: set[str] = field(default_factory=set)
    asked: int = 0
    hidden: bool = False
    """Somebody in between answers for the page that says what is spoken."""
    forgetful: bool = False
    """Do what is asked for, and lose the answer."""
    missing: bool = False
    """The page that says what is spoken is not there."""
    keyless: bool = False
    """Somebody in between says that receipts are not signed."""
    before_delete: Callable[[], Awaitable[None]] | None = None
    """What happens elsewhere while a deletion is asked for."""

    def application(self) -> web.Application:
        """Return the routes."""
        app = web.Application()
        app.router.add_get("/", self._root)
        app.router.add_post("/submit", self._submit)
        app.router.add_delete("/installation/{id}", self._delete)
        return app

    async def _root(self, _request: web.Request) -> web.Response:
        if self.missing:
            return web.Response(status=404)
        if self.hidden:
            return web.Response(text="log in first", status=511)
        x = urlsafe_b64encode(self.key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": "k1", "alg": "EdDSA", "use": "sig"}
        keys = [] if self.keyless else [jwk]
        return web.json_response({"protocols": ["1.0", "2.0"], "receipt_keys": keys})

    async def _submit(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.asked += 1
        if refusal := self._refusal(request, body):
            return web.json_response({}, status=refusal)
        kept = self.received.setdefault(_author(body), [])
        if body not in kept:
            kept.append(body)
        if self.forgetful:
            return web.json_response({}, status=502)
        digest = hashlib.sha256(body).hexdigest()
        claims = {"body_sha256": digest, "received_day": DAY, "protocol": "2.0"}
        return web.json_response({"submission_id": 1, "receipt": self._signed(claims)})

    def _refusal(self, request: web.Request, body: bytes) -> int | None:
        """Return the status of what is not taken, None for a report that is."""
        if body == b"{}":
            return 422
        if self.status != 200:
            return self.status
        author = _author(body)
        if author != self._proven(request, body):
            return 401
        if author in self.deleted:
            return 410
        kept = self.received.get(author, [])
        return 409 if body not in kept and _period(body) in map(_period, kept) else None

    async def _delete(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.before_delete is not None:
            await self.before_delete()
        if self.status != 200:
            return web.json_response({}, status=self.status)
        author = self._proven(request, b"")
        if author is None or author != request.match_info["id"]:
            return web.json_response({"detail": "proof"}, status=401)
        count = self.counts.setdefault(author, len(self.received.pop(author, [])))
        self.deleted.append(author)
        if self.forgetful:
            return web.json_response({}, status=502)
        claims = {
            "installation_sha256": hashlib.sha256(author.encode()).hexdigest(),
            "deleted_count": count,
            "deleted_day": DAY,
        }
        receipt = {**self._signed(claims), "published_weeks": "unchanged"}
        return web.json_response({"deleted_count": count, "receipt": receipt})

    def uploads(self) -> int:
        """Return how many uploads all reports together tell of."""
        bodies = [json.loads(body) for kept in self.received.values() for body in kept]
        return sum(body["usage_stats"]["upload_count"] for body in bodies)

    def _signed(self, claims: dict[str, Any]) -> dict[str, Any]:
        signed = jwt.encode(claims, self.signing or self.key, "EdDSA", {"kid": "k1"})
        return {**claims, "jws": signed}

    def _proven(self, request: web.Request, body: bytes) -> str | None:
        """Return the id of the key that signed the request; None for a proof of anything else."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Proof" or "X-API-Key" in request.headers:
            return None
        jwk = jwt.get_unverified_header(token)["jwk"]
        claims = jwt.decode(token, jwt.PyJWK(jwk, "EdDSA"), ["EdDSA"], {"verify_iat": False})
        if claims["jti"] in self.proofs:
            return None
        self.proofs.add(claims["jti"])
        wanted = {
            "htm": request.method,
            "htu": str(request.url),
            "body_sha256": hashlib.sha256(body).hexdigest(),
        }
        if {key: claims[key] for key in wanted} != wanted:
            return None
        public = urlsafe_b64decode(jwk["x"] + "=")
        return str(UUID(bytes=hashlib.sha256(public).digest()[:16], version=8))


def _period(body: bytes) -> str:
    return str(json.loads(body)["period"]["start"])


def _author(body: bytes) -> str:
    return str(json.loads(body)["installation"]["installation_id"])
