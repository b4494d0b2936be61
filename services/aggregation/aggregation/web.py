"""What is special about the web application: its OpenAPI document, and CORS beside the busiest route."""

from collections.abc import Sequence
from http import HTTPStatus
import logging
from typing import Any, override

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aggregation.body import read_body
from aggregation.door import refusal
from aggregation.errors import ServiceError
from aggregation.ingest.openapi import PROOF_SCHEME, SUBMIT_OPERATION, SUBMIT_SCHEMAS
from aggregation.ingest.service import SUBMIT_PATH
from aggregation.observability import failure, route_of
from aggregation.protocol.fields import MAX_BODY_BYTES
from aggregation.storage.engine import reason
from aggregation.storage.records import StorageUnavailableError

LOGGER = logging.getLogger(__name__)


class AggregationApp(FastAPI):
    """FastAPI, with `/submit` in its OpenAPI document: that route is not FastAPI's."""

    def __init__(self, **options: Any) -> None:
        """Take what FastAPI takes."""
        super().__init__(**options)
        self.add_exception_handler(SQLAlchemyError, _unavailable)
        self.add_exception_handler(ServiceError, _refused)
        self.add_exception_handler(Exception, _failed)

    @override
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"] = {SUBMIT_PATH: {"post": SUBMIT_OPERATION}} | document["paths"]
            document["components"]["schemas"].update(SUBMIT_SCHEMAS)
            document["components"]["securitySchemes"].update(PROOF_SCHEME)
        return super().openapi()


class SmallBodies:
    """Hands on a request once its body is in, whoever sends it; none may be longer than a report."""

    def __init__(self, app: ASGIApp) -> None:
        """Take the application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope.get("headers", ()))
        if headers.keys().isdisjoint((b"content-length", b"transfer-encoding")):
            await self._app(scope, receive, send)
            return
        try:
            bodies = [await read_body(headers, receive, MAX_BODY_BYTES)]
        except HTTPException as error:
            answer = JSONResponse({"detail": error.detail}, error.status_code, error.headers)
            await answer(scope, receive, send)
            return

        async def again() -> Message:
            """Give the body, then what comes after it."""
            return {"type": "http.request", "body": bodies.pop()} if bodies else await receive()

        await self._app(scope, again, send)


class CrossOrigin:
    """CORS for requests of web pages; all others pass it untouched, which the busiest route needs."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        """Take the application and the origins whose pages may use it."""
        self._app = app
        self._cors = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["Date", "Fresh-Until", "Reports-Waiting", "Retry-After", "X-Request-Id"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_origin = b"origin" in dict(scope.get("headers", ()))
        await (self._cors if has_origin else self._app)(scope, receive, send)


def _unavailable(_: Request, error: Exception) -> Response:
    """Answer a request that the database could not serve."""
    assert isinstance(error, SQLAlchemyError)
    LOGGER.error("The database cannot be read: %s", reason(error))
    return _refused(_, StorageUnavailableError())


def _refused(_: Request, error: Exception) -> Response:
    """Answer a request that is not served."""
    assert isinstance(error, ServiceError)
    status, body, headers = refusal(error)
    return JSONResponse(body, status, headers)


def _failed(request: Request, _: Exception) -> Response:
    """Answer a request that failed; what is raised is logged with its number."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Response(failure(route_of(request.scope)), status, media_type="application/json")
