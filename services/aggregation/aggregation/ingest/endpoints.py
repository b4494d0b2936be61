"""`POST /submit` of protocol v1."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
import logging
import traceback
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request, Response, Security

from aggregation.dictionary import DICTIONARY
from aggregation.ingest.repository import StoredSubmission
from aggregation.ingest.schemas import (
    PROTOCOL,
    InvalidReportError,
    Receipt,
    SubmissionAnswer,
    parse,
)
from aggregation.ingest.service import IngestService, PeriodConflictError
from aggregation.limits import read_json_body
from aggregation.security import API_KEY_HEADER, ApiKey
from aggregation.writer import StorageUnavailableError

LOGGER = logging.getLogger(__name__)
RETRY_AFTER_SECONDS = 60

_RESPONSES: dict[int | str, dict[str, Any]] = {
    401: {"description": "The key is wrong"},
    403: {"description": "No key is given"},
    408: {"description": "The body did not arrive in time"},
    409: {"description": "Another report is stored for this installation and period"},
    413: {"description": "The body is too large"},
    415: {"description": "The body is no plain JSON"},
    422: {"description": "The body is no valid report; `detail` names each wrong field"},
    503: {"description": "Nothing was stored; try again after `Retry-After` seconds"},
}
_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Report"}}},
}


def ingest_router(service: IngestService, api_key: ApiKey) -> APIRouter:
    """Return the routes by which reports come in."""
    router = APIRouter(tags=["ingest"])

    @router.post(
        "/submit",
        response_model=SubmissionAnswer,
        responses=_RESPONSES,
        openapi_extra={"requestBody": _REQUEST_BODY},
    )
    async def submit(request: Request, key: Annotated[str | None, Security(API_KEY_HEADER)]) -> Response:
        """Take in one weekly report, and answer once it is stored."""
        with _http_errors():
            body = await read_json_body(request, DICTIONARY.report.max_bytes)
            document = parse(body)
            api_key.check(key)
            return _accepted(await service.submit(document, body))

    return router


def _accepted(stored: StoredSubmission) -> Response:
    """Return the answer to a stored report; the same for the same bytes sent again."""
    receipt = Receipt(body_sha256=stored.body_sha256, received_day=stored.received_day, protocol=PROTOCOL)
    answer = SubmissionAnswer(submission_id=stored.submission_id, receipt=receipt)
    return Response(answer.model_dump_json(), media_type="application/json")


@contextmanager
def _http_errors() -> Iterator[None]:
    """Turn what can go wrong into the statuses of protocol v1; nothing of a report is logged."""
    try:
        yield
    except HTTPException:
        raise
    except InvalidReportError as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_CONTENT, error.detail) from None
    except PeriodConflictError:
        message = "Another report was stored before for this installation and period"
        raise HTTPException(HTTPStatus.CONFLICT, message) from None
    except StorageUnavailableError:
        raise HTTPException(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "Storage is unavailable",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        ) from None
    except Exception as error:  # noqa: BLE001 - nothing of it may leak into answer or log
        trace = "".join(traceback.format_tb(error.__traceback__))
        LOGGER.error("Submission failed: %s\n%s", type(error).__name__, trace)  # noqa: TRY400
        raise HTTPException(HTTPStatus.INTERNAL_SERVER_ERROR, "Failed to process submission") from None
