"""From the bytes of a request to a durable, receipted submission."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, NamedTuple, Protocol

import msgspec
from msgspec import structs

from aggregation.clock import RETRY_SECONDS, Clock, ClockState
from aggregation.errors import ConflictError, GoneError, TooManyError, UnavailableError, UnprovenError
from aggregation.keys import Signers
from aggregation.limits import RateLimit, Replays
from aggregation.metrics import Metrics
from aggregation.protocol.columns import columns_of_values
from aggregation.protocol.fields import V1, V2
from aggregation.protocol.proof import Proof, ProofError, Proven, Request, Unproven, Verifier
from aggregation.protocol.receipts import Claims
from aggregation.protocol.report import READERS, UntimelyReportError, parse, require_canonical
from aggregation.protocol.rules import Untimely
from aggregation.quota import NetworkQuota
from aggregation.security import Access
from aggregation.storage.records import Acknowledged, Deleted, Deletion, KeyScope, Outcome, Report
from aggregation.weeks import report_week

SUBMIT_PATH = "/submit"
CLOCK_BEHIND = "The clock of this service is behind; nothing is taken in"
UNTIMELY = "By the clock of this service the period is in the future, or very long ago"
CONFLICT = "Another report was stored before for this installation and period"
NOT_THE_PROVEN = "The installation id is not the one of the proof's key"
GONE = "This installation was deleted; its reports are not taken in any more"
NUMBER_DIGITS = 13
"""Of the hash: as many as any reader of JSON takes for a whole number."""


class Storage(Protocol):
    """What ingest needs of the storage, and of the process that writes."""

    async def prove(self, proof: Proof) -> Proven | Unproven:
        """Judge a proof; raises StorageUnavailableError when nobody can, since then nothing is stored."""

    async def submit(self, report: Report) -> Acknowledged:
        """Store a report durably; raises StorageUnavailableError."""

    async def find(self, report: Report) -> Acknowledged | None:
        """Return what is stored for a report, or None when it would be new."""

    async def delete(self, deletion: Deletion) -> Deleted:
        """Delete an installation durably; raises StorageUnavailableError."""


class Submission(NamedTuple):
    """A body and the header values that came with it."""

    body: bytes
    api_key: str | None
    proof: str | None
    address: str
    """Of the client: to be forgotten at once."""


class Accepted(msgspec.Struct, tag_field="status", tag="success"):
    """The answer to a report that is stored."""

    submission_id: int
    receipt: Claims
    message: str = "Statistics submitted successfully"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How many new reports an installation may send, and how many of a network's are counted."""

    v1: RateLimit[str]
    v2: RateLimit[str]
    quota: NetworkQuota


class Prover:
    """Has proofs judged off the event loop, each at most once."""

    def __init__(self, storage: Storage, verifier: Verifier, replays: Replays) -> None:
        """Take where proofs are judged, what judges one, and the memory of those that were used."""
        self._storage = storage
        self._verifier = verifier
        self._replays = replays

    async def prove(self, token: str, request: Request, now: float) -> Proven:
        """Return who made a request; raises ProofError and StorageUnavailableError."""
        proof = Proof(token=token, request=request, now=now, verifier=self._verifier)
        verdict = await self._storage.prove(proof)
        if isinstance(verdict, Unproven):
            raise ProofError(verdict.reason)
        if not self._replays.is_new(verdict.jti):
            raise ProofError("The proof was used before")
        return verdict


class IngestService:
    """Takes in reports of both protocols."""

    def __init__(
        self,
        storage: Storage,
        access: Access,
        signers: Signers,
        prover: Prover,
        limits: Limits,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        """Take the parts that judge, store, sign, count and know the time."""
        self._storage = storage
        self._access = access
        self._signers = signers
        self._prover = prover
        self._limits = limits
        self._metrics = metrics
        self._clock = clock

    async def submit(self, submission: Submission) -> bytes:
        """Return the answer to a report once it is durable.

        Raises a ServiceError: nothing was stored then, or nothing new.
        """
        now = datetime.now(UTC)
        if (state := self._clock.state(now.date())) is ClockState.BEHIND:
            raise UnavailableError(CLOCK_BEHIND, wait=RETRY_SECONDS)
        is_v1 = submission.proof is None
        try:
            report = self._v1(submission, now) if is_v1 else await self._v2(submission, now)
        except UntimelyReportError as error:
            if error.untimely is Untimely.TOO_OLD and state is ClockState.PLAUSIBLE:
                raise
            raise UnavailableError(UNTIMELY, wait=RETRY_SECONDS) from None
        stored = await self._store(report, self._limits.v1 if is_v1 else self._limits.v2, submission.address)
        self._metrics.count_report(report.protocol, stored.outcome)
        return self._answer(stored)

    def _v1(self, submission: Submission, now: datetime) -> Report:
        """Return what is to be stored of a report of protocol 1.0."""
        document = parse(submission.body)
        if type(document) is dict and document.get("schema_version") == V2:
            raise UnprovenError("A report of protocol 2.0 needs a proof")
        self._access.check(submission.api_key, KeyScope.SUBMIT)
        values, notes = READERS[V1].read(document, now.timestamp())
        self._metrics.count_undeclared(notes)
        columns = columns_of_values(V1, values)
        content = sha256(msgspec.json.encode(columns, order="sorted")).hexdigest()
        return self._report(V1, values, columns, submission.body, now.date(), lambda _: content)

    async def _v2(self, submission: Submission, now: datetime) -> Report:
        """Return what is to be stored of a proven report of protocol 2.0."""
        document = parse(submission.body)
        require_canonical(document, submission.body)
        values, _ = READERS[V2].read(document, now.timestamp())
        report = self._report(
            V2, values, columns_of_values(V2, values), submission.body, now.date(), lambda body: body
        )
        request = Request(method="POST", path=SUBMIT_PATH, body_sha256=report.body_sha256)
        proven = await self._prover.prove(submission.proof or "", request, now.timestamp())
        if proven.installation_id != report.installation_id:
            raise UnprovenError(NOT_THE_PROVEN)
        return report

    def _report(
        self,
        protocol: str,
        values: Mapping[str, Any],
        columns: Mapping[str, Any],
        body: bytes,
        day: date,
        content: Callable[[str], str],
    ) -> Report:
        """Return a report with the hashes of its body and of what makes it the same."""
        digest = sha256(body).hexdigest()
        return Report(
            installation_id=values["installation.installation_id"],
            period_start=values["period.start"],
            protocol=protocol,
            body_sha256=digest,
            content_sha256=content(digest),
            received_day=day,
            receipt_kid=self._signers.current.active.kid,
            columns=columns,
        )

    async def _store(self, report: Report, limit: RateLimit[str], address: str) -> Acknowledged:
        """Return what is stored for a report; repeats of what is there cost nothing of the limit."""
        wait = limit.take(report.installation_id)
        if not wait:
            stored = await self._submit(report, limit, address)
        elif (found := await self._storage.find(report)) is not None:
            stored = found
        else:
            self._metrics.count_report(report.protocol, "limited")
            message = f"Rate limit exceeded. Maximum {limit.calls} submissions per hour."
            raise TooManyError(message, wait=wait)
        return stored

    async def _submit(self, report: Report, limit: RateLimit[str], address: str) -> Acknowledged:
        """Store a report that the limit has counted; undo that when nothing new was stored.

        When its network has had its share of the day it is counted apart.
        """
        end = report.columns["period_end"]
        assert isinstance(end, int)
        week = report_week(report.period_start, end)
        is_counted = self._limits.quota.take(address, week)
        if not is_counted:
            report = structs.replace(report, columns={**report.columns, "is_apart": True})
        is_new = False
        try:
            stored = await self._storage.submit(report)
            is_new = stored.outcome is Outcome.NEW
        finally:
            if not is_new:
                limit.give_back(report.installation_id)
                if is_counted:
                    self._limits.quota.give_back(address, week)
        if is_new and not is_counted:
            self._metrics.count_apart()
        return stored

    def _answer(self, stored: Acknowledged) -> bytes:
        """Return the body of the answer: the same for the same report sent again."""
        if stored.outcome is Outcome.CONFLICT:
            raise ConflictError(CONFLICT)
        if stored.outcome is Outcome.GONE:
            raise GoneError(GONE)
        return msgspec.json.encode(Accepted(number_of(stored.receipt), stored.receipt))


def number_of(receipt: Claims) -> int:
    """Return the number of a report, made of its bytes: one that is counted would tell of others."""
    return int(str(receipt["body_sha256"])[:NUMBER_DIGITS], 16)
