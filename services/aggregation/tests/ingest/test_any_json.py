"""Whatever JSON comes, the answer is never an error of the service."""

from collections.abc import Iterator
import json
from pathlib import Path
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings, strategies as st
import pytest

from aggregation.dictionary import DICTIONARY
from aggregation.protocol.fields import V1_FIELDS, members
from tests.proofs import tries
from tests.support import KEY, calling, live_server, report, settings_for

NAMES = [name for enum in DICTIONARY.enums for name in members(enum)]
TEXTS = st.one_of(
    st.sampled_from([*NAMES, "2026-11-15T00:00:00+23:59", "9999-12-31T23:59:59Z", "1.0", "DE"]),
    st.text(st.characters(), max_size=20),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 1000),
    st.floats(),
    st.sampled_from([10**400, -(10**4000), 2**63, 1e308]),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)
PATHS = [*V1_FIELDS, "installation", "period", "printer_fleet", "usage_stats"]
CHANGES = st.dictionaries(st.sampled_from(PATHS), VALUES, min_size=1, max_size=5)
STATUSES = {200, 401, 409, 413, 422}


@pytest.fixture(scope="module")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    path: Path = tmp_path_factory.mktemp("any_json") / "aggregation.db"
    headers = {"X-API-Key": KEY, "Content-Type": "application/json"}
    with (
        live_server(settings_for(path), apart=True) as url,
        calling(url, headers=headers) as client,
    ):
        yield client


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return a report changed at dotted paths, whole groups last."""
    ordered = sorted(changes.items(), key=lambda change: -change[0].count("."))
    return report(dict(ordered))


CHECKS = settings(
    max_examples=tries(300, fast=60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@CHECKS
@given(document=VALUES)
def test_any_value(shared_client: httpx.Client, document: object) -> None:
    answer = shared_client.post("/submit", content=json.dumps(document))
    assert answer.status_code in STATUSES
    assert answer.json()["detail"]


@CHECKS
@given(changes=CHANGES)
def test_any_value_within_a_report(shared_client: httpx.Client, changes: dict[str, Any]) -> None:
    answer = shared_client.post("/submit", content=json.dumps(changed(changes)))
    assert answer.status_code in STATUSES


@CHECKS
@given(body=st.binary(max_size=200))
def test_any_bytes(shared_client: httpx.Client, body: bytes) -> None:
    assert shared_client.post("/submit", content=body).status_code in STATUSES
