"""The mirror of a running service."""

import json
from pathlib import Path

from clickhouse_connect.driver.client import Client
import pytest

from aggregation.mirror.clickhouse import TABLE
from tests.support import KEY, calling, encoded, live_server, settings_for, submit, wait_until


def ids(clickhouse: Client) -> set[str]:
    """Return the installations that the mirror knows, none before there is one."""
    if not clickhouse.query("SELECT name FROM system.tables WHERE database = currentDatabase()").result_rows:
        return set()
    return {row[0] for row in clickhouse.query(f"SELECT installation_id FROM {TABLE}").result_rows}


def test_from_the_request_to_the_mirror_and_out(
    database: Path, clickhouse_url: str, clickhouse: Client
) -> None:
    bodies = [encoded() for _ in range(3)]
    names = [json.loads(body)["installation"]["installation_id"] for body in bodies]
    with (
        live_server(settings_for(database, clickhouse_url=clickhouse_url)) as url,
        calling(url, headers={"X-API-Key": KEY}) as http,
    ):
        for body in bodies:
            assert submit(http, body).status_code == 200
        wait_until(lambda: ids(clickhouse) == set(names))
        assert http.delete(f"/installation/{names[0]}").json()["deleted_count"] == 1
        wait_until(lambda: ids(clickhouse) == set(names[1:]))
        wait_until(lambda: "aggregation_mirror_lag_rows 0.0" in http.get("/metrics").text)


def test_clickhouse_that_does_not_answer(database: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_for(database, clickhouse_url="http://127.0.0.1:1/stats")
    with live_server(settings) as url, calling(url) as http:
        assert submit(http, encoded()).status_code == 200
        wait_until(lambda: "The mirror cannot be written: OperationalError" in caplog.text)
        assert http.get("/health/ready").status_code == 200
