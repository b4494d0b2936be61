from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
import hashlib
import json
from pathlib import Path
import sqlite3
from typing import Any
from uuid import uuid4

import httpx
import pytest

from aggregation.keeping import writer
from aggregation.storage import submissions
from tests.support import (
    END,
    ID,
    KEY,
    MISSING,
    RECORDED,
    SECONDS,
    START,
    calling,
    day,
    encoded,
    live_server,
    report,
    settings_for,
    submit,
    wait_until,
)

NOT_OF_THE_REPORT = {
    "week", "content_sha256", "receipt_kid", "consent_version", "consent_categories", "consent_text_sha256",
    "first_report", "weeks_since_previous_report", "previous_app_version", "age_bucket",
    "days_since_received", "app_version_as", "previous_version_as", "is_apart",
    "cancelled_by_type", "completed_by_type", "errors_by_type", "failed_by_type", "features_first_used",
    "experiment", "variant", "ha_version", "weeks_since_error",
    "printernizer_version", "printernizer_mode", "printernizer_as", "told_from",
}  # fmt: skip


def rows(database: Path) -> list[dict[str, Any]]:
    """Return what is stored."""
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM submissions")]


def is_folded(database: Path) -> bool:
    """Tell whether the fold, which adds to what is stored, has nothing more to do."""
    with closing(sqlite3.connect(database)) as connection:
        ((waiting,),) = connection.execute("SELECT count(*) FROM pending")
    return bool(waiting == 0)


def test_recorded_report_is_accepted(client: httpx.Client, database: Path) -> None:
    before = datetime.now(UTC).date()
    answer = submit(client, RECORDED)
    assert answer.status_code == 200
    body = answer.json()
    received = date.fromisoformat(body["receipt"].pop("received_day"))
    assert body["receipt"].pop("jws").count(".") == 2
    assert before <= received <= datetime.now(UTC).date()
    digest = hashlib.sha256(RECORDED).hexdigest()
    assert body == {
        "status": "success",
        "submission_id": int(digest[:13], 16),
        "message": "Statistics submitted successfully",
        "receipt": {"body_sha256": digest, "protocol": "1.0"},
    }
    (row,) = rows(database)
    stored = {name: value for name, value in row.items() if name not in NOT_OF_THE_REPORT}
    assert stored == {
        "id": 1,
        "installation_id": "550e8400-e29b-41d4-a716-446655440000",
        "period_start": START,
        "period_end": END,
        "protocol": "1.0",
        "body_sha256": hashlib.sha256(RECORDED).hexdigest(),
        "received_day": received.isoformat(),
        "app_version": "2.42.0",
        "python_version": "3.11.7",
        "platform": "linux",
        "deployment_mode": "homeassistant",
        "country_code": "DE",
        "printer_count": 3,
        "printer_types": '["bambu_lab","prusa"]',
        "printer_type_counts": '{"bambu_lab":2,"prusa":1}',
        "job_count": 23,
        "completed_count": None,
        "failed_count": None,
        "cancelled_count": None,
        "print_hours": None,
        "file_count": 18,
        "upload_count": 5,
        "uptime_hours": 168,
        "feature_usage": '{"library_enabled":true,"timelapse_enabled":false}',
        "error_summary": '{"connection_timeout":2,"file_download_failed":1}',
    }


def test_our_own_fields_are_stored(client: httpx.Client, database: Path) -> None:
    counts = {"completed_count": 20, "failed_count": 2, "cancelled_count": 1, "print_hours": 99}
    body = encoded({f"usage_stats.{name}": value for name, value in counts.items()})
    assert submit(client, body).status_code == 200
    (row,) = rows(database)
    assert {name: row[name] for name in counts} == counts


def test_undeclared_fields_are_ignored_and_not_stored(
    client: httpx.Client, database: Path, tmp_path: Path
) -> None:
    changes = {
        "owner": "Jane Doe",
        "usage_stats.last_file": "Jane Doe's dragon.gcode\x00",
        "installation.host": ["Jane Doe", None, {"Jane Doe": 1.5}],
    }
    assert submit(client, encoded(changes)).status_code == 200
    assert len(rows(database)) == 1
    assert all(b"Jane" not in file.read_bytes() for file in tmp_path.iterdir())


def test_same_bytes_again(client: httpx.Client, database: Path) -> None:
    first, second = submit(client, RECORDED), submit(client, RECORDED)
    assert (second.status_code, second.content) == (200, first.content)
    assert len(rows(database)) == 1


SAME_START = [day(START).replace("T00:00:00Z", "T05:00:00+05:00"), day(START).replace(":00Z", ""), START]


@pytest.mark.parametrize("start", SAME_START)
def test_other_bytes_for_the_same_period(client: httpx.Client, database: Path, start: object) -> None:
    identifier = str(uuid4())
    assert submit(client, encoded({ID: identifier})).status_code == 200
    wait_until(lambda: is_folded(database))
    before = rows(database)
    changes = {ID: identifier.upper(), "period.start": start, "usage_stats.job_count": 99}
    answer = submit(client, encoded(changes))
    assert answer.status_code == 409
    assert isinstance(answer.json()["detail"], str)
    assert rows(database) == before


def test_next_period_and_other_installation(client: httpx.Client, database: Path) -> None:
    identifier = str(uuid4())
    week = {"period.start": day(START - 7 * 86400), "period.end": day(START)}
    for changes in ({ID: identifier}, {ID: identifier, **week}, {ID: str(uuid4())}):
        assert submit(client, encoded(changes)).status_code == 200
    assert len(rows(database)) == 3


WRONG = {"usage_stats.job_count": -1}


@pytest.mark.parametrize(
    ("body", "key", "status", "detail"),
    [
        (b"{", None, 422, None),
        (b"{", "wrong", 422, None),
        (RECORDED, None, 403, "Not authenticated"),
        (RECORDED, "", 403, "Not authenticated"),
        (encoded(WRONG), None, 403, "Not authenticated"),
        (RECORDED, "wrong", 401, "Invalid API key"),
        (RECORDED, KEY.upper(), 401, "Invalid API key"),
        (encoded(WRONG), "wrong", 401, "Invalid API key"),
        (encoded(WRONG), KEY, 422, None),
    ],
)
def test_order_of_checks(
    client: httpx.Client, database: Path, body: bytes, key: str | None, status: int, detail: object
) -> None:
    headers = {} if key is None else {"x-api-key": key}
    answer = client.post("/submit", content=body, headers=headers)
    assert answer.status_code == status
    assert detail is None or answer.json() == {"detail": detail}
    assert rows(database) == []


def test_schema_error_names_the_field(client: httpx.Client, database: Path) -> None:
    changes = {"installation.platform": MISSING, "printer_fleet.printer_count": -1}
    answer = submit(client, encoded(changes))
    assert answer.status_code == 422
    assert [detail["loc"] for detail in answer.json()["detail"]] == [
        ["body", "installation", "platform"],
        ["body", "printer_fleet", "printer_count"],
    ]
    assert rows(database) == []


def test_default_key_is_the_public_one(database: Path) -> None:
    settings = settings_for(database, api_key="printernizer-stats-api-key")
    with live_server(settings) as url, calling(url) as client:
        key = {"X-API-Key": "printernizer-stats-api-key"}
        assert client.post("/submit", json=report(), headers=key).status_code == 200


@pytest.fixture
def unlimited(database: Path) -> Iterator[str]:
    """Give the address of a service that takes as many reports of an installation as come at once."""
    with live_server(settings_for(database, v1_per_hour=0)) as url:
        yield url


def in_parallel[T](action: Callable[[int], T], count: int) -> list[T]:
    """Do something so many times at once."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(action, range(count)))


def test_64_reports_at_once(unlimited: str, database: Path) -> None:
    bodies = [encoded() for _ in range(64 * 5)]

    def send(number: int) -> list[int]:
        with calling(unlimited) as own:
            return [submit(own, body).status_code for body in bodies[number::64]]

    assert in_parallel(send, 64) == [[200] * 5] * 64
    assert len(rows(database)) == 320


def test_64_times_the_same_report_at_once(unlimited: str, database: Path) -> None:
    def send(_: int) -> bytes:
        with calling(unlimited) as own:
            return submit(own, RECORDED).content

    assert len(set(in_parallel(send, 64))) == 1
    assert len(rows(database)) == 1


def test_64_different_reports_for_one_period_at_once(unlimited: str, database: Path) -> None:
    identifier = str(uuid4())

    def send(number: int) -> int:
        with calling(unlimited) as own:
            body = encoded({ID: identifier, "usage_stats.job_count": number})
            return submit(own, body).status_code

    assert sorted(in_parallel(send, 64)) == [200] + [409] * 63
    assert len(rows(database)) == 1


def test_locked_database(database: Path) -> None:
    settings = settings_for(database, database_timeout=0.2)
    with live_server(settings) as url, calling(url) as client:
        with closing(sqlite3.connect(database, isolation_level=None, timeout=SECONDS)) as other:
            other.execute("BEGIN IMMEDIATE")
            answer = submit(client, RECORDED)
            assert client.get("/").status_code == 200
        assert answer.status_code == 503
        assert answer.json() == {"detail": "Storage is unavailable"}
        assert int(answer.headers["retry-after"]) > 0
        assert submit(client, RECORDED).status_code == 200


def test_table_is_gone(client: httpx.Client, database: Path) -> None:
    with closing(sqlite3.connect(database)) as other:
        other.execute("DROP TABLE submissions")
    assert submit(client, RECORDED).status_code == 503
    assert client.get("/health").status_code == 503


def test_unexpected_error_shows_nothing(
    database: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(json.loads(RECORDED)["installation"]["installation_id"])

    monkeypatch.setattr(submissions, "store", fail)
    monkeypatch.setattr(writer, "delete_installation", fail)
    with live_server(settings_for(database)) as url, calling(url) as client:
        answers = [
            submit(client, RECORDED),
            client.delete(f"/installation/{uuid4()}", headers={"X-API-Key": KEY}),
        ]
    assert [answer.status_code for answer in answers] == [500, 500]
    assert [answer.json()["detail"] for answer in answers] == [
        "Failed to process submission",
        "Failed to delete data",
    ]
    records = [vars(record) for record in caplog.records if record.msg == "Request failed"]
    assert [record["error"] for record in records] == ["LookupError", "LookupError"]
    assert all("test_endpoints.py" in record["trace"] for record in records)
    assert "550e8400" not in caplog.text
