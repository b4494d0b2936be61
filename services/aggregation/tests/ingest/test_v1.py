"""The tolerant reader of protocol 1.0: no existing client is turned away, nothing undeclared is kept."""

from contextlib import closing
import json
from pathlib import Path
import sqlite3
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support import ID, KEY, MISSING, calling, encoded, live_server, report, settings_for, submit

TYPES = "printer_fleet.printer_types"
FEATURES = "usage_stats.feature_usage"
ERRORS = "error_summary"
FOLDED = "error_type_folded"


def only_row(database: Path) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        (row,) = connection.execute("SELECT * FROM submissions").fetchall()
    return dict(row)


@pytest.mark.parametrize(
    ("path", "value", "stored", "counted"),
    [
        ("installation.app_version", "Jane's build", None, "version_dropped"),
        ("installation.app_version", "v2.42.0+jane", "2.42.0", None),
        ("installation.python_version", None, None, None),
        ("installation.python_version", "three", None, "version_dropped"),
        ("installation.platform", "Linux", "linux", None),
        ("installation.platform", "Jane/BSD", "other", "platform_folded"),
        ("installation.deployment_mode", "Jane's cluster", None, "deployment_mode_dropped"),
        ("installation.country_code", "de", "DE", None),
        ("installation.country_code", "", "XX", "country_folded"),
        ("installation.country_code", "GERMANY", "XX", "country_folded"),
        (TYPES, ["jane", "prusa", "prusa"], '["other","prusa"]', "printer_type_folded"),
        (TYPES[:-1] + "_counts", {"jane": 1, "prusa": 2}, '{"other":1,"prusa":2}', "printer_type_folded"),
        (FEATURES, {"jane": True, "library_enabled": True}, '{"library_enabled":true}', "feature_dropped"),
        (ERRORS, {"a_error": 2, "store_error": 1}, '{"other_error":2,"store_error":1}', "error_type_folded"),
        ("error_summary", {"jane_failed": 2, "a_failed": 1}, '{"other_error":3}', "error_type_folded"),
        ("error_summary", {"job_created": 20}, "{}", "error_type_dropped"),
        (FEATURES, {"german_compliance_enabled": True}, '{"german_compliance_enabled":true}', None),
        (ERRORS, {"total_errors": 0}, "{}", None),
        (ERRORS, {"total_errors": 3}, '{"other_error":3}', FOLDED),
        (ERRORS, {"store_error": 3, "total_errors": 3}, '{"store_error":3}', None),
        (ERRORS, {"store_error": 2, "total_errors": 3}, '{"other_error":1,"store_error":2}', FOLDED),
    ],
)  # fmt: skip
def test_undeclared_words(
    client: httpx.Client, database: Path, path: str, value: Any, stored: Any, counted: str | None
) -> None:
    answer = submit(client, encoded({path: value}))
    assert answer.status_code == 200, answer.text
    assert only_row(database)[path.rpartition(".")[2]] == stored
    metrics = client.get("/metrics").text
    assert (counted is None) == ("aggregation_undeclared_total{" not in metrics)
    assert counted is None or f'reason="{counted}"' in metrics
    assert "jane" not in metrics.lower()
    assert all(b"jane" not in file.read_bytes().lower() for file in database.parent.iterdir())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("usage_stats.job_count", "7"),
        ("usage_stats.job_count", -1),
        ("usage_stats.job_count", 2**63),
        ("usage_stats.job_count", True),
        ("usage_stats.job_count", None),
        ("usage_stats.uptime_hours", 500),
        ("error_summary", {"jane": "many"}),
        ("error_summary", {"store_error": -1}),
        ("error_summary", []),
        ("printer_fleet.printer_type_counts", {"prusa": 4}),
        ("installation", None),
        ("installation.installation_id", "550e8400"),
        ("period.start", "2026-11-15"),
        ("period.start", "9999-99-99T00:00:00Z"),
        ("period.start", 0),
        ("period.end", "2020-01-01T00:00:00Z"),
    ],
)
def test_wrong_types_and_impossible_values(client: httpx.Client, path: str, value: Any) -> None:
    answer = submit(client, encoded({path: value}))
    assert answer.status_code == 422
    assert "jane" not in answer.text or path == "error_summary"


def test_resubmission_with_a_new_timestamp_is_the_same(client: httpx.Client, database: Path) -> None:
    identifier = str(uuid4())
    bodies = [
        encoded({ID: identifier, "submission_timestamp": f"2026-11-22T0{hour}:00:00Z"}) for hour in range(3)
    ]
    answers = [submit(client, body) for body in bodies]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert only_row(database)["body_sha256"] == answers[0].json()["receipt"]["body_sha256"]
    other = encoded({ID: identifier, "usage_stats.job_count": 99})
    assert submit(client, other).status_code == 409


def test_printers_by_type_need_no_count_beside_them(client: httpx.Client, database: Path) -> None:
    assert submit(client, encoded({"printer_fleet.printer_count": MISSING})).status_code == 200
    row = only_row(database)
    assert (row["printer_count"], json.loads(row["printer_type_counts"])) == (
        None,
        {"bambu_lab": 2, "prusa": 1},
    )


def test_duplicate_keys_are_as_json_reads_them(client: httpx.Client, database: Path) -> None:
    body = encoded().replace(b'"job_count": 23', b'"job_count": 1, "job_count": 2')
    assert submit(client, body).status_code == 200
    assert only_row(database)["job_count"] == 2


def test_eleventh_new_report_of_an_hour(client: httpx.Client) -> None:
    identifier = str(uuid4())

    def send(number: int) -> httpx.Response:
        start = report()["period"]["start"]
        moment = start.replace("T00:00", f"T00:{number:02}")
        return submit(client, encoded({ID: identifier, "period.start": moment}))

    assert [send(number).status_code for number in range(10)] == [200] * 10
    answer = send(10)
    assert answer.status_code == 429
    assert answer.json() == {"detail": "Rate limit exceeded. Maximum 10 submissions per hour."}
    assert 0 < int(answer.headers["retry-after"]) <= 360
    assert send(0).status_code == 200


def test_network_is_limited_without_its_address(still_limits: None, database: Path) -> None:
    settings = settings_for(database, network_per_minute=3, behind_proxy=True, host="127.0.0.1")
    with live_server(settings) as url, calling(url) as client:

        def send(address: str) -> int:
            return submit(client, encoded(), **{"X-Forwarded-For": f"198.51.100.1, {address}"}).status_code

        assert [send(f"203.0.113.{host}") for host in (5, 6, 7, 8)] == [200, 200, 200, 429]
        limited = submit(client, encoded(), **{"X-Forwarded-For": "203.0.113.9"})
        assert 0 < int(limited.headers["retry-after"]) <= 60
        assert send("203.0.114.5") == 200
        assert send("not an address") == 200
    assert all(b"203.0" not in file.read_bytes() for file in database.parent.iterdir())


def test_forwarded_address_is_not_believed_without_a_proxy(still_limits: None, database: Path) -> None:
    with (
        live_server(settings_for(database, network_per_minute=2)) as url,
        calling(url) as client,
    ):
        statuses = [
            submit(client, encoded(), **{"X-Forwarded-For": f"203.0.{net}.1"}).status_code for net in range(3)
        ]
        assert statuses == [200, 200, 429]


def test_plain_recording_of_upstream_needs_nothing_else(client: httpx.Client) -> None:
    body = json.dumps(report()).encode()
    answer = client.post(
        "/submit", content=body, headers={"x-api-key": KEY, "content-type": "application/json"}
    )
    assert answer.json()["message"] == "Statistics submitted successfully"
