"""`POST /submit`: a plain ASGI route in front of the framework, because most requests go here."""

from http import HTTPStatus
import json

from fastapi import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregation.body import Headers, read_json_body
from aggregation.door import refusal
from aggregation.errors import ServiceError, TooManyError
from aggregation.ingest.service import SUBMIT_PATH, IngestService, Submission
from aggregation.limits import NetworkLimit
from aggregation.protocol.fields import MAX_BODY_BYTES

_PROOF = b"proof "
_JSON = (b"content-type", b"application/json")


class SubmitRoute:
    """Answers `/submit` itself and hands everything else to the application."""

    def __init__(
        self, app: ASGIApp, service: IngestService, networks: NetworkLimit, *, behind_proxy: bool
    ) -> None:
        """Take the application, the service, the limit of networks, and whose word on addresses counts."""
        self._app = app
        self._service = service
        self._networks = networks
        self._behind_proxy = behind_proxy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] != SUBMIT_PATH:
            await self._app(scope, receive, send)
            return
        extra: dict[str, str] = {}
        try:
            body = await self._submit(scope, receive)
            status = HTTPStatus.OK
        except ServiceError as error:
            status, refused, extra = refusal(error)
            body = json.dumps(refused).encode()
        except HTTPException as error:
            body = json.dumps({"detail": error.detail}).encode()
            status, extra = HTTPStatus(error.status_code), dict(error.headers or {})
        headers = [_JSON, (b"content-length", b"%d" % len(body))]
        headers += [(name.lower().encode(), value.encode()) for name, value in extra.items()]
        await send({"type": "http.response.start", "status": int(status), "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _submit(self, scope: Scope, receive: Receive) -> bytes:
        """Return the answer to a report that is stored; raises ServiceError and HTTPException."""
        if scope["method"] != "POST":
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, "Method Not Allowed", {"Allow": "POST"})
        headers: Headers = dict(scope["headers"])
        address = client_address(scope, headers, behind_proxy=self._behind_proxy)
        if wait := self._networks.take(address):
            raise TooManyError("Too many requests", wait=wait)
        body = await read_json_body(headers, receive, MAX_BODY_BYTES)
        return await self._service.submit(_submission(headers, body, address))


def client_address(scope: Scope, headers: Headers, *, behind_proxy: bool) -> str:
    """Return the address of a client, to be forgotten at once; behind a proxy what that one appended."""
    if behind_proxy and (forwarded := headers.get(b"x-forwarded-for")):
        return forwarded.rpartition(b",")[2].strip().decode("latin-1")
    client: tuple[str, int] | None = scope.get("client")
    return client[0] if client else ""


def proof_of(authorization: bytes | None) -> str | None:
    """Return the proof of an Authorization header; None when there is none."""
    if authorization is None or authorization[: len(_PROOF)].lower() != _PROOF:
        return None
    return authorization[len(_PROOF) :].strip().decode("latin-1")


def _submission(headers: Headers, body: bytes, address: str) -> Submission:
    """Return a body with the headers that matter."""
    key = headers.get(b"x-api-key")
    return Submission(
        body=body,
        api_key=None if key is None else key.decode("latin-1"),
        proof=proof_of(headers.get(b"authorization")),
        address=address,
    )
