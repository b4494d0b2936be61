"""Who is let in, and for how long."""

from datetime import date
from pathlib import Path

import httpx
import pytest

from aggregation.dashboard.sessions import SESSION_SECONDS, Sessions
from aggregation.keys import digest, new_api_key
from aggregation.main import LOGINS_PER_HOUR
from aggregation.storage.engine import Database
from aggregation.storage.keys import add_api_key, revoke_api_key, rotate_api_key
from aggregation.storage.records import KeyScope
from aggregation.storage.schema import SESSIONS
from aggregation.storage.sessions import MOST_SESSIONS
from tests.dashboard.conftest import make_key, opened, signed_in
from tests.made import count
from tests.support import KEY

TODAY = date(2026, 11, 26)


def key_of(storage: Database, scope: KeyScope) -> str:
    text, row = new_api_key("a-key", scope)
    with storage.writing() as connection:
        add_api_key(connection, row)
    return text


def is_in(sessions: Sessions, storage: Database, secret: str | None) -> bool:
    assert secret
    with storage.reading() as connection:
        return sessions.find(connection, secret) is not None


def test_a_read_key_opens_the_dashboard(reader: httpx.Client) -> None:
    answer = reader.get("/dashboard")
    assert answer.status_code == 200
    assert "<h1>" in answer.text


def test_without_a_session_every_page_leads_to_the_login_and_back(
    stranger: httpx.Client, database: Path
) -> None:
    answer = stranger.get("/dashboard/homes?weeks=13")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/dashboard/login?next=homes%3Fweeks%3D13"
    form = stranger.get(answer.headers["location"])
    assert 'value="homes?weeks=13"' in form.text
    key = make_key(database, KeyScope.READ)
    back = stranger.post("/dashboard/login", data={"key": key, "next": "homes?weeks=13"})
    assert back.headers["location"] == "/dashboard/homes?weeks=13"


@pytest.mark.parametrize(
    "elsewhere", ["//example.org", "https://example.org", "nowhere", "homes\r\nX-A: b", "../stats"]
)
def test_the_login_leads_to_no_other_site(stranger: httpx.Client, database: Path, elsewhere: str) -> None:
    key = make_key(database, KeyScope.READ)
    answer = stranger.post("/dashboard/login", data={"key": key, "next": elsewhere})
    assert answer.headers["location"] == "/dashboard"


@pytest.mark.parametrize("scope", [KeyScope.SUBMIT, None])
def test_what_may_not_read_opens_nothing(
    stranger: httpx.Client, database: Path, scope: KeyScope | None
) -> None:
    key = make_key(database, scope) if scope else KEY
    answer = stranger.post("/dashboard/login", data={"key": key})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert key not in answer.text


def test_the_cookie_is_for_the_dashboard_alone_and_no_script_reads_it(
    stranger: httpx.Client, database: Path
) -> None:
    answer = stranger.post("/dashboard/login", data={"key": make_key(database, KeyScope.READ)})
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")}
    assert {"httponly", "samesite=strict", "path=/dashboard"} <= parts
    assert "secure" not in parts  # this service is on loopback and speaks no TLS


def test_neither_key_nor_secret_is_stored(storage: Database, sessions: Sessions) -> None:
    key = key_of(storage, KeyScope.READ)
    secret = sessions.begin(key)
    assert secret
    with storage.reading() as connection:
        (row,) = connection.execute(SESSIONS.select()).all()
    assert (row.sha256, row.key_sha256) == (digest(secret), digest(key))
    assert {key, secret}.isdisjoint(map(str, row))


def test_a_session_ends_when_its_key_is_revoked_or_rotated(storage: Database, sessions: Sessions) -> None:
    secret = sessions.begin(key_of(storage, KeyScope.READ))
    assert is_in(sessions, storage, secret)
    with storage.writing() as connection:
        rotate_api_key(connection, "a-key", digest("another"), TODAY)
    assert not is_in(sessions, storage, secret)
    again = sessions.begin("another")
    assert is_in(sessions, storage, again)
    with storage.writing() as connection:
        revoke_api_key(connection, "a-key", TODAY)
    assert not is_in(sessions, storage, again)
    assert sessions.begin("another") is None


def test_a_session_ends_after_its_time_and_is_then_dropped(storage: Database) -> None:
    now = 1_000_000.0
    sessions = Sessions(storage.reading, storage.writing, clock=lambda: now)
    key = key_of(storage, KeyScope.READ)
    secret = sessions.begin(key)
    now += SESSION_SECONDS - 1
    assert is_in(sessions, storage, secret)
    now += 1
    assert not is_in(sessions, storage, secret)
    sessions.begin(key)
    assert count(storage, SESSIONS) == 1


def test_a_key_has_so_many_sessions_and_the_oldest_ends_first(storage: Database) -> None:
    now = 1_000_000.0
    sessions = Sessions(storage.reading, storage.writing, clock=lambda: now)
    key = key_of(storage, KeyScope.READ)
    secrets = []
    for _ in range(MOST_SESSIONS + 1):
        secrets.append(sessions.begin(key))
        now += 1
    assert [is_in(sessions, storage, secret) for secret in secrets] == [False] + [True] * MOST_SESSIONS


def test_signing_out_ends_the_session_for_who_has_its_token(reader: httpx.Client, database: Path) -> None:
    assert reader.post("/dashboard/logout", data={"token": "0" * 64}).status_code == 403
    assert reader.get("/dashboard").status_code == 200
    token = reader.get("/dashboard").text.split('name="token" value="')[1].split('"')[0]
    held = dict(reader.cookies)
    assert reader.post("/dashboard/logout", data={"token": token}).status_code == 303
    reader.cookies.update(held)
    assert reader.get("/dashboard").status_code == 303
    with opened(database) as there:
        assert count(there, SESSIONS) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1"},
    ],
)
def test_a_form_from_elsewhere_is_refused(
    stranger: httpx.Client, database: Path, headers: dict[str, str]
) -> None:
    answer = stranger.post(
        "/dashboard/login", data={"key": make_key(database, KeyScope.READ)}, headers=headers
    )
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_browsers_that_tell_only_the_origin_are_judged_by_it(stranger: httpx.Client, database: Path) -> None:
    key = make_key(database, KeyScope.READ)
    del stranger.headers["Sec-Fetch-Site"]
    ours = f"http://127.0.0.1:{stranger.base_url.port}"
    for origin, status in {"": 403, "null": 403, "https://example.org": 403, ours: 303}.items():
        headers = {"Origin": origin} if origin else {}
        assert stranger.post("/dashboard/login", data={"key": key}, headers=headers).status_code == status


def test_wrong_keys_can_be_tried_so_often_and_right_ones_do_not_count(
    stranger: httpx.Client, database: Path
) -> None:
    key = make_key(database, KeyScope.READ)
    for _ in range(3):
        signed_in(stranger, key)
    tried = [
        stranger.post("/dashboard/login", data={"key": "wrong"}).status_code
        for _ in range(LOGINS_PER_HOUR + 1)
    ]
    assert tried == [401] * LOGINS_PER_HOUR + [429]
    refused = stranger.post("/dashboard/login", data={"key": key})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


def test_a_link_from_elsewhere_is_followed_once_more_with_the_cookie(reader: httpx.Client) -> None:
    held = dict(reader.cookies)
    reader.cookies.clear()  # as a browser does on a link from another site
    answer = reader.get("/dashboard/homes?weeks=13", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 200
    assert 'content="0; url=/dashboard/homes?weeks=13"' in answer.text
    reader.cookies.update(held)
    assert "<h1>Homes</h1>" in reader.get("/dashboard/homes?weeks=13").text


@pytest.mark.parametrize("body", [b"key=%ff", b"&".join(b"a=1" for _ in range(50)), b"\xff"])
def test_what_is_no_form_is_refused(stranger: httpx.Client, body: bytes) -> None:
    assert stranger.post("/dashboard/login", content=body).status_code == 400
