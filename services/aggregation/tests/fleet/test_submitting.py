"""Simulated reports through the real service: what it stores is what the fleet says that it will."""

from contextlib import closing
from datetime import UTC, datetime
from http import HTTPStatus
import json
from pathlib import Path
import sqlite3

import httpx
import pytest

from aggregation.fleet.course import Sent
from aggregation.protocol.fields import V1
from aggregation.storage.records import Outcome
from tests.fleet.homes import awkward, fleet, in_order
from tests.support import KEY, calling, live_server, settings_for
from tests.v2 import WeeklyClient, canonical

NAMED = (
    "platform",
    "deployment_mode",
    "country_code",
    "app_version",
    "job_count",
    "uptime_hours",
    "consent_version",
)


def send(http: httpx.Client, sent: Sent) -> tuple[str, httpx.Response]:
    """Send a report, by protocol 2.0 under the id of a key that there is; return the id, too."""
    document = json.loads(sent.body)
    if sent.values["schema_version"] == V1:
        return sent.identifier, http.post(
            "/submit", content=sent.body, headers={"X-API-Key": KEY, "Content-Type": "application/json"}
        )
    client = WeeklyClient(http)
    document["installation"]["installation_id"] = client.id
    return client.id, client.submit(canonical(document))


@pytest.mark.usefixtures("same_day")
def test_service_takes_and_keeps_simulated_reports(database: Path) -> None:
    plan = awkward(homes=25, weeks=6, until=datetime.now(UTC).date(), made_up=0, deleting=0)
    sample = [sent for sent in in_order(fleet(plan)) if sent.outcome is Outcome.NEW]
    assert len(sample) > 50
    expected = {}
    with live_server(settings_for(database, v1_per_hour=0, v2_per_hour=0)) as url, calling(url) as http:
        for sent in sample:
            identifier, answer = send(http, sent)
            assert answer.status_code == HTTPStatus.OK, answer.text
            columns = sent.report.columns
            expected[identifier, sent.values["period.start"]] = [columns.get(name) for name in NAMED]
    query = f"SELECT installation_id, period_start, {', '.join(NAMED)} FROM submissions"
    with closing(sqlite3.connect(database)) as connection:
        kept = {(name, start): list(values) for name, start, *values in connection.execute(query)}
    assert kept == expected
