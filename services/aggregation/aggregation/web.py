"""What is special about the web application: its OpenAPI document, and CORS beside the busiest route."""

from collections.abc import Sequence
from typing import Any, override

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from aggregation.ingest.openapi import PROOF_SCHEME, SUBMIT_OPERATION, SUBMIT_SCHEMAS
from aggregation.ingest.service import SUBMIT_PATH


class AggregationApp(FastAPI):
    """FastAPI, with `/submit` in its OpenAPI document: that route is not FastAPI's."""

    @override
    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            document = super().openapi()
            document["paths"] = {SUBMIT_PATH: {"post": SUBMIT_OPERATION}} | document["paths"]
            document["components"]["schemas"].update(SUBMIT_SCHEMAS)
            document["components"]["securitySchemes"].update(PROOF_SCHEME)
        return super().openapi()


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
            expose_headers=["Date", "Retry-After", "X-Request-Id"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        has_origin = b"origin" in dict(scope.get("headers", ()))
        await (self._cors if has_origin else self._app)(scope, receive, send)
