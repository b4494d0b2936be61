from datetime import datetime
from pathlib import Path

import httpx

from aggregation import __version__
from tests.support import encoded, submit


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
    assert (ready.status_code, ready.json()) == (503, expected)
    assert client.get("/health/live").status_code == 200


def test_cors(client: httpx.Client) -> None:
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/submit", headers=preflight | {"Access-Control-Request-Headers": "x-api-key"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert "access-control-allow-credentials" not in answer.headers
    simple = client.get("/", headers={"Origin": "https://a.example"})
    assert simple.headers["access-control-allow-origin"] == "*"


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
