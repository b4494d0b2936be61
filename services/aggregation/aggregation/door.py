"""The door: domain errors as answers of HTTP, for the framework's routes and for `/submit`."""

from http import HTTPStatus
import math
from typing import Any, NamedTuple

from aggregation.errors import (
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    ServiceError,
    TooManyError,
    UnavailableError,
    UnprovenError,
    UpstreamError,
)

_STATUS: dict[type[ServiceError], HTTPStatus] = {
    UnprovenError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ConflictError: HTTPStatus.CONFLICT,
    GoneError: HTTPStatus.GONE,
    InvalidError: HTTPStatus.UNPROCESSABLE_CONTENT,
    TooManyError: HTTPStatus.TOO_MANY_REQUESTS,
    UpstreamError: HTTPStatus.BAD_GATEWAY,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Refusal(NamedTuple):
    """What HTTP says of an error: a status, a body, and maybe when to come again."""

    status: HTTPStatus
    body: dict[str, Any]
    headers: dict[str, str]


def refusal(error: ServiceError) -> Refusal:
    """Return the answer to a request that ended with an error."""
    status = next(_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return Refusal(status, {"detail": error.detail}, {} if error.wait is None else retry_after(error.wait))


def retry_after(seconds: float) -> dict[str, str]:
    """Return the header that tells a client how long to wait."""
    return {"Retry-After": str(max(1, math.ceil(seconds)))}
