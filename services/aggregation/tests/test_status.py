from datetime import datetime
from pathlib import Path

import httpx

from aggregation import __version__


def test_service(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.json() == {
        "service": "Printernizer Usage Statistics Aggregation",
        "status": "healthy",
        "version": __version__,
        "protocols": ["1.0"],
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
