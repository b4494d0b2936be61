from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
import re
import shutil
import sqlite3

import httpx
import pytest

from aggregation import __version__
from aggregation.dictionary import DICTIONARY
from aggregation.keeping.fold_thread import FoldThread
from aggregation.keeping.repository import Repository
from aggregation.keys import new_api_key
from aggregation.storage.records import KeyScope
from tests.support import KEY, SECONDS, calling, encoded, live_server, settings_for, submit, wait_until


def test_service(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    body = answer.json()
    (key,) = body.pop("receipt_keys")
    assert {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig"}.items() <= key.items()
    assert body == {
        "service": "Printernizer Usage Statistics Aggregation",
        "status": "healthy",
        "version": __version__,
        "protocols": ["1.0", "2.0"],
        "dictionary": {"version": DICTIONARY.version},
        "max_body_bytes": 16384,
    }


def test_healthy(client: httpx.Client) -> None:
    answer = client.get("/health")
    body = answer.json()
    assert answer.status_code == 200
    assert datetime.fromisoformat(body.pop("timestamp")).tzinfo is not None
    assert body == {"status": "healthy", "database": "connected"}


def test_unhealthy_without_database(client: httpx.Client, database: Path) -> None:
    database.rename(database.with_suffix(".gone"))
    answer = client.get("/health")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unhealthy"
    assert answer.json()["database"] == "unavailable"
    database.with_suffix(".gone").rename(database)
    assert client.get("/health").status_code == 200


def test_other_paths_and_methods(client: httpx.Client) -> None:
    assert client.get("/nope").json() == {"detail": "Not Found"}
    answer = client.get("/submit")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"detail": "Method Not Allowed"}
    assert client.head("/").status_code == 405
    assert "server" not in answer.headers


def test_alive_and_ready(client: httpx.Client, database: Path) -> None:
    assert client.get("/health/live").json() == {"status": "alive"}
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    database.rename(database.with_suffix(".gone"))
    ready = client.get("/health/ready")
    expected = {"status": "not ready", "database": "unavailable", "writer": "running", "fold_lag": None}
    assert ready.status_code == 503
    assert expected.items() <= ready.json().items()
    assert client.get("/health/live").status_code == 200


def test_full_disk_is_not_ready_and_told(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/health/ready").json()["disk"] == "ok"
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 5, 5))
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()["disk"]) == (503, "full")
    assert "aggregation_disk_free_bytes 5.0" in client.get("/metrics").text
    monkeypatch.undo()
    assert client.get("/health/ready").status_code == 200


def test_database_that_takes_no_change_is_not_ready_until_it_does(
    client: httpx.Client, database: Path
) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON pending BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
        assert submit(client, encoded()).status_code == 503
        ready = client.get("/health/ready")
        assert (ready.status_code, ready.json()["disk"]) == (503, "full")
        assert "aggregation_writable 0.0" in client.get("/metrics").text
        connection.execute("DROP TRIGGER full")
    wait_until(lambda: client.get("/health/ready").status_code == 200)


def test_report_that_cannot_be_folded_is_told_everywhere_and_stops_nothing(database: Path) -> None:
    text, row = new_api_key("a", KeyScope.READ)
    with live_server(settings_for(database)) as url, calling(url) as client:
        assert submit(client, encoded()).status_code == 200
        wait_until(lambda: client.get("/health/ready").json()["fold_lag"] == 0)
    repository = Repository.open(f"sqlite:///{database}", 5)
    repository.add_api_key(row)
    repository.close()
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE submissions SET error_summary = '[1]'")
        connection.execute("INSERT INTO pending (submission_id, since) SELECT id, 1000 FROM submissions")
    settings = settings_for(database)
    with live_server(settings) as url, calling(url, headers={"X-API-Key": text}) as client:
        wait_until(lambda: client.get("/health/ready").json()["put_aside"] == 1)
        assert submit(client, encoded(), **{"X-API-Key": KEY}).status_code == 200
        wait_until(lambda: client.get("/health/ready").json()["fold_lag"] == 0)
        assert client.get("/health/ready").status_code == 200
        # What is told was counted after it was done.
        wait_until(lambda: "aggregation_fold_reports_total 1.0" in client.get("/metrics").text)
        metrics = client.get("/metrics").text
    for line in (
        "aggregation_put_aside_rows 1.0",
        "aggregation_fold_put_aside_total 1.0",
        'aggregation_fold_last_error{kind="AttributeError"} 1.0',
        "aggregation_fold_reports_total 1.0",
        "aggregation_write_batches_total 1.0",
        "aggregation_writer_restarts_total 0.0",
    ):
        assert line in metrics


def test_statistics_tell_up_to_when_they_are_complete(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FoldThread, "_step", lambda _: 1.0)
    text, row = new_api_key("a", KeyScope.READ)
    repository = Repository.open(f"sqlite:///{database}", 5)
    repository.add_api_key(row)
    repository.close()
    settings = settings_for(database)
    with live_server(settings) as url, calling(url, headers={"X-API-Key": text}) as client:
        before = client.get("/stats/overview").json()["last_updated"]
        assert datetime.now(UTC).replace(tzinfo=None) - datetime.fromisoformat(before) < timedelta(minutes=1)
        assert submit(client, encoded(), **{"X-API-Key": KEY}).status_code == 200
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            connection.execute("UPDATE pending SET since = 1000000000")
        assert client.get("/stats/overview").json()["last_updated"] == "2001-09-09T01:46:40"
        assert client.get("/health/ready").json()["fold_age"] > 3600
        paths = [path for path in client.get("/openapi.json").json()["paths"] if path.startswith("/stats/")]
        assert len(paths) > 10
        for path in paths:
            headers = client.get(f"{path}?metric=active").headers
            assert (headers["fresh-until"], headers["reports-waiting"]) == ("2001-09-09T01:46:40Z", "1"), path


def test_no_page_may_call_unless_it_is_named(client: httpx.Client, tmp_path: Path) -> None:
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    headers = preflight | {"Access-Control-Request-Headers": "x-api-key"}
    for answer in (client.options("/submit", headers=headers), client.get("/", headers=headers)):
        assert "access-control-allow-origin" not in answer.headers
    settings = settings_for(tmp_path / "other.db", allowed_origins=("https://a.example",))
    with live_server(settings) as url, calling(url) as http:
        for answer in (http.options("/submit", headers=headers), http.get("/", headers=headers)):
            assert answer.status_code == 200
            assert answer.headers["access-control-allow-origin"] == "https://a.example"
            assert "access-control-allow-credentials" not in answer.headers
        other = http.get("/", headers={"Origin": "https://b.example"})
        assert "access-control-allow-origin" not in other.headers


PATHS = ["/", "/nope", "/submit", "/stats/summary", "/openapi.json", "/health/ready"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_browsers_to_load_and_guess_nothing(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_behind_tls_browsers_are_told_to_stay_there(database: Path) -> None:
    with live_server(settings_for(database, behind_proxy=True)) as url:
        assert httpx.get(url, timeout=SECONDS).headers["strict-transport-security"] == "max-age=31536000"


def test_no_page_loads_anything_from_another_host(client: httpx.Client) -> None:
    paths = ["/docs", "/redoc", "/docs/oauth2-redirect", *client.get("/openapi.json").json()["paths"]]
    answers = [client.get(path) for path in paths]
    assert [str(answer.url) for answer in answers if "html" in answer.headers["content-type"]] == []
    assert [answer.status_code for answer in answers[:3]] == [404] * 3


def test_numbers_of_requests_tell_nothing_of_others(client: httpx.Client) -> None:
    numbers = [client.get("/").headers["x-request-id"] for _ in range(50)]
    assert len(set(numbers)) == 50
    assert all(re.fullmatch("[0-9a-f]{16}", number) for number in numbers)
    assert len({number[:8] for number in numbers}) == 50


def test_numbers_of_reports_tell_nothing_of_others(client: httpx.Client) -> None:
    bodies = [encoded() for _ in range(3)]
    numbers = [submit(client, body).json()["submission_id"] for body in bodies]
    assert numbers == [int(sha256(body).hexdigest()[:13], 16) for body in bodies]


def test_metrics(client: httpx.Client) -> None:
    client.get("/nope/with/a/name")
    assert submit(client, encoded()).status_code == 200
    text = client.get("/metrics").text
    assert 'aggregation_reports_total{outcome="new",protocol="1.0"} 1.0' in text
    assert 'aggregation_request_seconds_count{route="other",status="404"} 1.0' in text
    assert "aggregation_fold_lag_rows" in text
    assert "name" not in text.replace("aggregation_", "").split("# HELP")[0]


def test_metrics_without_database(client: httpx.Client, database: Path) -> None:
    database.rename(database.with_suffix(".gone"))
    assert client.get("/health").status_code == 503
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert 'aggregation_request_seconds_count{route="/health",status="503"} 1.0' in answer.text
    assert "aggregation_fold_lag_rows NaN" in answer.text
    assert "aggregation_mirror_lag_rows NaN" in answer.text
