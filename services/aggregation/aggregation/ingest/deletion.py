"""`DELETE /installation/{id}`: everything of an installation goes, and does not come back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Security
from pydantic import BaseModel

from aggregation.errors import ForbiddenError, TooManyError, UnprovenError
from aggregation.ingest.openapi import EITHER_KEY_OR_PROOF
from aggregation.ingest.service import NOT_THE_PROVEN, Prover, Storage
from aggregation.ingest.submit import client_address, proof_of
from aggregation.keys import Signers
from aggregation.limits import NetworkLimit
from aggregation.protocol.proof import Request as ProvenRequest
from aggregation.protocol.rules import PROVEN_VERSION
from aggregation.protocol.strings import UUID
from aggregation.security import API_KEY_HEADER, Access
from aggregation.storage.records import Deleted, Deletion, KeyScope

NOTHING = sha256(b"").hexdigest()
_VERSION_AT = 14
_RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key or the proof is wrong"},
    403: {"description": "No key is given"},
    429: {"description": "Too many deletions; see `Retry-After`"},
    503: {"description": "Nothing was deleted; try again after `Retry-After` seconds"},
}


class DeletionReceipt(BaseModel):
    """What was deleted, signed as `jws`; the installation only by the SHA-256 of its id.

    `published_weeks` is not signed: it says what comes of the weeks that were published, which is nothing.
    """

    installation_sha256: str
    deleted_count: int
    deleted_day: str
    published_weeks: Literal["unchanged"] = "unchanged"
    jws: str


class DeletionAnswer(BaseModel):
    """The answer to a deletion that is durable."""

    status: Literal["success"] = "success"
    deleted_count: int
    message: str
    receipt: DeletionReceipt


class DeletionService:
    """Judges and carries out deletions."""

    def __init__(self, storage: Storage, access: Access, signers: Signers, prover: Prover) -> None:
        """Take the parts that judge, delete and sign."""
        self._storage = storage
        self._access = access
        self._signers = signers
        self._prover = prover

    async def authorize(self, request: Request, key: str | None, installation_id: str) -> bool:
        """Return whether a request is signed; raises ServiceError when it may not delete the id."""
        proof = proof_of(request.headers.get("authorization", "").encode("latin-1"))
        if proof is not None:
            await self._check_proof(request, proof, installation_id)
            return True
        self._access.check(key, KeyScope.SUBMIT)
        if UUID.fullmatch(installation_id) and installation_id[_VERSION_AT] == PROVEN_VERSION:
            raise UnprovenError("This installation is deleted with a signed proof")
        return False

    async def _check_proof(self, request: Request, proof: str, installation_id: str) -> None:
        """Raise UnprovenError unless the proof is made with the key of the id."""
        wanted = ProvenRequest(method="DELETE", path=request.url.path, body_sha256=NOTHING)
        proven = await self._prover.prove(proof, wanted, datetime.now(UTC).timestamp())
        if proven.installation_id != installation_id:
            raise UnprovenError(NOT_THE_PROVEN)

    async def delete(self, installation_id: str, *, signed: bool) -> DeletionAnswer:
        """Delete an installation and return the receipt; raises StorageUnavailableError."""
        signer = self._signers.current
        deleted = Deleted(count=0, day=datetime.now(UTC).date(), receipt_kid=signer.active.kid)
        if UUID.fullmatch(installation_id):
            deletion = Deletion(
                installation_id=installation_id,
                day=deleted.day,
                signed=signed,
                receipt_kid=deleted.receipt_kid,
            )
            deleted = await self._storage.delete(deletion)
        receipt = signer.deletion(installation_id, deleted.count, deleted.day, deleted.receipt_kid)
        return DeletionAnswer(
            deleted_count=deleted.count,
            message=f"Deleted {deleted.count} submissions for installation {installation_id}",
            receipt=DeletionReceipt.model_validate(receipt),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletionLimits:
    """How often a network may ask."""

    requests: NetworkLimit
    """All requests; wide, since it is taken before anything is known of who asks."""
    failures: NetworkLimit
    """Those that may not delete what they name."""
    empty: NetworkLimit
    """Those that find nothing to delete: each may leave a tombstone."""


def deletion_router(service: DeletionService, limits: DeletionLimits, *, behind_proxy: bool) -> APIRouter:
    """Return the route by which installations are deleted."""
    router = APIRouter(tags=["ingest"])

    @router.delete(
        "/installation/{installation_id}",
        responses=_RESPONSES,
        openapi_extra={"security": EITHER_KEY_OR_PROOF},
    )
    async def delete_installation(
        request: Request,
        installation_id: Annotated[str, Path(description="A UUID, as it was submitted")],
        key: Annotated[str | None, Security(API_KEY_HEADER)],
    ) -> DeletionAnswer:
        """Delete all that is stored of an installation, for good."""
        headers = dict(request.scope["headers"])
        address = client_address(request.scope, headers, behind_proxy=behind_proxy)
        _take(limits.requests, address)
        lowered = installation_id.lower()
        try:
            signed = await service.authorize(request, key, lowered)
        except UnprovenError, ForbiddenError:
            _take(limits.failures, address)
            raise
        return await _delete(service, limits.empty, address, lowered, signed=signed)

    return router


async def _delete(
    service: DeletionService, limit: NetworkLimit, address: str, installation_id: str, *, signed: bool
) -> DeletionAnswer:
    """Delete what is there, whatever neighbors ask for; only what finds nothing is limited."""
    wait = limit.take(address)
    answer = await service.delete(installation_id, signed=signed and not wait)
    if wait and not answer.deleted_count:
        raise _too_many(wait)
    if answer.deleted_count and not wait:
        limit.give_back(address)
    return answer


def _take(limit: NetworkLimit, address: str) -> None:
    """Count a request; raises TooManyError when it is one too many."""
    if wait := limit.take(address):
        raise _too_many(wait)


def _too_many(wait: float) -> TooManyError:
    """Return what tells when to come again."""
    return TooManyError("Too many deletions", wait=wait)
