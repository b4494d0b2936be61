"""Schemathesis on the whole OpenAPI document: no 5xx, and every answer is as described."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
import pytest
import schemathesis
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.storage.records import KeyScope
from tests.proofs import tries
from tests.stored import undeclared
from tests.support import SECONDS, live_server, settings_for

CASES = tries(15, fast=4, full=200)
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Give the address of a service and an admin key."""
    path: Path = tmp_path_factory.mktemp("openapi") / "aggregation.db"
    text, row = new_api_key("schemathesis", KeyScope.ADMIN)
    repository = Repository.open(f"sqlite:///{path}", 5.0)
    repository.add_api_key(row)
    repository.close()
    with live_server(settings_for(path, v1_per_hour=0, deletions_per_hour=0), apart=True) as url:
        yield url, text
    assert undeclared(path) == []


def cases_of(operation: schemathesis.schemas.APIOperation[Any, Any, Any, Any], key: str) -> None:
    """Call an operation with whatever its description allows, and with what it does not."""

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.call_and_validate(headers={"X-API-Key": key}, checks=CHECKS, timeout=SECONDS)

    call()


def test_every_operation(admin: tuple[str, str]) -> None:
    url, key = admin
    document = schemathesis.openapi.from_url(f"{url}/openapi.json")
    operations = [result.ok() for result in document.get_all_operations() if isinstance(result, Ok)]
    assert {"/submit", "/installation/{installation_id}", "/stats/overview", "/metrics"} <= {
        operation.path for operation in operations
    }
    for operation in operations:
        cases_of(operation, key)
