"""Protocol 2.0 over HTTP: proofs, identity, idempotency, receipts."""

from contextlib import closing
from hashlib import sha256
import json
from pathlib import Path
import sqlite3
import time
from typing import Any
from uuid import UUID

import pytest

from tests.ingest.rows import stored
from tests.support import KEY, MISSING, calling, encoded, live_server, settings_for, submit
from tests.v2 import WeeklyClient, base64url, canonical, next_week, receipt_is_signed


def test_accepted_without_any_api_key(weekly: WeeklyClient, database: Path) -> None:
    answer = weekly.submit()
    assert answer.status_code == 200, answer.text
    body = answer.json()
    digest = sha256(weekly.body()).hexdigest()
    assert (body["status"], body["submission_id"]) == ("success", int(digest[:13], 16))
    assert body["receipt"]["body_sha256"] == digest
    assert body["receipt"]["protocol"] == "2.0"
    assert receipt_is_signed(weekly.http, body["receipt"])
    (row,) = stored(database)
    assert row["installation_id"] == weekly.id
    assert (row["protocol"], row["consent_version"], row["consent_text_sha256"]) == ("2.0", 1, "ab" * 32)
    assert json.loads(row["consent_categories"]) == ["base", "errors", "features", "printers", "usage"]
    assert (row["first_report"], row["weeks_since_previous_report"]) == (0, "1")
    assert (row["previous_app_version"], row["age_bucket"]) == ("0.1.0", "3-6m")


def test_id_is_a_uuid_of_version_8(weekly: WeeklyClient) -> None:
    assert (UUID(weekly.id).version, UUID(weekly.id).variant) == (8, "specified in RFC 4122")
    assert UUID(weekly.id).bytes[:6] == sha256(weekly.public).digest()[:6]


def test_same_bytes_get_the_same_receipt(weekly: WeeklyClient, database: Path) -> None:
    body = weekly.body()
    answers = [weekly.submit(body) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len(stored(database)) == 1


def test_other_bytes_conflict(weekly: WeeklyClient, database: Path) -> None:
    weekly.submit()
    before = stored(database)
    answer = weekly.submit(weekly.body({"usage_stats.job_count": 6}))
    assert answer.status_code == 409
    assert stored(database) == before


def test_one_new_report_an_hour(weekly: WeeklyClient) -> None:
    assert weekly.submit().status_code == 200
    answer = weekly.submit(weekly.body(next_week(-1)))
    assert answer.status_code == 429
    assert 3500 < int(answer.headers["retry-after"]) <= 3600
    assert weekly.submit().status_code == 200


@pytest.mark.parametrize(
    "mangle",
    [
        lambda body: body + b" ",
        lambda body: b" " + body,
        lambda body: json.dumps(json.loads(body), sort_keys=True).encode(),
        lambda body: body[:-1] + b',"schema_version":"2.0"}',
        lambda body: body.replace(b'"DE"', b'"\\u0044E"'),
        lambda body: body.replace(b"168", b"168.0"),
        lambda body: body.replace(b"168", b"1.68e2"),
        lambda body: body.replace(b"168", b"NaN"),
    ],
)
def test_bytes_that_are_not_canonical(weekly: WeeklyClient, database: Path, mangle: Any) -> None:
    answer = weekly.submit(mangle(weekly.body()))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert stored(database) == []


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"owner": "Jane"}, ["owner"]),
        ({"installation.host": "Jane"}, ["installation", "host"]),
        ({"usage_stats.Jane Doe": 1}, ["usage_stats", "?"]),
        ({"error_summary": {"jane": 1}}, ["error_summary", "jane"]),
        ({"installation.platform": "plan9"}, ["installation", "platform"]),
        ({"installation.country_code": "de"}, ["installation", "country_code"]),
        ({"installation.app_version": "Jane"}, ["installation", "app_version"]),
        ({"printer_fleet.printer_types": ["prusa", "bambu_lab"]}, ["printer_fleet", "printer_types"]),
        ({"printer_fleet.printer_count": 1}, ["printer_fleet", "printer_type_counts"]),
        ({"period.start": "2026-11-16T00:00:01Z"}, ["period", "start"]),
        ({"period.duration_days": 6}, ["period", "duration_days"]),
        ({"consent": MISSING}, ["consent"]),
        ({"consent.categories": ["base", "errors", "printers", "usage"]}, ["usage_stats", "feature_usage"]),
        ({"consent.categories": ["base", "errors", "features", "usage"]}, ["printer_fleet", "printer_count"]),
        ({"consent.categories": ["usage", "base"]}, ["consent", "categories"]),
        ({"consent.categories": ["base", "names"]}, ["consent", "categories", 1]),
        ({"consent.text_sha256": "AB" * 32}, ["consent", "text_sha256"]),
        ({"history.age_bucket": "6m"}, ["history", "age_bucket"]),
        ({"history.first_report": True}, ["history", "weeks_since_previous_report"]),
        ({"schema_version": "1.0"}, ["schema_version"]),
    ],
)
def test_strict_reader_names_the_field(
    weekly: WeeklyClient, database: Path, changes: dict[str, Any], place: list[str | int]
) -> None:
    answer = weekly.submit(weekly.body(changes))
    assert answer.status_code == 422
    assert ["body", *place] in [detail["loc"] for detail in answer.json()["detail"]]
    assert "Jane" not in answer.text
    assert stored(database) == []


def test_only_what_is_consented_to(weekly: WeeklyClient, database: Path) -> None:
    changes = {
        "consent.categories": ["base"],
        "printer_fleet": MISSING,
        "usage_stats": {"uptime_hours": 1},
        "error_summary": MISSING,
    }
    assert weekly.submit(weekly.body(changes)).status_code == 200
    (row,) = stored(database)
    assert (row["uptime_hours"], row["printer_count"], row["error_summary"]) == (1, None, None)


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": 0},
        {"iat": int(time.time()) + 3600},
        {"iat": "now"},
        {"htm": "DELETE"},
        {"htu": "https://other.example/other"},
        {"htu": "http://["},
        {"htu": None},
        {"body_sha256": "0" * 64},
        {"jti": base64url(b"x" * 15)},
        {"jti": base64url(b"x" * 33)},
        {"jti": "not base64!"},
        {"jti": base64url(b"x" * 16) + "="},
    ],
)
def test_proof_for_something_else(weekly: WeeklyClient, database: Path, claims: dict[str, Any]) -> None:
    body = weekly.body()
    answer = weekly.submit(body, weekly.proof(body, **claims))
    assert answer.status_code == 401
    assert isinstance(answer.json()["detail"], str)
    assert "date" in answer.headers
    assert stored(database) == []


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"jwk": None},
        {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": "AA"}},
        {"jwk": {"kty": "OKP", "crv": "Ed448", "x": base64url(bytes(57))}},
        {"jwk": {"kty": "oct", "k": base64url(bytes(32))}},
        {"crit": ["b64"], "b64": False},
    ],
)
def test_proof_of_another_form(weekly: WeeklyClient, header: dict[str, Any]) -> None:
    body = weekly.body()
    try:
        proof = weekly.proof(body, header=header)
    except NotImplementedError, TypeError:
        pytest.skip("the library does not make such a token")
    assert weekly.submit(body, proof).status_code == 401


@pytest.mark.parametrize("token", ["x", "a.b.c", "\xe9.\xe9.\xe9", "." * 3000, "e30.e30."])
def test_no_proof_at_all(weekly: WeeklyClient, token: str) -> None:
    headers = [(b"Authorization", b"Proof " + token.encode("latin-1")), (b"X-API-Key", KEY.encode())]
    answer = weekly.http.post("/submit", content=weekly.body(), headers=headers)
    assert answer.status_code == 401


def test_key_does_not_replace_the_proof(weekly: WeeklyClient) -> None:
    answer = submit(weekly.http, weekly.body())
    assert (answer.status_code, answer.json()) == (401, {"detail": "A report of protocol 2.0 needs a proof"})


def test_signature_by_another_key(weekly: WeeklyClient, database: Path) -> None:
    other = WeeklyClient(weekly.http)
    body = weekly.body()
    assert weekly.submit(body, other.proof(body)).status_code == 401
    other.public = weekly.public
    assert weekly.submit(body, other.proof(body)).status_code == 401
    assert stored(database) == []


def test_unsigned_token(weekly: WeeklyClient) -> None:
    body = weekly.body()
    header, payload, signature = weekly.proof(body).split(".")
    none = base64url(canonical({"alg": "none", "typ": "printernizer-proof+jwt"}))
    for token in (f"{none}.{payload}.", f"{header}.{payload}.", f"{header}.{payload}.{signature[:-4]}AAAA"):
        assert weekly.submit(body, token).status_code == 401


def test_proof_is_valid_once(weekly: WeeklyClient, database: Path) -> None:
    body = weekly.body()
    proof = weekly.proof(body)
    assert weekly.submit(body, proof).status_code == 200
    answer = weekly.submit(body, proof)
    assert (answer.status_code, answer.json()) == (401, {"detail": "The proof was used before"})
    assert len(stored(database)) == 1


def test_skew_within_the_limit(weekly: WeeklyClient) -> None:
    body = weekly.body()
    for iat in (int(time.time()) - 240, int(time.time()) + 290):
        assert weekly.submit(body, weekly.proof(body, iat=iat)).status_code == 200


def test_public_url_is_compared_whole(database: Path) -> None:
    settings = settings_for(database, public_url="https://stats.example/api")
    with live_server(settings) as url, calling(url) as client:
        weekly = WeeklyClient(client)
        body = weekly.body()
        assert weekly.submit(body).status_code == 401
        good = weekly.proof(body, htu="https://stats.example/api/submit")
        assert weekly.submit(body, good).status_code == 200


def test_v1_cannot_use_a_proven_id(weekly: WeeklyClient) -> None:
    answer = submit(weekly.http, encoded({"installation.installation_id": weekly.id}))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "installation", "installation_id"]


def test_receipts_outlive_a_rotation(weekly: WeeklyClient, database: Path) -> None:
    first = weekly.submit()
    kid = weekly.http.get("/").json()["receipt_keys"][0]["kid"]
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("UPDATE receipt_keys SET retired_day = '2026-11-22'")
    with live_server(settings_for(database)) as url, calling(url) as client:
        keys = client.get("/").json()["receipt_keys"]
        assert [key["kid"] for key in keys][1:] == [kid]
        weekly.http = client
        assert weekly.submit().content == first.content
        other = WeeklyClient(client).submit().json()["receipt"]
        assert receipt_is_signed(client, other)
