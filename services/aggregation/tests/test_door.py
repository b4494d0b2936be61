"""Domain errors as answers of HTTP."""

from collections.abc import Iterator

import pytest

from aggregation import errors
from aggregation.door import refusal
from aggregation.errors import ServiceError, UnavailableError
from aggregation.protocol.proof import ProofError
from aggregation.protocol.report import InvalidReportError
from aggregation.storage.records import StorageUnavailableError


def _kinds(kind: type[ServiceError] = ServiceError) -> Iterator[type[ServiceError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


@pytest.mark.parametrize("kind", [kind for kind in _kinds() if kind.__module__ == errors.__name__])
def test_every_domain_error_has_a_status(kind: type[ServiceError]) -> None:
    status, body, _ = refusal(kind("why"))
    assert 400 <= status < 600
    assert body == {"detail": "why"}


@pytest.mark.parametrize(
    ("error", "status", "detail", "headers"),
    [
        (ProofError("The proof is invalid"), 401, "The proof is invalid", {}),
        (InvalidReportError([]), 422, [], {}),
        (StorageUnavailableError(), 503, "Storage is unavailable", {"Retry-After": "60"}),
        (UnavailableError("Away", wait=0.2), 503, "Away", {"Retry-After": "1"}),
    ],
)
def test_a_kind_of_an_error_has_the_status_of_its_parent(
    error: ServiceError, status: int, detail: object, headers: dict[str, str]
) -> None:
    assert refusal(error) == (status, {"detail": detail}, headers)
