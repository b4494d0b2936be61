"""Deletion over HTTP, in both protocols: who may, what is gone, the receipt, how often one may ask."""

from contextlib import closing
from hashlib import sha256
from pathlib import Path
import sqlite3
from uuid import uuid4

import httpx

from tests.ingest.rows import stored
from tests.support import KEY, calling, encoded, live_server, settings_for, submit
from tests.v2 import WeeklyClient, next_week, receipt_is_signed


def test_signed_deletion(weekly: WeeklyClient, database: Path) -> None:
    weekly.submit()
    answer = weekly.delete()
    assert answer.status_code == 200
    body = answer.json()
    receipt = body.pop("receipt")
    message = f"Deleted 1 submissions for installation {weekly.id}"
    assert body == {"status": "success", "deleted_count": 1, "message": message}
    assert receipt["installation_sha256"] == sha256(weekly.id.encode()).hexdigest()
    assert receipt["deleted_count"] == 1
    assert receipt["published_weeks"] == "unchanged"
    assert receipt_is_signed(weekly.http, receipt)
    assert stored(database) == []
    assert weekly.submit().status_code == 410
    assert weekly.submit(weekly.body(next_week(-1))).status_code == 410


def test_deletion_whose_answer_was_lost_has_the_same_receipt_again(weekly: WeeklyClient) -> None:
    weekly.submit()
    answers = [weekly.delete() for _ in range(3)]
    assert answers[0].json()["deleted_count"] == 1
    assert {answer.content for answer in answers} == {answers[0].content}


def test_deletion_before_anything_was_sent(weekly: WeeklyClient) -> None:
    answers = [weekly.delete() for _ in range(2)]
    assert {answer.json()["deleted_count"] for answer in answers} == {0}
    assert answers[0].content == answers[1].content
    assert weekly.submit().status_code == 410


def test_deletion_needs_the_key_of_the_id(weekly: WeeklyClient, database: Path) -> None:
    weekly.submit()
    path = f"/installation/{weekly.id}"
    unsigned = weekly.http.delete(path, headers={"X-API-Key": KEY})
    assert unsigned.status_code == 401
    assert weekly.http.delete(path).status_code == 403
    other = WeeklyClient(weekly.http)
    assert weekly.delete(other.proof(b"", "DELETE", path)).status_code == 401
    assert weekly.delete(weekly.proof(b"", "DELETE", "/installation/x")).status_code == 401
    assert weekly.delete(weekly.proof(b"", "POST", path)).status_code == 401
    assert len(stored(database)) == 1


def test_deletion_of_v1(client: httpx.Client, database: Path) -> None:
    identifier = str(uuid4())
    body = encoded({"installation.installation_id": identifier})
    assert submit(client, body).status_code == 200
    assert client.delete(f"/installation/{identifier}").json() == {"detail": "Not authenticated"}
    wrong = client.delete(f"/installation/{identifier}", headers={"X-API-Key": "wrong"})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid API key"})
    answer = client.delete(f"/installation/{identifier.upper()}", headers={"X-API-Key": KEY})
    assert (answer.status_code, answer.json()["deleted_count"]) == (200, 1)
    assert receipt_is_signed(client, answer.json()["receipt"])
    assert stored(database) == []
    assert submit(client, body).status_code == 410


def test_deletion_of_what_never_was(client: httpx.Client) -> None:
    answer = client.delete("/installation/not-there", headers={"X-API-Key": KEY})
    assert answer.status_code == 200
    body = answer.json()
    del body["receipt"]
    message = "Deleted 0 submissions for installation not-there"
    assert body == {"status": "success", "deleted_count": 0, "message": message}


def test_deletions_are_limited(database: Path) -> None:
    settings = settings_for(database, deletions_per_hour=2)
    with live_server(settings) as url, calling(url, headers={"X-API-Key": KEY}) as client:
        statuses = [client.delete(f"/installation/{uuid4()}").status_code for _ in range(3)]
        assert statuses == [200, 200, 429]


def test_strangers_of_a_network_cannot_use_up_the_deletions_of_its_homes(database: Path) -> None:
    settings = settings_for(database, deletions_per_hour=3)
    with live_server(settings) as url, calling(url) as client:
        homes = [WeeklyClient(client) for _ in range(5)]
        assert {home.submit().status_code for home in homes} == {200}
        no_key = [client.delete(f"/installation/{uuid4()}").status_code for _ in range(6)]
        assert no_key == [403] * 3 + [429] * 3
        made_up = [WeeklyClient(client).delete().status_code for _ in range(6)]
        assert made_up == [200] * 3 + [429] * 3
        assert [home.delete().json()["deleted_count"] for home in homes] == [1] * 5
        assert homes[0].delete().json()["deleted_count"] == 1, "its answer may have been lost"
        assert WeeklyClient(client).delete().status_code == 429
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM tombstones").fetchone() == (5 + 3,)


def test_requests_to_delete_have_a_wide_limit_before_anything_is_judged(
    still_limits: None, database: Path
) -> None:
    settings = settings_for(database, network_per_minute=5)
    with live_server(settings) as url, calling(url) as client:
        statuses = [client.delete(f"/installation/{uuid4()}").status_code for _ in range(7)]
    assert statuses == [403] * 5 + [429] * 2
